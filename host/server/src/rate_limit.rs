//! Limits of how many requests, new sessions and answers are accepted per minute, so that one
//! client cannot use up the server. The counts live in this process; each server has its own.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::client::AddressPrefix;
use crate::problem::{Problem, ProblemCode};
use crate::settings::Limits;

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// The rate limits of this process.
pub(crate) struct RateLimits {
    requests: Limiter<AddressPrefix>,
    starts: Limiter<AddressPrefix>,
    scenarios: Limiter<String>,
    answers: Limiter<String>,
}

impl RateLimits {
    pub(crate) fn new(limits: &Limits) -> RateLimits {
        RateLimits {
            requests: per_minute(limits.requests_per_minute),
            starts: per_minute(limits.sessions_per_minute),
            scenarios: per_minute(limits.sessions_per_scenario),
            answers: per_minute(limits.answers_per_minute),
        }
    }

    /// Counts a request.
    pub(crate) fn request(&self, prefix: AddressPrefix) -> Result<(), Problem> {
        take(&self.requests, &prefix)
    }

    /// Counts a new session.
    pub(crate) fn start(&self, prefix: AddressPrefix, scenario: &str) -> Result<(), Problem> {
        take(&self.starts, &prefix)?;
        take(&self.scenarios, &scenario.to_owned())
    }

    /// Counts an answer in a session.
    pub(crate) fn answer(&self, session: &str) -> Result<(), Problem> {
        take(&self.answers, &session.to_owned())
    }

    /// Drops the state of clients and sessions that are within their limits again.
    pub(crate) fn forget(&self) {
        self.requests.retain_recent();
        self.starts.retain_recent();
        self.scenarios.retain_recent();
        self.answers.retain_recent();
    }
}

/// A limiter of so many a minute, with a burst of the same size. A limit of 0 counts as 1.
fn per_minute<K: Hash + Eq + Clone>(most: u32) -> Limiter<K> {
    let quota = Quota::per_minute(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN));
    RateLimiter::hashmap(quota)
}

fn take<K: Hash + Eq + Clone>(limiter: &Limiter<K>, key: &K) -> Result<(), Problem> {
    limiter.check_key(key).map_err(|until| {
        let wait: Duration = until.wait_time_from(DefaultClock::default().now());
        Problem::later(ProblemCode::TooMany, wait)
    })
}
