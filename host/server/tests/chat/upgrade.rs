//! A store that an earlier version has made: its sessions go on.
//!
//! The files in `stores` were made by servers that were killed during the last two turns. The number is the
//! version of the store. Only `store-1.db.gz` has the component, which all the others are given.

use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::client::{Chat, transcript};
use super::stage::{ECHO, Setup, Stage};
use super::support::store::{TestStore, connect};

/// A store of an earlier version, as both back ends have it.
struct Earlier {
    /// The file, compressed, and the sessions' names and tokens.
    file: (&'static [u8], &'static str),
    /// The same of a database.
    database: (&'static str, &'static str),
}

const EARLIER: [Earlier; 2] = [
    Earlier {
        file: (
            include_bytes!("stores/store-1.db.gz"),
            include_str!("stores/store-1.json"),
        ),
        database: (
            include_str!("stores/store-1.sql"),
            include_str!("stores/store-1-postgres.json"),
        ),
    },
    Earlier {
        file: (
            include_bytes!("stores/store-2.db.gz"),
            include_str!("stores/store-2.json"),
        ),
        database: (
            include_str!("stores/store-2.sql"),
            include_str!("stores/store-2-postgres.json"),
        ),
    },
];

fn unpack(file: &[u8], path: &Path) -> rusqlite::Connection {
    let mut unpacked = Vec::new();
    let mut packed = flate2::read::GzDecoder::new(file);
    packed.read_to_end(&mut unpacked).unwrap();
    std::fs::write(path, unpacked).unwrap();
    rusqlite::Connection::open(path).unwrap()
}

/// Fills an empty store. Returns the sessions' names and tokens.
async fn fill(store: &TestStore, earlier: &Earlier) -> Value {
    let temporary = tempfile::NamedTempFile::new().unwrap();
    let whole = unpack(EARLIER[0].file.0, temporary.path());
    let row = "SELECT digest, content FROM components";
    let (digest, content): (String, Vec<u8>) = whole
        .query_row(row, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let sessions = match store {
        TestStore::Sqlite(path) => {
            let file = unpack(earlier.file.0, path);
            let insert = "INSERT OR IGNORE INTO components (digest, content) VALUES (?1, ?2)";
            file.execute(insert, rusqlite::params![digest, content])
                .unwrap();
            earlier.file.1
        }
        TestStore::Postgres(url) => {
            let client = connect(url).await;
            client.batch_execute(earlier.database.0).await.unwrap();
            let insert = "INSERT INTO krabice.components (digest, content) VALUES ($1, $2)";
            client.execute(insert, &[&digest, &content]).await.unwrap();
            earlier.database.1
        }
    };
    serde_json::from_str(sessions).unwrap()
}

/// Sends a message until its turn is taken over or answered.
async fn insist(chat: &Chat, id: &str, text: &str) -> Vec<String> {
    for _ in 0..200 {
        let answer = chat.say(id, text).await;
        if answer.status == 200 {
            return transcript(&answer.json());
        }
        answer.refused(409, "turn-under-way");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_version_1_goes_on_with_sessions_in_every_state() {
    goes_on(&EARLIER[0], "2026-11-29T23:00:00Z").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_version_2_goes_on_with_sessions_in_every_state() {
    goes_on(&EARLIER[1], "2026-11-30T07:10:00Z").await;
}

/// The sessions go on a quarter of an hour later; their scenarios are published no more.
async fn goes_on(earlier: &Earlier, now: &str) {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::fresh(folder.path()).await;
    let sessions = fill(&store, earlier).await;
    let clock = Arc::new(Mutex::new(now.parse().unwrap()));
    let setup = Setup {
        scenarios: Some(vec![("echo.json", ECHO.to_owned())]),
        clock: Some(clock),
        ..Setup::default()
    };
    let stage = Stage::on(store, folder, setup).await;
    let chat = |name: &str| {
        let text = |key: &str| sessions[name][key].as_str().unwrap().to_owned();
        Chat {
            client: stage.client.clone(),
            id: text("id"),
            token: text("token"),
            started: Value::Null,
        }
    };

    let finished = chat("finished");
    let whole = finished.whole().await;
    assert_eq!(whole["waits"]["for"], "nothing");
    assert_eq!(whole["events"].as_array().unwrap().len(), 6);
    let again = [
        "said: Note-finished.",
        "message: Thank you. ",
        "message: It is noted.",
        "ask: What shall we note?",
    ];
    assert_eq!(insist(&finished, "m0", "Note-finished.").await, again);
    finished
        .say("m0", "Note-other.")
        .await
        .refused(409, "idempotency-conflict");
    finished
        .say("m1", "Note-late.")
        .await
        .refused(422, "not-waiting");

    let waiting = chat("waiting");
    let found = ["said: O260147", "message: We have it.", "ask: Which order?"];
    assert_eq!(insist(&waiting, "m2", "O260147").await, found);
    assert_eq!(
        insist(&waiting, "m1", "O999999").await,
        [
            "said: O999999",
            "message: There is no such order.",
            "ask: Which order?"
        ]
    );

    // Cut off during a call: one that reads is made again, one that writes is not.
    assert_eq!(insist(&chat("reading"), "m9", "O260147").await, found);
    let unknown = insist(&chat("writing"), "m9", "Note-cut-off.").await;
    assert_eq!(
        unknown,
        [
            "said: Note-cut-off.",
            "message: Thank you. ",
            // The box has no exit `unknown`, which no scenario of that version had.
            "message: We cannot tell whether this was done; a person will look.",
            "message: We do not know whether it was noted.",
            "ask: What shall we note?",
        ]
    );
    stage.server.stop().await;
}
