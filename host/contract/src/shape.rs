//! Shapes: the nested form of the values that a manifest describes by flat paths.
//!
//! A manifest is flat: `items` is a list and `items.code` is a part of its items. The
//! nested form is made once, when a plugin is loaded or a scenario is checked. Values that
//! cross to a plugin or come from it are checked against it, by [`Shape::read`] and
//! [`Writer`].

use indexmap::IndexMap;
use jiff::tz::TimeZone;

use crate::json;
use crate::kind::Kind;
use crate::manifest::{ChoicesSource, Field, Parameter};
use crate::raw;
use crate::scalar;
use crate::value::{Sizes, Value, ValueError};

/// The deepest path in names, and with it the deepest nesting of a shape. Nobody fills in a
/// form of deeper lists.
pub(crate) const DEPTH: usize = 8;

/// The form of a value with all that it contains.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The value's kind.
    pub kind: Kind,
    /// Whether the manifest calls the value personal data.
    pub personal: bool,
    /// The allowed texts of a value of kind `choice`. Empty: any, because the back end
    /// lists them.
    pub choices: Vec<String>,
    /// What the value contains.
    pub parts: Parts,
}

/// What a value contains.
#[derive(Debug, Clone, PartialEq)]
pub enum Parts {
    /// Nothing: it is a single value.
    Single,
    /// The items of a list, all of one shape.
    Items(Box<Shape>),
    /// The named fields of a record.
    Fields(Slots),
    /// Anything: a list or a record that the manifest does not describe.
    Any,
}

/// Named values: the parameters of a function, the fields of an answer or of a record.
pub type Slots = IndexMap<String, Slot>;

/// The place of a named value.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// The form of its value.
    pub shape: Shape,
    /// Whether the value may be absent.
    pub optional: bool,
    /// The value where none is given.
    pub default: Option<Value>,
}

impl Shape {
    /// The shape of a value of which only the kind is known.
    #[must_use]
    pub fn any(kind: Kind) -> Self {
        let parts = if matches!(kind, Kind::List | Kind::Record) {
            Parts::Any
        } else {
            Parts::Single
        };
        Self {
            kind,
            personal: false,
            choices: Vec::new(),
            parts,
        }
    }

    /// The shape of a record.
    #[must_use]
    pub fn record(fields: Slots) -> Self {
        Self {
            parts: Parts::Fields(fields),
            ..Self::any(Kind::Record)
        }
    }

    /// The field of this name, if the shape is a record that has one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Slot> {
        match &self.parts {
            Parts::Fields(fields) => fields.get(name),
            Parts::Single | Parts::Items(_) | Parts::Any => None,
        }
    }

    /// The shape at a path of names below a record; a list stands for its items.
    #[must_use]
    pub(crate) fn at(&self, path: &str) -> Option<&Shape> {
        path.split('.').try_fold(self, |shape, name| {
            let record = match &shape.parts {
                Parts::Items(items) => items,
                Parts::Single | Parts::Fields(_) | Parts::Any => shape,
            };
            record.field(name).map(|slot| &slot.shape)
        })
    }

    /// Reads a value that a plugin gave for a name.
    ///
    /// # Errors
    /// The place and the fault of a value of another form; never the value itself.
    pub fn read(&self, value: raw::Value, name: &str, sizes: Sizes) -> Result<Value, ValueError> {
        let found = value.word();
        let fault = |what| ValueError::new(name, what);
        match (self.kind, value) {
            (Kind::Boolean, raw::Value::Boolean(value)) => Ok(Value::Boolean(value)),
            (Kind::Integer, raw::Value::Integer(value)) => Ok(Value::Integer(value)),
            (Kind::Decimal, raw::Value::Decimal(text)) => {
                scalar::decimal(&text).map(Value::Decimal).map_err(fault)
            }
            (Kind::Timestamp, raw::Value::Timestamp(text)) => scalar::timestamp(&text)
                .map(Value::Timestamp)
                .map_err(fault),
            (
                Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice,
                raw::Value::Text(text),
            ) => {
                scalar::check_text(self.kind, &self.choices, &text, sizes).map_err(fault)?;
                Ok(Value::Text(text))
            }
            (Kind::List | Kind::Record, raw::Value::Json(text)) => {
                json::read(Some(self), &text, name, sizes)
            }
            (Kind::File, raw::Value::File(file)) => {
                scalar::file(file, sizes).map(Value::File).map_err(fault)
            }
            (kind, _) => Err(ValueError::wrong_kind(name, kind, found)),
        }
    }
}

/// Makes values for a plugin, and collects the personal ones on the way.
#[derive(Debug)]
pub struct Writer<'a> {
    /// The largest values that may cross.
    pub sizes: Sizes,
    /// The time zone of the moments that the plugin gets.
    pub zone: &'a TimeZone,
    /// The values that the manifest calls personal.
    pub personal: Vec<&'a Value>,
}

impl<'a> Writer<'a> {
    /// Makes the value that a plugin receives for a name. An integer may stand for a
    /// decimal, and a number for a text, because nothing is lost by either.
    ///
    /// # Errors
    /// The place and the fault of a value of another form; never the value itself.
    pub fn write(
        &mut self,
        shape: &'a Shape,
        value: &'a Value,
        name: &str,
    ) -> Result<raw::Value, ValueError> {
        let sizes = self.sizes;
        Ok(match (shape.kind, value) {
            (Kind::Boolean, Value::Boolean(value)) => raw::Value::Boolean(*value),
            (Kind::Integer, Value::Integer(value)) => raw::Value::Integer(*value),
            (Kind::Decimal, Value::Decimal(value)) => raw::Value::Decimal(value.to_string()),
            (Kind::Decimal, Value::Integer(value)) => raw::Value::Decimal(value.to_string()),
            (Kind::Timestamp, Value::Timestamp(value)) => {
                raw::Value::Timestamp(scalar::moment(*value, self.zone))
            }
            (kind @ (Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice), value) => {
                let text = as_text(value)
                    .ok_or_else(|| ValueError::wrong_kind(name, kind, value.kind().word()))?;
                scalar::check_text(kind, &shape.choices, &text, sizes)
                    .map_err(|what| ValueError::new(name, what))?;
                raw::Value::Text(text)
            }
            (Kind::File, Value::File(file)) => {
                let bytes = file.content.len();
                if bytes > sizes.file {
                    let what = scalar::too_long("file", bytes, sizes.file);
                    return Err(ValueError::new(name, what));
                }
                raw::Value::File(raw::File {
                    name: file.name.clone(),
                    media_type: file.media_type.clone(),
                    content: file.content.to_vec(),
                })
            }
            (Kind::List | Kind::Record, Value::List(_) | Value::Record(_)) => {
                let text = self.json(shape, value, name)?.to_string();
                if text.len() > sizes.json {
                    let what = scalar::too_long("JSON", text.len(), sizes.json);
                    return Err(ValueError::new(name, what));
                }
                raw::Value::Json(text)
            }
            (kind, value) => {
                return Err(ValueError::wrong_kind(name, kind, value.kind().word()));
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
        match (&shape.parts, value) {
            (Parts::Items(item), Value::List(items)) => items
                .iter()
                .enumerate()
                .map(|(index, value)| self.json(item, value, &format!("{at}[{index}]")))
                .collect(),
            (Parts::Fields(slots), Value::Record(fields)) => {
                if let Some(unknown) = fields.keys().find(|name| !slots.contains_key(*name)) {
                    let at = format!("{at}.{unknown}");
                    return Err(ValueError::new(at, "there is no such part"));
                }
                let mut object = serde_json::Map::with_capacity(fields.len());
                for (name, slot) in slots {
                    let at = format!("{at}.{name}");
                    let given = fields.get(name);
                    if slot.shape.personal {
                        self.personal.extend(given);
                    }
                    match given.or(slot.default.as_ref()) {
                        Some(value) => {
                            let part = self.json(&slot.shape, value, &at)?;
                            object.insert(name.clone(), part);
                        }
                        None if slot.optional => {}
                        None => return Err(ValueError::new(at, "is missing")),
                    }
                }
                Ok(object.into())
            }
            // A part that is itself a list or a record has been handled above.
            (Parts::Items(_) | Parts::Fields(_) | Parts::Any, value) => {
                let found = value.kind().word();
                Err(ValueError::wrong_kind(at, shape.kind, found))
            }
            (Parts::Single, value) => Ok(match self.write(shape, value, at)? {
                raw::Value::Boolean(value) => value.into(),
                raw::Value::Integer(value) => value.into(),
                raw::Value::Decimal(text)
                | raw::Value::Text(text)
                | raw::Value::Timestamp(text)
                | raw::Value::Json(text) => text.into(),
                raw::Value::File(_) => {
                    unreachable!("the check of manifests allows no file within a list or record")
                }
            }),
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

/// The slots of a function's parameters.
#[must_use]
pub fn of_parameters(parameters: &[Parameter]) -> Slots {
    let rows = parameters.iter().map(|parameter| Row {
        path: &parameter.name,
        kind: parameter.kind,
        items: parameter.items,
        optional: !parameter.required,
        default: parameter.default.as_ref(),
        personal: parameter.personal,
        choices: match &parameter.choices {
            ChoicesSource::Fixed(choices) => {
                choices.iter().map(|choice| choice.value.clone()).collect()
            }
            ChoicesSource::None | ChoicesSource::Live => Vec::new(),
        },
    });
    slots_below("", &rows.collect::<Vec<_>>(), 1)
}

/// The slots of the fields of an answer.
#[must_use]
pub fn of_fields(fields: &[Field]) -> Slots {
    let rows = fields.iter().map(|field| Row {
        path: &field.path,
        kind: field.kind,
        items: field.items,
        optional: field.optional,
        default: None,
        personal: field.personal,
        choices: field
            .choices
            .iter()
            .map(|choice| choice.value.clone())
            .collect(),
    });
    slots_below("", &rows.collect::<Vec<_>>(), 1)
}

/// One row of a manifest's flat list.
struct Row<'a> {
    path: &'a str,
    kind: Kind,
    items: Option<Kind>,
    optional: bool,
    default: Option<&'a Value>,
    personal: bool,
    choices: Vec<String>,
}

/// The slots directly below a path. What a manifest has below [`DEPTH`] is left out.
fn slots_below(prefix: &str, rows: &[Row<'_>], depth: usize) -> Slots {
    rows.iter()
        .filter_map(|row| {
            let name = row
                .path
                .strip_prefix(prefix)
                .filter(|name| !name.is_empty() && !name.contains('.'))?;
            let slot = Slot {
                shape: shape(row, rows, depth),
                optional: row.optional,
                default: row.default.cloned(),
            };
            Some((name.to_owned(), slot))
        })
        .collect()
}

fn shape(row: &Row<'_>, rows: &[Row<'_>], depth: usize) -> Shape {
    let below = format!("{}.", row.path);
    let has_parts = depth < DEPTH && rows.iter().any(|other| other.path.starts_with(&below));
    let fields = || Shape::record(slots_below(&below, rows, depth + 1));
    let single = |kind| Shape {
        choices: row.choices.clone(),
        ..Shape::any(kind)
    };
    let shape = match (row.kind, row.items) {
        (Kind::List, _) if has_parts => items(fields(), row.personal),
        (Kind::List, Some(kind)) => items(single(kind), row.personal),
        (Kind::Record, _) if has_parts => fields(),
        (kind, _) => single(kind),
    };
    Shape {
        personal: row.personal,
        ..shape
    }
}

/// The shape of a list. Its items are personal as the list is.
fn items(item: Shape, personal: bool) -> Shape {
    let item = Shape { personal, ..item };
    Shape {
        parts: Parts::Items(Box::new(item)),
        ..Shape::any(Kind::List)
    }
}
