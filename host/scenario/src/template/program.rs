//! The compiled form of a template: a small tree over typed values.

use std::ops::Range;

use krabice_contract::Value;

use super::helper::Helper;
use super::reference::Reference;

/// One piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Text as it is.
    Text(Box<str>),
    /// The value of an expression, with the tag's place in the source.
    Show {
        expression: Expression,
        span: Range<usize>,
    },
    /// One of two bodies, by the truth of a test.
    If {
        test: Expression,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// A body for each item of a list or field of a record, or the other body if there is
    /// none.
    Each {
        list: Path,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// A body for each item of a list, or once for any other value that is true; else the
    /// other body.
    Section {
        subject: Path,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
}

/// Something that has a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// A value that the author wrote.
    Literal(Value),
    /// A variable, an item, or a part of one.
    Path(Path),
    /// An item of a list or a field of a record, by a key that is computed.
    Lookup { of: Path, key: Box<Expression> },
    /// The values of a part of each item of a list, or the items themselves. An item without
    /// the part is left out.
    Items { list: Path, part: Path },
    /// A variable of the `#each` at a depth, counted from the outermost.
    LoopVariable {
        depth: usize,
        variable: LoopVariable,
    },
    /// Whether an expression is present and not empty.
    Present(Box<Expression>),
    /// The opposite of an expression's truth.
    Not(Box<Expression>),
    /// A helper with its arguments.
    Call {
        helper: Helper,
        arguments: Vec<Expression>,
    },
}

impl Expression {
    /// The path, if the expression is one, or an item of one.
    pub(super) fn as_path(&self) -> Option<&Path> {
        match self {
            Expression::Path(path) | Expression::Lookup { of: path, .. } => Some(path),
            Expression::Literal(_)
            | Expression::Items { .. }
            | Expression::LoopVariable { .. }
            | Expression::Present(_)
            | Expression::Not(_)
            | Expression::Call { .. } => None,
        }
    }
}

/// The way to a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// The complete way from its variable.
    pub(super) reference: Reference,
    /// What it refers to where a section's value has no parts.
    pub(super) alternatives: Vec<Reference>,
    /// Where rendering starts.
    pub(super) base: Base,
    /// The steps from there.
    pub(super) steps: Vec<Step>,
    /// The path to follow if it starts at the value of a section that has no parts.
    pub(super) outer: Option<Box<Path>>,
}

/// The start of a path when it is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The reference's variable.
    Variable,
    /// The item of the `#each` or the section at a depth, counted from the outermost.
    Item(usize),
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A field of a record.
    Field(String),
    /// An item of a list; in a record, the field that the number names.
    Index(usize, String),
    /// The last item of a list.
    Last,
}

/// A variable that `#each` sets for each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoopVariable {
    /// `@index`: the item's number, from 0.
    Index,
    /// `@key`: the field's name in a record, the item's number in a list.
    Key,
    /// `@first`: whether the item is the first.
    First,
    /// `@last`: whether the item is the last.
    Last,
}

impl LoopVariable {
    /// The variable of this name, without `@`.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "index" => Some(LoopVariable::Index),
            "key" => Some(LoopVariable::Key),
            "first" => Some(LoopVariable::First),
            "last" => Some(LoopVariable::Last),
            _ => None,
        }
    }
}
