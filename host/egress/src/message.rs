//! What goes in and what comes out: a request as a plugin makes it, and the
//! whole answer.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// A plugin's request, before the host adds anything.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method: `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`.
    pub method: Method,
    /// Where to: a path below the connection's address with its query
    /// (`orders?page=2`), the same under the reserved authority
    /// (`http://connection.internal/orders?page=2`), or an absolute address.
    pub url: String,
    /// The plugin's own headers.
    pub headers: HeaderMap,
    /// The body, at most [`Rules::request_bytes`](crate::Rules::request_bytes).
    pub body: Option<Bytes>,
    /// Shorter timeouts that the plugin asks for; longer ones change nothing.
    pub timeouts: Timeouts,
}

impl Request {
    /// A `GET` without headers of its own.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Request::new(Method::GET, url)
    }

    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Request {
            method,
            url: url.into(),
            headers: HeaderMap::new(),
            body: None,
            timeouts: Timeouts::default(),
        }
    }
}

/// What a plugin may ask to be shorter than the host's own timeouts, as
/// `wasi:http`'s request options have it. None: the host's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection is in hand.
    pub connect: Option<Duration>,
    /// From then until the head of the answer.
    pub first_byte: Option<Duration>,
    /// Between two pieces of the answer's body.
    pub between_bytes: Option<Duration>,
}

/// The whole answer to a request, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers, without the transport's own and without any that would
    /// carry a credential.
    pub headers: HeaderMap,
    /// The body as it came; it is never decompressed.
    pub body: Bytes,
}
