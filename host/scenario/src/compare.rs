//! Comparing values by their types.
//!
//! Numbers compare exactly, also an integer with a decimal. Moments compare with moments
//! and with texts that are ISO dates. Texts are equal regardless of case and of how
//! Unicode writes them (NFKC), and where they are one e-mail address or one telephone number,
//! unless the comparison is exact. Lists and records compare
//! by their parts. Values of different types are never equal and have no order: the text
//! `5` is not the number 5. The check reports such comparisons.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

use caseless::Caseless;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::Value;
use krabice_contract::compare::{same_email, same_phone};
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

use crate::moment;

/// How values are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompareOptions<'a> {
    /// Whether texts compare letter by letter.
    pub(crate) exact: bool,
    /// The time zone of dates without an offset: the scenario's.
    pub(crate) time_zone: &'a TimeZone,
    /// The texts that were folded before.
    pub(crate) folds: &'a Folds,
}

/// Whether two values are equal.
pub(crate) fn equal(left: &Value, right: &Value, options: CompareOptions<'_>) -> bool {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => {
            left == right
                || !options.exact
                    && (*options.folds.fold(left) == *options.folds.fold(right)
                        || same_identity(left, right))
        }
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right, options))
        }
        (Value::Record(left), Value::Record(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| {
                    right
                        .get(name)
                        .is_some_and(|right| equal(left, right, options))
                })
        }
        _ => order(left, right, options).is_some_and(Ordering::is_eq),
    }
}

/// Whether two texts are one e-mail address (`jana@háčky.cz` and its punycode), or one
/// telephone number of which a side has the country code: an answer always has it, and shops
/// keep `601 123 456`.
fn same_identity(left: &str, right: &str) -> bool {
    left.contains('@') && same_email(left, right)
        || (left.starts_with('+') || right.starts_with('+')) && same_phone(left, right, "")
}

/// The order of two numbers or of two moments. Other values have no order.
pub(crate) fn order(left: &Value, right: &Value, options: CompareOptions<'_>) -> Option<Ordering> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right) {
        return Some(left.cmp(right));
    }
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return Some(left.cmp(&right));
    }
    // Two texts are not moments, even if both are dates: one side must be typed.
    match (left, right) {
        (Value::Timestamp(_), _) | (_, Value::Timestamp(_)) => {
            let moment = |value| moment_of(value, options.time_zone);
            Some(moment(left)?.cmp(&moment(right)?))
        }
        _ => None,
    }
}

/// Whether a text contains another, or a list an item that equals the value.
pub(crate) fn contains(whole: &Value, part: &Value, options: CompareOptions<'_>) -> bool {
    match (whole, part) {
        (Value::Text(whole), Value::Text(part)) if options.exact => whole.contains(part.as_str()),
        (Value::Text(whole), Value::Text(part)) => options
            .folds
            .fold(whole)
            .contains(&*options.folds.fold(part)),
        (Value::List(items), part) => items.iter().any(|item| equal(item, part, options)),
        _ => false,
    }
}

/// Whether a text begins with another.
pub(crate) fn starts_with(whole: &Value, start: &Value, options: CompareOptions<'_>) -> bool {
    match (whole, start) {
        (Value::Text(whole), Value::Text(start)) if options.exact => {
            whole.starts_with(start.as_str())
        }
        (Value::Text(whole), Value::Text(start)) => options
            .folds
            .fold(whole)
            .starts_with(&*options.folds.fold(start)),
        _ => false,
    }
}

/// Whether a value is an empty text or an empty list.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Timestamp(_)
        | Value::Record(_)
        | Value::File(_) => false,
    }
}

/// Whether a value counts as true in a template: every value except `false`, zero, an
/// empty text and an empty list. A record always counts as true, because it is the
/// outcome of a function that answered *true*.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Boolean(truth) => *truth,
        Value::Integer(number) => *number != 0,
        Value::Decimal(number) => !number.is_zero(),
        Value::Text(_) | Value::List(_) => !is_empty(value),
        Value::Timestamp(_) | Value::Record(_) | Value::File(_) => true,
    }
}

/// Whether two texts are equal apart from case and from the way in which Unicode writes
/// them.
#[must_use]
pub fn equal_folded(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    fold(left) == fold(right)
}

/// The folded forms of the long texts of one test: the same answer may be compared many times, and
/// some characters fold to eighteen.
#[derive(Debug, Default)]
pub(crate) struct Folds(RefCell<Vec<(String, Rc<str>)>>);

impl Folds {
    /// Texts up to this length are folded anew, in bytes.
    const SHORT: usize = 128;
    /// The most texts that are kept.
    const MOST: usize = 8;

    fn fold<'a>(&self, text: &'a str) -> FoldedText<'a> {
        if text.len() <= Folds::SHORT || text.is_ascii() {
            return FoldedText::Short(fold(text));
        }
        let mut known = self.0.borrow_mut();
        if let Some((_, folded)) = known.iter().find(|(one, _)| one == text) {
            return FoldedText::Kept(Rc::clone(folded));
        }
        let folded: Rc<str> = fold(text).into();
        if known.len() == Folds::MOST {
            known.remove(0);
        }
        known.push((text.to_owned(), Rc::clone(&folded)));
        FoldedText::Kept(folded)
    }
}

enum FoldedText<'a> {
    Short(Cow<'a, str>),
    Kept(Rc<str>),
}

impl std::ops::Deref for FoldedText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            FoldedText::Short(text) => text,
            FoldedText::Kept(text) => text,
        }
    }
}

/// The form of a text for comparison: case folded and in the compatible composed form
/// (NFKC), so that `contains` never finds an `e` within an `é`.
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

/// The complete folding of Unicode, section 3.13, definition D146. The inner
/// normalisations handle the few characters whose folding changes their normal form.
fn folded(text: &str) -> String {
    #[cfg(test)]
    FOLDED.with(|folded| folded.set(folded.get() + text.len()));
    text.nfd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .nfkc()
        .collect()
}

/// Whether a character is already composed and folds to its lower case alone: ASCII and
/// the letters of the Latin-1 Supplement and of Latin Extended-A, except those that fold
/// to two or replace others. A text in Czech, Slovak, Polish, Portuguese or German has no
/// other letters, so it takes the fast path of [`fold`].
fn folds_to_one(c: char) -> bool {
    c.is_ascii()
        || matches!(c, '\u{c0}'..='\u{17e}')
            && !matches!(c, 'ß' | 'İ' | 'ı' | 'Ĳ' | 'ĳ' | 'Ŀ' | 'ŀ' | 'ŉ')
}

/// The number of a value that is one.
pub(crate) fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        Value::Boolean(_)
        | Value::Text(_)
        | Value::Timestamp(_)
        | Value::List(_)
        | Value::Record(_)
        | Value::File(_) => None,
    }
}

/// The moment of a value that is one, or that is the text of one.
pub(crate) fn moment_of(value: &Value, time_zone: &TimeZone) -> Option<Timestamp> {
    match value {
        Value::Timestamp(moment) => Some(*moment),
        Value::Text(text) => moment::parse(text, time_zone),
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::List(_)
        | Value::Record(_)
        | Value::File(_) => None,
    }
}

#[cfg(test)]
thread_local! {
    /// The bytes that this thread has folded completely.
    pub(crate) static FOLDED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_path_folds_like_the_complete_folding() {
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

    /// The longest answer folds to eighteen times as many letters. It is folded once for all comparisons
    /// of a test.
    #[test]
    fn an_answer_is_folded_once_however_much_it_is_compared_with() {
        use crate::scenario::{Comparison, Operand, Relation, Test};
        use crate::template::{Scope, Template};
        use crate::{Variable, Variables};

        let answer = "\u{fdfa}".repeat(2_000);
        let template = |text: &str| Template::parse(text).unwrap();
        let variables = Variables::from_iter([("words", Variable::visible(answer.as_str()))]);
        let scope = Scope {
            variables: &variables,
            language: "cs",
            time_zone: &TimeZone::UTC,
            now: &Timestamp::UNIX_EPOCH.into(),
        };
        let folded_by = |work: &dyn Fn()| {
            let before = FOLDED.get();
            work();
            FOLDED.get() - before
        };
        let compared = |is: &dyn Fn(Operand) -> Relation| {
            let of = |n| {
                Test::Compare(Comparison {
                    value: Operand::Template(template("<<words>>")),
                    is: is(Operand::Template(template(&format!("Žluťoučký kůň {n}")))),
                    exact: false,
                })
            };
            let test = Test::Any((0..50).map(of).collect());
            folded_by(&|| assert!(!test.holds(&scope)))
        };
        assert_eq!(compared(&Relation::Equals), answer.len());
        assert_eq!(compared(&Relation::Contains), answer.len());
        assert_eq!(compared(&Relation::StartsWith), answer.len());
        assert_eq!(compared(&|one| Relation::OneOf(vec![one])), answer.len());
    }
}
