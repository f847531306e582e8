//! The request log and the violations in it.

use std::collections::VecDeque;
use std::sync::Mutex;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::locked;

/// The most requests in the log. Older ones are dropped, so that a benchmark does not
/// fill the memory. Arbitrary; well above what any test sends.
const KEPT: usize = 20_000;

/// One request as the emulator saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// The request's number since the start or the last reset, from 1.
    pub number: u64,
    /// When it arrived, by the emulator's clock.
    pub at: Timestamp,
    /// The number of its TCP connection, from 1, never reused.
    pub connection: u64,
    /// The method as it was sent.
    pub method: String,
    /// The path as it was sent, with the back end's base path.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: Option<String>,
    /// The headers in the order of arrival, names in lower case. The value of a
    /// credential is replaced by `right` or `wrong`.
    pub headers: Vec<(String, String)>,
    /// Whether the credential was right.
    pub credential: Credential,
    /// The body as text, at most 64 KiB of it.
    pub body: String,
    /// The status of the answer; `None` if there was none.
    pub status: Option<u16>,
    /// The kind of the fault that affected the request.
    pub fault: Option<String>,
    /// Whether the back end processed the request, so that a write took place.
    pub processed: bool,
    /// The rules that the request broke.
    pub violations: Vec<Violation>,
}

/// How a request's credential was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// The request has none.
    Absent,
    /// The one the back end expects.
    Right,
    /// Another one, or another scheme.
    Wrong,
}

/// A broken rule that a correct client never breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The number of the request, as in the log.
    pub request: u64,
    /// The name of the [`Rule`](crate::Rule).
    pub rule: String,
    /// What exactly was wrong.
    pub message: String,
}

#[derive(Default)]
pub(crate) struct Log(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    written: u64,
    entries: VecDeque<LogEntry>,
}

impl Log {
    /// Writes an entry and gives it its number.
    pub(crate) fn write(&self, mut entry: LogEntry) {
        let mut log = locked(&self.0);
        log.written += 1;
        entry.number = log.written;
        for violation in &mut entry.violations {
            violation.request = log.written;
        }
        if log.entries.len() == KEPT {
            log.entries.pop_front();
        }
        log.entries.push_back(entry);
    }

    /// The entries after the one with the given number.
    pub(crate) fn after(&self, number: u64) -> Vec<LogEntry> {
        let log = locked(&self.0);
        log.entries
            .iter()
            .filter(|entry| entry.number > number)
            .cloned()
            .collect()
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        let log = locked(&self.0);
        log.entries
            .iter()
            .flat_map(|entry| entry.violations.iter().cloned())
            .collect()
    }

    pub(crate) fn clear(&self) {
        *locked(&self.0) = Entries::default();
    }
}
