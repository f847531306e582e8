//! The scope of one call of a function: what its requests may use, and what they did.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use http::{Method, StatusCode};
use krabice_contract::manifest::Effect;
use tokio::time::Instant;

use crate::error::{EgressError, Refusal, Rule};
use crate::locked::locked;
use crate::policy::Target;
use crate::prepared::Prepared;

/// The most bytes of all bodies of a call, requests and answers together: eight of
/// the largest answers. Bodies that a plugin does not read lie in the host's memory,
/// which the limit of the plugin's own memory does not count.
const BODY_BYTES: u64 = 32 << 20;

/// The requests of one call of a function. It lives as long as the call, and all of
/// the call's requests share it.
#[derive(Debug)]
pub struct CallScope {
    plugin: Arc<str>,
    function: Arc<str>,
    effect: Effect,
    deadline: Instant,
    requests_left: AtomicU32,
    bytes_left: AtomicU64,
    exchanges: Mutex<Vec<Exchange>>,
    /// The sendings of writes that are without a whole answer: under way, or lost.
    open_writes: AtomicU32,
    refusal: OnceLock<Refusal>,
}

impl CallScope {
    /// Makes the scope of a call that ends by `deadline` and may send `requests`
    /// requests. The host's own repetitions, redirects and logins are not counted.
    #[must_use]
    pub fn new(
        plugin: impl Into<Arc<str>>,
        function: impl Into<Arc<str>>,
        effect: Effect,
        deadline: Instant,
        requests: u32,
    ) -> Self {
        CallScope {
            plugin: plugin.into(),
            function: function.into(),
            effect,
            deadline,
            requests_left: AtomicU32::new(requests),
            bytes_left: AtomicU64::new(BODY_BYTES),
            exchanges: Mutex::new(Vec::new()),
            open_writes: AtomicU32::new(0),
            refusal: OnceLock::new(),
        }
    }

    /// Changes the limit for all bodies of the call together. Default: 32 MiB.
    #[must_use]
    pub fn with_body_bytes(mut self, most: u64) -> Self {
        self.bytes_left = AtomicU64::new(most);
        self
    }

    /// The plugin's name.
    #[must_use]
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The function's name.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The function's effect on the back end, which decides what is repeated.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The moment by which every request ends.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The exchanges so far, in the order in which they ended.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        locked(&self.exchanges).clone()
    }

    /// Whether a request may have changed something at the back end, and nobody knows: it
    /// was sent in part or whole, and its answer has not come whole. A request that is
    /// still under way counts, also one that was cancelled. One whose repetition settled
    /// the matter does not, and none that reads.
    #[must_use]
    pub fn has_unanswered_write(&self) -> bool {
        self.open_writes.load(Ordering::Relaxed) > 0
    }

    /// Settles lost sendings of a write that was repeated.
    pub(crate) fn settle_writes(&self, lost: u32) {
        self.open_writes.fetch_sub(lost, Ordering::Relaxed);
    }

    /// The first refusal of this call. A call with a refusal is forbidden, whatever
    /// the plugin answers.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.get()
    }

    /// Keeps a refusal, for an interface that refuses a request before
    /// [`Outlet::send`](crate::Outlet::send), which keeps its own refusals. Returns
    /// `false` when there was one already: only the first is kept and logged.
    pub fn refuse(&self, refusal: Refusal) -> bool {
        self.refusal.set(refusal).is_ok()
    }

    /// Begins the record of an exchange.
    pub(crate) fn record<'a>(
        &'a self,
        connection: Option<&'a str>,
        request: &Prepared,
        attempt: u32,
    ) -> Recording<'a> {
        let Target { destination, path } = &request.target;
        Recording {
            scope: self,
            connection,
            started: Instant::now(),
            exchange: Exchange {
                method: request.method.clone(),
                host: destination.host(),
                port: destination.origin().port,
                path: path.path().to_owned(),
                reads: request.effect == Effect::Reads,
                sent: false,
                status: None,
                answered: false,
                attempt,
                reused: false,
                bytes: 0,
                elapsed: Duration::ZERO,
            },
        }
    }

    /// Counts bytes of a body towards the limit of the call. For interfaces that read
    /// a request's body piece by piece; [`Outlet::send`](crate::Outlet::send) counts
    /// the answers.
    ///
    /// # Errors
    /// The limit is exceeded. The refusal is also kept as the call's.
    pub fn take_bytes(&self, bytes: usize) -> Result<(), Refusal> {
        let taken = self
            .bytes_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes as u64)
            });
        taken.map(drop).map_err(|_| {
            let refusal = Refusal::new(
                Rule::Size,
                "the bodies of the call's requests and answers are larger together than one call may have (`body-bytes`)",
            );
            self.refuse(refusal.clone());
            refusal
        })
    }

    /// Counts one request towards the limit of the call.
    pub(crate) fn take_request(&self) -> Result<(), EgressError> {
        self.requests_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .map(drop)
            .map_err(|_| {
                Refusal::new(
                    Rule::Requests,
                    "the call has already sent as many requests as one call may send",
                )
                .into()
            })
    }
}

/// One request as it was sent, for traces. Each repetition, redirect and login is an
/// exchange of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The method.
    pub method: Method,
    /// The host, without the port.
    pub host: Arc<str>,
    /// The port.
    pub port: u16,
    /// The path without the query, as it was before a credential was added.
    pub path: String,
    /// Whether the request changes nothing at the back end: its function reads, the
    /// plugin says so of this request, or it is a login.
    pub reads: bool,
    /// Whether the back end may have got the request: some of it was written to a
    /// connection.
    pub sent: bool,
    /// The status; `None` when there was no answer.
    pub status: Option<StatusCode>,
    /// Whether the answer came whole and within the limits.
    pub answered: bool,
    /// 1 for the first attempt, 2 for its first repetition.
    pub attempt: u32,
    /// Whether an earlier request had opened the connection.
    pub reused: bool,
    /// The size of the answer's body, in bytes.
    pub bytes: u64,
    /// The time from the wait for a permit to the last byte of the answer.
    pub elapsed: Duration,
}

impl Exchange {
    /// Whether the request may have changed something at the back end and its answer was
    /// lost, so that nobody knows. A later repetition may have been answered.
    #[must_use]
    pub fn is_lost_write(&self) -> bool {
        !self.reads && self.sent && !self.answered
    }
}

/// Records an exchange in its scope and in the log when it is dropped, so that a
/// cancelled one is recorded too. Neither record has the query or anything that the host
/// added, so neither can hold a credential.
pub(crate) struct Recording<'a> {
    scope: &'a CallScope,
    connection: Option<&'a str>,
    started: Instant,
    pub(crate) exchange: Exchange,
}

impl Recording<'_> {
    pub(crate) fn failed(&self, error: &EgressError) {
        tracing::debug!(
            plugin = self.scope.plugin(),
            function = self.scope.function(),
            connection = self.connection,
            attempt = self.exchange.attempt,
            error = error as &dyn std::error::Error,
            "outbound request failed"
        );
    }

    /// Notes that the back end may get the request from now on.
    pub(crate) fn sent(&mut self) {
        self.exchange.sent = true;
        if !self.exchange.reads {
            self.scope.open_writes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that nothing of the request was written after all.
    pub(crate) fn unsent(&mut self) {
        self.close_write();
        self.exchange.sent = false;
    }

    /// Takes a sent write from the open ones.
    fn close_write(&self) {
        if self.exchange.sent && !self.exchange.reads {
            self.scope.settle_writes(1);
        }
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.exchange.elapsed = self.started.elapsed();
        if self.exchange.answered {
            self.close_write();
        }
        let exchange = &self.exchange;
        tracing::debug!(
            plugin = self.scope.plugin(),
            function = self.scope.function(),
            connection = self.connection,
            method = %exchange.method,
            host = %exchange.host,
            port = exchange.port,
            // Without the path, which can hold what a customer typed. The trace has it, masked.
            status = exchange.status.map(|status| status.as_u16()),
            bytes = exchange.bytes,
            elapsed_us = exchange.elapsed.as_micros() as u64,
            attempt = exchange.attempt,
            reused = exchange.reused,
            "outbound request"
        );
        locked(&self.scope.exchanges).push(exchange.clone());
    }
}
