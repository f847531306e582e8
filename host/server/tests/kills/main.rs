//! Kills the server at every fail point, many times: no acknowledged turn is lost, none is doubled, and no
//! write reaches the shop twice.
//!
//! The server is this test binary, started as a child that dies at a fail point as suddenly as by
//! `kill -9`: nothing is flushed, nothing is dropped.

// The futures of some tests nest deeper than the compiler follows by default.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "other tests use the rest of the client")]

#[path = "../chat/client.rs"]
mod client;
mod elsewhere;
mod full;
#[path = "../support/scene.rs"]
mod scene;
#[path = "../../../store/tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use krabice_emulators::{Fault, FaultRule};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::scene::{Customer, Scene, told};

/// The environment variable with the number of kills at every fail point. Default: 1.
const ROUNDS: &str = "KRABICE_KILL_ROUNDS";
/// Rounds at once. A round mostly waits for its child.
const TOGETHER: u32 = 4;

/// The number of kills by all tests so far.
static KILLS: AtomicUsize = AtomicUsize::new(0);

/// Counts kills, and prints the number so far.
fn killed(times: usize) {
    use std::io::Write as _;
    let all = KILLS.fetch_add(times, Ordering::SeqCst) + times;
    let mut out = std::io::stdout();
    writeln!(out, "\nkilled {all} times so far").unwrap();
}

/// Runs a test for as many rounds as [`ROUNDS`] says, several at once.
async fn in_rounds<F>(test: impl Fn(u32) -> F)
where
    F: Future<Output = usize> + Send + 'static,
{
    let rounds = std::env::var(ROUNDS).map_or(1, |rounds| rounds.parse().unwrap());
    let places = Arc::new(Semaphore::new(TOGETHER as usize));
    let mut running = JoinSet::new();
    for round in 0..rounds {
        let (test, places) = (test(round), Arc::clone(&places));
        running.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            test.await
        });
    }
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(kills) => killed(kills),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

#[test]
#[ignore = "the other tests start it"]
fn serve_until_killed() {
    scene::serve_until_killed();
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_it_dies_no_turn_is_lost_or_doubled_and_no_write_done_twice() {
    in_rounds(|round| async move {
        let scene = Scene::set().await;
        kill_everywhere(&scene, round).await;
        15
    })
    .await;
}

/// Kills the server at each pass of each fail point: 15 times.
async fn kill_everywhere(scene: &Scene, round: u32) {
    let mut unknown = 0;
    let mut kills = 0;
    // Each customer sends three notes; every pass is one step of one turn.
    for point in [
        "before-intent",
        "after-intent",
        "after-call",
        "before-commit",
        "after-commit",
    ] {
        for pass in 1..=3 {
            let running = scene.start(None);
            let customer = Customer::start(running.address).await;
            drop(running);
            let mut running = scene.start(Some(&format!("{point}:{pass}")));
            let mut acknowledged = Vec::new();
            for number in 0..3 {
                let note = format!("Note-{round}-{point}-{pass}-{number}.");
                let answer = match customer
                    .say(running.address, &format!("m{number}"), &note)
                    .await
                {
                    Some(answer) => answer.ok(),
                    None => {
                        kills += 1;
                        assert!(
                            !running.child.wait().unwrap().success(),
                            "it died at the point"
                        );
                        running = scene.start(None);
                        customer
                            .insist(running.address, &format!("m{number}"), &note)
                            .await
                    }
                };
                let again = customer
                    .insist(running.address, &format!("m{number}"), &note)
                    .await;
                assert_eq!(answer, again, "{point} {pass}");
                let written = scene.notes(&note);
                match told(&answer).as_str() {
                    "Thank you. It is noted." => assert_eq!(written, 1, "{point} {pass}"),
                    "Thank you. We do not know whether it was noted." => {
                        unknown += 1;
                        assert!(written <= 1, "{point} {pass}: {written} times");
                    }
                    other => panic!("{point} {pass}: {other}"),
                }
                acknowledged.extend(answer["events"].as_array().unwrap().clone());
            }
            let whole = customer.whole(running.address).await;
            assert_eq!(whole[1..], acknowledged[..], "{point} {pass}");
        }
    }
    assert_eq!(kills, 15, "every point was passed");
    // The result of the write is unknown only between the intent and the stored result.
    assert_eq!(unknown, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_call_it_writes_once_at_most_and_reads_again() {
    let scene = Scene::set().await;
    for round in 0..3 {
        let mut running = scene.start(None);
        let customer = Customer::start(running.address).await;
        let mut slow = FaultRule::new(Fault::None);
        slow.delay_ms = 60_000;
        slow.processed = Some(true);
        scene.emulators.upgates().fault(slow.method("PUT")).unwrap();
        let note = format!("Note-killed-{round}.");
        let waiting = customer.say(running.address, "m0", &note);
        let kill = async {
            while scene.notes(&note) == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            // SIGKILL, which the child cannot handle.
            running.child.kill().unwrap();
        };
        let (answer, ()) = tokio::join!(waiting, kill);
        assert!(answer.is_none(), "it was not acknowledged");
        drop(running);
        scene.emulators.upgates().clear_faults();
        let running = scene.start(None);
        let answer = customer.insist(running.address, "m0", &note).await;
        assert_eq!(
            told(&answer),
            "Thank you. We do not know whether it was noted."
        );
        assert!(scene.notes(&note) <= 1);
        let next = customer.insist(running.address, "m1", "Note-after.").await;
        assert_eq!(told(&next), "Thank you. It is noted.");
        killed(1);
    }
}

/// Looks up whether there is an order. A turn of it only reads.
const LOOK: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "look", "languages": ["en"], "timezone": "UTC", "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "Which order?", "expect": "order-number", "save": "number", "next": "wait" },
    "wait": { "type": "message", "text": "One moment. ", "next": "look" },
    "look": { "type": "call", "function": "upgates/verify-order", "connection": "shop", "params": { "order": "<<number>>" },
              "true": "found", "false": "missing", "failure": "missing" },
    "found": { "type": "message", "text": "We have it.", "next": "ask" },
    "missing": { "type": "message", "text": "There is none.", "next": "ask" }
  }
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_turn_happened_from_its_first_commit_on_and_is_played_again_before() {
    let scene = Scene::set().await;
    std::fs::write(scene.folder.path().join("scenarios/look.json"), LOOK).unwrap();
    // The number of events in the store after the kill: none of the turn, or what was said before the call.
    for (point, slow, stored) in [
        ("after-call", false, 1),
        ("before-commit", false, 1),
        ("after-commit", false, 5),
        ("before-late-intent", true, 1),
        ("after-late-intent", true, 3),
    ] {
        let running = scene.start(None);
        let customer = Customer::start_with(running.address, "look").await;
        drop(running);
        if slow {
            let mut rule = FaultRule::new(Fault::None);
            rule.delay_ms = 2_000;
            scene.emulators.upgates().fault(rule).unwrap();
        }
        let mut running = scene.start(Some(&format!("{point}:1")));
        let answer = customer.say(running.address, "m0", "O260147").await;
        assert!(answer.is_none(), "{point}");
        assert!(!running.child.wait().unwrap().success(), "{point}");
        scene.emulators.upgates().clear_faults();
        assert_eq!(
            events_in(&scene.store, &customer.id).await,
            stored,
            "{point}"
        );
        let running = scene.start(None);
        let answer = customer.insist(running.address, "m0", "O260147").await;
        assert_eq!(told(&answer), "One moment. We have it.", "{point}");
        let again = customer.insist(running.address, "m0", "O260147").await;
        assert_eq!(answer, again, "{point}");
        let whole = customer.whole(running.address).await;
        assert_eq!(
            whole[1..],
            answer["events"].as_array().unwrap()[..],
            "{point}"
        );
        killed(1);
    }
}

/// The number of a session's events in the store.
async fn events_in(store: &support::store::TestStore, session: &str) -> i64 {
    match store {
        support::store::TestStore::Sqlite(file) => {
            let count = "SELECT count(*) FROM events WHERE session = ?1";
            let connection = rusqlite::Connection::open(file).unwrap();
            connection
                .query_row(count, [session], |row| row.get(0))
                .unwrap()
        }
        support::store::TestStore::Postgres(url) => {
            let count = "SELECT count(*) FROM krabice.events WHERE session = $1";
            let client = support::store::connect(url).await;
            client.query_one(count, &[&session]).await.unwrap().get(0)
        }
    }
}
