//! The leaky bucket of a back end that tells how full it is.
//!
//! A shop that has a bucket refuses what would overflow it. What its answers tell is
//! enough to wait just before that.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use krabice_scenario::manifest;
use tokio::time::Instant;

/// The longest wait for room: a back end that tells nonsense must not stop everything.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is known of one bucket. Nothing is, before the first answer.
pub(crate) struct Bucket {
    fill: HeaderName,
    size: HeaderName,
    drain: HeaderName,
    level: Mutex<Option<Level>>,
}

/// How full it was at a moment.
#[derive(Debug, Clone, Copy)]
struct Level {
    at: Instant,
    requests: f64,
    size: f64,
    /// Requests that leave it in a second.
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

impl Bucket {
    /// The bucket that a manifest tells of; none where a header has no possible name.
    pub(crate) fn new(told: &manifest::Bucket) -> Option<Bucket> {
        let name = |name: &str| HeaderName::try_from(name).ok();
        Some(Bucket {
            fill: name(&told.fill)?,
            size: name(&told.size)?,
            drain: name(&told.drain)?,
            level: Mutex::new(None),
        })
    }

    /// Puts one request in, or says how long to wait for room.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        let mut known = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(level) = &mut *known else {
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

    /// Reads what an answer tells, while `under_way` other requests have not been
    /// answered and may not be counted in it.
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
        *self.level.lock().unwrap_or_else(PoisonError::into_inner) = Some(Level {
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

    fn bucket() -> Bucket {
        Bucket::new(&manifest::Bucket {
            fill: "X-Calls".to_owned(),
            size: "X-Limit".to_owned(),
            drain: "X-Bandwidth".to_owned(),
        })
        .unwrap()
    }

    fn told(fill: &str, size: &str, drain: &str) -> HeaderMap {
        let pairs = [("x-calls", fill), ("x-limit", size), ("x-bandwidth", drain)];
        pairs
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bucket_is_waited_for_and_an_unknown_one_is_not() {
        let bucket = bucket();
        assert!((0..100).all(|_| bucket.take().is_ok()));
        bucket.observe(&told("9", "10", "2"), 0);
        assert_eq!(bucket.take(), Ok(()));
        let half = Duration::from_millis(500);
        assert_eq!(bucket.take(), Err(half));
        tokio::time::advance(half).await;
        assert_eq!(bucket.take(), Ok(()));
        assert_eq!(bucket.take(), Err(half));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_under_way_count_as_if_they_were_in_it() {
        let bucket = bucket();
        bucket.observe(&told("7", "10", "1"), 3);
        assert_eq!(bucket.take(), Err(Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn nonsense_changes_nothing_and_stops_nobody_for_long() {
        let bucket = bucket();
        for (fill, size, drain) in [
            ("x", "10", "2"),
            ("1", "0", "2"),
            ("1", "10", "0"),
            ("NaN", "10", "2"),
        ] {
            bucket.observe(&told(fill, size, drain), 0);
            assert_eq!(bucket.take(), Ok(()), "{fill} {size} {drain}");
        }
        bucket.observe(&told("1e300", "10", "0.0001"), 0);
        assert_eq!(bucket.take(), Err(LONGEST_WAIT));
    }
}
