//! Guessing and flooding.

use serde_json::json;

use crate::client::transcript;
use crate::stage::{ECHO, Setup, Stage, patient};

const POLITE: &str = "handover: There have been too many attempts. We are handing you to a person.";

/// Looks an order up in a new session. Returns what the customer sees, without the order's number.
async fn look_up(stage: &Stage, order: &str, email: &str) -> Vec<String> {
    look_up_from(stage, "192.0.2.1", order, email).await
}

/// The same, from a client address that a proxy forwards.
async fn look_up_from(stage: &Stage, from: &str, order: &str, email: &str) -> Vec<String> {
    let body = json!({"scenario": "order-status", "language": "en"});
    let post = async |path: &str, token: &str, body: &serde_json::Value| {
        let headers = [("x-forwarded-for", from), ("authorization", token)];
        stage
            .client
            .send("POST", path, &headers, Some(body))
            .await
            .ok()
    };
    let started = post("/api/v1/sessions", "-", &body).await;
    let token = format!("Bearer {}", started["token"].as_str().unwrap());
    let path = format!(
        "/api/v1/sessions/{}/answers",
        started["session"].as_str().unwrap()
    );
    post(&path, &token, &json!({"id": "m1", "text": order})).await;
    let told = post(&path, &token, &json!({"id": "m2", "text": email})).await;
    transcript(&told)
        .iter()
        .map(|line| line.replace(order, "ORDER"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_too_many_tries_the_customer_is_handed_to_a_person_and_nothing_is_called() {
    let mut settings = patient();
    settings.attempts.per_session = 3;
    let stage = Stage::set(Setup {
        settings,
        ..Setup::default()
    })
    .await;
    let chat = stage.client.start("order-status", "en").await;
    let mut last = json!(null);
    for number in 0..4 {
        chat.say(&format!("o{number}"), &format!("O26999{number}"))
            .await
            .ok();
        last = chat
            .say(&format!("e{number}"), "nobody@example.com")
            .await
            .ok();
        if last["waits"]["for"] == "button" {
            chat.press(&format!("b{number}"), "again").await.ok();
        }
    }
    assert_eq!(transcript(&last).last().unwrap(), POLITE);
    assert_eq!(
        last["waits"],
        json!({"for": "nothing", "reason": "handover"})
    );
    assert_eq!(stage.emulators.upgates().counters().requests, 3);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_attempts_count_across_sessions_restarts_and_concurrent_requests() {
    let mut settings = patient();
    settings.attempts.per_prefix = 5;
    let stage = Stage::set(Setup {
        settings,
        ..Setup::default()
    })
    .await;
    let orders: Vec<_> = (0..20).map(|number| format!("O2699{number:02}")).collect();
    let tries = orders
        .iter()
        .map(|order| look_up(&stage, order, "nobody@example.com"));
    let told = futures_util::future::join_all(tries).await;
    let refused = told
        .iter()
        .filter(|lines| lines.last().unwrap() == POLITE)
        .count();
    assert_eq!(refused, 15, "5 of 20 at once may be tried");
    assert_eq!(stage.emulators.upgates().counters().requests, 5);
    let stage = stage.restart().await;
    assert_eq!(
        look_up(&stage, "O260147", "petra.vlkova@example.cz")
            .await
            .last()
            .unwrap(),
        POLITE
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn successful_attempts_do_not_count_and_one_order_has_a_limit_of_its_own() {
    let mut settings = patient();
    settings.attempts.per_prefix = 8;
    settings.attempts.per_value = 2;
    let stage = Stage::set(Setup {
        settings,
        ..Setup::default()
    })
    .await;
    for _ in 0..12 {
        let told = look_up(&stage, "O260147", "petra.vlkova@example.cz").await;
        assert_ne!(told.last().unwrap(), POLITE);
    }
    for guess in ["a@example.com", "b@example.com"] {
        assert_ne!(
            look_up(&stage, "O260147", guess).await.last().unwrap(),
            POLITE
        );
    }
    assert_eq!(
        look_up(&stage, "O260147", "c@example.com")
            .await
            .last()
            .unwrap(),
        POLITE
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_order_and_another_email_get_the_same_answer() {
    let stage = Stage::set(Setup::default()).await;
    let missing = look_up(&stage, "O269999", "nobody@example.com").await;
    let another = look_up(&stage, "O260147", "nobody@example.com").await;
    assert_eq!(missing, another);
    let requests = stage.emulators.upgates().counters().requests;
    assert_eq!(requests, 2, "each is one request to the back end");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_are_told_to_come_back_and_others_are_served() {
    let mut settings = patient();
    settings.limits.sessions_per_minute = 5;
    settings.limits.answers_per_minute = 4;
    settings.limits.streams_per_session = 2;
    settings.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let scenarios = Some(vec![("echo.json", ECHO.to_owned())]);
    let stage = Stage::set(Setup {
        scenarios,
        settings,
        ..Setup::default()
    })
    .await;
    let chat = stage.client.start("echo", "en").await;
    let start = |from: &'static str| {
        let client = stage.client.clone();
        async move {
            client
                .send(
                    "POST",
                    "/api/v1/sessions",
                    &[("x-forwarded-for", from)],
                    Some(&json!({"scenario": "echo"})),
                )
                .await
        }
    };
    for number in 0..5 {
        assert_eq!(start("2001:db8:1:2::1").await.status, 201, "{number}");
    }
    let refused = start("2001:db8:1:2:ffff::9").await;
    refused.refused(429, "too-many");
    assert!(
        refused
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    assert_eq!(
        start("2001:db8:1:3::1").await.status,
        201,
        "another household"
    );
    for number in 0..4 {
        chat.say(&format!("m{number}"), "x").await.ok();
    }
    chat.say("m9", "x").await.refused(429, "too-many");
    chat.say("m0", "x").await.ok();
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = chat.follow(None).await;
        stream.until("waits").await;
        streams.push(stream);
    }
    chat.send("GET", "/events", None)
        .await
        .refused(429, "too-many");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sixth_try_is_refused_in_a_new_session_and_from_the_next_address_of_a_household() {
    let mut settings = patient();
    settings.attempts.per_prefix = 5;
    settings.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let stage = Stage::set(Setup {
        settings,
        ..Setup::default()
    })
    .await;
    let nobody = "nobody@example.com";
    for number in 0..5 {
        let from = format!("2001:db8:1:2::{number}");
        let told = look_up_from(&stage, &from, &format!("O26990{number}"), nobody).await;
        assert_ne!(told.last().unwrap(), POLITE, "{number}");
    }
    let stage = stage.restart().await;
    // Twenty at once, each from another address in the same /64, and one with the right e-mail.
    let froms: Vec<_> = (0..20)
        .map(|number| format!("2001:db8:1:2:ffff::{number}"))
        .collect();
    let tries = froms
        .iter()
        .map(|from| look_up_from(&stage, from, "O269999", nobody));
    for told in futures_util::future::join_all(tries).await {
        assert_eq!(told.last().unwrap(), POLITE);
    }
    let right = look_up_from(&stage, &froms[0], "O260147", "petra.vlkova@example.cz").await;
    assert_eq!(right.last().unwrap(), POLITE);
    assert_eq!(stage.emulators.upgates().counters().requests, 5);
    // The neighbouring network is not affected.
    let told = look_up_from(&stage, "2001:db8:1:3::1", "O269999", nobody).await;
    assert_ne!(told.last().unwrap(), POLITE);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_order_and_another_email_take_equally_long() {
    /// The number of look-ups of each kind. They alternate, so that disturbances of the machine affect
    /// both kinds.
    const TIMES: usize = 41;
    let stage = Stage::set(Setup::default()).await;
    let mut took = [Vec::new(), Vec::new()];
    let mut bodies = Vec::new();
    for number in 0..2 * TIMES {
        let order = ["O269999", "O260147"][number % 2];
        let chat = stage.client.start("order-status", "en").await;
        chat.say("m1", order).await.ok();
        let began = std::time::Instant::now();
        let answer = chat.say("m2", "nobody@example.com").await;
        took[number % 2].push(began.elapsed());
        let mut told = answer.ok();
        for event in told["events"].as_array_mut().unwrap() {
            event["at"] = "then".into();
        }
        bodies.push(told.to_string());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the same bytes, but for the time");
    let [missing, another] = took.map(|mut times| {
        times.sort();
        times[TIMES / 2]
    });
    // Both make one request to the shop and take one turn.
    let apart = missing.abs_diff(another);
    let bound = (missing.min(another) / 2).max(std::time::Duration::from_millis(5));
    assert!(apart < bound, "{missing:?} and {another:?}");
    stage.server.stop().await;
}
