//! Many turns while servers are killed, paused and started again. In the end, what the clients recorded
//! is compared with the store and the shop.
//!
//! No acknowledged turn is lost, none is taken twice, each tab's turns are in its order, nothing is
//! written twice, and most turns succeed: a server that refuses everything does not pass.
//!
//! The test runs against two servers on PostgreSQL, or against one on SQLite. A seed decides what
//! happens when; it is printed, and `KRABICE_HISTORY_SEED` sets it.

// The futures of some tests nest deeper than the compiler follows by default.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "other tests use the rest of the client")]

#[path = "../chat/client.rs"]
mod client;
#[path = "../support/scene.rs"]
mod scene;
#[path = "../../../store/tests/support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::scene::{Customer, Running, Scene, told};
use crate::support::postgres::cluster;
use crate::support::store::is_postgres;

const SEED: &str = "KRABICE_HISTORY_SEED";

/// How long the test kills and pauses servers.
const TROUBLE: Duration = Duration::from_secs(18);

/// How long a client repeats one message: longer than any single disturbance lasts.
const PATIENCE: Duration = Duration::from_secs(10);

/// The timeout of one request. A paused server does not answer.
const REQUEST: Duration = Duration::from_secs(2);

/// The number of sessions, and of tabs for each.
const SESSIONS: usize = 3;
const TABS: usize = 2;

/// The most turns of one tab.
const TURNS: usize = 100;

/// The least percentage of turns that must succeed. A client gives up a turn only after [`PATIENCE`].
const SUCCEED: usize = 80;

#[test]
#[ignore = "the other tests start it"]
fn serve_until_killed() {
    scene::serve_until_killed();
}

/// The current addresses of the servers.
#[derive(Clone)]
struct Addresses(Arc<Mutex<Vec<SocketAddr>>>);

impl Addresses {
    fn any(&self, random: &mut TestRng) -> SocketAddr {
        let addresses = self.0.lock().unwrap();
        addresses[random.random_range(0..addresses.len())]
    }
}

/// One turn, as its client saw it.
#[derive(Debug)]
struct Turn {
    note: String,
    /// The answer; `None` if the client gave up.
    answer: Option<Value>,
}

/// A tab that sends one note after another to random servers, each until it is answered.
struct Tab {
    customer: Customer,
    name: String,
    addresses: Addresses,
    random: TestRng,
    end: Instant,
}

impl Tab {
    async fn talk(mut self) -> Vec<Turn> {
        let mut turns = Vec::new();
        while Instant::now() < self.end && turns.len() < TURNS {
            let number = turns.len();
            let (id, note) = (
                format!("{}-{number}", self.name),
                format!("Note-{}-{number}.", self.name),
            );
            let answer = self.insist(&id, &note).await;
            let gave_up = answer.is_none();
            turns.push(Turn { note, answer });
            if gave_up {
                // The server may still process it, so a further note could not be told apart from it.
                break;
            }
            sleep(Duration::from_millis(self.random.random_range(0..150))).await;
        }
        turns
    }

    async fn insist(&mut self, id: &str, note: &str) -> Option<Value> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let address = self.addresses.any(&mut self.random);
            if let Ok(Some(answer)) = timeout(REQUEST, self.customer.say(address, id, note)).await {
                match answer.status {
                    200 => return Some(answer.json()),
                    // Another tab's turn is under way, or the store is unavailable.
                    409 | 503 => {}
                    _ => panic!(
                        "{} {}",
                        answer.status,
                        String::from_utf8_lossy(&answer.body)
                    ),
                }
            }
            sleep(Duration::from_millis(self.random.random_range(10..100))).await;
        }
        None
    }
}

/// Kills and pauses servers and the database, one at a time, and brings them back.
async fn trouble(
    scene: &Scene,
    mut servers: Vec<Running>,
    addresses: &Addresses,
    random: &mut TestRng,
) -> (Vec<Running>, Vec<String>) {
    let end = Instant::now() + TROUBLE;
    let mut done = Vec::new();
    while Instant::now() < end {
        let which = random.random_range(0..servers.len());
        let time = Duration::from_millis(random.random_range(100..2_500));
        let what = random.random_range(0..7);
        if what == 0 && is_postgres() {
            done.push("restarted the database".to_owned());
            cluster().stop();
            sleep(time / 4).await;
            cluster().go();
        } else if what <= 3 {
            done.push(format!("killed {which} for {time:?}"));
            servers[which].child.kill().unwrap();
            servers[which].child.wait().unwrap();
            sleep(time / 2).await;
            servers[which] = scene.start(None);
            addresses.0.lock().unwrap()[which] = servers[which].address;
        } else {
            done.push(format!("paused {which} for {time:?}"));
            signal("-STOP", &servers[which]);
            // Longer than a lease of one second, or shorter.
            sleep(time).await;
            signal("-CONT", &servers[which]);
        }
        sleep(Duration::from_millis(random.random_range(200..1_500))).await;
    }
    (servers, done)
}

fn signal(signal: &str, server: &Running) {
    let sent = Command::new("kill")
        .args([signal, &server.child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn fresh() -> [u8; 8] {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn seeded(seed: u64, part: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&part.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_turn_is_lost_or_doubled_whatever_happens_to_the_servers() {
    let seed = match std::env::var(SEED) {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => u64::from_le_bytes(fresh()),
    };
    use std::io::Write as _;
    writeln!(std::io::stderr(), "{SEED}={seed}").unwrap();
    let scene = Scene::set().await;
    let servers = if is_postgres() { 2 } else { 1 };
    let servers: Vec<Running> = (0..servers).map(|_| scene.start(None)).collect();
    let addresses = servers.iter().map(|server| server.address).collect();
    let addresses = Addresses(Arc::new(Mutex::new(addresses)));

    let mut customers = Vec::new();
    let mut tabs = Vec::new();
    for session in 0..SESSIONS {
        let customer = Customer::start(servers[0].address).await;
        for tab in 0..TABS {
            let tab = Tab {
                customer: customer.clone(),
                name: format!("{session}-{tab}"),
                addresses: addresses.clone(),
                random: seeded(seed, (session * TABS + tab) as u64),
                end: Instant::now() + TROUBLE,
            };
            tabs.push(tokio::spawn(tab.talk()));
        }
        customers.push(customer);
    }
    let mut random = seeded(seed, u64::MAX);
    let (servers, done) = trouble(&scene, servers, &addresses, &mut random).await;
    let mut histories = Vec::new();
    for tab in tabs {
        histories.push(tab.await.unwrap());
    }

    let told = format!("{SEED}={seed}: {done:?}");
    assert!(done.len() >= 4, "{told}");
    let mut asked = 0;
    let mut seen = Vec::new();
    let mut acknowledged = 0;
    for (session, customer) in customers.iter().enumerate() {
        let histories = &histories[session * TABS..][..TABS];
        settled(customer, servers[0].address).await;
        seen.push((customer.whole(servers[0].address).await, histories));
        for turns in histories {
            asked += turns.len();
            acknowledged += turns.iter().filter(|turn| turn.answer.is_some()).count();
        }
    }
    let written = scene.written();
    for (whole, histories) in seen {
        check(&written, &whole, histories, &told);
    }
    writeln!(
        std::io::stderr(),
        "{acknowledged} of {asked} turns succeeded while servers were {done:?}"
    )
    .unwrap();
    assert!(asked >= 40, "only {asked} turns: {told}");
    assert!(
        acknowledged * 100 >= asked * SUCCEED,
        "{acknowledged} of {asked} turns succeeded: {told}"
    );
}

/// Waits until no turn of the session is under way: the server may still process one that the client
/// gave up.
async fn settled(customer: &Customer, address: SocketAddr) {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if customer.waits(address).await["for"] != "call" {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("a turn was never taken over");
}

/// Compares the histories of a session's tabs with its transcript and with the shop.
fn check(written: &[String], whole: &[Value], histories: &[Vec<Turn>], told_of: &str) {
    let numbers: Vec<u64> = whole
        .iter()
        .map(|event| event["n"].as_u64().unwrap())
        .collect();
    let expected: Vec<u64> = (1..=whole.len() as u64).collect();
    assert_eq!(numbers, expected, "{told_of}");
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, event) in whole.iter().enumerate() {
        if event["kind"] == "said" {
            let note = event["text"].as_str().unwrap();
            places.entry(note).or_default().push(place);
        }
    }
    let mut known = 0;
    for turns in histories {
        let mut last = 0;
        for turn in turns {
            let note = turn.note.as_str();
            let found = places.get(note).map_or(&[][..], Vec::as_slice);
            known += found.len();
            assert!(found.len() <= 1, "{note} was taken twice: {told_of}");
            let written = written.iter().filter(|each| *each == note).count();
            assert!(
                written <= 1,
                "{note} was written {written} times: {told_of}"
            );
            if let Some(place) = found.first() {
                assert!(
                    *place > last,
                    "{note} stands before what was said before: {told_of}"
                );
                last = *place;
            }
            let Some(answer) = &turn.answer else {
                continue;
            };
            assert_eq!(
                found.len(),
                1,
                "{note} was acknowledged and lost: {told_of}"
            );
            let events = answer["events"].as_array().unwrap();
            assert_eq!(
                whole[found[0]..][..events.len()],
                events[..],
                "{note} was mixed with another: {told_of}"
            );
            match told(answer).as_str() {
                "Thank you. It is noted." => assert_eq!(written, 1, "{note}: {told_of}"),
                "Thank you. We do not know whether it was noted." => {}
                other => panic!("{note}: {other}: {told_of}"),
            }
        }
    }
    let said: usize = places.values().map(Vec::len).sum();
    assert_eq!(known, said, "something was said by nobody: {told_of}");
}
