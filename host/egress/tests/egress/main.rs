//! The way out as a plugin meets it: every rule, against servers that misbehave.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by ending"
)]

mod answers;
mod credentials;
mod documents;
mod files;
mod limits;
mod logins;
mod permits;
mod policies;
mod redirects;
mod repeats;
mod secrets;
mod server;
mod shop;
mod timeouts;
mod tls;
