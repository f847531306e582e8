//! The `krabice` command: runs, checks and serves scenarios, and manages plugins.
//!
//! This is the only crate of the host that prints or exits. Data goes to standard output; notes,
//! progress and the log go to standard error.

mod answers;
mod cli;
mod commands;
mod configuration;
mod error;
mod finding;
mod host;
mod integrations;
mod key;
mod live;
mod log;
mod open_files;
mod operator_store;
mod output;
mod output_folder;
mod page;
mod paths;
mod progress;
mod redact;
mod scaffold;
mod scenario_folder;
mod telemetry;
mod terminal;
mod trace;
mod transcript;
mod watch;

use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cli::{Cli, Command};
use crate::error::{CliError, Verdict};
use crate::redact::Redactor;

/// The allocator: what a turn allocates is small and short-lived, and passes between threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run(Cli::from_command_line())
        .unwrap_or_else(|error| error.report())
        .into()
}

/// Whether a command provokes failures on purpose, so that the log's warnings of them would only
/// disturb.
fn provokes_failures(command: &Command) -> bool {
    use cli::plugin::{PluginArguments, PluginCommand};
    let Command::Plugin(PluginArguments { command }) = command else {
        return false;
    };
    matches!(command, PluginCommand::Check(_) | PluginCommand::Test(_))
}

/// Runs a command in a Tokio runtime of its own.
fn run(arguments: Cli) -> Result<Verdict, CliError> {
    let redactor = Redactor::default();
    let quiet = provokes_failures(&arguments.command);
    let telemetry = log::start(&arguments.log, quiet, &redactor)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::usage("no threads can be started").because(&error))?;
    runtime.block_on(async {
        match arguments.command {
            Command::Serve(arguments) => {
                commands::serve::serve(&arguments, &redactor, &telemetry).await
            }
            Command::Sessions(arguments) => {
                commands::sessions::sessions(&arguments, &redactor).await
            }
            Command::Attempts(arguments) => {
                commands::sessions::attempts(&arguments, &redactor).await
            }
            Command::Backup(arguments) => commands::copies::backup(&arguments, &redactor).await,
            Command::Restore(arguments) => commands::copies::restore(&arguments, &redactor).await,
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

/// Locks a mutex. A panic of another thread is no reason to stop: none leaves the data half
/// changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
