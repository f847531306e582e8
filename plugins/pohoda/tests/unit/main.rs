//! The functions of the plugin against the emulated mServer, natively: what one
//! sends, the other accepts, and both keep to STORMWARE's schemas.
//!
//! The schemas are STORMWARE's and not shipped. Where `KRABICE_POHODA_SCHEMAS` names
//! a folder that holds them, each request and each answer is validated by xmllint;
//! see the README of the plugin.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod functions;
mod schemas;
mod transfer;
mod wire;
