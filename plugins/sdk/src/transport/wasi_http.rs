//! Requests through the standard `wasi:http`, by waki.

use waki::{Client, ErrorCode, Method};

use super::egress_send::EgressSend;
use super::{Incoming, Outgoing, Transport};
use crate::contract::Failure;

/// The address that the host replaces by the connection's. `wasi:http` cannot express a path
/// without an authority, and this authority belongs to nobody (`.internal` is reserved for private
/// use).
const CONNECTION: &str = "http://connection.internal/";

pub(crate) struct WasiHttp;

impl Transport for WasiHttp {
    fn send(&self, request: Outgoing) -> Result<Incoming, Failure> {
        if request.reads {
            return EgressSend.send(request);
        }
        let url = if request.target.contains("://") {
            request.target
        } else {
            format!("{CONNECTION}{}", request.target.trim_start_matches('/'))
        };
        let mut outgoing = Client::new().request(method(request.method), &url);
        if let Some(body) = request.body {
            // Without the length the body goes out chunked, which some gateways refuse.
            outgoing = outgoing.header("content-length", body.len()).body(body);
        }
        for (name, value) in request.headers {
            let name = waki::header::HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                Failure::unexpected_answer("the plugin set a header with an invalid name")
            })?;
            outgoing = outgoing.header(name, value);
        }
        let response = outgoing.send().map_err(|error| failure(&error))?;
        let status = response.status_code();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let body = response
            .body()
            .map_err(|_| Failure::unavailable("the answer broke off"))?;
        Ok(Incoming {
            status,
            headers,
            body,
        })
    }
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        other => Method::Other(other.to_owned()),
    }
}

/// The failure for an error of the host. Texts that come with an error are left out: they could
/// repeat an address with a parameter's value in it.
fn failure(error: &anyhow::Error) -> Failure {
    use ErrorCode as Code;
    let Some(code) = error.downcast_ref::<Code>() else {
        // The host refused the request while its body was being written: the stream is closed,
        // and the error code is lost.
        return Failure::unavailable("the host broke off the request");
    };
    match code {
        Code::DnsTimeout | Code::DnsError(_) | Code::DestinationNotFound => {
            Failure::unavailable("the name of the back end was not found")
        }
        Code::ConnectionRefused | Code::DestinationUnavailable | Code::DestinationIpUnroutable => {
            Failure::unavailable("the back end gives no answer")
        }
        Code::ConnectionTimeout
        | Code::ConnectionReadTimeout
        | Code::ConnectionWriteTimeout
        | Code::HttpResponseTimeout => Failure::unavailable("the back end took too long"),
        Code::ConnectionTerminated | Code::HttpResponseIncomplete => {
            Failure::unavailable("the back end broke off the connection")
        }
        // No code of `wasi:http` means the next two; the host uses these codes for them.
        Code::ConnectionLimitReached => Failure::rate_limited(
            None,
            "the host keeps the requests below the back end's limit",
        ),
        Code::ConfigurationError => {
            Failure::unauthorised("the login of the connection was refused")
        }
        Code::TlsProtocolError | Code::TlsCertificateError | Code::TlsAlertReceived(_) => {
            Failure::unavailable("no secure connection to the back end")
        }
        Code::HttpRequestDenied | Code::DestinationIpProhibited => {
            Failure::unavailable("refused by the host")
        }
        Code::HttpResponseBodySize(_)
        | Code::HttpResponseHeaderSectionSize(_)
        | Code::HttpResponseHeaderSize(_)
        | Code::HttpResponseTrailerSectionSize(_)
        | Code::HttpResponseTrailerSize(_) => {
            Failure::unexpected_answer("the answer is larger than the host allows")
        }
        Code::HttpProtocolError
        | Code::HttpResponseTransferCoding(_)
        | Code::HttpResponseContentCoding(_)
        | Code::HttpUpgradeFailed
        | Code::LoopDetected => {
            Failure::unexpected_answer("the answer breaks a limit of the host, or is not HTTP")
        }
        Code::HttpRequestLengthRequired
        | Code::HttpRequestBodySize(_)
        | Code::HttpRequestMethodInvalid
        | Code::HttpRequestUriInvalid
        | Code::HttpRequestUriTooLong
        | Code::HttpRequestHeaderSectionSize(_)
        | Code::HttpRequestHeaderSize(_)
        | Code::HttpRequestTrailerSectionSize(_)
        | Code::HttpRequestTrailerSize(_) => {
            Failure::unexpected_answer("the host refuses the form of the request")
        }
        Code::InternalError(_) => Failure::unavailable("the host could not send the request"),
    }
}
