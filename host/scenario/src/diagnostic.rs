//! The findings of the check: one [`Diagnostic`] for each problem, with a stable [`Code`],
//! its place, and what to do about it.
//!
//! Diagnostics are data. The program that prints them (a terminal, an editor, an HTTP
//! answer) adds the file's name and the layout.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// One problem of a scenario, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The kind of problem; stable across versions.
    pub code: Code,
    /// Whether the scenario can run with it.
    pub severity: Severity,
    /// What is wrong, and of which name: one sentence in lower case, names and words of the
    /// document in backticks.
    pub message: String,
    /// What to do about it, if there is something to suggest.
    pub help: Option<String>,
    /// The JSON path: `boxes.load.params.order`, `boxes.more.buttons[1].next`.
    /// Empty for the document itself.
    pub path: String,
    /// The bytes of the file that it is about; for a template, of a part of the text.
    pub span: Range<usize>,
    /// The line of the span's start, from 1.
    pub line: usize,
    /// The column of the span's start, from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Diagnostic {
    /// One line: `12:5 error scenario::unknown-box: … (boxes.load.true)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic {
            code,
            severity,
            message,
            path,
            line,
            column,
            ..
        } = self;
        write!(f, "{line}:{column} {severity} {code}: {message}")?;
        if path.is_empty() {
            Ok(())
        } else {
            write!(f, " ({path})")
        }
    }
}

/// Whether a scenario can run with a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The scenario does not run.
    Error,
    /// The scenario runs, but probably not as its author intends.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $word:literal, $severity:ident;)+) => {
        /// The kinds of problems. Each is documented with an example in
        /// `docs/diagnostics.md`, and keeps its meaning in every version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])+ $name,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The code as people see it: `scenario::unknown-box`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => concat!("scenario::", $word),)+
                }
            }

            /// The severity of every problem with this code.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self {
                    $(Code::$name => Severity::$severity,)+
                }
            }
        }
    };
}

codes! {
    /// The file is not JSON.
    Syntax = "syntax", Error;
    /// The document, its depth, its number of boxes or one of its texts is over the limit.
    TooLarge = "too-large", Error;
    /// An object has a key twice.
    DuplicateKey = "duplicate-key", Error;
    /// A key that has no meaning in its object.
    UnknownKey = "unknown-key", Error;
    /// A required key is missing.
    MissingKey = "missing-key", Error;
    /// A key that contradicts the other keys of its object.
    SuperfluousKey = "superfluous-key", Error;
    /// A JSON value of the wrong type.
    WrongType = "wrong-type", Error;
    /// A word that is not one of the allowed words.
    UnknownWord = "unknown-word", Error;
    /// A number outside its range.
    OutOfRange = "out-of-range", Error;
    /// A version of the scenario language that this host does not know.
    UnsupportedVersion = "unsupported-version", Error;
    /// A name with characters that names cannot have.
    InvalidName = "invalid-name", Error;
    /// An invalid language tag.
    InvalidLanguage = "invalid-language", Error;
    /// A time zone that does not exist.
    UnknownTimeZone = "unknown-time-zone", Error;
    /// A regular expression that does not compile.
    InvalidPattern = "invalid-pattern", Error;
    /// A text, a list or a map without content.
    Empty = "empty", Error;
    /// Two things with the same id, where ids are unique.
    DuplicateId = "duplicate-id", Error;
    /// A text lacks one of the scenario's languages.
    MissingLanguage = "missing-language", Error;
    /// A text in a language that the scenario does not declare.
    UndeclaredLanguage = "undeclared-language", Error;
    /// A template that cannot be read.
    InvalidTemplate = "invalid-template", Error;

    /// A box that does not exist.
    UnknownBox = "unknown-box", Error;
    /// An exit that boxes of this type do not have.
    UnknownExit = "unknown-exit", Error;
    /// A box lacks an exit.
    MissingExit = "missing-exit", Error;
    /// A plugin that the host does not have.
    UnknownPlugin = "unknown-plugin", Error;
    /// A function that the plugin does not have.
    UnknownFunction = "unknown-function", Error;
    /// A parameter that the function does not have.
    UnknownParameter = "unknown-parameter", Error;
    /// A call lacks a parameter that the function needs.
    MissingParameter = "missing-parameter", Error;
    /// A connection that the host does not have.
    UnknownConnection = "unknown-connection", Error;
    /// A call lacks a connection, or has one that does not fit its plugin.
    WrongConnection = "wrong-connection", Error;
    /// A call does not say which of a plugin's connections it uses.
    AmbiguousConnection = "ambiguous-connection", Error;
    /// A scenario that the host does not have.
    UnknownScenario = "unknown-scenario", Error;
    /// An input that the other scenario does not have.
    UnknownInput = "unknown-input", Error;
    /// A variable that nothing sets.
    UnknownVariable = "unknown-variable", Error;
    /// A field that the function's answer does not have.
    UnknownField = "unknown-field", Error;
    /// A value that is not one of the choices.
    UnknownChoice = "unknown-choice", Error;

    /// A value of the wrong kind.
    WrongKind = "wrong-kind", Error;
    /// A list or a record in a text.
    NotText = "not-text", Error;
    /// A variable that some path leaves unset.
    MaybeUnset = "maybe-unset", Error;
    /// The answer of a function that may have answered false or failed.
    MaybeFalse = "maybe-false", Error;
    /// An optional field that is not tested first.
    MaybeAbsent = "maybe-absent", Error;
    /// A loop of boxes that never waits for the customer.
    EndlessLoop = "endless-loop", Error;
    /// A hidden value in a text or a file for the customer.
    HiddenShown = "hidden-shown", Error;
    /// A hidden value copied into a visible variable.
    HiddenCopied = "hidden-copied", Error;

    /// A box that no path leads to.
    UnreachedBox = "unreached-box", Warning;
    /// Scenarios that jump to each other and return.
    JumpRecursion = "jump-recursion", Warning;
    /// Personal data in a visible variable.
    VisiblePersonal = "visible-personal", Warning;
    /// `true` or `false` in a text for the customer.
    BooleanShown = "boolean-shown", Warning;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
