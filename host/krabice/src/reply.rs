//! What the commands that ask a plugin have in common: failures, requests, values for people.

use std::io::Write;

use krabice_scenario::Failure;
use serde::Serialize;

use crate::exchange::Request;

/// A failure as it is shown and written.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct FailureReply {
    class: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

impl From<&Failure> for FailureReply {
    fn from(failure: &Failure) -> FailureReply {
        FailureReply {
            class: failure.class.word(),
            detail: failure.detail.clone(),
            parameter: failure.parameter.clone(),
            retry_after_seconds: failure.retry_after.map(|wait| wait.as_secs()),
        }
    }
}

/// `rate-limited: the shop asks for a pause (again in 30 s)`
impl std::fmt::Display for FailureReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.class)?;
        if let Some(parameter) = &self.parameter {
            write!(f, " `{parameter}`")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", one_line(&self.detail))?;
        }
        match self.retry_after_seconds {
            Some(seconds) => write!(f, " (again in {seconds} s)"),
            None => Ok(()),
        }
    }
}

/// Writes a document and a line break.
pub(crate) fn write_json(out: &mut dyn Write, document: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

/// Writes the requests of a call and how long it all took.
pub(crate) fn write_requests(
    out: &mut dyn Write,
    requests: &[Request],
    milliseconds: f64,
) -> std::io::Result<()> {
    writeln!(out)?;
    for request in requests {
        writeln!(out, "{request}")?;
    }
    writeln!(out, "{milliseconds} ms in all")
}

/// A JSON value for a person: a text as it is, anything else as JSON.
pub(crate) fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => one_line(text),
        other => one_line(&other.to_string()),
    }
}

/// A text that cannot play tricks on a terminal, in one line.
pub(crate) fn one_line(text: &str) -> String {
    crate::terminal::safe(text).replace('\n', " ")
}
