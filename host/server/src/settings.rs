//! The settings of a server with their defaults. The configuration file writes them in kebab case.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

/// The settings of a server, other than its folders and addresses.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The most that clients, sessions and connections may use.
    pub limits: Limits,
    /// How many look-ups may fail.
    pub attempts: Attempts,
    /// How long data is kept.
    pub retention: Retention,
    /// The sites that may use a scenario, by the scenario's name: origins such as
    /// `https://shop.example`, or `*` for any site. Default: only the server's own pages.
    pub origins: BTreeMap<String, Vec<String>>,
    /// The networks of proxies whose `X-Forwarded-For` is trusted. Default: none.
    pub trusted_proxies: Vec<IpNet>,
    /// How often the folders are checked for changes, in seconds. Default: 2. With 0, never.
    pub reload_seconds: Option<u64>,
}

/// The most that clients, sessions and connections may use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Connections at once. Default 10,000; each takes about 25 KB of memory.
    pub connections: usize,
    /// Connections at once from one address prefix. Default 200, enough for an office behind one address.
    pub connections_per_prefix: usize,
    /// Seconds that a client may take to send a request's header, from the start of the connection
    /// or the end of the previous request. Default 15.
    pub header_seconds: u64,
    /// Bytes of a request's header. Default 16,384.
    pub header_bytes: usize,
    /// Seconds that a client may take to send a request's body. Default 10.
    pub body_seconds: u64,
    /// Bytes of a request's body. Default 16,384; the longest answer has 2,000 characters.
    pub body_bytes: usize,
    /// Seconds that a client may read nothing of a response. Default 30.
    pub write_seconds: u64,
    /// Requests per minute from one address prefix. Default 600.
    pub requests_per_minute: u32,
    /// New sessions per minute from one address prefix. Default 30.
    pub sessions_per_minute: u32,
    /// New sessions per minute of one scenario, from all clients. Default 6,000.
    pub sessions_per_scenario: u32,
    /// Answers per minute in one session. Default 60, more than a fast typist sends.
    pub answers_per_minute: u32,
    /// Event streams at once of one session; each open tab has one. Default 8.
    pub streams_per_session: usize,
    /// Turns at once. Default 1,000.
    pub turns: usize,
    /// Seconds without renewal after which another server takes over a turn. Default 15.
    pub lease_seconds: u64,
    /// Seconds that running turns get to end when the server stops. Default 40; a call has 30.
    pub stop_seconds: u64,
}

/// How many look-ups may fail. A look-up is a call with parameters from the customer's answers; it
/// fails when its outcome is *false*.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attempts {
    /// The time for which a failure counts, in minutes. Default 60.
    pub window_minutes: u64,
    /// Failures in one session. Default 5.
    pub per_session: u32,
    /// Failures from one address prefix. Default 20.
    pub per_prefix: u32,
    /// Failures with one value, such as one order number. Default 5.
    pub per_value: u32,
    /// Failures in one scenario, from all clients. Default 2,000.
    pub per_scenario: u32,
}

/// How long data is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Retention {
    /// Days after its last turn for which a transcript is kept. Default 30.
    pub transcript_days: u64,
    /// Hours after the end of the session for which hidden values are kept. Default 24.
    pub hidden_hours: u64,
    /// Hours after its last turn at which an unfinished session is ended. Default 24.
    pub idle_hours: u64,
    /// Seconds between two sweeps, which delete what was kept for long enough. Default 300.
    pub sweep_seconds: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 10_000,
            connections_per_prefix: 200,
            header_seconds: 15,
            header_bytes: 16 * 1024,
            body_seconds: 10,
            body_bytes: 16 * 1024,
            write_seconds: 30,
            requests_per_minute: 600,
            sessions_per_minute: 30,
            sessions_per_scenario: 6_000,
            answers_per_minute: 60,
            streams_per_session: 8,
            turns: 1_000,
            lease_seconds: 15,
            stop_seconds: 40,
        }
    }
}

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts {
            window_minutes: 60,
            per_session: 5,
            per_prefix: 20,
            per_value: 5,
            per_scenario: 2_000,
        }
    }
}

impl Default for Retention {
    fn default() -> Retention {
        Retention {
            transcript_days: 30,
            hidden_hours: 24,
            idle_hours: 24,
            sweep_seconds: 300,
        }
    }
}

impl Settings {
    /// How often the folders are checked for changes. `None` means never.
    #[must_use]
    pub fn reload_interval(&self) -> Option<Duration> {
        match self.reload_seconds.unwrap_or(2) {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_document_gives_the_documented_defaults() {
        let settings: Settings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.reload_interval(), Some(Duration::from_secs(2)));
        insta::assert_debug_snapshot!(settings);
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_refused() {
        for document in [
            r#"{"limit": {}}"#,
            r#"{"limits": {"connection": 1}}"#,
            r#"{"retention": {"transcript-days": "30"}}"#,
        ] {
            assert!(
                serde_json::from_str::<Settings>(document).is_err(),
                "{document}"
            );
        }
    }
}
