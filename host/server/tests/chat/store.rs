//! A store that does not do as it should.

use crate::client::transcript;
use crate::stage::{ECHO, Stage};
use crate::support::store::{TestStore, connect};

/// Somebody else at the store of a stage.
pub(crate) enum Other {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Other {
    pub(crate) async fn at(stage: &Stage) -> Other {
        match &stage.store {
            TestStore::Sqlite(file) => Other::Sqlite(rusqlite::Connection::open(file).unwrap()),
            TestStore::Postgres(url) => Other::Postgres(connect(url).await),
        }
    }

    pub(crate) async fn run(&self, sqlite: &str, postgres: &str) {
        match self {
            Other::Sqlite(connection) => connection.execute_batch(sqlite).unwrap(),
            Other::Postgres(client) => client.batch_execute(postgres).await.unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_process_locks_the_store_nothing_is_acknowledged_and_then_it_goes_on() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    let other = Other::at(&stage).await;
    other
        .run(
            "BEGIN IMMEDIATE",
            "BEGIN; LOCK TABLE krabice.sessions IN SHARE MODE",
        )
        .await;
    let refused = chat.say("m1", "one").await;
    refused.refused(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        chat.whole().await["events"].as_array().unwrap().len(),
        1,
        "reads go on"
    );
    other.run("ROLLBACK", "ROLLBACK").await;
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
    let other = Other::at(&stage).await;
    other
        .run(
            "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END",
            "CREATE FUNCTION krabice.no_room() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE 'disk full' USING ERRCODE = 'disk_full'; END $$;
             CREATE TRIGGER no_room BEFORE INSERT ON krabice.events EXECUTE FUNCTION krabice.no_room()",
        )
        .await;
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
    other
        .run(
            "DROP TRIGGER full",
            "DROP TRIGGER no_room ON krabice.events; DROP FUNCTION krabice.no_room()",
        )
        .await;
    let told = chat.say("m2", "two").await.ok();
    assert_eq!(
        told["events"][0]["n"], 5,
        "nothing of the failed turn was kept"
    );
    stage.server.stop().await;
}
