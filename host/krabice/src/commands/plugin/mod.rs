//! `krabice plugin`: one module for each command.

mod check;
mod diff;
mod docs;
mod install;
mod lock;
mod new;
mod test;

use crate::cli::plugin::{PluginArguments, PluginCommand};
use crate::error::{CliError, Verdict};
use crate::redact::Redactor;

pub(crate) async fn plugin(
    arguments: &PluginArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    match &arguments.command {
        PluginCommand::New(arguments) => new::new(arguments),
        PluginCommand::Check(arguments) => check::check(arguments).await,
        PluginCommand::Test(arguments) => test::test(arguments, redactor).await,
        PluginCommand::Docs(arguments) => docs::docs(arguments).await,
        PluginCommand::Diff(arguments) => diff::diff(arguments).await,
        PluginCommand::Lock(arguments) => lock::lock(arguments).await,
        PluginCommand::Install(arguments) => install::install(arguments).await,
    }
}

/// Adds the sources of an error, whose own text the refusal has, as causes.
fn caused(refusal: CliError, error: &dyn std::error::Error) -> CliError {
    match error.source() {
        Some(source) => refusal.because(source),
        None => refusal,
    }
}
