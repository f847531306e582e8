//! The `krabice` command: runs, checks and serves scenarios, and inspects plugins.
//!
//! The only part of the host that prints or exits. Data goes to standard output; talk, progress
//! and the log go to standard error.

mod answers;
mod cli;
mod commands;
mod example;
mod exchange;
mod finding;
mod folder;
mod host;
mod integrations;
mod key;
mod library;
mod log;
mod page;
mod places;
mod progress;
mod redact;
mod refusal;
mod reply;
mod scaffold;
mod telemetry;
mod terminal;
mod trace;
mod transcript;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::redact::Redactor;
use crate::refusal::{Refusal, Verdict};

fn main() -> ExitCode {
    let arguments = Cli::parse();
    run(arguments)
        .unwrap_or_else(|refusal| refusal.report())
        .into()
}

/// Whether a command goes looking for trouble: what the log warns of is its business then.
fn quiet(command: &Command) -> bool {
    use cli::plugin::{PluginArguments, PluginCommand};
    let Command::Plugin(PluginArguments { command }) = command else {
        return false;
    };
    matches!(command, PluginCommand::Check(_) | PluginCommand::Test(_))
}

/// Runs a command in a runtime of its own.
fn run(arguments: Cli) -> Result<Verdict, Refusal> {
    let redactor = Redactor::default();
    let telemetry = log::start(&arguments.log, quiet(&arguments.command), &redactor)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Refusal::usage("no threads can be started").because(&error))?;
    runtime.block_on(async {
        match arguments.command {
            Command::Serve(arguments) => {
                commands::serve::serve(&arguments, &redactor, &telemetry).await
            }
            Command::Run(arguments) => commands::run::run(&arguments, &redactor).await,
            Command::Check(arguments) => commands::check::check(&arguments, &redactor).await,
            Command::Schema(arguments) => commands::schema::schema(&arguments),
            Command::Plugins(arguments) => commands::plugins::plugins(&arguments).await,
            Command::Plugin(arguments) => commands::plugin::plugin(&arguments, &redactor).await,
            Command::Call(arguments) => commands::call::call(&arguments, &redactor).await,
            Command::Choices(arguments) => commands::choices::choices(&arguments, &redactor).await,
            Command::Probe(arguments) => commands::probe::probe(&arguments, &redactor).await,
        }
    })
}
