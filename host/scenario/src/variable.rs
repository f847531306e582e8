//! Variables: the named values of a session, hidden or visible.

use std::ops::Range;

use indexmap::IndexMap;
use krabice_contract::{MASK, Value};
use serde::{Deserialize, Serialize};

/// Whether a variable of this name is hidden by its name alone: it starts with `$`.
#[must_use]
pub fn is_hidden_name(name: &str) -> bool {
    name.starts_with('$')
}

/// A value, and whether it is hidden.
///
/// The serde form is for storage of sessions, never for a browser: the engine has types
/// of its own for what a browser may see.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// The value.
    pub value: Value,
    /// Whether the value must not reach a customer, a log or a trace.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// The parts of it that are the customer's own words, as bytes of a text; of a value of
    /// another kind, anything says that all of it is. They are shown as they were typed: a
    /// hidden value is looked for only in what back ends gave, or typing would tell it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Range<usize>>,
}

impl Variable {
    /// A variable that may be shown.
    #[must_use]
    pub fn visible(value: impl Into<Value>) -> Self {
        Self {
            value: value.into(),
            hidden: false,
            said: Vec::new(),
        }
    }

    /// A variable that may not be shown.
    #[must_use]
    pub fn hidden(value: impl Into<Value>) -> Self {
        Self {
            value: value.into(),
            hidden: true,
            said: Vec::new(),
        }
    }

    /// The variable as the customer's own words.
    #[must_use]
    pub fn said(mut self) -> Self {
        self.said = vec![0..length(&self.value)];
        self
    }

    /// Whether all of it is the customer's own words.
    pub(crate) fn is_said(&self) -> bool {
        matches!(self.said.as_slice(), [all] if *all == (0..length(&self.value)))
    }
}

/// The length in which [`Variable::said`] counts: the bytes of a text, else 1.
pub(crate) fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Timestamp(_)
        | Value::File(_)
        | Value::List(_)
        | Value::Record(_) => 1,
    }
}

/// Prints dots in the place of a hidden value.
impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.hidden {
            f.write_str(MASK)
        } else {
            self.value.fmt(f)
        }
    }
}

/// The variables of one scenario in a session, in the order in which they were first set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(IndexMap<String, Variable>);

impl Variables {
    /// No variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The variable of this name, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// Sets a variable. A name that starts with `$` makes it hidden, even if the given
    /// variable is visible.
    pub fn set(&mut self, name: impl Into<String>, mut variable: Variable) {
        let name = name.into();
        variable.hidden |= is_hidden_name(&name);
        self.0.insert(name, variable);
    }

    /// Removes a variable, so that it is absent.
    pub fn unset(&mut self, name: &str) {
        self.0.shift_remove(name);
    }

    /// Every variable with its name, including the hidden ones.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.0
            .iter()
            .map(|(name, variable)| (name.as_str(), variable))
    }

    /// How many variables are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no variable is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>> FromIterator<(N, Variable)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, Variable)>>(variables: I) -> Self {
        let mut all = Self::new();
        for (name, variable) in variables {
            all.set(name, variable);
        }
        all
    }
}
