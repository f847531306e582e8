//! Outbound HTTP of a call: the interfaces `wasi:http` and `egress.send`.
//!
//! Neither interface decides anything. Each converts a request, passes it to
//! [`Outlet::send`], which has all rules, and converts the answer or the error back.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use krabice_contract::{Failure, FailureClass};
use krabice_egress::{CallScope, EgressError, Outlet, Refusal, Request, Response, Rule, Timeouts};
use tracing::{Instrument, Span};
use wasmtime_wasi_http::{
    Error as HttpError, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use crate::bindings::{egress as wit, values};
use crate::locked::locked;

/// The most headers that are put into a header map, which panics beyond 32,768. The rules
/// of the egress are stricter.
const HEADERS: usize = 2_048;

/// The outbound HTTP of one call.
#[derive(Clone)]
pub(crate) struct OutboundHttp(Arc<Inner>);

struct Inner {
    /// `None` when the call may send no requests; each one is then refused.
    outlet: Option<Arc<Outlet>>,
    scope: CallScope,
    /// The span of the code that made the call.
    caller: Span,
    /// The error of the last request without an answer. The error codes of `wasi:http`
    /// have no room for it, so a plugin cannot pass it on.
    last_error: Mutex<Option<EgressError>>,
    /// The number of requests that were begun and have no answer yet.
    under_way: AtomicU32,
}

impl OutboundHttp {
    pub(crate) fn new(outlet: Option<Arc<Outlet>>, scope: CallScope, caller: Span) -> OutboundHttp {
        OutboundHttp(Arc::new(Inner {
            outlet,
            scope,
            caller,
            last_error: Mutex::new(None),
            under_way: AtomicU32::new(0),
        }))
    }

    /// The requests of the call.
    pub(crate) fn scope(&self) -> &CallScope {
        &self.0.scope
    }

    /// The number of requests that were begun and have no answer yet.
    pub(crate) fn under_way(&self) -> u32 {
        self.0.under_way.load(Ordering::Relaxed)
    }

    /// Takes the error of the last request without an answer.
    pub(crate) fn take_last_error(&self) -> Option<EgressError> {
        locked(&self.0.last_error).take()
    }

    fn refuse(&self, rule: Rule, detail: impl Into<String>) -> EgressError {
        let refusal = Refusal::new(rule, detail);
        self.0.scope.refuse(refusal.clone());
        EgressError::Forbidden(refusal)
    }

    async fn send_request(&self, request: Request) -> Result<Response, EgressError> {
        let answer = match &self.0.outlet {
            Some(outlet) => outlet.send(&self.0.scope, request).await,
            None => Err(self.refuse(
                Rule::Host,
                "the call has no connection, and the manifest names no host",
            )),
        };
        if let Err(error) = &answer {
            *locked(&self.0.last_error) = Some(error.clone());
        }
        answer
    }

    // --- egress.send

    /// Sends a request of `egress.send`.
    pub(crate) async fn send(
        &self,
        request: wit::Request,
    ) -> Result<wit::Response, values::Failure> {
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        let answer = match self.convert(request) {
            Ok(request) => self.send_request(request).await,
            Err(error) => Err(error),
        };
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
        answer.map(guest_response).map_err(guest_failure)
    }

    fn convert(&self, request: wit::Request) -> Result<Request, EgressError> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| self.refuse(Rule::Method, "invalid method"))?;
        if request.headers.len() > HEADERS {
            let detail = format!(
                "the request has {} headers, more than {HEADERS}",
                request.headers.len()
            );
            return Err(self.refuse(Rule::Size, detail));
        }
        let mut headers = HeaderMap::with_capacity(request.headers.len());
        for (name, value) in request.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| self.refuse(Rule::Header, "invalid header name"))?;
            let value = HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(|_| {
                let detail = format!("invalid value of the header `{name}`");
                self.refuse(Rule::Header, detail)
            })?;
            headers.append(name, value);
        }
        let body = request.body.map(|body| match body {
            wit::Body::Text(text) => Bytes::from(text),
            wit::Body::Bytes(bytes) => Bytes::from(bytes),
        });
        self.0
            .scope
            .take_bytes(body.as_ref().map_or(0, Bytes::len))?;
        Ok(Request {
            method,
            url: request.url,
            headers,
            body,
            reads: request.reads,
            timeouts: Timeouts::default(),
        })
    }

    // --- wasi:http

    async fn handle(
        self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<http::Response<WasiBody>, HttpError> {
        let (mut parts, body) = request.into_parts();
        // The whole body first: a guest that is refused while it still writes gets a closed
        // stream and not the reason.
        let body = self.collect(body).await?;
        // The egress sets the length of the body.
        parts.headers.remove(CONTENT_LENGTH);
        let options = options.unwrap_or_default();
        let request = Request {
            method: parts.method,
            url: parts.uri.to_string(),
            headers: parts.headers,
            body,
            reads: false,
            timeouts: Timeouts {
                connect: options.connect_timeout,
                first_byte: options.first_byte_timeout,
                between_bytes: options.between_bytes_timeout,
            },
        };
        let sent = self.send_request(request).await;
        let response = sent.map_err(|error| http_error(&error))?;
        let body = Full::new(response.body)
            .map_err(|never| match never {})
            .boxed_unsync();
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status;
        *answer.headers_mut() = response.headers;
        Ok(answer)
    }

    /// Collects the body of a request, up to its limit.
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
                // Without an outlet the refusal is that of the missing outlet, not of the size.
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
            // A body usually comes in one piece, which is not copied.
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
    /// Forbids no header here: the egress refuses headers of requests and removes those of
    /// answers, for both interfaces.
    fn is_forbidden_header(&mut self, _: &HeaderName) -> bool {
        false
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|_| false)
    }

    /// Leaves the header `Host` to the egress.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), HttpError>> + Send> {
        let http = self.clone();
        // Counted here and not in the future, which a plugin can drop before its first poll.
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        let sent = async move {
            let answer = http.clone().handle(request, options).await;
            http.0.under_way.fetch_sub(1, Ordering::Relaxed);
            let response = answer?;
            Ok((response, Box::new(std::future::ready(Ok(()))) as Io))
        };
        // The request runs in a task of its own and still belongs to the call: to the
        // runtime's span, and to the caller's for a subscriber that filters the former.
        Box::new(sent.in_current_span().instrument(self.0.caller.clone()))
    }
}

/// Converts an answer for `egress.send`.
fn guest_response(response: Response) -> wit::Response {
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

/// Adds to a failure that a plugin reports what the egress knows of the same error: the
/// wait that the back end asked for, and the error's text.
pub(crate) fn explained(failure: Failure, last_error: Option<EgressError>) -> Failure {
    let Some(error) = last_error else {
        return failure;
    };
    let (class, retry_after) = match &error {
        EgressError::Forbidden(_) => return failure,
        EgressError::Unavailable { .. } => (FailureClass::Unavailable, None),
        EgressError::Unauthorised { .. } => (FailureClass::Unauthorised, None),
        EgressError::RateLimited { retry_after, .. } => (FailureClass::RateLimited, *retry_after),
        EgressError::UnexpectedAnswer { .. } => (FailureClass::UnexpectedAnswer, None),
    };
    if failure.class != class {
        return failure;
    }
    let explanation = error.to_string();
    let detail = if failure.detail.contains(&explanation) {
        failure.detail
    } else {
        format!("{}; the request: {explanation}", failure.detail)
    };
    Failure {
        detail,
        retry_after: failure.retry_after.or(retry_after),
        ..failure
    }
}

/// Converts an error of the egress to the contract's failure. The contract has none for a
/// refusal, because the host then fails the whole call.
fn guest_failure(error: EgressError) -> values::Failure {
    let detail = error.to_string();
    match error {
        // Only the operator may learn the address behind a name.
        EgressError::Forbidden(_) => {
            values::Failure::UnexpectedAnswer("refused by the rules of the host".to_owned())
        }
        EgressError::Unavailable { .. } => values::Failure::Unavailable(detail),
        EgressError::Unauthorised { .. } => values::Failure::Unauthorised(detail),
        EgressError::RateLimited { retry_after, .. } => {
            values::Failure::RateLimited(values::RateLimit {
                retry_after: retry_after.map(|wait| {
                    // Rounded up, or the next request comes too early.
                    u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
                }),
                detail,
            })
        }
        EgressError::UnexpectedAnswer { .. } => values::Failure::UnexpectedAnswer(detail),
    }
}

/// Converts an error of the egress to the error code of `wasi:http`.
///
/// The codes have none for a refused login and a rate limit. So `configuration-error`
/// stands for `unauthorised` and `connection-limit-reached` for `rate-limited`, which a
/// client of this host can know; `destination-unavailable` stands for `unavailable`.
fn http_error(error: &EgressError) -> HttpError {
    match error {
        EgressError::Forbidden(refusal) => match refusal.rule {
            Rule::Address => HttpError::DestinationIpProhibited,
            Rule::Size => HttpError::HttpRequestHeaderSectionSize(None),
            Rule::Method => HttpError::HttpRequestMethodInvalid,
            Rule::Url | Rule::Host | Rule::Path | Rule::Header | Rule::Requests => {
                HttpError::HttpRequestDenied
            }
        },
        EgressError::Unavailable { .. } => HttpError::DestinationUnavailable,
        EgressError::Unauthorised { .. } => HttpError::ConfigurationError,
        EgressError::RateLimited { .. } => HttpError::ConnectionLimitReached,
        EgressError::UnexpectedAnswer { .. } => HttpError::HttpProtocolError,
    }
}
