//! The headers that may pass in each direction, and header values that carry a
//! secret.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Refusal, Rule};
use crate::outlet_builder::OutletError;
use crate::rules::Rules;

/// The headers that carry the connection's credential: the second one is the time stamp
/// of a signature.
pub(crate) type Carriers<'a> = [Option<&'a HeaderName>; 2];

/// Whether a header belongs to the transport: it describes one connection and
/// not the message (RFC 9110, section 7.6.1), or a client and a server could
/// understand it differently, which splits requests (RFC 9112, section 11.2).
#[must_use]
pub fn is_transport(name: &HeaderName) -> bool {
    is_transport_name(name.as_str())
}

fn is_transport_name(name: &str) -> bool {
    matches!(
        name,
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
    ) || name.starts_with("proxy-")
}

/// Whether some servers take a header for the request's real method, path or host, so
/// that the request would lead elsewhere than its first line says.
fn leads_elsewhere(name: &str) -> bool {
    matches!(
        name,
        // The method: Google's APIs and nearly every framework, OData and SharePoint, and
        // IBM (README of expressjs/method-override); ingress-nginx tells it to the service
        // that authorises a request.
        "x-http-method-override"
            | "x-http-method"
            | "x-method-override"
            | "x-original-method"
            // The path: IIS URL Rewrite and ISAPI_Rewrite, whose headers Symfony and Zend
            // believed from anybody (CVE-2018-14773).
            | "x-original-url"
            | "x-rewrite-url"
            // The same from ingress-nginx, Envoy and Azure App Service; and the part of the
            // path that a WSGI application behind a proxy leaves out.
            | "x-original-uri"
            | "x-envoy-original-path"
            | "x-waws-unencoded-url"
            | "x-script-name"
            // The host: Azure Application Gateway; RFC 7239.
            | "x-original-host"
            | "forwarded"
    )
        // Host, port, scheme, path (`-Prefix`, `-Path`, `-Uri`) and method in the words of
        // a proxy. Many back ends believe every sender (Laminas: LP-2022-02), and one that
        // serves many shops chooses among them by this host. This host is no proxy.
        || name.starts_with("x-forwarded-")
}

/// Whether a header of an answer may carry a credential, a session cookie
/// included. The plugin does not get it.
fn is_credential(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "authorization" | "authentication-info" | "set-cookie" | "set-cookie2"
    )
}

/// Whether a plugin may not set a header: one of the transport, `Authorization` in
/// every case, `carrier`, the header with the connection's credential, and one that leads
/// to another path, host or method.
///
/// CGI and its successors (RFC 3875, section 4.1.18) make `HTTP_X_API_KEY` of
/// `X-Api-Key` and of `X_Api_Key`, and old ones of any other sign too, so all of these
/// are one name.
pub(crate) fn is_refused(name: &HeaderName, carriers: Carriers<'_>) -> bool {
    let folded = folded(name);
    is_transport_name(&folded)
        || folded == header::AUTHORIZATION.as_str()
        || leads_elsewhere(&folded)
        || carriers
            .into_iter()
            .flatten()
            .any(|carrier| self::folded(carrier) == folded)
}

/// A name with `-` for every sign.
fn folded(name: &HeaderName) -> Cow<'_, str> {
    let sign = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    let name = name.as_str();
    if name.contains(sign) {
        name.replace(sign, "-").into()
    } else {
        name.into()
    }
}

/// Checks the headers of a plugin's request.
pub(crate) fn check_request(
    headers: &HeaderMap,
    carriers: Carriers<'_>,
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
        if is_refused(name, carriers) {
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
pub(crate) fn strip_response(headers: &mut HeaderMap, carriers: Carriers<'_>) {
    let unwanted = |name: &HeaderName| {
        is_transport(name) || is_credential(name) || carriers.contains(&Some(name))
    };
    while let Some(name) = headers.keys().find(|name| unwanted(name)).cloned() {
        headers.remove(name);
    }
}

/// A header value that is neither printed nor kept in a table of HTTP/2; `None`
/// when the secret has characters that are not allowed in a header.
pub(crate) fn secret_value(prefix: &str, secret: &SecretString) -> Option<HeaderValue> {
    let text = SecretString::from(format!("{prefix}{}", secret.expose_secret()));
    let mut value = HeaderValue::from_str(text.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Reads the name of a header that the manifest gives.
pub(crate) fn header_name(name: &str) -> Result<HeaderName, OutletError> {
    HeaderName::try_from(name).map_err(|_| {
        OutletError::new(format!(
            "the manifest's header `{name}` is not a header name"
        ))
    })
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
