//! What one call of a function may do, and what it did.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use krabice_scenario::manifest::Effect;
use tokio::time::Instant;

use crate::{EgressError, Refusal, Rule};

/// The most bytes of all bodies of a call, there and back: eight of the largest
/// answers. What a plugin leaves unread lies in the host's memory, where no
/// limit of the plugin's own memory reaches.
const BODY_BYTES: u64 = 32 << 20;

/// One call of a function, as far as its requests are concerned. Lives as long
/// as the call and is shared by everything that the call sends.
#[derive(Debug)]
pub struct CallScope {
    plugin: Arc<str>,
    function: Arc<str>,
    effect: Effect,
    deadline: Instant,
    requests_left: AtomicU32,
    bytes_left: AtomicU64,
    exchanges: Mutex<Vec<Exchange>>,
    refusal: OnceLock<Refusal>,
}

impl CallScope {
    /// A call that has to be over by `deadline` and may send `requests`
    /// requests. The host's own repetitions, redirects and logins are not
    /// counted.
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
            refusal: OnceLock::new(),
        }
    }

    /// With another limit than 32 MiB for all bodies of the call together.
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

    /// What the function does to the back end: it decides what is repeated.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The moment by which everything has to be over.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What went over the network so far, in the order in which it ended.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The first rule that a request of this call broke. Once it is there, the
    /// call is forbidden, whatever the plugin answers.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.get()
    }

    /// Notes that a rule forbade something. For doors that refuse a request
    /// before it gets to [`Outlet::send`](crate::Outlet::send), which notes its
    /// own refusals. False when an earlier one stands already: only the first
    /// is kept and worth a line in the log.
    pub fn refuse(&self, refusal: Refusal) -> bool {
        self.refusal.set(refusal).is_ok()
    }

    pub(crate) fn record(&self, exchange: Exchange) {
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(exchange);
    }

    /// Takes some bytes of a body off what the call may hold. For doors, which
    /// read a request's body piece by piece; answers are charged by
    /// [`Outlet::send`](crate::Outlet::send).
    ///
    /// # Errors
    /// When nothing is left. It is noted as the call's refusal.
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

    /// Takes one request off what the call may send.
    pub(crate) fn take_request(&self) -> Result<(), EgressError> {
        self.requests_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .map(drop)
            .map_err(|_| {
                Refusal::new(
                    Rule::Requests,
                    "the call has made all the requests that one call may make",
                )
                .into()
            })
    }
}

/// One request as it went over the network, for traces. Repetitions, redirects
/// and logins have a record each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The method.
    pub method: Method,
    /// The host, without the port.
    pub host: Arc<str>,
    /// The port.
    pub port: u16,
    /// The path without its query, as it was before any credential was added.
    pub path: String,
    /// The status, when there was an answer.
    pub status: Option<StatusCode>,
    /// 1 for the first try, 2 for its first repetition.
    pub attempt: u32,
    /// Whether it went over a connection that an earlier request had opened.
    pub reused: bool,
    /// The bytes of the answer's body.
    pub bytes: u64,
    /// From the wait for a place to the last byte of the answer.
    pub elapsed: Duration,
}
