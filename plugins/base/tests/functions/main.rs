//! The functions of the plugin against prepared answers of the API.

#![recursion_limit = "256"] // one order is one `json!`
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod account;
mod customer;
mod failure;
mod invoice;
mod label;
mod limit;
mod manifest;
mod note;
mod order;
mod parcel;
mod probe;
mod returns;
mod since;
mod status;
mod verify;
