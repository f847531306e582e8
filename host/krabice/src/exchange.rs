//! The requests of a call, as they are shown and written.

use std::time::Duration;

use krabice_egress::Exchange;
use serde::Serialize;

/// One outbound request: where, what came of it, how long it took. No query, no header, no body.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) path: String,
    /// None where no answer came.
    pub(crate) status: Option<u16>,
    /// 1 for the first try.
    pub(crate) attempt: u32,
    /// Whether an open connection was used again.
    pub(crate) reused: bool,
    /// The size of the answer's body.
    pub(crate) bytes: u64,
    pub(crate) milliseconds: f64,
}

impl From<&Exchange> for Request {
    fn from(exchange: &Exchange) -> Request {
        Request {
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

/// Milliseconds with one digit after the point: finer is noise.
pub(crate) fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 10_000.0).round() / 10.0
}

/// The requests of a call.
pub(crate) fn requests(exchanges: &[Exchange]) -> Vec<Request> {
    exchanges.iter().map(Request::from).collect()
}

/// A line for people: `GET 127.0.0.1:8080/api/v2/orders  200  3.1 ms`.
impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Request {
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
