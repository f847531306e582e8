//! The functions of the plugin against prepared answers of the API.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod case;
mod customer;
mod desk;
mod failure;
mod manifest;
mod probe;
mod shape;
mod state;
