//! Sessions that last: started, answered, ended, exported and erased, whatever channel they come by.
//!
//! A [`RunningService`] publishes the scenarios of a folder, keeps sessions in a store, and runs their
//! turns. It guarantees:
//!
//! - A turn that a client was told of is on disk.
//! - A session is stored before a call that writes or takes long. A crash continues from the last
//!   step, and a call that writes is never made a second time.
//! - A customer gets only what the module `view` builds from the values that the engine marks as
//!   visible. The session itself leaves the process only for the store.
//!
//! The crate knows no HTTP, templates, conditions or plugin contracts. It prints nothing: log events go
//! through `tracing`.

mod address;
pub mod attempts;
mod error;
mod folder;
pub mod integration;
mod maintenance;
mod notifier;
mod observer;
mod operator;
mod outlets;
mod rate_limit;
mod revisions;
mod room;
mod running;
mod service;
mod settings;
mod signed;
mod token;
mod turn_runner;
pub mod view;

pub use address::AddressPrefix;
pub use error::SessionError;
pub use folder::{FileStamp, list_files, read_document};
pub use krabice_scenario::scenario::Channel;
pub use notifier::{Listener, Signal};
pub use observer::{NoObserver, Observer};
pub use operator::{
    ListedSession, MOST_LISTED, OperatorAnswer, OperatorRequest, ShownSession, operate,
};
pub use rate_limit::RateLimit;
pub use room::NoRoom;
pub use revisions::catalogue::{CatalogueError, ConnectionsReader};
pub use running::{RunningService, ServiceBuilder};
pub use service::{
    Counts, CustomerMessage, MessageContent, NotReady, OpenedSession, SessionService,
};
pub use settings::{Attempts, Retention, SessionSettings, TurnLimits};
pub use signed::{KeyError, SignedToken, Signer, SigningKey};
pub use token::SessionToken;
pub use turn_runner::Clock;
