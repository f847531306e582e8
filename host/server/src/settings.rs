//! The settings of a server, with their defaults. A file has them in kebab case.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

/// What a server keeps to, besides where its files are.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// What one client, session or connection may use up.
    pub limits: Limits,
    /// How often somebody may fail to name what they look for.
    pub attempts: Attempts,
    /// How long things are kept.
    pub retention: Retention,
    /// The sites that may talk to a scenario, by its name: origins such as
    /// `https://shop.example`, or `*`. Default: the server's own alone.
    pub origins: BTreeMap<String, Vec<String>>,
    /// The proxies whose `X-Forwarded-For` is believed. Default: none.
    pub trusted_proxies: Vec<IpNet>,
    /// How often the folders are looked at for changes, in seconds. Default: 2; 0 is never.
    pub reload_seconds: Option<u64>,
}

/// What one client, session or connection may use up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Connections at once. Default 10,000: some 25 KB each.
    pub connections: usize,
    /// Connections at once of one address prefix. Default 200: an office behind one address.
    pub connections_per_prefix: usize,
    /// Seconds until a request's header has come, from the connection or the request before.
    /// Default 15.
    pub header_seconds: u64,
    /// Bytes of a request's header. Default 16,384.
    pub header_bytes: usize,
    /// Seconds until a request's body has come. Default 10.
    pub body_seconds: u64,
    /// Bytes of a request's body. Default 16,384: the longest answer has 2,000 characters.
    pub body_bytes: usize,
    /// Seconds that a client may take nothing of what it is sent. Default 30.
    pub write_seconds: u64,
    /// Requests a minute of one address prefix. Default 600.
    pub requests_per_minute: u32,
    /// New sessions a minute of one address prefix. Default 30.
    pub sessions_per_minute: u32,
    /// New sessions a minute of one scenario, from everybody. Default 6,000.
    pub sessions_per_scenario: u32,
    /// Answers a minute in one session. Default 60: a person who types fast.
    pub answers_per_minute: u32,
    /// Event streams at once of one session. Default 8: tabs.
    pub streams_per_session: usize,
    /// Turns at once. Default 1,000.
    pub turns: usize,
    /// Seconds after which a turn is taken over whose server says nothing. Default 15; a server
    /// that lives says so three times as often.
    pub lease_seconds: u64,
    /// Seconds that running turns get when the server stops. Default 40: a call has 30.
    pub stop_seconds: u64,
}

/// How often somebody may fail to name what they look for: calls whose parameters came from the
/// customer's answers, and which answered *false*.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attempts {
    /// The time in which they are counted, in minutes. Default 60.
    pub window_minutes: u64,
    /// In one session. Default 5.
    pub per_session: u32,
    /// From one address prefix. Default 20.
    pub per_prefix: u32,
    /// With one value, such as one order number. Default 5.
    pub per_value: u32,
    /// In one scenario, from everybody. Default 2,000.
    pub per_scenario: u32,
}

/// How long things are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Retention {
    /// Transcripts, in days after the last turn. Default 30.
    pub transcript_days: u64,
    /// Hidden values, in hours after the end of the session. Default 24.
    pub hidden_hours: u64,
    /// Unfinished sessions, in hours after the last turn; then they are finished. Default 24.
    pub idle_hours: u64,
    /// How often is swept, in seconds. Default 300.
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
    /// How often the folders are looked at; none: never.
    #[must_use]
    pub fn reload(&self) -> Option<Duration> {
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
        assert_eq!(settings.reload(), Some(Duration::from_secs(2)));
        insta::assert_debug_snapshot!(settings);
    }

    #[test]
    fn what_is_not_known_is_refused() {
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
