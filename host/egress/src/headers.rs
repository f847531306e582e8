//! Which headers pass, in both directions.

use http::header::{self, HeaderMap, HeaderName};

use crate::{Refusal, Rule, Rules};

/// Whether a header belongs to the transport: it describes one connection and
/// not the message (RFC 9110, section 7.6.1), or is what a client and a server
/// could understand differently (RFC 9112, section 11.2).
#[must_use]
pub fn is_transport(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "content-length"
            | "expect"
            | "host"
            | "http2-settings"
            | "keep-alive"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    ) || name.as_str().starts_with("proxy-")
}

/// Whether a header of an answer stays with the host, because it may carry a
/// credential: what a session cookie is worth, a plugin must not learn either.
fn is_credential(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "authorization" | "authentication-info" | "set-cookie" | "set-cookie2"
    )
}

/// Whether a plugin may not set a header: the transport's, `Authorization`
/// whatever the connection uses, and `carrier`, the header that carries the
/// connection's credential.
pub(crate) fn is_refused(name: &HeaderName, carrier: Option<&HeaderName>) -> bool {
    is_transport(name) || name == header::AUTHORIZATION || carrier == Some(name)
}

/// Checks what a plugin wants to send along.
pub(crate) fn check_request(
    headers: &HeaderMap,
    carrier: Option<&HeaderName>,
    rules: &Rules,
) -> Result<(), Refusal> {
    if headers.len() > rules.request_headers {
        return Err(Refusal::new(
            Rule::Size,
            format!(
                "the request has {} headers; {} are allowed",
                headers.len(),
                rules.request_headers
            ),
        ));
    }
    let mut bytes = 0;
    for (name, value) in headers {
        if is_refused(name, carrier) {
            return Err(Refusal::new(
                Rule::Header,
                format!("plugins may not set the header `{name}`"),
            ));
        }
        bytes += name.as_str().len() + value.len();
    }
    if bytes > rules.request_header_bytes {
        return Err(Refusal::new(
            Rule::Size,
            format!(
                "the request's headers have {bytes} bytes; {} are allowed",
                rules.request_header_bytes
            ),
        ));
    }
    Ok(())
}

/// Takes out of an answer what the plugin must not see.
pub(crate) fn strip_response(headers: &mut HeaderMap, carrier: Option<&HeaderName>) {
    let unwanted =
        |name: &HeaderName| is_transport(name) || is_credential(name) || carrier == Some(name);
    while let Some(name) = headers.keys().find(|name| unwanted(name)).cloned() {
        headers.remove(name);
    }
}
