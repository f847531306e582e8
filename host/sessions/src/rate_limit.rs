//! Limits of how many new sessions and answers are accepted per minute, and how many bytes are stored
//! per hour, so that one client cannot use up the server. The counts live in this process; each server
//! has its own, and they begin at zero.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use krabice_store::locked;

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

const HOUR: Duration = Duration::from_secs(3_600);

/// A limit of bytes per hour of each key, with a burst of the same size. How much a turn stores is known
/// when it is stored: whoever is below the limit may pass it once, and waits the longer. `governor`
/// lets nobody pass a limit.
struct BytesPerHour<K> {
    most: u64,
    /// When the whole burst of a key is free again.
    free_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Hash + Eq> BytesPerHour<K> {
    fn new(most: u64) -> BytesPerHour<K> {
        BytesPerHour {
            most: most.max(1),
            free_at: Mutex::default(),
        }
    }

    /// Whether the key is below its limit; otherwise how long to wait.
    fn check(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let free_at = locked(&self.free_at).get(key).copied();
        let wait = free_at.map(|free_at| free_at.saturating_duration_since(now + HOUR));
        wait.filter(|wait| !wait.is_zero()).map_or(Ok(()), Err)
    }

    fn add(&self, key: K, bytes: u64, now: Instant) {
        #[expect(clippy::cast_precision_loss, reason = "a share of an hour needs none")]
        let time = HOUR.mul_f64(bytes as f64 / self.most as f64);
        let mut all = locked(&self.free_at);
        let free_at = all.entry(key).or_insert(now);
        *free_at = (*free_at).max(now) + time;
    }

    /// Drops the state of the keys that have stored nothing for long enough.
    fn forget(&self, now: Instant) {
        locked(&self.free_at).retain(|_, free_at| *free_at > now);
    }
}

/// The rate limits of this process.
pub(crate) struct RateLimits {
    prefix_bytes: BytesPerHour<AddressPrefix>,
    network_bytes: BytesPerHour<IpAddr>,
    starts: RateLimit<AddressPrefix>,
    scenarios: RateLimit<String>,
    answers: RateLimit<String>,
}

impl RateLimits {
    pub(crate) fn new(limits: &TurnLimits) -> RateLimits {
        RateLimits {
            prefix_bytes: BytesPerHour::new(limits.bytes_per_hour),
            network_bytes: BytesPerHour::new(limits.network_bytes_per_hour),
            starts: RateLimit::per_minute(limits.sessions_per_minute),
            scenarios: RateLimit::per_minute(limits.sessions_per_scenario),
            answers: RateLimit::per_minute(limits.answers_per_minute),
        }
    }

    /// Counts a new session.
    pub(crate) fn start(&self, prefix: AddressPrefix, scenario: &str) -> Result<(), SessionError> {
        self.may_store(prefix)?;
        let started = self.starts.take(&prefix);
        let started = started.and_then(|()| self.scenarios.take(&scenario.to_owned()));
        started.map_err(|wait| SessionError::TooMany { wait })
    }

    /// Counts an answer in a session.
    pub(crate) fn answer(&self, prefix: AddressPrefix, session: &str) -> Result<(), SessionError> {
        self.may_store(prefix)?;
        let answered = self.answers.take(&session.to_owned());
        answered.map_err(|wait| SessionError::TooMany { wait })
    }

    fn may_store(&self, prefix: AddressPrefix) -> Result<(), SessionError> {
        let now = Instant::now();
        let may = self.prefix_bytes.check(&prefix, now);
        let may = may.and_then(|()| self.network_bytes.check(&prefix.network(), now));
        may.map_err(|wait| SessionError::TooMany { wait })
    }

    /// Counts what was stored for a client.
    pub(crate) fn stored(&self, prefix: AddressPrefix, bytes: u64) {
        let now = Instant::now();
        self.prefix_bytes.add(prefix, bytes, now);
        self.network_bytes.add(prefix.network(), bytes, now);
    }

    /// Drops the state of clients and sessions that are within their limits again.
    pub(crate) fn forget(&self) {
        self.starts.forget();
        self.scenarios.forget();
        self.answers.forget();
        let now = Instant::now();
        self.prefix_bytes.forget(now);
        self.network_bytes.forget(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_stored_too_much_waits_until_enough_time_has_passed() {
        let limit = BytesPerHour::new(1_000);
        let began = Instant::now();
        let minutes = |minutes: u64| began + Duration::from_secs(60 * minutes);
        let wait = |key, at| limit.check(&key, minutes(at)).err().map(|wait| wait.as_secs());
        assert_eq!(wait("a", 0), None);
        limit.add("a", 900, began);
        assert_eq!(wait("a", 0), None, "below the limit");
        limit.add("a", 600, began);
        assert_eq!((wait("a", 0), wait("b", 0)), (Some(1_800), None));
        assert_eq!((wait("a", 29), wait("a", 30)), (Some(60), None));
        limit.forget(minutes(89));
        assert_eq!(limit.free_at.lock().unwrap().len(), 1);
        limit.forget(minutes(90));
        assert_eq!(limit.free_at.lock().unwrap().len(), 0);
    }
}
