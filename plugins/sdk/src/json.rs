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
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
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
    /// A value of another type than expected, such as a text where a number should be. It proves
    /// nothing, and does not make the rest of the answer unreadable.
    Odd,
    /// A value.
    Value(T),
}

impl<T> Loose<T> {
    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Loose::Value(value) => Some(value),
            Loose::Missing | Loose::Empty | Loose::Odd => None,
        }
    }

    /// The value; `None` for an empty one.
    ///
    /// # Errors
    /// [`Failure::UnexpectedAnswer`] for a missing one, or one of another type. `name` is the back end's name of it.
    pub fn known(&self, name: &str) -> Result<Option<&T>, Failure> {
        match self {
            Loose::Value(value) => Ok(Some(value)),
            Loose::Empty => Ok(None),
            Loose::Missing => Err(Failure::unexpected_answer(format!(
                "the answer lacks `{name}`"
            ))),
            Loose::Odd => Err(Failure::unexpected_answer(format!(
                "`{name}` is not as documented"
            ))),
        }
    }

    /// The value.
    ///
    /// # Errors
    /// [`Failure::UnexpectedAnswer`] for an empty or missing one, or one of another type.
    pub fn required(&self, name: &str) -> Result<&T, Failure> {
        self.known(name)?
            .ok_or_else(|| Failure::unexpected_answer(format!("`{name}` is empty in the answer")))
    }
}

impl Loose<String> {
    /// The text; empty for an empty or missing one, or one of another type.
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
            [b'{' | b'[', ..] => return Ok(Loose::Odd),
            _ => Token::Number(raw),
        };
        Ok(T::from_token(token).map_or(Loose::Odd, Loose::Value))
    }
}

/// A part of an answer, or an item of a list, that is there only if it has the expected form: one
/// odd record does not make the others unreadable. A PHP back end writes a part that it does not
/// have as `null`, `[]`, `""` or `false`.
///
/// ```
/// use krabice_plugin::json::{Loose, Part};
///
/// #[derive(Default, serde::Deserialize)]
/// #[serde(default)]
/// struct Customer {
///     email: Loose<String>,
/// }
///
/// let listed: Vec<Part<Customer>> =
///     serde_json::from_str(r#"[{ "email": "jana@example.com" }, false, { "email": [] }]"#)?;
/// assert!(listed[0].value().is_some());
/// assert!(listed[1].value().is_none());
/// assert_eq!(listed[2].value().unwrap().email, Loose::Odd);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T>(Option<T>);

impl<T> Part<T> {
    /// The part, if it is there and has the expected form.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// The part, if it is there and has the expected form.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        self.0
    }
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(raw.get()).ok()))
    }
}

/// A type that [`Loose`] can hold.
pub trait Scalar: Sized {
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
    fn from_token(token: Token<'_>) -> Option<Self> {
        let text = match token {
            Token::Boolean(_) => return None,
            Token::Number(text) | Token::Text(text) => text.trim(),
        };
        if text.contains(['e', 'E']) {
            Decimal::from_scientific(text).ok()
        } else {
            Decimal::from_str_exact(text).ok().or_else(|| rounded(text))
        }
    }
}

/// Reads a number whose fraction is too long to be exact, which only a binary number has.
fn rounded(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let binary = whole.len() <= 16 && fraction.len() > 12 && digits(fraction);
    text.parse().ok().filter(|_| binary)
}

impl Scalar for String {
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
        let read = read::<Decimal>("123456789012345678901234567890.12");
        assert_eq!(read, Some(Loose::Odd));
    }

    #[test]
    fn the_long_fraction_of_a_binary_number_does_not_spoil_the_number() {
        let Some(Loose::Value(read)) = read::<Decimal>("19.98999977111816406250000000001234")
        else {
            panic!("not read")
        };
        assert_eq!(read.round_dp(6).to_string(), "19.990000");
    }

    #[test]
    fn a_value_of_another_type_proves_nothing_and_spoils_no_other() {
        let odd = Loose::<i64>::Odd;
        assert_eq!(odd.value(), None);
        let failure = Failure::unexpected_answer("`a` is not as documented");
        assert_eq!(odd.known("a"), Err(failure.clone()));
        assert_eq!(odd.required("a"), Err(failure));
    }

    #[test]
    fn a_part_of_another_form_is_not_there() {
        let read = |json| serde_json::from_str::<Part<Vec<Part<Keyed<Loose<i64>>>>>>(json).unwrap();
        let list = read(r#"[{ "a": 1 }, 5, ""]"#);
        let there: Vec<_> = list
            .value()
            .unwrap()
            .iter()
            .map(|it| it.value().is_some())
            .collect();
        assert_eq!(there, [true, false, false]);
        for json in ["null", "false", "\"\"", "{}"] {
            assert!(read(json).value().is_none(), "{json}");
        }
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
            assert_eq!(read::<bool>(json), Some(Loose::Odd), "{json}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_as_text_or_with_zeros() {
        for json in ["42", "\"42\"", "42.0", "4.2e1"] {
            assert_eq!(read(json), Some(Loose::Value(42_i64)), "{json}");
        }
        for json in ["42.5", "true", "\"forty\"", "9223372036854775808"] {
            assert_eq!(read::<i64>(json), Some(Loose::Odd), "{json}");
        }
    }

    #[test]
    fn a_text_may_be_written_as_a_number() {
        assert_eq!(read("260147"), Some(Loose::Value("260147".to_owned())));
        assert_eq!(read("\"O\\u017e\""), Some(Loose::Value("Ož".to_owned())));
        assert_eq!(read::<String>("true"), Some(Loose::Odd));
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
        for json in ["[1]", "[{}]", "1", "\"\""] {
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
