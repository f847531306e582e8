//! Answers of the API: documents and refusals.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::json::php;
use crate::refusal::{Refusal, response};
use crate::rule::Rule;

/// A refusal with a code (`error`) and a text for people (`error_description`).
pub(super) fn refusal(
    rule: &'static Rule,
    status: StatusCode,
    code: &'static str,
    text: impl Into<String>,
) -> Refusal {
    let text = text.into();
    let body = json!({ "error": code, "error_description": text });
    Refusal::new(rule, text, document(status, &body))
}

/// Status 400 with its usual code.
pub(super) fn bad_request(rule: &'static Rule, text: impl Into<String>) -> Refusal {
    refusal(rule, StatusCode::BAD_REQUEST, "invalid_request", text)
}

pub(super) fn document(status: StatusCode, document: &Value) -> Response<Bytes> {
    response(status, "application/json", php(document))
}
