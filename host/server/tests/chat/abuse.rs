//! Guessing and flooding.

use serde_json::json;

use crate::client::transcript;
use crate::stage::{ECHO, Setup, Stage, patient};

const POLITE: &str = "handover: There have been too many attempts. We are handing you to a person.";

/// Asks for an order of somebody; what is said then, without the order's number.
async fn look_up(stage: &Stage, order: &str, email: &str) -> Vec<String> {
    let chat = stage.client.start("order-status", "en").await;
    chat.say("m1", order).await.ok();
    let told = chat.say("m2", email).await.ok();
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
async fn tries_count_across_sessions_restarts_and_at_once() {
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
async fn who_finds_what_they_look_for_is_not_counted_and_one_order_is_not_tried_forever() {
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
async fn no_such_order_and_another_email_are_told_apart_by_nothing() {
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
    settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let scenarios = Some(vec![("echo.json", ECHO.to_owned())]);
    let stage = Stage::set(Setup {
        scenarios,
        settings,
        clock: None,
        demo: false,
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
