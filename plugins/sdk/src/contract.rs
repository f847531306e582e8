//! The contract's own types, as `wit/` describes them and as they cross to the host.
//!
//! A plugin rarely needs them: its parameters, fields and outcomes are Rust types of its own.
//! Tests of a manifest read it through them.

pub use crate::bindings::exports::krabice::boxes::integration::{Call, ChoicesQuery, Context};
pub use crate::bindings::krabice::boxes::manifest::{
    Answer, AnswerValue, Authorisation, Basic, Bucket, Choice, ChoicesSource, Cursor, Effect, Feed,
    Field, Function, Header, Hmac, HmacAlgorithm, HmacEncoding, HmacTimestamp, Limits, Listing,
    Login, LoginCredentials, LoginFields, Manifest, Parameter, Purpose, Query, SecretPath, Setting,
    Subject, SubjectKind, Text,
};
pub use crate::bindings::krabice::boxes::values::{
    Failure, File, InvalidParameter, Kind, NamedValue, Outcome, RateLimit, Value,
};

/// Texts by language: BCP 47 tags in lower case, such as `cs`, with plain text.
pub type Texts = &'static [(&'static str, &'static str)];

impl Failure {
    /// The back end refused the credentials or the rights of the connection.
    ///
    /// `detail`, here and below, is for the operator: it must hold neither a parameter's value nor
    /// a credential.
    #[must_use]
    pub fn unauthorised(detail: impl Into<String>) -> Self {
        Failure::Unauthorised(detail.into())
    }

    /// The back end could not be reached, took too long, or is out of order.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Failure::Unavailable(detail.into())
    }

    /// The back end asked for fewer requests. `retry_after` is in seconds from now.
    #[must_use]
    pub fn rate_limited(retry_after: Option<u32>, detail: impl Into<String>) -> Self {
        Failure::RateLimited(RateLimit {
            retry_after,
            detail: detail.into(),
        })
    }

    /// The parameter `name` has an invalid value.
    #[must_use]
    pub fn invalid_parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Failure::InvalidParameter(InvalidParameter {
            name: name.into(),
            detail: detail.into(),
        })
    }

    /// The back end's answer is not as documented.
    #[must_use]
    pub fn unexpected_answer(detail: impl Into<String>) -> Self {
        Failure::UnexpectedAnswer(detail.into())
    }
}

impl Choice {
    /// A choice with its value and its label by language.
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

impl From<crate::File> for Value {
    fn from(file: crate::File) -> Self {
        Value::File(file.into())
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
