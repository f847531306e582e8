//! What is wrong with a connections file.

use std::ops::Range;

/// One thing that is wrong with a connections file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectionProblem {
    /// A stable code, such as `connections::inline-secret`.
    pub code: &'static str,
    /// What is wrong, on what. Never a value that could be a secret.
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
