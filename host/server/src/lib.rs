//! The chat: sessions of published scenarios over HTTP.
//!
//! A [`Server`] publishes the scenarios of a folder, keeps sessions in a store, and drives the
//! engine: it walks a session to the next call, puts the session as it waits for the call into the
//! store, makes the call, and walks on. What was acknowledged is on disk; what a crash interrupts
//! goes on from the last step, and a call that writes is never made a second time without knowing.
//!
//! What a browser gets is built in one module from closed types, out of what the engine says may be
//! shown. A session itself never leaves the process but for the store.
//!
//! It knows nothing of templates, conditions or plugins' contracts, and it prints nothing: the log
//! goes through `tracing`.

mod abuse;
mod accounts;
mod admin;
mod api;
mod catalogue;
mod client;
mod desk;
mod edition;
mod hub;
mod listener;
mod metrics;
mod origin;
mod pages;
mod patience;
mod point;
mod problem;
mod retention;
mod server;
mod settings;
mod store;
mod token;
mod turn;
mod view;

pub use api::openapi;
pub use catalogue::CatalogueError;
pub use desk::Clock;
pub use server::{Server, ServerBuilder, StartError};
pub use settings::{Attempts, Limits, Retention, Settings};
pub use store::{OpenError, Storage, StoreError, StoreUrl, UrlError};
pub use token::NoRandomness;
