//! Shapes: the nested form of the values that a manifest describes by flat paths.

use indexmap::IndexMap;

use crate::kind::Kind;
use crate::manifest::{Field, Parameter};

/// The deepest nesting that a shape has; what a manifest says below it is left out.
const DEPTH: usize = 16;

/// The form of a value with all that it contains.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The value's kind.
    pub kind: Kind,
    /// Whether the manifest calls the value personal data.
    pub personal: bool,
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
    Fields(IndexMap<String, FieldShape>),
    /// Anything: a list or a record that the manifest does not describe.
    Any,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldShape {
    /// The form of its value.
    pub shape: Shape,
    /// Whether the field may be absent.
    pub optional: bool,
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
            parts,
        }
    }

    /// The shape of the record that a function's fields make.
    #[must_use]
    pub fn of_fields(fields: &[Field]) -> Self {
        Self::of_rows(fields.iter().map(|field| Row {
            path: &field.path,
            kind: field.kind,
            items: field.items,
            optional: field.optional,
            personal: field.personal,
        }))
    }

    /// The shape of the record that a function's parameters make.
    #[must_use]
    pub fn of_parameters(parameters: &[Parameter]) -> Self {
        Self::of_rows(parameters.iter().map(|parameter| Row {
            path: &parameter.name,
            kind: parameter.kind,
            items: parameter.items,
            optional: !parameter.required,
            personal: parameter.personal,
        }))
    }

    fn of_rows<'a>(rows: impl Iterator<Item = Row<'a>>) -> Self {
        Self {
            kind: Kind::Record,
            personal: false,
            parts: Parts::Fields(fields_below("", &rows.collect::<Vec<_>>(), 0)),
        }
    }

    /// The field of this name, if the shape is a record that has one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldShape> {
        match &self.parts {
            Parts::Fields(fields) => fields.get(name),
            Parts::Single | Parts::Items(_) | Parts::Any => None,
        }
    }
}

/// One row of a manifest's flat list.
#[derive(Clone, Copy)]
struct Row<'a> {
    path: &'a str,
    kind: Kind,
    items: Option<Kind>,
    optional: bool,
    personal: bool,
}

/// The fields directly below a path.
fn fields_below(prefix: &str, rows: &[Row<'_>], depth: usize) -> IndexMap<String, FieldShape> {
    rows.iter()
        .filter_map(|row| {
            let name = row
                .path
                .strip_prefix(prefix)
                .filter(|name| !name.is_empty() && !name.contains('.'))?;
            let below = format!("{}.", row.path);
            let has_fields =
                depth < DEPTH && rows.iter().any(|other| other.path.starts_with(&below));
            let fields = || Parts::Fields(fields_below(&below, rows, depth + 1));
            let item = |shape: Shape| {
                Parts::Items(Box::new(Shape {
                    personal: row.personal,
                    ..shape
                }))
            };
            let parts = match (row.kind, row.items) {
                (Kind::List, _) if has_fields => item(Shape {
                    parts: fields(),
                    ..Shape::any(Kind::Record)
                }),
                (Kind::List, Some(items)) => item(Shape::any(items)),
                (Kind::Record, _) if has_fields => fields(),
                (kind, _) => Shape::any(kind).parts,
            };
            let shape = Shape {
                kind: row.kind,
                personal: row.personal,
                parts,
            };
            Some((
                name.to_owned(),
                FieldShape {
                    shape,
                    optional: row.optional,
                },
            ))
        })
        .collect()
}
