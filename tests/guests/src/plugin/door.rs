//! Both doors to the network behind one function, so that every test of egress
//! runs through each.

use waki::bindings::wasi::http::outgoing_handler;
use waki::bindings::wasi::http::types::{Fields, FutureIncomingResponse, OutgoingRequest, Scheme};

use super::bindings::boxes::egress::{self, Body};
use super::bindings::boxes::values::Failure;
use super::bindings::integration::Call;

/// Where the connection's address stands in the standard door.
const CONNECTION: &str = "http://connection.internal/";

/// What came back.
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// A request that has not left yet.
pub(super) struct Request {
    through_send: bool,
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request through the door that the parameter `door` names. The address
    /// is a path below the connection's, or absolute.
    pub(super) fn new(call: &Call, method: &'static str, url: &str) -> Request {
        Request {
            through_send: super::text(call, "door") == "send",
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
        }
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
            self.through_narrow_door()
        } else {
            self.through_standard_door()
        }
    }

    fn through_narrow_door(self) -> Result<Received, Failure> {
        let body = self.body.map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => Body::Text(text),
            Err(error) => Body::Bytes(error.into_bytes()),
        });
        let response = egress::send(&egress::Request {
            method: self.method.to_owned(),
            url: self.url,
            headers: self.headers,
            body,
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

    fn through_standard_door(self) -> Result<Received, Failure> {
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

/// Starts a request through the standard door and does not wait for it.
pub(super) fn start(path: &str) -> Result<FutureIncomingResponse, Failure> {
    let request = OutgoingRequest::new(Fields::new());
    let set = request
        .set_scheme(Some(&Scheme::Http))
        .and_then(|()| request.set_authority(Some("connection.internal")))
        .and_then(|()| request.set_path_with_query(Some(&format!("/{path}"))));
    set.map_err(|()| Failure::UnexpectedAnswer("the request was not accepted".to_owned()))?;
    outgoing_handler::handle(request, None)
        .map_err(|code| Failure::UnexpectedAnswer(format!("{code:?}")))
}

/// Makes a header list straight through the standard door, past the limits that
/// a client library keeps.
pub(super) fn header_list(entries: &[(String, Vec<u8>)]) -> Result<Fields, Failure> {
    Fields::from_list(entries).map_err(|error| Failure::UnexpectedAnswer(format!("{error:?}")))
}

/// Sends a GET with a ready header list through the standard door.
pub(super) fn send_with(path: &str, headers: Fields) -> Result<u16, Failure> {
    let request = OutgoingRequest::new(headers);
    let set = request
        .set_scheme(Some(&Scheme::Http))
        .and_then(|()| request.set_authority(Some("connection.internal")))
        .and_then(|()| request.set_path_with_query(Some(&format!("/{path}"))));
    set.map_err(|()| Failure::UnexpectedAnswer("the request was not accepted".to_owned()))?;
    let pending = outgoing_handler::handle(request, None)
        .map_err(|code| Failure::UnexpectedAnswer(format!("{code:?}")))?;
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

/// The host's error code as a failure, by name, so that tests can see that the
/// guest was told the truth.
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
