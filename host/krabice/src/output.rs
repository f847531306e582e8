//! What several commands print: failures and requests of calls, JSON, and values as text.

use std::io::Write;
use std::time::Duration;

use krabice_contract::Failure;
use krabice_egress::Exchange;
use serde::Serialize;
use serde_json::Value as Json;

use crate::terminal::sanitized;

/// A failure as it is printed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct FailureOutput {
    class: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

impl From<&Failure> for FailureOutput {
    fn from(failure: &Failure) -> FailureOutput {
        FailureOutput {
            class: failure.class.word(),
            detail: failure.detail.clone(),
            parameter: failure.parameter.clone(),
            retry_after_seconds: failure.retry_after.map(|wait| wait.as_secs()),
        }
    }
}

/// One line: `rate-limited: the shop asks for a pause (again in 30 s)`.
impl std::fmt::Display for FailureOutput {
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

/// An outbound request as it is printed and traced. It has no query, headers or body, because
/// those may hold credentials or personal data.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RequestOutput {
    method: String,
    host: String,
    port: u16,
    pub(crate) path: String,
    /// `None` when no answer came.
    status: Option<u16>,
    /// 1 for the first attempt.
    attempt: u32,
    /// Whether the request went over a connection that was already open.
    reused: bool,
    /// The size of the answer's body.
    bytes: u64,
    milliseconds: f64,
}

impl From<&Exchange> for RequestOutput {
    fn from(exchange: &Exchange) -> RequestOutput {
        RequestOutput {
            method: exchange.method.to_string(),
            host: exchange.host.to_string(),
            port: exchange.port,
            path: exchange.path.clone(),
            status: exchange.status.map(|status| status.as_u16()),
            attempt: exchange.attempt,
            reused: exchange.reused,
            bytes: exchange.bytes,
            milliseconds: milliseconds(exchange.elapsed),
        }
    }
}

/// One line: `GET 127.0.0.1:8080/api/v2/orders  200  3.1 ms`.
impl std::fmt::Display for RequestOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let RequestOutput {
            method,
            host,
            port,
            path,
            ..
        } = self;
        write!(f, "{method} {host}:{port}{path}  ")?;
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("no answer")?,
        }
        write!(f, "  {} ms", self.milliseconds)?;
        if self.attempt > 1 {
            write!(f, "  (attempt {})", self.attempt)?;
        }
        Ok(())
    }
}

/// The requests of a call.
pub(crate) fn requests(exchanges: &[Exchange]) -> Vec<RequestOutput> {
    exchanges.iter().map(RequestOutput::from).collect()
}

/// Milliseconds with one decimal digit; more digits would be noise.
pub(crate) fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 10_000.0).round() / 10.0
}

/// Writes a document as JSON, and a line break.
pub(crate) fn write_json(out: &mut dyn Write, document: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

/// Writes the requests of a call and its total time.
pub(crate) fn write_requests(
    out: &mut dyn Write,
    requests: &[RequestOutput],
    milliseconds: f64,
) -> std::io::Result<()> {
    writeln!(out)?;
    for request in requests {
        writeln!(out, "{request}")?;
    }
    writeln!(out, "{milliseconds} ms in all")
}

/// A JSON value for a person: a string without quotation marks, anything else as JSON.
pub(crate) fn plain(value: &Json) -> String {
    match value.as_str() {
        Some(text) => one_line(text),
        None => one_line(&value.to_string()),
    }
}

/// A text in one line, without commands to the terminal.
pub(crate) fn one_line(text: &str) -> String {
    sanitized(text).replace('\n', " ")
}

/// A size for people: `780 B`, `12 kB`, `3.4 MB`.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Names as a list for people: `` `a`, `b` ``.
pub(crate) fn quoted_list(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 999, 1_000, 12_345, 3_400_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1 kB", "13 kB", "3.4 MB"]);
    }
}
