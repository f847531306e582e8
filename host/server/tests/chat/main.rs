//! The server as a browser sees it: HTTP on loopback, the real runtime with the shipped plugins, and
//! the emulated back ends.

// The futures of some tests nest deeper than the compiler follows by default.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod abuse;
mod access;
mod bounds;
mod channels;
mod client;
mod document;
mod hidden;
mod hostile;
mod log;
mod operator;
mod pages;
mod random;
mod reload;
mod retention;
mod search;
mod sessions;
mod slow;
mod stage;
mod stop;
mod store;
#[path = "../../../store/tests/support/mod.rs"]
mod support;
mod upgrade;
