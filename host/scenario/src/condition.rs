//! Evaluating the tests of `condition` boxes.
//!
//! | relation | holds if | left absent | right absent |
//! |---|---|---|---|
//! | `equals` | both are equal | no | no |
//! | `not-equals` | `equals` does not hold | yes | yes |
//! | `greater-than`, `at-least`, `less-than`, `at-most` | two numbers or two moments are in this order | no | no |
//! | `contains` | the text contains the other text, or the list an equal item | no | no |
//! | `starts-with` | the text begins with the other | no | no |
//! | `matches` | the pattern is found in the text | no | |
//! | `one-of` | the value equals one of several | no | that one is skipped |
//! | `exists` | the value is present, even if it is `false` or empty | no | |
//! | `empty` | the value is absent, an empty text or an empty list | yes | |
//! | `true` | the value is present and not `false`: an outcome that was true | no | |
//! | `false` | the value is `false` | no | |

use std::borrow::Cow;

use krabice_contract::Value;

use crate::compare::{CompareOptions, Folds, contains, equal, is_empty, order, starts_with};
use crate::document::{All, Any, Comparison, Operand, Relation, Test};
use crate::template::{Evaluated, Resolved, Scope};

impl Operand {
    /// The value in a scope, borrowed if possible.
    pub(crate) fn resolve<'a>(&'a self, scope: &Scope<'a>) -> Resolved<'a> {
        match self {
            Operand::Constant(value) => Resolved {
                value: Some(Cow::Borrowed(value)),
                hidden: false,
                revealed: Vec::new(),
                said: Vec::new(),
            },
            Operand::Template(template) => template.resolve(scope),
        }
    }

    /// The value in a scope, unless it is a reference to something absent.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope<'_>) -> Option<Evaluated> {
        self.resolve(scope).into_evaluated()
    }
}

/// A comparison of a value with a hidden one that is not the customer's own words. If the value is
/// chosen by the customer, it is a guess.
#[derive(Clone, PartialEq)]
pub struct Guess {
    /// The value.
    pub said: Value,
    /// The hidden value.
    pub hidden: Value,
    /// Whether both are equal.
    pub right: bool,
}

/// Prints no value.
impl std::fmt::Debug for Guess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Guess({})", self.right)
    }
}

impl Test {
    /// Its comparisons with hidden values.
    #[must_use]
    pub fn guesses(&self, scope: &Scope<'_>) -> Vec<Guess> {
        match self {
            Test::All(All { all: tests }) | Test::Any(Any { any: tests }) => {
                tests.iter().flat_map(|test| test.guesses(scope)).collect()
            }
            Test::Not(test) => test.not.guesses(scope),
            Test::Compare(comparison) => comparison.guesses(scope),
        }
    }

    /// Whether the test holds. An empty `all` holds, an empty `any` does not.
    #[must_use]
    pub fn holds(&self, scope: &Scope<'_>) -> bool {
        self.holds_with(scope, &Folds::default())
    }

    fn holds_with(&self, scope: &Scope<'_>, folds: &Folds) -> bool {
        match self {
            Test::All(tests) => tests.all.iter().all(|test| test.holds_with(scope, folds)),
            Test::Any(tests) => tests.any.iter().any(|test| test.holds_with(scope, folds)),
            Test::Not(test) => !test.not.holds_with(scope, folds),
            Test::Compare(comparison) => comparison.holds(scope, folds),
        }
    }
}

impl Comparison {
    fn guesses(&self, scope: &Scope<'_>) -> Vec<Guess> {
        let mut guesses = Vec::new();
        let Operand::Template(_) = *self.value else {
            return guesses;
        };
        for right in &self.to {
            let Operand::Template(template) = &**right else {
                continue;
            };
            if template.uses().is_empty() {
                continue;
            }
            let (one, other) = (self.value.resolve(scope), right.resolve(scope));
            let hides = |value: &Resolved<'_>| value.hidden && value.said.is_empty();
            let (said, hidden) = match (hides(&one), hides(&other)) {
                (_, true) => (one, other),
                (true, false) => (other, one),
                (false, false) => continue,
            };
            let (Some(said), Some(hidden)) = (said.value, hidden.value) else {
                continue;
            };
            let options = CompareOptions {
                exact: self.exact,
                time_zone: scope.time_zone,
                folds: &Folds::default(),
            };
            guesses.push(Guess {
                right: equal(&said, &hidden, options),
                said: said.into_owned(),
                hidden: hidden.into_owned(),
            });
        }
        guesses
    }

    fn holds(&self, scope: &Scope<'_>, folds: &Folds) -> bool {
        let options = CompareOptions {
            exact: self.exact,
            time_zone: scope.time_zone,
            folds,
        };
        let left = self.value.resolve(scope).value;
        // The right side is one value, or several of which one is enough.
        let with = |relation: fn(&Value, &Value, CompareOptions<'_>) -> bool| {
            let Some(left) = left.as_deref() else {
                return false;
            };
            self.to.iter().any(|right| {
                let right = right.resolve(scope).value;
                right.is_some_and(|right| relation(left, &right, options))
            })
        };
        match *self.is {
            Relation::Equals | Relation::OneOf => with(equal),
            Relation::NotEquals => !with(equal),
            Relation::GreaterThan => with(|l, r, o| order(l, r, o).is_some_and(|is| is.is_gt())),
            Relation::AtLeast => with(|l, r, o| order(l, r, o).is_some_and(|is| is.is_ge())),
            Relation::LessThan => with(|l, r, o| order(l, r, o).is_some_and(|is| is.is_lt())),
            Relation::AtMost => with(|l, r, o| order(l, r, o).is_some_and(|is| is.is_le())),
            Relation::Contains => with(contains),
            Relation::StartsWith => with(starts_with),
            Relation::Matches => match (left.as_deref(), &self.pattern) {
                (Some(Value::Text(text)), Some(pattern)) => pattern.is_match(text),
                _ => false,
            },
            Relation::Exists => left.is_some(),
            Relation::Empty => left.as_deref().is_none_or(is_empty),
            Relation::True => left
                .as_deref()
                .is_some_and(|value| *value != Value::Boolean(false)),
            Relation::False => matches!(left.as_deref(), Some(Value::Boolean(false))),
        }
    }
}
