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

macro_rules! is_relied_on {
    (relied_on) => {
        true
    };
    (enforced) => {
        false
    };
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $word:literal, $severity:ident, $reliance:ident;)+) => {
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

            /// Whether the engine relies on it that a scenario has no such problem: with one,
            /// the scenario could not be run as its author wrote it. All else (what a customer
            /// may see, bounds, kinds and absent values) engine and runtime enforce by
            /// themselves, so that a scenario of an earlier version runs with a problem that
            /// only this version finds.
            #[must_use]
            pub fn is_relied_on(self) -> bool {
                match self {
                    $(Code::$name => is_relied_on!($reliance),)+
                }
            }
        }
    };
}

codes! {
    /// The file is not JSON.
    Syntax = "syntax", Error, relied_on;
    /// The document, its depth, its number of boxes or one of its texts is over the limit.
    TooLarge = "too-large", Error, relied_on;
    /// An object has a key twice.
    DuplicateKey = "duplicate-key", Error, relied_on;
    /// A key that has no meaning in its object.
    UnknownKey = "unknown-key", Error, relied_on;
    /// A required key is missing.
    MissingKey = "missing-key", Error, relied_on;
    /// A key that contradicts the other keys of its object.
    SuperfluousKey = "superfluous-key", Error, relied_on;
    /// A JSON value of the wrong type.
    WrongType = "wrong-type", Error, relied_on;
    /// A word that is not one of the allowed words.
    UnknownWord = "unknown-word", Error, relied_on;
    /// A number outside its range.
    OutOfRange = "out-of-range", Error, enforced;
    /// A version of the scenario language that this host does not know.
    UnsupportedVersion = "unsupported-version", Error, relied_on;
    /// A document that does not say what it is.
    UnknownDocument = "unknown-document", Error, relied_on;
    /// A name with characters that names cannot have.
    InvalidName = "invalid-name", Error, enforced;
    /// An invalid language tag.
    InvalidLanguage = "invalid-language", Error, enforced;
    /// A time zone that does not exist.
    UnknownTimeZone = "unknown-time-zone", Error, relied_on;
    /// A regular expression that does not compile.
    InvalidPattern = "invalid-pattern", Error, relied_on;
    /// A text, a list or a map without content.
    Empty = "empty", Error, enforced;
    /// Two things with the same id, where ids are unique.
    DuplicateId = "duplicate-id", Error, enforced;
    /// A text lacks one of the scenario's languages.
    MissingLanguage = "missing-language", Error, enforced;
    /// A text in a language that the scenario does not declare.
    UndeclaredLanguage = "undeclared-language", Error, enforced;
    /// A template that cannot be read.
    InvalidTemplate = "invalid-template", Error, relied_on;

    /// A box that does not exist.
    UnknownBox = "unknown-box", Error, relied_on;
    /// An exit that boxes of this type do not have.
    UnknownExit = "unknown-exit", Error, relied_on;
    /// A box lacks an exit.
    MissingExit = "missing-exit", Error, relied_on;
    /// A plugin that the host does not have.
    UnknownPlugin = "unknown-plugin", Error, relied_on;
    /// A function that the plugin does not have.
    UnknownFunction = "unknown-function", Error, relied_on;
    /// A parameter that the function does not have.
    UnknownParameter = "unknown-parameter", Error, enforced;
    /// A call lacks a parameter that the function needs.
    MissingParameter = "missing-parameter", Error, enforced;
    /// A connection that the host does not have.
    UnknownConnection = "unknown-connection", Error, enforced;
    /// A call lacks a connection, or has one that does not fit its plugin.
    WrongConnection = "wrong-connection", Error, enforced;
    /// A call does not say which of a plugin's connections it uses.
    AmbiguousConnection = "ambiguous-connection", Error, enforced;
    /// A scenario that the host does not have.
    UnknownScenario = "unknown-scenario", Error, relied_on;
    /// An input that the other scenario does not have.
    UnknownInput = "unknown-input", Error, enforced;
    /// A jump lacks an input that the other scenario requires.
    MissingInput = "missing-input", Error, enforced;
    /// A required input that a channel of the scenario cannot give.
    InputNotGiven = "input-not-given", Error, enforced;
    /// A variable that nothing sets.
    UnknownVariable = "unknown-variable", Error, enforced;
    /// A field that the function's answer does not have.
    UnknownField = "unknown-field", Error, enforced;
    /// A value that is not one of the choices.
    UnknownChoice = "unknown-choice", Error, enforced;

    /// A value of the wrong kind.
    WrongKind = "wrong-kind", Error, enforced;
    /// A list or a record in a text.
    NotText = "not-text", Error, enforced;
    /// A variable that some path leaves unset.
    MaybeUnset = "maybe-unset", Error, enforced;
    /// The answer of a function that may have answered false or failed.
    MaybeFalse = "maybe-false", Error, enforced;
    /// An optional field that is not tested first.
    MaybeAbsent = "maybe-absent", Error, enforced;
    /// A loop of boxes that never waits for the customer.
    EndlessLoop = "endless-loop", Error, enforced;
    /// A hidden value in a text or a file for the customer.
    HiddenShown = "hidden-shown", Error, enforced;
    /// A hidden value copied into a visible variable.
    HiddenCopied = "hidden-copied", Error, enforced;

    /// A public scenario writes, or shows personal data, about a value that nobody has proven
    /// to be the customer's.
    Unproven = "unproven", Error, enforced;

    /// A scenario that nothing can start.
    NotStarted = "not-started", Warning, enforced;
    /// A box that no path leads to.
    UnreachedBox = "unreached-box", Warning, enforced;
    /// Scenarios that jump to each other and return.
    JumpRecursion = "jump-recursion", Warning, enforced;
    /// Personal data in a visible variable.
    VisiblePersonal = "visible-personal", Warning, enforced;
    /// A document that this version does nothing with.
    UnusedDocument = "unused-document", Warning, enforced;
    /// `true` or `false` in a text for the customer.
    BooleanShown = "boolean-shown", Warning, enforced;
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
