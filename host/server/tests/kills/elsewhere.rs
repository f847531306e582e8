//! Kills the server in other situations than a customer's turn: in a session's first turn, while a stream
//! is open, while it takes over a turn, while it stores a revision, and while it erases or sweeps.

use std::io::Read as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::{in_rounds, killed};
use crate::client::{Chat, Client};
use crate::scene::{Customer, NOTES, Scene, ask, told};
use crate::support::store::{TestStore, is_postgres};

/// The text that no file may contain after it was erased.
const CANARY: &str = "CanaryNote-5e3f";

fn chat(address: std::net::SocketAddr, customer: &Customer) -> Chat {
    Chat {
        client: Client::of(address),
        id: customer.id.clone(),
        token: customer.token.clone(),
        started: Value::Null,
    }
}

/// Everything in the store.
async fn stored(scene: &Scene) -> String {
    String::from_utf8_lossy(&scene.store.stored().await).into_owned()
}

/// What the customer hears where nobody knows whether the note was written.
const UNSURE: &str = "We do not know whether it was noted.";

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_first_turn_it_writes_once_at_most_and_starts_again() {
    in_rounds(|round| async move {
        let scene = Scene::set().await;
        // The note is an input, and written before anything is asked.
        let mut first: Value = serde_json::from_str(NOTES).unwrap();
        first["name"] = "first".into();
        first["inputs"] = json!({"note": "text"});
        first["start"] = "is-given".into();
        first["boxes"]["is-given"] = json!({"type": "condition", "if": {"value": "<<note>>", "is": "exists"},
                                            "true": "write", "false": "ask"});
        let file = scene.folder.path().join("scenarios/first.json");
        std::fs::write(file, first.to_string()).unwrap();
        let points = [
            "before-intent",
            "after-intent",
            "after-call",
            "before-commit",
            "after-commit",
        ];
        let mut known = 0;
        for point in points {
            let note = format!("First-{round}-{point}.");
            let body = json!({"scenario": "first", "inputs": {"note": note}});
            let mut running = scene.start(Some(&format!("{point}:1")));
            let started = ask(running.address, "POST", "/api/v1/sessions", "", &body).await;
            assert!(started.is_none(), "{point}: it was not acknowledged");
            assert!(!running.child.wait().unwrap().success());
            let running = scene.start(None);
            let other = Customer::start(running.address).await;
            let others = format!("Other-{round}-{point}.");
            let answer = other.insist(running.address, "m0", &others).await;
            assert_eq!(told(&answer), "Thank you. It is noted.");
            // Nobody has the session's token. The server that took the turn over has not repeated the write.
            let done = usize::from(!["before-intent", "after-intent"].contains(&point));
            // The other customer's note was appended to the first, so that request contains both.
            let log = scene.emulators.upgates().log();
            let has = log
                .iter()
                .filter(|entry| entry.method == "PUT" && entry.processed)
                .filter(|entry| entry.body.contains(&note) && !entry.body.contains(&others))
                .count();
            assert_eq!(has, done, "{point}");
            // The interrupted turn is taken over when its lease ends. If the next server did that,
            // it would die at the fail point of that turn and not of its own.
            let unsure = stored(&scene).await.matches(UNSURE).count();
            match point {
                "before-intent" => known = unsure,
                "after-intent" | "after-call" | "before-commit" => {
                    known += 1;
                    while stored(&scene).await.matches(UNSURE).count() < known {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
                _ => {}
            }
        }
        points.len()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_gone_on_with_and_shows_each_event_once() {
    in_rounds(|round| async move {
        let scene = Scene::set().await;
        let points = [
            "before-intent",
            "after-intent",
            "after-call",
            "before-commit",
            "after-commit",
        ];
        for point in points {
            let running = scene.start(None);
            let customer = Customer::start(running.address).await;
            drop(running);
            let running = scene.start(Some(&format!("{point}:1")));
            let mut stream = chat(running.address, &customer).follow(None).await;
            let mut seen = stream.until("waits").await;
            let note = format!("Stream-{round}-{point}.");
            assert!(customer.say(running.address, "m0", &note).await.is_none());
            // The events before the stream broke off.
            seen.extend(stream.until("never").await);
            let number = |(name, event): &(String, Value)| {
                (name != "waits").then(|| event["n"].as_u64()).flatten()
            };
            let last = seen.iter().filter_map(number).max();
            drop(running);
            let running = scene.start(None);
            customer.insist(running.address, "m0", &note).await;
            let mut stream = chat(running.address, &customer).follow(last).await;
            seen.extend(stream.until("waits").await);
            let seen: Vec<Value> = seen
                .into_iter()
                .filter(|event| number(event).is_some())
                .map(|(_, event)| event)
                .collect();
            assert_eq!(seen, customer.whole(running.address).await, "{point}");
        }
        points.len()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_while_a_turn_is_taken_over_it_is_taken_over_once_more() {
    in_rounds(|round| async move {
        let scene = Scene::set().await;
        let running = scene.start(None);
        let customer = Customer::start(running.address).await;
        drop(running);
        let running = scene.start(Some("after-intent:1"));
        let note = format!("Taken-{round}.");
        assert!(customer.say(running.address, "m0", &note).await.is_none());
        drop(running);
        for point in ["after-take-over:1", "before-commit:1", "after-take-over:1"] {
            // The server takes the turn over by itself, and dies while it does so.
            scene.dies(point, false);
        }
        let running = scene.start(None);
        let answer = customer.insist(running.address, "m0", &note).await;
        assert_eq!(
            told(&answer),
            "Thank you. We do not know whether it was noted."
        );
        assert_eq!(scene.notes(&note), 0);
        4
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_creates_tables_or_stores_a_revision_it_starts_all_the_same() {
    if is_postgres() {
        // There are no fail points in PostgreSQL's transactions: the database survives the server.
        return;
    }
    in_rounds(|_| async move {
        let scene = Scene::set().await;
        scene.dies("within-schema:1", false);
        scene.dies("within-keep:1", false);
        let running = scene.start(None);
        let customer = Customer::start(running.address).await;
        drop(running);
        let changed = NOTES.replace("It is noted.", "It is written down.");
        let file = scene.folder.path().join("scenarios/notes.json");
        std::fs::write(file, changed).unwrap();
        scene.dies("within-keep:1", false);
        let running = scene.start(None);
        let old = customer.insist(running.address, "m0", "Old.").await;
        assert_eq!(told(&old), "Thank you. It is noted.");
        let fresh = Customer::start(running.address).await;
        let new = fresh.insist(running.address, "m0", "New.").await;
        assert_eq!(told(&new), "Thank you. It is written down.");
        3
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_migrates_a_store_it_does_so_again_and_the_sessions_go_on() {
    if is_postgres() {
        // There are no fail points in PostgreSQL's transactions: the database survives the server.
        return;
    }
    let scene = Scene::set().await;
    let TestStore::Sqlite(file) = &scene.store else {
        unreachable!("it is a file where it is no database");
    };
    let old = include_bytes!("../chat/stores/store-1.db.gz");
    let mut content = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&old[..]);
    decoder.read_to_end(&mut content).unwrap();
    std::fs::write(file, content).unwrap();
    let open = || rusqlite::Connection::open(file).unwrap();
    // The server's clock is the machine's, and would sweep sessions of long ago.
    let recent = "UPDATE sessions SET touched_at = unixepoch() * 1000,
                  finished_at = iif(finished_at IS NULL, NULL, unixepoch() * 1000)";
    open().execute(recent, []).unwrap();
    // Once within each version's migration. The server dies before the transaction is committed.
    for point in ["within-migration:1", "within-migration:2"] {
        scene.dies(point, false);
        let found = open().query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
        assert_eq!(found.unwrap(), 1, "{point}");
    }
    let running = scene.start(None);
    let sessions: Value =
        serde_json::from_str(include_str!("../chat/stores/store-1.json")).unwrap();
    let customer = |name: &str| {
        let text = |key: &str| sessions[name][key].as_str().unwrap().to_owned();
        Customer {
            id: text("id"),
            token: text("token"),
        }
    };
    let finished = customer("finished").insist(running.address, "m0", "Note-finished.");
    assert_eq!(told(&finished.await), "Thank you. It is noted.");
    let waiting = customer("waiting").insist(running.address, "m2", "O260147");
    assert_eq!(told(&waiting.await), "We have it.");
    killed(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_sweeps_all_is_there_or_all_is_gone() {
    if is_postgres() {
        // There are no fail points in PostgreSQL's transactions: the database survives the server.
        return;
    }
    in_rounds(|_| async move {
        let scene = Scene::set().await;
        let running = scene.start(None);
        let customer = Customer::start(running.address).await;
        customer.insist(running.address, "m0", CANARY).await;
        let path = format!("/api/v1/sessions/{}/end", customer.id);
        let ended = ask(running.address, "POST", &path, &customer.token, &json!({})).await;
        ended.unwrap().ok();
        let before = customer.whole(running.address).await;
        drop(running);
        scene.dies("within-sweep:1", true);
        let running = scene.start(None);
        assert_eq!(customer.whole(running.address).await, before);
        drop(running);
        // The session is swept, but the write-ahead log still contains it.
        scene.dies("after-sweep:1", true);
        let running = scene.start(None);
        let path = format!("/api/v1/sessions/{}", customer.id);
        let asked = ask(running.address, "GET", &path, &customer.token, &Value::Null).await;
        asked.unwrap().refused(404, "not-found");
        assert!(!stored(&scene).await.contains(CANARY));
        2
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_erases_all_is_there_or_all_is_gone() {
    if is_postgres() {
        // There are no fail points in PostgreSQL's transactions: the database survives the server.
        return;
    }
    in_rounds(|_| async move {
        let scene = Scene::set().await;
        let running = scene.start(None);
        let customer = Customer::start(running.address).await;
        customer.insist(running.address, "m0", CANARY).await;
        let before = customer.whole(running.address).await;
        drop(running);
        let path = format!("/api/v1/sessions/{}", customer.id);
        let token = &customer.token;
        for point in ["within-erase:1", "after-erase:1"] {
            let running = scene.start(Some(point));
            let erased = ask(running.address, "DELETE", &path, token, &Value::Null).await;
            assert!(erased.is_none(), "{point}");
            drop(running);
            let running = scene.start(None);
            if point == "within-erase:1" {
                assert_eq!(customer.whole(running.address).await, before);
            } else {
                let asked = ask(running.address, "GET", &path, token, &Value::Null).await;
                asked.unwrap().refused(404, "not-found");
                assert!(!stored(&scene).await.contains(CANARY));
            }
        }
        2
    })
    .await;
}
