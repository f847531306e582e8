//! The one way out: connections, credentials, and every rule for an outbound
//! request.
//!
//! A plugin asks for a path. This crate decides whether the request may leave,
//! adds the credential that the plugin never sees, sends it over a connection
//! that is kept alive, and brings back an answer of bounded size in bounded
//! time. Both doors of the contract (`wasi:http` and `egress.send`) end in
//! [`Outlet::send`], so every rule stands in one place.
//!
//! It knows nothing of components and reads no scenario.
//!
//! # The way of a request
//!
//! 1. [`policy`] judges what the plugin wrote: names, path, user names, dots.
//! 2. The rate limit and the places for requests at once keep it waiting.
//! 3. A kept connection carries it, or the connector resolves the name, has every
//!    address judged by [`policy`] and [`address`], and connects to what passed.
//! 4. The credential is added, to the connection's own address alone.
//! 5. The answer is read within its limits; what may be repeated is, by the
//!    function's effect ([`retry`]); a redirect goes back to 1.
//! 6. What the answer repeats of a credential is masked ([`echo`]).

pub mod address;
mod base_url;
mod bucket;
mod connection;
mod connector;
mod credential;
mod encoding;
mod error;
mod exchange;
mod headers;
mod hosts;
mod login;
mod message;
mod network;
mod observer;
mod origin;
mod outlet;
mod pace;
mod places;
pub mod policy;
mod pool;
mod problem;
mod record;
mod resolver;
pub mod retry;
mod rules;
mod scope;
mod secret;
pub mod secret_mask;

pub use address::Reach;
pub use base_url::{BaseUrl, BaseUrlError};
pub use connection::{Connection, Connections, check_connection};
pub use error::{Cause, EgressError, Refusal, Rule};
pub use headers::is_transport;
pub use hosts::{HostEntry, HostEntryError};
pub use message::{Request, Response, Timeouts};
pub use network::{Network, NetworkBuilder};
pub use observer::{ObservedExchange, ObservedRequest, RequestObserver};
pub use origin::{Origin, Scheme};
pub use outlet::{Outlet, Usage};
pub use pace::LONGEST_PAUSE;
pub use policy::CONNECTION_AUTHORITY;
pub use problem::ConnectionProblem;
pub use resolver::{Resolver, SystemResolver};
pub use rules::{ALL_REQUESTS_AT_ONCE, REQUESTS_AT_ONCE, Rules};
pub use scope::{CallScope, Exchange};
pub use secret::{Secrets, SystemSecrets};
pub use secret_mask::SecretMask;
