//! Both interfaces to the network behind one function, so that every test of egress
//! runs through each.

use waki::bindings::wasi::http::outgoing_handler;
use waki::bindings::wasi::http::types::{Fields, FutureIncomingResponse, OutgoingRequest, Scheme};

use super::bindings::boxes::egress::{self, Body};
use super::bindings::boxes::values::Failure;
use super::bindings::integration::Call;

/// The placeholder for the connection's address in `wasi:http`.
const CONNECTION: &str = "http://connection.internal/";

/// An answer.
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// A request that has not been sent yet.
pub(super) struct Request {
    through_send: bool,
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    reads: bool,
}

impl Request {
    /// A request through the interface of the parameter `interface`. The address is a path below the
    /// connection's, or absolute.
    pub(super) fn new(call: &Call, method: &'static str, url: &str) -> Request {
        Request {
            through_send: super::text(call, "interface") == "send",
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            reads: false,
        }
    }

    /// The request by `egress.send`, which alone can say that it changes nothing.
    pub(super) fn reads(mut self) -> Request {
        self.through_send = true;
        self.reads = true;
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn body(mut self, body: Vec<u8>) -> Request {
        self.body = Some(body);
        self
    }

    pub(super) fn send(self) -> Result<Received, Failure> {
        if self.through_send {
            self.through_egress_send()
        } else {
            self.through_wasi_http()
        }
    }

    fn through_egress_send(self) -> Result<Received, Failure> {
        let body = self.body.map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => Body::Text(text),
            Err(error) => Body::Bytes(error.into_bytes()),
        });
        let response = egress::send(&egress::Request {
            method: self.method.to_owned(),
            url: self.url,
            headers: self.headers,
            body,
            reads: self.reads,
        })?;
        Ok(Received {
            status: response.status,
            headers: response.headers,
            body: match response.body {
                Body::Text(text) => text.into_bytes(),
                Body::Bytes(bytes) => bytes,
            },
        })
    }

    fn through_wasi_http(self) -> Result<Received, Failure> {
        let url = absolute(&self.url);
        let client = waki::Client::new();
        let mut request = match self.method {
            "POST" => client.post(&url),
            "PUT" => client.put(&url),
            _ => client.get(&url),
        };
        for (name, value) in self.headers {
            let name = waki::header::HeaderName::try_from(name).map_err(unreadable)?;
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().map_err(|error| refused(&error))?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        Ok(Received {
            status: response.status_code(),
            headers,
            body: response.body().map_err(|error| refused(&error))?,
        })
    }
}

/// Starts a GET through `wasi:http` without waiting for its answer.
pub(super) fn start(path: &str, headers: Fields) -> Result<FutureIncomingResponse, Failure> {
    let request = OutgoingRequest::new(headers);
    let set = request
        .set_scheme(Some(&Scheme::Http))
        .and_then(|()| request.set_authority(Some("connection.internal")))
        .and_then(|()| request.set_path_with_query(Some(&format!("/{path}"))));
    set.map_err(|()| Failure::UnexpectedAnswer("the request was not accepted".to_owned()))?;
    outgoing_handler::handle(request, None)
        .map_err(|code| Failure::UnexpectedAnswer(format!("{code:?}")))
}

/// Makes a header list directly in `wasi:http`, without the limits of a client
/// library.
pub(super) fn header_list(entries: &[(String, Vec<u8>)]) -> Result<Fields, Failure> {
    Fields::from_list(entries).map_err(|error| Failure::UnexpectedAnswer(format!("{error:?}")))
}

/// Sends a GET with a header list through `wasi:http`.
pub(super) fn send_with(path: &str, headers: Fields) -> Result<u16, Failure> {
    let pending = start(path, headers)?;
    pending.subscribe().block();
    match pending.get() {
        Some(Ok(Ok(response))) => Ok(response.status()),
        other => Err(Failure::UnexpectedAnswer(format!("{other:?}"))),
    }
}

fn absolute(url: &str) -> String {
    if url.contains("://") {
        url.to_owned()
    } else {
        format!("{CONNECTION}{}", url.trim_start_matches('/'))
    }
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::UnexpectedAnswer(error.to_string())
}

/// The host's error code as a failure with the code's name, so that tests can check
/// which code the guest got.
fn refused(error: &anyhow::Error) -> Failure {
    use waki::ErrorCode as Code;
    match error.downcast_ref::<Code>() {
        Some(
            code @ (Code::ConnectionRefused
            | Code::ConnectionTimeout
            | Code::ConnectionTerminated
            | Code::HttpResponseTimeout
            | Code::DestinationUnavailable),
        ) => Failure::Unavailable(format!("{code:?}")),
        Some(code) => Failure::UnexpectedAnswer(format!("{code:?}")),
        None => Failure::UnexpectedAnswer(error.to_string()),
    }
}
