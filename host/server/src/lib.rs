//! The chat server: sessions of published scenarios over HTTP.
//!
//! A [`Server`] publishes the scenarios of a folder, keeps sessions in a store, and runs their turns.
//! It guarantees:
//!
//! - A turn that a client was told of is on disk.
//! - A session is stored before a call that it waits for is made. A crash continues from the last
//!   step, and a call that writes is never made a second time.
//! - A browser gets only what the module `view` builds from the values that the engine marks as
//!   visible. The session itself leaves the process only for the store.
//!
//! The crate knows no templates, conditions or plugin contracts. It prints nothing: log events go
//! through `tracing`.

mod admin;
mod api;
mod attempts;
mod catalogue;
mod client;
mod error_chain;
mod failpoint;
mod listener;
mod live;
mod maintenance;
mod metrics;
mod notifier;
mod origin;
mod outlets;
mod pages;
mod problem;
mod rate_limit;
mod revision;
mod server;
mod service;
mod settings;
mod store;
mod sync;
mod token;
mod turn_runner;
mod view;
mod write_timeout;

pub use api::openapi;
pub use catalogue::CatalogueError;
pub use live::{LiveReader, LiveSettings, Reread};
pub use server::{Server, ServerBuilder, StartError};
pub use settings::{Access, Attempts, Limits, Retention, Settings};
pub use store::{OpenError, Storage, StoreError, StoreUrl, UrlError};
pub use token::NoRandomness;
pub use turn_runner::Clock;
