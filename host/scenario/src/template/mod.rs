//! Templates: Handlebars over typed values.
//!
//! The grammar is Handlebars' own; whatever the `handlebars` crate accepts, too, renders
//! alike. The meaning of a tag is decided when a scenario is loaded: every name becomes a
//! reference that starts at its variable, and everything that is not part of the language
//! becomes an error at its place.
//! Rendering works on typed values, knows which of them are hidden, cannot fail, and never
//! reads a value as a template.
//!
//! | written | gives |
//! |---|---|
//! | `{{x}}`, `<<x>>` | the value; both brackets mean the same, in one text too |
//! | `{{5}}`, `{{5.status}}`, `{{ask-order}}`, `{{$email}}`, `{{[a name]}}` | names of every form |
//! | `{{order.items.0.name}}`, `{{lookup order.items 0}}`, `{{lookup names code}}` | an item of a list, from 0; a field of a record |
//! | `{{#if x}}…{{else if y}}…{{else}}…{{/if}}`, `{{#unless x}}…{{/unless}}` | by truth: `false`, absent, 0, an empty text and an empty list are false |
//! | `{{#exist x}}…{{else}}…{{/exist}}`, `{{#notexist x}}…{{/notexist}}` | by presence: absent, an empty text and an empty list do not exist |
//! | `{{#each order.items}}{{@index}} {{name}} {{../obj}}{{else}}…{{/each}}` | for each item of a list or field of a record; `this`, `@first`, `@last`, `@key`, `@root`, `as \|item index\|` |
//! | `{{#order.items}}{{name}}{{^}}…{{/order.items}}` | a section: for each item of a list, within a record, or once for another value that is true, where names mean what they mean around it |
//! | `{{^order.items}}…{{/order.items}}`, `{{^if x}}…{{/if}}` | an inverse section: if it is not true |
//! | `{{#with order}}{{status}}{{/with}}` | names within a value |
//! | `{{date x "D. M. YYYY"}}` | a moment in the scenario's time zone: `YYYY YY MM M Q DD D HH H mm m ss s`, `[text]`, anything else as it is |
//! | `{{inflect n "kus" "kusy" "kusů"}}` | the word for a count by the language's plural rules: one, few, many, and a fourth for fractions; or two words |
//! | `{{money x currency}}` | `1 230,50 Kč`, with no-break spaces |
//! | `{{mask x}}`, `{{reveal x}}` | a part of a hidden value, or the hidden value on purpose |
//! | `{{default x "none"}}` | a replacement for a value that is absent or empty |
//! | `{{json x}}`, `{{len x}}` | JSON; the number of items or characters |
//! | `eq ne gt gte lt lte not` | in tests: `{{#if (gt order.topay 1000)}}`; texts compare letter by letter |
//! | `and or` | in tests; elsewhere the value that decides: `{{or nick "you"}}` |
//! | `{{! … }}`, `{{!-- … --}}`, `{{~x~}}` | a comment; trimmed whitespace |
//! | `\{{`, `\<<` | plain brackets |
//!
//! Values are shown as follows: `true` and `false`, a number with the digits that it was
//! given with (`1230.50`), a moment as `2022-05-01 12:15:00` in the scenario's time zone; a
//! list or a record shows nothing. If a template is exactly one tag,
//! [`Template::evaluate`] keeps the type of its value.
//!
//! `{{{x}}}` and `{{&x}}` are `{{x}}`: no value is escaped here; the channel that shows a text
//! escapes it. The language leaves out of Handlebars: partials, decorators, raw blocks, helpers
//! of one's own and named arguments.

mod arithmetic;
mod date;
mod helper;
mod language;
mod lex;
mod mask;
mod parse;
mod program;
mod reference;
mod render;
mod time;
mod words;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::{Kind, Value};

pub(crate) use helper::{argument_kinds, takes};
pub use reference::{Guard, GuardTest, Position, Reference, Segment, Use};

use self::helper::Helper;
use self::program::{Expression, LoopVariable, Node};
use self::render::Renderer;
use crate::limits::TEXT_BYTES;
#[cfg(doc)]
use crate::variable::Variable;
use crate::variable::Variables;

/// The context in which a template is rendered.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The variables of the running scenario.
    pub variables: &'a Variables,
    /// The session's language tag, which decides plurals and formats.
    pub language: &'a str,
    /// The scenario's time zone, in which moments are shown.
    pub time_zone: &'a TimeZone,
    /// The time of the turn.
    pub now: &'a Now,
}

/// The name of the variable that every scenario has: the time of the turn.
pub(crate) const NOW: &str = "now";

/// The time of a turn, as the variable `now`.
#[derive(Debug, Clone, PartialEq)]
pub struct Now {
    moment: Timestamp,
    value: Value,
}

impl Now {
    /// The turn's time.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        self.moment
    }
}

impl From<Timestamp> for Now {
    fn from(moment: Timestamp) -> Self {
        Now {
            moment,
            value: Value::Timestamp(moment),
        }
    }
}

/// An error in a template's source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// The kind of error.
    pub kind: TemplateErrorKind,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where: bytes in the template's source.
    pub span: Range<usize>,
}

impl TemplateError {
    fn new(
        kind: TemplateErrorKind,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        TemplateError {
            kind,
            message: message.into(),
            help: Some(help.into()),
            span,
        }
    }
}

/// The kinds of errors in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TemplateErrorKind {
    /// The source is longer than a text may be.
    TooLong,
    /// Blocks or parentheses are nested too deep.
    TooDeep,
    /// A tag has too many opening brackets, or no closing ones of the same form.
    Brackets,
    /// The content of a tag is empty or cannot be read.
    Tag,
    /// The tag uses something that Handlebars has and this language has not.
    Unsupported,
    /// A block or its `else` does not match what encloses it: it is not closed, closed by
    /// another name, or outside a block.
    Block,
    /// The block or the helper does not exist.
    UnknownHelper,
    /// A block or a helper has the wrong arguments.
    Arguments,
    /// A name is invalid, or names nothing where it is used.
    Name,
    /// A literal is not a value, or not one that its helper knows.
    Literal,
}

/// A compiled template. Cheap to clone.
#[derive(Clone)]
pub struct Template(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    source: String,
    program: Program,
    uses: Vec<Use>,
    /// The variables whose values flow into the result.
    flowing: Vec<String>,
}

#[derive(Debug)]
enum Program {
    /// One tag that keeps the type of its value, or text without tags.
    Value(Expression),
    /// Anything else, which renders to text.
    Mixed(Vec<Node>),
}

/// The text that a customer sees of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The text.
    pub text: String,
    /// The names of the hidden variables whose values `•••` replaces in the text. Each
    /// once, in order.
    pub withheld: Vec<String>,
    /// The texts of hidden values that the author shows on purpose, by `reveal`.
    pub revealed: Vec<String>,
    /// The bytes of the text that are the customer's own words, in order.
    pub said: Vec<Range<usize>>,
}

/// The value of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The value.
    pub value: Value,
    /// Whether it was computed from a hidden value.
    pub hidden: bool,
    /// The texts of hidden values that the author made visible, by `reveal`.
    pub revealed: Vec<String>,
    /// The parts of it that are the customer's own words, as in [`Variable::said`].
    pub said: Vec<Range<usize>>,
}

/// The value of a template, borrowed if possible.
pub(crate) struct Resolved<'a> {
    /// The value; none if the template is one tag whose value is absent.
    pub(crate) value: Option<Cow<'a, Value>>,
    /// Whether it was computed from a hidden value.
    pub(crate) hidden: bool,
    /// The texts of hidden values that the author made visible, by `reveal`.
    pub(crate) revealed: Vec<String>,
    /// The parts of it that are the customer's own words, as in [`Variable::said`].
    pub(crate) said: Vec<Range<usize>>,
}

impl Resolved<'_> {
    /// The owned value, if it is present.
    pub(crate) fn into_evaluated(self) -> Option<Evaluated> {
        Some(Evaluated {
            value: self.value?.into_owned(),
            hidden: self.hidden,
            revealed: self.revealed,
            said: self.said,
        })
    }
}

impl Template {
    /// Compiles a template. Its source has at most 16 KiB, as every text of a scenario.
    ///
    /// # Errors
    /// Every error in it, in the order of the source.
    pub fn parse(source: &str) -> Result<Template, Vec<TemplateError>> {
        if source.len() > TEXT_BYTES {
            return Err(vec![TemplateError::new(
                TemplateErrorKind::TooLong,
                0..source.len(),
                format!(
                    "a text of {} bytes is longer than {TEXT_BYTES}",
                    source.len()
                ),
                "divide it among several boxes",
            )]);
        }
        let (nodes, uses) = parse::parse(source)?;
        let text = |text: Box<str>| Program::Value(Expression::Literal(Value::Text(text.into())));
        let program = match <[Node; 1]>::try_from(nodes) {
            Ok([Node::Text(only)]) => text(only),
            Ok([Node::Show { expression, .. }]) => Program::Value(expression),
            Ok(block @ [Node::If { .. } | Node::Each { .. } | Node::Section { .. }]) => {
                Program::Mixed(block.into())
            }
            Err(nodes) if nodes.is_empty() => text("".into()),
            Err(nodes) => Program::Mixed(nodes),
        };
        let mut flowing: Vec<String> = Vec::new();
        for each in uses.iter().filter(|each| each.flows()) {
            for reference in each.references() {
                if !flowing.contains(&reference.root) {
                    flowing.push(reference.root.clone());
                }
            }
        }
        Ok(Template(Arc::new(Compiled {
            source: source.to_owned(),
            program,
            uses,
            flowing,
        })))
    }

    /// The source.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The reference, if the template is exactly one reference, so that it keeps the
    /// value's type.
    pub(crate) fn as_reference(&self) -> Option<&Reference> {
        match &self.0.program {
            Program::Value(Expression::Path(path)) => Some(&path.reference),
            Program::Value(_) | Program::Mixed(_) => None,
        }
    }

    /// The text, if the template has no tags.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.0.program {
            Program::Value(Expression::Literal(Value::Text(text))) => Some(text),
            Program::Value(_) | Program::Mixed(_) => None,
        }
    }

    /// The kind of the value, by the kinds of the references: `text`, unless the template
    /// is exactly one tag that keeps a type. None if it is not known.
    pub(crate) fn kind(&self, kind_of: impl Fn(&Reference) -> Option<Kind>) -> Option<Kind> {
        match &self.0.program {
            Program::Value(expression) => expression_kind(expression, &kind_of),
            Program::Mixed(_) => Some(Kind::Text),
        }
    }

    /// The tags that put a boolean into a text: `true` or `false`, in every language.
    pub(crate) fn shown_booleans(
        &self,
        kind_of: impl Fn(&Reference) -> Option<Kind>,
    ) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        match &self.0.program {
            Program::Value(Expression::Literal(_)) => {}
            Program::Value(expression) => {
                if expression_kind(expression, &kind_of) == Some(Kind::Boolean) {
                    found.push(0..self.0.source.len());
                }
            }
            Program::Mixed(nodes) => shown_booleans(nodes, &kind_of, &mut found),
        }
        found
    }

    /// Every use of a variable, in the order of the source.
    #[must_use]
    pub fn uses(&self) -> &[Use] {
        &self.0.uses
    }

    /// The text for a customer, at most 64 KiB. `•••` replaces a hidden value outside `mask`
    /// and `reveal`.
    #[must_use]
    pub fn show(&self, scope: &Scope<'_>) -> Shown {
        let renderer = Renderer::new(*scope, true);
        match &self.0.program {
            Program::Value(expression) => renderer.render_one(expression),
            Program::Mixed(nodes) => renderer.render(nodes),
        }
    }

    /// The value, for parameters, variables and conditions. None if the template is exactly
    /// one tag whose value is absent. The value is hidden if any hidden variable can flow
    /// into it, even from a branch that was not taken.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope<'_>) -> Option<Evaluated> {
        self.resolve(scope).into_evaluated()
    }

    /// The value as in [`Template::evaluate`], borrowed if possible.
    pub(crate) fn resolve<'a>(&'a self, scope: &Scope<'a>) -> Resolved<'a> {
        let hidden = self.0.flowing.iter().any(|name| {
            scope
                .variables
                .get(name)
                .is_some_and(|variable| variable.hidden)
        });
        let renderer = Renderer::new(*scope, false);
        let (value, revealed, said) = match &self.0.program {
            Program::Value(expression) => renderer.value(expression),
            Program::Mixed(nodes) => {
                let shown = renderer.render(nodes);
                (
                    Some(Cow::Owned(shown.text.into())),
                    shown.revealed,
                    shown.said,
                )
            }
        };
        Resolved {
            value,
            hidden,
            revealed,
            said,
        }
    }
}

fn shown_booleans(
    nodes: &[Node],
    kind_of: &impl Fn(&Reference) -> Option<Kind>,
    found: &mut Vec<Range<usize>>,
) {
    for node in nodes {
        let (one, other) = match node {
            Node::Text(_) => continue,
            Node::Show { expression, span } => {
                if expression_kind(expression, kind_of) == Some(Kind::Boolean) {
                    found.push(span.clone());
                }
                continue;
            }
            Node::If {
                then: one,
                otherwise: other,
                ..
            }
            | Node::Each {
                body: one,
                otherwise: other,
                ..
            }
            | Node::Section {
                body: one,
                otherwise: other,
                ..
            } => (one, other),
        };
        shown_booleans(one, kind_of, found);
        shown_booleans(other, kind_of, found);
    }
}

fn expression_kind(
    expression: &Expression,
    kind_of: &impl Fn(&Reference) -> Option<Kind>,
) -> Option<Kind> {
    let (helper, arguments) = match expression {
        Expression::Literal(value) => return Some(value.kind()),
        Expression::Path(path) | Expression::Lookup { of: path, .. } => {
            return kind_of(&path.reference);
        }
        Expression::Items { .. } => return Some(Kind::List),
        Expression::LoopVariable {
            variable: LoopVariable::Index,
            ..
        } => return Some(Kind::Integer),
        Expression::LoopVariable {
            variable: LoopVariable::Key,
            ..
        } => return None,
        Expression::LoopVariable { .. } | Expression::Present(_) | Expression::Not(_) => {
            return Some(Kind::Boolean);
        }
        Expression::Call { helper, arguments } => (helper, arguments),
    };
    // Of the values of a list, the kind of each.
    let mut kinds = arguments.iter().map(|each| match each {
        Expression::Items { part, .. } => kind_of(&part.reference),
        each => expression_kind(each, kind_of),
    });
    Some(match helper {
        Helper::Reveal => return expression_kind(&arguments[0], kind_of),
        Helper::Default | Helper::And | Helper::Or | Helper::Min | Helper::Max => {
            let first = kinds.next()??;
            return kinds.try_fold(first, |first, second| either(first, second?));
        }
        Helper::Add | Helper::Subtract | Helper::Multiply | Helper::Sum => {
            let first = kinds.next()??;
            let number = kinds.try_fold(first, |first, second| either(first, second?))?;
            return number.is_numeric().then_some(number);
        }
        Helper::Divide => Kind::Decimal,
        Helper::Round if arguments.len() > 1 => Kind::Decimal,
        Helper::Round
        | Helper::Len
        | Helper::CountWhere
        | Helper::DaysBetween
        | Helper::Weekday => Kind::Integer,
        Helper::Plus | Helper::Minus | Helper::StartOfDay => Kind::Timestamp,
        Helper::Date
        | Helper::Inflect
        | Helper::Money
        | Helper::Mask
        | Helper::Json
        | Helper::Join
        | Helper::Upper
        | Helper::Lower
        | Helper::Trim => Kind::Text,
        Helper::Equal
        | Helper::NotEqual
        | Helper::Greater
        | Helper::AtLeast
        | Helper::Less
        | Helper::AtMost
        | Helper::Not => Kind::Boolean,
    })
}

/// The kind of a value that is of one of two kinds, if there is one that includes both.
fn either(one: Kind, other: Kind) -> Option<Kind> {
    if one == other {
        Some(one)
    } else if one.is_numeric() && other.is_numeric() {
        Some(Kind::Decimal)
    } else if one.is_textual() && other.is_textual() {
        Some(Kind::Text)
    } else {
        None
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Template").field(&self.0.source).finish()
    }
}
