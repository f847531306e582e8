//! The back ends' emulators, as strict as the real ones.
//!
//! Tests, the demo and the benchmarks talk to a back end that behaves as its
//! vendor documents it, quirks included, and that refuses what a correct
//! client never sends: an unknown query parameter is an error here, not a
//! filter that silently does nothing. Every rule names the fact behind it
//! ([`Rule`]); every broken rule is recorded ([`Violation`]).
//!
//! Each back end has one [`Emulator`], which listens on a port of its own. On a
//! second port listens its control endpoint: state, request log, counters,
//! violations and [`Fault`]s. The two never share a port, so nothing that a
//! plugin can reach changes the emulator.
//!
//! The emulators depend on no crate of the host.
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

use std::sync::{Mutex, MutexGuard, PoisonError};

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
mod refusal;
mod retino;
mod rule;
mod script;
mod server;
mod shoper;
mod state;
mod upgates;
mod wire;

pub use crate::armed::ArmedFault;
pub use crate::back_end::{Connection, Setting};
pub use crate::clock::Clock;
pub use crate::connections::{ConnectionsError, GENERATED_BY};
pub use crate::counters::Counters;
pub use crate::emulators::{BackEndName, Emulator, Emulators, Options, StartError};
pub use crate::fault::{Fault, FaultError, FaultRule, RetryAfter};
pub use crate::log::{Credential, LogEntry, Violation};
pub use crate::rule::Rule;
pub use crate::state::StateError;

/// Locks a mutex, also after another thread panicked while it held it: the emulator goes on
/// serving, and the panic itself fails the test.
fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
