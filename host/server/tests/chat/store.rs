//! A store that does not do as it should.

use rusqlite::Connection;

use crate::client::transcript;
use crate::stage::{ECHO, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn while_another_process_locks_the_store_nothing_is_acknowledged_and_then_it_goes_on() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    let other = Connection::open(stage.folder.path().join("chat.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = chat.say("m1", "one").await;
    refused.refused(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        chat.whole().await["events"].as_array().unwrap().len(),
        1,
        "reads go on"
    );
    other.execute_batch("ROLLBACK").unwrap();
    let told = chat.say("m1", "one").await.ok();
    assert_eq!(
        transcript(&told),
        ["said: one", "message: You said one.", "ask: What?"]
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_never_acknowledged_and_gets_over() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    chat.say("m1", "one").await.ok();
    // A trigger fails as a full disk does: in the middle of the write.
    let other = Connection::open(stage.folder.path().join("chat.db")).unwrap();
    other
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        .unwrap();
    chat.say("m2", "two").await.refused(503, "unavailable");
    stage
        .client
        .try_start(&serde_json::json!({"scenario": "echo"}))
        .await
        .refused(503, "unavailable");
    let metrics = crate::client::Client::of(stage.server.admin_address().unwrap())
        .get("/metrics")
        .await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("krabice_store_errors_total 2"));
    other.execute_batch("DROP TRIGGER full").unwrap();
    let told = chat.say("m2", "two").await.ok();
    assert_eq!(
        told["events"][0]["n"], 5,
        "nothing of the failed turn was kept"
    );
    stage.server.stop().await;
}
