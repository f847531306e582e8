//! Answers of the API: documents and refusals.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::json::php;
use crate::refusal::{Refusal, response};
use crate::rule::Rule;

/// A refusal with a list of one message. The keys of error bodies are not documented; that they
/// are those of the usual messages is an inference.
pub(super) fn refusal(rule: &'static Rule, status: StatusCode, text: impl Into<String>) -> Refusal {
    let text = text.into();
    let body = json!({ "messages": [message(None, None, &text)] });
    Refusal::new(rule, text, document(status, &body))
}

/// Status 400.
pub(super) fn bad_request(rule: &'static Rule, text: impl Into<String>) -> Refusal {
    refusal(rule, StatusCode::BAD_REQUEST, text)
}

/// Status 404.
pub(super) fn not_found(rule: &'static Rule, text: impl Into<String>) -> Refusal {
    refusal(rule, StatusCode::NOT_FOUND, text)
}

/// One of the `messages`.
/// Upgates API v2, blueprint: Data Structures, ErrorMessage.
pub(super) fn message(object: Option<&str>, property: Option<&str>, text: &str) -> Value {
    json!({ "object": object, "property": property, "message": text, "level": "error" })
}

pub(super) fn document(status: StatusCode, document: &Value) -> Response<Bytes> {
    response(status, "application/json; charset=utf-8", php(document))
}
