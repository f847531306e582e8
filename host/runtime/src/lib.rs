//! Loads plugins with Wasmtime, calls their functions and limits what they can do.
//!
//! A plugin is a component that a third party wrote, and it may be faulty or hostile. This
//! crate guarantees that every call runs in a fresh instance, which is dropped afterwards;
//! that the call ends within its limits of time, memory and everything else ([`Limits`]);
//! that the plugin gets nothing of the host but its parameters and the connection's public
//! settings; that it reaches the network only through [`krabice_egress`]; and that its
//! parameters and outcomes are those of its manifest. Whatever the plugin does, the call ends
//! as an outcome or as a failure with a reason, and the process goes on.
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
mod call_failure;
mod check;
mod contract;
mod directory;
mod engine;
mod limits;
mod load;
pub mod lock;
mod locked;
mod log;
mod low_priority;
mod meter;
mod outbound_http;
mod plugin;
mod runtime;
mod state;
mod turns;

pub use call::{CallInput, CallReport, Context};
pub use contract::CONTRACT;
pub use directory::PluginDirectory;
pub use engine::{BuildError, Pool};
pub use limits::Limits;
pub use load::{Import, Known, LoadError, Reason};
pub use log::TARGET as LOG_TARGET;
pub use plugin::Plugin;
#[cfg(feature = "bench")]
pub use runtime::Warm;
pub use runtime::{Runtime, RuntimeBuilder};
