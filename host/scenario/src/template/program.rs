//! What a template is compiled to: a small tree over typed values.

use super::helper::Helper;
use super::reference::Reference;
use crate::Value;

/// One piece of a template, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Text as it is.
    Text(Box<str>),
    /// The value of an expression.
    Show(Expression),
    /// One of two bodies by the truth of a test.
    If {
        test: Expression,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// A body for each item of a list; another where there is none.
    Each {
        list: Path,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
}

/// Something with a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// A value that the author wrote.
    Literal(Value),
    /// A variable, an item, or a part of one.
    Path(Path),
    /// Where a loop stands.
    Place { depth: usize, place: Place },
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

/// A way to a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// The whole way from its variable.
    pub(super) reference: Reference,
    /// Where a renderer starts.
    pub(super) base: Base,
    /// The steps from there.
    pub(super) steps: Vec<Step>,
}

/// Where a renderer starts to follow a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// At the reference's variable.
    Variable,
    /// At the item of an `#each`, counted from the outermost.
    Item(usize),
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A field of a record.
    Field(String),
    /// An item of a list; of a record, the field that the number names.
    Index(usize, String),
}

/// Where a loop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The item's number, from 0.
    Index,
    /// Whether it is the first.
    First,
    /// Whether it is the last.
    Last,
}
