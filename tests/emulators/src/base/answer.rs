//! Answers of the API: it says everything with status 200.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::settings::{Scalars, Settings};
use crate::json::php;
use crate::refusal::{Refusal, response};
use crate::rule::Rule;

/// An error of the API.
pub(super) fn refusal(
    rule: &'static Rule,
    code: &'static str,
    message: impl Into<String>,
) -> Refusal {
    let message = message.into();
    let response = error(StatusCode::OK, code, &message);
    Refusal::new(rule, message, response)
}

/// `ERROR_PARSE_JSON_PARAMETERS`, whose message may be empty. Recorded by a live
/// test of an independent client.
pub(super) fn bad_parameters(rule: &'static Rule, message: impl Into<String>) -> Refusal {
    let response = error(StatusCode::OK, "ERROR_PARSE_JSON_PARAMETERS", "");
    Refusal::new(rule, message, response)
}

/// An error of the web server, or of the emulator itself.
pub(super) fn server_error(rule: &'static Rule, status: StatusCode, message: String) -> Refusal {
    let response = error(status, "ERROR", &message);
    Refusal::new(rule, message, response)
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let document = json!({ "status": "ERROR", "error_code": code, "error_message": message });
    response(status, "text/html", php(&document))
}

/// A success with its content.
pub(super) fn success(mut content: Map<String, Value>, settings: &Settings) -> Response<Bytes> {
    if settings.scalars == Scalars::Texts {
        content.values_mut().for_each(as_texts);
    }
    let mut document = Map::from_iter([("status".to_owned(), json!("SUCCESS"))]);
    document.extend(content);
    response(StatusCode::OK, "text/html", php(&Value::Object(document)))
}

fn as_texts(value: &mut Value) {
    match value {
        Value::Number(number) => *value = number.to_string().into(),
        Value::Bool(flag) => *value = if *flag { "1" } else { "0" }.into(),
        Value::Array(items) => items.iter_mut().for_each(as_texts),
        Value::Object(members) => members.values_mut().for_each(as_texts),
        Value::Null | Value::String(_) => {}
    }
}
