//! What is wrong with a connections file.

use std::ops::Range;

/// One thing that is wrong with a connections file, and where.
///
/// No text of it repeats a value that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectionProblem {
    /// A stable code, such as `connections::inline-secret`; `docs/connections.md`
    /// lists them.
    pub code: &'static str,
    /// What is wrong, on what.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The keys that lead to the place: `connections.shop.settings.key`.
    pub path: String,
    /// Bytes in the file.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A place in a connections file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) span: Range<usize>,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    pub(crate) fn new(text: &str, path: String, span: Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
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
