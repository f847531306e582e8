//! Numbers for the operator, in Prometheus' form. Labels come from closed sets: names of published
//! scenarios and loaded plugins, words of our own.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// From 1 ms to 40 s: a turn without a call, and one with a slow back end.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 40.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfScenario {
    scenario: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTurn {
    scenario: String,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCall {
    plugin: String,
    function: String,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRefusal {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReading {
    result: &'static str,
}

/// The numbers of one server.
pub(crate) struct Metrics {
    registry: Registry,
    sessions: Family<OfScenario, Counter>,
    turns: Family<OfTurn, Counter>,
    turn_seconds: Histogram,
    calls: Family<OfCall, Counter>,
    call_seconds: Histogram,
    refusals: Family<OfRefusal, Counter>,
    readings: Family<OfReading, Counter>,
    pub(crate) connections: Gauge,
    streams: Gauge,
    editions: Gauge,
    pub(crate) turns_under_way: Gauge,
    pub(crate) repeats: Counter,
    pub(crate) recovered: Counter,
    pub(crate) store_errors: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("krabice");
        let histogram = || Histogram::new(SECONDS);
        let metrics = Metrics {
            sessions: Family::default(),
            turns: Family::default(),
            turn_seconds: histogram(),
            calls: Family::default(),
            call_seconds: histogram(),
            refusals: Family::default(),
            readings: Family::default(),
            connections: Gauge::default(),
            streams: Gauge::default(),
            editions: Gauge::default(),
            turns_under_way: Gauge::default(),
            repeats: Counter::default(),
            recovered: Counter::default(),
            store_errors: Counter::default(),
            registry: Registry::default(),
        };
        registry.register(
            "sessions_started",
            "Sessions that were started",
            metrics.sessions.clone(),
        );
        registry.register(
            "turns",
            "Turns by how the session stood after them",
            metrics.turns.clone(),
        );
        registry.register_with_unit(
            "turn",
            "How long turns took",
            Unit::Seconds,
            metrics.turn_seconds.clone(),
        );
        registry.register(
            "calls",
            "Calls of functions by what they came to",
            metrics.calls.clone(),
        );
        registry.register_with_unit(
            "call",
            "How long calls took",
            Unit::Seconds,
            metrics.call_seconds.clone(),
        );
        registry.register(
            "refusals",
            "Requests that were refused",
            metrics.refusals.clone(),
        );
        registry.register(
            "readings",
            "Files of scenarios and plugins that changed",
            metrics.readings.clone(),
        );
        registry.register(
            "connections",
            "Open connections",
            metrics.connections.clone(),
        );
        registry.register("streams", "Open event streams", metrics.streams.clone());
        registry.register(
            "editions",
            "Editions of scenarios in memory, older ones for the sessions on them",
            metrics.editions.clone(),
        );
        registry.register(
            "turns_under_way",
            "Turns under way",
            metrics.turns_under_way.clone(),
        );
        registry.register(
            "repeated_answers",
            "Answers that were given again",
            metrics.repeats.clone(),
        );
        registry.register(
            "recovered_turns",
            "Turns that were taken over",
            metrics.recovered.clone(),
        );
        registry.register(
            "store_errors",
            "Times that the store did not answer",
            metrics.store_errors.clone(),
        );
        Metrics {
            registry,
            ..metrics
        }
    }

    pub(crate) fn started(&self, scenario: &str) {
        let scenario = scenario.to_owned();
        self.sessions.get_or_create(&OfScenario { scenario }).inc();
    }

    pub(crate) fn turn(&self, scenario: &str, result: &'static str, time: Duration) {
        let scenario = scenario.to_owned();
        self.turns.get_or_create(&OfTurn { scenario, result }).inc();
        self.turn_seconds.observe(time.as_secs_f64());
    }

    pub(crate) fn call(&self, plugin: &str, function: &str, result: &'static str, time: Duration) {
        let (plugin, function) = (plugin.to_owned(), function.to_owned());
        self.calls
            .get_or_create(&OfCall {
                plugin,
                function,
                result,
            })
            .inc();
        self.call_seconds.observe(time.as_secs_f64());
    }

    pub(crate) fn refused(&self, code: &'static str) {
        self.refusals.get_or_create(&OfRefusal { code }).inc();
    }

    pub(crate) fn read(&self, good: usize, refused: usize) {
        for (result, count) in [("read", good), ("refused", refused)] {
            if count > 0 {
                self.readings
                    .get_or_create(&OfReading { result })
                    .inc_by(count as u64);
            }
        }
    }

    /// All of them as text.
    pub(crate) fn text(&self, streams: usize, editions: usize) -> String {
        for (gauge, count) in [(&self.streams, streams), (&self.editions, editions)] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}
