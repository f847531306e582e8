//! A plugin from its attributes to what crosses to the host.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod every_shape;
mod manifest;
mod mock;
mod requests;
mod values;
