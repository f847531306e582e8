//! The reader of JSON: lists and records from a plugin, and plain JSON without a manifest.
//!
//! The text is read along its [`Shape`] directly into a [`Value`], so that the manifest
//! bounds its depth and size, and a decimal keeps the digits that it was written with.
//! Where there is no shape, JSON shows the kind of each value itself.

use std::cell::RefCell;
use std::fmt;

use indexmap::IndexMap;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::kind::Kind;
use crate::scalar;
use crate::shape::{Parts, Shape};
use crate::value::{Sizes, Value, ValueError};

/// The most items of one list: far more than a chat can show, and a bound on the memory
/// that 1 MiB of JSON takes.
const ITEMS: usize = 10_000;

/// The deepest nesting of JSON that becomes a value: twice as deep as a manifest declares.
const DEPTH: usize = 16;

/// Reads JSON along a shape, or by what it shows itself.
pub(crate) fn read(
    shape: Option<&Shape>,
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
        depth: 0,
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

#[derive(Clone, Copy)]
struct Reader<'a> {
    /// `None`: the JSON shows its kind itself.
    shape: Option<&'a Shape>,
    at: JsonPath<'a>,
    depth: usize,
    sizes: Sizes,
    /// The first error, which the error type of the parser cannot carry.
    first_error: &'a RefCell<Option<ValueError>>,
}

impl<'a> Reader<'a> {
    fn error<E: Error>(&self, at: impl fmt::Display, what: impl Into<String>) -> E {
        self.first_error
            .borrow_mut()
            .get_or_insert_with(|| ValueError::new(at.to_string(), what));
        E::custom("")
    }

    /// Checks that a value of the kind `found` may stand here.
    fn expect<E: Error>(&self, found: Kind) -> Result<(), E> {
        match self.shape {
            Some(shape) if shape.kind != found => Err(self.wrong_kind(found.word())),
            Some(_) | None => Ok(()),
        }
    }

    fn is_integer(&self) -> bool {
        self.shape.is_some_and(|shape| shape.kind == Kind::Integer)
    }

    fn wrong_kind<E: Error>(&self, found: &str) -> E {
        let expected = self
            .shape
            .map_or("another value", |shape| shape.kind.word());
        self.error(self.at, format!("expected {expected}, found {found}"))
    }

    fn null<E: Error>(&self) -> E {
        self.error(self.at, "is null; a value that is absent is left out")
    }

    /// The reader of a part.
    fn part<'b>(&'b self, shape: Option<&'b Shape>, at: JsonPath<'b>) -> Reader<'b> {
        Reader {
            shape,
            at,
            depth: self.depth + 1,
            ..*self
        }
    }

    fn check_depth<E: Error>(&self) -> Result<(), E> {
        if self.depth < DEPTH {
            return Ok(());
        }
        Err(self.error(self.at, format!("is nested more than {DEPTH} deep")))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        if self.shape.is_some_and(|shape| shape.kind != Kind::Decimal) {
            return source.deserialize_any(self);
        }
        // The raw text, because a number would become a binary float.
        let raw: &RawValue = serde::Deserialize::deserialize(source)?;
        let text = raw.get();
        let decimal = match (text.as_bytes().first(), self.shape) {
            (Some(b'-' | b'0'..=b'9'), None) => {
                if let Ok(integer) = text.parse() {
                    return Ok(Value::Integer(integer));
                }
                scalar::decimal(text)
            }
            (Some(b'-' | b'0'..=b'9'), Some(_)) => scalar::decimal(text),
            (Some(b'"'), Some(_)) => {
                let text: String = serde_json::from_str(text).map_err(D::Error::custom)?;
                scalar::decimal(&text)
            }
            (_, _) => {
                let mut source = serde_json::Deserializer::from_str(text);
                return source.deserialize_any(self).map_err(D::Error::custom);
            }
        };
        decimal
            .map(Value::Decimal)
            .map_err(|what| self.error(self.at, what))
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shape.map_or("a value", |shape| shape.kind.word()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.expect(Kind::Boolean)?;
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        if self.is_integer() {
            return Ok(Value::Integer(value));
        }
        Err(self.wrong_kind("number"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) if self.is_integer() => Err(self.wrong_kind("a number that is too large")),
            Err(_) => Err(self.wrong_kind("number")),
        }
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(self.wrong_kind("a number with a fraction or exponent"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let Some(shape) = self.shape else {
            return Ok(Value::Text(text.to_owned()));
        };
        let value = if shape.kind.is_textual() {
            scalar::check_text(shape.kind, &shape.choices, text, self.sizes)
                .map(|()| Value::Text(text.to_owned()))
        } else if shape.kind == Kind::Timestamp {
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
        self.expect(Kind::List)?;
        self.check_depth()?;
        let shape = self.shape.and_then(|shape| match &shape.parts {
            Parts::Items(item) => Some(&**item),
            Parts::Single | Parts::Fields(_) | Parts::Any => None,
        });
        let mut list = Vec::new();
        loop {
            let reader = self.part(shape, JsonPath::Item(&self.at, list.len()));
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
        self.expect(Kind::Record)?;
        self.check_depth()?;
        let slots = self.shape.and_then(|shape| match &shape.parts {
            Parts::Fields(slots) => Some(slots),
            Parts::Single | Parts::Items(_) | Parts::Any => None,
        });
        // Without a capacity: a list of empty records must not cost the memory of their
        // optional fields.
        let mut record = IndexMap::new();
        while let Some(name) = fields.next_key::<String>()? {
            let slot = slots.map(|slots| slots.get(&name));
            if slot == Some(None) {
                let short = name.chars().take(64).collect::<String>();
                return Err(self.error(
                    JsonPath::Part(&self.at, &short),
                    "the manifest has no such field",
                ));
            }
            let shape = slot.flatten().map(|slot| &slot.shape);
            let reader = self.part(shape, JsonPath::Part(&self.at, &name));
            let value = if slots.is_some() {
                Some(fields.next_value_seed(reader)?)
            } else {
                // Without a manifest a field that is null is absent.
                fields.next_value_seed(OrNull(reader))?
            };
            if record.contains_key(&name) {
                return Err(self.error(JsonPath::Part(&self.at, &name), "is given twice"));
            }
            record.extend(value.map(|value| (name, value)));
        }
        let missing = slots.and_then(|slots| {
            let mut missing = slots.iter();
            missing.find(|(name, slot)| !slot.optional && !record.contains_key(*name))
        });
        match missing {
            Some((name, _)) => Err(self.error(JsonPath::Part(&self.at, name), "is missing")),
            None => Ok(Value::Record(record)),
        }
    }
}

/// Reads a value, or `null` as none.
struct OrNull<'a>(Reader<'a>);

impl<'de> DeserializeSeed<'de> for OrNull<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Option<Value>, D::Error> {
        let raw: &RawValue = serde::Deserialize::deserialize(source)?;
        if raw.get() == "null" {
            return Ok(None);
        }
        let mut source = serde_json::Deserializer::from_str(raw.get());
        let value = self.0.deserialize(&mut source).map_err(D::Error::custom)?;
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Slot, Slots};

    fn shape() -> Shape {
        let slot = |name: &str, shape, optional| {
            let slot = Slot {
                shape,
                optional,
                default: None,
            };
            (name.to_owned(), slot)
        };
        let list = |item| Shape {
            parts: Parts::Items(Box::new(item)),
            ..Shape::any(Kind::List)
        };
        list(Shape::record(Slots::from([
            slot("code", Shape::any(Kind::Text), false),
            slot("price", Shape::any(Kind::Decimal), true),
            slot("count", Shape::any(Kind::Integer), true),
            slot("sold", Shape::any(Kind::Boolean), true),
            slot("when", Shape::any(Kind::Timestamp), true),
            slot("tags", list(Shape::any(Kind::Text)), true),
        ])))
    }

    fn check(text: &str) -> String {
        match read(
            Some(&shape()),
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
