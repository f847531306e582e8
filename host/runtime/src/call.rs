//! A call: what goes in, and the report of what came of it.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_egress::Exchange;
use krabice_scenario::{Failure, Outcome, Value};

/// What a function is called with.
#[derive(Debug, Clone)]
pub struct CallInput {
    /// The parameters, by name. Those with a default may be left out.
    pub parameters: IndexMap<String, Value>,
    /// The names of the parameters whose values are hidden. They, and those that
    /// the manifest calls personal, are masked in the plugin's log and in the
    /// texts of its failures.
    pub hidden: Vec<String>,
    /// The context.
    pub context: Context,
    /// The same for a repetition of the same call and unique otherwise: 1 to 64
    /// visible ASCII characters. It also names the call in the log.
    pub key: String,
}

/// What surrounds a call.
#[derive(Debug, Clone)]
pub struct Context {
    /// The session's language: a BCP 47 tag in lower case.
    pub language: String,
    /// The scenario's time zone.
    pub time_zone: TimeZone,
    /// The moment of the call.
    pub now: Timestamp,
}

/// What came of a call.
#[derive(Debug, Clone)]
pub struct CallReport<T = Outcome> {
    /// The outcome, or why there is none.
    pub result: Result<T, Failure>,
    /// What went over the network, in the order in which it ended. A request
    /// that was still under way when the call ended is not there.
    pub exchanges: Vec<Exchange>,
    /// How many requests the plugin had begun and did not wait for; they were
    /// given up with the call.
    pub abandoned_requests: u32,
    /// From the start of the call to its end, the wait for a place included.
    pub elapsed: Duration,
    /// The wait for a place among the calls under way.
    pub waited: Duration,
    /// The time on a thread, the plugin's and the host's.
    pub computed: Duration,
    /// The memory of the instance at the end, in bytes.
    pub memory_bytes: usize,
    /// How many lines the plugin wrote to its log.
    pub log_lines: u64,
    /// How much of its log was dropped, in bytes.
    pub log_dropped_bytes: u64,
}

impl<T> CallReport<T> {
    /// A call that ended before it began.
    pub(crate) fn refused(failure: Failure, elapsed: Duration) -> CallReport<T> {
        CallReport {
            result: Err(failure),
            exchanges: Vec::new(),
            abandoned_requests: 0,
            elapsed,
            waited: elapsed,
            computed: Duration::ZERO,
            memory_bytes: 0,
            log_lines: 0,
            log_dropped_bytes: 0,
        }
    }

    /// The report with another result.
    pub(crate) fn and_then<U>(self, next: impl FnOnce(T) -> Result<U, Failure>) -> CallReport<U> {
        CallReport {
            result: self.result.and_then(next),
            exchanges: self.exchanges,
            abandoned_requests: self.abandoned_requests,
            elapsed: self.elapsed,
            waited: self.waited,
            computed: self.computed,
            memory_bytes: self.memory_bytes,
            log_lines: self.log_lines,
            log_dropped_bytes: self.log_dropped_bytes,
        }
    }
}
