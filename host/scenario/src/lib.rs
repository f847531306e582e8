//! The scenario language: values, manifests, templates, the model of a scenario
//! and its static checks.
//!
//! This crate does no I/O, reads no clock and knows neither Wasmtime nor HTTP,
//! so that the command line, a server, a linter and an editor in a browser can
//! all use the same checks.
//!
//! What it guarantees: a [`Scenario`] that came out of the check has every
//! template compiled, every exit leading to a box, and every call matching the
//! manifest it was checked against.

pub mod check;
pub mod compare;
pub mod diagnostic;
pub mod document;
mod draft;
pub mod expect;
pub mod file;
pub mod kind;
pub mod limits;
pub mod manifest;
pub mod moment;
pub mod name;
pub mod outcome;
mod read;
pub mod scenario;
pub mod schema;
pub mod shape;
mod source;
pub mod template;
mod texts;
pub mod value;
pub mod variable;

pub use check::{Checked, World, check};
pub use diagnostic::{Code, Diagnostic, Severity};
pub use file::File;
pub use kind::Kind;
pub use manifest::Manifest;
pub use outcome::{Failure, FailureClass, Outcome};
pub use scenario::Scenario;
pub use schema::json_schema;
pub use template::Template;
pub use value::Value;
pub use variable::{Variable, Variables};
