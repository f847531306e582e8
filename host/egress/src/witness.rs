//! What a recorder of requests is shown: what the plugin wrote and what it is
//! given, never what the host added.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// Is shown every request of plugins that got an answer, repetitions and
/// redirects included, in the order in which they ended. A login of the host's
/// own is not among them.
///
/// The plugin is waiting meanwhile, so an implementation only takes a note.
pub trait Witness: Send + Sync + 'static {
    /// A request and its answer.
    fn saw(&self, seen: Seen<'_>);
}

/// A request and its answer, without the connection's credential: the request as
/// it was before the credential was added, the answer with every form of it
/// masked.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
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
