//! A request that an API does not process: which rule it broke, and what the client gets.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};

use crate::rule::Rule;

/// Why a request is not processed, and the answer to it. Each back end has its own functions
/// that make one, in its `answer` module.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) rule: &'static Rule,
    /// What exactly was wrong, for the log.
    pub(crate) message: String,
    /// Boxed, so that a `Result` with it stays small.
    pub(crate) response: Box<Response<Bytes>>,
}

impl Refusal {
    pub(crate) fn new(
        rule: &'static Rule,
        message: impl Into<String>,
        response: Response<Bytes>,
    ) -> Self {
        Self {
            rule,
            message: message.into(),
            response: Box::new(response),
        }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.response.headers_mut().insert(name, value);
        self
    }
}

/// An answer of one status, content type and body.
pub(crate) fn response(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
