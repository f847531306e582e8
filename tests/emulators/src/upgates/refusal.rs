//! Answers of the API: documents, files and refusals.

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
    pub(super) status: StatusCode,
    pub(super) message: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, where it is not the usual list of messages.
    pub(super) body: Option<Box<Value>>,
}

impl Refusal {
    pub(super) fn new(rule: &'static Rule, status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            rule,
            status,
            message: message.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Status 400.
    pub(super) fn bad(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self::new(rule, StatusCode::BAD_REQUEST, message)
    }

    /// Status 404.
    pub(super) fn absent(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self::new(rule, StatusCode::NOT_FOUND, message)
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn response(&self) -> Response<Bytes> {
        // The keys of error bodies are not documented; that they hold the
        // usual messages is an inference.
        let usual = || Box::new(json!({ "messages": [message(None, None, &self.message)] }));
        let mut response = document(self.status, &self.body.clone().unwrap_or_else(usual));
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

/// One of the `messages`.
/// Upgates API v2, blueprint: Data Structures, ErrorMessage.
pub(super) fn message(object: Option<&str>, property: Option<&str>, text: &str) -> Value {
    json!({ "object": object, "property": property, "message": text, "level": "error" })
}

pub(super) fn document(status: StatusCode, document: &Value) -> Response<Bytes> {
    answer(status, "application/json; charset=utf-8", php(document))
}

pub(super) fn answer(
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
