//! Sessions from start to end: answers, repetitions, tabs, streams, restarts.

use serde_json::json;

use crate::client::transcript;
use crate::stage::{ECHO, Setup, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_status_is_asked_for_and_told() {
    let stage = Stage::set(Setup::default()).await;
    let chat = stage.client.start("order-status", "en").await;
    assert_eq!(chat.started["language"], "en");
    assert_eq!(chat.started["waits"]["for"], "answer");
    assert_eq!(chat.started["waits"]["expect"], "order-number");
    let asked = chat.say("m1", "O260147").await.ok();
    assert_eq!(asked["waits"]["expect"], "email");
    let told = chat.say("m2", "petra.vlkova@example.cz").await.ok();
    let texts = transcript(&told);
    assert_eq!(texts[0], "said: •••");
    assert!(texts[1].contains("O260147"), "{texts:?}");
    let whole = chat.whole().await;
    let numbers: Vec<_> = whole["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["n"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(whole["waits"], told["waits"]);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_is_answered_the_same_and_taken_once() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    let first = chat.say("m1", "hello").await.ok();
    assert_eq!(
        transcript(&first),
        ["said: hello", "message: You said hello.", "ask: What?"]
    );
    chat.say("m2", "more").await.ok();
    assert_eq!(chat.say("m1", "hello").await.ok(), first);
    assert_eq!(chat.whole().await["events"].as_array().unwrap().len(), 7);
    chat.say("m1", "other")
        .await
        .refused(409, "idempotency-conflict");
    chat.press("m1", "hello")
        .await
        .refused(409, "idempotency-conflict");
    let stage = stage.restart().await;
    let chat = crate::client::Chat {
        client: stage.client.clone(),
        ..chat
    };
    assert_eq!(
        chat.say("m1", "hello").await.ok(),
        first,
        "also after a restart"
    );
    stage.server.stop().await;
}
