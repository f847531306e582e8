//! Variables: named values of a session, hidden or visible.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::Value;

/// Whether a variable of this name is hidden by its name alone: it starts with `$`.
#[must_use]
pub fn is_hidden_name(name: &str) -> bool {
    name.starts_with('$')
}

/// A value with its secrecy.
///
/// The serde form is for storage of sessions, never for a browser; what a
/// browser may see is built by the engine as a type of its own.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// The value.
    pub value: Value,
    /// Whether the value reaches no customer, no log and no trace.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

impl Variable {
    /// A variable that may be shown.
    #[must_use]
    pub fn visible(value: impl Into<Value>) -> Self {
        Self {
            value: value.into(),
            hidden: false,
        }
    }

    /// A variable that may not be shown.
    #[must_use]
    pub fn hidden(value: impl Into<Value>) -> Self {
        Self {
            value: value.into(),
            hidden: true,
        }
    }
}

/// A hidden value is not printed.
impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.hidden {
            f.write_str("•••")
        } else {
            self.value.fmt(f)
        }
    }
}

/// The variables of one scenario in a session, in the order they were first set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(IndexMap<String, Variable>);

impl Variables {
    /// No variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The variable of this name; none where it was never set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// Sets a variable. A name that starts with `$` makes it hidden, whatever
    /// the variable said before.
    pub fn set(&mut self, name: impl Into<String>, mut variable: Variable) {
        let name = name.into();
        variable.hidden |= is_hidden_name(&name);
        self.0.insert(name, variable);
    }

    /// Takes a variable away; it is absent again.
    pub fn unset(&mut self, name: &str) {
        self.0.shift_remove(name);
    }

    /// Every variable with its name, hidden ones too.
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
