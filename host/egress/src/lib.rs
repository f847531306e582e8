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

mod connection;
mod error;
mod message;
mod network;
mod outlet;
mod problem;
mod resolver;
mod rules;
mod scope;
mod secret;

pub use connection::{Connection, Connections, check_connection};
pub use error::{Cause, EgressError, Refusal, Rule};
pub use message::{Request, Response, Timeouts};
pub use network::{Network, NetworkBuilder};
pub use outlet::Outlet;
pub use problem::ConnectionProblem;
pub use resolver::{Resolver, SystemResolver};
pub use rules::Rules;
pub use scope::{CallScope, Exchange};
pub use secret::{Secrets, SystemSecrets};
