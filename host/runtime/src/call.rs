//! The input and the report of a call.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::{Failure, Outcome, Value};
use krabice_egress::Exchange;

/// The input of a call.
#[derive(Debug, Clone)]
pub struct CallInput {
    /// The parameters, by name. Those with a default may be left out.
    pub parameters: IndexMap<String, Value>,
    /// The names of the parameters with hidden values. These values, and those that the
    /// manifest calls personal, are masked in the plugin's log and in the texts of its
    /// failures.
    pub hidden: Vec<String>,
    /// The context.
    pub context: Context,
    /// A key that is the same for a repetition of the same call and unique otherwise: 1 to
    /// 64 visible ASCII characters. It also identifies the call in the log.
    pub key: String,
}

/// The context of a call.
#[derive(Debug, Clone)]
pub struct Context {
    /// The session's language: a BCP 47 tag in lower case.
    pub language: String,
    /// The scenario's time zone. A plugin gets its IANA name, or `UTC` when it has none.
    pub time_zone: TimeZone,
    /// The moment of the call.
    pub now: Timestamp,
}

/// The result of a call and the resources that it used.
#[derive(Debug, Clone)]
pub struct CallReport<T = Outcome> {
    /// The outcome, or the failure.
    pub result: Result<T, Failure>,
    /// The exchanges over the network, in the order in which they ended, without those that
    /// were under way when the call ended.
    pub exchanges: Vec<Exchange>,
    /// The number of requests that the plugin had begun and did not wait for. They were
    /// cancelled with the call.
    pub abandoned_requests: u32,
    /// Whether a request may have changed something at the back end, and nobody knows: it was
    /// sent, and its answer did not come whole. A call that then failed is
    /// [`FailureClass::OutcomeUnknown`](krabice_contract::FailureClass::OutcomeUnknown).
    pub unanswered_write: bool,
    /// The time from the start of the call to its end, with the wait for permits.
    pub elapsed: Duration,
    /// The wait for permits among the calls at once.
    pub waited: Duration,
    /// The computing time of the plugin and of the host.
    pub computed: Duration,
    /// The memory of the instance at the end, in bytes.
    pub memory_bytes: usize,
    /// The number of lines that the plugin wrote to its log.
    pub log_lines: u64,
    /// The bytes of its log that were dropped.
    pub log_dropped_bytes: u64,
}

impl<T> CallReport<T> {
    /// The report of a call that failed before it began.
    pub(crate) fn refused(failure: Failure, elapsed: Duration) -> CallReport<T> {
        CallReport {
            result: Err(failure),
            exchanges: Vec::new(),
            abandoned_requests: 0,
            unanswered_write: false,
            elapsed,
            waited: elapsed,
            computed: Duration::ZERO,
            memory_bytes: 0,
            log_lines: 0,
            log_dropped_bytes: 0,
        }
    }

    /// Replaces an outcome by the result of a function.
    pub(crate) fn and_then<U>(self, next: impl FnOnce(T) -> Result<U, Failure>) -> CallReport<U> {
        CallReport {
            result: self.result.and_then(next),
            exchanges: self.exchanges,
            abandoned_requests: self.abandoned_requests,
            unanswered_write: self.unanswered_write,
            elapsed: self.elapsed,
            waited: self.waited,
            computed: self.computed,
            memory_bytes: self.memory_bytes,
            log_lines: self.log_lines,
            log_dropped_bytes: self.log_dropped_bytes,
        }
    }
}
