//! The back end of a test: expected requests with prepared answers.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;

use serde_json::Value as Json;

use crate::contract::Failure;
use crate::request::{FORM, form, push_query};
use crate::transport::{Incoming, Outgoing, Transport};

/// A request that a test expects, with its answer.
///
/// ```
/// use krabice_plugin::Failure;
/// use krabice_plugin::mock::{get, put};
/// use serde_json::json;
///
/// let found = get("orders").query("order_numbers", "O1").answers(200, json!({ "orders": [] }));
/// let written = put("orders").json(json!({ "orders": [] })).answers(200, json!({ "orders": [] }));
/// let limited = get("orders").answers(429, "").with_header("retry-after", "60");
/// let broken = get("orders").fails(Failure::unavailable("the back end took too long"));
/// ```
#[must_use = "a test expects a request by `Mock::expect`"]
pub struct Expected {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Json>,
    reads: bool,
    answer: Result<Incoming, Failure>,
}

/// Expects a GET to a path below the connection's address, percent-encoded.
pub fn get(path: &str) -> Expected {
    request("GET", path)
}

/// Expects a POST.
pub fn post(path: &str) -> Expected {
    request("POST", path)
}

/// Expects a PUT.
pub fn put(path: &str) -> Expected {
    request("PUT", path)
}

/// Expects a PATCH.
pub fn patch(path: &str) -> Expected {
    request("PATCH", path)
}

/// Expects a DELETE.
pub fn delete(path: &str) -> Expected {
    request("DELETE", path)
}

/// Expects a request without query and body, and answers it with 200 and an empty body. The methods
/// of [`Expected`] change both.
pub fn request(method: &str, path: &str) -> Expected {
    Expected {
        method: method.to_owned(),
        target: path.to_owned(),
        headers: Vec::new(),
        body: None,
        reads: false,
        answer: Ok(Incoming {
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
        }),
    }
}

impl Expected {
    /// Expects a name and a value in the query, after the ones expected before, not
    /// percent-encoded.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        push_query(&mut self.target, name, &value.to_string());
        self
    }

    /// Expects a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Expects a JSON body. Whitespace and the order of keys do not matter.
    pub fn json(mut self, body: Json) -> Self {
        self.body = Some(body);
        self.header("content-type", "application/json")
    }

    /// Expects a form body with these fields in this order, not percent-encoded.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        self.body(&form(fields)).header("content-type", FORM)
    }

    /// Expects a body of text.
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Expects that the request says by [`Request::reads`](crate::Request::reads) that it changes
    /// nothing; without this, that it does not say so.
    pub fn reads(mut self) -> Self {
        self.reads = true;
        self
    }

    /// Answers with a status and a body.
    pub fn answers(mut self, status: u16, body: impl Content) -> Self {
        let headers = match &self.answer {
            Ok(answer) => answer.headers.clone(),
            Err(_) => Vec::new(),
        };
        self.answer = Ok(Incoming {
            status,
            headers,
            body: body.content(),
        });
        self
    }

    /// Adds a header to the answer.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Ok(answer) = &mut self.answer {
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Gives no answer, but a failure of the host, as for a back end that cannot be reached.
    pub fn fails(mut self, failure: Failure) -> Self {
        self.answer = Err(failure);
        self
    }

    fn matches(&self, request: &Outgoing) -> bool {
        let body = match (&self.body, &request.body) {
            (None, None) => true,
            (Some(Json::String(text)), Some(body)) => text.as_bytes() == body,
            (Some(json), Some(body)) => {
                serde_json::from_slice::<Json>(body).is_ok_and(|it| it == *json)
            }
            _ => false,
        };
        let header = |(name, value): &(String, String)| {
            let mut headers = request.headers.iter();
            headers.any(|(other, it)| other.eq_ignore_ascii_case(name) && it == value)
        };
        self.method == request.method
            && self.target == request.target
            && self.headers.iter().all(header)
            && self.reads == request.reads
            && body
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reads = if self.reads { ", reads" } else { "" };
        write!(f, "{} {}{reads}", self.method, self.target)?;
        for (name, value) in &self.headers {
            write!(f, "\n  {name}: {value}")?;
        }
        match &self.body {
            None => Ok(()),
            Some(Json::String(text)) => write!(f, "\n  {text}"),
            Some(json) => write!(f, "\n  {json}"),
        }
    }
}

/// The body of an answer: JSON, text or bytes.
pub trait Content {
    /// The bytes of the body.
    fn content(self) -> Vec<u8>;
}

impl Content for &str {
    fn content(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Content for String {
    fn content(self) -> Vec<u8> {
        self.into_bytes()
    }
}

impl Content for Vec<u8> {
    fn content(self) -> Vec<u8> {
        self
    }
}

impl Content for Json {
    fn content(self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

/// Answers expected requests in their order.
#[derive(Default)]
pub(super) struct BackEnd {
    expected: RefCell<VecDeque<Expected>>,
}

impl BackEnd {
    pub(super) fn expect(&self, request: Expected) {
        self.expected.borrow_mut().push_back(request);
    }

    /// Panics for an expected request that was not sent.
    pub(super) fn finish(&self) {
        let left: Vec<_> = self
            .expected
            .take()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(
            left.is_empty(),
            "expected, but not sent:\n{}",
            left.join("\n")
        );
    }
}

impl Transport for BackEnd {
    fn send(&self, request: Outgoing) -> Result<Incoming, Failure> {
        let sent = || {
            let body = request
                .body
                .as_deref()
                .map(String::from_utf8_lossy)
                .unwrap_or_default();
            let reads = if request.reads { ", reads" } else { "" };
            format!(
                "{} {}{reads} {:?}\n  {body}",
                request.method, request.target, request.headers
            )
        };
        let expected = self.expected.borrow_mut().pop_front();
        let Some(expected) = expected else {
            panic!("sent, but not expected:\n{}", sent())
        };
        assert!(
            expected.matches(&request),
            "expected:\n{expected}\nsent:\n{}",
            sent()
        );
        expected.answer
    }
}
