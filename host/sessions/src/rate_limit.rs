//! Limits of how many new sessions and answers are accepted per minute, so that one
//! client cannot use up the server. The counts live in this process; each server has its own.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::address::AddressPrefix;
use crate::error::SessionError;
use crate::settings::TurnLimits;

/// A limit per minute of each key, with a burst of the same size.
pub struct RateLimit<K: Hash + Eq + Clone>(RateLimiter<K, HashMapStateStore<K>, DefaultClock>);

impl<K: Hash + Eq + Clone> RateLimit<K> {
    /// A limit of so many a minute. A limit of 0 counts as 1.
    #[must_use]
    pub fn per_minute(most: u32) -> RateLimit<K> {
        let quota = Quota::per_minute(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN));
        RateLimit(RateLimiter::hashmap(quota))
    }

    /// Counts one.
    ///
    /// # Errors
    /// The limit is reached: how long to wait.
    pub fn take(&self, key: &K) -> Result<(), Duration> {
        let taken = self.0.check_key(key);
        taken.map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    /// Drops the state of the keys that are within the limit again.
    pub fn forget(&self) {
        self.0.retain_recent();
    }
}

/// The rate limits of this process.
pub(crate) struct RateLimits {
    starts: RateLimit<AddressPrefix>,
    scenarios: RateLimit<String>,
    answers: RateLimit<String>,
}

impl RateLimits {
    pub(crate) fn new(limits: &TurnLimits) -> RateLimits {
        RateLimits {
            starts: RateLimit::per_minute(limits.sessions_per_minute),
            scenarios: RateLimit::per_minute(limits.sessions_per_scenario),
            answers: RateLimit::per_minute(limits.answers_per_minute),
        }
    }

    /// Counts a new session.
    pub(crate) fn start(&self, prefix: AddressPrefix, scenario: &str) -> Result<(), SessionError> {
        let started = self.starts.take(&prefix);
        let started = started.and_then(|()| self.scenarios.take(&scenario.to_owned()));
        started.map_err(|wait| SessionError::TooMany { wait })
    }

    /// Counts an answer in a session.
    pub(crate) fn answer(&self, session: &str) -> Result<(), SessionError> {
        let answered = self.answers.take(&session.to_owned());
        answered.map_err(|wait| SessionError::TooMany { wait })
    }

    /// Drops the state of clients and sessions that are within their limits again.
    pub(crate) fn forget(&self) {
        self.starts.forget();
        self.scenarios.forget();
        self.answers.forget();
    }
}
