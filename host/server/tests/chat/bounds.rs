//! What sessions, clients and all together may have stored.

use serde_json::{Value, json};

use crate::client::{Chat, transcript};
use crate::stage::{ECHO, Setup, Stage, patient};

/// A stage with the scenario that repeats what is said, and small limits.
async fn bounded(limit: impl FnOnce(&mut krabice_server::Limits)) -> Stage {
    let mut settings = patient();
    settings.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    limit(&mut settings.limits);
    Stage::set(Setup {
        scenarios: Some(vec![("echo.json", ECHO.to_owned())]),
        settings,
        ..Setup::default()
    })
    .await
}

/// Says the same words until the session is finished. Returns the numbers of all events that were
/// acknowledged, and the last turn.
async fn say_to_the_end(chat: &Chat, words: &str) -> (Vec<u64>, Value) {
    let numbers = |told: &Value| -> Vec<u64> {
        let events = told["events"].as_array().unwrap().iter();
        events.map(|event| event["n"].as_u64().unwrap()).collect()
    };
    let mut acknowledged = numbers(&chat.started);
    for number in 0..100 {
        let told = chat.say(&format!("m{number}"), words).await.ok();
        acknowledged.extend(numbers(&told));
        if told["waits"]["for"] == "nothing" {
            return (acknowledged, told);
        }
    }
    panic!("the session never ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_holds_as_much_as_it_may_keeps_all_and_ends_with_a_next_step() {
    let most = 32 * 1024;
    let stage = bounded(|limits| limits.session_bytes = most).await;
    let chat = stage.client.start("echo", "en").await;
    let words = "x".repeat(1_900);
    let (acknowledged, last) = say_to_the_end(&chat, &words).await;
    let said = format!("said: {words}");
    let ended = "end: This conversation has become too long to go on. Please start a new one.";
    assert_eq!(transcript(&last), [&said, ended]);
    assert_eq!(last["waits"], json!({"for": "nothing", "reason": "fault"}));
    // Each answer takes some 4 KB.
    let answers = u64::try_from(acknowledged.len()).unwrap() / 3;
    assert!((6..=8).contains(&answers), "{answers}");
    let whole = chat.whole().await;
    assert!(u64::try_from(whole.to_string().len()).unwrap() < most + 16 * 1024);
    let events = whole["events"].as_array().unwrap().iter();
    let kept: Vec<_> = events.map(|event| event["n"].as_u64().unwrap()).collect();
    assert_eq!(kept, acknowledged);
    // The same message has the same answer, and another one has no session to go to.
    let repeated = chat.say(&format!("m{}", answers - 1), &words).await.ok();
    assert_eq!(repeated, last);
    chat.say("more", "x").await.refused(422, "not-waiting");
    stage.client.start("echo", "en").await.say("m", "x").await.ok();
    stage.server.stop().await;
}
