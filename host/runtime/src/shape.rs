//! Shapes of values: the parameters and fields of a manifest as a tree, against which
//! values are checked.
//!
//! A manifest is flat: `items` is a list and `items.code` is a part of its items. The tree
//! is made once, when the plugin is loaded, and every call uses it.

use krabice_scenario::manifest::{Answer, ChoicesSource, Field, Function, Parameter};
use krabice_scenario::{Kind, Value};

/// The shape of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Boolean,
    Integer,
    Decimal,
    /// A text of a textual kind; one of the choices, where there are some.
    Text {
        kind: Kind,
        choices: Vec<String>,
    },
    Timestamp,
    List(Box<Shape>),
    Record(Vec<Slot>),
    File,
}

/// A named value within the parameters, the fields or a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) optional: bool,
    /// The value where none is given.
    pub(crate) default: Option<Value>,
    pub(crate) personal: bool,
}

impl Shape {
    /// The kind of the value.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Shape::Boolean => Kind::Boolean,
            Shape::Integer => Kind::Integer,
            Shape::Decimal => Kind::Decimal,
            Shape::Text { kind, .. } => *kind,
            Shape::Timestamp => Kind::Timestamp,
            Shape::List(_) => Kind::List,
            Shape::Record(_) => Kind::Record,
            Shape::File => Kind::File,
        }
    }

    /// The shape of a kind without parts.
    pub(crate) fn single(kind: Kind, choices: Vec<String>) -> Shape {
        match kind {
            Kind::Boolean => Shape::Boolean,
            Kind::Integer => Shape::Integer,
            Kind::Decimal => Shape::Decimal,
            Kind::Timestamp => Shape::Timestamp,
            Kind::File => Shape::File,
            Kind::List => Shape::List(Box::new(Shape::Record(Vec::new()))),
            Kind::Record => Shape::Record(Vec::new()),
            Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice => {
                Shape::Text { kind, choices }
            }
        }
    }
}

/// One entry of a manifest, of a parameter or of a field.
struct Entry<'a> {
    path: &'a str,
    kind: Kind,
    items: Option<Kind>,
    optional: bool,
    default: Option<&'a Value>,
    personal: bool,
    choices: Vec<String>,
}

/// The slots of a function's parameters.
pub(crate) fn of_parameters(parameters: &[Parameter]) -> Vec<Slot> {
    let entries = parameters
        .iter()
        .map(|parameter| Entry {
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
        })
        .collect::<Vec<_>>();
    slots(&entries, "")
}

/// The slots of the fields of an outcome.
pub(crate) fn of_fields(fields: &[Field]) -> Vec<Slot> {
    let entries = fields
        .iter()
        .map(|field| Entry {
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
        })
        .collect::<Vec<_>>();
    slots(&entries, "")
}

/// The slots directly below a path, each with its own parts.
fn slots(entries: &[Entry<'_>], parent: &str) -> Vec<Slot> {
    entries
        .iter()
        .filter_map(|entry| {
            let name = match parent {
                "" => entry.path,
                _ => entry.path.strip_prefix(parent)?.strip_prefix('.')?,
            };
            (!name.contains('.')).then(|| Slot {
                name: name.to_owned(),
                shape: shape(entries, entry),
                optional: entry.optional,
                default: entry.default.cloned(),
                personal: entry.personal,
            })
        })
        .collect()
}

fn shape(entries: &[Entry<'_>], entry: &Entry<'_>) -> Shape {
    match (entry.kind, entry.items) {
        (Kind::List, Some(items)) => {
            Shape::List(Box::new(Shape::single(items, entry.choices.clone())))
        }
        (Kind::List, None) => Shape::List(Box::new(Shape::Record(slots(entries, entry.path)))),
        (Kind::Record, _) => Shape::Record(slots(entries, entry.path)),
        (kind, _) => Shape::single(kind, entry.choices.clone()),
    }
}

/// The shape of a *true* outcome.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AnswerShape {
    Nothing,
    Value(Shape),
    Fields(Vec<Slot>),
}

impl AnswerShape {
    pub(crate) fn of(function: &Function) -> AnswerShape {
        match &function.answer {
            Answer::Nothing => AnswerShape::Nothing,
            Answer::Value { kind, .. } => AnswerShape::Value(Shape::single(*kind, Vec::new())),
            Answer::Fields(fields) => AnswerShape::Fields(of_fields(fields)),
        }
    }

    /// The expected outcome, for messages.
    pub(crate) fn expected(&self) -> &'static str {
        match self {
            AnswerShape::Nothing => "`true` without a value",
            AnswerShape::Value(_) => "`true-with-value`",
            AnswerShape::Fields(_) => "`true-with-fields`",
        }
    }
}
