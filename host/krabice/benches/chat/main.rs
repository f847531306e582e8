//! The chat under load: `krabice serve` as a process of its own, loaded over HTTP from this one.
//!
//! `cargo bench -p krabice --bench chat`, after `make bench` has built the guests. The load is open: a turn
//! begins when it is due, not when the one before has ended, and its time counts from when it was due;
//! so a stall is not hidden. Server, load, back end and disk share one machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on stops, and its table is printed"
)]

mod by_hand;
mod customers;
mod scene;
#[path = "../shared/section.rs"]
mod section;
mod turn;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::customers::{Customers, Times};
use crate::scene::Scene;

/// The duration of each load.
const TIME: Duration = Duration::from_secs(10);
/// Customers at once in the measure of the highest throughput.
const AT_ONCE: usize = 64;
/// Sessions that the turns of an open load are spread over.
const SESSIONS: usize = 1_000;
/// Idle event streams.
const STREAMS: usize = 5_000;
/// Turns per second while sessions of other customers are in trouble.
const BESIDE: u32 = 200;
/// Sessions in trouble.
const TROUBLE: usize = 16;
/// How often the server is started; the median counts.
const STARTS: usize = 11;

fn main() {
    if by_hand::serve() {
        return;
    }
    // `cargo test --benches` and `--list` pass here; only a bench run measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // This process and the server need a file for each stream; the rest is a reserve.
    scene::allow_files(4 * STREAMS as u64);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let arguments: Vec<String> = std::env::args().collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    // `turn` measures the turn alone; `small` leaves out the store that takes a minute to fill; each
    // `NAME=FILE` is another binary of the server to compare with, and then no table is written.
    let scene = tokio.block_on(Scene::prepare(&root));
    let others: Vec<String> = arguments
        .iter()
        .filter(|it| it.contains('='))
        .cloned()
        .collect();
    let table = tokio.block_on(turn::measure(&scene, &others, !has("small")));
    if has("small") || !others.is_empty() {
        println!("{table}");
        return;
    }
    section::write(&root, "turn", &table);
    if !has("turn") {
        let table = tokio.block_on(measure(&scene));
        section::write(&root, "chat", &table);
    }
}

async fn measure(scene: &Scene) -> String {
    let mut rows = String::from(
        "| what | measured | p50 | p99 | longest | errors | aim |\n|---|---|---|---|---|---|---|\n",
    );
    start_times(scene, &mut rows);

    let server = scene.serve();
    for (what, scenario, least, aims) in [
        (
            "turns without a call",
            "count",
            2_000,
            ["over 2,000/s", "p99 under 20 ms"],
        ),
        (
            "turns with one call to a back end",
            "fetch",
            1_000,
            ["over 1,000/s", ""],
        ),
    ] {
        progress(what);
        let customers = Customers::start(&server, scenario, SESSIONS).await;
        // A warm-up for connections and caches.
        customers.as_fast_as_possible(AT_ONCE, TIME / 4).await;
        let peak = customers.as_fast_as_possible(AT_ONCE, TIME).await;
        row(
            &mut rows,
            &format!("{what}, {AT_ONCE} customers who never pause"),
            &peak,
            aims[0],
        );
        let half = least / 2;
        // Wait until the disk has written what the peak left.
        customers.paced(half, TIME / 2).await;
        let paced = customers.paced(half, TIME).await;
        row(
            &mut rows,
            &format!("{what}, {half} due a second (half of what is aimed at)"),
            &paced,
            aims[1],
        );
    }

    progress("beside others' trouble");
    let customers = Customers::start(&server, "count", SESSIONS).await;
    let normal = customers.paced(BESIDE, TIME).await;
    row(
        &mut rows,
        &format!("{BESIDE} turns due a second, alone"),
        &normal,
        "",
    );
    for (what, scenario) in [
        ("a plugin that never stops computing", "spin"),
        ("a back end that never answers", "hang"),
    ] {
        let others = Customers::start(&server, scenario, TROUBLE).await;
        let trouble = tokio::spawn(others.without_end(TROUBLE));
        let beside = customers.paced(BESIDE, TIME).await;
        trouble.abort();
        // Wait until the server has ended the calls in trouble.
        customers.paced(BESIDE, TIME / 2).await;
        let times = beside.at(0.99).as_secs_f64() / normal.at(0.99).as_secs_f64();
        row(
            &mut rows,
            &format!("the same beside {TROUBLE} sessions with {what}"),
            &beside,
            &format!("p99 under twice normal; here {times:.1} times"),
        );
    }
    if let Some(resumed) = oha(&customers) {
        rows.push_str(&resumed);
    }

    progress("idle event streams");
    let customers = Customers::start(&server, "count", STREAMS).await;
    let before = section::resident_kib(server.id());
    let streams = customers.streams().await;
    let each = (section::resident_kib(server.id()) - before) as f64 / STREAMS as f64;
    let _ = writeln!(
        rows,
        "| {} idle event streams | {each:.1} KiB each | | | | 0 | under 50 KB |",
        streams.len()
    );
    rows
}

/// The time from the start of the server until it listens, with all shipped plugins in the cache.
fn start_times(scene: &Scene, rows: &mut String) {
    progress("starts");
    let mut times = Vec::new();
    for _ in 0..=STARTS {
        let began = Instant::now();
        drop(scene.serve_shipped());
        times.push(began.elapsed());
    }
    // The first start filled the cache.
    times.remove(0);
    let times = Times::of(times, Vec::new(), Duration::ZERO);
    let _ = writeln!(
        rows,
        "| start of `krabice serve` with every scenario and plugin of the repository, compiled before | {STARTS} starts | {} | | {} | 0 | under 500 ms |",
        milliseconds(times.at(0.5)),
        milliseconds(times.at(1.0)),
    );
}

/// Requests for one session at a fixed rate by `oha`. `None` if `oha` is not installed.
fn oha(customers: &Customers) -> Option<String> {
    progress("oha");
    let (url, token) = customers.one();
    let output = Command::new("oha")
        .args([
            "--no-tui",
            "--output-format",
            "json",
            "-q",
            "1000",
            "-z",
            "10s",
            "--latency-correction",
        ])
        .args(["-H", &format!("Authorization: Bearer {token}"), &url])
        .output()
        .ok()?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let seconds =
        |value: &serde_json::Value| Duration::from_secs_f64(value.as_f64().unwrap_or_default());
    let errors = report["statusCodeDistribution"]
        .as_object()?
        .iter()
        .filter(|(status, _)| *status != "200")
        .filter_map(|(_, count)| count.as_u64())
        .sum::<u64>();
    Some(format!(
        "| a session asked for by `oha`, 1,000 times due a second | {:.0} a second | {} | {} | {} | {errors} | |\n",
        report["summary"]["requestsPerSec"]
            .as_f64()
            .unwrap_or_default(),
        milliseconds(seconds(&report["latencyPercentiles"]["p50"])),
        milliseconds(seconds(&report["latencyPercentiles"]["p99"])),
        milliseconds(seconds(&report["summary"]["slowest"])),
    ))
}

fn row(rows: &mut String, what: &str, times: &Times, aim: &str) {
    let _ = writeln!(
        rows,
        "| {what} | {:.0} a second | {} | {} | {} | {} | {aim} |",
        times.per_second(),
        milliseconds(times.at(0.5)),
        milliseconds(times.at(0.99)),
        milliseconds(times.at(1.0)),
        times.error_count(),
    );
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

fn progress(what: &str) {
    println!("measuring {what} …");
}
