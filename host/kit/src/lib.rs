//! What an author of plugins needs: a check that a component keeps the contract,
//! tests from recorded exchanges, a comparison of two versions.
//!
//! Everything here answers with data: reports, findings, differences. Who prints
//! them is somebody else. It runs plugins by the same [`krabice_runtime`] and
//! [`krabice_egress`] as a server does, so what is found here is what would
//! happen there; it knows neither sessions nor the chat.
//!
//! Nothing here reaches any other machine, except recording, which asks the back
//! end that it is given, and pulling from a registry.

mod back_end;
pub mod case;
pub mod comparison;
pub mod conformance;
pub mod difference;
pub mod exchange;
mod fault;
mod passport;
mod record;
pub mod registry;
mod replay;
mod sample;
mod stage;

pub use passport::{Destination, Given, Passage, Passport, Sighting};
pub use stage::StageError;
