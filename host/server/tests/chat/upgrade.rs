//! A store that the version before has made: its sessions go on.
//!
//! The files in `stores` were made by a server of store version 1 that was killed during the last two
//! turns. `store-1.sql` is a database without its components, which are those of the file.

use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::client::{Chat, transcript};
use super::stage::{ECHO, Setup, Stage};
use super::support::store::{TestStore, connect};

const FILE: &[u8] = include_bytes!("stores/store-1.db.gz");
const DATABASE: &str = include_str!("stores/store-1.sql");

/// Fills an empty store. Returns the sessions' names and tokens.
async fn fill(store: &TestStore) -> Value {
    let mut file = Vec::new();
    flate2::read::GzDecoder::new(FILE)
        .read_to_end(&mut file)
        .unwrap();
    let sessions = match store {
        TestStore::Sqlite(path) => {
            std::fs::write(path, file).unwrap();
            include_str!("stores/store-1.json")
        }
        TestStore::Postgres(url) => {
            let client = connect(url).await;
            client.batch_execute(DATABASE).await.unwrap();
            let temporary = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(temporary.path(), file).unwrap();
            let file = rusqlite::Connection::open(temporary.path()).unwrap();
            let row = "SELECT digest, content FROM components";
            let (digest, content): (String, Vec<u8>) = file
                .query_row(row, [], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            let insert = "INSERT INTO krabice.components (digest, content) VALUES ($1, $2)";
            client.execute(insert, &[&digest, &content]).await.unwrap();
            include_str!("stores/store-1-postgres.json")
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
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::fresh(folder.path()).await;
    let sessions = fill(&store).await;
    // A quarter of an hour later; the scenarios of the sessions are published no more.
    let clock = Arc::new(Mutex::new("2026-11-29T23:00:00Z".parse().unwrap()));
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
