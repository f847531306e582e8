//! The limits of a request, each with its default, its reason and its setting.
//!
//! A setting is written in the connections file under `[network]`, for all
//! connections, or under `[connections.NAME.network]`, for one.

use std::time::Duration;

use krabice_config::{count, size, time};

krabice_config::settings! {
    /// The limits of one connection.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Rules {
        /// Until a connection is established: the wait for a permit, the name service,
        /// TCP and TLS. Default: 5 s. A back end in another country takes a tenth of that.
        pub connect_timeout: Duration = time("5s", "10ms", "10m");
        /// From the connection until the head of the answer. Default: 15 s. Slow reports of
        /// shop systems take ten.
        pub first_byte_timeout: Duration = time("15s", "10ms", "10m");
        /// Between two pieces of the answer's body. Default: 10 s. A server that is slower has
        /// stopped.
        pub between_bytes_timeout: Duration = time("10s", "10ms", "10m");
        /// For a plugin's request as a whole, with its repetitions, redirects,
        /// waits and login. Default: 20 s. A customer is waiting, and a call has 30.
        pub total_timeout: Duration = time("20s", "10ms", "10m");
        /// The time that an unused connection is kept. Default: 60 s. Below the keep-alive of
        /// common servers and load balancers (nginx 75 s), above the pause of a customer
        /// who types.
        pub idle_timeout: Duration = time("1m", "0s", "10m");
        /// The most unused connections to one host that are kept. Default: 32. As many as there
        /// are requests at once, so that no connection is closed and opened again.
        pub idle_connections: usize = count(32, 0, 1_024);
        /// The most bytes of a request's body. Default: 1 MiB. The body is held in memory, so that
        /// its length is known and the request can be repeated.
        pub request_bytes: usize = size("1MiB", "0B", "64MiB");
        /// The most bytes of an answer's body. Default: 4 MiB. A page of a hundred orders of
        /// a shop system has under one.
        pub response_bytes: usize = size("4MiB", "1B", "64MiB");
        /// The most headers that a plugin may set on a request. Default: 64. Twice what a browser
        /// sends.
        pub request_headers: usize = count(64, 0, 1_000);
        /// The most bytes of their names and values. Default: 16 KiB. Common servers read no more.
        pub request_header_bytes: usize = size("16KiB", "0B", "256KiB");
        /// The most headers of an answer. Default: 100. Hyper reads these without another
        /// allocation.
        pub response_headers: usize = count(100, 1, 1_000);
        /// The most bytes of an answer's head. Default: 64 KiB. Generous; servers rarely
        /// send two.
        pub response_header_bytes: usize = size("64KiB", "1KiB", "256KiB");
        /// The most redirects that are followed. Default: 3. One from an old address, one to a
        /// region, one in reserve.
        pub redirects: u32 = count(3, 0, 10);
        /// The most repetitions of a request that may be repeated. Default: 2. A back end that
        /// fails three times in a second is down, and quotas are tight.
        pub retries: u32 = count(2, 0, 5);
        /// The time that a refused login is remembered, so that a wrong password does not
        /// lock the account. Default: 30 s. An operator who corrects the password waits no longer.
        pub login_pause: Duration = time("30s", "0s", "1h");
    }
}

krabice_config::settings! {
    /// The limits of all connections together, under `[network]`.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SharedRules {
        /// The most requests at once over all connections together. Default: 256. As many as calls
        /// run at once; each costs a socket and at most `response-bytes` of memory.
        pub requests_at_once: u32 = count(256, 1, 10_000);
    }
}

/// The most requests at once over one connection, where neither the manifest nor the
/// operator sets a number. Arbitrary: as many as the pool keeps connections.
pub const REQUESTS_AT_ONCE: u32 = 32;

/// The `[network]` of the operator: what holds where a connections file says nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkRules {
    /// The limits of each connection.
    pub each: Rules,
    /// The limits of all connections together.
    pub shared: SharedRules,
}
