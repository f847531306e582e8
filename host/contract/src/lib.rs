//! The vocabulary that a plugin and everything around it share: the kinds and values of
//! `wit/`, manifests with their one check, names, outcomes and failures, the one reader of
//! JSON, comparisons of what customers type, and redaction.
//!
//! The crate does no I/O, reads no clock and builds for `wasm32-unknown-unknown`, so the
//! host, the check of scenarios, `krabice plugin check`, the unit tests of a plugin and an
//! editor in a browser all say the same of the same manifest.

mod check;
pub mod compare;
pub mod file;
mod function;
mod hex;
mod json;
mod kind;
pub mod manifest;
pub mod name;
mod outcome;
pub mod raw;
mod redaction;
mod scalar;
pub mod shape;
pub mod value;

pub use check::{ManifestProblem, check_choices, check_function, check_manifest};
pub use file::File;
pub use function::{AnswerShape, FunctionShape, Written};
pub use hex::hex;
pub use jiff::tz::TimeZone;
pub use kind::Kind;
pub use manifest::Manifest;
pub use outcome::{Failure, FailureClass, Outcome};
pub use redaction::{MASK, Redaction, mask_value};
pub use shape::Shape;
pub use value::{Sizes, Value, ValueError};
