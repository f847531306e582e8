//! The functions of the plugin against prepared answers of an mServer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answer;
mod changes;
mod create;
mod failure;
mod invoice;
mod issue;
mod manifest;
mod number;
mod order;
mod print;
mod unit;
