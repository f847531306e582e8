//! The integration tests of the scenario language in one binary: one link instead of twelve.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod agreement;
mod answers;
mod check;
mod compare;
mod fuzz_check;
mod fuzz_template;
mod host;
mod identity;
mod limits;
mod made;
mod one_slip;
mod schema;
mod template;
mod template_properties;
mod typed;
