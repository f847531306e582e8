//! Access: tokens, sites, and malformed requests.

use serde_json::json;

use crate::client::{Chat, read};
use crate::stage::{ECHO, Setup, Stage, patient};

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_its_token_opens_nothing_and_all_refusals_are_alike() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let (mine, other) = (
        stage.client.start("echo", "en").await,
        stage.client.start("echo", "en").await,
    );
    let missing = Chat {
        id: "s_AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        ..mine.clone()
    };
    let mut bodies = Vec::new();
    for (method, rest) in [
        ("GET", ""),
        ("POST", "/answers"),
        ("GET", "/events"),
        ("GET", "/files/1"),
        ("POST", "/end"),
        ("GET", "/export"),
        ("DELETE", ""),
    ] {
        for id in [&mine.id, &missing.id] {
            for authorization in [
                None,
                Some(format!("Bearer {}", other.token)),
                Some("Bearer x".to_owned()),
                Some(format!("Basic {}", mine.token)),
            ] {
                // Neither a wrong token with the right name nor the reverse opens a session.
                let headers: Vec<_> = authorization
                    .iter()
                    .map(|value| ("authorization", value.as_str()))
                    .collect();
                let path = format!("/api/v1/sessions/{id}{rest}");
                let body = (method == "POST").then(|| json!({"id": "m", "text": "x"}));
                let answer = stage
                    .client
                    .send(method, &path, &headers, body.as_ref())
                    .await;
                answer.refused(404, "not-found");
                bodies.push(answer.body);
            }
        }
        missing
            .send(method, rest, None)
            .await
            .refused(404, "not-found");
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!(mine.whole().await["events"].as_array().unwrap().len(), 1);
    let stored = stage.stored().await;
    let stored = String::from_utf8_lossy(&stored);
    assert!(
        stored.contains(&mine.id) && !stored.contains(&mine.token),
        "the token is kept by its digest alone"
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_talks_to_the_scenarios_that_list_it() {
    let second = ECHO.replace("\"echo\"", "\"closed\"");
    let mut settings = patient();
    settings.access.origins.insert(
        "echo".to_owned(),
        vec!["https://shop.example".parse().unwrap()],
    );
    let scenarios = vec![("echo.json", ECHO.to_owned()), ("closed.json", second)];
    let stage = Stage::set(Setup {
        scenarios: Some(scenarios),
        settings,
        ..Setup::default()
    })
    .await;
    let start = |scenario: &str, origin: &'static str| {
        let (client, body) = (stage.client.clone(), json!({"scenario": scenario}));
        async move {
            client
                .send(
                    "POST",
                    "/api/v1/sessions",
                    &[("origin", origin)],
                    Some(&body),
                )
                .await
        }
    };
    let admitted = start("echo", "https://shop.example").await;
    assert_eq!(admitted.status, 201);
    assert_eq!(
        admitted.header("access-control-allow-origin").unwrap(),
        "https://shop.example"
    );
    assert_eq!(admitted.header("vary").unwrap(), "Origin");
    assert!(
        admitted
            .header("access-control-allow-credentials")
            .is_none()
    );
    for origin in [
        "https://shop.example.evil.com",
        "http://shop.example",
        "null",
        "https://evil.com",
    ] {
        let refused = start("echo", origin).await;
        refused.refused(403, "origin-refused");
        assert!(refused.header("access-control-allow-origin").is_none());
    }
    let refused = start("closed", "https://shop.example").await;
    refused.refused(403, "origin-refused");
    assert!(refused.header("access-control-allow-origin").is_none());
    let id = admitted.json()["session"].as_str().unwrap().to_owned();
    let token = format!("Bearer {}", admitted.json()["token"].as_str().unwrap());
    for (origin, status) in [("https://shop.example", 200), ("https://evil.com", 403)] {
        let path = format!("/api/v1/sessions/{id}");
        let answer = stage
            .client
            .send(
                "GET",
                &path,
                &[("origin", origin), ("authorization", &token)],
                None,
            )
            .await;
        assert_eq!(answer.status, status);
        let preflight = stage
            .client
            .send("OPTIONS", &path, &[("origin", origin)], None)
            .await;
        assert_eq!(preflight.status, 204);
        assert_eq!(
            preflight.header("access-control-allow-origin").is_some(),
            status == 200
        );
        assert_eq!(
            preflight.header("access-control-allow-headers").is_some(),
            status == 200
        );
    }
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_are_refused_without_internal_error_texts() {
    let stage = Stage::set(Setup::default()).await;
    for (body, status, code) in [
        (json!({}), 400, "bad-request"),
        (json!({"scenario": "no-such"}), 404, "not-found"),
        (json!({"scenario": "../order-status"}), 404, "not-found"),
        (
            json!({"scenario": "order-status", "inputs": {"$order": "1"}}),
            400,
            "bad-request",
        ),
        (
            json!({"scenario": "order-status", "inputs": {"__proto__": {}}}),
            400,
            "bad-request",
        ),
        (
            json!({"scenario": "order-status", "steps": []}),
            400,
            "bad-request",
        ),
        (
            json!({"scenario": "order-status", "language": 7}),
            400,
            "bad-request",
        ),
        (json!({"scenario": "x".repeat(20_000)}), 413, "too-large"),
    ] {
        stage.client.try_start(&body).await.refused(status, code);
    }
    let chat = stage.client.start("order-status", "xx").await;
    assert_eq!(
        chat.started["language"], "cs",
        "a language that it does not speak is its first"
    );
    for body in [
        json!({"id": "m"}),
        json!({"id": "m", "text": "a", "press": "b"}),
        json!({"id": "", "text": "a"}),
        json!({"id": "x".repeat(65), "text": "a"}),
        json!({"id": "with space", "text": "a"}),
        json!({"id": "č", "text": "a"}),
        json!({"id": "m", "text": "a", "more": 1}),
        json!([]),
    ] {
        chat.send("POST", "/answers", Some(&body))
            .await
            .refused(400, "bad-request");
    }
    assert_eq!(
        chat.whole().await["events"].as_array().unwrap().len(),
        1,
        "nothing was taken"
    );
    for path in [
        "/",
        "/api/v1",
        "/api/v2/sessions",
        "/api/v1/sessions/",
        "/api/v1/scenarios/..%2f..%2fCargo.toml",
        "/health/live",
        "/metrics",
    ] {
        stage.client.get(path).await.refused(404, "not-found");
    }
    stage
        .client
        .send("PUT", "/api/v1/sessions", &[], Some(&json!({})))
        .await
        .refused(404, "not-found");
    let text = "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 29\r\n\r\n{\"scenario\": \"order-status\"}\n";
    read(&stage.client.raw(text.as_bytes()).await).refused(400, "bad-request");
    let facts = stage
        .client
        .get("/api/v1/scenarios/order-status")
        .await
        .ok();
    assert_eq!(
        facts,
        json!({"name": "order-status", "title": "Stav objednávky", "languages": ["cs", "en"]})
    );
    stage.server.stop().await;
}
