//! Values: what variables, parameters and fields hold.

use indexmap::IndexMap;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Kind;

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
        }
    }

    /// The value as plain JSON: decimals as strings with their digits,
    /// timestamps as RFC 3339 in UTC.
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
                fields.iter().map(|(name, value)| (name.clone(), value.to_plain_json())).collect(),
            ),
        }
    }
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
