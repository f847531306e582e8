//! Answers of the API: documents and refusals.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::rule::Rule;

/// Why a request is not processed.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) rule: &'static Rule,
    /// What exactly was wrong, for the log.
    pub(super) message: String,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Box<Value>,
}

impl Refusal {
    /// A refusal with one text, which is what the framework answers to all but
    /// wrong fields.
    pub(super) fn new(
        rule: &'static Rule,
        status: StatusCode,
        detail: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            message: message.into(),
            status,
            headers: Vec::new(),
            body: Box::new(json!({ "detail": detail })),
        }
    }

    /// 400 with the texts of one field.
    pub(super) fn field(rule: &'static Rule, field: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            rule,
            message: format!("`{field}`: {text}"),
            status: StatusCode::BAD_REQUEST,
            headers: Vec::new(),
            body: Box::new(json!({ field: [text] })),
        }
    }

    /// 404.
    pub(super) fn absent(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self::new(rule, StatusCode::NOT_FOUND, "Not found.", message)
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn response(&self) -> Response<Bytes> {
        let mut response = document(self.status, &self.body);
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

pub(super) fn document(status: StatusCode, document: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(document.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
