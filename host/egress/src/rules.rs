//! Every limit of a request: its default, its reason and its setting.
//!
//! A setting stands in the connections file under `[network]`, for all
//! connections, or under `[connections.NAME.network]`, for one. `docs/connections.md`
//! holds the same table for operators; a test compares the two.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The limits of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Until a connection is in hand: the wait for a place, the name service,
    /// TCP and TLS. 5 s: a back end in another country takes a tenth of that.
    pub connect_timeout: Duration,
    /// From then until the head of the answer. 15 s: slow reports of shop
    /// systems take ten.
    pub first_byte_timeout: Duration,
    /// Between two pieces of the answer's body. 10 s: whoever drips slower has
    /// stopped.
    pub between_bytes_timeout: Duration,
    /// For a plugin's request as a whole, with its repetitions, redirects,
    /// waits and login. 20 s: a customer is waiting, and a call has 30.
    pub total_timeout: Duration,
    /// How long an unused connection is kept. 60 s: below the keep-alive of
    /// common servers and balancers (nginx 75 s), above the pause of a customer
    /// who types.
    pub idle_timeout: Duration,
    /// How many unused connections to one host are kept. 32: as many as may be
    /// under way at once, so that none is opened in vain.
    pub idle_connections: usize,
    /// The most bytes of a request's body. 1 MiB: it is held in memory, to be
    /// repeatable and to have a length.
    pub request_bytes: usize,
    /// The most bytes of an answer's body. 4 MiB: a page of a hundred orders of
    /// a shop system has under one.
    pub response_bytes: usize,
    /// The most headers of a request, of the plugin's own. 64: twice what a
    /// browser sends.
    pub request_headers: usize,
    /// The most bytes of names and values of these. 16 KiB: what common servers
    /// read at most.
    pub request_header_bytes: usize,
    /// The most headers of an answer. 100: what hyper reads without another
    /// allocation.
    pub response_headers: usize,
    /// The most bytes of an answer's head. 64 KiB: generous; servers rarely
    /// send two.
    pub response_header_bytes: usize,
    /// How many redirects are followed. 3: one from an old address, one to a
    /// region, one more.
    pub redirects: u32,
    /// How many times a request is repeated that may be. 2: what fails three
    /// times in a second is down, and quotas are tight.
    pub retries: u32,
    /// How long a refused login is remembered, so that a wrong password does
    /// not lock the account. 30 s: an operator who corrects it will not wait
    /// longer.
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

/// The most requests under way at once over one connection, where neither the
/// manifest nor the operator says. Arbitrary: it is what the pool keeps.
pub const REQUESTS_AT_ONCE: u32 = 32;

/// The most requests under way at once over all connections together. 256: as
/// many calls as run at once; each costs a socket and at most
/// [`Rules::response_bytes`] of memory.
pub const ALL_REQUESTS_AT_ONCE: u32 = 256;

/// A setting under `network`: its key and how it changes the rules.
pub(crate) struct Setting {
    /// The key in the file.
    pub(crate) key: &'static str,
    /// What it holds, and how to put it in its place.
    pub(crate) slot: Slot,
}

/// What a setting holds, within which bounds, and where it goes.
pub(crate) enum Slot {
    /// A span of time, such as `"5s"` or `"500ms"`.
    Time(RangeInclusive<Duration>, fn(&mut Rules) -> &mut Duration),
    /// A number of things or bytes.
    Count(RangeInclusive<u64>, fn(&mut Rules) -> &mut usize),
    /// A number of times.
    Times(RangeInclusive<u64>, fn(&mut Rules) -> &mut u32),
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Shorter timeouts would fail every request.
const WAIT: RangeInclusive<Duration> = ms(10)..=ms(600_000);

/// All settings under `network`, in the order of the documentation.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        key: "connect-timeout",
        slot: Slot::Time(WAIT, |rules| &mut rules.connect_timeout),
    },
    Setting {
        key: "first-byte-timeout",
        slot: Slot::Time(WAIT, |rules| &mut rules.first_byte_timeout),
    },
    Setting {
        key: "between-bytes-timeout",
        slot: Slot::Time(WAIT, |rules| &mut rules.between_bytes_timeout),
    },
    Setting {
        key: "total-timeout",
        slot: Slot::Time(WAIT, |rules| &mut rules.total_timeout),
    },
    Setting {
        key: "idle-timeout",
        slot: Slot::Time(ms(0)..=ms(600_000), |rules| &mut rules.idle_timeout),
    },
    Setting {
        key: "idle-connections",
        slot: Slot::Count(0..=1024, |rules| &mut rules.idle_connections),
    },
    Setting {
        key: "request-bytes",
        slot: Slot::Count(0..=64 << 20, |rules| &mut rules.request_bytes),
    },
    Setting {
        key: "response-bytes",
        slot: Slot::Count(1..=64 << 20, |rules| &mut rules.response_bytes),
    },
    Setting {
        key: "request-headers",
        slot: Slot::Count(0..=1000, |rules| &mut rules.request_headers),
    },
    Setting {
        key: "request-header-bytes",
        slot: Slot::Count(0..=256 << 10, |rules| &mut rules.request_header_bytes),
    },
    Setting {
        key: "response-headers",
        slot: Slot::Count(1..=1000, |rules| &mut rules.response_headers),
    },
    Setting {
        key: "response-header-bytes",
        slot: Slot::Count(1024..=256 << 10, |rules| &mut rules.response_header_bytes),
    },
    Setting {
        key: "redirects",
        slot: Slot::Times(0..=10, |rules| &mut rules.redirects),
    },
    Setting {
        key: "retries",
        slot: Slot::Times(0..=5, |rules| &mut rules.retries),
    },
    Setting {
        key: "login-pause",
        slot: Slot::Time(ms(0)..=ms(3_600_000), |rules| &mut rules.login_pause),
    },
];
