//! The leaky bucket of a back end whose answers report its state.
//!
//! Such a back end refuses a request that would overflow the bucket. The state in
//! its answers is enough to wait just before that.

use std::sync::Mutex;
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use krabice_contract::manifest;
use tokio::time::Instant;

use crate::locked::locked;

/// The longest wait for room, so that a back end that reports nonsense stops nothing
/// for long.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The bucket of one connection. Its level is unknown before the first answer.
pub(crate) struct LeakyBucket {
    fill: HeaderName,
    size: HeaderName,
    drain: HeaderName,
    level: Mutex<Option<Level>>,
}

/// The level at a moment.
#[derive(Debug, Clone, Copy)]
struct Level {
    at: Instant,
    requests: f64,
    size: f64,
    /// Requests that leave the bucket in a second.
    drain: f64,
}

impl Level {
    fn now(self) -> Level {
        let now = Instant::now();
        let left = self.drain * now.saturating_duration_since(self.at).as_secs_f64();
        Level {
            at: now,
            requests: (self.requests - left).max(0.0),
            ..self
        }
    }
}

impl LeakyBucket {
    /// The bucket whose headers a manifest names; `None` when one is not a valid header
    /// name, which the check of the manifest reports.
    pub(crate) fn new(headers: &manifest::Bucket) -> Option<LeakyBucket> {
        let name = |name: &str| HeaderName::try_from(name).ok();
        Some(LeakyBucket {
            fill: name(&headers.fill)?,
            size: name(&headers.size)?,
            drain: name(&headers.drain)?,
            level: Mutex::new(None),
        })
    }

    /// Counts one request.
    ///
    /// # Errors
    /// The wait for room, when the request would overflow the bucket.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        let mut level = locked(&self.level);
        let Some(level) = &mut *level else {
            return Ok(());
        };
        *level = level.now();
        let over = level.requests + 1.0 - level.size;
        if over > 0.0 {
            let wait = Duration::try_from_secs_f64(over / level.drain).unwrap_or(LONGEST_WAIT);
            return Err(wait.clamp(Duration::from_millis(1), LONGEST_WAIT));
        }
        level.requests += 1.0;
        Ok(())
    }

    /// Reads the level from an answer, while `under_way` other requests are not answered
    /// and may not be counted in it.
    pub(crate) fn observe(&self, headers: &HeaderMap, under_way: usize) {
        let number = |name: &HeaderName| {
            let text = headers.get(name)?.to_str().ok()?;
            text.trim().parse::<f64>().ok().filter(|it| it.is_finite())
        };
        let (Some(fill), Some(size), Some(drain)) =
            (number(&self.fill), number(&self.size), number(&self.drain))
        else {
            return;
        };
        if fill < 0.0 || size < 1.0 || drain <= 0.0 {
            return;
        }
        *locked(&self.level) = Some(Level {
            at: Instant::now(),
            requests: fill + under_way as f64,
            size,
            drain,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> LeakyBucket {
        LeakyBucket::new(&manifest::Bucket {
            fill: "X-Calls".to_owned(),
            size: "X-Limit".to_owned(),
            drain: "X-Bandwidth".to_owned(),
        })
        .unwrap()
    }

    fn headers(fill: &str, size: &str, drain: &str) -> HeaderMap {
        let pairs = [("x-calls", fill), ("x-limit", size), ("x-bandwidth", drain)];
        pairs
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn requests_wait_for_a_full_bucket_and_not_for_an_unknown_one() {
        let bucket = bucket();
        assert!((0..100).all(|_| bucket.take().is_ok()));
        bucket.observe(&headers("9", "10", "2"), 0);
        assert_eq!(bucket.take(), Ok(()));
        let half = Duration::from_millis(500);
        assert_eq!(bucket.take(), Err(half));
        tokio::time::advance(half).await;
        assert_eq!(bucket.take(), Ok(()));
        assert_eq!(bucket.take(), Err(half));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_under_way_count_as_if_they_were_in_the_bucket() {
        let bucket = bucket();
        bucket.observe(&headers("7", "10", "1"), 3);
        assert_eq!(bucket.take(), Err(Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn nonsense_in_an_answer_stops_nothing_for_long() {
        let bucket = bucket();
        for (fill, size, drain) in [
            ("x", "10", "2"),
            ("1", "0", "2"),
            ("1", "10", "0"),
            ("NaN", "10", "2"),
        ] {
            bucket.observe(&headers(fill, size, drain), 0);
            assert_eq!(bucket.take(), Ok(()), "{fill} {size} {drain}");
        }
        bucket.observe(&headers("1e300", "10", "0.0001"), 0);
        assert_eq!(bucket.take(), Err(LONGEST_WAIT));
    }
}
