//! Loads plugins with Wasmtime, calls their functions and guards what they
//! reach.
//!
//! A plugin is a component that somebody else wrote. What this crate promises of
//! it: every call runs in a fresh instance that is thrown away afterwards; it
//! ends within its limits of time, memory and everything else ([`Limits`]); it
//! sees nothing of the host but its parameters and the connection's public
//! settings; it reaches the network through [`krabice_egress`] alone; and what
//! goes in and out is what its manifest says. Whatever it does, the call ends
//! as an outcome or as a failure that says why, and the process lives.
//!
//! This is the only crate that knows Wasmtime.
//!
//! # Example
//! ```no_run
//! # async fn example(input: krabice_runtime::CallInput) -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = krabice_runtime::Runtime::builder().build()?;
//! let plugin = runtime.load("target/plugins/upgates.wasm").await?;
//! let report = runtime.call(&plugin, "verify-order", None, input).await;
//! println!("{:?} after {:?}", report.result, report.elapsed);
//! # Ok(())
//! # }
//! ```

mod bindings;
mod call;
mod check;
mod directory;
mod redaction;
mod doors;
mod engine;
mod json;
mod lane;
mod limits;
mod load;
pub mod lock;
mod log;
mod manifest;
mod meter;
mod plugin;
mod runtime;
mod shape;
mod state;
mod verdict;
mod convert;

pub use call::{CallInput, CallReport, Context};
pub use directory::PluginDirectory;
pub use engine::Pool;
pub use limits::Limits;
pub use load::{CONTRACT, Import, Known, LoadError, Reason};
pub use log::TARGET as LOG_TARGET;
pub use manifest::ManifestProblem;
pub use plugin::Plugin;
#[doc(hidden)]
pub use runtime::Warm;
pub use runtime::{BuildError, Runtime, RuntimeBuilder};
