//! Problems of a connections file, and their locations.

use std::ops::Range;

/// One problem of a connections file, with its location.
///
/// None of its texts repeats a value that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectionProblem {
    /// A stable code, such as `connections::inline-secret`; `docs/connections.md`
    /// lists them.
    pub code: &'static str,
    /// What is wrong, and with which key or value.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The keys that lead to the value: `connections.shop.settings.key`.
    pub path: String,
    /// The range in the file, in bytes.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A location in a connections file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Location {
    pub(crate) path: String,
    pub(crate) span: Range<usize>,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Location {
    pub(crate) fn new(text: &str, path: String, span: Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Location {
            path,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span,
        }
    }

    pub(crate) fn problem(
        &self,
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) -> ConnectionProblem {
        ConnectionProblem {
            code,
            message: message.into(),
            help,
            path: self.path.clone(),
            span: self.span.clone(),
            line: self.line,
            column: self.column,
        }
    }
}
