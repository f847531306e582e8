//! Metrics for the operator, in Prometheus' format. Labels have few values: names of published
//! scenarios and loaded plugins, and words from this program.

use std::time::Duration;

use krabice_sessions::{Counts, Observer};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

/// The buckets of durations, from 1 ms (a turn without a call) to 40 s (one with a slow back end).
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 40.0,
];

type Labels<const N: usize> = [(&'static str, String); N];

/// The metrics of one server.
pub(crate) struct Metrics {
    sessions: Family<Labels<1>, Counter>,
    turns: Family<Labels<2>, Counter>,
    turn_seconds: Histogram,
    calls: Family<Labels<3>, Counter>,
    call_seconds: Histogram,
    refusals: Family<Labels<1>, Counter>,
    not_set_up: Family<Labels<2>, Counter>,
    reloaded_files: Family<Labels<1>, Counter>,
    connections: Gauge,
    streams: Gauge,
    revisions: Gauge,
    turns_under_way: Gauge,
    configuration_invalid: Gauge,
    no_new_sessions: Gauge,
    store_bytes: Gauge,
    repeated_answers: Counter,
    recovered_turns: Counter,
    store_errors: Counter,
    registry: Registry,
}

fn owned<const N: usize>(labels: [(&'static str, &str); N]) -> Labels<N> {
    labels.map(|(name, value)| (name, value.to_owned()))
}

/// Registers a metric under `krabice_NAME`.
fn register<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

/// Registers a histogram of durations under `krabice_NAME_seconds`.
fn register_seconds(registry: &mut Registry, name: &str, help: &str) -> Histogram {
    let histogram = Histogram::new(SECONDS);
    registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
    histogram
}

impl Metrics {
    #[rustfmt::skip] // One line for each metric.
    pub(crate) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("krabice");
        let r = &mut registry;
        Metrics {
            sessions: register(r, "sessions_started", "Sessions started"),
            turns: register(r, "turns", "Turns, by the session's state after the turn"),
            turn_seconds: register_seconds(r, "turn", "Duration of turns"),
            calls: register(r, "calls", "Calls of functions, by their result"),
            call_seconds: register_seconds(r, "call", "Duration of calls"),
            refusals: register(r, "refusals", "Requests refused, by the problem's code"),
            not_set_up: register(r, "not_set_up", "Requests of pages whose chat is not set up: their site may not use the scenario, or visitors cannot start it"),
            reloaded_files: register(r, "reloaded_files", "New or changed files of scenarios and plugins, by whether they were read or refused"),
            connections: register(r, "connections", "Open connections"),
            streams: register(r, "streams", "Open event streams"),
            configuration_invalid: register(r, "configuration_invalid", "1 while a changed configuration or connections file is invalid and the earlier one is in use"),
            revisions: register(r, "revisions", "Revisions of scenarios in memory, including older ones of running sessions"),
            turns_under_way: register(r, "turns_under_way", "Turns under way"),
            no_new_sessions: register(r, "no_new_sessions", "1 while no new sessions are started, because the store has no room for them"),
            store_bytes: register(r, "store_bytes", "The size of the store in bytes"),
            repeated_answers: register(r, "repeated_answers", "Repeated messages that got the saved answer"),
            recovered_turns: register(r, "recovered_turns", "Interrupted turns taken over"),
            store_errors: register(r, "store_errors", "Failed requests to the store"),
            registry,
        }
    }

    pub(crate) fn refused(&self, code: &str) {
        self.refusals.get_or_create(&owned([("code", code)])).inc();
    }

    /// A page's chat is not set up here. `scenario` is a published one, or empty.
    pub(crate) fn not_set_up(&self, reason: &str, scenario: &str) {
        let labels = [("reason", reason), ("scenario", scenario)];
        self.not_set_up.get_or_create(&owned(labels)).inc();
    }

    /// The configuration was read again, and was valid or not.
    pub(crate) fn configuration_reread(&self, is_valid: bool) {
        self.configuration_invalid.set(i64::from(!is_valid));
        self.files_reloaded(usize::from(is_valid), usize::from(!is_valid));
    }

    /// All metrics as text, with what the listener and the service hold at this moment.
    pub(crate) fn text(&self, connections: usize, counts: Counts) -> String {
        for (gauge, count) in [
            (&self.connections, connections),
            (&self.streams, counts.listeners),
            (&self.revisions, counts.revisions),
            (&self.turns_under_way, counts.turns_under_way),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing into a `String` does not fail");
        text
    }
}

impl Observer for Metrics {
    fn session_started(&self, scenario: &str) {
        let labels = owned([("scenario", scenario)]);
        self.sessions.get_or_create(&labels).inc();
    }

    fn turn_ended(&self, scenario: &str, result: &str, time: Duration) {
        let labels = [("scenario", scenario), ("result", result)];
        self.turns.get_or_create(&owned(labels)).inc();
        self.turn_seconds.observe(time.as_secs_f64());
    }

    fn call_ended(&self, plugin: &str, function: &str, result: &str, time: Duration) {
        let labels = [
            ("plugin", plugin),
            ("function", function),
            ("result", result),
        ];
        self.calls.get_or_create(&owned(labels)).inc();
        self.call_seconds.observe(time.as_secs_f64());
    }

    fn answer_repeated(&self) {
        self.repeated_answers.inc();
    }

    fn turn_recovered(&self) {
        self.recovered_turns.inc();
    }

    fn store_failed(&self) {
        self.store_errors.inc();
    }

    fn store_measured(&self, bytes: u64, has_room: bool) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.store_bytes.set(bytes);
        self.no_new_sessions.set(i64::from(!has_room));
    }

    fn files_reloaded(&self, read: usize, refused: usize) {
        for (result, count) in [("read", read), ("refused", refused)] {
            if count > 0 {
                let labels = owned([("result", result)]);
                self.reloaded_files
                    .get_or_create(&labels)
                    .inc_by(count as u64);
            }
        }
    }
}
