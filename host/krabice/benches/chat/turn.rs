//! A whole turn with a request to the back end, beside the same written by hand.
//!
//! The servers take turns in short rounds, so that what else the machine does meanwhile meets all of
//! them alike. `cargo bench -p krabice --bench chat -- turn` measures this alone.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use krabice_store::sessions::{FailedAttempt, NewSession, Store, StoredEvent, TurnStep};
use krabice_store::{Storage, StoreUrl};
use serde_json::{Value, json};

use crate::by_hand::{ByHand, processor_time};
use crate::customers::{Times, repeat};
use crate::scene::{Scene, Server};
use crate::{milliseconds, progress, section};

/// Rounds of each server.
const ROUNDS: u32 = 5;
/// The duration of one round.
const ROUND: Duration = Duration::from_secs(2);
/// The number of turns at once.
const AT_ONCE: [usize; 2] = [32, 1];

/// Sessions of a large store.
const STORED: u64 = 1_000_000;
/// Failed look-ups of a large store.
const FAILED: u64 = 100_000;
/// Writes at once into a large store.
const WRITES: usize = 512;

/// What is measured: a server that answers a request.
struct Contestant {
    name: String,
    url: String,
    body: Value,
    process: u32,
    /// By number at once.
    measured: [Measured; 2],
}

#[derive(Default)]
struct Measured {
    times: Vec<Times>,
    used: Duration,
}

impl Measured {
    fn count(&self) -> f64 {
        self.times.iter().map(Times::count).sum::<usize>().max(1) as f64
    }

    fn per_second(&self) -> f64 {
        self.times.iter().map(Times::per_second).sum::<f64>() / self.times.len().max(1) as f64
    }

    /// Processor time of the server for a turn, in microseconds.
    fn each(&self) -> f64 {
        self.used.as_secs_f64() * 1e6 / self.count()
    }

    /// The median of the rounds' medians.
    fn p50(&self) -> Duration {
        let mut medians: Vec<_> = self.times.iter().map(|times| times.at(0.5)).collect();
        medians.sort_unstable();
        medians.get(medians.len() / 2).copied().unwrap_or_default()
    }

    fn errors(&self) -> usize {
        self.times.iter().map(Times::error_count).sum()
    }
}

impl Contestant {
    fn new(name: &str, url: String, body: Value, process: u32) -> Contestant {
        Contestant {
            name: name.to_owned(),
            url,
            body,
            process,
            measured: Default::default(),
        }
    }

    fn session(name: &str, server: &Server) -> Contestant {
        let url = format!("{}/api/v1/sessions", server.address);
        let body = json!({ "scenario": "status", "inputs": { "order": "order" } });
        Contestant::new(name, url, body, server.id())
    }

    async fn round(&mut self, which: usize) {
        let before = processor_time(self.process);
        let times = repeat(&self.url, &self.body, AT_ONCE[which], ROUND).await;
        let measured = &mut self.measured[which];
        measured.used += processor_time(self.process).saturating_sub(before);
        measured.times.push(times);
    }
}

/// The table. Other binaries of the server, one for each `NAME=FILE` in `others`, take part, too.
pub(crate) async fn measure(scene: &Scene, others: &[String], large: bool) -> String {
    let by_hand = ByHand::start(&scene.back_end);
    let order = json!({ "order": "OBJ-1" });
    let mut all = vec![Contestant::new(
        "by hand: axum and hyper's client, no store, no sandbox",
        by_hand.url.clone(),
        order,
        by_hand.id(),
    )];
    let mut servers = Vec::new();
    let small = scene.serve_on("sqlite:turn.db", None);
    all.push(Contestant::session("Krabice on SQLite", &small));
    servers.push(small);
    for other in others {
        let (name, file) = other.split_once('=').unwrap();
        let server = scene.serve_on(&format!("sqlite:{name}.db"), Some(Path::new(file)));
        all.push(Contestant::session(&format!("`{name}`"), &server));
        servers.push(server);
    }
    if large {
        progress("filling a store");
        fill(&scene.store_file("large.db")).await;
        let server = scene.serve_on("sqlite:large.db", None);
        let name = "Krabice on SQLite with 1,000,000 sessions and 100,000 failed look-ups stored";
        all.push(Contestant::session(name, &server));
        servers.push(server);
    }
    if let Ok(url) = std::env::var("KRABICE_BENCH_POSTGRES") {
        let server = scene.serve_on(&url, None);
        all.push(Contestant::session("Krabice on PostgreSQL", &server));
        servers.push(server);
    }
    for (which, at_once) in AT_ONCE.iter().enumerate() {
        for round in 0..=ROUNDS {
            progress(&format!("turns, {at_once} at once, round {round}"));
            for contestant in &mut all {
                contestant.round(which).await;
                // The first round opens connections and fills caches.
                if round == 0 {
                    contestant.measured[which] = Measured::default();
                }
            }
        }
    }
    table(&all)
}

fn table(all: &[Contestant]) -> String {
    let mut rows = String::from(
        "| turn | 32 at once | of by hand | processor time a turn (at one) | one at a time, p50 | memory | errors |\n|---|---|---|---|---|---|---|\n",
    );
    let by_hand = all[0].measured[0].per_second();
    for each in all {
        let [crowd, alone] = &each.measured;
        let _ = writeln!(
            rows,
            "| {} | {:.0} a second | {:.2} | {:.0} µs ({:.0}) | {} | {:.0} MiB | {} |",
            each.name,
            crowd.per_second(),
            crowd.per_second() / by_hand,
            crowd.each(),
            alone.each(),
            milliseconds(alone.p50()),
            section::resident_kib(each.process) as f64 / 1024.0,
            crowd.errors() + alone.errors(),
        );
    }
    rows
}

/// Fills a store with finished sessions, and with failed look-ups of as many things.
async fn fill(file: &Path) {
    let url = StoreUrl::parse(&format!("sqlite:{}", file.display())).unwrap();
    let store: Arc<dyn Store> = Storage::open(&url).await.unwrap().sessions();
    let now = Timestamp::now();
    let writes = (0..STORED).map(|number| {
        let store = Arc::clone(&store);
        async move {
            let failed = (number < FAILED).then(|| FailedAttempt {
                subjects: vec![
                    format!("value:{number:032x}"),
                    format!("session:{number:032x}"),
                ],
                guess: format!("guess:{number:032x}"),
                at: now,
            });
            let step = TurnStep {
                at: now,
                state: json!({ "version": 2, "session": "x".repeat(300) }).to_string(),
                waits: json!({ "for": "nothing", "reason": "end" }).to_string(),
                finished: true,
                events: vec![StoredEvent {
                    n: 1,
                    event: json!({ "n": 1, "kind": "end", "text": "Order OBJ-1 is known." })
                        .to_string(),
                }],
                files: Vec::new(),
                last_event: 1,
                message: None,
                turn: None,
                lease: Duration::ZERO,
                answered: None,
                variables: Some("{}".to_owned()),
                failed: failed.into_iter().collect(),
                addresses: Vec::new(),
                proven: Vec::new(),
                taken_back: Vec::new(),
            };
            // Scattered, as random names are.
            let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let session = NewSession {
                id: format!("s_{scattered:022x}"),
                token: [7; 32],
                scenario: "status".to_owned(),
                revision: "none".to_owned(),
                language: "en".to_owned(),
                channel: "chat".to_owned(),
            };
            store.create(session, step).await.unwrap();
        }
    });
    stream::iter(writes)
        .buffer_unordered(WRITES)
        .for_each(|()| std::future::ready(()))
        .await;
}
