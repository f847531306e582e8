//! The arguments of the command line. What they do is in [`crate::commands`].
//!
//! The help of every command has examples, and a test parses each of them.

pub(crate) mod plugin;
pub(crate) mod store;

use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::configuration::ListenAddress;

/// Run, check and serve scenarios, and manage the plugins that they call.
///
/// A scenario is a JSON file: a conversation as a graph of boxes. A plugin is a WebAssembly
/// component that connects scenarios to a back end, such as a shop.
#[derive(Debug, Parser)]
#[command(
    name = "krabice",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = "\
Examples:
  krabice run scenarios/order-status.json --connections connections.toml
  krabice check scenarios/*.json
  krabice plugins show upgates
  krabice call upgates/verify-order order=O260147

Exit codes:
  0  success
  1  the answer is no: errors were found, or a call failed or answered false
  2  wrong usage: the command could not be tried")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Parses the command line. Prints the help or an error and exits if that is all to do.
    pub(crate) fn from_command_line() -> Cli {
        Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit())
    }
}

/// The whole command line. No help shows the value of an environment variable: it may be a secret.
fn command() -> clap::Command {
    fn hide_env_values(command: clap::Command) -> clap::Command {
        command
            .mut_args(|argument| argument.hide_env_values(true))
            .mut_subcommands(hide_env_values)
    }
    hide_env_values(Cli::command())
}

/// The options of the log, which goes to standard error.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogOptions {
    /// The least severe level to log: `error`, `warn`, `info`, `debug` or `trace`; or a level for
    /// each module, such as `warn,krabice_egress=debug` [default: warn]
    #[arg(long, global = true, value_name = "LEVEL", env = "KRABICE_LOG")]
    pub(crate) log: Option<String>,
    /// Log more: `-v` logs info, `-vv` debug, `-vvv` trace; `--log` takes precedence
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// The format of the log: `text` for people, or `json` with one object per line
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "KRABICE_LOG_FORMAT",
        hide_possible_values = true,
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(RunArguments),
    Serve(ServeArguments),
    Sessions(store::SessionsArguments),
    Attempts(store::AttemptsArguments),
    Backup(store::BackupArguments),
    Restore(store::RestoreArguments),
    Check(CheckArguments),
    Schema(SchemaArguments),
    Plugins(PluginsArguments),
    Plugin(plugin::PluginArguments),
    Call(CallArguments),
    Choices(ChoicesArguments),
    Probe(ProbeArguments),
}

/// Where plugins are, how they are compiled, and the limits of their calls.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Plugins and connections")]
pub(crate) struct PluginOptions {
    /// A folder of plugins (`*.wasm`); repeatable [default: `target/plugins` of the current folder
    /// or the nearest parent that has one, otherwise `plugins` beside the binary]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "KRABICE_PLUGINS",
        value_delimiter = PATH_SEPARATOR
    )]
    pub(crate) plugins: Vec<PathBuf>,
    /// The folder for compiled plugins [default: `krabice` in the user's cache folder]
    #[arg(long, global = true, value_name = "DIR", env = "KRABICE_CACHE")]
    pub(crate) cache: Option<PathBuf>,
    /// Compile plugins again, and do not keep the result
    #[arg(long, global = true)]
    pub(crate) no_cache: bool,
    /// Set a limit of calls, such as `call-timeout=10s` or `memory-bytes=32MiB`, or a setting of a
    /// table, such as `network.retries=0`; repeatable
    #[arg(long = "limit", global = true, value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) limits: Vec<Assignment>,
}

/// The separator of folders in `$KRABICE_PLUGINS`, the same as in `$PATH`.
const PATH_SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// Where the connections file is.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Plugins and connections")]
pub(crate) struct ConnectionOptions {
    /// The connections file [default: `connections.toml` in the current folder, if it exists]
    #[arg(long, value_name = "FILE", env = "KRABICE_CONNECTIONS")]
    pub(crate) connections: Option<PathBuf>,
}

/// Run a scenario on the terminal, or with prepared answers.
///
/// Buttons and choices are numbered; answer with the number, the id or the label. If standard input
/// is not a terminal, each of its lines is an answer.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice run scenarios/order-status.json
  krabice run scenarios/order-status.json --language cs --answers answers.txt
  krabice run scenarios/order-status.json --answers answers.json --json --trace trace.jsonl
  krabice run shop.json --set campaign=spring

With --json, standard output has one JSON object per line. Its `event` is `message`, `file`, `ask`,
`buttons`, `handover` or `end`. The last line is `finished`, with the visible variables and the
`reason`: `end`, `handover`, `unanswered` (the answers ran out) or `fault`.

Exit codes: 0 the scenario ended or handed over; 1 it has errors, ran out of answers, or could not
go on; 2 wrong usage.")]
pub(crate) struct RunArguments {
    /// The scenario file; its `jump` boxes find other scenarios in the same folder
    pub(crate) scenario: PathBuf,
    /// A file of prepared answers: one per line, or a JSON array of texts
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Set an input that the scenario declares; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) set: Vec<Assignment>,
    /// The customer's language, such as `cs` [default: the first language of the scenario]
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// Write a trace as JSON lines: every box, call and request; `-` writes to standard error
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Save the files that the customer is offered in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) files: Option<PathBuf>,
    /// Write events as JSON lines instead of a transcript
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// Serve scenarios to a shop's customers as a chat over HTTP.
///
/// Publishes every scenario of a folder. A file that changes is read again. If it has errors, the
/// log says what is wrong, and the earlier version stays published. Ctrl-C or SIGTERM stops the
/// server after the running turns.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice serve
  krabice serve --listen 0.0.0.0:8080 --scenarios scenarios --connections connections.toml
  krabice serve --config serve.toml --admin-listen 127.0.0.1:9090 --log info --log-format json

An option takes precedence over its environment variable, and that over the configuration file.
docs/configuration.md lists all settings.

Exit codes: 0 stopped, or nothing is wrong; 1 no scenario could be published, or --check found an
error; 2 wrong usage.")]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    pub(crate) store: store::StoreOptions,
    /// The address to listen on, such as `localhost:8080` [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "KRABICE_LISTEN")]
    pub(crate) listen: Option<ListenAddress>,
    /// The address for health checks and metrics [default: none]
    #[arg(long, value_name = "ADDR", env = "KRABICE_ADMIN_LISTEN")]
    pub(crate) admin_listen: Option<ListenAddress>,
    /// The folder of scenarios [default: scenarios]
    #[arg(long, value_name = "DIR", env = "KRABICE_SCENARIOS")]
    pub(crate) scenarios: Option<PathBuf>,
    /// Read the configuration, connections, plugins and scenarios, say what is wrong, and do not start
    #[arg(long)]
    pub(crate) check: bool,
    /// Also serve a demo shop that lists every published scenario
    #[arg(long)]
    pub(crate) demo: bool,
    /// Write the server's addresses as JSON, or with --check all findings
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// Check scenarios: report all errors at once, each with its position and what to do.
///
/// Calls are checked against the manifests of the plugins that are found, and against the
/// connections file if there is one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice check scenarios/order-status.json
  krabice check scenarios/*.json --deny-warnings
  krabice check scenarios/order-status.json --json

docs/diagnostics.md explains every finding.

Exit codes: 0 no errors; 1 an error, or a warning with --deny-warnings; 2 wrong usage.")]
pub(crate) struct CheckArguments {
    /// The scenario files
    #[arg(value_name = "SCENARIO", required = true)]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Treat warnings as errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Write the findings as a JSON array
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// Print the JSON Schema of scenarios, for editors and tools.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice schema
  krabice schema --json")]
pub(crate) struct SchemaArguments {
    /// Accepted as in other commands; the schema is always JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the plugins that are found, or show one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugins
  krabice plugins --json
  krabice plugins --plugins target/plugins
  krabice plugins show upgates --language cs

Exit codes: 0 success; 1 no plugins were found; 2 wrong usage.")]
pub(crate) struct PluginsArguments {
    #[command(subcommand)]
    pub(crate) command: Option<PluginsCommand>,
    /// Write JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of labels and help texts, such as `cs`
    #[arg(long, global = true, default_value = "en")]
    pub(crate) language: String,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
}

/// The commands of `krabice plugins`.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginsCommand {
    Show(ShowArguments),
}

/// Show a plugin's manifest: its settings, functions, parameters and fields.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugins show upgates
  krabice plugins show target/plugins/upgates.wasm --json
  krabice plugins show upgates --markdown --language en")]
pub(crate) struct ShowArguments {
    /// The plugin's name, or a component file
    #[arg(value_name = "NAME|FILE.wasm")]
    pub(crate) plugin: String,
    /// Write the plugin's documentation page as Markdown
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
}

/// Call one function of a plugin by hand.
///
/// Prints the outcome with its value or fields, every request to the back end, and the time. The
/// call is real: a function that writes changes the back end. Personal data in the outcome is
/// printed in full.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice call upgates/verify-order order=O260147
  krabice call upgates/load-order --connection shop order=O260147 email=petra.vlkova@example.cz
  krabice call upgates/change-order-status order=O260147 status=2 send-email=false --json
  krabice call my-shop/load-order order=1001 --plugins . --watch

Exit codes: 0 true; 1 false, or a failure; 2 wrong usage.")]
pub(crate) struct CallArguments {
    /// The function to call
    #[arg(value_name = "PLUGIN/FUNCTION", value_parser = FunctionName::parse)]
    pub(crate) function: FunctionName,
    /// Its parameters; write a list or a record as JSON
    #[arg(value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) params: Vec<Assignment>,
    /// The connection to use [default: the only one of the plugin]
    #[arg(long)]
    pub(crate) connection: Option<String>,
    /// Save the files of the outcome in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) files: Option<PathBuf>,
    /// Call again whenever a component changes, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) common: CallOptions,
}

/// List the choices of a parameter, such as a shop's order statuses.
///
/// Live choices are read from the back end.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice choices upgates/change-order-status status
  krabice choices upgates/change-order-status status --connection shop --language cs --json

Exit codes: 0 success; 1 the choices could not be read from the back end; 2 wrong usage.")]
pub(crate) struct ChoicesArguments {
    /// The function
    #[arg(value_name = "PLUGIN/FUNCTION", value_parser = FunctionName::parse)]
    pub(crate) function: FunctionName,
    /// The parameter
    pub(crate) parameter: String,
    /// The connection to use [default: the only one of the plugin]
    #[arg(long)]
    pub(crate) connection: Option<String>,
    #[command(flatten)]
    pub(crate) common: CallOptions,
}

/// Test a connection: does the back end answer, and does it accept the credentials?
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice probe shop
  krabice probe shop --connections connections.toml --json

Exit codes: 0 the connection works; 1 it does not; 2 wrong usage.")]
pub(crate) struct ProbeArguments {
    /// The connection's name
    pub(crate) connection: String,
    #[command(flatten)]
    pub(crate) common: CallOptions,
}

/// The options of every command that calls a plugin by hand.
#[derive(Debug, Clone, Args)]
pub(crate) struct CallOptions {
    /// The language to pass to the plugin, such as `cs`
    #[arg(long, default_value = "en")]
    pub(crate) language: String,
    /// The time zone to pass to the plugin, as an IANA name
    #[arg(long = "timezone", value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// An argument of the form `name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Assignment {
    fn parse(argument: &str) -> Result<Assignment, String> {
        match argument.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Assignment {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("write it as `name=value`".to_owned()),
        }
    }
}

/// An argument of the form `plugin/function`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionName {
    pub(crate) plugin: String,
    pub(crate) function: String,
}

impl FunctionName {
    fn parse(argument: &str) -> Result<FunctionName, String> {
        match argument.split_once('/') {
            Some((plugin, function)) if !plugin.is_empty() && !function.is_empty() => {
                Ok(FunctionName {
                    plugin: plugin.to_owned(),
                    function: function.to_owned(),
                })
            }
            _ => Err("write it as `plugin/function`, such as `upgates/verify-order`".to_owned()),
        }
    }
}

impl std::fmt::Display for FunctionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.plugin, self.function)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Cli, command};

    /// Every command and subcommand, with the words that lead to it.
    fn commands() -> Vec<(String, clap::Command)> {
        let mut all = vec![("krabice".to_owned(), command())];
        let mut next = 0;
        while let Some((path, command)) = all.get(next).cloned() {
            let children = command.get_subcommands();
            all.extend(
                children.map(|child| (format!("{path} {}", child.get_name()), child.clone())),
            );
            next += 1;
        }
        all
    }

    #[test]
    fn the_arguments_are_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_and_every_example_parses() {
        for (path, command) in commands() {
            let help = command
                .get_after_help()
                .unwrap_or_else(|| panic!("`{path}` has no examples"))
                .to_string();
            let examples: Vec<&str> = help
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with("krabice "))
                .collect();
            assert!(!examples.is_empty(), "`{path}` has no examples");
            for example in examples {
                if let Err(error) = Cli::try_parse_from(example.split_whitespace()) {
                    panic!("the example `{example}` of `{path}` does not parse: {error}");
                }
            }
        }
    }

    #[test]
    fn every_argument_has_help_and_hides_its_environment_value() {
        for (path, command) in commands() {
            for argument in command.get_arguments() {
                let id = argument.get_id();
                assert!(argument.get_help().is_some(), "`{path}`: `{id}`");
                assert!(argument.is_hide_env_values_set(), "`{path}`: `{id}`");
            }
        }
    }
}
