//! Templates: Handlebars over typed values.
//!
//! The grammar is that of the `handlebars` crate, version 6: its parser decides
//! what is text, where whitespace goes and how blocks nest. What a tag means is
//! decided here, when a scenario is loaded: every name becomes a reference from
//! its variable, whatever is not of the language becomes an error at its place.
//! Rendering then goes over typed values, knows which are hidden, cannot fail,
//! and never reads a value as a template.
//!
//! | written | gives |
//! |---|---|
//! | `{{x}}`, `<<x>>` | the value; both brackets mean the same, in one text too |
//! | `{{5}}`, `{{5.status}}`, `{{ask-order}}`, `{{$email}}`, `{{[a name]}}` | names of every form |
//! | `{{order.items.0.name}}`, `{{lookup order.items 0}}` | an item of a list, from 0 |
//! | `{{#if x}}…{{else if y}}…{{else}}…{{/if}}`, `{{#unless x}}…{{/unless}}` | by truth: `false`, absent, 0, an empty text and an empty list are false |
//! | `{{#exist x}}…{{else}}…{{/exist}}`, `{{#notexist x}}…{{/notexist}}` | by presence: absent, an empty text and an empty list do not exist |
//! | `{{#each order.items}}{{@index}} {{name}} {{../obj}}{{else}}…{{/each}}` | for each item; `this`, `@first`, `@last`, `@root`, `as \|item index\|` |
//! | `{{#with order}}{{status}}{{/with}}` | names within a value |
//! | `{{date x "D. M. YYYY"}}` | a moment in the scenario's time zone: `YYYY YY MM M Q DD D HH H mm m ss s`, `[text]`, all else as it is |
//! | `{{inflect n "kus" "kusy" "kusů"}}` | the word for a count by the language's plural rules: one, few, many, and a fourth for fractions; or two words |
//! | `{{money x currency}}` | `1 230,50 Kč`, with no-break spaces |
//! | `{{mask x}}`, `{{reveal x}}` | a hidden value in part, or on purpose |
//! | `{{default x "none"}}` | something in the place of what is absent or empty |
//! | `{{json x}}`, `{{len x}}` | JSON; the number of items or characters |
//! | `eq ne gt gte lt lte and or not` | in tests: `{{#if (gt order.topay 1000)}}`; texts compare letter by letter |
//! | `{{! … }}`, `{{!-- … --}}`, `{{~x~}}` | a comment; whitespace taken away |
//! | `\{{`, `\<<` | plain brackets |
//!
//! A value shows itself so: `true` and `false`, a number with the digits it
//! came with (`1230.50`), a moment as `2022-05-01 12:15:00` in the scenario's
//! time zone; a list or a record shows nothing. Where a template is exactly one
//! tag, [`Template::evaluate`] keeps the type of its value.
//!
//! What Handlebars has and the language has not: partials, decorators, raw
//! blocks, the triple bracket (no value is escaped: the channel that shows a
//! text escapes it), arguments with names.

mod date;
mod helper;
mod language;
mod lower;
mod mask;
mod program;
mod reference;
mod render;
mod scan;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use helper::{argument_kinds, block_helpers, inline_helpers};
pub use mask::DOTS;
pub use reference::{Guard, GuardTest, Position, Reference, Segment, Use};

use self::helper::Helper;
use self::program::{Expression, Node};
use self::render::Renderer;
use self::scan::{Form, Scanned};
use crate::variable::Variables;
use crate::{Kind, Value};

/// The longest source of a template, in bytes: 16 KiB. A text of a chat has
/// some hundred.
pub const SOURCE_BYTES: usize = 16 * 1024;

/// What a template is rendered with.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The variables of the scenario that runs.
    pub variables: &'a Variables,
    /// The session's language tag, which decides plurals and formats.
    pub language: &'a str,
    /// The scenario's time zone, in which moments are shown.
    pub time_zone: &'a TimeZone,
}

/// Something wrong in a template's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where: bytes in the template's source.
    pub span: Range<usize>,
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

/// A program, by how much work it is.
#[derive(Debug)]
enum Program {
    /// Text alone.
    Text(Value),
    /// One expression and nothing else: its value keeps its type.
    Value([Node; 1]),
    /// Anything else.
    Mixed(Vec<Node>),
}

/// What a customer sees of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The text.
    pub text: String,
    /// The names of hidden variables that the text would have shown; `•••`
    /// stands in their place. Each once, in order.
    pub withheld: Vec<String>,
    /// The texts of hidden values that the author shows on purpose, by `reveal`.
    pub revealed: Vec<String>,
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
}

/// What a template comes to, borrowed where it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved<'a> {
    /// The value; none where the template is one tag whose value is absent.
    pub value: Option<Cow<'a, Value>>,
    /// Whether it was computed from a hidden value.
    pub hidden: bool,
    /// The texts of hidden values that the author made visible, by `reveal`.
    pub revealed: Vec<String>,
}

impl Resolved<'_> {
    /// The same as a value of its own; none where it is absent.
    #[must_use]
    pub fn into_evaluated(self) -> Option<Evaluated> {
        let value = self.value?.into_owned();
        Some(Evaluated {
            value,
            hidden: self.hidden,
            revealed: self.revealed,
        })
    }
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// Everything that is wrong in it, in the order of the source.
    pub fn parse(source: &str) -> Result<Template, Vec<TemplateError>> {
        if source.len() > SOURCE_BYTES {
            return Err(vec![TemplateError {
                message: format!(
                    "a text of {} bytes is longer than {SOURCE_BYTES}",
                    source.len()
                ),
                help: Some("divide it among several boxes".to_owned()),
                span: 0..source.len(),
            }]);
        }
        let (nodes, uses) = compile(source)?;
        let program = match <[Node; 1]>::try_from(nodes) {
            Ok([Node::Text(text)]) => Program::Text(Value::Text(text.into())),
            Ok(one @ [Node::Show(_)]) => Program::Value(one),
            Ok(one) => Program::Mixed(one.into()),
            Err(nodes) if nodes.is_empty() => Program::Text(Value::Text(String::new())),
            Err(nodes) => Program::Mixed(nodes),
        };
        let mut flowing: Vec<String> = Vec::new();
        for each in uses.iter().filter(|each| each.flows()) {
            if !flowing.contains(&each.reference.root) {
                flowing.push(each.reference.root.clone());
            }
        }
        Ok(Template(Arc::new(Compiled {
            source: source.to_owned(),
            program,
            uses,
            flowing,
        })))
    }

    /// The text it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The reference, where the template is exactly one and nothing else: such
    /// a template keeps the value's type.
    #[must_use]
    pub fn as_reference(&self) -> Option<&Reference> {
        match &self.0.program {
            Program::Value([Node::Show(Expression::Path(path))]) => Some(&path.reference),
            _ => None,
        }
    }

    /// The text, where the template is text alone.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.0.program {
            Program::Text(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The kind of what [`Template::evaluate`] gives, by the kinds of the
    /// references: `text`, unless the template is exactly one tag that keeps a
    /// type. None where that is not known.
    #[must_use]
    pub fn kind(&self, kind_of: impl Fn(&Reference) -> Option<Kind>) -> Option<Kind> {
        match &self.0.program {
            Program::Value([Node::Show(expression)]) => expression_kind(expression, &kind_of),
            _ => Some(Kind::Text),
        }
    }

    /// Every use of a variable, in the order of the source.
    #[must_use]
    pub fn uses(&self) -> &[Use] {
        &self.0.uses
    }

    /// The text for a customer: a hidden value outside `mask` and `reveal` is
    /// `•••`. At most 64 KiB.
    #[must_use]
    pub fn show(&self, scope: &Scope<'_>) -> Shown {
        match &self.0.program {
            Program::Text(Value::Text(text)) => Shown {
                text: text.clone(),
                ..Shown::default()
            },
            Program::Text(_) => Shown::default(),
            Program::Value(nodes) => Renderer::new(*scope, true).render(nodes),
            Program::Mixed(nodes) => Renderer::new(*scope, true).render(nodes),
        }
    }

    /// The value, for parameters, variables and conditions. None where the
    /// template is exactly one tag whose value is absent.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope<'_>) -> Option<Evaluated> {
        self.resolve(scope).into_evaluated()
    }

    /// The same as [`Template::evaluate`], without a copy where none is needed.
    ///
    /// The result is hidden where any hidden variable may flow into it, also
    /// one in a branch that was not taken.
    #[must_use]
    pub fn resolve<'a>(&'a self, scope: &Scope<'a>) -> Resolved<'a> {
        let hidden = self.0.flowing.iter().any(|name| {
            scope
                .variables
                .get(name)
                .is_some_and(|variable| variable.hidden)
        });
        match &self.0.program {
            Program::Text(text) => Resolved {
                value: Some(Cow::Borrowed(text)),
                hidden,
                revealed: Vec::new(),
            },
            Program::Value([Node::Show(expression)]) => {
                let (got, revealed) = Renderer::new(*scope, false).value(expression);
                Resolved {
                    value: got.value,
                    hidden,
                    revealed,
                }
            }
            Program::Value(_) => Resolved {
                value: None,
                hidden,
                revealed: Vec::new(),
            },
            Program::Mixed(nodes) => {
                let shown = Renderer::new(*scope, false).render(nodes);
                Resolved {
                    value: Some(Cow::Owned(shown.text.into())),
                    hidden,
                    revealed: shown.revealed,
                }
            }
        }
    }
}

/// The program of a source and the uses in it.
fn compile(source: &str) -> Result<(Vec<Node>, Vec<Use>), Vec<TemplateError>> {
    let Scanned {
        normalised,
        placeholder,
        tags,
        mut errors,
    } = scan::scan(source);
    let plain = tags.is_empty()
        && errors.is_empty()
        && !normalised.contains(['{', '\\'])
        && !normalised.contains(placeholder);
    if plain {
        let text = Node::Text(source.into());
        return Ok((
            if source.is_empty() {
                Vec::new()
            } else {
                vec![text]
            },
            Vec::new(),
        ));
    }
    if !errors.is_empty() {
        errors.sort_by_key(|error| error.span.start);
        return Err(errors);
    }
    let mut scanned = Scanned {
        normalised,
        placeholder,
        tags,
        errors,
    };
    let mut errors = Vec::new();
    let mut tree = handlebars::Template::compile(&scanned.normalised);
    if tree.is_err() {
        errors = blank_unreadable(source, &mut scanned);
        tree = handlebars::Template::compile(&scanned.normalised);
    }
    match tree {
        Ok(tree) => {
            let lowered = lower::lower(source, &scanned, &tree);
            errors.extend(lowered.errors);
            if errors.is_empty() {
                return Ok((lowered.nodes, lowered.uses));
            }
        }
        Err(_) if errors.is_empty() => errors.push(TemplateError {
            message: "this text cannot be read".to_owned(),
            help: Some("write its tags in a simpler way".to_owned()),
            span: 0..source.len(),
        }),
        Err(_) => {}
    }
    errors.sort_by_key(|error| (error.span.start, error.span.end));
    Err(errors)
}

/// Finds the tags that the crate's grammar does not take, each by itself, and
/// makes comments of those that can be left out, so that the others are still
/// looked at.
fn blank_unreadable(source: &str, scanned: &mut Scanned) -> Vec<TemplateError> {
    let mut errors = Vec::new();
    let mut blank = Vec::new();
    scanned.tags.retain(|tag| {
        let text = &scanned.normalised[tag.span.clone()];
        let name = &source[tag.name.clone()];
        let alone = match tag.form {
            Form::Expression => text.to_owned(),
            Form::Open => format!("{text}{{{{/{name}}}}}"),
            Form::Close => format!("{{{{#{name}}}}}{text}"),
            Form::Else | Form::ElseChain => format!("{{{{#if x}}}}{text}{{{{/if}}}}"),
        };
        let readable = handlebars::Template::compile(&alone).is_ok();
        if !readable {
            errors.push(TemplateError {
                message: format!("`{}` cannot be read", &source[tag.span.clone()]),
                help: Some("a tag is a variable, or a helper and its arguments with spaces between; texts stand in quotes".to_owned()),
                span: tag.span.clone(),
            });
        }
        let leave_out = !readable && tag.form == Form::Expression;
        if leave_out {
            blank.push(tag.span.clone());
        }
        !leave_out
    });
    for span in blank {
        let comment = format!("{{{{!{}}}}}", " ".repeat(span.len() - 5));
        scanned.normalised.replace_range(span, &comment);
    }
    errors
}

fn expression_kind(
    expression: &Expression,
    kind_of: &impl Fn(&Reference) -> Option<Kind>,
) -> Option<Kind> {
    match expression {
        Expression::Literal(value) => Some(value.kind()),
        Expression::Path(path) => kind_of(&path.reference),
        Expression::Place {
            place: program::Place::Index,
            ..
        } => Some(Kind::Integer),
        Expression::Place { .. } | Expression::Present(_) | Expression::Not(_) => {
            Some(Kind::Boolean)
        }
        Expression::Call { helper, arguments } => match helper {
            Helper::Reveal => expression_kind(&arguments[0], kind_of),
            Helper::Default => {
                let first = expression_kind(&arguments[0], kind_of)?;
                let second = expression_kind(&arguments[1], kind_of)?;
                if first == second {
                    Some(first)
                } else if first.is_numeric() && second.is_numeric() {
                    Some(Kind::Decimal)
                } else if first.is_textual() && second.is_textual() {
                    Some(Kind::Text)
                } else {
                    None
                }
            }
            Helper::Len => Some(Kind::Integer),
            helper if helper.is_test() => Some(Kind::Boolean),
            _ => Some(Kind::Text),
        },
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Template").field(&self.0.source).finish()
    }
}
