//! What a turn that only reads costs the store: one commit, which is one sync of the disk, and with a
//! database one round trip to begin and one to end.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::stage::{Setup, Stage};
use super::support::store::TestStore;

/// Asks the shop for an order: one that the customer names, or always the same.
const FIND: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "NAME", "languages": ["en"], "timezone": "UTC", "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "Which order?", "expect": "text", "save": "order", "next": "call" },
    "call": { "type": "call", "unverified": true, "function": "upgates/verify-order", "params": { "order": "ORDER" },
              "true": "yes", "false": "no", "failure": "failed" },
    "yes": { "type": "message", "text": "We have it.", "next": "ask" },
    "no": { "type": "message", "text": "There is no such order.", "next": "ask" },
    "failed": { "type": "handover", "text": "Please wait." }
  }
}"#;

/// The turns of which the cheapest counts: what the server does by itself may fall into some of them.
const TURNS: u32 = 8;

/// Counts what a store is asked to do.
enum Counter {
    /// Commits, in the write-ahead log of a file.
    Log(PathBuf),
    /// Round trips to the database, but those that tell other servers of a change: no turn waits for them.
    RoundTrips(Arc<AtomicUsize>),
}

impl Counter {
    fn count(&self) -> usize {
        match self {
            Counter::Log(file) => commits(&std::fs::read(file).unwrap_or_default()),
            Counter::RoundTrips(count) => count.load(Ordering::SeqCst),
        }
    }
}

/// The commits in a write-ahead log: the frames that say how large the file is afterwards.
fn commits(log: &[u8]) -> usize {
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    if log.len() < 32 {
        return 0;
    }
    let (frame, salt) = (24 + number(8) as usize, number(16));
    let frames = (32..).step_by(frame);
    frames
        .take_while(|at| at + frame <= log.len() && number(at + 8) == salt)
        .filter(|at| number(at + 4) != 0)
        .count()
}

/// A proxy in front of a database, which counts round trips. Returns its port.
async fn proxy(database: u16, count: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, database));
                let (mut from_server, mut to_server) = server.await.unwrap().into_split();
                let (mut from_client, mut to_client) = client.into_split();
                let back = tokio::spawn(async move {
                    // Either end may close the connection.
                    let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
                });
                let mut bytes = Vec::new();
                // The first message has no type.
                let mut prefix = 0;
                let mut tells_others = false;
                loop {
                    let before = bytes.len();
                    match from_client.read_buf(&mut bytes).await {
                        Ok(0) | Err(_) => break,
                        Ok(_) => {}
                    }
                    if to_server.write_all(&bytes[before..]).await.is_err() {
                        break;
                    }
                    tells_others |= bytes.windows(6).any(|words| words == b"LISTEN");
                    while bytes.len() >= prefix + 4 {
                        let length = bytes[prefix..prefix + 4].try_into().unwrap();
                        let whole = prefix + u32::from_be_bytes(length) as usize;
                        if bytes.len() < whole {
                            break;
                        }
                        // The database answers when it was sent a `Sync` or a simple query.
                        if prefix == 1 && matches!(bytes[0], b'S' | b'Q') && !tells_others {
                            count.fetch_add(1, Ordering::SeqCst);
                        }
                        prefix = 1;
                        bytes.drain(..whole);
                    }
                }
                back.abort();
            });
        }
    });
    port
}

/// The cheapest of some turns of a scenario.
async fn cheapest(stage: &Stage, counter: &Counter, scenario: &str) -> usize {
    let chat = stage.client.start(scenario, "en").await;
    // The first turns open connections and prepare statements.
    for turn in 0..TURNS {
        chat.say(&format!("w{turn}"), "O260147").await.ok();
    }
    let mut least = usize::MAX;
    for turn in 0..TURNS {
        let before = counter.count();
        let answer = chat.say(&format!("m{turn}"), "O260147").await.ok();
        assert_eq!(answer["events"][1]["text"], "We have it.");
        // The log may have been emptied meanwhile.
        if let Some(cost) = counter.count().checked_sub(before) {
            least = least.min(cost);
        }
    }
    least
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_only_reads_is_one_commit_and_a_round_trip_at_each_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = TestStore::fresh(folder.path()).await;
    let (store, counter) = match store {
        TestStore::Sqlite(file) => {
            let mut log = file.clone().into_os_string();
            log.push("-wal");
            (TestStore::Sqlite(file), Counter::Log(log.into()))
        }
        TestStore::Postgres(url) => {
            let (before, after) = url.rsplit_once(':').unwrap();
            let (port, name) = after.split_once('/').unwrap();
            let count = Arc::new(AtomicUsize::new(0));
            let own = proxy(port.parse().unwrap(), Arc::clone(&count)).await;
            let url = format!("{before}:{own}/{name}");
            (TestStore::Postgres(url), Counter::RoundTrips(count))
        }
    };
    let scenario = |name: &str, order: &str| FIND.replace("NAME", name).replace("ORDER", order);
    let scenarios = vec![
        ("same.json", scenario("same", "O260147")),
        ("named.json", scenario("named", "<<order>>")),
    ];
    let setup = Setup {
        scenarios: Some(scenarios),
        ..Setup::default()
    };
    let stage = Stage::on(store, folder, setup).await;
    let same = cheapest(&stage, &counter, "same").await;
    let named = cheapest(&stage, &counter, "named").await;
    let expected = match counter {
        Counter::Log(_) => (1, 1),
        // What a customer names may be a guess: the failed ones are read before it is looked up.
        Counter::RoundTrips(_) => (2, 3),
    };
    assert_eq!((same, named), expected);
    stage.server.stop().await;
}
