//! The result of a function's call: an outcome or a failure.
//!
//! Mirrors `krabice:boxes/values.outcome` and `.failure`, and adds the host's own classes
//! of failure to the plugin's.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::value::Value;

/// A function's answer. The function worked, whether it answers *false* or *true*.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// *False*: the function has established that it is not so.
    False,
    /// *True* without a value.
    True,
    /// *True* with one value.
    TrueWithValue(Value),
    /// *True* with fields, by name.
    TrueWithFields(IndexMap<String, Value>),
}

impl Outcome {
    /// Whether the box leaves by its `true` exit.
    #[must_use]
    pub fn is_true(&self) -> bool {
        !matches!(self, Outcome::False)
    }

    /// The value of the box's variable: `false`, `true`, the value itself, or a
    /// record of the fields.
    #[must_use]
    pub fn into_value(self) -> Value {
        match self {
            Outcome::False => Value::Boolean(false),
            Outcome::True => Value::Boolean(true),
            Outcome::TrueWithValue(value) => value,
            Outcome::TrueWithFields(fields) => Value::Record(fields),
        }
    }
}

/// The reason why a function could not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[error("{class}: {detail}")]
pub struct Failure {
    /// The class of the failure.
    pub class: FailureClass,
    /// What happened, for the operator, without values of parameters and credentials.
    pub detail: String,
    /// The parameter that was refused, in the class `invalid-parameter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The time to wait, in the class `rate-limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure of a class, with a text for the operator.
    #[must_use]
    pub fn new(class: FailureClass, detail: impl Into<String>) -> Self {
        Self {
            class,
            detail: detail.into(),
            parameter: None,
            retry_after: None,
        }
    }
}

/// The classes of failure. The first five are the plugin's own, the others are
/// the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// The back end refused the credentials or the rights of the connection.
    Unauthorised,
    /// The back end could not be reached, took too long or does not work.
    Unavailable,
    /// The back end asked for fewer requests.
    RateLimited,
    /// The function or the back end does not accept the value of a parameter.
    InvalidParameter,
    /// The plugin cannot interpret the back end's answer.
    UnexpectedAnswer,
    /// The plugin asked for a host or a header that the rules forbid. The call stays
    /// forbidden, whatever the plugin answers afterwards.
    Forbidden,
    /// The call took longer than its limit.
    Timeout,
    /// The plugin exceeded its limit of memory, tables, handles or data.
    ResourceLimit,
    /// The plugin's code trapped.
    Trap,
    /// The plugin's answer does not match its manifest.
    ContractBroken,
    /// Too many calls are under way.
    Overloaded,
    /// The plugin or the connection does not exist, or does not fit the manifest.
    Misconfigured,
    /// A request of a call that writes was sent and its answer was lost, or the host stopped
    /// during the call. Whether the back end did it is unknown, so the call is not repeated.
    OutcomeUnknown,
}

impl FailureClass {
    /// The class's word in documents, traces and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FailureClass::Unauthorised => "unauthorised",
            FailureClass::Unavailable => "unavailable",
            FailureClass::RateLimited => "rate-limited",
            FailureClass::InvalidParameter => "invalid-parameter",
            FailureClass::UnexpectedAnswer => "unexpected-answer",
            FailureClass::Forbidden => "forbidden",
            FailureClass::Timeout => "timeout",
            FailureClass::ResourceLimit => "resource-limit",
            FailureClass::Trap => "trap",
            FailureClass::ContractBroken => "contract-broken",
            FailureClass::Overloaded => "overloaded",
            FailureClass::Misconfigured => "misconfigured",
            FailureClass::OutcomeUnknown => "outcome-unknown",
        }
    }
}

impl std::fmt::Display for FailureClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
