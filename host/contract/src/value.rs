//! Values: what variables, parameters and fields hold.

use indexmap::IndexMap;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::file::{File, is_common_media_type};
use crate::json;
use crate::kind::Kind;
pub use crate::scalar::{decimal, moment};

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
            Kind::Decimal => decimal(text).ok().map(Value::Decimal),
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
    /// field that is `null` is absent. At most 1 MiB and 16 deep.
    ///
    /// # Errors
    /// The place and the fault, where the text is not JSON or holds something that no value
    /// can be.
    pub fn read_json(json: &str) -> Result<Value, ValueError> {
        json::read(None, json, "value", Sizes::DEFAULT)
    }

    /// Visits the moments that the value consists of.
    pub fn each_moment(&self, visit: &mut dyn FnMut(Timestamp)) {
        match self {
            Value::Timestamp(moment) => visit(*moment),
            Value::List(items) => items.iter().for_each(|item| item.each_moment(visit)),
            Value::Record(fields) => fields.values().for_each(|field| field.each_moment(visit)),
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::File(_) => {}
        }
    }

    /// Visits the texts that the value consists of: texts themselves, the digits of
    /// numbers, moments in RFC 3339, `true` and `false`, the name of a file and its media
    /// type unless that is a common one; in a list or a record, those of its parts.
    pub fn each_text(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Value::Boolean(truth) => visit(if *truth { "true" } else { "false" }),
            Value::Integer(number) => visit(&number.to_string()),
            Value::Decimal(number) => visit(&number.to_string()),
            Value::Text(text) => visit(text),
            Value::Timestamp(moment) => visit(&moment.to_string()),
            Value::List(items) => items.iter().for_each(|item| item.each_text(visit)),
            Value::Record(fields) => fields.values().for_each(|field| field.each_text(visit)),
            Value::File(file) => {
                visit(&file.name);
                // One PDF must not hide the type of all others.
                if !is_common_media_type(&file.media_type) {
                    visit(&file.media_type);
                }
            }
        }
    }
}

/// The largest texts, JSON values and files that may cross, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// The most bytes of one text.
    pub text: usize,
    /// The most bytes of one list or record, as JSON.
    pub json: usize,
    /// The most bytes of one file.
    pub file: usize,
}

impl Sizes {
    /// The sizes that the contract names, and the host's default for texts: 64 KiB, 1 MiB
    /// and 4 MiB.
    pub const DEFAULT: Sizes = Sizes {
        text: 64 * 1024,
        json: 1024 * 1024,
        file: 4 * 1024 * 1024,
    };
}

/// A value that does not fit its shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{at}`: {what}")]
pub struct ValueError {
    /// The path of the value: `items[2].code`.
    pub at: String,
    /// The fault: `expected integer, found text`.
    pub what: String,
}

impl ValueError {
    /// The fault of the value at a path.
    #[must_use]
    pub fn new(at: impl Into<String>, what: impl Into<String>) -> ValueError {
        ValueError {
            at: at.into(),
            what: what.into(),
        }
    }

    pub(crate) fn wrong_kind(at: impl Into<String>, expected: Kind, found: &str) -> ValueError {
        ValueError::new(at, format!("expected {expected}, found {found}"))
    }
}

/// A text that is not a value of the kind it should be.
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
