//! What a setting is: its default, its range, and how its value is read.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use crate::units::{duration_text, parse_duration, parse_size, size_text};

/// A value as it was given.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// In a TOML document.
    Toml(&'a DeValue<'a>),
    /// In an environment variable or an option.
    Text(&'a str),
}

impl<'a> Given<'a> {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match self {
            Given::Toml(DeValue::String(text)) => Some(text),
            Given::Text(text) => Some(text),
            Given::Toml(
                DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_),
            ) => None,
        }
    }

    /// The whole number that is not negative, if it is one. Never the text of a document.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self {
            Given::Text(text) => text.parse().ok(),
            Given::Toml(DeValue::Integer(number)) => {
                u64::from_str_radix(number.as_str(), number.radix()).ok()
            }
            Given::Toml(
                DeValue::String(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_),
            ) => None,
        }
    }

    /// The value as an error repeats it. Lists and tables are only named.
    #[must_use]
    pub fn found(&self) -> String {
        match self {
            Given::Toml(DeValue::String(text)) => quoted(text),
            Given::Text(text) => quoted(text),
            Given::Toml(DeValue::Integer(number)) => number.to_string(),
            Given::Toml(DeValue::Float(number)) => number.to_string(),
            Given::Toml(DeValue::Boolean(value)) => value.to_string(),
            Given::Toml(DeValue::Datetime(_)) => "a date".to_owned(),
            Given::Toml(DeValue::Array(_)) => "a list".to_owned(),
            Given::Toml(DeValue::Table(_)) => "a table".to_owned(),
        }
    }
}

fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

/// How the values of a setting are read and described.
pub trait Spec<T> {
    /// The value that holds where none is given.
    fn default(&self) -> T;
    /// Reads a value. `None` means that it is not what [`Spec::expected`] says.
    fn read(&self, given: &Given<'_>) -> Option<T>;
    /// What is expected, such as `a whole number from 1 to 8`.
    fn expected(&self) -> String;
    /// The least and the greatest value. Empty where there are none.
    fn range(&self) -> String {
        String::new()
    }
    /// The default as a document writes it. Empty where there is none.
    fn default_text(&self) -> String {
        String::new()
    }
    /// How to write what was probably meant.
    fn hint(&self, _given: &Given<'_>) -> Option<String> {
        None
    }
    /// The parts that are wrong in a value of several parts. Empty where the whole value is.
    fn wrong_parts(&self, _given: &Given<'_>) -> Vec<WrongPart> {
        Vec::new()
    }
}

/// A part of a value that is not what is expected, such as one item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongPart {
    /// The key within the value, if it is a table.
    pub key: Option<String>,
    /// What was found and what is expected.
    pub message: String,
    /// The range of the part in the document, in bytes.
    pub span: Range<usize>,
}

/// Why a value was not taken.
#[derive(Debug)]
pub struct Wrong {
    /// What was found and what is expected.
    pub message: String,
    /// How to write it.
    pub help: Option<String>,
    /// The parts of the value that are wrong. Empty where the whole value is.
    pub parts: Vec<WrongPart>,
}

/// A key of a table.
pub struct Key<T> {
    /// The key, in kebab case.
    pub name: String,
    /// Its documentation, as the source has it.
    pub doc: &'static str,
    /// What is expected.
    pub expected: String,
    /// The least and the greatest value.
    pub range: String,
    /// The default as a document writes it.
    pub default: String,
    set: Setter<T>,
    hint: Describe<Option<String>>,
    wrong_parts: Describe<Vec<WrongPart>>,
}

/// Describes a value that was not taken.
type Describe<R> = Box<dyn Fn(&Given<'_>) -> R>;

/// Reads a value into its field. Returns whether it is what is expected.
type Setter<T> = Box<dyn Fn(&mut T, &Given<'_>) -> bool>;

impl<T> Key<T> {
    /// A key for a field; [`settings!`](crate::settings) calls it.
    pub fn new<V: 'static, S: Spec<V> + Clone + 'static>(
        field: &str,
        doc: &'static str,
        spec: S,
        access: fn(&mut T) -> &mut V,
    ) -> Key<T>
    where
        T: 'static,
    {
        let (hints, parts) = (spec.clone(), spec.clone());
        Key {
            name: field.replace('_', "-"),
            doc,
            expected: spec.expected(),
            range: spec.range(),
            default: spec.default_text(),
            set: Box::new(move |table, given| match spec.read(given) {
                Some(value) => {
                    *access(table) = value;
                    true
                }
                None => false,
            }),
            hint: Box::new(move |given| hints.hint(given)),
            wrong_parts: Box::new(move |given| parts.wrong_parts(given)),
        }
    }

    /// Sets the field of a table.
    ///
    /// # Errors
    /// The value or parts of it are not what is expected.
    pub fn set(&self, table: &mut T, given: &Given<'_>) -> Result<(), Wrong> {
        if (self.set)(table, given) {
            return Ok(());
        }
        Err(Wrong {
            message: format!("is {}; expected {}", given.found(), self.expected),
            help: (self.hint)(given),
            parts: (self.wrong_parts)(given),
        })
    }
}

/// A table of settings.
pub trait Table: Sized + 'static {
    /// Its keys, in the order of the documentation.
    fn keys() -> Vec<Key<Self>>;
}

/// A type of numbers that a quantity may have.
pub trait Number: Sized {
    /// The value of a number of things, bytes or milliseconds.
    fn of(number: u64) -> Option<Self>;
}

impl Number for u32 {
    fn of(number: u64) -> Option<u32> {
        number.try_into().ok()
    }
}

impl Number for u64 {
    fn of(number: u64) -> Option<u64> {
        Some(number)
    }
}

impl Number for usize {
    fn of(number: u64) -> Option<usize> {
        number.try_into().ok()
    }
}

impl Number for Duration {
    fn of(number: u64) -> Option<Duration> {
        Some(Duration::from_millis(number))
    }
}

/// A number of things, bytes or milliseconds, with its default and range.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    unit: Unit,
    default: u64,
    least: u64,
    most: u64,
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Things,
    Bytes,
    Milliseconds,
}

impl Unit {
    fn text(self, number: u64) -> String {
        match self {
            Unit::Things => grouped(number),
            Unit::Bytes => size_text(number),
            Unit::Milliseconds => duration_text(Duration::from_millis(number)),
        }
    }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A whole number: the default, the least, the most.
#[must_use]
pub const fn count(default: u64, least: u64, most: u64) -> Quantity {
    let unit = Unit::Things;
    Quantity {
        unit,
        default,
        least,
        most,
    }
}

/// A size such as `64KiB`: the default, the least, the most.
///
/// # Panics
/// One of them is no size.
#[must_use]
pub fn size(default: &str, least: &str, most: &str) -> Quantity {
    let bytes = |text| parse_size(text).expect("a size of the source is valid");
    Quantity {
        unit: Unit::Bytes,
        ..count(bytes(default), bytes(least), bytes(most))
    }
}

/// A duration such as `30s`: the default, the least, the most.
///
/// # Panics
/// One of them is no duration.
#[must_use]
pub fn time(default: &str, least: &str, most: &str) -> Quantity {
    let time = |text| {
        let time = parse_duration(text).expect("a duration of the source is valid");
        u64::try_from(time.as_millis()).expect("it was read from that many")
    };
    Quantity {
        unit: Unit::Milliseconds,
        ..count(time(default), time(least), time(most))
    }
}

impl<T: Number> Spec<T> for Quantity {
    fn default(&self) -> T {
        T::of(self.default).expect("a default of the source fits its field")
    }

    fn read(&self, given: &Given<'_>) -> Option<T> {
        let number = match self.unit {
            Unit::Things => given.number()?,
            Unit::Bytes => parse_size(given.text()?)?,
            Unit::Milliseconds => parse_duration(given.text()?)?.as_millis().try_into().ok()?,
        };
        T::of(number).filter(|_| (self.least..=self.most).contains(&number))
    }

    fn expected(&self) -> String {
        let (what, example) = match self.unit {
            Unit::Things => ("a whole number", String::new()),
            Unit::Bytes => (
                "a size",
                format!(", such as {:?}", self.unit.text(self.default)),
            ),
            Unit::Milliseconds => (
                "a duration",
                format!(", such as {:?}", self.unit.text(self.default)),
            ),
        };
        let (least, most) = (self.unit.text(self.least), self.unit.text(self.most));
        format!("{what} from {least} to {most}{example}")
    }

    fn range(&self) -> String {
        let (least, most) = (self.unit.text(self.least), self.unit.text(self.most));
        format!("{least} to {most}")
    }

    fn default_text(&self) -> String {
        self.unit.text(self.default)
    }

    fn hint(&self, given: &Given<'_>) -> Option<String> {
        let number = given.number()?;
        match self.unit {
            Unit::Things => None,
            Unit::Bytes => Some(format!("write `{:?}`", size_text(number))),
            Unit::Milliseconds => Some(format!(
                "write the unit, one of `ms`, `s`, `m`, `h` and `d`: `\"{number}s\"` are seconds"
            )),
        }
    }
}

/// A value that need not be given.
#[derive(Debug, Clone, Copy)]
pub struct Optional {
    default: &'static str,
    expected: &'static str,
}

/// A value that need not be given: what holds without it, and what is expected.
#[must_use]
pub const fn optional(default: &'static str, expected: &'static str) -> Optional {
    Optional { default, expected }
}

impl<V: FromStr> Spec<Option<V>> for Optional {
    fn default(&self) -> Option<V> {
        None
    }

    fn read(&self, given: &Given<'_>) -> Option<Option<V>> {
        let text = given.text().filter(|text| !text.is_empty())?;
        text.parse().ok().map(Some)
    }

    fn expected(&self) -> String {
        self.expected.to_owned()
    }

    fn default_text(&self) -> String {
        self.default.to_owned()
    }
}

/// A list of values.
#[derive(Debug, Clone, Copy)]
pub struct List(Optional);

/// A list of values: what holds without it, and what is expected. An environment variable or an option
/// has commas between them.
#[must_use]
pub const fn list(default: &'static str, expected: &'static str) -> List {
    List(optional(default, expected))
}

impl<V: FromStr<Err: Display>> Spec<Vec<V>> for List {
    fn default(&self) -> Vec<V> {
        Vec::new()
    }

    fn read(&self, given: &Given<'_>) -> Option<Vec<V>> {
        match given {
            Given::Text("") => Some(Vec::new()),
            Given::Text(text) => text.split(',').map(|item| item.parse().ok()).collect(),
            Given::Toml(DeValue::Array(array)) => array
                .iter()
                .map(|item| Given::Toml(item.get_ref()).text()?.parse().ok())
                .collect(),
            Given::Toml(
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Table(_),
            ) => None,
        }
    }

    fn wrong_parts(&self, given: &Given<'_>) -> Vec<WrongPart> {
        wrong_items::<V>(None, given)
    }

    fn expected(&self) -> String {
        self.0.expected.to_owned()
    }

    fn default_text(&self) -> String {
        self.0.default.to_owned()
    }
}

/// The items of a list in a document that cannot be read, each with the reason.
fn wrong_items<V: FromStr<Err: Display>>(key: Option<&str>, list: &Given<'_>) -> Vec<WrongPart> {
    let Given::Toml(DeValue::Array(items)) = list else {
        return Vec::new();
    };
    let wrong = |item: &Spanned<DeValue<'_>>| {
        let given = Given::Toml(item.get_ref());
        let reason = match given.text().map(str::parse::<V>) {
            Some(Ok(_)) => return None,
            Some(Err(error)) => error.to_string(),
            None => "expected a text".to_owned(),
        };
        Some(WrongPart {
            key: key.map(str::to_owned),
            message: format!("has {}; {reason}", given.found()),
            span: item.span(),
        })
    };
    items.iter().filter_map(wrong).collect()
}

/// A table of lists.
#[derive(Debug, Clone, Copy)]
pub struct Lists(Optional);

/// A table of lists: what holds without it, and what is expected.
#[must_use]
pub const fn lists(default: &'static str, expected: &'static str) -> Lists {
    Lists(optional(default, expected))
}

impl<V: FromStr<Err: Display>> Spec<BTreeMap<String, Vec<V>>> for Lists {
    fn default(&self) -> BTreeMap<String, Vec<V>> {
        BTreeMap::new()
    }

    fn read(&self, given: &Given<'_>) -> Option<BTreeMap<String, Vec<V>>> {
        let Given::Toml(DeValue::Table(table)) = given else {
            return None;
        };
        table
            .iter()
            .map(|(key, value)| {
                let list = Spec::<Vec<V>>::read(&List(self.0), &Given::Toml(value.get_ref()))?;
                Some((key.get_ref().to_string(), list))
            })
            .collect()
    }

    fn wrong_parts(&self, given: &Given<'_>) -> Vec<WrongPart> {
        let Given::Toml(DeValue::Table(table)) = given else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        for (key, list) in table {
            let key: &str = key.get_ref();
            let given = Given::Toml(list.get_ref());
            if let DeValue::Array(_) = list.get_ref() {
                parts.extend(wrong_items::<V>(Some(key), &given));
            } else {
                parts.push(WrongPart {
                    key: Some(key.to_owned()),
                    message: format!("is {}; expected a list", given.found()),
                    span: list.span(),
                });
            }
        }
        parts
    }

    fn expected(&self) -> String {
        self.0.expected.to_owned()
    }

    fn default_text(&self) -> String {
        self.0.default.to_owned()
    }
}

/// The documentation as one paragraph.
pub(crate) fn paragraph(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
