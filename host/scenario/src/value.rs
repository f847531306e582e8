//! Values: what variables, parameters and fields hold.

use indexmap::IndexMap;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::file::File;
use crate::kind::Kind;

/// The deepest nesting of JSON that becomes a value.
const JSON_DEPTH: usize = 16;

/// One value.
///
/// The serde form is for storage: externally tagged, so that a value is read back
/// with its type (`{"decimal":"1230.50"}`). Templates and [`Value::to_plain_json`]
/// make the forms for people and browsers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Of kind `boolean`.
    Boolean(bool),
    /// Of kind `integer`.
    Integer(i64),
    /// Of kind `decimal`; keeps the digits it was written with.
    Decimal(Decimal),
    /// Of kind `text`, `email`, `phone`, `url` or `choice`.
    Text(String),
    /// Of kind `timestamp`: a moment, without a time zone.
    Timestamp(Timestamp),
    /// Of kind `list`.
    List(Vec<Value>),
    /// Of kind `record`; its fields keep the order in which they were added.
    Record(IndexMap<String, Value>),
    /// Of kind `file`.
    File(File),
}

impl Value {
    /// The kind that the value itself shows. A textual value is `text`, whatever its
    /// manifest calls it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Value::Boolean(_) => Kind::Boolean,
            Value::Integer(_) => Kind::Integer,
            Value::Decimal(_) => Kind::Decimal,
            Value::Text(_) => Kind::Text,
            Value::Timestamp(_) => Kind::Timestamp,
            Value::List(_) => Kind::List,
            Value::Record(_) => Kind::Record,
            Value::File(_) => Kind::File,
        }
    }

    /// The value as plain JSON: decimals as strings with their digits, timestamps as
    /// RFC 3339 in UTC, a file as its name, media type and size in bytes.
    #[must_use]
    pub fn to_plain_json(&self) -> serde_json::Value {
        match self {
            Value::Boolean(b) => (*b).into(),
            Value::Integer(i) => (*i).into(),
            Value::Decimal(d) => d.to_string().into(),
            Value::Text(t) => t.as_str().into(),
            Value::Timestamp(t) => t.to_string().into(),
            Value::List(items) => items.iter().map(Value::to_plain_json).collect(),
            Value::Record(fields) => serde_json::Value::Object(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), value.to_plain_json()))
                    .collect(),
            ),
            Value::File(file) => serde_json::json!({
                "name": file.name,
                "media-type": file.media_type,
                "size": file.content.len(),
            }),
        }
    }

    /// Parses a text of the command line or of a form as a value of a kind: `true`,
    /// `12`, `1230.50`, `2026-03-14T09:26:53+01:00`; a list or a record as JSON. A
    /// textual kind takes every text; a file cannot be written as text.
    ///
    /// # Errors
    /// [`NotOfKind`] if the text is not a value of that kind.
    pub fn parse(kind: Kind, text: &str) -> Result<Value, NotOfKind> {
        let value = match kind {
            Kind::Boolean => text.parse().ok().map(Value::Boolean),
            Kind::Integer => text.parse().ok().map(Value::Integer),
            Kind::Decimal => decimal(text).map(Value::Decimal),
            Kind::Timestamp => text.parse().ok().map(Value::Timestamp),
            Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice => {
                Some(Value::Text(text.to_owned()))
            }
            Kind::File => None,
            Kind::List | Kind::Record => Value::read_json(text)
                .ok()
                .filter(|value| value.kind() == kind),
        };
        value.ok_or(NotOfKind { kind })
    }

    /// Reads plain JSON without a manifest: a whole number becomes an integer, any
    /// other number a decimal with the digits it is written with, a string a text. A
    /// field that is `null` is absent.
    ///
    /// # Errors
    /// [`JsonError`] if the text is not JSON, or holds something that no value can be.
    pub fn read_json(json: &str) -> Result<Value, JsonError> {
        from_json(serde_json::from_str(json)?, 0)
    }

    /// Visits the texts that the value consists of: texts themselves, the digits of
    /// numbers, moments in RFC 3339, the name of a file; in a list or a record, those of
    /// its parts. A boolean has no text.
    pub fn each_text(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Value::Boolean(_) => {}
            Value::Integer(number) => visit(&number.to_string()),
            Value::Decimal(number) => visit(&number.to_string()),
            Value::Text(text) => visit(text),
            Value::Timestamp(moment) => visit(&moment.to_string()),
            Value::List(items) => items.iter().for_each(|item| item.each_text(visit)),
            Value::Record(fields) => fields.values().for_each(|field| field.each_text(visit)),
            Value::File(file) => visit(&file.name),
        }
    }
}

fn from_json(json: &RawValue, depth: usize) -> Result<Value, JsonError> {
    if depth > JSON_DEPTH {
        return Err(JsonError::TooDeep);
    }
    let json = json.get();
    // Valid JSON shows its type by its first byte.
    Ok(match json.as_bytes().first() {
        Some(b'{') => {
            let fields: IndexMap<String, &RawValue> = serde_json::from_str(json)?;
            let present = fields
                .into_iter()
                .filter(|(_, value)| value.get() != "null");
            let read = present.map(|(name, value)| Ok((name, from_json(value, depth + 1)?)));
            Value::Record(read.collect::<Result<_, JsonError>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json)?;
            let read = items.into_iter().map(|item| from_json(item, depth + 1));
            Value::List(read.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(serde_json::from_str(json)?),
        Some(b't') => Value::Boolean(true),
        Some(b'f') => Value::Boolean(false),
        Some(b'n') => return Err(JsonError::Null),
        _ => match json.parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::Decimal(decimal(json).ok_or(JsonError::Number)?),
        },
    })
}

/// Parses an exact decimal in the contract's form: an optional `-`, digits, and an
/// optional point with digits; at most 28 significant digits. Exponents and grouping are
/// refused, and nothing is rounded.
#[must_use]
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let significant = digits
        .bytes()
        .filter(|b| *b != b'.')
        .skip_while(|b| *b == b'0')
        .count();
    if all_digits(whole) && all_digits(fraction) && significant <= 28 {
        Decimal::from_str_exact(text).ok()
    } else {
        None
    }
}

/// A text that is not a value of the kind it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a value of the kind `{kind}`: {}", .kind.form())]
pub struct NotOfKind {
    /// The kind it should be.
    pub kind: Kind,
}

/// Why JSON does not become a value.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON.
    #[error("the text is not JSON")]
    Syntax(#[from] serde_json::Error),
    /// `null` outside a record; there it means that the field is absent.
    #[error("`null` is not a value")]
    Null,
    /// A number with an exponent, or with too many digits to be exact.
    #[error("a number must be written without an exponent, with at most 28 significant digits")]
    Number,
    /// Lists and records are nested too deep.
    #[error("the value is nested more than {JSON_DEPTH} deep")]
    TooDeep,
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Value::Decimal(value)
    }
}
