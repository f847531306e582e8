//! End-to-end tests: the real binary, real components, an emulated back end.
//!
//! Most of them are data: a folder of `cases/` contains the scenario to run, the customer's answers
//! and the faults, so that a new one needs no Rust. `tests/e2e/README.md` describes the format.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod binary;
mod case;
mod cases;
mod check;
mod cli;
mod documents;
mod filters;
mod http_interface;
#[cfg(unix)]
mod operator;
mod plugin;
mod scaffold;
mod secrets;
mod serve;
mod shop;
#[path = "../../host/store/tests/support/mod.rs"]
mod support;
mod telemetry;
mod trace;
