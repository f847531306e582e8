//! The published scenarios, and the revisions that sessions are on.

pub(crate) mod catalogue;
pub(crate) mod revision;
