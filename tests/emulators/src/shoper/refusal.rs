//! Answers of the API: documents and refusals.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::json::php;
use crate::rule::Rule;

/// Why a request is not processed.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) rule: &'static Rule,
    status: StatusCode,
    /// The machine's word: `error`.
    word: &'static str,
    /// The person's text: `error_description`.
    pub(super) message: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(super) fn new(
        rule: &'static Rule,
        status: StatusCode,
        word: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            status,
            word,
            message: message.into(),
            headers: Vec::new(),
        }
    }

    /// Status 400 and its usual word.
    pub(super) fn bad(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self::new(rule, StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn response(&self) -> Response<Bytes> {
        let body = json!({ "error": self.word, "error_description": self.message });
        let mut response = document(self.status, &body);
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

pub(super) fn document(status: StatusCode, document: &Value) -> Response<Bytes> {
    let mut response = Response::new(php(document));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
