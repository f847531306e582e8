//! What is kept of an exchange: a record for the trace of the call, an event for
//! the operator. Neither has a query, nor anything that the host added.

use http::{Method, StatusCode};
use tokio::time::Instant;

use crate::exchange::Outgoing;
use crate::policy::Target;
use crate::{CallScope, EgressError, Exchange};

/// Keeps the record of an exchange and hands it over when it ends, be it that
/// the call was cancelled.
pub(crate) struct Record<'a> {
    scope: &'a CallScope,
    connection: Option<&'a str>,
    method: &'a Method,
    target: &'a Target,
    attempt: u32,
    started: Instant,
    pub(crate) status: Option<StatusCode>,
    pub(crate) reused: bool,
    pub(crate) bytes: u64,
}

impl<'a> Record<'a> {
    pub(crate) fn start(connection: Option<&'a str>, out: &Outgoing<'a>) -> Self {
        Record {
            scope: out.scope,
            connection,
            method: out.method,
            target: out.target,
            attempt: out.attempt,
            started: Instant::now(),
            status: None,
            reused: false,
            bytes: 0,
        }
    }

    pub(crate) fn failed(&self, error: &EgressError) {
        tracing::debug!(
            plugin = self.scope.plugin(),
            function = self.scope.function(),
            connection = self.connection,
            attempt = self.attempt,
            error = error as &dyn std::error::Error,
            "outbound request failed"
        );
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let origin = self.target.destination.origin();
        let elapsed = self.started.elapsed();
        tracing::debug!(
            plugin = self.scope.plugin(),
            function = self.scope.function(),
            connection = self.connection,
            method = %self.method,
            host = %origin.host,
            port = origin.port,
            // No path: it can hold what a customer typed. The trace has it, masked.
            status = self.status.map(|status| status.as_u16()),
            bytes = self.bytes,
            elapsed_us = elapsed.as_micros() as u64,
            attempt = self.attempt,
            reused = self.reused,
            "outbound request"
        );
        self.scope.record(Exchange {
            method: self.method.clone(),
            host: self.target.destination.host(),
            port: origin.port,
            path: self.target.path.path().to_owned(),
            status: self.status,
            attempt: self.attempt,
            reused: self.reused,
            bytes: self.bytes,
            elapsed,
        });
    }
}
