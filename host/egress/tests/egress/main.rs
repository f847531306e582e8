//! Every rule for requests of a plugin, against servers that misbehave.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod answers;
mod builder;
mod credentials;
mod documents;
mod files;
mod limits;
mod logins;
mod permits;
mod policies;
mod redirects;
mod repeats;
mod secret_paths;
mod secrets;
mod server;
mod shop;
mod signatures;
mod timeouts;
mod tls;
