//! One request and its answer over the network: the waits before it, the
//! connection, the timeouts and the reading.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use krabice_contract::manifest::Effect;
use tokio::time::{Instant, timeout_at};

use crate::connector::Connector;
use crate::encoding::{DecodeError, decode};
use crate::error::{Cause, EgressError};
use crate::message::Response;
use crate::origin::Origin;
use crate::permits::ConnectionPermits;
use crate::policy::Destination;
use crate::pool::{ConnectionPool, IdleSockets, Socket};
use crate::prepared::{Prepared, Sensitive};
use crate::rate_limit::{RateLimit, Wait};
use crate::retry::{AttemptEnd, retry_after};
use crate::rules::Rules;
use crate::scope::{CallScope, Recording};

/// The longest time that a socket may have been idle to carry a request that must not
/// be repeated. 4 s: below the shortest common keep-alive (Node.js and Apache: 5 s),
/// so that the back end does not close it at that very moment.
const LONGEST_IDLE_FOR_WRITES: Duration = Duration::from_secs(4);

/// The longest time until a socket is ready again after an answer. It is ready at once
/// unless a server answered before it had read the request.
const READY_WITHIN: Duration = Duration::from_millis(250);

/// The transport that all exchanges of one outlet share.
pub(crate) struct Transport {
    pub(crate) connection: Option<Arc<str>>,
    pub(crate) rules: Rules,
    pub(crate) connector: Connector,
    pub(crate) pool: Arc<ConnectionPool>,
    pub(crate) rate_limit: RateLimit,
    /// Permits for requests at once over this connection.
    pub(crate) permits: ConnectionPermits,
    /// Permits for requests at once over all connections.
    pub(crate) all_permits: Arc<ConnectionPermits>,
}

/// An attempt without an answer.
pub(crate) struct FailedAttempt {
    pub(crate) end: AttemptEnd,
    /// Whether a kept connection broke before the answer: its server had probably
    /// just closed it.
    pub(crate) stale: bool,
    pub(crate) error: EgressError,
}

/// An attempt that must not be repeated.
impl From<EgressError> for FailedAttempt {
    fn from(error: EgressError) -> Self {
        FailedAttempt {
            end: AttemptEnd::Final,
            stale: false,
            error,
        }
    }
}

impl Transport {
    /// Sends a request for the `attempt`-th time and reads the answer to its end.
    pub(crate) async fn exchange(
        &self,
        scope: &CallScope,
        request: &Prepared,
        added: &mut Sensitive<'_>,
        attempt: u32,
    ) -> Result<Response, FailedAttempt> {
        self.wait_for_rate_limit(request).await?;
        let mut recording = scope.record(self.connection.as_deref(), request, attempt);
        let result = self.send_and_read(request, added, &mut recording).await;
        recording.exchange.answered = result.is_ok();
        if let Err(failed) = &result {
            recording.failed(&failed.error);
        }
        result
    }

    async fn send_and_read(
        &self,
        request: &Prepared,
        added: &mut Sensitive<'_>,
        recording: &mut Recording<'_>,
    ) -> Result<Response, FailedAttempt> {
        let Prepared { timeouts, due, .. } = *request;
        let destination = &request.target.destination;
        let origin = destination.origin();
        let connect = shorter(timeouts.connect, self.rules.connect_timeout);
        let connect_due = due.min(Instant::now() + connect);
        let _permit = self.permits.acquire(connect_due).await?;
        let _permit_of_all = self.all_permits.acquire(connect_due).await?;
        let sockets = match destination {
            Destination::Own(_) => self.pool.own(),
            Destination::Named(origin) => self.pool.other(origin),
        };
        let (mut socket, head) = loop {
            let mut socket = self.socket(request, &sockets, connect_due, connect).await?;
            recording.exchange.reused = socket.used;
            let complete = request.complete(added);
            let first_byte = shorter(timeouts.first_byte, self.rules.first_byte_timeout);
            let until = due.min(Instant::now() + first_byte);
            recording.sent();
            match timeout_at(until, socket.sender.try_send_request(complete)).await {
                Ok(Ok(head)) => break (socket, head),
                Ok(Err(mut error)) => match error.take_message() {
                    // The idle socket was closed and nothing was written, so another
                    // socket can carry the request.
                    Some(_) if socket.used => recording.unsent(),
                    unsent => {
                        let was_sent = unsent.is_none();
                        if !was_sent {
                            recording.unsent();
                        }
                        let error = error.into_error();
                        return Err(no_answer(origin, was_sent, socket.used, error));
                    }
                },
                Err(_) => return Err(timed_out(origin, "sent no answer", first_byte, due).into()),
            }
        };
        let (mut head, body) = head.into_parts();
        if request.is_own() {
            let others = self.permits.in_use().saturating_sub(1);
            self.rate_limit.observe(&head.headers, others);
        }
        recording.exchange.status = Some(head.status);
        self.check_head(origin, head.status, &head.headers)?;
        let body = self.read(request, body).await?;
        recording.exchange.bytes = body.len() as u64;
        let most = self.rules.response_bytes;
        let body = decode(&mut head.headers, body, most).map_err(|error| {
            let what = match error {
                DecodeError::Unknown(encoding) => {
                    format!(
                        "answered in the encoding `{encoding}`, which the request did not accept"
                    )
                }
                DecodeError::Broken => {
                    "answered with a body that cannot be decompressed".to_owned()
                }
                DecodeError::TooLarge => too_large(most),
            };
            unexpected(origin, what)
        })?;
        recording.exchange.bytes = body.len() as u64;
        socket.used = true;
        self.pool.put(&sockets, socket);
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    /// Waits for the rate limit and for the pause that the back end asked for.
    async fn wait_for_rate_limit(&self, request: &Prepared) -> Result<(), EgressError> {
        if !request.is_own() {
            return Ok(());
        }
        loop {
            let (wait, asked, why) = match self.rate_limit.take() {
                Ok(()) => return Ok(()),
                Err(Wait::PerMinute(wait)) => (
                    wait,
                    wait,
                    "the connection's requests in a minute are used up",
                ),
                Err(Wait::Bucket(wait)) => (wait, wait, "the back end's bucket is full"),
                Err(Wait::Pause { wait, asked }) => {
                    (wait, asked, "the back end asked for fewer requests")
                }
            };
            if Instant::now() + wait >= request.due {
                let detail = format!(
                    "{why}; `{}`: the next request is possible in {wait:.1?}",
                    request.target.destination.origin()
                );
                return Err(EgressError::RateLimited {
                    retry_after: Some(asked),
                    detail,
                });
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// A socket that is ready: an idle one, else a new one.
    async fn socket(
        &self,
        request: &Prepared,
        sockets: &Arc<IdleSockets>,
        due: Instant,
        limit: Duration,
    ) -> Result<Socket, FailedAttempt> {
        let origin = request.target.destination.origin();
        let longest_idle = if request.effect == Effect::Writes {
            LONGEST_IDLE_FOR_WRITES
        } else {
            Duration::MAX
        };
        while let Some(mut socket) = self.pool.take(sockets, longest_idle) {
            if socket.sender.is_ready() {
                return Ok(socket);
            }
            let ready_due = due.min(Instant::now() + READY_WITHIN);
            if let Ok(Ok(())) = timeout_at(ready_due, socket.sender.ready()).await {
                return Ok(socket);
            }
        }
        let opening = async {
            let stream = self.connector.connect(origin).await?;
            self.pool.open(origin, stream).await
        };
        match timeout_at(due, opening).await {
            Ok(Ok(socket)) => Ok(socket),
            Ok(Err(error @ EgressError::Unavailable { .. })) => Err(FailedAttempt {
                end: AttemptEnd::NothingSent,
                stale: false,
                error,
            }),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => {
                Err(timed_out(origin, "did not open a connection", limit, request.due).into())
            }
        }
    }

    fn check_head(
        &self,
        origin: &Origin,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<(), EgressError> {
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(unexpected(
                origin,
                "changed the protocol without a request for it".to_owned(),
            ));
        }
        // hyper checks the number while it reads. This check is for a limit below hyper's own.
        if headers.len() > self.rules.response_headers {
            return Err(unexpected(
                origin,
                format!(
                    "answered with more than {} headers",
                    self.rules.response_headers
                ),
            ));
        }
        Ok(())
    }

    /// Reads a body of bounded size in bounded time.
    async fn read(&self, request: &Prepared, mut body: Incoming) -> Result<Bytes, FailedAttempt> {
        let origin = request.target.destination.origin();
        let most = self.rules.response_bytes;
        let too_large = || FailedAttempt::from(unexpected(origin, too_large(most)));
        let promised = body.size_hint().lower();
        if promised > most as u64 && request.method != Method::HEAD {
            return Err(too_large());
        }
        let between = shorter(
            request.timeouts.between_bytes,
            self.rules.between_bytes_timeout,
        );
        let mut first = Bytes::new();
        let mut more = BytesMut::new();
        loop {
            let due = request.due.min(Instant::now() + between);
            let frame = match timeout_at(due, body.frame()).await {
                Ok(None) => break,
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) if error.is_parse() => {
                    return Err(not_http(origin, error).into());
                }
                Ok(Some(Err(error))) => {
                    return Err(FailedAttempt {
                        end: AttemptEnd::BrokenOff,
                        stale: false,
                        error: EgressError::Unavailable {
                            detail: format!("`{origin}` broke off in the middle of its answer"),
                            source: Some(Cause::new(error)),
                        },
                    });
                }
                Err(_) => {
                    let what = "stopped in the middle of its answer";
                    return Err(timed_out(origin, what, between, request.due).into());
                }
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if first.len() + more.len() + data.len() > most {
                return Err(too_large());
            }
            if more.is_empty() && first.is_empty() {
                first = data;
                continue;
            }
            if more.is_empty() {
                more.reserve((promised as usize).clamp(first.len() + data.len(), most));
                more.extend_from_slice(&std::mem::take(&mut first));
            }
            more.extend_from_slice(&data);
        }
        Ok(if more.is_empty() {
            first
        } else {
            more.freeze()
        })
    }
}

/// The shorter of the plugin's own timeout and that of the rules.
fn shorter(plugin: Option<Duration>, rules: Duration) -> Duration {
    plugin.map_or(rules, |plugin| plugin.min(rules))
}

/// The error of a wait that exceeded its own limit or the end of the request as a whole.
fn timed_out(origin: &Origin, what: &str, limit: Duration, due: Instant) -> EgressError {
    let within = if Instant::now() >= due {
        "the time limit of the request".to_owned()
    } else {
        format!("{limit:?}")
    };
    EgressError::Unavailable {
        detail: format!("`{origin}` {what} within {within}"),
        source: None,
    }
}

/// The error of a connection that broke before the head of an answer.
fn no_answer(
    origin: &Origin,
    was_sent: bool,
    was_used: bool,
    error: hyper::Error,
) -> FailedAttempt {
    if error.is_parse() {
        return not_http(origin, error).into();
    }
    FailedAttempt {
        end: if was_sent {
            AttemptEnd::BrokenOff
        } else {
            AttemptEnd::NothingSent
        },
        stale: was_sent && was_used,
        error: EgressError::Unavailable {
            detail: format!("`{origin}` closed the connection without an answer"),
            source: Some(Cause::new(error)),
        },
    }
}

/// The error of an answer that hyper cannot read.
fn not_http(origin: &Origin, error: hyper::Error) -> EgressError {
    EgressError::UnexpectedAnswer {
        detail: format!("`{origin}` answered with a head that is not HTTP, or larger than allowed"),
        source: Some(Cause::new(error)),
    }
}

fn unexpected(origin: &Origin, what: String) -> EgressError {
    EgressError::UnexpectedAnswer {
        detail: format!("`{origin}` {what}"),
        source: None,
    }
}

fn too_large(most: usize) -> String {
    format!("answered with more than {most} bytes (`response-bytes`)")
}

/// The end of an attempt, for the decision about its repetition.
pub(crate) fn attempt_end(result: &Result<Response, FailedAttempt>) -> AttemptEnd {
    match result {
        Ok(answer) => AttemptEnd::Answered {
            status: answer.status,
            retry_after: retry_after(&answer.headers, SystemTime::now()),
        },
        Err(failed) => failed.end,
    }
}
