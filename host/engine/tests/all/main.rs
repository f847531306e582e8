//! The integration tests of the engine in one binary: one link instead of three.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod drawn;
mod machine;
mod properties;
mod sessions;
