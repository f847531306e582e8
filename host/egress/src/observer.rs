//! Observation of requests, for recorders of tests. An observer gets what the plugin
//! wrote and what the plugin receives, never what the host added.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// Gets every request of a plugin that was answered, repetitions and redirects
/// included, in the order in which they ended. The host's own logins are left out.
///
/// The plugin waits meanwhile, so an implementation should return at once.
pub trait RequestObserver: Send + Sync + 'static {
    /// Receives a request and its answer.
    fn exchanged(&self, seen: ObservedExchange<'_>);

    /// Receives a request that passed the rules, before its host is resolved. The
    /// request may never get an answer.
    fn sending(&self, _: ObservedRequest<'_>) {}
}

/// A request before it is sent, without the connection's credential.
#[derive(Debug, Clone)]
pub struct ObservedRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The origin of a host that the manifest names, such as
    /// `https://reports.example.com`; `None` for the connection's own address.
    pub host: Option<String>,
    /// Path and query.
    pub path: &'a str,
    /// The plugin's own headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: Option<&'a Bytes>,
}

/// A request and its answer without the connection's credential: the request as it
/// was before the credential was added, the answer with every form of it masked.
#[derive(Debug, Clone)]
pub struct ObservedExchange<'a> {
    /// The method.
    pub method: &'a Method,
    /// The full address: `http://127.0.0.1:8080/api/orders?page=2`.
    pub url: String,
    /// The plugin's own headers.
    pub request_headers: &'a HeaderMap,
    /// The request's body.
    pub request_body: Option<&'a Bytes>,
    /// The status of the answer.
    pub status: StatusCode,
    /// The headers of the answer that the plugin receives.
    pub response_headers: HeaderMap,
    /// The body of the answer.
    pub response_body: Bytes,
}
