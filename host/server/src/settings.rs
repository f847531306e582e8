//! The settings of a server with their defaults. The configuration file writes them in kebab case.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use krabice_edge::ConnectionLimits;
use krabice_sessions::{Attempts, Retention, SessionSettings, TurnLimits};
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

impl Settings {
    /// How often the folders are checked for changes. `None` means never.
    #[must_use]
    pub fn reload_interval(&self) -> Option<Duration> {
        match self.reload_seconds.unwrap_or(2) {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        }
    }

    /// The settings of the service of sessions.
    pub(crate) fn sessions(&self) -> SessionSettings {
        let limits = &self.limits;
        SessionSettings {
            turns: TurnLimits {
                at_once: limits.turns,
                lease: Duration::from_secs(limits.lease_seconds),
                stop: Duration::from_secs(limits.stop_seconds),
                sessions_per_minute: limits.sessions_per_minute,
                sessions_per_scenario: limits.sessions_per_scenario,
                answers_per_minute: limits.answers_per_minute,
                listeners_per_session: limits.streams_per_session,
            },
            attempts: self.attempts.clone(),
            retention: self.retention.clone(),
            reload: self.reload_interval(),
        }
    }
}

impl Limits {
    /// The limits of a listener.
    pub(crate) fn of_connections(&self) -> ConnectionLimits {
        ConnectionLimits {
            connections: self.connections,
            per_prefix: self.connections_per_prefix,
            header_time: Duration::from_secs(self.header_seconds),
            header_bytes: self.header_bytes,
            write_time: Duration::from_secs(self.write_seconds),
            stop_time: Duration::from_secs(self.stop_seconds),
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
