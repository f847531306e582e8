//! Shapes: what a manifest's flat field paths say about nested values, and
//! reading plain JSON by them.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::manifest::{Field, Parameter};
use crate::value::decimal;
use crate::{Kind, Value};

/// The deepest nesting that is read.
const DEPTH: usize = 16;

/// What a value looks like, nested ones too.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Its kind.
    pub kind: Kind,
    /// Whether the manifest calls it personal data.
    pub personal: bool,
    /// What it consists of.
    pub parts: Parts,
}

/// What a value consists of.
#[derive(Debug, Clone, PartialEq)]
pub enum Parts {
    /// It is one single value.
    Single,
    /// A list of items of one shape.
    Items(Box<Shape>),
    /// Named fields, of a record.
    Fields(IndexMap<String, Part>),
    /// A list or a record of which nothing is known.
    Any,
}

/// A named part of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it looks like.
    pub shape: Shape,
    /// Whether it may be absent.
    pub optional: bool,
}

/// Where and how JSON differs from its shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {problem}", place(.path))]
pub struct Misshapen {
    /// The way to the value: `items.1.name`; empty for the whole.
    pub path: String,
    /// What is wrong with it.
    pub problem: Misfit,
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It is of another kind.
    #[error("is {found}, not of the kind `{expected}`")]
    OtherKind {
        /// The kind it should be.
        expected: Kind,
        /// What JSON it is.
        found: &'static str,
    },
    /// It must be there and is not.
    #[error("is absent")]
    Absent,
    /// The manifest does not name it.
    #[error("is not in the manifest")]
    Unknown,
    /// It is not JSON.
    #[error("is not JSON")]
    NotJson,
    /// It is nested deeper than any manifest can say.
    #[error("is nested too deep")]
    TooDeep,
}

impl Shape {
    /// A single value of a kind; a list or a record of which nothing is known.
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
            parts,
        }
    }

    /// The shape of the record that a function's fields make.
    #[must_use]
    pub fn of_fields(fields: &[Field]) -> Self {
        let rows: Vec<Row<'_>> = fields
            .iter()
            .map(|field| Row {
                path: &field.path,
                kind: field.kind,
                items: field.items,
                optional: field.optional,
                personal: field.personal,
            })
            .collect();
        Self {
            kind: Kind::Record,
            personal: false,
            parts: Parts::Fields(parts_below("", &rows, 0)),
        }
    }

    /// The shape of the record that a function's parameters make.
    #[must_use]
    pub fn of_parameters(parameters: &[Parameter]) -> Self {
        let rows: Vec<Row<'_>> = parameters
            .iter()
            .map(|parameter| Row {
                path: &parameter.name,
                kind: parameter.kind,
                items: parameter.items,
                optional: !parameter.required,
                personal: parameter.personal,
            })
            .collect();
        Self {
            kind: Kind::Record,
            personal: false,
            parts: Parts::Fields(parts_below("", &rows, 0)),
        }
    }

    /// The part of this name, of a record.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Part> {
        match &self.parts {
            Parts::Fields(fields) => fields.get(name),
            _ => None,
        }
    }

    /// Reads plain JSON: a decimal as a string or as a number, digit by digit;
    /// a timestamp as a string in RFC 3339. A field that is `null` is absent.
    ///
    /// # Errors
    /// The first place where the JSON differs from the shape.
    pub fn read(&self, json: &str) -> Result<Value, Misshapen> {
        self.read_at(whole(json)?, &mut Vec::new())
    }

    fn read_at(&self, json: &RawValue, path: &mut Vec<String>) -> Result<Value, Misshapen> {
        if path.len() > DEPTH {
            return Err(misshapen(path, Misfit::TooDeep));
        }
        let json = json.get();
        let form = Form::of(json);
        let value = match (self.kind, form) {
            (Kind::List, Form::List) => {
                let shape = match &self.parts {
                    Parts::Items(shape) => Some(&**shape),
                    _ => None,
                };
                let items: Vec<&RawValue> = parsed(json, path)?;
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    path.push(index.to_string());
                    values.push(match shape {
                        Some(shape) => shape.read_at(item, path)?,
                        None => read_any(item, path)?,
                    });
                    path.pop();
                }
                Some(Value::List(values))
            }
            (Kind::Record, Form::Record) => {
                Some(Value::Record(self.read_fields(parsed(json, path)?, path)?))
            }
            (Kind::Boolean, Form::Boolean) => json.parse().ok().map(Value::Boolean),
            (Kind::Integer, Form::Number) => json.parse().ok().map(Value::Integer),
            (Kind::Decimal, Form::Number) => decimal(json).map(Value::Decimal),
            (Kind::Decimal, Form::Text) => {
                decimal(&parsed::<String>(json, path)?).map(Value::Decimal)
            }
            (Kind::Timestamp, Form::Text) => parsed::<String>(json, path)?
                .parse()
                .ok()
                .map(Value::Timestamp),
            (kind, Form::Text) if kind.is_textual() => Some(Value::Text(parsed(json, path)?)),
            _ => None,
        };
        value.ok_or_else(|| {
            misshapen(
                path,
                Misfit::OtherKind {
                    expected: self.kind,
                    found: form.word(),
                },
            )
        })
    }

    fn read_fields(
        &self,
        json: IndexMap<String, &RawValue>,
        path: &mut Vec<String>,
    ) -> Result<IndexMap<String, Value>, Misshapen> {
        let known = match &self.parts {
            Parts::Fields(fields) => Some(fields),
            _ => None,
        };
        let mut values = IndexMap::with_capacity(json.len());
        for (name, value) in json {
            path.push(name.clone());
            match known.map(|known| known.get(&name)) {
                Some(None) => return Err(misshapen(path, Misfit::Unknown)),
                _ if Form::of(value.get()) == Form::Null => {}
                Some(Some(part)) => {
                    values.insert(name, part.shape.read_at(value, path)?);
                }
                None => {
                    values.insert(name, read_any(value, path)?);
                }
            }
            path.pop();
        }
        for (name, part) in known.into_iter().flatten() {
            if !part.optional && !values.contains_key(name) {
                path.push(name.clone());
                return Err(misshapen(path, Misfit::Absent));
            }
        }
        Ok(values)
    }
}

/// Reads JSON of which nothing is known.
pub(crate) fn read_unknown(json: &str) -> Result<Value, Misshapen> {
    read_any(whole(json)?, &mut Vec::new())
}

fn read_any(json: &RawValue, path: &mut Vec<String>) -> Result<Value, Misshapen> {
    let text = json.get();
    let kind = match Form::of(text) {
        Form::Null => return Err(misshapen(path, Misfit::Absent)),
        Form::Boolean => Kind::Boolean,
        Form::Number if text.contains(['.', 'e', 'E']) => Kind::Decimal,
        // What is too long for an integer may still be a decimal.
        Form::Number if text.parse::<i64>().is_ok() => Kind::Integer,
        Form::Number => Kind::Decimal,
        Form::Text => Kind::Text,
        Form::List => Kind::List,
        Form::Record => Kind::Record,
    };
    Shape::any(kind).read_at(json, path)
}

fn whole(json: &str) -> Result<&RawValue, Misshapen> {
    serde_json::from_str(json).map_err(|_| misshapen(&[], Misfit::NotJson))
}

fn parsed<'a, T: Deserialize<'a>>(json: &'a str, path: &[String]) -> Result<T, Misshapen> {
    serde_json::from_str(json).map_err(|_| misshapen(path, Misfit::NotJson))
}

/// A path for people.
fn place(path: &str) -> String {
    if path.is_empty() {
        "the value".to_owned()
    } else {
        format!("`{path}`")
    }
}

fn misshapen(path: &[String], problem: Misfit) -> Misshapen {
    Misshapen {
        path: path.join("."),
        problem,
    }
}

/// What a piece of valid JSON is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Null,
    Boolean,
    Number,
    Text,
    List,
    Record,
}

impl Form {
    fn of(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'{') => Form::Record,
            Some(b'[') => Form::List,
            Some(b'"') => Form::Text,
            Some(b't' | b'f') => Form::Boolean,
            Some(b'n') => Form::Null,
            _ => Form::Number,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Form::Null => "null",
            Form::Boolean => "a boolean",
            Form::Number => "a number",
            Form::Text => "a text",
            Form::List => "a list",
            Form::Record => "a record",
        }
    }
}

/// One line of a manifest's flat list.
#[derive(Clone, Copy)]
struct Row<'a> {
    path: &'a str,
    kind: Kind,
    items: Option<Kind>,
    optional: bool,
    personal: bool,
}

/// The parts right below a path.
fn parts_below(prefix: &str, rows: &[Row<'_>], depth: usize) -> IndexMap<String, Part> {
    rows.iter()
        .filter_map(|row| {
            let name = row
                .path
                .strip_prefix(prefix)
                .filter(|name| !name.is_empty() && !name.contains('.'))?;
            let below = format!("{}.", row.path);
            let has_parts =
                depth < DEPTH && rows.iter().any(|other| other.path.starts_with(&below));
            let parts = match (row.kind, row.items) {
                (Kind::List, Some(items)) if !has_parts => Parts::Items(Box::new(Shape {
                    personal: row.personal,
                    ..Shape::any(items)
                })),
                (Kind::List, _) if has_parts => Parts::Items(Box::new(Shape {
                    kind: Kind::Record,
                    personal: row.personal,
                    parts: Parts::Fields(parts_below(&below, rows, depth + 1)),
                })),
                (Kind::Record, _) if has_parts => {
                    Parts::Fields(parts_below(&below, rows, depth + 1))
                }
                (kind, _) => Shape::any(kind).parts,
            };
            let shape = Shape {
                kind: row.kind,
                personal: row.personal,
                parts,
            };
            Some((
                name.to_owned(),
                Part {
                    shape,
                    optional: row.optional,
                },
            ))
        })
        .collect()
}
