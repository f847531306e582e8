//! The database: where everything lives that outlasts a process.
//!
//! A [`Storage`] is SQLite in one file, for one server, or PostgreSQL, for several. This crate alone
//! names a database: it has the pools, the one writer, the migrations and the leases. What is kept is
//! its owner's: each has a module with its records, its traits and a contract suite
//! (feature `contract`) that every back end passes. The module [`sessions`] is that of
//! `krabice-sessions`.
//!
//! A new back end is a folder beside `sqlite` that implements the traits, a scheme in [`StoreUrl`],
//! and a line in `tests/contract.rs`.

mod chain;
mod error;
pub mod failpoint;
mod locked;
mod postgres;
mod random;
pub mod sessions;
mod sqlite;
mod storage;
mod url;

pub use chain::Chain;
pub use error::{CopyError, OpenError, StoreError, parse_json, to_json};
pub use locked::locked;
pub use random::{NoRandomness, random};
pub use storage::Storage;
pub use url::{StoreUrl, UrlError};
