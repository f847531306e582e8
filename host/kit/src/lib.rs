//! What authors of plugins need: a check that a component keeps the contract, tests from recorded
//! exchanges, a comparison of two versions, and plugins from registries.
//!
//! Every function here returns data (reports, findings, differences) and prints nothing. Plugins run
//! by the same [`krabice_runtime`] and [`krabice_egress`] as in a server, so a plugin behaves there
//! as it does here. The crate knows neither sessions nor the chat.
//!
//! Nothing here reaches another machine, with two exceptions: recording a case asks the live back
//! end, and [`registry`] asks a registry.

mod back_end;
pub mod case;
pub mod comparison;
pub mod conformance;
mod difference;
mod exchange;
mod passport;
mod record;
pub mod registry;
mod replay;
mod sample_parameters;
mod situation;
mod test_connection;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

pub use passport::{Destination, FunctionFlow, Observation, ParameterFlow, Passport};
pub use test_connection::TestConnectionError;

/// The value of a mutex. What a thread that panicked leaves is complete: nothing panics in the
/// middle of a change.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds with one digit after the point; further digits would be noise.
fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 10_000.0).round() / 10.0
}

/// The SHA-256 of bytes, in hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    krabice_contract::hex(Sha256::digest(bytes))
}
