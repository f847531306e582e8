//! What is erased leaves the log of writes, too, also if a reader needs the log at that moment.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use krabice_store::sessions::{NewSession, RevisionRecord, Store, StoredEvent, TurnStep};
use krabice_store::{Storage, StoreUrl};
use rusqlite::Connection;

const CANARY: &str = "CanaryWords-7";

async fn start(store: &dyn Store, id: &str) {
    let session = NewSession {
        id: id.to_owned(),
        token: [7; 32],
        scenario: "echo".to_owned(),
        revision: "r1".to_owned(),
        language: "cs".to_owned(),
        channel: "chat".to_owned(),
    };
    let step = TurnStep {
        at: Timestamp::UNIX_EPOCH,
        state: "{}".to_owned(),
        waits: "{}".to_owned(),
        finished: false,
        events: vec![StoredEvent {
            n: 1,
            event: format!("{{\"text\": \"{CANARY}\"}}"),
        }],
        files: Vec::new(),
        last_event: 1,
        message: None,
        turn: None,
        lease: Duration::from_secs(60),
        answered: None,
        variables: None,
        failed: Vec::new(),
        proven: Vec::new(),
        taken_back: Vec::new(),
        addresses: Vec::new(),
    };
    store.create(session, step).await.unwrap();
}

/// Whether the file or its log has the words.
fn has_words(file: &Path) -> bool {
    let log = file.with_extension("db-wal");
    [file, &log].iter().any(|file| {
        let bytes = std::process::Command::new("cat").arg(file).output();
        let bytes = bytes.unwrap().stdout;
        let mut parts = bytes.windows(CANARY.len());
        parts.any(|part| part == CANARY.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_during_a_backup_is_gone_from_the_log_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chat.db");
    let url = StoreUrl::parse(&format!("sqlite:{}", file.display())).unwrap();
    let store = Storage::open(&url).await.unwrap().sessions();
    let revision = RevisionRecord {
        digest: "r1".to_owned(),
        scenario: "echo".to_owned(),
        documents: Vec::new(),
        components: Vec::new(),
    };
    store.keep_revision(revision, Vec::new()).await.unwrap();
    start(&*store, "s1").await;
    let backup = Connection::open(&file).unwrap();
    backup.execute_batch("BEGIN").unwrap();
    let read: i64 = backup
        .query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))
        .unwrap();
    assert_eq!(read, 1);
    assert!(store.erase("s1").await.unwrap());
    assert!(has_words(&file), "the backup still needs them");
    backup.execute_batch("COMMIT").unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while has_words(&file) {
        assert!(Instant::now() < end, "they are still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    start(&*store, "s2").await;
    drop(store);
    // The log of a server that has stopped holds nothing that the file has not.
    let log = file.with_extension("db-wal");
    while log.metadata().is_ok_and(|log| log.len() > 0) {
        assert!(Instant::now() < end, "the log is not empty");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
