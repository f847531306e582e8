//! The customer's edge over HTTP: the chat API, the page and the widget, and the operator's listener.
//!
//! A [`Server`] turns requests into calls of `krabice-sessions`, and what those give into responses.
//! It decides which sites may use which scenario, and nothing about sessions. A browser gets only the
//! types of `krabice_sessions::view`. The crate prints nothing: log events go through `tracing`.

mod admin;
mod api;
#[cfg(unix)]
mod control;
mod live;
mod metrics;
mod origin;
mod pages;
mod server;
mod settings;

pub use api::openapi;
pub use krabice_sessions::{
    Attempts, CatalogueError, Clock, KeyError, Retention, Signer, SigningKey,
};
pub use live::{LiveReader, LiveSettings, Reread};
pub use origin::{AllowedSite, Site, SiteError};
pub use server::{Server, ServerBuilder, StartError};
pub use settings::{Access, Limits, Settings};
