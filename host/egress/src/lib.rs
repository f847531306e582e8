//! Outbound HTTP: connections, credentials, and every rule for a request of a
//! plugin.
//!
//! A plugin is code of a third party. It asks for a path or an address; this
//! crate decides whether the request may leave, adds the credential that the
//! plugin never sees, sends the request over a connection that is kept alive,
//! and returns an answer of bounded size in bounded time. Both interfaces of the
//! contract (`wasi:http` and `egress.send`) end in [`Outlet::send`], so no rule
//! exists twice.
//!
//! The crate knows nothing of components and reads no scenario.
//!
//! # The way of a request
//!
//! 1. [`Policy`] judges the address that the plugin wrote: host, path, user name, dots.
//! 2. The request waits for the rate limit and for a permit among the requests at once.
//! 3. A kept connection carries it. Without one, the connector resolves the host name, has
//!    every address judged by [`Policy::admit`] and [`Reach`], and connects to one that passed.
//! 4. The credential is added, on requests to the connection's own address alone.
//! 5. The answer is read within its limits. [`retry_decision`] repeats what the function's
//!    effect allows; a redirect goes back to step 1.
//! 6. A credential that the answer repeats is masked by [`SecretMask`].

mod address;
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
mod locked;
mod login;
mod message;
mod network;
mod observer;
mod origin;
mod outlet;
mod outlet_builder;
mod path;
mod permits;
mod policy;
mod pool;
mod prepared;
mod problem;
mod rate_limit;
mod resolver;
mod retry;
mod rules;
mod scope;
mod secret;
mod secret_mask;
mod settings;
mod signature;

pub use address::Reach;
pub use base_url::{BaseUrl, BaseUrlError};
pub use connection::{Connection, Connections, check_connection};
pub use error::{Cause, EgressError, Refusal, Rule};
pub use headers::is_transport;
pub use hosts::{HostEntry, HostEntryError};
pub use message::{Request, Response, Timeouts};
pub use network::{Network, NetworkBuilder};
pub use observer::RequestObserver;
pub use origin::{Origin, Scheme};
pub use outlet::{Outlet, Usage};
pub use outlet_builder::{OutletBuilder, OutletError};
pub use policy::{CONNECTION_AUTHORITY, Destination, Policy, Redirect, Target};
pub use prepared::Prepared;
pub use problem::ConnectionProblem;
pub use rate_limit::LONGEST_PAUSE;
pub use resolver::{Resolver, SystemResolver};
pub use retry::{
    AttemptEnd, FIRST_RETRY_WAIT, LONGEST_RETRY_WAIT, RetryDecision, retry_after, retry_decision,
};
pub use rules::{NetworkRules, REQUESTS_AT_ONCE, Rules, SharedRules};
pub use scope::{CallScope, Exchange};
pub use secret::{Secrets, SystemSecrets};
pub use secret_mask::SecretMask;
