//! How fast requests may follow each other over one connection: the rate limit,
//! and the pause that the back end asked for.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use http::HeaderMap;
use tokio::time::Instant;

use crate::bucket::Bucket;

/// The longest pause that one answer imposes on a whole connection. Its
/// `Retry-After` may say an hour and mean it, but a mistaken one must not switch
/// a shop off; asking once in a while is what finds that out.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The longest wait that is passed on: a year is as good as never.
const LONGEST_BELIEVED: Duration = Duration::from_secs(365 * 24 * 3600);

const MINUTE: Duration = Duration::from_secs(60);

/// The pace of one connection.
pub(crate) struct Pace {
    limiter: Option<RateLimiter<NotKeyed, InMemoryState, RuntimeClock, NoOpMiddleware<Duration>>>,
    clock: RuntimeClock,
    bucket: Option<Bucket>,
    paused: Mutex<Option<Pause>>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    /// Until when nothing is sent.
    until: Instant,
    /// Until when the back end would have it so.
    asked: Instant,
}

/// Why a request would have to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// For the connection's own rate limit.
    RateLimit(Duration),
    /// For room in the back end's bucket.
    Bucket(Duration),
    /// For the pause that the back end asked for.
    Pause {
        /// How long nothing is sent.
        wait: Duration,
        /// How long the back end would have it so.
        asked: Duration,
    },
}

impl Pace {
    pub(crate) fn new(requests_per_minute: Option<NonZeroU32>, bucket: Option<Bucket>) -> Self {
        let clock = RuntimeClock::start();
        let limiter =
            requests_per_minute.map(|most| RateLimiter::direct_with_clock(quota(most), clock));
        Pace {
            limiter,
            clock,
            bucket,
            paused: Mutex::new(None),
        }
    }

    /// Takes one request off the limit, or says how long to wait before asking
    /// again. Whoever is told to wait has taken nothing.
    pub(crate) fn take(&self) -> Result<(), Wait> {
        let paused = *self.paused.lock().unwrap_or_else(PoisonError::into_inner);
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
        // The bucket first: what it takes in by mistake leaves it by itself.
        if let Some(bucket) = &self.bucket {
            bucket.take().map_err(Wait::Bucket)?;
        }
        match &self.limiter {
            None => Ok(()),
            Some(limiter) => limiter
                .check()
                .map_err(|not_until| Wait::RateLimit(not_until.wait_time_from(self.clock.now()))),
        }
    }

    /// Reads what an answer tells of the back end's bucket, while so many other requests
    /// are under way.
    pub(crate) fn observe(&self, headers: &HeaderMap, under_way: usize) {
        if let Some(bucket) = &self.bucket {
            bucket.observe(headers, under_way);
        }
    }

    /// Keeps everybody waiting, because the back end asked for it.
    pub(crate) fn pause(&self, asked: Duration) {
        let now = Instant::now();
        let until = now + asked.min(LONGEST_PAUSE);
        let asked = now + asked.min(LONGEST_BELIEVED);
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        if paused.is_none_or(|other| other.until < until) {
            *paused = Some(Pause { until, asked });
        }
    }
}

/// A token bucket that never lets more than `most` requests into any minute: a
/// quarter of them at once, for a call that makes several, and the others one by
/// one. A bucket of the full size would let nearly twice as many into its first
/// minute.
fn quota(most: NonZeroU32) -> Quota {
    let burst = NonZeroU32::new(most.get() / 4).unwrap_or(NonZeroU32::MIN);
    let refill = (most.get() - burst.get()).max(1);
    Quota::with_period(MINUTE / refill)
        .unwrap_or(Quota::per_minute(most))
        .allow_burst(burst)
}

/// The runtime's clock, which tests can stop.
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

    /// The most requests that any minute saw, when they come as fast as they may.
    async fn busiest_minute(most: u32) -> usize {
        let pace = Pace::new(NonZeroU32::new(most), None);
        let start = Instant::now();
        let mut times: Vec<Duration> = Vec::new();
        while start.elapsed() < 5 * MINUTE {
            match pace.take() {
                Ok(()) => times.push(start.elapsed()),
                Err(Wait::RateLimit(wait)) => tokio::time::advance(wait).await,
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
    async fn no_minute_sees_more_requests_than_the_limit() {
        for most in [1, 2, 3, 4, 10, 60, 100] {
            let busiest = busiest_minute(most).await;
            assert!(busiest <= most as usize, "{busiest} of {most}");
            assert!(busiest + 1 >= most as usize, "only {busiest} of {most}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_quarter_of_the_limit_goes_at_once() {
        let pace = Pace::new(NonZeroU32::new(60), None);
        let at_once = std::iter::from_fn(|| pace.take().ok()).count();
        assert_eq!(at_once, 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_and_ends() {
        let pace = Pace::new(None, None);
        pace.pause(Duration::from_secs(7));
        pace.pause(Duration::from_secs(3));
        let seven = Duration::from_secs(7);
        assert_eq!(
            pace.take(),
            Err(Wait::Pause {
                wait: seven,
                asked: seven
            })
        );
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(pace.take(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_never_longer_than_a_minute_but_the_wish_is_passed_on() {
        let pace = Pace::new(None, None);
        pace.pause(Duration::MAX);
        assert_eq!(
            pace.take(),
            Err(Wait::Pause {
                wait: LONGEST_PAUSE,
                asked: LONGEST_BELIEVED
            })
        );
    }
}
