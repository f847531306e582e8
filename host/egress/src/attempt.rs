//! One sending of a request, and the record of it: an [`Exchange`] for the trace
//! of the call and an event in the log. Neither has the query or anything that
//! the host added, so neither can hold a credential.

use http::StatusCode;
use krabice_contract::manifest::Effect;
use tokio::time::Instant;

use crate::error::EgressError;
use crate::message::Request;
use crate::policy::Target;
use crate::scope::{CallScope, Exchange};

/// One attempt to send a plugin's request, or the host's own login, to one target.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) scope: &'a CallScope,
    pub(crate) effect: Effect,
    pub(crate) request: &'a Request,
    pub(crate) target: &'a Target,
    /// The end of the time for the request as a whole.
    pub(crate) due: Instant,
    /// 1 for the first sending, 2 for its first repetition.
    pub(crate) number: u32,
}

/// Records an attempt when it is dropped, so that a cancelled one is recorded too.
pub(crate) struct Record<'a> {
    attempt: Attempt<'a>,
    connection: Option<&'a str>,
    started: Instant,
    pub(crate) status: Option<StatusCode>,
    pub(crate) reused: bool,
    pub(crate) bytes: u64,
}

impl<'a> Record<'a> {
    pub(crate) fn start(connection: Option<&'a str>, attempt: Attempt<'a>) -> Self {
        Record {
            attempt,
            connection,
            started: Instant::now(),
            status: None,
            reused: false,
            bytes: 0,
        }
    }

    pub(crate) fn failed(&self, error: &EgressError) {
        tracing::debug!(
            plugin = self.attempt.scope.plugin(),
            function = self.attempt.scope.function(),
            connection = self.connection,
            attempt = self.attempt.number,
            error = error as &dyn std::error::Error,
            "outbound request failed"
        );
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let Attempt {
            scope,
            request,
            target,
            number,
            ..
        } = self.attempt;
        let origin = target.destination.origin();
        let elapsed = self.started.elapsed();
        tracing::debug!(
            plugin = scope.plugin(),
            function = scope.function(),
            connection = self.connection,
            method = %request.method,
            host = %origin.host,
            port = origin.port,
            // Without the path, which can hold what a customer typed. The trace has it, masked.
            status = self.status.map(|status| status.as_u16()),
            bytes = self.bytes,
            elapsed_us = elapsed.as_micros() as u64,
            attempt = number,
            reused = self.reused,
            "outbound request"
        );
        scope.record(Exchange {
            method: request.method.clone(),
            host: target.destination.host(),
            port: origin.port,
            path: target.path.path().to_owned(),
            status: self.status,
            attempt: number,
            reused: self.reused,
            bytes: self.bytes,
            elapsed,
        });
    }
}
