//! The functions of the plugin against prepared answers of the API.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod customer;
mod document;
mod failure;
mod items;
mod manifest;
mod note;
mod order;
mod probe;
mod shop;
mod status;
