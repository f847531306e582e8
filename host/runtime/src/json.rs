//! Lists and records from a plugin, which cross as JSON text.
//!
//! The text is read along its [`Shape`] directly into a [`Value`], so that the manifest
//! bounds its depth and size, and a decimal keeps the digits that it was written with.

use std::cell::RefCell;
use std::fmt;

use indexmap::IndexMap;
use krabice_scenario::Value;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::scalar::{self, Sizes, ValueError};
use crate::shape::{Shape, Slot};

/// Reads a list or record that a plugin gave for a name.
pub(crate) fn read(
    shape: &Shape,
    text: &str,
    name: &str,
    sizes: Sizes,
) -> Result<Value, ValueError> {
    if text.len() > sizes.json {
        let what = scalar::too_long("JSON", text.len(), sizes.json);
        return Err(ValueError::new(name, what));
    }
    let first_error = RefCell::new(None);
    let reader = Reader {
        shape,
        at: JsonPath::Name(name),
        sizes,
        first_error: &first_error,
    };
    let mut source = serde_json::Deserializer::from_str(text);
    let value = reader
        .deserialize(&mut source)
        .and_then(|value| source.end().map(|()| value));
    value.map_err(|error| {
        first_error.into_inner().unwrap_or_else(|| {
            // The parser's own message may quote the value.
            let position = format!("line {}, column {}", error.line(), error.column());
            ValueError::new(name, format!("is not valid JSON ({position})"))
        })
    })
}

/// The most items of one list: far more than a chat can show, and a bound on the memory
/// that 1 MiB of JSON takes.
const ITEMS: usize = 10_000;

/// The path of a part of the value, for errors.
#[derive(Clone, Copy)]
enum JsonPath<'a> {
    Name(&'a str),
    Part(&'a JsonPath<'a>, &'a str),
    Item(&'a JsonPath<'a>, usize),
}

impl fmt::Display for JsonPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonPath::Name(name) => f.write_str(name),
            JsonPath::Part(parent, name) => write!(f, "{parent}.{name}"),
            JsonPath::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Reader<'a> {
    shape: &'a Shape,
    at: JsonPath<'a>,
    sizes: Sizes,
    /// The first error, which the error type of the parser cannot carry.
    first_error: &'a RefCell<Option<ValueError>>,
}

impl Reader<'_> {
    fn error<E: Error>(&self, at: impl fmt::Display, what: impl Into<String>) -> E {
        self.first_error
            .borrow_mut()
            .get_or_insert_with(|| ValueError::new(at.to_string(), what));
        E::custom("")
    }

    fn wrong_kind<E: Error>(&self, found: &str) -> E {
        self.error(
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
        // The raw text, because a number would become a binary float.
        let raw: &RawValue = serde::Deserialize::deserialize(source)?;
        let text = raw.get();
        let decimal = match text.as_bytes().first() {
            Some(b'"') => {
                let text: String = serde_json::from_str(text).map_err(D::Error::custom)?;
                scalar::decimal(&text)
            }
            Some(b'-' | b'0'..=b'9') => scalar::decimal(text),
            Some(b't' | b'f') => return Err(self.wrong_kind("boolean")),
            Some(b'n') => return Err(self.null()),
            Some(b'[') => return Err(self.wrong_kind("list")),
            _ => return Err(self.wrong_kind("record")),
        };
        decimal
            .map(Value::Decimal)
            .map_err(|what| self.error(self.at, what))
    }
}

impl Reader<'_> {
    fn null<E: Error>(&self) -> E {
        self.error(self.at, "is null; a value that is absent is left out")
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
        if let Shape::Boolean = self.shape {
            return Ok(Value::Boolean(value));
        }
        Err(self.wrong_kind("boolean"))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        if let Shape::Integer = self.shape {
            return Ok(Value::Integer(value));
        }
        Err(self.wrong_kind("number"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        match (self.shape, i64::try_from(value)) {
            (Shape::Integer, Ok(value)) => Ok(Value::Integer(value)),
            (Shape::Integer, Err(_)) => Err(self.wrong_kind("a number that is too large")),
            _ => Err(self.wrong_kind("number")),
        }
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(self.wrong_kind("a number with a fraction or exponent"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let value = if let Shape::Text { kind, choices } = self.shape {
            scalar::check_text(*kind, choices, text, self.sizes)
                .map(|()| Value::Text(text.to_owned()))
        } else if let Shape::Timestamp = self.shape {
            scalar::timestamp(text).map(Value::Timestamp)
        } else {
            return Err(self.wrong_kind("text"));
        };
        value.map_err(|what| self.error(self.at, what))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Err(self.null())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Shape::List(shape) = self.shape else {
            return Err(self.wrong_kind("list"));
        };
        let mut list = Vec::new();
        loop {
            let at = JsonPath::Item(&self.at, list.len());
            let reader = Reader {
                shape,
                at,
                sizes: self.sizes,
                first_error: self.first_error,
            };
            match items.next_element_seed(reader)? {
                Some(value) if list.len() < ITEMS => list.push(value),
                Some(_) => {
                    return Err(self.error(self.at, format!("has more than {ITEMS} items")));
                }
                None => return Ok(Value::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let Shape::Record(slots) = self.shape else {
            return Err(self.wrong_kind("record"));
        };
        // Without a capacity: a list of empty records must not cost the memory of their
        // optional fields.
        let mut record = IndexMap::new();
        while let Some(name) = fields.next_key::<String>()? {
            let at = JsonPath::Part(&self.at, &name);
            let Some(slot) = Self::slot(slots, &name) else {
                let short = name.chars().take(64).collect::<String>();
                return Err(self.error(
                    JsonPath::Part(&self.at, &short),
                    "the manifest has no such field",
                ));
            };
            let reader = Reader {
                shape: &slot.shape,
                at,
                sizes: self.sizes,
                first_error: self.first_error,
            };
            let value = fields.next_value_seed(reader)?;
            if record.insert(slot.name.clone(), value).is_some() {
                return Err(self.error(JsonPath::Part(&self.at, &slot.name), "is given twice"));
            }
        }
        match slots
            .iter()
            .find(|slot| !slot.optional && !record.contains_key(&slot.name))
        {
            Some(missing) => Err(self.error(JsonPath::Part(&self.at, &missing.name), "is missing")),
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
            Err(error) => error.to_string(),
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
    fn an_error_names_place_and_fault_and_never_the_value() {
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
