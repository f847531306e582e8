//! The emulators from outside, through a plain HTTP client or a socket.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod base;
mod binary;
mod client;
mod connections;
mod control;
mod demo;
mod faults;
mod limits;
mod lists;
mod login;
mod pohoda;
mod readme;
mod retino;
mod settings;
mod shoper;
mod strictness;
mod update;
