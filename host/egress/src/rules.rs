//! The limits of a request, each with its default, its reason and its setting.
//!
//! A setting is written in the connections file under `[network]`, for all
//! connections, or under `[connections.NAME.network]`, for one. `docs/connections.md`
//! has the same table for operators; a test compares the two.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The limits of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Until a connection is established: the wait for a permit, the name service,
    /// TCP and TLS. 5 s: a back end in another country takes a tenth of that.
    pub connect_timeout: Duration,
    /// From the connection until the head of the answer. 15 s: slow reports of
    /// shop systems take ten.
    pub first_byte_timeout: Duration,
    /// Between two pieces of the answer's body. 10 s: a server that is slower has
    /// stopped.
    pub between_bytes_timeout: Duration,
    /// For a plugin's request as a whole, with its repetitions, redirects,
    /// waits and login. 20 s: a customer is waiting, and a call has 30.
    pub total_timeout: Duration,
    /// The time that an unused connection is kept. 60 s: below the keep-alive of
    /// common servers and load balancers (nginx 75 s), above the pause of a customer
    /// who types.
    pub idle_timeout: Duration,
    /// The most unused connections to one host that are kept. 32: as many as there
    /// are requests at once, so that no connection is closed and opened again.
    pub idle_connections: usize,
    /// The most bytes of a request's body. 1 MiB: the body is held in memory, so that
    /// its length is known and the request can be repeated.
    pub request_bytes: usize,
    /// The most bytes of an answer's body. 4 MiB: a page of a hundred orders of
    /// a shop system has under one.
    pub response_bytes: usize,
    /// The most headers that a plugin may set on a request. 64: twice what a browser
    /// sends.
    pub request_headers: usize,
    /// The most bytes of their names and values. 16 KiB: common servers read no more.
    pub request_header_bytes: usize,
    /// The most headers of an answer. 100: hyper reads these without another
    /// allocation.
    pub response_headers: usize,
    /// The most bytes of an answer's head. 64 KiB: generous; servers rarely
    /// send two.
    pub response_header_bytes: usize,
    /// The most redirects that are followed. 3: one from an old address, one to a
    /// region, one in reserve.
    pub redirects: u32,
    /// The most repetitions of a request that may be repeated. 2: a back end that
    /// fails three times in a second is down, and quotas are tight.
    pub retries: u32,
    /// The time that a refused login is remembered, so that a wrong password does not
    /// lock the account. 30 s: an operator who corrects the password waits no longer.
    pub login_pause: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: Duration::from_secs(15),
            between_bytes_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(60),
            idle_connections: 32,
            request_bytes: 1 << 20,
            response_bytes: 4 << 20,
            request_headers: 64,
            request_header_bytes: 16 << 10,
            response_headers: 100,
            response_header_bytes: 64 << 10,
            redirects: 3,
            retries: 2,
            login_pause: Duration::from_secs(30),
        }
    }
}

/// The most requests at once over one connection, where neither the manifest nor the
/// operator sets a number. Arbitrary: as many as the pool keeps connections.
pub const REQUESTS_AT_ONCE: u32 = 32;

/// The most requests at once over all connections together. 256: as many as calls
/// run at once; each costs a socket and at most [`Rules::response_bytes`] of memory.
pub const ALL_REQUESTS_AT_ONCE: u32 = 256;

/// A setting under `network`.
pub(crate) struct NetworkSetting {
    /// The key in the file.
    pub(crate) key: &'static str,
    pub(crate) value: SettingValue,
}

/// The type and range of a setting's value, and its field in the rules.
pub(crate) enum SettingValue {
    /// A time, such as `"5s"` or `"500ms"`.
    Time(RangeInclusive<Duration>, fn(&mut Rules) -> &mut Duration),
    /// A number of things or bytes.
    Count(RangeInclusive<u64>, fn(&mut Rules) -> &mut usize),
    /// A number of repetitions.
    Times(RangeInclusive<u64>, fn(&mut Rules) -> &mut u32),
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The range of timeouts. Every request would fail with a shorter one.
const TIMEOUT: RangeInclusive<Duration> = ms(10)..=ms(600_000);

/// All settings under `network`, in the order of the documentation.
pub(crate) const NETWORK_SETTINGS: &[NetworkSetting] = &[
    NetworkSetting {
        key: "connect-timeout",
        value: SettingValue::Time(TIMEOUT, |rules| &mut rules.connect_timeout),
    },
    NetworkSetting {
        key: "first-byte-timeout",
        value: SettingValue::Time(TIMEOUT, |rules| &mut rules.first_byte_timeout),
    },
    NetworkSetting {
        key: "between-bytes-timeout",
        value: SettingValue::Time(TIMEOUT, |rules| &mut rules.between_bytes_timeout),
    },
    NetworkSetting {
        key: "total-timeout",
        value: SettingValue::Time(TIMEOUT, |rules| &mut rules.total_timeout),
    },
    NetworkSetting {
        key: "idle-timeout",
        value: SettingValue::Time(ms(0)..=ms(600_000), |rules| &mut rules.idle_timeout),
    },
    NetworkSetting {
        key: "idle-connections",
        value: SettingValue::Count(0..=1024, |rules| &mut rules.idle_connections),
    },
    NetworkSetting {
        key: "request-bytes",
        value: SettingValue::Count(0..=64 << 20, |rules| &mut rules.request_bytes),
    },
    NetworkSetting {
        key: "response-bytes",
        value: SettingValue::Count(1..=64 << 20, |rules| &mut rules.response_bytes),
    },
    NetworkSetting {
        key: "request-headers",
        value: SettingValue::Count(0..=1000, |rules| &mut rules.request_headers),
    },
    NetworkSetting {
        key: "request-header-bytes",
        value: SettingValue::Count(0..=256 << 10, |rules| &mut rules.request_header_bytes),
    },
    NetworkSetting {
        key: "response-headers",
        value: SettingValue::Count(1..=1000, |rules| &mut rules.response_headers),
    },
    NetworkSetting {
        key: "response-header-bytes",
        value: SettingValue::Count(1024..=256 << 10, |rules| &mut rules.response_header_bytes),
    },
    NetworkSetting {
        key: "redirects",
        value: SettingValue::Times(0..=10, |rules| &mut rules.redirects),
    },
    NetworkSetting {
        key: "retries",
        value: SettingValue::Times(0..=5, |rules| &mut rules.retries),
    },
    NetworkSetting {
        key: "login-pause",
        value: SettingValue::Time(ms(0)..=ms(3_600_000), |rules| &mut rules.login_pause),
    },
];
