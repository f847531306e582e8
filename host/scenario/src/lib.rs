//! The scenario language: templates, the model of a scenario and its static checks.
//! Values and manifests are those of `krabice-contract`.
//!
//! This crate does no I/O, reads no clock and knows neither Wasmtime nor HTTP, so that the
//! command line, a server, a linter and an editor in a browser use the same checks.
//!
//! It guarantees that in a [`Scenario`] which the check returned every template is compiled,
//! every exit leads to a box, and every call matches the manifest that it was checked
//! against. One that was restored keeps what the engine relies on ([`Code::is_relied_on`]).

pub mod calendar;
pub mod check;
pub mod compare;
mod condition;
mod diagnostic;
pub mod document;
mod document_type;
mod draft;
pub mod limits;
mod moment;
pub mod name;
mod read;
pub mod scenario;
mod schema;
mod source;
pub mod template;
mod texts;
pub mod understand;
pub mod variable;

pub use check::{Checked, World, check, restore};
pub use condition::Guess;
pub use diagnostic::{Code, Diagnostic, Severity};
pub use document_type::DocumentType;
pub use scenario::Scenario;
pub use schema::json_schema;
pub use template::Template;
pub use variable::{Variable, Variables};
