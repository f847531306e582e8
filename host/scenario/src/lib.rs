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

pub mod kind;
pub mod manifest;
pub mod outcome;
pub mod scenario;
pub mod template;
pub mod value;
pub mod variable;

pub use kind::Kind;
pub use manifest::Manifest;
pub use outcome::{Failure, FailureClass, Outcome};
pub use scenario::Scenario;
pub use template::Template;
pub use value::Value;
pub use variable::{Variable, Variables};
