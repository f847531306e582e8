//! A request as a plugin makes it, and the whole answer to it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// A plugin's request, before the host adds anything.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method: `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`.
    pub method: Method,
    /// The target: a path below the connection's address with its query
    /// (`orders?page=2`), the same under the reserved authority
    /// (`http://connection.internal/orders?page=2`), or an absolute address.
    pub url: String,
    /// The plugin's own headers.
    pub headers: HeaderMap,
    /// The body, at most [`Rules::request_bytes`](crate::Rules::request_bytes).
    pub body: Option<Bytes>,
    /// Whether the plugin says that the request changes nothing at the back end. In a
    /// function that writes it is then repeated like one of a function that reads.
    pub reads: bool,
    /// Timeouts that the plugin asks for. Those longer than the host's have no effect.
    pub timeouts: Timeouts,
}

impl Request {
    /// Makes a `GET` without headers.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Request::new(Method::GET, url)
    }

    /// Makes a request without headers and body, which may write.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Request {
            method,
            url: url.into(),
            headers: HeaderMap::new(),
            body: None,
            reads: false,
            timeouts: Timeouts::default(),
        }
    }
}

/// Timeouts of one request, as the request options of `wasi:http` have them.
/// `None` stands for the host's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection is established.
    pub connect: Option<Duration>,
    /// From the connection until the head of the answer.
    pub first_byte: Option<Duration>,
    /// Between two pieces of the answer's body.
    pub between_bytes: Option<Duration>,
}

/// The whole answer to a request, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those of the transport and those that carry a
    /// credential.
    pub headers: HeaderMap,
    /// The body, decompressed if it came by gzip or deflate.
    pub body: Bytes,
}
