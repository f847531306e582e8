//! Values: what variables, parameters and fields hold.

use indexmap::IndexMap;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Kind;
use crate::file::File;
use crate::shape::{self, Misshapen, Shape};

/// One value.
///
/// The serde form is for storage: externally tagged, so that it comes back as
/// what it was (`{"decimal":"1230.50"}`). What people and browsers read is made
/// by templates and by [`Value::to_plain_json`].
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
    /// Of kind `timestamp`: a moment, without a place.
    Timestamp(Timestamp),
    /// Of kind `list`.
    List(Vec<Value>),
    /// Of kind `record`, in the order of its making.
    Record(IndexMap<String, Value>),
    /// Of kind `file`.
    File(File),
}

impl Value {
    /// The kind that this value has by itself. A textual value is `text`,
    /// whatever its manifest calls it.
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

    /// The value as plain JSON: decimals as strings with their digits,
    /// timestamps as RFC 3339 in UTC, of a file its name, media type and size in bytes.
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
}

impl Value {
    /// Reads a value of a kind from a text, as the command line and forms give
    /// it: `true`, `12`, `1230.50`, `2026-03-14T09:26:53+01:00`; a list or a
    /// record as JSON. Textual kinds take every text, and a file none.
    ///
    /// # Errors
    /// [`NotOfKind`] where the text is no value of that kind.
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
            Kind::List | Kind::Record => {
                return Shape::any(kind).read(text).map_err(|_| NotOfKind { kind });
            }
        };
        value.ok_or(NotOfKind { kind })
    }

    /// Reads plain JSON of which nothing is known: a whole number is an
    /// integer, another number a decimal with the digits it is written with, a
    /// string a text. A field that is `null` is absent.
    ///
    /// # Errors
    /// Where it is no JSON, or `null`, or too deep or too long a number.
    pub fn read_json(json: &str) -> Result<Value, Misshapen> {
        shape::read_unknown(json)
    }

    /// Visits the texts that this value is made of: texts themselves, the
    /// digits of numbers, moments in RFC 3339, the name of a file; of a list or a
    /// record, those of its parts. Booleans have none.
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

/// An exact decimal in the contract's form: an optional `-`, digits, and an
/// optional point with digits; at most 28 significant digits. No exponent, no
/// grouping, no rounding.
#[must_use]
pub fn decimal(text: &str) -> Option<Decimal> {
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

/// A text that is no value of the kind it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a value of the kind `{kind}`: {}", .kind.form())]
pub struct NotOfKind {
    /// The kind it should be.
    pub kind: Kind,
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
