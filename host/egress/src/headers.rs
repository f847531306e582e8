//! The headers that may pass in each direction, and header values that carry a
//! secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Refusal, Rule};
use crate::rules::Rules;

/// Whether a header belongs to the transport: it describes one connection and
/// not the message (RFC 9110, section 7.6.1), or a client and a server could
/// understand it differently, which splits requests (RFC 9112, section 11.2).
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

/// Whether a header of an answer may carry a credential, a session cookie
/// included. The plugin does not get it.
fn is_credential(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "authorization" | "authentication-info" | "set-cookie" | "set-cookie2"
    )
}

/// Whether a plugin may not set a header: one of the transport, `Authorization`
/// in every case, and `carrier`, the header with the connection's credential.
pub(crate) fn is_refused(name: &HeaderName, carrier: Option<&HeaderName>) -> bool {
    is_transport(name) || name == header::AUTHORIZATION || carrier == Some(name)
}

/// Checks the headers of a plugin's request.
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

/// Removes the headers of an answer that the plugin must not see.
pub(crate) fn strip_response(headers: &mut HeaderMap, carrier: Option<&HeaderName>) {
    let unwanted =
        |name: &HeaderName| is_transport(name) || is_credential(name) || carrier == Some(name);
    while let Some(name) = headers.keys().find(|name| unwanted(name)).cloned() {
        headers.remove(name);
    }
}

/// A header value that is neither printed nor kept in a table of HTTP/2; `None`
/// when the secret has characters that no header can carry.
pub(crate) fn secret_value(prefix: &str, secret: &SecretString) -> Option<HeaderValue> {
    let text = SecretString::from(format!("{prefix}{}", secret.expose_secret()));
    let mut value = HeaderValue::from_str(text.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The value of HTTP Basic (RFC 7617).
pub(crate) fn basic_value(username: &SecretString, password: &SecretString) -> HeaderValue {
    let encoded = STANDARD.encode(basic_pair(username, password).expose_secret());
    secret_value("Basic ", &encoded.into()).expect("base64 has only characters of headers")
}

/// The pair that HTTP Basic encodes. Masking it masks its base64, too.
pub(crate) fn basic_pair(username: &SecretString, password: &SecretString) -> SecretString {
    format!("{}:{}", username.expose_secret(), password.expose_secret()).into()
}
