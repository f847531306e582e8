//! One request and its answer over the network: the waits before it, the
//! connection, the timeouts, the reading, and the record of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use krabice_scenario::manifest::Effect;
use tokio::time::{Instant, timeout_at};

use crate::connector::Connector;
use crate::encoding::{self, Undecoded, decoded};
use crate::origin::Origin;
use crate::pace::{Pace, Wait};
use crate::places::Places;
use crate::policy::{Destination, Target};
use crate::pool::{Pool, Route, Socket};
use crate::record::Record;
use crate::retry::{Ending, retry_after};
use crate::{CallScope, Cause, EgressError, Response, Rules, Timeouts};

/// How long a socket may have rested to carry a request that must not be
/// repeated. 4 s: below the shortest common keep-alive (Node.js and Apache:
/// 5 s), so that it is not closed by the other side at that very moment.
const RESTED_FOR_WRITES: Duration = Duration::from_secs(4);

/// How long a socket may take to be ready again after an answer. It takes no
/// time but where a server answered before it had read the request.
const READY_WITHIN: Duration = Duration::from_millis(250);

/// What the host sends as its name, where the plugin says nothing.
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("krabice/", env!("CARGO_PKG_VERSION")));

/// What all exchanges of one outlet share.
pub(crate) struct Wire {
    pub(crate) connection: Option<Arc<str>>,
    pub(crate) rules: Rules,
    pub(crate) connector: Connector,
    pub(crate) pool: Arc<Pool>,
    pub(crate) pace: Pace,
    /// Places for requests over this connection.
    pub(crate) places: Places,
    /// Places for requests over all connections.
    pub(crate) everyone: Arc<Places>,
}

/// One request, all decided.
pub(crate) struct Outgoing<'a> {
    pub(crate) scope: &'a CallScope,
    pub(crate) effect: Effect,
    pub(crate) method: &'a Method,
    pub(crate) target: &'a Target,
    /// The path with a credential in its query; else the target's.
    pub(crate) path: Option<PathAndQuery>,
    /// All headers but the transport's.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<&'a Bytes>,
    pub(crate) timeouts: Timeouts,
    /// When it has to be over.
    pub(crate) due: Instant,
    pub(crate) attempt: u32,
}

/// Why an exchange has no answer, and what that means for repeating it.
pub(crate) struct Failed {
    pub(crate) ending: Ending,
    /// Whether the connection was an old one that broke before the answer: its
    /// server had probably just closed it.
    pub(crate) stale: bool,
    pub(crate) error: EgressError,
}

impl Failed {
    fn last(error: EgressError) -> Self {
        Failed {
            ending: Ending::Final,
            stale: false,
            error,
        }
    }
}

impl Wire {
    /// Sends a request and reads the answer to its end.
    pub(crate) async fn exchange(&self, mut out: Outgoing<'_>) -> Result<Response, Failed> {
        self.keep_pace(&out).await.map_err(Failed::last)?;
        let mut record = Record::start(self.connection.as_deref(), &out);
        let result = self.exchange_recorded(&mut out, &mut record).await;
        if let Err(failed) = &result {
            record.failed(&failed.error);
        }
        result
    }

    async fn exchange_recorded(
        &self,
        out: &mut Outgoing<'_>,
        record: &mut Record<'_>,
    ) -> Result<Response, Failed> {
        let origin = out.target.destination.origin();
        let connect = shorter(out.timeouts.connect, self.rules.connect_timeout);
        let connect_due = out.due.min(Instant::now() + connect);
        let _place = self.places.take(connect_due).await.map_err(Failed::last)?;
        let _place_of_all = self
            .everyone
            .take(connect_due)
            .await
            .map_err(Failed::last)?;
        let route = match &out.target.destination {
            Destination::Own(_) => self.pool.own(),
            Destination::Named(origin) => self.pool.other(origin),
        };
        let mut request = self.request(out);
        let (mut socket, head) = loop {
            let mut socket = self.socket(out, &route, connect_due, connect).await?;
            record.reused = socket.used;
            let first_byte = shorter(out.timeouts.first_byte, self.rules.first_byte_timeout);
            let due = out.due.min(Instant::now() + first_byte);
            match timeout_at(due, socket.sender.try_send_request(request)).await {
                Ok(Ok(head)) => break (socket, head),
                Ok(Err(mut error)) => match error.take_message() {
                    // Closed while it rested: nothing was written, so another
                    // socket does.
                    Some(unsent) if socket.used => request = unsent,
                    unsent => {
                        return Err(broken(
                            origin,
                            unsent.is_none(),
                            socket.used,
                            error.into_error(),
                        ));
                    }
                },
                Err(_) => {
                    let waited = Waited {
                        limit: first_byte,
                        due: out.due,
                    };
                    return Err(Failed::last(waited.error(origin, "sent no answer")));
                }
            }
        };
        let (mut head, body) = head.into_parts();
        if let Destination::Own(_) = out.target.destination {
            let others = self.places.taken().saturating_sub(1);
            self.pace.observe(&head.headers, others);
        }
        record.status = Some(head.status);
        self.check_head(origin, head.status, &head.headers)
            .map_err(Failed::last)?;
        let body = self.read(out, origin, body).await?;
        record.bytes = body.len() as u64;
        let most = self.rules.response_bytes;
        let body = decoded(&mut head.headers, body, most).map_err(|why| {
            let what = match why {
                Undecoded::Unknown(encoding) => {
                    format!("answered in the encoding `{encoding}`, which was not asked for")
                }
                Undecoded::Broken => "answered with what cannot be decompressed".to_owned(),
                Undecoded::TooLarge => too_large(most),
            };
            Failed::last(unexpected(origin, what))
        })?;
        record.bytes = body.len() as u64;
        socket.used = true;
        self.pool.put(&route, socket);
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    /// Waits for the rate limit and for the pause that the back end asked for.
    async fn keep_pace(&self, out: &Outgoing<'_>) -> Result<(), EgressError> {
        if let Destination::Named(_) = out.target.destination {
            return Ok(());
        }
        loop {
            let (wait, asked, why) = match self.pace.take() {
                Ok(()) => return Ok(()),
                Err(Wait::RateLimit(wait)) => (
                    wait,
                    wait,
                    "the connection's requests in a minute are used up",
                ),
                Err(Wait::Bucket(wait)) => (wait, wait, "the back end's bucket is full"),
                Err(Wait::Pause { wait, asked }) => {
                    (wait, asked, "the back end asked for fewer requests")
                }
            };
            if Instant::now() + wait >= out.due {
                let detail = format!(
                    "{why}; `{}` can be asked again in {wait:.1?}",
                    out.target.destination.origin()
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
        out: &Outgoing<'_>,
        route: &Arc<Route>,
        due: Instant,
        limit: Duration,
    ) -> Result<Socket, Failed> {
        let origin = out.target.destination.origin();
        let rested = if out.effect == Effect::Writes {
            RESTED_FOR_WRITES
        } else {
            Duration::MAX
        };
        while let Some(mut socket) = self.pool.take(route, rested) {
            if socket.sender.is_ready() {
                return Ok(socket);
            }
            if let Ok(Ok(())) = timeout_at(
                due.min(Instant::now() + READY_WITHIN),
                socket.sender.ready(),
            )
            .await
            {
                return Ok(socket);
            }
        }
        let opening = async {
            let stream = self.connector.connect(origin).await?;
            self.pool.open(origin, stream).await
        };
        match timeout_at(due, opening).await {
            Ok(Ok(socket)) => Ok(socket),
            Ok(Err(error @ EgressError::Unavailable { .. })) => Err(Failed {
                ending: Ending::NothingSent,
                stale: false,
                error,
            }),
            Ok(Err(error)) => Err(Failed::last(error)),
            Err(_) => Err(Failed::last(
                Waited {
                    limit,
                    due: out.due,
                }
                .error(origin, "gave no connection"),
            )),
        }
    }

    /// The request as it goes out.
    fn request(&self, out: &mut Outgoing<'_>) -> http::Request<Full<Bytes>> {
        let path = out.path.take().unwrap_or_else(|| out.target.path.clone());
        let body = Full::new(out.body.cloned().unwrap_or_default());
        let mut request = http::Request::new(body);
        *request.method_mut() = out.method.clone();
        *request.uri_mut() = Uri::from(path);
        let headers = request.headers_mut();
        *headers = std::mem::take(&mut out.headers);
        if let Some(host) = out.target.destination.host_header() {
            headers.insert(header::HOST, host);
        }
        headers.insert(header::ACCEPT_ENCODING, encoding::ACCEPTED);
        headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
        // hyper writes the length of a body; that there is none it leaves out
        // (RFC 9110, section 8.6, wants it said for these).
        if matches!(*out.method, Method::POST | Method::PUT | Method::PATCH)
            && out.body.is_none_or(Bytes::is_empty)
        {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        request
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
                "changed the protocol unasked".to_owned(),
            ));
        }
        // hyper checks the number while it reads; this is for the limit below its own.
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
    async fn read(
        &self,
        out: &Outgoing<'_>,
        origin: &Origin,
        mut body: Incoming,
    ) -> Result<Bytes, Failed> {
        let most = self.rules.response_bytes;
        let too_large = || Failed::last(unexpected(origin, too_large(most)));
        let promised = body.size_hint().lower();
        if promised > most as u64 && *out.method != Method::HEAD {
            return Err(too_large());
        }
        let between = shorter(out.timeouts.between_bytes, self.rules.between_bytes_timeout);
        let mut first = Bytes::new();
        let mut more = BytesMut::new();
        loop {
            let due = out.due.min(Instant::now() + between);
            let frame = match timeout_at(due, body.frame()).await {
                Ok(None) => break,
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) if error.is_parse() => {
                    return Err(Failed::last(illegible(origin, error)));
                }
                Ok(Some(Err(error))) => {
                    return Err(Failed {
                        ending: Ending::BrokenOff,
                        stale: false,
                        error: EgressError::Unavailable {
                            detail: format!("`{origin}` broke off in the middle of its answer"),
                            source: Some(Cause::new(error)),
                        },
                    });
                }
                Err(_) => {
                    let waited = Waited {
                        limit: between,
                        due: out.due,
                    };
                    return Err(Failed::last(
                        waited.error(origin, "stopped in the middle of its answer"),
                    ));
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

/// The shorter of what the plugin asks for and what the rules give.
fn shorter(asked: Option<Duration>, given: Duration) -> Duration {
    asked.map_or(given, |asked| asked.min(given))
}

/// A wait that was too long: for its own limit, or for the request as a whole.
struct Waited {
    limit: Duration,
    due: Instant,
}

impl Waited {
    fn error(&self, origin: &Origin, what: &str) -> EgressError {
        let within = if Instant::now() >= self.due {
            "the time that the request had".to_owned()
        } else {
            format!("{:?}", self.limit)
        };
        EgressError::Unavailable {
            detail: format!("`{origin}` {what} within {within}"),
            source: None,
        }
    }
}

/// A connection that broke before the head of an answer.
fn broken(origin: &Origin, sent: bool, used: bool, error: hyper::Error) -> Failed {
    if error.is_parse() {
        return Failed::last(illegible(origin, error));
    }
    Failed {
        ending: if sent {
            Ending::BrokenOff
        } else {
            Ending::NothingSent
        },
        stale: sent && used,
        error: EgressError::Unavailable {
            detail: format!("`{origin}` closed the connection without an answer"),
            source: Some(Cause::new(error)),
        },
    }
}

/// What hyper could not read; its own words say what.
fn illegible(origin: &Origin, error: hyper::Error) -> EgressError {
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

/// How an answer ended, as far as repeating goes.
pub(crate) fn ending(result: &Result<Response, Failed>) -> Ending {
    match result {
        Ok(answer) => Ending::Answered {
            status: answer.status,
            retry_after: retry_after(&answer.headers, SystemTime::now()),
        },
        Err(failed) => failed.ending,
    }
}
