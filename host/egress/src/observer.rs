//! What a recorder of requests is shown: what the plugin wrote and what it is
//! given, never what the host added.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// Is shown every request of plugins that got an answer, repetitions and
/// redirects included, in the order in which they ended. A login of the host's
/// own is not among them.
///
/// The plugin is waiting meanwhile, so an implementation only takes a note.
pub trait RequestObserver: Send + Sync + 'static {
    /// A request and its answer.
    fn exchanged(&self, seen: ObservedExchange<'_>);

    /// A request that the rules let go, before its host is even looked up: also one
    /// that is never answered.
    fn sending(&self, _: ObservedRequest<'_>) {}
}

/// A request that is about to leave, without the connection's credential.
#[derive(Debug, Clone)]
pub struct ObservedRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The host of the manifest that it goes to, `https://reports.example.com`; none
    /// where it goes to the connection's own address.
    pub host: Option<String>,
    /// Path and query.
    pub path: &'a str,
    /// The plugin's own headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: Option<&'a Bytes>,
}

/// A request and its answer, without the connection's credential: the request as
/// it was before the credential was added, the answer with every form of it
/// masked.
#[derive(Debug, Clone)]
pub struct ObservedExchange<'a> {
    /// The method.
    pub method: &'a Method,
    /// Where it went: `http://127.0.0.1:8080/api/orders?page=2`.
    pub url: String,
    /// The plugin's own headers.
    pub request_headers: &'a HeaderMap,
    /// The request's body.
    pub request_body: Option<&'a Bytes>,
    /// The status of the answer.
    pub status: StatusCode,
    /// The headers of the answer, without those of the transport.
    pub response_headers: HeaderMap,
    /// The body of the answer.
    pub response_body: Bytes,
}
