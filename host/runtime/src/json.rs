//! Lists and records, which travel as JSON text.
//!
//! The text is read straight into a [`Value`] along its [`Shape`], so that
//! depth and size are bounded by what the manifest declares, and a decimal
//! keeps the digits that it was written with.

use std::cell::RefCell;
use std::fmt;

use indexmap::IndexMap;
use krabice_scenario::Value;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::shape::{Shape, Slot};
use crate::wire::{self, Breach, Sizes};

/// Reads a list or record that a plugin gave for a name.
pub(crate) fn read(shape: &Shape, text: &str, name: &str, sizes: Sizes) -> Result<Value, Breach> {
    if text.len() > sizes.json {
        let what = format!(
            "the JSON has {} bytes, more than {}",
            text.len(),
            sizes.json
        );
        return Err(Breach::new(name, what));
    }
    let breach = RefCell::new(None);
    let reader = Reader {
        shape,
        at: At::Name(name),
        sizes,
        breach: &breach,
    };
    let mut source = serde_json::Deserializer::from_str(text);
    let value = reader
        .deserialize(&mut source)
        .and_then(|value| source.end().map(|()| value));
    value.map_err(|error| {
        breach.into_inner().unwrap_or_else(|| {
            // The parser's own words may quote the value.
            let place = format!("line {}, column {}", error.line(), error.column());
            Breach::new(name, format!("is no valid JSON ({place})"))
        })
    })
}

/// The most items of one list: far more than a chat can say, and a bound on
/// what 1 MiB of JSON grows to in memory.
const ITEMS: usize = 10_000;

/// A place in the value, for the breach.
#[derive(Clone, Copy)]
enum At<'a> {
    Name(&'a str),
    Part(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Name(name) => f.write_str(name),
            At::Part(parent, name) => write!(f, "{parent}.{name}"),
            At::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Reader<'a> {
    shape: &'a Shape,
    at: At<'a>,
    sizes: Sizes,
    /// Where the first breach is put, past the error type of the parser.
    breach: &'a RefCell<Option<Breach>>,
}

impl Reader<'_> {
    fn broken<E: Error>(&self, at: impl fmt::Display, what: impl Into<String>) -> E {
        self.breach
            .borrow_mut()
            .get_or_insert_with(|| Breach::new(at.to_string(), what));
        E::custom("")
    }

    fn found<E: Error>(&self, found: &str) -> E {
        self.broken(
            self.at,
            format!("expected {}, found {found}", self.shape.kind()),
        )
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        let Shape::Decimal = self.shape else {
            return source.deserialize_any(self);
        };
        // A number would go through a binary float; its text does not.
        let raw: &RawValue = serde::Deserialize::deserialize(source)?;
        let text = raw.get();
        let decimal = match text.as_bytes().first() {
            Some(b'"') => {
                let text: String = serde_json::from_str(text).map_err(D::Error::custom)?;
                wire::decimal(&text)
            }
            Some(b'-' | b'0'..=b'9') => wire::decimal(text),
            Some(b't' | b'f') => return Err(self.found("boolean")),
            Some(b'n') => return Err(self.null()),
            Some(b'[') => return Err(self.found("list")),
            _ => return Err(self.found("record")),
        };
        decimal
            .map(Value::Decimal)
            .map_err(|what| self.broken(self.at, what))
    }
}

impl Reader<'_> {
    fn null<E: Error>(&self) -> E {
        self.broken(self.at, "is null; a value that is absent is left out")
    }

    fn slot<'s>(slots: &'s [Slot], name: &str) -> Option<&'s Slot> {
        slots.iter().find(|slot| slot.name == name)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shape.kind().word())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        match self.shape {
            Shape::Boolean => Ok(Value::Boolean(value)),
            _ => Err(self.found("boolean")),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        match self.shape {
            Shape::Integer => Ok(Value::Integer(value)),
            _ => Err(self.found("number")),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        match (self.shape, i64::try_from(value)) {
            (Shape::Integer, Ok(value)) => Ok(Value::Integer(value)),
            (Shape::Integer, Err(_)) => Err(self.found("a number that is too large")),
            _ => Err(self.found("number")),
        }
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(self.found("a number with a fraction or exponent"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        match self.shape {
            Shape::Text { kind, choices } => wire::check_text(*kind, choices, text, self.sizes)
                .map(|()| Value::Text(text.to_owned()))
                .map_err(|what| self.broken(self.at, what)),
            Shape::Timestamp => wire::timestamp(text)
                .map(Value::Timestamp)
                .map_err(|what| self.broken(self.at, what)),
            _ => Err(self.found("text")),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Err(self.null())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Shape::List(shape) = self.shape else {
            return Err(self.found("list"));
        };
        let mut list = Vec::new();
        loop {
            let at = At::Item(&self.at, list.len());
            let reader = Reader {
                shape,
                at,
                sizes: self.sizes,
                breach: self.breach,
            };
            match items.next_element_seed(reader)? {
                Some(value) if list.len() < ITEMS => list.push(value),
                Some(_) => {
                    return Err(self.broken(self.at, format!("has more than {ITEMS} items")));
                }
                None => return Ok(Value::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let Shape::Record(slots) = self.shape else {
            return Err(self.found("record"));
        };
        // Grows with what is there: a list of empty records must not cost what
        // their optional fields would.
        let mut record = IndexMap::new();
        while let Some(name) = fields.next_key::<String>()? {
            let at = At::Part(&self.at, &name);
            let Some(slot) = Self::slot(slots, &name) else {
                let short = name.chars().take(64).collect::<String>();
                return Err(self.broken(
                    At::Part(&self.at, &short),
                    "the manifest names no such field",
                ));
            };
            let reader = Reader {
                shape: &slot.shape,
                at,
                sizes: self.sizes,
                breach: self.breach,
            };
            let value = fields.next_value_seed(reader)?;
            if record.insert(slot.name.clone(), value).is_some() {
                return Err(self.broken(At::Part(&self.at, &slot.name), "is there twice"));
            }
        }
        match slots
            .iter()
            .find(|slot| !slot.optional && !record.contains_key(&slot.name))
        {
            Some(missing) => Err(self.broken(At::Part(&self.at, &missing.name), "is missing")),
            None => Ok(Value::Record(record)),
        }
    }
}

#[cfg(test)]
mod tests {
    use krabice_scenario::Kind;

    use super::*;

    fn shape() -> Shape {
        let slot = |name: &str, shape, optional| Slot {
            name: name.to_owned(),
            shape,
            optional,
            default: None,
            personal: false,
        };
        let text = || Shape::Text {
            kind: Kind::Text,
            choices: Vec::new(),
        };
        Shape::List(Box::new(Shape::Record(vec![
            slot("code", text(), false),
            slot("price", Shape::Decimal, true),
            slot("count", Shape::Integer, true),
            slot("sold", Shape::Boolean, true),
            slot("when", Shape::Timestamp, true),
            slot("tags", Shape::List(Box::new(text())), true),
        ])))
    }

    fn check(text: &str) -> String {
        match read(
            &shape(),
            text,
            "items",
            Sizes {
                text: 20,
                json: 200,
                file: 0,
            },
        ) {
            Ok(value) => value.to_plain_json().to_string(),
            Err(breach) => breach.to_string(),
        }
    }

    #[test]
    fn decimals_keep_the_digits_that_they_are_written_with() {
        assert_eq!(
            check(r#"[{"code":"A","price":1230.50},{"code":"B","price":"0.10"}]"#),
            r#"[{"code":"A","price":"1230.50"},{"code":"B","price":"0.10"}]"#
        );
    }

    #[test]
    fn a_breach_says_where_and_what_and_never_the_value() {
        let long = format!("[{}]", " ".repeat(300));
        let found = [
            r#"[{"code":"secret","#,
            r#"{"code":"secret"}"#,
            r#"["secret"]"#,
            r#"[{"code":7}]"#,
            r#"[{"code":null}]"#,
            r#"[{"price":1}]"#,
            r#"[{"code":"A"},{"code":"A","margin":"secret"}]"#,
            r#"[{"code":"A","code":"B"}]"#,
            r#"[{"code":"A","price":1e3}]"#,
            r#"[{"code":"A","price":"secret"}]"#,
            r#"[{"code":"A","price":true}]"#,
            r#"[{"code":"A","price":[1]}]"#,
            r#"[{"code":"A","price":null}]"#,
            r#"[{"code":"A","count":1.5}]"#,
            r#"[{"code":"A","count":9223372036854775808}]"#,
            r#"[{"code":"A","count":"secret"}]"#,
            r#"[{"code":"A","sold":"secret"}]"#,
            r#"[{"code":"A","when":"secret"}]"#,
            r#"[{"code":"A","tags":["a",["secret"]]}]"#,
            r#"[{"code":"A","tags":["this text is longer than it may be"]}]"#,
            r#"[{"code":"A"}] secret"#,
            "[[[[[[[[[[[[[[[[[[[[[[",
            &long,
        ]
        .map(|text| format!("{text:.60}\n    {}\n", check(text)))
        .concat();
        assert!(
            !found
                .lines()
                .any(|line| line.starts_with(' ') && line.contains("secret")),
            "{found}"
        );
        insta::assert_snapshot!(found);
    }
}
