//! Answers of the API: 200 for everything that the API itself says.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::settings::{Scalars, Settings};
use crate::json::php;
use crate::rule::Rule;

/// Why a request is not processed.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) rule: &'static Rule,
    /// What exactly was wrong, for the log.
    pub(super) message: String,
    status: StatusCode,
    code: &'static str,
    /// Whether the answer says what was wrong.
    told: bool,
}

impl Refusal {
    /// An error of the API: 200.
    pub(super) fn new(rule: &'static Rule, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            rule,
            message: message.into(),
            status: StatusCode::OK,
            code,
            told: true,
        }
    }

    /// `ERROR_PARSE_JSON_PARAMETERS`, whose message may be empty. Recorded by a live
    /// test of an independent client.
    pub(super) fn of_parameters(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            told: false,
            ..Self::new(rule, "ERROR_PARSE_JSON_PARAMETERS", message)
        }
    }

    /// What the web server says, or the emulator itself.
    pub(super) fn with_status(
        rule: &'static Rule,
        status: StatusCode,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            ..Self::new(rule, "ERROR", message)
        }
    }

    pub(super) fn response(&self, settings: &Settings) -> Response<Bytes> {
        let message = if self.told { self.message.as_str() } else { "" };
        let document =
            json!({ "status": "ERROR", "error_code": self.code, "error_message": message });
        answer(self.status, &document, settings)
    }
}

/// A success with what it carries.
pub(super) fn success(mut carried: Map<String, Value>, settings: &Settings) -> Response<Bytes> {
    if settings.scalars == Scalars::Texts {
        carried.values_mut().for_each(as_texts);
    }
    let mut document = Map::from_iter([("status".to_owned(), json!("SUCCESS"))]);
    document.extend(carried);
    answer(StatusCode::OK, &Value::Object(document), settings)
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

fn answer(status: StatusCode, document: &Value, settings: &Settings) -> Response<Bytes> {
    let mut response = Response::new(php(document));
    *response.status_mut() = status;
    if let Ok(label) = HeaderValue::from_str(&settings.content_type) {
        response.headers_mut().insert(CONTENT_TYPE, label);
    }
    response
}
