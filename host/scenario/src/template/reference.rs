//! References to variables, and the uses of them in a template.

use std::ops::Range;

/// A reference to a variable or to a part of its value. It always starts at the variable:
/// inside `{{#each order.items}}` the reference `{{name}}` is `order`, `items`, each item,
/// `name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The variable's name, with its `$` if it has one.
    pub root: String,
    /// The way to the part of its value; empty for the whole value.
    pub path: Vec<Segment>,
}

/// One step of a [`Reference`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A field of a record.
    Field(String),
    /// Each item of a list or field of a record, inside `#each`.
    Item,
    /// Each item of a list, or any other value itself, inside a section.
    Section,
    /// One item of a list or field of a record, by a key that another variable gives: the
    /// key as it is written.
    Lookup(String),
    /// One item of a list, counted from 0.
    Index(usize),
    /// The last item of a list.
    Last,
}

/// The reference as an author would write it; each item is `[]`.
impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.root)?;
        for segment in &self.path {
            match segment {
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Item => f.write_str("[]")?,
                Segment::Section => {}
                Segment::Lookup(key) => write!(f, ".({key})")?,
                Segment::Index(index) => write!(f, ".{index}")?,
                Segment::Last => f.write_str(".(the last)")?,
            }
        }
        Ok(())
    }
}

/// One use of a reference in a template, for the static check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The reference that is used.
    pub reference: Reference,
    /// What it refers to instead, if a section in its way has a value without parts, in the
    /// order of precedence.
    pub alternatives: Vec<Reference>,
    /// The bytes of the template's source where it is written.
    pub span: Range<usize>,
    /// The purpose of the use.
    pub position: Position,
    /// Whether it is inside `mask`.
    pub masked: bool,
    /// Whether it is inside `reveal`.
    pub revealed: bool,
    /// Whether `default` replaces it if it is absent.
    pub defaulted: bool,
    /// The helper that takes it as an argument, and the argument's number from 0, also
    /// within a test: `gt` and 0 in `{{#if (gt order.topay 1000)}}`. Inside `reveal`, it is
    /// the helper around `reveal`.
    pub taken_by: Option<(&'static str, usize)>,
    /// The tests whose results are known where it is used.
    pub guards: Vec<Guard>,
}

impl Use {
    /// The reference, then its alternatives.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        std::iter::once(&self.reference).chain(&self.alternatives)
    }

    /// Whether the value, or something computed from it, becomes a part of the result. A
    /// use in `mask`, in `reveal` or only in a test does not. A hidden variable that flows
    /// into the result makes the result hidden.
    #[must_use]
    pub fn flows(&self) -> bool {
        !self.masked
            && !self.revealed
            && !matches!(self.position, Position::Tested | Position::Iterated)
    }
}

/// The purpose of a use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Its value is put into the text: `{{order.status}}`.
    Shown,
    /// Its truth, presence or comparison decides: `{{#if order.paid}}`.
    Tested,
    /// A loop visits its items: `{{#each order.items}}`.
    Iterated,
    /// It is an argument of a helper whose result is put into the text.
    Argument {
        /// The helper's name: `date`, `money`, ….
        helper: &'static str,
        /// The argument's number, from 0.
        index: usize,
    },
}

/// A test of a reference whose result is known where another reference is used: the test
/// of a block around that use, or of an earlier argument of `and` and `or`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The tested reference.
    pub reference: Reference,
    /// What was tested instead, as in [`Use::alternatives`].
    pub alternatives: Vec<Reference>,
    /// The test.
    pub test: GuardTest,
    /// Whether the test holds here; false in an `else` branch.
    pub holds: bool,
}

/// The test of a [`Guard`]. A test that holds proves that the reference is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardTest {
    /// Not false, 0, empty or absent: `#if`, `#unless`, `#with`, and the list of `#each`.
    True,
    /// Present and not empty: `#exist`, `#notexist`.
    Present,
}
