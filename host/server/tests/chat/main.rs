//! The server as a browser meets it: real HTTP on loopback, the real runtime with the shipped
//! plugins, and the emulated back ends.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod client;
mod sessions;
mod stage;
