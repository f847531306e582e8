//! What keeps one client from using up the server, or from guessing.
//!
//! Rates are counted in this process; failed attempts in the store, for they outlive a restart.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use krabice_scenario::Variable;

use crate::client::Prefix;
use crate::edition::hex;
use crate::problem::{Code, Problem};
use crate::settings::{Attempts, Limits};
use crate::store::{Store, StoreError, Subject};
use crate::token;

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// The rates of this process.
pub(crate) struct Rates {
    requests: Keyed<Prefix>,
    starts: Keyed<Prefix>,
    scenarios: Keyed<String>,
    answers: Keyed<String>,
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Rates {
        Rates {
            requests: keyed(limits.requests_per_minute),
            starts: keyed(limits.sessions_per_minute),
            scenarios: keyed(limits.sessions_per_scenario),
            answers: keyed(limits.answers_per_minute),
        }
    }

    pub(crate) fn request(&self, prefix: Prefix) -> Result<(), Problem> {
        take(&self.requests, &prefix)
    }

    pub(crate) fn start(&self, prefix: Prefix, scenario: &str) -> Result<(), Problem> {
        take(&self.starts, &prefix)?;
        take(&self.scenarios, &scenario.to_owned())
    }

    pub(crate) fn answer(&self, session: &str) -> Result<(), Problem> {
        take(&self.answers, &session.to_owned())
    }

    /// Forgets whoever was not seen for a while.
    pub(crate) fn forget(&self) {
        self.requests.retain_recent();
        self.starts.retain_recent();
        self.scenarios.retain_recent();
        self.answers.retain_recent();
    }
}

/// So many a minute, and as many at once. A limit of 0 lets one through.
fn keyed<K: Hash + Eq + Clone>(per_minute: u32) -> Keyed<K> {
    let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
    RateLimiter::hashmap(quota)
}

fn take<K: Hash + Eq + Clone>(limiter: &Keyed<K>, key: &K) -> Result<(), Problem> {
    limiter.check_key(key).map_err(|until| {
        let wait: Duration = until.wait_time_from(DefaultClock::default().now());
        Problem::later(Code::TooMany, wait)
    })
}

/// Failed attempts to name something.
pub(crate) struct Guard {
    store: Arc<dyn Store>,
    attempts: Attempts,
}

impl Guard {
    pub(crate) fn new(store: Arc<dyn Store>, attempts: Attempts) -> Guard {
        Guard { store, attempts }
    }

    /// Counts an attempt before it is made, so that many at once do not get past. Whether it may be
    /// made.
    pub(crate) async fn reserve<'a>(
        &self,
        key: &str,
        session: &str,
        prefix: Option<Prefix>,
        scenario: &str,
        chosen: impl Iterator<Item = (&'a str, &'a Variable)>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let subject = |kind: &str, parts: &[&str], most| {
            let parts = [&[kind], parts].concat();
            let digest = token::keyed_digest(self.store.key(), &parts);
            let name = format!("{kind}:{}", hex(&digest[..16]));
            Subject { name, most }
        };
        let mut subjects = vec![
            subject("session", &[session], self.attempts.per_session),
            subject("scenario", &[scenario], self.attempts.per_scenario),
        ];
        if let Some(prefix) = prefix {
            let prefix = prefix.to_string();
            subjects.push(subject("prefix", &[&prefix], self.attempts.per_prefix));
        }
        for (name, variable) in chosen {
            let value = variable.value.to_plain_json().to_string();
            subjects.push(subject("value", &[name, &value], self.attempts.per_value));
        }
        let since = before(now, Duration::from_secs(self.attempts.window_minutes * 60));
        self.store.reserve(key, subjects, since, now).await
    }

    /// It did not fail.
    pub(crate) async fn release(&self, key: &str) -> Result<(), StoreError> {
        self.store.release(key).await
    }

    /// From when on attempts count no longer.
    pub(crate) fn horizon(&self, now: Timestamp) -> Timestamp {
        before(now, Duration::from_secs(self.attempts.window_minutes * 60))
    }
}

/// A moment so long before another; the first there is, where there is none.
pub(crate) fn before(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}
