//! The last step of `make bench`: measures the command itself, then writes the
//! table of `BENCHMARKS.md` from criterion's results in `target/criterion`.
//!
//! A table holds only results of the same session on the same machine. A missing
//! measure is named, not left out.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on stops, and its table is printed"
)]

#[path = "shared/section.rs"]
mod section;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use krabice_contract::Value;
use krabice_egress::{Connections, Network, SystemSecrets};
use krabice_emulators::{Emulators, Options};
use krabice_runtime::{CallInput, Context, Runtime};

/// How often the command is started; the median counts.
const STARTS: usize = 15;

fn main() {
    // `cargo test --benches` and `--list` pass here; only a bench run measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let start = Start::measure(&root);
    let criterion = root.join("target/criterion");
    for (name, table) in [
        ("table", table(&criterion, &start)),
        ("levers", levers(&criterion)),
        ("plugins", plugins(&root)),
    ] {
        section::write(&root, name, &table);
    }
}

/// The time from the start of the command to the first answer of a plugin, and its memory then.
struct Start {
    first_answer: Duration,
    idle_kib: u64,
}

impl Start {
    fn measure(root: &Path) -> Start {
        let tokio = tokio::runtime::Runtime::new().unwrap();
        let emulators = tokio
            .block_on(Emulators::start(Options::default()))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let connections = folder.path().join("connections.toml");
        emulators.write_connections(&connections, false).unwrap();
        let command = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_krabice"));
            command
                .args(["run", "scenarios/order-status.json", "--language", "en"])
                .arg("--connections")
                .arg(&connections)
                .args(["--plugins", "target/plugins", "--json"])
                .env("KRABICE_CACHE", folder.path().join("cache"))
                .current_dir(root)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            command
        };
        let mut times = Vec::new();
        let mut idle = Vec::new();
        for _ in 0..=STARTS {
            let began = Instant::now();
            let mut child = command().spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            std::io::Write::write_all(&mut stdin, b"O260147\npetra.vlkova@example.cz\n").unwrap();
            let events = BufReader::new(child.stdout.take().unwrap()).lines();
            // The first message after the two questions is the plugin's answer.
            let answered = events
                .map(|line| line.unwrap())
                .any(|line| line.contains("\"message\""));
            times.push(began.elapsed());
            assert!(answered, "the scenario gave no answer");
            idle.push(section::resident_kib(child.id()));
            drop(stdin);
            child.wait().unwrap();
        }
        // The first start filled the cache.
        times.remove(0);
        idle.remove(0);
        times.sort_unstable();
        idle.sort_unstable();
        Start {
            first_answer: times[STARTS / 2],
            idle_kib: idle[STARTS / 2],
        }
    }
}

/// The median of one measure of criterion, in nanoseconds.
fn median(criterion: &Path, measure: &str) -> Option<f64> {
    let file: PathBuf = criterion.join(measure).join("new/estimates.json");
    let estimates: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

/// A row of the table: a measure of criterion, what its time is compared with, and the aim.
struct Row {
    what: &'static str,
    measure: &'static str,
    /// Another measure, and the words that follow its ratio to this one.
    against: Option<(&'static str, &'static str)>,
    aim: &'static str,
}

const NATIVE: &str = "one request/native";
const NATIVE_32: &str = "one request, 32 at once/native";
const OF_NATIVE: &str = "of the native throughput";

const ROWS: [Row; 14] = [
    Row {
        what: "a call without a request, fresh instance",
        measure: "no request/fresh",
        against: None,
        aim: "25 µs",
    },
    Row {
        what: "the same on a live instance",
        measure: "no request/warm",
        against: Some(("no request/fresh", "times as fast as a fresh one")),
        aim: "under 5 µs",
    },
    Row {
        what: "a call without a request, 32 at once",
        measure: "no request/fresh, 32 at once",
        against: None,
        aim: "",
    },
    Row {
        what: "one request natively by a pooled hyper client",
        measure: NATIVE,
        against: None,
        aim: "",
    },
    Row {
        what: "a call with one request, fresh, `wasi:http` through waki",
        measure: "one request/fresh, http",
        against: Some((NATIVE, OF_NATIVE)),
        aim: "",
    },
    Row {
        what: "a call with one request, fresh, `egress.send`",
        measure: "one request/fresh, send",
        against: Some((NATIVE, OF_NATIVE)),
        aim: "",
    },
    Row {
        what: "32 at once: natively",
        measure: NATIVE_32,
        against: None,
        aim: "",
    },
    Row {
        what: "32 at once: fresh, `wasi:http` through waki",
        measure: "one request, 32 at once/fresh, http",
        against: Some((NATIVE_32, OF_NATIVE)),
        aim: "0.20",
    },
    Row {
        what: "32 at once: fresh, `egress.send`",
        measure: "one request, 32 at once/fresh, send",
        against: Some((NATIVE_32, OF_NATIVE)),
        aim: "0.35",
    },
    Row {
        what: "32 at once: live instance, `wasi:http`",
        measure: "one request, 32 at once/warm, http",
        against: Some((NATIVE_32, OF_NATIVE)),
        aim: "",
    },
    Row {
        what: "32 at once: live instance, `egress.send`",
        measure: "one request, 32 at once/warm, send",
        against: Some((NATIVE_32, OF_NATIVE)),
        aim: "",
    },
    Row {
        what: "loading a plugin, compiled anew",
        measure: "load and describe/compiled anew",
        against: None,
        aim: "",
    },
    Row {
        what: "loading a plugin from the cache",
        measure: "load and describe/from the cache",
        against: Some(("load and describe/compiled anew", "times as fast")),
        aim: "",
    },
    Row {
        what: "check of a scenario of 500 boxes",
        measure: "check/500 boxes",
        against: None,
        aim: "under 50 ms",
    },
];

fn table(criterion: &Path, start: &Start) -> String {
    let mut rows = String::from("| what | median | ratio in this run | aim |\n|---|---|---|---|\n");
    for Row {
        what,
        measure,
        against,
        aim,
    } in ROWS
    {
        let Some(time) = median(criterion, measure) else {
            let _ = writeln!(rows, "| {what} | not measured (`{measure}`) | | {aim} |");
            continue;
        };
        let ratio = against.map_or_else(String::new, |(other, words)| {
            median(criterion, other).map_or_else(
                || format!("`{other}` was not measured"),
                |other| format!("{:.2} {words}", other / time),
            )
        });
        let _ = writeln!(rows, "| {what} | {} | {ratio} | {aim} |", time_of(time));
    }
    boxes(&mut rows, criterion);
    let _ = writeln!(
        rows,
        "| `krabice run`: start to the first answer of a plugin, components cached | {:.0} ms | | under 150 ms |",
        start.first_answer.as_secs_f64() * 1e3
    );
    let _ = writeln!(
        rows,
        "| resident memory of `krabice run` while it waits for the customer | {:.0} MB | | under 60 MB |",
        start.idle_kib as f64 / 1024.0
    );
    rows
}

/// The effect of each optimisation: the shipped configuration, and the same with one of them off.
fn levers(criterion: &Path) -> String {
    let mut rows = String::from(
        "| arrangement | no request | 32 at once, `wasi:http` | 32 at once, `egress.send` |\n|---|---|---|---|\n",
    );
    let native = median(criterion, "one request, 32 at once/native");
    for name in [
        "shipped",
        "without pagemap_scan and kept pages",
        "without a pool",
        "with a stack of 1 MiB",
    ] {
        let group = format!("levers, {name}");
        let alone = median(criterion, &format!("{group}/no request"))
            .map_or_else(|| "not measured".to_owned(), time_of);
        let mut row = format!("| {name} | {alone} |");
        for interface in ["http", "send"] {
            let time = median(criterion, &format!("{group}/{interface}, 32 at once"));
            let cell = match (native, time) {
                (Some(native), Some(time)) => {
                    format!("{}, {:.2} of native", time_of(time), native / time)
                }
                _ => "not measured".to_owned(),
            };
            let _ = write!(row, " {cell} |");
        }
        let _ = writeln!(rows, "{row}");
    }
    rows
}

/// How often a function of each plugin is called: fewer times than the strictest back end accepts in
/// a row.
const CALLS: usize = 20;

/// A plugin, one of its functions, and its parameters.
type PluginCall = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// A function of each shipped plugin that reads from its back end.
const PLUGIN_CALLS: [PluginCall; 5] = [
    (
        "base",
        "verify-order",
        &[
            ("number", "90155231"),
            ("email", "anna.zielinska@example.net"),
        ],
    ),
    (
        "pohoda",
        "verify-order",
        &[("order", "ES-5501"), ("email", "jana@example.com")],
    ),
    (
        "retino",
        "find-case",
        &[("order", "O260147"), ("email", "petra.vlkova@example.cz")],
    ),
    (
        "shoper",
        "verify-order",
        &[("order", "4821"), ("email", "anna.zielinska@example.net")],
    ),
    ("upgates", "verify-order", &[("order", "O260147")]),
];

/// The size of each plugin, and the time of a call against its emulator. Calls run one after the other.
fn plugins(root: &Path) -> String {
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let emulators = tokio
        .block_on(Emulators::start(Options::default()))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("connections.toml");
    emulators.write_connections(&file, false).unwrap();
    let mut rows = String::from(
        "| plugin | component | load, compiled anew | function | a call | requests |\n|---|---|---|---|---|---|\n",
    );
    for (name, function, parameters) in PLUGIN_CALLS {
        let wasm = root.join(format!("target/plugins/{name}.wasm"));
        let size = std::fs::metadata(&wasm).unwrap().len();
        let runtime = Runtime::builder().build().unwrap();
        let began = Instant::now();
        let plugin = tokio.block_on(runtime.load(&wasm)).unwrap();
        let load = began.elapsed();
        let text = std::fs::read_to_string(&file).unwrap();
        let connections = Connections::parse(&text, folder.path(), &SystemSecrets).unwrap();
        let connection = connections
            .iter()
            .find(|connection| connection.plugin() == name)
            .unwrap();
        let outlet = Network::builder()
            .build()
            .outlet(plugin.manifest(), Some(connection))
            .unwrap();
        let mut times = Vec::new();
        let mut requests = 0;
        for _ in 0..=CALLS {
            let input = CallInput {
                parameters: parameters
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
                    .collect(),
                hidden: Vec::new(),
                context: Context {
                    language: "en".to_owned(),
                    time_zone: jiff::tz::TimeZone::get("Europe/Prague").unwrap(),
                    now: jiff::Timestamp::now(),
                },
                key: "bench".to_owned(),
            };
            let began = Instant::now();
            let report = tokio.block_on(runtime.call(&plugin, function, Some(&outlet), input));
            times.push(began.elapsed());
            requests = report.exchanges.len();
            assert!(report.result.is_ok(), "{name}: {:?}", report.result);
        }
        // The first call opened the connection and logged in.
        times.remove(0);
        times.sort_unstable();
        let _ = writeln!(
            rows,
            "| `{name}` | {} kB | {:.0} ms | `{function}` | {} | {requests} |",
            size / 1000,
            load.as_secs_f64() * 1e3,
            time_of(times[CALLS / 2].as_nanos() as f64),
        );
    }
    rows
}

/// The engine's measures are turns of 120 boxes each.
fn boxes(rows: &mut String, criterion: &Path) {
    const BOXES: f64 = 120.0;
    let Ok(folder) = std::fs::read_dir(criterion.join("boxes")) else {
        let _ = writeln!(
            rows,
            "| boxes of the engine | not measured (`boxes`) | | over 200,000 a second |"
        );
        return;
    };
    let mut names: Vec<_> = folder
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "report")
        .collect();
    names.sort();
    for name in names {
        let Some(time) = median(criterion, &format!("boxes/{name}")) else {
            continue;
        };
        let _ = writeln!(
            rows,
            "| engine alone, one core: {name} | {} a box | {:.0} boxes a second | over 200,000 |",
            time_of(time / BOXES),
            BOXES / time * 1e9
        );
    }
}

fn time_of(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} µs", ns / 1e3),
        ns => format!("{:.1} ms", ns / 1e6),
    }
}
