//! The commands, one module each. A command writes its data to standard output and returns a
//! verdict, which becomes the exit code.

pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod choices;
pub(crate) mod copies;
pub(crate) mod plugin;
pub(crate) mod plugins;
pub(crate) mod probe;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod serve;
mod serve_check;
pub(crate) mod sessions;
