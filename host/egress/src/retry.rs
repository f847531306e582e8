//! Repetition of requests: which ones, and after which wait.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use jiff::civil::DateTime;
use krabice_contract::manifest::Effect;

/// The wait before the first repetition; it doubles each time. A back end that
/// restarts behind a load balancer is usually back within it.
pub const FIRST_RETRY_WAIT: Duration = Duration::from_millis(100);

/// The longest wait that the host chooses. A customer is waiting.
pub const LONGEST_RETRY_WAIT: Duration = Duration::from_secs(2);

/// The end of one attempt, as far as its repetition depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptEnd {
    /// No byte of the request left the host: there was no connection, or it was
    /// closed before the request was written.
    NothingSent,
    /// The connection broke after the request was written.
    BrokenOff,
    /// The back end answered.
    Answered {
        /// The status.
        status: StatusCode,
        /// The wait that the back end asked for.
        retry_after: Option<Duration>,
    },
    /// Anything else: a timeout, an answer that broke a limit.
    Final,
}

/// The decision about the repetition of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    /// The request is not repeated.
    No,
    /// The request is repeated after a wait that the host chooses.
    Backoff,
    /// The request is repeated after the wait that the back end asked for.
    After(Duration),
}

/// Decides by the function's declared effect, not by the method: a search may
/// be a `POST`, and a careless back end may change something on a `GET`.
///
/// A timeout is never repeated: the back end is slow and may still be working.
/// Nor is a 429 without `Retry-After`, because it would use up a quota for nothing.
#[must_use]
pub fn retry_decision(effect: Effect, end: AttemptEnd) -> RetryDecision {
    match (effect, end) {
        (_, AttemptEnd::NothingSent) => RetryDecision::Backoff,
        (Effect::Writes, _) | (_, AttemptEnd::Final) => RetryDecision::No,
        (_, AttemptEnd::BrokenOff) => RetryDecision::Backoff,
        (
            _,
            AttemptEnd::Answered {
                status,
                retry_after,
            },
        ) => match (status, retry_after) {
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(wait)) => {
                RetryDecision::After(wait)
            }
            (
                StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT,
                _,
            ) => RetryDecision::Backoff,
            _ => RetryDecision::No,
        },
    }
}

/// The waits that the host chooses, with jitter, so that calls that failed
/// together are not repeated together.
pub(crate) fn backoff(retries: usize) -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(FIRST_RETRY_WAIT)
        .with_max_delay(LONGEST_RETRY_WAIT)
        .with_factor(2.0)
        .with_jitter()
        .with_max_times(retries)
        .build()
}

/// The wait that an answer asks for by `Retry-After` (RFC 9110, section
/// 10.2.3): a number of seconds, or a date.
///
/// A date is compared with the answer's own `Date` header, where there is one, so
/// that a wrong clock on either side does not matter. Besides HTTP dates, RFC 3339
/// is read, with an offset or without one, which means GMT: the documentation of
/// Upgates speaks of "a date-time in GMT" and shows no example.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is a wait without end.
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
