//! Answers of the API: documents and refusals.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::refusal::{Refusal, response};
use crate::rule::Rule;

/// A refusal with one text, which is what the framework answers to everything but
/// wrong fields.
pub(super) fn refusal(
    rule: &'static Rule,
    status: StatusCode,
    detail: &str,
    message: impl Into<String>,
) -> Refusal {
    Refusal::new(
        rule,
        message,
        document(status, &json!({ "detail": detail })),
    )
}

/// Status 400 with the text of one field.
pub(super) fn bad_field(rule: &'static Rule, field: &str, text: impl Into<String>) -> Refusal {
    let text = text.into();
    let response = document(StatusCode::BAD_REQUEST, &json!({ field: [text] }));
    Refusal::new(rule, format!("`{field}`: {text}"), response)
}

/// Status 404.
pub(super) fn not_found(rule: &'static Rule, message: impl Into<String>) -> Refusal {
    refusal(rule, StatusCode::NOT_FOUND, "Not found.", message)
}

pub(super) fn document(status: StatusCode, document: &Value) -> Response<Bytes> {
    response(status, "application/json", document.to_string())
}
