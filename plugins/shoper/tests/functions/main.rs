//! The plugin against a mock back end: requests as they go out, outcomes as they
//! come back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod changed;
mod customer;
mod failure;
mod manifest;
mod note;
mod order;
mod parcel;
mod probe;
mod recorded;
mod shop;
mod status;
