//! The plugin `hostile`, for the tests of the runtime's guards: one function for each
//! way in which a plugin can misbehave, and a few that behave, to prove that the next
//! call works.
//!
//! It is written against the contract itself and not against the SDK, which would not
//! let it lie. `host/runtime/tests` must have a test for every function; a test there
//! compares the two lists.

#[cfg(target_family = "wasm")]
mod plugin;
