//! The way out as a plugin meets it: every rule, against servers that misbehave.

mod answers;
mod credentials;
mod files;
mod limits;
mod logins;
mod places;
mod policies;
mod redirects;
mod repeats;
mod secrets;
mod server;
mod shop;
mod timeouts;
mod tls;
