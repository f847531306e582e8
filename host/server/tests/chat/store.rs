//! A store that fails.

use std::path::Path;

use krabice_store::{OpenError, Storage, StoreUrl};
use rusqlite::Connection;

use crate::client::{Client, transcript};
use crate::stage::{ECHO, Stage};
use crate::support::store::{TestStore, connect, is_postgres};

/// Another connection to the store of a stage.
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
async fn on_a_full_disk_nothing_is_acknowledged_and_it_recovers() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    chat.say("m1", "one").await.ok();
    // The trigger fails in the middle of a write, like a full disk.
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
    let admin = Client::of(stage.server.admin_address().unwrap());
    let metrics = admin.get("/metrics").await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("krabice_store_errors_total 2"));
    // The row of a probe goes elsewhere, and finds room.
    assert_eq!(admin.get("/health/ready").await.status, 503);
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
    assert_eq!(admin.get("/health/ready").await.status, 200);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_means_that_a_row_was_written_and_removed() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let admin = Client::of(stage.server.admin_address().unwrap());
    let other = Other::at(&stage).await;
    for event in ["INSERT", "DELETE"] {
        other
            .run(
                &format!("CREATE TRIGGER full BEFORE {event} ON components BEGIN SELECT RAISE(ABORT, 'disk full'); END"),
                &format!(
                    "CREATE FUNCTION krabice.no_room() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN RAISE 'disk full' USING ERRCODE = 'disk_full'; END $$;
                     CREATE TRIGGER no_room BEFORE {event} ON krabice.components EXECUTE FUNCTION krabice.no_room()"
                ),
            )
            .await;
        assert_eq!(admin.get("/health/ready").await.status, 503, "{event}");
        other
            .run(
                "DROP TRIGGER full",
                "DROP TRIGGER no_room ON krabice.components; DROP FUNCTION krabice.no_room()",
            )
            .await;
        assert_eq!(admin.get("/health/ready").await.status, 200, "{event}");
    }
    assert!(
        !String::from_utf8_lossy(&stage.stored().await).contains("probe of ") || !is_postgres(),
        "the row is removed"
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn into_a_file_that_was_deleted_or_replaced_nothing_is_acknowledged() {
    if is_postgres() {
        // The files of a database are its own.
        return;
    }
    for (ending, replaced) in [("", false), ("", true), ("-wal", false), ("-shm", true)] {
        let stage = Stage::with(&[("echo.json", ECHO)]).await;
        let chat = stage.client.start("echo", "en").await;
        chat.say("m1", "one").await.ok();
        let file = stage.folder.path().join(format!("chat.db{ending}"));
        if replaced {
            let other = stage.folder.path().join("other");
            std::fs::copy(&file, &other).unwrap();
            std::fs::rename(&other, &file).unwrap();
        } else {
            std::fs::remove_file(&file).unwrap();
        }
        chat.say("m2", "two").await.refused(503, "unavailable");
        let body = serde_json::json!({"scenario": "echo"});
        let started = stage.client.try_start(&body).await;
        started.refused(503, "unavailable");
        let admin = Client::of(stage.server.admin_address().unwrap());
        assert_eq!(admin.get("/health/ready").await.status, 503);
        let lost = krabice_store::Chain(&stage.server.store_lost().await).to_string();
        assert!(
            lost.contains(&format!("{}` was deleted or replaced", file.display())),
            "{lost}"
        );
        // The log of the lost file is not played into another file by the next server.
        let log = stage.folder.path().join("chat.db-wal");
        assert_eq!(log.exists(), ending == "-shm", "{ending}");
        stage.server.stop().await;
    }
}

async fn open(file: &Path) -> Result<Storage, OpenError> {
    Storage::open(&StoreUrl::parse(&format!("sqlite:{}", file.display())).unwrap()).await
}

#[tokio::test]
async fn a_file_that_is_not_a_store_is_refused_and_left_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let newer = folder.path().join("newer.db");
    drop(open(&newer).await.unwrap());
    let other = Connection::open(&newer).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();
    drop(other);
    let nothing = folder.path().join("nothing.db");
    std::fs::write(&nothing, "no database at all. ".repeat(500)).unwrap();
    for file in [&newer, &nothing] {
        let before = std::fs::read(file).unwrap();
        let error = open(file).await.err().unwrap();
        let is_expected = if file == &newer {
            matches!(error, OpenError::Newer { found: 99, .. })
        } else {
            matches!(error, OpenError::NotAStore { .. })
        };
        assert!(is_expected, "{error:?}");
        assert_eq!(std::fs::read(file).unwrap(), before);
    }
    #[cfg(target_os = "linux")]
    assert!(matches!(
        // Nobody can create a file there, not even root.
        open(Path::new("/sys/chat.db")).await.err(),
        Some(OpenError::Unopenable { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_page_is_reported_and_nothing_is_acknowledged() {
    if is_postgres() {
        // PostgreSQL checks its pages itself.
        return;
    }
    const PAGE: usize = 4096;
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    let words = format!("CanaryWords-{}", "x".repeat(1_000));
    chat.say("m1", &words).await.ok();
    let before = transcript(&chat.whole().await);
    let file = stage.folder.path().join("chat.db");
    let other = Connection::open(&file).unwrap();
    let emptied = other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    emptied.unwrap();
    drop(other);
    let good = std::fs::read(&file).unwrap();
    let mut bad = good.clone();
    for page in bad.chunks_mut(PAGE) {
        if page.windows(11).any(|part| part == b"CanaryWords") {
            page.fill(0xff);
        }
    }
    assert_ne!(good, bad);
    // Into the same file, like a broken disk. The restarted server reads the pages again.
    std::fs::write(&file, &bad).unwrap();
    let stage = stage.restart().await;
    let moved = |stage: &Stage| crate::client::Chat {
        client: stage.client.clone(),
        ..chat.clone()
    };
    let chat = moved(&stage);
    for answer in [
        chat.send("GET", "", None).await,
        chat.send("GET", "/export", None).await,
        chat.say("m2", "more").await,
    ] {
        answer.refused(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    let admin = Client::of(stage.server.admin_address().unwrap());
    assert_eq!(admin.get("/health/live").await.status, 200);
    let metrics = String::from_utf8(admin.get("/metrics").await.body).unwrap();
    assert!(
        !metrics.contains("krabice_store_errors_total 0"),
        "{metrics}"
    );
    // With the page restored, everything is there again, and nothing else.
    let held = std::fs::read(&file).unwrap();
    let put_back: Vec<u8> = held
        .chunks(PAGE)
        .zip(good.chunks(PAGE))
        .flat_map(|(held, good)| {
            if held.iter().all(|byte| *byte == 0xff) {
                good
            } else {
                held
            }
        })
        .copied()
        .collect();
    std::fs::write(&file, put_back).unwrap();
    let stage = stage.restart().await;
    let chat = moved(&stage);
    assert_eq!(transcript(&chat.whole().await), before);
    chat.say("m2", "more").await.ok();
    stage.server.stop().await;
}

/// The number of commits of a session.
async fn version(stage: &Stage, session: &str) -> i64 {
    match Other::at(stage).await {
        Other::Sqlite(connection) => {
            let query = "SELECT version FROM sessions WHERE id = ?1";
            connection
                .query_row(query, [session], |row| row.get(0))
                .unwrap()
        }
        Other::Postgres(client) => {
            let query = "SELECT version FROM krabice.sessions WHERE id = $1";
            client.query_one(query, &[&session]).await.unwrap().get(0)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_only_reads_is_one_commit_and_two_if_a_call_takes_long() {
    let stage = Stage::with(&[("look.json", LOOK)]).await;
    let chat = stage.client.start("look", "en").await;
    assert_eq!(version(&stage, &chat.id).await, 1);
    let found = ["said: O260147", "message: We have it.", "ask: Which order?"];
    assert_eq!(transcript(&chat.say("m1", "O260147").await.ok()), found);
    assert_eq!(version(&stage, &chat.id).await, 2);
    // A failed look-up is stored in the same commit.
    let missing = [
        "said: O999999",
        "message: There is none.",
        "ask: Which order?",
    ];
    assert_eq!(transcript(&chat.say("m2", "O999999").await.ok()), missing);
    assert_eq!(version(&stage, &chat.id).await, 3);
    stage.hold_back(900);
    assert_eq!(transcript(&chat.say("m3", "O260147").await.ok()), found);
    assert_eq!(version(&stage, &chat.id).await, 5);
    stage.server.stop().await;
}

/// Looks up whether there is an order.
const LOOK: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "look", "languages": ["en"], "timezone": "UTC", "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "Which order?", "expect": "order-number", "save": "number", "next": "look" },
    "look": { "type": "call", "function": "upgates/verify-order", "connection": "shop", "params": { "order": "<<number>>" },
              "true": "found", "false": "missing", "failure": "sorry" },
    "found": { "type": "message", "text": "We have it.", "next": "ask" },
    "missing": { "type": "message", "text": "There is none.", "next": "ask" },
    "sorry": { "type": "message", "text": "We cannot look now.", "next": "ask" }
  }
}"#;
