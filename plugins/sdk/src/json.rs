//! Reading the JSON of loosely typed back ends.
//!
//! A PHP back end writes one flag as `true`, `1` or `"1"`, one price as `1230`, `1230.5` or
//! `"1230.50"`, and no value as `null`, as `""` or by leaving the key out. [`Loose`] takes them
//! all, digit by digit, and distinguishes an empty value from a missing one: *empty* can prove
//! something, *missing* proves nothing.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::contract::Failure;

/// A single value of an answer, `bool`, `i64`, [`Decimal`] or `String`, in any of its forms. Use it
/// in structs with `#[serde(default)]`.
///
/// ```
/// use krabice_plugin::json::Loose;
/// use krabice_plugin::Decimal;
///
/// #[derive(Default, serde::Deserialize)]
/// #[serde(default)]
/// struct Order {
///     order_total: Loose<Decimal>,
///     resolved_yn: Loose<bool>,
///     paid_date: Loose<String>,
///     tracking_code: Loose<String>,
/// }
///
/// let order: Order =
///     serde_json::from_str(r#"{ "order_total": 1230.50, "resolved_yn": "1", "paid_date": null }"#)?;
/// assert_eq!(order.order_total.required("order_total")?.to_string(), "1230.50");
/// assert_eq!(order.resolved_yn, Loose::Value(true));
/// assert_eq!(order.paid_date.known("paid_date")?, None, "not paid");
/// assert!(order.tracking_code.known("tracking_code").is_err(), "it may or may not have one");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Loose<T> {
    /// The key was not there.
    #[default]
    Missing,
    /// `null`, or a text that is empty or only white space.
    Empty,
    /// A value.
    Value(T),
}

impl<T> Loose<T> {
    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Loose::Value(value) => Some(value),
            Loose::Missing | Loose::Empty => None,
        }
    }

    /// The value; `None` for an empty one.
    ///
    /// # Errors
    /// [`Failure::UnexpectedAnswer`] for a missing one. `name` is the back end's name of it.
    pub fn known(&self, name: &str) -> Result<Option<&T>, Failure> {
        match self {
            Loose::Value(value) => Ok(Some(value)),
            Loose::Empty => Ok(None),
            Loose::Missing => Err(Failure::unexpected_answer(format!(
                "the answer lacks `{name}`"
            ))),
        }
    }

    /// The value.
    ///
    /// # Errors
    /// [`Failure::UnexpectedAnswer`] for an empty or missing one.
    pub fn required(&self, name: &str) -> Result<&T, Failure> {
        self.known(name)?
            .ok_or_else(|| Failure::unexpected_answer(format!("`{name}` is empty in the answer")))
    }
}

impl Loose<String> {
    /// The text; empty for an empty or missing one.
    #[must_use]
    pub fn text(&self) -> String {
        self.value().cloned().unwrap_or_default()
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let raw = raw.get();
        let text: Cow<'_, str>;
        let token = match raw.as_bytes() {
            b"null" => return Ok(Loose::Empty),
            b"true" => Token::Boolean(true),
            b"false" => Token::Boolean(false),
            [b'"', ..] => {
                text = serde_json::from_str(raw).map_err(D::Error::custom)?;
                if text.trim().is_empty() {
                    return Ok(Loose::Empty);
                }
                Token::Text(&text)
            }
            [b'{' | b'[', ..] => return Err(D::Error::custom("expected a single value")),
            _ => Token::Number(raw),
        };
        T::from_token(token)
            .map(Loose::Value)
            .ok_or_else(|| D::Error::custom(T::EXPECTED))
    }
}

/// A type that [`Loose`] can hold.
pub trait Scalar: Sized {
    /// The error for a value of another type.
    #[doc(hidden)]
    const EXPECTED: &'static str;

    /// Reads a value as it is written.
    #[doc(hidden)]
    fn from_token(token: Token<'_>) -> Option<Self>;
}

/// A single value as it is written.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Token<'a> {
    /// `true` or `false`.
    Boolean(bool),
    /// The characters of a number.
    Number(&'a str),
    /// A text that is not empty.
    Text(&'a str),
}

impl Scalar for bool {
    const EXPECTED: &'static str = "expected a flag";

    fn from_token(token: Token<'_>) -> Option<Self> {
        match token {
            Token::Boolean(value) => Some(value),
            Token::Number(text) | Token::Text(text) => match text.trim() {
                "1" | "true" => Some(true),
                "0" | "false" => Some(false),
                _ => None,
            },
        }
    }
}

impl Scalar for i64 {
    const EXPECTED: &'static str = "expected a whole number";

    fn from_token(token: Token<'_>) -> Option<Self> {
        let decimal = Decimal::from_token(token)?;
        if decimal.is_integer() {
            decimal.try_into().ok()
        } else {
            None
        }
    }
}

impl Scalar for Decimal {
    const EXPECTED: &'static str = "expected a number of up to 28 digits";

    fn from_token(token: Token<'_>) -> Option<Self> {
        let text = match token {
            Token::Boolean(_) => return None,
            Token::Number(text) | Token::Text(text) => text.trim(),
        };
        if text.contains(['e', 'E']) {
            Decimal::from_scientific(text).ok()
        } else {
            Decimal::from_str_exact(text).ok()
        }
    }
}

impl Scalar for String {
    const EXPECTED: &'static str = "expected a text";

    fn from_token(token: Token<'_>) -> Option<Self> {
        match token {
            Token::Boolean(_) => None,
            Token::Number(text) | Token::Text(text) => Some(text.to_owned()),
        }
    }
}

/// Values by their keys, in the order of the answer.
///
/// A PHP back end writes them as an object, but as `[]` or `null` when there are none.
///
/// ```
/// use krabice_plugin::json::{Keyed, Loose};
///
/// let names = |json| serde_json::from_str::<Keyed<Loose<String>>>(json);
/// let found = names(r#"{ "pl_PL": "wysłane", "en_US": "sent" }"#)?;
/// let keys: Vec<_> = found.iter().map(|(key, _)| key).collect();
/// assert_eq!(keys, ["pl_PL", "en_US"]);
/// assert_eq!(names("[]")?.iter().count(), 0);
/// assert!(names(r#"["sent"]"#).is_err(), "a list has no keys");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed<T>(Vec<(String, T)>);

impl<T> Keyed<T> {
    /// The keys and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Keyed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyedVisitor(PhantomData))
    }
}

struct KeyedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for KeyedVisitor<T> {
    type Value = Keyed<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, or an empty list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keyed<T>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Keyed(pairs))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Keyed<T>, A::Error> {
        match items.next_element::<IgnoredAny>()? {
            None => Ok(Keyed::default()),
            Some(_) => Err(A::Error::custom("expected an object, or an empty list")),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Keyed<T>, E> {
        Ok(Keyed::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Scalar>(json: &str) -> Option<Loose<T>> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn a_number_keeps_the_digits_it_was_written_with() {
        for written in [
            "1230.50",
            "1230.5",
            "293",
            "0",
            "-0.10",
            "9999999999999999999999999999",
        ] {
            for json in [
                written.to_owned(),
                format!("\"{written}\""),
                format!(" \"{written} \" "),
            ] {
                let Some(Loose::Value(decimal)) = read::<Decimal>(&json) else {
                    panic!("{json}")
                };
                assert_eq!(decimal.to_string(), written, "{json}");
            }
        }
        assert_eq!(read("1.0e+3"), Some(Loose::Value(Decimal::from(1000))));
    }

    #[test]
    fn a_number_too_long_to_be_exact_is_refused() {
        assert_eq!(read::<Decimal>("123456789012345678901234567890.12"), None);
    }

    #[test]
    fn a_flag_may_be_a_boolean_a_number_or_a_text() {
        for json in ["true", "1", "\"1\"", "\"true\""] {
            assert_eq!(read(json), Some(Loose::Value(true)), "{json}");
        }
        for json in ["false", "0", "\"0\"", "\"false\""] {
            assert_eq!(read(json), Some(Loose::Value(false)), "{json}");
        }
        for json in ["2", "\"yes\"", "[]", "{}"] {
            assert_eq!(read::<bool>(json), None, "{json}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_as_text_or_with_zeros() {
        for json in ["42", "\"42\"", "42.0", "4.2e1"] {
            assert_eq!(read(json), Some(Loose::Value(42_i64)), "{json}");
        }
        for json in ["42.5", "true", "\"forty\"", "9223372036854775808"] {
            assert_eq!(read::<i64>(json), None, "{json}");
        }
    }

    #[test]
    fn a_text_may_be_written_as_a_number() {
        assert_eq!(read("260147"), Some(Loose::Value("260147".to_owned())));
        assert_eq!(read("\"O\\u017e\""), Some(Loose::Value("Ož".to_owned())));
        assert_eq!(read::<String>("true"), None);
    }

    #[test]
    fn keyed_values_keep_their_order_and_may_be_none() {
        let read = |json| serde_json::from_str::<Keyed<Loose<i64>>>(json).ok();
        let pairs = vec![
            ("b".to_owned(), Loose::Value(2)),
            ("a".to_owned(), Loose::Empty),
        ];
        assert_eq!(read(r#"{ "b": "2", "a": null }"#), Some(Keyed(pairs)));
        for json in ["{}", "[]", "null"] {
            assert_eq!(read(json), Some(Keyed(Vec::new())), "{json}");
        }
        for json in ["[1]", "[{}]", "1", "\"\"", r#"{ "a": {} }"#] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn null_and_blank_texts_are_empty() {
        for json in ["null", "\"\"", "\" \\n\""] {
            assert_eq!(read::<String>(json), Some(Loose::Empty), "{json}");
            assert_eq!(read::<Decimal>(json), Some(Loose::Empty), "{json}");
        }
    }
}
