//! The shape of a value: what the manifest says of a parameter or a field, as a
//! tree, ready to be checked against.
//!
//! A manifest is flat: `items` is a list and `items.code` a part of its items.
//! The tree is built once, when the plugin is loaded; every call uses it.

use krabice_scenario::manifest::{Answer, ChoicesSource, Field, Function, Parameter};
use krabice_scenario::{Kind, Value};

/// What a value has to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Boolean,
    Integer,
    Decimal,
    /// A text of any of the textual kinds. With choices: one of them.
    Text {
        kind: Kind,
        choices: Vec<String>,
    },
    Timestamp,
    List(Box<Shape>),
    Record(Vec<Slot>),
    File,
}

/// A named place for a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) optional: bool,
    /// What stands there where nothing is given.
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

    /// The shape of a kind that has no parts.
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

/// One line of a manifest, whether of a parameter or of a field.
struct Line<'a> {
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
    let lines = parameters
        .iter()
        .map(|parameter| Line {
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
    slots(&lines, "")
}

/// The slots of the fields of an outcome.
pub(crate) fn of_fields(fields: &[Field]) -> Vec<Slot> {
    let lines = fields
        .iter()
        .map(|field| Line {
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
    slots(&lines, "")
}

/// The lines that stand directly below a path, with what stands below them.
fn slots(lines: &[Line<'_>], parent: &str) -> Vec<Slot> {
    lines
        .iter()
        .filter_map(|line| {
            let name = match parent {
                "" => line.path,
                _ => line.path.strip_prefix(parent)?.strip_prefix('.')?,
            };
            (!name.contains('.')).then(|| Slot {
                name: name.to_owned(),
                shape: shape(lines, line),
                optional: line.optional,
                default: line.default.cloned(),
                personal: line.personal,
            })
        })
        .collect()
}

fn shape(lines: &[Line<'_>], line: &Line<'_>) -> Shape {
    match (line.kind, line.items) {
        (Kind::List, Some(items)) => {
            Shape::List(Box::new(Shape::single(items, line.choices.clone())))
        }
        (Kind::List, None) => Shape::List(Box::new(Shape::Record(slots(lines, line.path)))),
        (Kind::Record, _) => Shape::Record(slots(lines, line.path)),
        (kind, _) => Shape::single(kind, line.choices.clone()),
    }
}

/// What a *true* outcome has to carry.
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

    /// The answer as words: what the outcome should have been.
    pub(crate) fn wanted(&self) -> &'static str {
        match self {
            AnswerShape::Nothing => "`true` without a value",
            AnswerShape::Value(_) => "`true-with-value`",
            AnswerShape::Fields(_) => "`true-with-fields`",
        }
    }
}
