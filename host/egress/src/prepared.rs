//! A request that passed the rules, ready to be sent.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use http_body_util::Full;
use krabice_contract::manifest::Effect;
use tokio::time::Instant;

use crate::encoding;
use crate::message::Timeouts;
use crate::policy::{Destination, Target};
use crate::secret_mask::SecretMask;
use crate::signature::Signer;

/// The header `User-Agent` of requests on which the plugin sets none.
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("krabice/", env!("CARGO_PKG_VERSION")));

/// A plugin's request that passed the rules.
///
/// What can be read of it is what the plugin wrote. What the host adds, such as the
/// credential, is kept apart and shown to nobody.
pub struct Prepared {
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) timeouts: Timeouts,
    /// The effect on the back end, which decides what is repeated.
    pub(crate) effect: Effect,
    /// The end of the time for the request as a whole.
    pub(crate) due: Instant,
}

/// What the host adds to a request for one sending.
#[derive(Default)]
pub(crate) struct Sensitive<'a> {
    /// Headers that carry a credential.
    pub(crate) headers: HeaderMap,
    /// The path and query, when a credential is in them.
    pub(crate) path: Option<PathAndQuery>,
    /// The mask of what was made for a while or for this sending: a token, a signature.
    pub(crate) mask: Option<SecretMask>,
    /// Signs the request once nothing is left to wait for.
    pub(crate) signer: Option<&'a Signer>,
}

impl Prepared {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The full address, without a credential: `http://127.0.0.1:8080/api/orders?page=2`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.target.destination.origin(), self.target.path)
    }

    /// The origin of a host that the manifest names, such as
    /// `https://reports.example.com`; `None` for the connection's own address.
    #[must_use]
    pub fn named_host(&self) -> Option<String> {
        match &self.target.destination {
            Destination::Own(_) => None,
            Destination::Named(origin) => Some(origin.to_string()),
        }
    }

    /// Path and query, without a credential.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.path.as_str()
    }

    /// The plugin's own headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// Whether the request goes to the connection's own address.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.target.destination, Destination::Own(_))
    }

    /// The request as it is sent: with everything that the host adds.
    ///
    /// The signature is made here, so this is called when a connection is ready to carry
    /// the request, and again for another connection.
    pub(crate) fn complete(&self, added: &mut Sensitive<'_>) -> http::Request<Full<Bytes>> {
        if let Some(signer) = added.signer {
            let body = self.body.as_deref().unwrap_or_default();
            signer.sign(body, SystemTime::now(), added);
        }
        let mut headers = self.headers.clone();
        for (name, value) in &added.headers {
            headers.insert(name, value.clone());
        }
        headers.insert(header::HOST, self.target.destination.host_header());
        headers.insert(header::ACCEPT_ENCODING, encoding::ACCEPTED);
        headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
        // hyper writes the length of a body and nothing for an empty one, but these methods
        // need the length 0 (RFC 9110, section 8.6).
        if matches!(self.method, Method::POST | Method::PUT | Method::PATCH)
            && self.body.as_ref().is_none_or(Bytes::is_empty)
        {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let path = added.path.as_ref().unwrap_or(&self.target.path);
        let mut request = http::Request::new(Full::new(self.body.clone().unwrap_or_default()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Uri::from(path.clone());
        *request.headers_mut() = headers;
        request
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}
