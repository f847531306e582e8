//! The two outbound_http to the network: `wasi:http` and `egress.send`.
//!
//! Neither decides anything. Both bring a request into one form, hand it to
//! [`Outlet::send`], where every rule stands, and bring the answer or the error
//! back in the form of their own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use krabice_egress::{CallScope, EgressError, Outlet, Refusal, Request, Response, Rule, Timeouts};
use krabice_scenario::{Failure, FailureClass};
use tracing::{Instrument, Span};
use wasmtime_wasi_http::{
    Error as HttpError, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use crate::bindings::{egress as wit, values};

/// The most headers that are looked at at all. The rules of the egress are
/// stricter; this only keeps the count far from the 32,768 at which a header
/// map gives up.
const HEADERS: usize = 2_048;

/// The way out of one call.
#[derive(Clone)]
pub(crate) struct OutboundHttp(Arc<Way>);

struct Way {
    /// None: there is no way out, and whoever asks is refused.
    outlet: Option<Arc<Outlet>>,
    scope: CallScope,
    /// The span in which the call was asked for.
    caller: Span,
    /// The last request that got no answer. `wasi:http` has no words for most of
    /// what it says, so a plugin cannot pass it on.
    last: Mutex<Option<EgressError>>,
    /// Requests that were asked for and have no answer yet.
    under_way: AtomicU32,
}

impl OutboundHttp {
    pub(crate) fn new(outlet: Option<Arc<Outlet>>, scope: CallScope, caller: Span) -> OutboundHttp {
        OutboundHttp(Arc::new(Way {
            outlet,
            scope,
            caller,
            last: Mutex::new(None),
            under_way: AtomicU32::new(0),
        }))
    }

    /// What the call did on its way out.
    pub(crate) fn scope(&self) -> &CallScope {
        &self.0.scope
    }

    /// How many requests were asked for and have no answer yet.
    pub(crate) fn under_way(&self) -> u32 {
        self.0.under_way.load(Ordering::Relaxed)
    }

    /// The last request that got no answer.
    pub(crate) fn last_error(&self) -> Option<EgressError> {
        self.0
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn refuse(&self, rule: Rule, detail: impl Into<String>) -> EgressError {
        let refusal = Refusal::new(rule, detail);
        self.0.scope.refuse(refusal.clone());
        EgressError::Forbidden(refusal)
    }

    async fn go(&self, request: Request) -> Result<Response, EgressError> {
        let answer = match &self.0.outlet {
            Some(outlet) => outlet.send(&self.0.scope, request).await,
            None => Err(self.refuse(Rule::Host, "there is no connection here and no named host")),
        };
        if let Err(error) = &answer {
            let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(error.clone());
        }
        answer
    }

    // --- the narrow door

    /// `egress.send`.
    pub(crate) async fn send(
        &self,
        request: wit::Request,
    ) -> Result<wit::Response, values::Failure> {
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        let answer = match self.request_of(request) {
            Ok(request) => self.go(request).await,
            Err(error) => Err(error),
        };
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
        answer.map(response_to).map_err(failure)
    }

    fn request_of(&self, said: wit::Request) -> Result<Request, EgressError> {
        let method = Method::from_bytes(said.method.as_bytes())
            .map_err(|_| self.refuse(Rule::Method, "the method is none"))?;
        // Counted before a header map is touched, which panics when it is full.
        if said.headers.len() > HEADERS {
            let detail = format!("the request has {} headers", said.headers.len());
            return Err(self.refuse(Rule::Size, detail));
        }
        let mut headers = HeaderMap::with_capacity(said.headers.len());
        for (name, value) in said.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| self.refuse(Rule::Header, "a header's name is none"))?;
            let value = HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(|_| {
                self.refuse(
                    Rule::Header,
                    format!("the value of `{name}` is none for a header"),
                )
            })?;
            headers.append(name, value);
        }
        let body = said.body.map(|body| match body {
            wit::Body::Text(text) => Bytes::from(text),
            wit::Body::Bytes(bytes) => Bytes::from(bytes),
        });
        self.0
            .scope
            .take_bytes(body.as_ref().map_or(0, Bytes::len))?;
        Ok(Request {
            method,
            url: said.url,
            headers,
            body,
            timeouts: Timeouts::default(),
        })
    }

    // --- the standard door

    async fn handle(
        self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<http::Response<WasiBody>, HttpError> {
        let (mut parts, body) = request.into_parts();
        // The whole body, before anything is decided: a guest that is refused
        // while it still writes sees a closed stream and not the reason.
        let body = self.collect(body).await?;
        // What the body is long is said by whoever sends it.
        parts.headers.remove(CONTENT_LENGTH);
        let options = options.unwrap_or_default();
        let request = Request {
            method: parts.method,
            url: parts.uri.to_string(),
            headers: parts.headers,
            body,
            timeouts: Timeouts {
                connect: options.connect_timeout,
                first_byte: options.first_byte_timeout,
                between_bytes: options.between_bytes_timeout,
            },
        };
        let response = self.go(request).await.map_err(|error| http_error(&error))?;
        let body = Full::new(response.body)
            .map_err(|never| match never {})
            .boxed_unsync();
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status;
        *answer.headers_mut() = response.headers;
        Ok(answer)
    }

    /// The body of a request, up to the most that one may have.
    async fn collect(&self, mut body: WasiBody) -> Result<Option<Bytes>, HttpError> {
        if body.is_end_stream() {
            return Ok(None);
        }
        let limit = self
            .0
            .outlet
            .as_ref()
            .map_or(0, |outlet| outlet.request_bytes());
        let mut whole = Bytes::new();
        let mut long = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            if self.0.scope.take_bytes(data.len()).is_err() {
                return Err(HttpError::HttpRequestBodySize(None));
            }
            if whole.len() + long.len() + data.len() > limit {
                // Without a way out the refusal is to be of that, not of the size.
                if self.0.outlet.is_some() {
                    self.refuse(
                        Rule::Size,
                        format!(
                            "the request's body is larger than {limit} bytes (`request-bytes`)"
                        ),
                    );
                    return Err(HttpError::HttpRequestBodySize(Some(limit as u64)));
                }
                continue;
            }
            // One piece is the rule; only further ones are copied.
            if whole.is_empty() && long.is_empty() {
                whole = data;
            } else {
                if long.is_empty() {
                    long.extend_from_slice(&std::mem::take(&mut whole));
                }
                long.extend_from_slice(&data);
            }
        }
        let body = if long.is_empty() {
            whole
        } else {
            Bytes::from(long)
        };
        Ok((!body.is_empty()).then_some(body))
    }
}

type Io = Box<dyn Future<Output = Result<(), HttpError>> + Send>;

impl WasiHttpHooks for OutboundHttp {
    /// Nothing is forbidden here: the egress refuses the headers that it has to,
    /// for both outbound_http alike, and strips them from answers.
    fn is_forbidden_header(&mut self, _: &HeaderName) -> bool {
        false
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|_| false)
    }

    /// The egress knows the host.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), HttpError>> + Send> {
        let outbound_http = self.clone();
        // Counted here and not in the future: a plugin can walk away before it is
        // ever polled.
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        let sent = async move {
            let answer = outbound_http.clone().handle(request, options).await;
            outbound_http.0.under_way.fetch_sub(1, Ordering::Relaxed);
            let response = answer?;
            Ok((response, Box::new(std::future::ready(Ok(()))) as Io))
        };
        // It runs in a task of its own, and still belongs to the call: also for who does not see
        // the runtime's own span.
        Box::new(sent.in_current_span().instrument(self.0.caller.clone()))
    }
}

fn response_to(response: Response) -> wit::Response {
    let headers = response
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let body = match String::from_utf8(response.body.into()) {
        Ok(text) => wit::Body::Text(text),
        Err(error) => wit::Body::Bytes(error.into_bytes()),
    };
    wit::Response {
        status: response.status.as_u16(),
        headers,
        body,
    }
}

/// A failure that a plugin reports, with what the egress knows of the same: the
/// wait that the back end asked for, and what happened on the way.
pub(crate) fn explained(failure: Failure, last: Option<EgressError>) -> Failure {
    let (class, retry_after) = match &last {
        Some(EgressError::Unavailable { .. }) => (FailureClass::Unavailable, None),
        Some(EgressError::Unauthorised { .. }) => (FailureClass::Unauthorised, None),
        Some(EgressError::RateLimited { retry_after, .. }) => {
            (FailureClass::RateLimited, *retry_after)
        }
        Some(EgressError::UnexpectedAnswer { .. }) => (FailureClass::UnexpectedAnswer, None),
        _ => return failure,
    };
    let Some(error) = last.filter(|_| failure.class == class) else {
        return failure;
    };
    let told = error.to_string();
    let detail = match failure.detail.contains(&told) {
        true => failure.detail,
        false => format!("{}; the request: {told}", failure.detail),
    };
    Failure {
        detail,
        retry_after: failure.retry_after.or(retry_after),
        ..failure
    }
}

/// An error of the egress as the contract's failure. A refusal has none of its
/// own: the host fails the whole call.
fn failure(error: EgressError) -> values::Failure {
    let detail = match &error {
        // What stands behind a name is the operator's to know.
        EgressError::Forbidden(_) => "refused by the rules of the host".to_owned(),
        error => error.to_string(),
    };
    match error {
        EgressError::Unavailable { .. } => values::Failure::Unavailable(detail),
        EgressError::Unauthorised { .. } => values::Failure::Unauthorised(detail),
        EgressError::RateLimited { retry_after, .. } => {
            values::Failure::RateLimited(values::RateLimit {
                retry_after: retry_after.map(|wait| {
                    // A wait is rounded up, or the next try comes too early.
                    u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
                }),
                detail,
            })
        }
        _ => values::Failure::UnexpectedAnswer(detail),
    }
}

/// An error of the egress as `wasi:http`'s error code.
///
/// The codes have no word for a refused login or a rate limit. So
/// `configuration-error` stands for `unauthorised` and
/// `connection-limit-reached` for `rate-limited`, as a client of this host can
/// know; `destination-unavailable` is `unavailable`.
fn http_error(error: &EgressError) -> HttpError {
    match error {
        EgressError::Forbidden(refusal) => match refusal.rule {
            Rule::Address => HttpError::DestinationIpProhibited,
            Rule::Size => HttpError::HttpRequestHeaderSectionSize(None),
            Rule::Method => HttpError::HttpRequestMethodInvalid,
            _ => HttpError::HttpRequestDenied,
        },
        EgressError::Unavailable { .. } => HttpError::DestinationUnavailable,
        EgressError::Unauthorised { .. } => HttpError::ConfigurationError,
        EgressError::RateLimited { .. } => HttpError::ConnectionLimitReached,
        _ => HttpError::HttpProtocolError,
    }
}
