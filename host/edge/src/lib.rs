//! What the HTTP edges share: the listener with its admission control and time-outs, the guard of every
//! request and response, bodies of requests, problem documents, event streams, and the files of pages.
//!
//! An edge turns requests into calls of `krabice-sessions`, and what those give into responses. It
//! decides nothing about sessions.

mod body;
mod client;
pub mod event_stream;
mod guard;
mod listener;
mod locked;
mod problem;
pub mod static_files;
mod write_timeout;

pub use body::json;
pub use client::client_address;
pub use guard::guarded;
pub use listener::{Admission, ConnectionLimits, Peer, serve};
pub use problem::{Problem, ProblemCode, ProblemDocument};
