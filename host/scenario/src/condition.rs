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
use crate::scenario::{Comparison, Operand, Relation, Test};
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
            Test::All(tests) | Test::Any(tests) => {
                tests.iter().flat_map(|test| test.guesses(scope)).collect()
            }
            Test::Not(test) => test.guesses(scope),
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
            Test::All(tests) => tests.iter().all(|test| test.holds_with(scope, folds)),
            Test::Any(tests) => tests.iter().any(|test| test.holds_with(scope, folds)),
            Test::Not(test) => !test.holds_with(scope, folds),
            Test::Compare(comparison) => comparison.holds(scope, folds),
        }
    }
}

impl Comparison {
    fn guesses(&self, scope: &Scope<'_>) -> Vec<Guess> {
        let mut guesses = Vec::new();
        let Operand::Template(_) = &self.value else {
            return guesses;
        };
        for right in self.is.operands() {
            let Operand::Template(template) = right else {
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
        let with = |right: &Operand, relation: fn(&Value, &Value, CompareOptions<'_>) -> bool| {
            let right = right.resolve(scope).value;
            left.as_deref()
                .zip(right.as_deref())
                .is_some_and(|(left, right)| relation(left, right, options))
        };
        match &self.is {
            Relation::Equals(right) => with(right, equal),
            Relation::NotEquals(right) => !with(right, equal),
            Relation::GreaterThan(right) => {
                with(right, |l, r, o| order(l, r, o).is_some_and(|is| is.is_gt()))
            }
            Relation::AtLeast(right) => {
                with(right, |l, r, o| order(l, r, o).is_some_and(|is| is.is_ge()))
            }
            Relation::LessThan(right) => {
                with(right, |l, r, o| order(l, r, o).is_some_and(|is| is.is_lt()))
            }
            Relation::AtMost(right) => {
                with(right, |l, r, o| order(l, r, o).is_some_and(|is| is.is_le()))
            }
            Relation::Contains(right) => with(right, contains),
            Relation::StartsWith(right) => with(right, starts_with),
            Relation::Matches(pattern) => {
                matches!(left.as_deref(), Some(Value::Text(text)) if pattern.is_match(text))
            }
            Relation::OneOf(several) => several.iter().any(|one| with(one, equal)),
            Relation::Exists => left.is_some(),
            Relation::Empty => left.as_deref().is_none_or(is_empty),
            Relation::True => left
                .as_deref()
                .is_some_and(|value| *value != Value::Boolean(false)),
            Relation::False => matches!(left.as_deref(), Some(Value::Boolean(false))),
        }
    }
}
