//! Conversion of values to a plugin and back.
//!
//! Both directions are checked against a [`Shape`]: a value for the plugin must be what
//! its manifest asks for, and a value from it must be what its manifest promises.

use jiff::tz::TimeZone;
use krabice_scenario::Value;

use crate::bindings::values as wit;
use crate::json;
use crate::scalar::{self, Sizes, ValueError};
use crate::shape::Shape;

/// Reads the value that a plugin gave for a name.
pub(crate) fn from_guest(
    shape: &Shape,
    value: wit::Value,
    name: &str,
    sizes: Sizes,
) -> Result<Value, ValueError> {
    let found = guest_kind(&value);
    let fault = |what| ValueError::new(name, what);
    match (shape, value) {
        (Shape::Boolean, wit::Value::Boolean(value)) => Ok(Value::Boolean(value)),
        (Shape::Integer, wit::Value::Integer(value)) => Ok(Value::Integer(value)),
        (Shape::Decimal, wit::Value::Decimal(text)) => {
            scalar::decimal(&text).map(Value::Decimal).map_err(fault)
        }
        (Shape::Timestamp, wit::Value::Timestamp(text)) => scalar::timestamp(&text)
            .map(Value::Timestamp)
            .map_err(fault),
        (Shape::Text { kind, choices }, wit::Value::Text(text)) => {
            scalar::check_text(*kind, choices, &text, sizes).map_err(fault)?;
            Ok(Value::Text(text))
        }
        (Shape::List(_) | Shape::Record(_), wit::Value::Json(text)) => {
            json::read(shape, &text, name, sizes)
        }
        (Shape::File, wit::Value::File(file)) => {
            scalar::file(file, sizes).map(Value::File).map_err(fault)
        }
        (shape, _) => Err(ValueError::wrong_kind(name, shape.kind(), found)),
    }
}

/// Makes values for a plugin, and collects the personal ones on the way.
pub(crate) struct Writer<'a> {
    pub(crate) sizes: Sizes,
    pub(crate) zone: &'a TimeZone,
    /// Values to keep out of logs.
    pub(crate) personal: Vec<&'a Value>,
}

impl<'a> Writer<'a> {
    /// Makes the value that a plugin receives for a name. An integer may stand for a
    /// decimal, and a number for a text, because nothing is lost by either.
    pub(crate) fn write(
        &mut self,
        shape: &'a Shape,
        value: &'a Value,
        name: &str,
    ) -> Result<wit::Value, ValueError> {
        let sizes = self.sizes;
        Ok(match (shape, value) {
            (Shape::Boolean, Value::Boolean(value)) => wit::Value::Boolean(*value),
            (Shape::Integer, Value::Integer(value)) => wit::Value::Integer(*value),
            (Shape::Decimal, Value::Decimal(value)) => wit::Value::Decimal(value.to_string()),
            (Shape::Decimal, Value::Integer(value)) => wit::Value::Decimal(value.to_string()),
            (Shape::Timestamp, Value::Timestamp(value)) => {
                wit::Value::Timestamp(scalar::moment(*value, self.zone))
            }
            (Shape::Text { kind, choices }, value) => {
                let text = as_text(value)
                    .ok_or_else(|| ValueError::wrong_kind(name, *kind, value.kind().word()))?;
                scalar::check_text(*kind, choices, &text, sizes)
                    .map_err(|what| ValueError::new(name, what))?;
                wit::Value::Text(text)
            }
            (Shape::List(_) | Shape::Record(_), Value::List(_) | Value::Record(_)) => {
                let text = self.json(shape, value, name)?.to_string();
                if text.len() > sizes.json {
                    let what = scalar::too_long("JSON", text.len(), sizes.json);
                    return Err(ValueError::new(name, what));
                }
                wit::Value::Json(text)
            }
            (shape, value) => {
                let found = value.kind().word();
                return Err(ValueError::wrong_kind(name, shape.kind(), found));
            }
        })
    }

    /// Makes the JSON of a list or record, part by part.
    fn json(
        &mut self,
        shape: &'a Shape,
        value: &'a Value,
        at: &str,
    ) -> Result<serde_json::Value, ValueError> {
        match (shape, value) {
            (Shape::List(item), Value::List(items)) => items
                .iter()
                .enumerate()
                .map(|(index, value)| self.json(item, value, &format!("{at}[{index}]")))
                .collect(),
            (Shape::Record(slots), Value::Record(fields)) => {
                let has_slot = |name: &String| slots.iter().any(|slot| slot.name == *name);
                if let Some(unknown) = fields.keys().find(|name| !has_slot(name)) {
                    let at = format!("{at}.{unknown}");
                    return Err(ValueError::new(at, "there is no such part"));
                }
                let mut object = serde_json::Map::with_capacity(fields.len());
                for slot in slots {
                    let at = format!("{at}.{}", slot.name);
                    let given = fields.get(&slot.name);
                    if slot.personal {
                        self.personal.extend(given);
                    }
                    match given.or(slot.default.as_ref()) {
                        Some(value) => {
                            let part = self.json(&slot.shape, value, &at)?;
                            object.insert(slot.name.clone(), part);
                        }
                        None if slot.optional => {}
                        None => return Err(ValueError::new(at, "is missing")),
                    }
                }
                Ok(object.into())
            }
            // `write` calls this function for lists and records, so only single values go on
            // to `write`.
            (Shape::List(_) | Shape::Record(_), value) => {
                let found = value.kind().word();
                Err(ValueError::wrong_kind(at, shape.kind(), found))
            }
            (shape, value) => Ok(match self.write(shape, value, at)? {
                wit::Value::Boolean(value) => value.into(),
                wit::Value::Integer(value) => value.into(),
                wit::Value::Decimal(text)
                | wit::Value::Text(text)
                | wit::Value::Timestamp(text)
                | wit::Value::Json(text) => text.into(),
                wit::Value::File(_) => unreachable!("`write` makes no file: no parameter is one"),
            }),
        }
    }
}

/// Makes the value of a setting, whose kind the connection has checked.
pub(crate) fn setting(value: &Value) -> wit::Value {
    match value {
        Value::Boolean(value) => wit::Value::Boolean(*value),
        Value::Integer(value) => wit::Value::Integer(*value),
        Value::Decimal(value) => wit::Value::Decimal(value.to_string()),
        Value::Text(value) => wit::Value::Text(value.clone()),
        Value::Timestamp(_) | Value::List(_) | Value::Record(_) | Value::File(_) => {
            unreachable!("no setting is of this kind: the check of manifests refuses it")
        }
    }
}

/// A number or a text, as text.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Decimal(value) => Some(value.to_string()),
        Value::Boolean(_)
        | Value::Timestamp(_)
        | Value::List(_)
        | Value::Record(_)
        | Value::File(_) => None,
    }
}

/// The kind of a value that a plugin gave.
fn guest_kind(value: &wit::Value) -> &'static str {
    match value {
        wit::Value::Boolean(_) => "boolean",
        wit::Value::Integer(_) => "integer",
        wit::Value::Decimal(_) => "decimal",
        wit::Value::Text(_) => "text",
        wit::Value::Timestamp(_) => "timestamp",
        wit::Value::Json(_) => "json",
        wit::Value::File(_) => "file",
    }
}
