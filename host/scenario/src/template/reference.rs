//! References to variables, and how a template uses them.

use std::ops::Range;

/// A reference to a variable or to a part of its value, always from the root:
/// inside `{{#each order.items}}` the reference `{{name}}` is
/// `order`, `items`, each item, `name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The variable's name, with its `$` if it has one.
    pub root: String,
    /// The way to the part of its value; empty for the whole.
    pub path: Vec<Segment>,
}

/// One step of a [`Reference`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A field of a record.
    Field(String),
    /// Each item of a list (or of a record), inside `#each`.
    Item,
    /// One item of a list, counted from 0.
    Index(usize),
}

/// The reference as an author would write it; each item is `[]`.
impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.root)?;
        for segment in &self.path {
            match segment {
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Item => f.write_str("[]")?,
                Segment::Index(index) => write!(f, ".{index}")?,
            }
        }
        Ok(())
    }
}

/// One use of a reference in a template, for the static check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What is used.
    pub reference: Reference,
    /// Where it is written: bytes in the template's source.
    pub span: Range<usize>,
    /// What it is used for.
    pub position: Position,
    /// Whether it is inside `mask`.
    pub masked: bool,
    /// Whether it is inside `reveal`.
    pub revealed: bool,
    /// Whether `default` gives something in its place when it is absent.
    pub defaulted: bool,
    /// The helper that takes it, and as which argument, from 0, also within a
    /// test: `gt` and 0 in `{{#if (gt order.topay 1000)}}`. `reveal` passes
    /// it on.
    pub taken_by: Option<(&'static str, usize)>,
    /// What is known to hold or not to hold where it is used.
    pub guards: Vec<Guard>,
}

impl Use {
    /// Whether the value, or something computed from it, goes into the result:
    /// not by `mask` or `reveal`, and not by a test alone. A hidden variable
    /// that flows so makes the result hidden.
    #[must_use]
    pub fn flows(&self) -> bool {
        !self.masked
            && !self.revealed
            && !matches!(self.position, Position::Tested | Position::Iterated)
    }
}

/// What a reference is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Its value is put into the text: `{{order.status}}`.
    Shown,
    /// Its truth, presence or comparison decides: `{{#if order.paid}}`.
    Tested,
    /// Its items are gone through: `{{#each order.items}}`.
    Iterated,
    /// It is an argument of a helper whose result goes into the text.
    Argument {
        /// The helper's name: `date`, `money`, ….
        helper: &'static str,
        /// Which argument, from 0.
        index: usize,
    },
}

/// Something known about a reference where another is used, by the blocks
/// around it, and by what stands before it in `and` and `or`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// What was tested.
    pub reference: Reference,
    /// By which test.
    pub test: GuardTest,
    /// Whether the test holds here; false in an `else` branch.
    pub holds: bool,
}

/// The test of a [`Guard`]. Each one that holds proves that the reference is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardTest {
    /// It is not false, 0, empty or absent: `#if`, `#unless`, `#with`, and a list of `#each`.
    True,
    /// It is present and not empty: `#exist`, `#notexist`.
    Present,
}
