//! Processes a request: counts it, reads it, applies a fault, asks the back end, writes
//! the log, and sends the answer.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::sync::Semaphore;

use crate::armed::Faults;
use crate::back_end::{BackEnd, Call};
use crate::clock::Clock;
use crate::counters::Counting;
use crate::fault::{Fault, FaultRule};
use crate::injection::{Sending, inject};
use crate::log::{Credential, Log, LogEntry, Violation};
use crate::rule::{CREDENTIAL_ELSEWHERE, Rule};
use crate::script::play;
use crate::wire::Wire;

/// The largest request body that is read. A larger one closes the connection.
const BODY_MAX: usize = 16 * 1024 * 1024;
/// The most bytes of a body in the log.
const LOGGED_BODY_MAX: usize = 64 * 1024;

/// One emulator: its back end, log, counters and faults.
pub(crate) struct Emulation {
    pub(crate) back_end: Box<dyn BackEnd>,
    pub(crate) clock: Clock,
    pub(crate) counting: Arc<Counting>,
    pub(crate) log: Log,
    pub(crate) faults: Faults,
    /// Held by the request in turn, for back ends that take one request at a time.
    turn: Arc<Semaphore>,
}

/// The request gets no answer; the connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("the request gets no answer")]
pub(crate) struct Unanswered;

/// Closes the connection when it is dropped, which is at the end of the answer's body.
struct CloseAfterAnswer(Arc<Wire>);

impl Drop for CloseAfterAnswer {
    fn drop(&mut self) {
        self.0.close_after_answer();
    }
}

impl Emulation {
    pub(crate) fn new(back_end: Box<dyn BackEnd>, clock: Clock) -> Self {
        Self {
            back_end,
            clock,
            counting: Arc::default(),
            log: Log::default(),
            faults: Faults::default(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// The rules of the back end, and the one of all back ends.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        [self.back_end.rules(), &[CREDENTIAL_ELSEWHERE]].concat()
    }

    /// Returns to the initial state: demo data, no faults, an empty log.
    pub(crate) fn reset(&self) {
        self.back_end.reset();
        self.faults.clear();
        self.log.clear();
        self.counting.reset();
    }

    pub(crate) async fn serve(
        self: Arc<Self>,
        wire: Arc<Wire>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Unanswered> {
        let counted = self.counting.request();
        wire.slow(None);
        let call = self.read(&wire, request).await?;
        let turn = if self.back_end.waits_its_turn(&call) {
            Arc::clone(&self.turn).acquire_owned().await.ok()
        } else {
            None
        };

        let secrets = Secrets::of(&*self.back_end);
        let rule = self.faults.meet(call.method.as_str(), &call.path);
        let credential = self.back_end.judge(&call);
        let answer = rule
            .as_ref()
            .is_none_or(FaultRule::lets_through)
            .then(|| self.back_end.answer(&call));
        let processed = answer.is_some();
        let (own, mut broken, slot) = match answer {
            Some(answer) => (Some(answer.response), answer.broken, answer.slot),
            None => (None, Vec::new(), None),
        };
        if let Some(place) = secrets.misplaced(&call, self.back_end.credential_headers()) {
            broken.push((
                &CREDENTIAL_ELSEWHERE,
                format!("the secret is in the {place}"),
            ));
        }
        let fault = rule.as_ref().map_or(&Fault::None, |rule| &rule.fault);
        let sending = inject(fault, own, &call);
        let violations = broken.into_iter().filter(|(rule, _)| rule.violation);
        self.log.write(LogEntry {
            number: 0,
            at: call.at,
            connection: wire.number,
            method: call.method.to_string(),
            path: secrets.redacted(&call.path),
            query: call.query.as_deref().map(|query| secrets.redacted(query)),
            headers: secrets.shown(
                &call.headers,
                self.back_end.credential_headers(),
                credential,
            ),
            credential,
            body: secrets.redacted(&String::from_utf8_lossy(
                &call.body[..call.body.len().min(LOGGED_BODY_MAX)],
            )),
            status: sending.status(),
            fault: rule.as_ref().map(|rule| rule.fault.kind().to_owned()),
            processed,
            violations: violations
                .map(|(rule, message)| Violation {
                    request: 0,
                    rule: rule.name.to_owned(),
                    message: secrets.redacted(&message),
                })
                .collect(),
        });

        let mut held: Vec<Box<dyn Any + Send>> = vec![Box::new((counted, turn))];
        held.extend(slot);
        if let Some(rule) = rule.as_ref().filter(|rule| rule.delay_ms > 0) {
            tokio::time::sleep(Duration::from_millis(rule.delay_ms)).await;
        }
        if let Fault::IdleClose = fault {
            held.push(Box::new(CloseAfterAnswer(Arc::clone(&wire))));
        } else if let Fault::Drip {
            interval_ms,
            head: true,
            ..
        } = fault
        {
            wire.slow(Some(Duration::from_millis(*interval_ms)));
        }
        match sending {
            Sending::Answer(head, script) => {
                Ok(Response::from_parts(*head, play(script, wire, held)))
            }
            Sending::HangUp => Err(Unanswered),
            Sending::Reset => {
                wire.reset();
                Err(Unanswered)
            }
            Sending::Silence => {
                // HTTP drops this when the client closes the connection.
                std::future::pending::<()>().await;
                drop(held);
                Err(Unanswered)
            }
        }
    }

    async fn read(&self, wire: &Wire, request: Request<Incoming>) -> Result<Call, Unanswered> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, BODY_MAX)
            .collect()
            .await
            .map_err(|_| Unanswered)?
            .to_bytes();
        Ok(Call {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
            body,
            peer: wire.peer.ip(),
            at: self.clock.now(),
        })
    }
}

/// The secrets, which must be neither outside of their header nor in the log.
struct Secrets(Vec<String>);

impl Secrets {
    fn of(back_end: &dyn BackEnd) -> Self {
        let connection = back_end.connection("");
        Self(
            connection
                .secrets()
                .filter(|secret| !secret.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// The part of a request that contains a secret outside of its own headers.
    fn misplaced(&self, call: &Call, own: &[&str]) -> Option<&'static str> {
        let has = |bytes: &[u8]| {
            let found = |secret: &String| {
                bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes())
            };
            self.0.iter().any(found)
        };
        let mut others = call
            .headers
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()));
        if has(call.path.as_bytes()) {
            Some("path")
        } else if call
            .query
            .as_ref()
            .is_some_and(|query| has(query.as_bytes()))
        {
            Some("query")
        } else if others.any(|(_, value)| has(value.as_bytes())) {
            Some("headers")
        } else if has(&call.body) {
            Some("body")
        } else {
            None
        }
    }

    fn redacted(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret, "•••"))
    }

    fn shown(
        &self,
        headers: &HeaderMap,
        own: &[&str],
        credential: Credential,
    ) -> Vec<(String, String)> {
        let show = |name: &str, value: &[u8]| {
            if !own.contains(&name) {
                return self.redacted(&String::from_utf8_lossy(value));
            }
            match credential {
                Credential::Right => "right".to_owned(),
                Credential::Wrong | Credential::Absent => "wrong".to_owned(),
            }
        };
        headers
            .iter()
            .map(|(name, value)| (name.to_string(), show(name.as_str(), value.as_bytes())))
            .collect()
    }
}
