//! The contract's own types, as `wit/` describes them and as they cross to the
//! host.
//!
//! A plugin rarely needs them: its parameters, fields and outcomes are Rust
//! types of its own. They show what a manifest holds to whoever tests one.

pub use crate::bindings::exports::krabice::boxes::integration::{Call, ChoicesQuery, Context};
pub use crate::bindings::krabice::boxes::manifest::{
    Answer, AnswerValue, Authorisation, Basic, Bucket, Choice, ChoicesSource, Effect, Field,
    Function, Header, Limits, Login, LoginCredentials, LoginFields, Manifest, Parameter, Query,
    Setting, Text,
};
pub use crate::bindings::krabice::boxes::values::{
    Failure, File, InvalidParameter, Kind, NamedValue, Outcome, RateLimit, Value,
};

use crate::Texts;
use crate::typed::{Json, Written};

impl Failure {
    /// The back end refused the credentials or the rights of the connection.
    ///
    /// `detail`, here and below, is for the operator: it holds no parameter's
    /// value and no credential.
    #[must_use]
    pub fn unauthorised(detail: impl Into<String>) -> Self {
        Failure::Unauthorised(detail.into())
    }

    /// The back end could not be reached, took too long, or is out of order.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Failure::Unavailable(detail.into())
    }

    /// The back end asked for fewer requests; `retry_after` in seconds from now.
    #[must_use]
    pub fn rate_limited(retry_after: Option<u32>, detail: impl Into<String>) -> Self {
        Failure::RateLimited(RateLimit {
            retry_after,
            detail: detail.into(),
        })
    }

    /// The parameter called `name` has a value that cannot be taken.
    #[must_use]
    pub fn invalid_parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Failure::InvalidParameter(InvalidParameter {
            name: name.into(),
            detail: detail.into(),
        })
    }

    /// The back end answered something that its documentation does not allow.
    #[must_use]
    pub fn unexpected_answer(detail: impl Into<String>) -> Self {
        Failure::UnexpectedAnswer(detail.into())
    }
}

impl Choice {
    /// A choice with the value that travels and its label by language.
    #[must_use]
    pub fn new<L, T>(value: impl Into<String>, label: impl IntoIterator<Item = (L, T)>) -> Self
    where
        L: Into<String>,
        T: Into<String>,
    {
        let text = |(language, text): (L, T)| Text {
            language: language.into(),
            text: text.into(),
        };
        Choice {
            value: value.into(),
            label: label.into_iter().map(text).collect(),
        }
    }
}

impl Value {
    /// A value of `kind` on its way out; `None` where it is of another.
    pub(crate) fn from_written(kind: Kind, written: Written) -> Option<Self> {
        match (kind, written) {
            (Kind::File, Written::File(file)) => Some(Value::File(file)),
            (kind, Written::Json(json)) => Self::from_json(kind, json),
            _ => None,
        }
    }

    /// A value of `kind` from its form in JSON; `None` where it is of another.
    pub(crate) fn from_json(kind: Kind, json: Json) -> Option<Self> {
        Some(match (kind, json) {
            (Kind::Boolean, Json::Bool(value)) => Value::Boolean(value),
            (Kind::Integer, Json::Number(value)) => Value::Integer(value.as_i64()?),
            (Kind::Decimal, Json::String(digits)) => Value::Decimal(digits),
            (Kind::Timestamp, Json::String(moment)) => Value::Timestamp(moment),
            (
                Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice,
                Json::String(text),
            ) => Value::Text(text),
            (Kind::List, json @ Json::Array(_)) | (Kind::Record, json @ Json::Object(_)) => {
                Value::Json(json.to_string())
            }
            _ => return None,
        })
    }

    /// The value in JSON; `None` where the text of a list or a record is none, and for
    /// a file.
    pub(crate) fn into_json(self) -> Option<Json> {
        Some(match self {
            Value::Boolean(value) => value.into(),
            Value::Integer(value) => value.into(),
            Value::Decimal(text) | Value::Text(text) | Value::Timestamp(text) => text.into(),
            Value::Json(text) => serde_json::from_str(&text).ok()?,
            Value::File(_) => return None,
        })
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

impl From<rust_decimal::Decimal> for Value {
    fn from(value: rust_decimal::Decimal) -> Self {
        Value::Decimal(value.to_string())
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

/// Texts as the contract carries them.
pub(crate) fn texts(texts: Texts) -> Vec<Text> {
    texts
        .iter()
        .map(|(language, text)| Text {
            language: (*language).into(),
            text: (*text).into(),
        })
        .collect()
}
