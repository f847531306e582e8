//! What sessions may use, how many look-ups may fail, and how long data is kept.

use std::time::Duration;

use krabice_config::{count, settings, time};
use krabice_egress::NetworkRules;

/// The settings of a service of sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionSettings {
    /// The most that turns and sessions may use.
    pub turns: TurnLimits,
    /// How many look-ups may fail.
    pub attempts: Attempts,
    /// How long data is kept.
    pub retention: Retention,
    /// How often the folders are checked for changes; `None` means never. Default: 2 s.
    pub reload: Option<Duration>,
    /// The limits of requests to back ends, where there is no connections file.
    pub network: NetworkRules,
}

impl Default for SessionSettings {
    fn default() -> SessionSettings {
        SessionSettings {
            turns: TurnLimits::default(),
            attempts: Attempts::default(),
            retention: Retention::default(),
            reload: Some(Duration::from_secs(2)),
            network: NetworkRules::default(),
        }
    }
}

/// The most that turns and sessions may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnLimits {
    /// Turns at once. Default 1,000.
    pub at_once: usize,
    /// The time without renewal after which another server takes over a turn. Default 15 s.
    pub lease: Duration,
    /// How long running turns get to end when the service stops. Default 40 s; a call has 30 s.
    pub stop: Duration,
    /// New sessions per minute from one address prefix. Default 30.
    pub sessions_per_minute: u32,
    /// New sessions per minute of one scenario, from all clients. Default 6,000.
    pub sessions_per_scenario: u32,
    /// Answers per minute in one session. Default 60, more than a fast typist sends.
    pub answers_per_minute: u32,
    /// Listeners at once of one session; each open tab has one. Default 8.
    pub listeners_per_session: usize,
}

impl Default for TurnLimits {
    fn default() -> TurnLimits {
        TurnLimits {
            at_once: 1_000,
            lease: Duration::from_secs(15),
            stop: Duration::from_secs(40),
            sessions_per_minute: 30,
            sessions_per_scenario: 6_000,
            answers_per_minute: 60,
            listeners_per_session: 8,
        }
    }
}

settings! {
    /// How many guesses may fail. A guess is a call with parameters from the customer's answers, or a
    /// condition that compares an answer with a hidden value; it fails when its outcome is *false*. The
    /// same guess counts once.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Attempts {
        /// The time for which a failure counts. Default 1h.
        pub window: Duration = time("1h", "1m", "30d");
        /// Failures in one session. Default 5.
        pub per_session: u32 = count(5, 1, 1_000_000_000);
        /// Failures with one value, such as one order number, from one address prefix. Default 5.
        pub per_prefix: u32 = count(5, 1, 1_000_000_000);
        /// Failures with one value from one network: an IPv6 /48 or an IPv4 /24. Default 10.
        pub per_network: u32 = count(10, 1, 1_000_000_000);
        /// Failures with one value, from all clients, after which guesses of it are slow, one after another.
        /// Default 50.
        pub slow_value: u32 = count(50, 1, 1_000_000_000);
        /// Failures from one address prefix, after which a guess from it is slow. Default 100.
        pub slow_prefix: u32 = count(100, 1, 1_000_000_000);
        /// The time that a slow guess waits before it is made. Default 5s.
        pub slow_down: Duration = time("5s", "0s", "20s");
    }
}

settings! {
    /// How long data is kept.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Retention {
        /// The time after its last turn for which a transcript is kept. Default 30d.
        pub transcript: Duration = time("30d", "0s", "3650d");
        /// The time after the end of the session for which hidden values are kept. Default 24h.
        pub hidden: Duration = time("24h", "0s", "3650d");
        /// The time after its last turn at which an unfinished session is ended. Default 24h.
        pub idle: Duration = time("24h", "1m", "3650d");
        /// The time between two sweeps, which delete what was kept for long enough. Default 5m.
        pub sweep_interval: Duration = time("5m", "1s", "1d");
    }
}
