//! `krabice plugin`, one module for each of its commands.

mod check;
mod new;

use crate::cli::plugin::{PluginArguments, PluginCommand};
use crate::refusal::{Refusal, Verdict};

pub(crate) async fn plugin(arguments: &PluginArguments) -> Result<Verdict, Refusal> {
    match &arguments.command {
        PluginCommand::New(arguments) => new::new(arguments),
        PluginCommand::Check(arguments) => check::check(arguments).await,
    }
}
