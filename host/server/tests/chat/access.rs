//! Access: tokens, sites, and malformed requests.

use serde_json::json;

use crate::client::{Answer, Chat, Client, read};
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
        chat.started["language"], "en",
        "for a language that it does not speak it speaks English"
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

/// Sends a request with a body as it stands.
async fn raw(client: &Client, request: &str, headers: &str, body: &str) -> Answer {
    let text = format!(
        "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    read(&client.raw(text.as_bytes()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_a_problem_document() {
    let stage = Stage::set(Setup {
        scenarios: Some(vec![("echo.json", ECHO.to_owned())]),
        demo: true,
        ..Setup::default()
    })
    .await;
    let (json, text) = (
        "content-type: application/json\r\n",
        "content-type: text/plain\r\n",
    );
    let large = "x".repeat(20_000);
    let whole = r#"{"scenario": "echo"}"#;
    for (request, headers, body, status, code) in [
        ("GET /api/v1/sessions/%ff", "", "", 400, "bad-request"),
        (
            "POST /api/v1/sessions/%c3%28/answers",
            json,
            "{}",
            400,
            "bad-request",
        ),
        (
            "GET /api/v1/sessions/a%ff/files/1",
            "",
            "",
            400,
            "bad-request",
        ),
        ("GET /api/v1/scenarios/%ff", "", "", 400, "bad-request"),
        ("GET /chat/%ff", "", "", 400, "bad-request"),
        ("GET /chat/echo?embed=a&embed=b", "", "", 400, "bad-request"),
        ("GET /assets/%ff", "", "", 400, "bad-request"),
        ("GET /demo/%ff", "", "", 400, "bad-request"),
        ("GET /?lang=a&lang=b", "", "", 400, "bad-request"),
        (
            "POST /api/v1/sessions",
            json,
            "{\"scenario\"",
            400,
            "bad-request",
        ),
        ("POST /api/v1/sessions", json, "\u{0}", 400, "bad-request"),
        ("POST /api/v1/sessions", json, "", 400, "bad-request"),
        ("POST /api/v1/sessions", json, &large, 413, "too-large"),
        (
            "POST /api/v1/sessions",
            text,
            whole,
            415,
            "unsupported-media-type",
        ),
        (
            "POST /api/v1/sessions",
            "",
            whole,
            415,
            "unsupported-media-type",
        ),
        (
            "PUT /api/v1/sessions",
            json,
            whole,
            405,
            "method-not-allowed",
        ),
        (
            "BREW /api/v1/sessions",
            json,
            whole,
            405,
            "method-not-allowed",
        ),
        (
            "GET /api/v1/sessions/s_x/answers",
            "",
            "",
            405,
            "method-not-allowed",
        ),
        (
            "POST /api/v1/openapi.json",
            json,
            "{}",
            405,
            "method-not-allowed",
        ),
        ("POST /widget.js", "", "", 405, "method-not-allowed"),
        ("DELETE /chat/echo", "", "", 405, "method-not-allowed"),
        ("GET /api/v1/nowhere", "", "", 404, "not-found"),
        ("GET /api/v2/%ff", "", "", 404, "not-found"),
        ("GET /assets/nowhere.js", "", "", 404, "not-found"),
        ("OPTIONS *", "", "", 404, "not-found"),
    ] {
        let answer = raw(&stage.client, request, headers, body).await;
        answer.refused(status, code);
        assert_eq!(answer.header("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(answer.json().as_object().unwrap().len(), 4, "{request}");
    }
    let answer = raw(&stage.client, "PUT /api/v1/sessions/s_x", "", "").await;
    assert_eq!(answer.header("allow").unwrap(), "GET,HEAD,DELETE");
    let chunks = "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    read(&stage.client.raw(chunks.as_bytes()).await).refused(400, "bad-request");

    // Who looks at a page is told by a page.
    for address in [
        "GET /chat/%ff",
        "GET /chat/echo?embed=a&embed=b",
        "GET /chat/nowhere",
    ] {
        let answer = raw(&stage.client, address, "accept: text/html\r\n", "").await;
        assert!(answer.status >= 400, "{address}");
        assert!(
            answer
                .header("content-type")
                .unwrap()
                .starts_with("text/html")
        );
    }

    let admin = Client::of(stage.server.admin_address().unwrap());
    raw(&admin, "GET /nowhere", "", "")
        .await
        .refused(404, "not-found");
    raw(&admin, "POST /metrics", "", "")
        .await
        .refused(405, "method-not-allowed");
    std::fs::remove_file(stage.scenario("echo.json")).unwrap();
    stage.server.read_folders().await;
    let ready = admin.get("/health/ready").await;
    ready.refused(503, "unavailable");
    assert_eq!(ready.json()["detail"], "no scenarios");
    stage.server.stop().await;
}

/// What the HTTP library refuses before there is a request: it gives the status alone, or nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused_by_its_status_alone() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let long = "a".repeat(70_000);
    for (bytes, status) in [
        ("nonsense\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nhost x\r\n\r\n".to_owned(), "400"),
        (
            "GET / HTTP/1.1\r\nhost: x\r\n folded: 1\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"
                .to_owned(),
            "400",
        ),
        (
            "GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n".to_owned(),
            "400",
        ),
        (
            format!("GET / HTTP/1.1\r\nhost: x\r\nx: {long}\r\n\r\n"),
            "431",
        ),
        (
            format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: 1\r\n".repeat(64)),
            "431",
        ),
        (format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"), "431"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "none"),
    ] {
        let answer = String::from_utf8(stage.client.raw(bytes.as_bytes()).await).unwrap();
        let told = answer.split(' ').nth(1).unwrap_or("none");
        assert_eq!(told, status, "{bytes:.60}");
        if let Some((_, body)) = answer.split_once("\r\n\r\n") {
            assert_eq!(body, "");
        }
    }
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_exactly_one_host() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let admin = Client::of(stage.server.admin_address().unwrap());
    for (client, address) in [
        (&stage.client, "/api/v1/scenarios/echo"),
        (&stage.client, "/chat/echo"),
        (&admin, "/health/live"),
    ] {
        let status = async |lines: &str| {
            let text = format!("GET {address} {lines}connection: close\r\n\r\n");
            let answer = read(&client.raw(text.as_bytes()).await);
            if answer.status != 200 {
                answer.refused(400, "bad-request");
            }
            answer.status
        };
        assert_eq!(status("HTTP/1.1\r\nhost: chat.example\r\n").await, 200);
        assert_eq!(status("HTTP/1.0\r\n").await, 200);
        for lines in [
            "HTTP/1.1\r\n",
            "HTTP/1.1\r\nhost:\r\n",
            "HTTP/1.1\r\nhost: a.example\r\nhost: b.example\r\n",
            "HTTP/1.1\r\nhost: a.example\r\nHost: a.example\r\n",
            "HTTP/1.1\r\nhost: a.example, b.example\r\n",
            "HTTP/1.1\r\nhost: user@a.example\r\n",
            "HTTP/1.0\r\nhost: a.example\r\nhost: b.example\r\n",
        ] {
            assert_eq!(status(lines).await, 400, "{address} {lines}");
        }
    }
    stage.server.stop().await;
}
