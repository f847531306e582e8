//! What is repeated, and after how long.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use jiff::civil::DateTime;
use krabice_scenario::manifest::Effect;

/// The wait before the first repetition; it doubles each time. A back end that
/// restarts behind a load balancer is usually back within it.
pub const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait that the host chooses by itself. A customer is waiting.
pub const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How one attempt ended, as far as repeating it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// No byte of the request left the host: no connection, or one that was
    /// closed before the request was written.
    NothingSent,
    /// The connection broke after that.
    BrokenOff,
    /// The back end answered.
    Answered {
        /// The status.
        status: StatusCode,
        /// The wait that it asked for.
        retry_after: Option<Duration>,
    },
    /// Anything else: a timeout, an answer that broke a limit.
    Final,
}

/// Whether to repeat, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// No.
    No,
    /// After a wait of the host's choice.
    Backoff,
    /// After the wait that the back end asked for, and not sooner.
    After(Duration),
}

/// Decides by the function's declared effect, not by the method: a search may
/// be a `POST`, and a careless back end may change something by a `GET`.
///
/// A timeout is never repeated: the back end is slow, and may still be working.
/// Nor is a 429 without `Retry-After`: it would use up a quota to learn nothing.
#[must_use]
pub fn repeat(effect: Effect, ending: Ending) -> Repeat {
    match (effect, ending) {
        (_, Ending::NothingSent) => Repeat::Backoff,
        (Effect::Writes, _) | (_, Ending::Final) => Repeat::No,
        (_, Ending::BrokenOff) => Repeat::Backoff,
        (
            _,
            Ending::Answered {
                status,
                retry_after,
            },
        ) => match (status, retry_after) {
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(wait)) => {
                Repeat::After(wait)
            }
            (
                StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT,
                _,
            ) => Repeat::Backoff,
            _ => Repeat::No,
        },
    }
}

/// The waits of the host's choice, with jitter, so that calls that failed
/// together do not come back together.
#[must_use]
pub fn backoff(retries: usize) -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(FIRST_WAIT)
        .with_max_delay(LONGEST_WAIT)
        .with_factor(2.0)
        .with_jitter()
        .with_max_times(retries)
        .build()
}

/// The wait that an answer asks for by `Retry-After` (RFC 9110, section
/// 10.2.3): a number of seconds, or a date.
///
/// A date is compared with the answer's own `Date`, where there is one, so that
/// a wrong clock on either side does not matter. Besides HTTP dates, RFC 3339
/// and the same without an offset are read, the latter as GMT: Upgates'
/// documentation speaks of "a date-time in GMT" without showing one.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a wait without end.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let then = moment(text)?;
    let now = headers
        .get(header::DATE)
        .and_then(|date| moment(date.to_str().ok()?))
        .unwrap_or(now);
    Some(then.duration_since(now).unwrap_or(Duration::ZERO))
}

fn moment(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text)
        .ok()
        .or_else(|| text.parse::<Timestamp>().ok().map(SystemTime::from))
        .or_else(|| {
            let civil = text.parse::<DateTime>().ok()?;
            Some(
                civil
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .ok()?
                    .timestamp()
                    .into(),
            )
        })
}
