//! The compiled form of a template: a small tree over typed values.

use krabice_contract::Value;

use super::helper::Helper;
use super::reference::Reference;

/// One piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Text as it is.
    Text(Box<str>),
    /// The value of an expression.
    Show(Expression),
    /// One of two bodies, by the truth of a test.
    If {
        test: Expression,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// A body for each item of a list, or the other body if there is no item.
    Each {
        list: Path,
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
    /// The path, if the expression is one.
    pub(super) fn as_path(&self) -> Option<&Path> {
        if let Expression::Path(path) = self {
            Some(path)
        } else {
            None
        }
    }
}

/// The way to a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// The complete way from its variable.
    pub(super) reference: Reference,
    /// Where rendering starts.
    pub(super) base: Base,
    /// The steps from there.
    pub(super) steps: Vec<Step>,
}

/// The start of a path when it is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The reference's variable.
    Variable,
    /// The item of the `#each` at a depth, counted from the outermost.
    Item(usize),
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A field of a record.
    Field(String),
    /// An item of a list; in a record, the field that the number names.
    Index(usize, String),
}

/// A variable that `#each` sets for each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoopVariable {
    /// `@index`: the item's number, from 0.
    Index,
    /// `@first`: whether the item is the first.
    First,
    /// `@last`: whether the item is the last.
    Last,
}
