//! How long data is kept, by a clock that the test sets.

use std::sync::{Arc, Mutex};

use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::stage::{Setup, Stage};

const EMAIL: &str = "petra.vlkova@example.cz";

async fn holds(stage: &Stage, text: &str) -> bool {
    stage
        .stored()
        .await
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_values_go_a_day_after_the_end_and_transcripts_a_month_after() {
    let clock = Arc::new(Mutex::new(
        "2026-10-03T12:00:00Z".parse::<Timestamp>().unwrap(),
    ));
    let stage = Stage::set(Setup {
        clock: Some(Arc::clone(&clock)),
        ..Setup::default()
    })
    .await;
    let pass = |hours: i64| {
        let mut now = clock.lock().unwrap();
        *now = now.checked_add(hours.hours()).unwrap();
    };
    let chat = stage.client.start("order-status", "en").await;
    chat.say("m1", "O260147").await.ok();
    chat.say("m2", EMAIL).await.ok();
    assert!(holds(&stage, EMAIL).await, "the session knows it");
    let before = chat.whole().await;
    assert_eq!(before["events"][1]["at"], "2026-10-03T12:00:00.000Z");

    pass(23);
    stage.server.sweep().await;
    assert_eq!(chat.whole().await, before);
    pass(1);
    stage.server.sweep().await;
    let idle = chat.whole().await;
    assert_eq!(
        idle["waits"],
        json!({"for": "nothing", "reason": "end"}),
        "nobody answered for a day"
    );
    assert_eq!(idle["events"], before["events"]);
    chat.say("m3", "more").await.refused(422, "not-waiting");
    assert!(holds(&stage, EMAIL).await);

    pass(24);
    stage.server.sweep().await;
    assert!(!holds(&stage, EMAIL).await, "a day after the end");
    assert_eq!(chat.whole().await["events"], before["events"]);
    assert!(holds(&stage, "O260147").await);

    pass(24 * 28);
    stage.server.sweep().await;
    chat.send("GET", "", None).await.refused(404, "not-found");
    assert!(
        !holds(&stage, "O260147").await,
        "a month after the last turn"
    );
    stage.server.stop().await;
}
