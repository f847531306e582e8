//! Bodies of requests, read strictly: only keys that the endpoint documents, and
//! only values of the documented type.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a JSON value of any other type is refused alike"
)]

use serde_json::{Map, Value};

use super::answer::{bad_request, refusal};
use super::{rules, time};
use crate::back_end::Call;
use crate::refusal::Refusal;

/// The type of a value in a body.
/// Upgates API v2, blueprint: Datové typy; Postman collection (numbers and
/// flags as text).
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Bool,
    Int,
    /// Any number, also as text.
    Number,
    /// A date, or an empty text.
    Date,
    Object(&'static [(&'static str, Kind)]),
    Many(&'static [(&'static str, Kind)]),
    /// Documented, but not emulated.
    NotEmulated,
}

/// The keys that an object may have.
pub(super) type Shape = &'static [(&'static str, Kind)];

/// Reads a body, which is one JSON object.
pub(super) fn read(call: &Call) -> Result<Map<String, Value>, Refusal> {
    // Upgates API v2, blueprint: Základní informace.
    let announced = call.header("content-type").unwrap_or_default();
    let (kind, parameter) = announced.split_once(';').unwrap_or((announced, ""));
    let utf8 = matches!(
        parameter.trim().to_ascii_lowercase().as_str(),
        "" | "charset=utf-8" | "charset=\"utf-8\""
    );
    if !kind.trim().eq_ignore_ascii_case("application/json") || !utf8 {
        let message =
            format!("the body is announced as `{announced}` instead of `application/json`");
        return Err(bad_request(&rules::CONTENT_TYPE, message));
    }
    // Upgates API v2, blueprint: Stavové kódy, 400.
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(bad_request(
            &rules::JSON_BODY,
            "the body is not a JSON object",
        )),
        Err(error) => Err(bad_request(
            &rules::JSON_BODY,
            format!("the body is not JSON: {error}"),
        )),
    }
}

/// Checks an object against the keys it may have.
pub(super) fn check(object: &Map<String, Value>, shape: Shape, path: &str) -> Result<(), Refusal> {
    for (key, value) in object {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let Some((_, kind)) = shape.iter().find(|(known, _)| known == key) else {
            return Err(bad_request(
                &rules::UNKNOWN_KEY,
                format!("unknown key `{path}`"),
            ));
        };
        check_value(value, *kind, &path)?;
    }
    Ok(())
}

fn check_value(value: &Value, kind: Kind, path: &str) -> Result<(), Refusal> {
    let expected = match kind {
        Kind::Text if value.is_string() => return Ok(()),
        Kind::Text => "a text",
        Kind::Bool if flag(value).is_some() => return Ok(()),
        Kind::Bool => "true, false, 1, 0, \"1\" or \"0\"",
        Kind::Int if int(value).is_some() => return Ok(()),
        Kind::Int => "a whole number",
        Kind::Number if is_number(value) => return Ok(()),
        Kind::Number => "a number",
        Kind::Date
            if value
                .as_str()
                .is_some_and(|text| text.is_empty() || time::read(text).is_some()) =>
        {
            return Ok(());
        }
        Kind::Date => "a date by ISO 8601",
        Kind::Object(shape) => match value {
            Value::Object(object) => return check(object, shape, path),
            _ => "an object",
        },
        Kind::Many(shape) => match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    check_value(item, Kind::Object(shape), &format!("{path}[{index}]"))?;
                }
                return Ok(());
            }
            _ => "a list of objects",
        },
        Kind::NotEmulated => {
            let message = format!("`{path}` is not emulated");
            return Err(refusal(
                &rules::NOT_EMULATED,
                http::StatusCode::NOT_IMPLEMENTED,
                message,
            ));
        }
    };
    Err(bad_request(
        &rules::BODY_VALUE,
        format!("`{path}` cannot be `{value}`: expected {expected}"),
    ))
}

/// A bool: true or false, 1 or 0, "1" or "0".
/// Upgates API v2, blueprint: Datové typy; Postman collection, PUT /orders.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) if number.as_i64() == Some(1) => Some(true),
        Value::Number(number) if number.as_i64() == Some(0) => Some(false),
        Value::String(text) if text == "1" => Some(true),
        Value::String(text) if text == "0" => Some(false),
        _ => None,
    }
}

/// Upgates API v2, blueprint: Datové typy, float; numbers as text as in the Postman
/// collection.
fn is_number(value: &Value) -> bool {
    let text = value
        .as_str()
        .is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite));
    value.is_number() || text
}

/// A whole number, also as text.
/// Postman collection, PUT /orders (`status_id` and `dimensions` as text).
pub(super) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
