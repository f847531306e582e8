//! The rate limit of one connection: the requests in a minute, the back end's
//! leaky bucket, and the pause that the back end asked for.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use http::HeaderMap;
use tokio::time::Instant;

use crate::bucket::LeakyBucket;
use crate::locked::locked;

/// The longest pause that one answer imposes on a whole connection. A
/// `Retry-After` of an hour may be meant, but a mistaken one must not stop a
/// shop; one request in a minute finds out which it was.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The longest wait that is reported. A longer one is reported as a year.
const LONGEST_REPORTED: Duration = Duration::from_secs(365 * 24 * 3600);

const MINUTE: Duration = Duration::from_secs(60);

/// The rate limit of one connection.
pub(crate) struct RateLimit {
    limiter: Option<RateLimiter<NotKeyed, InMemoryState, RuntimeClock, NoOpMiddleware<Duration>>>,
    clock: RuntimeClock,
    bucket: Option<LeakyBucket>,
    paused: Mutex<Option<Pause>>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    /// The end of the pause.
    until: Instant,
    /// The end that the back end asked for.
    asked: Instant,
}

/// The reason why a request has to wait, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The requests in a minute are used up.
    PerMinute(Duration),
    /// The back end's bucket is full.
    Bucket(Duration),
    /// The back end asked for a pause.
    Pause {
        /// The rest of the pause that the host keeps.
        wait: Duration,
        /// The rest of the pause that the back end asked for.
        asked: Duration,
    },
}

impl RateLimit {
    pub(crate) fn new(
        requests_per_minute: Option<NonZeroU32>,
        bucket: Option<LeakyBucket>,
    ) -> Self {
        let clock = RuntimeClock::start();
        let limiter =
            requests_per_minute.map(|most| RateLimiter::direct_with_clock(quota(most), clock));
        RateLimit {
            limiter,
            clock,
            bucket,
            paused: Mutex::new(None),
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// The wait before the next try, when the request may not be sent now. The
    /// request is then not counted.
    pub(crate) fn take(&self) -> Result<(), Wait> {
        let paused = *locked(&self.paused);
        if let Some(pause) = paused {
            let now = Instant::now();
            let wait = pause.until.saturating_duration_since(now);
            if !wait.is_zero() {
                return Err(Wait::Pause {
                    wait,
                    asked: pause.asked.saturating_duration_since(now),
                });
            }
        }
        // The bucket first: a request that is counted there and then refused by the limit
        // drains by itself.
        if let Some(bucket) = &self.bucket {
            bucket.take().map_err(Wait::Bucket)?;
        }
        match &self.limiter {
            None => Ok(()),
            Some(limiter) => limiter
                .check()
                .map_err(|not_until| Wait::PerMinute(not_until.wait_time_from(self.clock.now()))),
        }
    }

    /// Reads the state of the back end's bucket from an answer, while `under_way` other
    /// requests are not answered.
    pub(crate) fn observe(&self, headers: &HeaderMap, under_way: usize) {
        if let Some(bucket) = &self.bucket {
            bucket.observe(headers, under_way);
        }
    }

    /// Stops all requests for a while, because the back end asked for it.
    pub(crate) fn pause(&self, asked: Duration) {
        let now = Instant::now();
        let until = now + asked.min(LONGEST_PAUSE);
        let asked = now + asked.min(LONGEST_REPORTED);
        let mut paused = locked(&self.paused);
        if paused.is_none_or(|other| other.until < until) {
            *paused = Some(Pause { until, asked });
        }
    }
}

/// The quota that allows at most `most` requests in a minute: a quarter of them at
/// once, for a call that sends several, and the others one by one. A quota
/// that allowed all at once would allow nearly twice as many in its first minute.
fn quota(most: NonZeroU32) -> Quota {
    let burst = NonZeroU32::new(most.get() / 4).unwrap_or(NonZeroU32::MIN);
    let refill = (most.get() - burst.get()).max(1);
    Quota::with_period(MINUTE / refill)
        .expect("a minute divided by a `u32` is not zero")
        .allow_burst(burst)
}

/// Tokio's clock, which tests can stop.
#[derive(Debug, Clone, Copy)]
struct RuntimeClock(Instant);

impl RuntimeClock {
    fn start() -> Self {
        RuntimeClock(Instant::now())
    }
}

impl Clock for RuntimeClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most requests in any minute, when they come as fast as they may.
    async fn busiest_minute(most: u32) -> usize {
        let limit = RateLimit::new(NonZeroU32::new(most), None);
        let start = Instant::now();
        let mut times: Vec<Duration> = Vec::new();
        while start.elapsed() < 5 * MINUTE {
            match limit.take() {
                Ok(()) => times.push(start.elapsed()),
                Err(Wait::PerMinute(wait)) => tokio::time::advance(wait).await,
                Err(Wait::Pause { .. } | Wait::Bucket(_)) => unreachable!("nothing paused it"),
            }
        }
        times
            .iter()
            .map(|from| {
                times
                    .iter()
                    .filter(|at| (*from..*from + MINUTE).contains(*at))
                    .count()
            })
            .max()
            .unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_has_more_requests_than_the_limit() {
        for most in [1, 2, 3, 4, 10, 60, 100] {
            let busiest = busiest_minute(most).await;
            assert!(busiest <= most as usize, "{busiest} of {most}");
            assert!(busiest + 1 >= most as usize, "only {busiest} of {most}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_quarter_of_the_limit_may_go_at_once() {
        let limit = RateLimit::new(NonZeroU32::new(60), None);
        let at_once = std::iter::from_fn(|| limit.take().ok()).count();
        assert_eq!(at_once, 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_stops_all_requests_and_ends() {
        let limit = RateLimit::new(None, None);
        limit.pause(Duration::from_secs(7));
        limit.pause(Duration::from_secs(3));
        let seven = Duration::from_secs(7);
        assert_eq!(
            limit.take(),
            Err(Wait::Pause {
                wait: seven,
                asked: seven
            })
        );
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(limit.take(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_at_most_a_minute_and_the_requested_one_is_reported() {
        let limit = RateLimit::new(None, None);
        limit.pause(Duration::MAX);
        assert_eq!(
            limit.take(),
            Err(Wait::Pause {
                wait: LONGEST_PAUSE,
                asked: LONGEST_REPORTED
            })
        );
    }
}
