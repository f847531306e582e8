//! Templates: Handlebars over typed values.

mod reference;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use reference::{Guard, GuardTest, Position, Reference, Segment, Use};

use crate::variable::Variables;
use crate::{Kind, Value};

/// What a template is rendered with.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The variables of the scenario that runs.
    pub variables: &'a Variables,
    /// The session's language tag, which decides plurals and formats.
    pub language: &'a str,
    /// The scenario's time zone, in which moments are shown.
    pub timezone: &'a TimeZone,
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
    reference: Option<Reference>,
    uses: Vec<Use>,
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

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// Everything that is wrong in it, in the order of the source.
    pub fn parse(source: &str) -> Result<Template, Vec<TemplateError>> {
        Ok(Template(Arc::new(Compiled { source: source.to_owned(), reference: None, uses: Vec::new() })))
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
        self.0.reference.as_ref()
    }

    /// The kind of what [`Template::evaluate`] gives, by the kinds of the
    /// references: `text` unless the template is exactly one tag that keeps a
    /// type. None where `kind_of` does not know.
    #[must_use]
    pub fn kind(&self, kind_of: impl Fn(&Reference) -> Option<Kind>) -> Option<Kind> {
        match &self.0.reference {
            Some(reference) => kind_of(reference),
            None => Some(Kind::Text),
        }
    }

    /// Every use of a variable, in the order of the source.
    #[must_use]
    pub fn uses(&self) -> &[Use] {
        &self.0.uses
    }

    /// The text for a customer: a hidden value outside `mask` and `reveal` is `•••`.
    #[must_use]
    pub fn show(&self, _scope: &Scope<'_>) -> Shown {
        Shown { text: self.0.source.clone(), ..Shown::default() }
    }

    /// The value, for parameters, variables and conditions. None where the
    /// template is exactly one reference to something absent.
    #[must_use]
    pub fn evaluate(&self, scope: &Scope<'_>) -> Option<Evaluated> {
        let _ = scope;
        Some(Evaluated { value: Cow::Borrowed(self.0.source.as_str()).into_owned().into(), hidden: false, revealed: Vec::new() })
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Template").field(&self.0.source).finish()
    }
}
