//! Comparing values, and deciding a `condition` box.
//!
//! Values compare by their types. Numbers compare exactly, an integer with a
//! decimal too; timestamps compare as moments, also with a text that is an ISO
//! date; texts compare by Unicode-normalised (NFKC), case-insensitive equality
//! unless the comparison is exact; lists and records by their parts. Values of
//! different types are never equal and have no order: the text `5` is not the
//! number 5 (the check reports such comparisons).
//!
//! | relation | holds where | left absent | right absent |
//! |---|---|---|---|
//! | `equals` | both are equal | no | no |
//! | `not-equals` | `equals` does not hold | yes | yes |
//! | `greater-than`, `at-least`, `less-than`, `at-most` | two numbers or two moments stand so | no | no |
//! | `contains` | a text is within the text, or an item of the list is equal | no | no |
//! | `starts-with` | the text begins with the other | no | no |
//! | `matches` | the pattern is found in the text | no | |
//! | `one-of` | it equals one of several | no | that one is passed over |
//! | `exists` | it is present, be it `false` or empty | no | |
//! | `empty` | it is absent, an empty text or an empty list | yes | |
//! | `true` | it is `true`, or any present value but `false`: an outcome that was true | no | |
//! | `false` | it is `false` | no | |

use std::borrow::Cow;
use std::cmp::Ordering;

use caseless::Caseless;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

use crate::scenario::{Comparison, Operand, Relation, Test};
use crate::template::{Evaluated, Resolved, Scope};
use crate::{Value, moment};

/// How texts are compared, and in which time zone a date without one is.
#[derive(Debug, Clone, Copy)]
pub struct Manner<'a> {
    /// Whether texts compare letter by letter.
    pub exact: bool,
    /// The scenario's time zone.
    pub time_zone: &'a TimeZone,
}

impl Operand {
    /// The value here and now, borrowed where it can be.
    #[must_use]
    pub fn resolve<'a>(&'a self, scope: &Scope<'a>) -> Resolved<'a> {
        match self {
            Operand::Constant(value) => Resolved {
                value: Some(Cow::Borrowed(value)),
                hidden: false,
                revealed: Vec::new(),
            },
            Operand::Template(template) => template.resolve(scope),
        }
    }

    /// The value here and now; none where it is a reference to something absent.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope<'_>) -> Option<Evaluated> {
        self.resolve(scope).into_evaluated()
    }
}

impl Test {
    /// Whether the test holds. An empty `all` holds, an empty `any` does not.
    #[must_use]
    pub fn holds(&self, scope: &Scope<'_>) -> bool {
        match self {
            Test::All(tests) => tests.iter().all(|test| test.holds(scope)),
            Test::Any(tests) => tests.iter().any(|test| test.holds(scope)),
            Test::Not(test) => !test.holds(scope),
            Test::Compare(comparison) => comparison.holds(scope),
        }
    }
}

impl Comparison {
    /// Whether the relation holds.
    #[must_use]
    pub fn holds(&self, scope: &Scope<'_>) -> bool {
        let manner = Manner {
            exact: self.exact,
            time_zone: scope.time_zone,
        };
        let left = self.value.resolve(scope).value;
        let with = |right: &Operand, relation: fn(&Value, &Value, Manner<'_>) -> bool| {
            let right = right.resolve(scope).value;
            left.as_deref()
                .zip(right.as_deref())
                .is_some_and(|(left, right)| relation(left, right, manner))
        };
        match &self.is {
            Relation::Equals(right) => with(right, equal),
            Relation::NotEquals(right) => !with(right, equal),
            Relation::GreaterThan(right) => {
                with(right, |l, r, m| order(l, r, m).is_some_and(Ordering::is_gt))
            }
            Relation::AtLeast(right) => {
                with(right, |l, r, m| order(l, r, m).is_some_and(Ordering::is_ge))
            }
            Relation::LessThan(right) => {
                with(right, |l, r, m| order(l, r, m).is_some_and(Ordering::is_lt))
            }
            Relation::AtMost(right) => {
                with(right, |l, r, m| order(l, r, m).is_some_and(Ordering::is_le))
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

/// Whether two values are equal.
#[must_use]
pub fn equal(left: &Value, right: &Value, manner: Manner<'_>) -> bool {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => {
            left == right || !manner.exact && equal_folded(left, right)
        }
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right, manner))
        }
        (Value::Record(left), Value::Record(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| {
                    right
                        .get(name)
                        .is_some_and(|right| equal(left, right, manner))
                })
        }
        _ => order(left, right, manner).is_some_and(Ordering::is_eq),
    }
}

/// The order of two numbers or of two moments; none for anything else.
#[must_use]
pub fn order(left: &Value, right: &Value, manner: Manner<'_>) -> Option<Ordering> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right) {
        return Some(left.cmp(right));
    }
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return Some(left.cmp(&right));
    }
    // Two texts are not moments, even if both look so: one side must be typed.
    match (left, right) {
        (Value::Timestamp(_), _) | (_, Value::Timestamp(_)) => {
            Some(moment_of(left, manner)?.cmp(&moment_of(right, manner)?))
        }
        _ => None,
    }
}

/// Whether a text is within a text, or a value among the items of a list.
#[must_use]
pub fn contains(whole: &Value, part: &Value, manner: Manner<'_>) -> bool {
    match (whole, part) {
        (Value::Text(whole), Value::Text(part)) if manner.exact => whole.contains(part.as_str()),
        (Value::Text(whole), Value::Text(part)) => fold(whole).contains(&*fold(part)),
        (Value::List(items), part) => items.iter().any(|item| equal(item, part, manner)),
        _ => false,
    }
}

/// Whether a text begins with another.
#[must_use]
pub fn starts_with(whole: &Value, start: &Value, manner: Manner<'_>) -> bool {
    match (whole, start) {
        (Value::Text(whole), Value::Text(start)) if manner.exact => {
            whole.starts_with(start.as_str())
        }
        (Value::Text(whole), Value::Text(start)) => fold(whole).starts_with(&*fold(start)),
        _ => false,
    }
}

/// Whether a value is an empty text or an empty list.
#[must_use]
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether a value counts as true in a template: all but `false`, zero, an
/// empty text and an empty list. A record always does: it is an outcome that
/// was true.
#[must_use]
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Boolean(truth) => *truth,
        Value::Integer(number) => *number != 0,
        Value::Decimal(number) => !number.is_zero(),
        Value::Text(_) | Value::List(_) => !is_empty(value),
        Value::Timestamp(_) | Value::Record(_) | Value::File(_) => true,
    }
}

/// Whether two texts are equal but for case and for the ways Unicode has of
/// writing the same.
#[must_use]
pub fn equal_folded(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    fold(left) == fold(right)
}

/// A text as it is compared: case folded, in the compatible composed form
/// (NFKC), so that `contains` never finds an `e` inside an `é`.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    if text.chars().all(folds_to_one) {
        return Cow::Owned(text.chars().flat_map(char::to_lowercase).collect());
    }
    Cow::Owned(folded(text))
}

/// The whole of it. Unicode, section 3.13, definition D146: the inner
/// normalisations catch the few characters whose folding changes their normal form.
fn folded(text: &str) -> String {
    text.nfd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .nfkc()
        .collect()
}

/// Whether a character is composed already and folds to its lower case alone:
/// ASCII and the letters of the Latin-1 Supplement and of Latin Extended-A, but
/// for those that fold to two or stand for others. They are all that Czech,
/// Slovak, Polish, Portuguese and German have, and are worth the quick way.
fn folds_to_one(c: char) -> bool {
    c.is_ascii()
        || matches!(c, '\u{c0}'..='\u{17e}')
            && !matches!(c, 'ß' | 'İ' | 'ı' | 'Ĳ' | 'ĳ' | 'Ŀ' | 'ŀ' | 'ŉ')
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        _ => None,
    }
}

fn moment_of(value: &Value, manner: Manner<'_>) -> Option<Timestamp> {
    match value {
        Value::Timestamp(moment) => Some(*moment),
        Value::Text(text) => moment::read(text, manner.time_zone),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_way_folds_as_the_whole_one() {
        for c in ('\0'..='\u{250}').filter(|c| folds_to_one(*c)) {
            let text = format!("a{c}B");
            assert_eq!(*fold(&text), folded(&text), "{c} {:x}", u32::from(c));
            assert!(folds_to_one(c.to_lowercase().next().unwrap()), "{c}");
        }
        assert!(
            "žluťoučký kůň PŘÍŠERNĚ úpěl ŁÓDŹ São ÄÖÜ"
                .chars()
                .all(folds_to_one)
        );
    }
}
