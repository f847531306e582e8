//! The settings of a server with their defaults and ranges; docs/configuration.md comes from them.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use krabice_config::{count, list, lists, settings, size, time};
use krabice_edge::ConnectionLimits;
use krabice_egress::NetworkRules;
use krabice_sessions::{Attempts, Retention, SessionSettings, TurnLimits};

use crate::origin::AllowedSite;

/// The settings of a server, other than its folders and addresses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// The most that clients, sessions and connections may use.
    pub limits: Limits,
    /// How many look-ups may fail.
    pub attempts: Attempts,
    /// How long data is kept.
    pub retention: Retention,
    /// Who may use the server, and how often it reads its files.
    pub access: Access,
    /// The limits of requests to back ends, where the connections file says nothing else.
    pub network: NetworkRules,
}

settings! {
    /// Who may use the server, and how often it reads its files.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Access {
        /// The sites that may use a scenario, by the scenario's name: `[origins]` with lines such as
        /// `order-status = ["https://shop.example"]`; `"*"` allows any site.
        pub origins: BTreeMap<String, Vec<AllowedSite>> = lists("the server's own pages", "a table of lists of origins, such as `order-status = [\"https://shop.example\"]`");
        /// The networks of proxies whose `X-Forwarded-For` is trusted.
        pub trusted_proxies: Vec<IpNet> = list("none", "a list of networks, such as `[\"10.0.0.0/8\"]`");
        /// The time between two checks of the folders, the connections file with its secrets, and
        /// `[origins]` for changes. Default 2s. `0s` means never.
        pub reload_interval: Duration = time("2s", "0s", "1d");
    }
}

settings! {
    /// The most that clients, sessions and connections may use.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Limits {
        /// Connections at once. Default 10,000; each takes about 25 KB of memory.
        pub connections: usize = count(10_000, 1, 1_000_000);
        /// Connections at once from one address prefix. Default 200, enough for an office behind one address.
        pub connections_per_prefix: usize = count(200, 1, 1_000_000);
        /// The longest time that a client may take to send a request's header, from the start of the
        /// connection or the end of the previous request. Default 15s.
        pub header_timeout: Duration = time("15s", "1s", "10m");
        /// The largest header of a request. Default 16KiB.
        pub header_bytes: usize = size("16KiB", "8KiB", "1MiB");
        /// The longest time that a client may take to send a request's body. Default 10s.
        pub body_timeout: Duration = time("10s", "1s", "10m");
        /// The largest body of a request. Default 16KiB; the longest answer has 2,000 characters.
        pub body_bytes: usize = size("16KiB", "1KiB", "16MiB");
        /// The longest time that a client may read nothing of a response. Default 30s.
        pub write_timeout: Duration = time("30s", "1s", "10m");
        /// Requests per minute from one address prefix. Default 600.
        pub requests_per_minute: u32 = count(600, 1, 1_000_000_000);
        /// New sessions per minute from one address prefix. Default 30.
        pub sessions_per_minute: u32 = count(30, 1, 1_000_000_000);
        /// New sessions per minute of one scenario, from all clients. Default 6,000.
        pub sessions_per_scenario: u32 = count(6_000, 1, 1_000_000_000);
        /// Answers per minute in one session. Default 60, more than a fast typist sends.
        pub answers_per_minute: u32 = count(60, 1, 1_000_000_000);
        /// Event streams at once of one session; each open tab has one. Default 8.
        pub streams_per_session: usize = count(8, 1, 1_000);
        /// The most that a session may hold: its transcript, and its variables without files. At the next
        /// answer the customer is asked to start a new conversation. Default 1MiB; a long conversation
        /// has 50 KB, and a list of orders takes up to 1 MiB (`json-bytes`).
        pub session_bytes: u64 = size("1MiB", "16KiB", "1GiB");
        /// The most that is stored per hour for one address prefix: transcripts, variables, files. Default
        /// 64MiB; the conversations and files of some two hundred customers behind one address.
        pub bytes_per_hour: u64 = size("64MiB", "64KiB", "1024GiB");
        /// The same for one network: an IPv6 /48 or an IPv4 /24. Default 256MiB, which is 6 GiB a day.
        pub network_bytes_per_hour: u64 = size("256MiB", "64KiB", "1024GiB");
        /// The size of the whole store from which on no new session is started. Sessions under way go on.
        /// Default 64GiB, which is over a million conversations; of a database it is the size of its files.
        pub store_bytes: u64 = size("64GiB", "1MiB", "1048576GiB");
        /// What has to be free on the disk of a store in a file; with less, no new session is started.
        /// Default 256MiB, room for the sessions under way to come to an end. `0B` means no such limit. The
        /// disk of a database is not known.
        pub free_disk_bytes: u64 = size("256MiB", "0B", "1048576GiB");
        /// Turns at once. Default 1,000.
        pub turns: usize = count(1_000, 1, 100_000);
        /// The time without renewal after which another server takes over a turn. Default 15s.
        pub lease: Duration = time("15s", "1s", "10m");
        /// The time that running turns get to end when the server stops. Default 40s; a call has 30.
        pub stop_timeout: Duration = time("40s", "1s", "10m");
    }
}

impl Settings {
    /// The settings of the service of sessions.
    pub(crate) fn sessions(&self) -> SessionSettings {
        let limits = &self.limits;
        SessionSettings {
            turns: TurnLimits {
                at_once: limits.turns,
                lease: limits.lease,
                stop: limits.stop_timeout,
                sessions_per_minute: limits.sessions_per_minute,
                sessions_per_scenario: limits.sessions_per_scenario,
                answers_per_minute: limits.answers_per_minute,
                listeners_per_session: limits.streams_per_session,
                session_bytes: limits.session_bytes,
                bytes_per_hour: limits.bytes_per_hour,
                network_bytes_per_hour: limits.network_bytes_per_hour,
                store_bytes: limits.store_bytes,
                free_disk_bytes: limits.free_disk_bytes,
            },
            attempts: self.attempts.clone(),
            retention: self.retention.clone(),
            reload: Some(self.access.reload_interval).filter(|period| !period.is_zero()),
            network: self.network.clone(),
        }
    }
}

impl Limits {
    /// The limits of a listener.
    pub(crate) fn of_connections(&self) -> ConnectionLimits {
        ConnectionLimits {
            connections: self.connections,
            per_prefix: self.connections_per_prefix,
            header_time: self.header_timeout,
            header_bytes: self.header_bytes,
            write_time: self.write_timeout,
            stop_time: self.stop_timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        insta::assert_debug_snapshot!(Settings::default());
    }
}
