//! The back ends' emulators, as strict as the real ones.
//!
//! Tests, the demo and the benchmarks talk to a back end that behaves as its
//! vendor documents it, quirks included, and that refuses what a well-made
//! client never sends: an unknown query parameter is an error here, not a
//! filter that silently did nothing. Every rule names the fact behind it
//! ([`Rule`]), every broken one is kept ([`Violation`]).
//!
//! One [`Emulator`] per back end stands on a port of its own. Beside it, on
//! another port, stands its control endpoint: state, request log, counters,
//! violations and [`Fault`]s. The two never share a path, so nothing that a
//! plugin can reach changes the emulator.
//!
//! The emulators know nothing of the host: they depend on none of its crates.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use krabice_emulators::{Emulators, Fault, FaultRule, Options};
//!
//! let emulators = Emulators::start(Options::default()).await?;
//! let upgates = emulators.upgates();
//! upgates.fault(FaultRule::new(Fault::Reset { after_bytes: None }).path("/api/v2/orders"))?;
//! // … a client that calls `upgates.address()` sees the connection reset …
//! assert!(upgates.violations().is_empty());
//! assert_eq!(upgates.counters().requests, 0);
//! # Ok(()) }
//! ```

mod armed;
mod back_end;
mod base;
mod clock;
mod connections;
mod control;
mod counters;
mod emulation;
mod emulators;
mod fault;
mod injection;
mod json;
mod log;
mod pdf;
mod pohoda;
mod retino;
mod rule;
mod script;
mod server;
mod shoper;
mod state;
mod upgates;
mod wire;

pub use crate::armed::ArmedFault;
pub use crate::back_end::{Connection, Setting, StateError};
pub use crate::clock::Clock;
pub use crate::connections::{ConnectionsError, GENERATED_BY};
pub use crate::counters::Counters;
pub use crate::emulators::{BackEndName, Emulator, Emulators, Options, StartError};
pub use crate::fault::{Fault, FaultError, FaultRule, RetryAfter};
pub use crate::log::{Credential, LogEntry, Violation};
pub use crate::rule::Rule;
