//! The arguments of the command line: what can be said, not what it does.
//!
//! Every command carries examples, and a test parses each of them.

pub(crate) mod plugin;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Run, check and serve scenarios of boxes, and inspect the plugins behind them.
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
  0  fine
  1  the scenario or the back end said no
  2  wrong usage: what was asked could not be tried")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to write into the log, which goes to standard error.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogOptions {
    /// The least important level that is logged, or filters by part such as
    /// `warn,krabice_egress=debug` [default: warn]
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "KRABICE_LOG",
        hide_env_values = true
    )]
    pub(crate) log: Option<String>,
    /// Log more: `-v` is info, `-vv` debug, `-vvv` trace; `--log` outweighs it
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// How the log is written: `text` for people, or `json`, one object a line
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "KRABICE_LOG_FORMAT",
        hide_env_values = true,
        hide_possible_values = true,
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(RunArguments),
    Serve(ServeArguments),
    Check(CheckArguments),
    Schema(SchemaArguments),
    Plugins(PluginsArguments),
    Plugin(plugin::PluginArguments),
    Call(CallArguments),
    Choices(ChoicesArguments),
    Probe(ProbeArguments),
}

/// Where plugins are, and how they are compiled.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Plugins and connections")]
pub(crate) struct PluginOptions {
    /// A folder of plugins (`*.wasm`); may be repeated [default: `target/plugins` of the
    /// workspace around the current folder, then `plugins` beside the binary]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "KRABICE_PLUGINS",
        hide_env_values = true,
        value_delimiter = PATH_SEPARATOR
    )]
    pub(crate) plugins: Vec<PathBuf>,
    /// The folder for compiled plugins [default: `krabice` in the user's cache folder]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "KRABICE_CACHE",
        hide_env_values = true
    )]
    pub(crate) cache: Option<PathBuf>,
    /// Compile plugins anew and keep nothing
    #[arg(long, global = true)]
    pub(crate) no_cache: bool,
    /// Set a limit of calls, such as `call-timeout=10s` or `memory-bytes=33554432`; may be repeated
    #[arg(long = "limit", global = true, value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) limits: Vec<Assignment>,
}

/// What separates folders in `$KRABICE_PLUGINS`, as in `$PATH`.
const PATH_SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// Where the connections are written down.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Plugins and connections")]
pub(crate) struct ConnectionOptions {
    /// The connections file [default: `connections.toml` in the current folder, where it exists]
    #[arg(
        long,
        value_name = "FILE",
        env = "KRABICE_CONNECTIONS",
        hide_env_values = true
    )]
    pub(crate) connections: Option<PathBuf>,
}

/// Run a scenario: ask on the terminal, or take prepared answers.
///
/// Buttons and choices are numbered; answer with a number, an id or a label. Without a terminal,
/// answers are read from standard input, one a line.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice run scenarios/order-status.json
  krabice run scenarios/order-status.json --language cs --answers answers.txt
  krabice run scenarios/order-status.json --answers answers.json --json --trace trace.jsonl
  krabice run shop.json --set campaign=spring

With --json, standard output is one JSON object a line, by `event`: `message`, `ask`, `buttons`,
`handover`, `end`, and at last `finished` with its `reason` (`end`, `handover`, `unanswered` when
the answers ran out, `fault`) and the visible variables.

Exit codes: 0 the scenario ended or handed over; 1 it has errors, ran out of answers, or could not
go on; 2 wrong usage.")]
pub(crate) struct RunArguments {
    /// The scenario; its `jump` boxes find others in the same folder
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: PathBuf,
    /// Prepared answers: one a line, or a JSON array of texts
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Give an input that the scenario declares; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) set: Vec<Assignment>,
    /// The customer's language [default: the scenario's first]
    #[arg(long, value_name = "TAG")]
    pub(crate) language: Option<String>,
    /// Write what happens, box by box, as JSON lines; `-` is standard error, for standard output
    /// belongs to the transcript
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

/// Serve scenarios to a shop's customers: the chat over HTTP.
///
/// Every scenario of a folder is published. A file that changes is read again; a broken one is
/// refused with the reason in the log, and what stood there before stays. Ctrl-C or SIGTERM stops:
/// running turns end first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice serve
  krabice serve --listen 0.0.0.0:8080 --scenarios scenarios --connections connections.toml
  krabice serve --config serve.toml --admin-listen 127.0.0.1:9090 --log info --log-format json

What is given on the command line outweighs the environment, and that the configuration file.
docs/chat-server.md has the whole table.

Exit codes: 0 stopped; 1 no scenario could be published; 2 wrong usage.")]
pub(crate) struct ServeArguments {
    /// The configuration file (TOML)
    #[arg(
        long,
        value_name = "FILE",
        env = "KRABICE_CONFIG",
        hide_env_values = true
    )]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(
        long,
        value_name = "ADDR",
        env = "KRABICE_LISTEN",
        hide_env_values = true
    )]
    pub(crate) listen: Option<SocketAddr>,
    /// Where to listen for health and metrics [default: nowhere]
    #[arg(
        long,
        value_name = "ADDR",
        env = "KRABICE_ADMIN_LISTEN",
        hide_env_values = true
    )]
    pub(crate) admin_listen: Option<SocketAddr>,
    /// The folder of scenarios [default: scenarios]
    #[arg(
        long,
        value_name = "DIR",
        env = "KRABICE_SCENARIOS",
        hide_env_values = true
    )]
    pub(crate) scenarios: Option<PathBuf>,
    /// Where sessions are kept: `sqlite:FILE`, or `postgres://USER@HOST/DATABASE` for several servers
    /// [default: sqlite:krabice.db]
    #[arg(
        long,
        value_name = "URL",
        env = "KRABICE_STORE",
        hide_env_values = true
    )]
    pub(crate) store: Option<String>,
    /// The file that holds the database's password
    #[arg(
        long,
        value_name = "FILE",
        env = "KRABICE_STORE_PASSWORD_FILE",
        hide_env_values = true
    )]
    pub(crate) store_password_file: Option<PathBuf>,
    /// Serve a demo shop, too, which lists every published scenario
    #[arg(long)]
    pub(crate) demo: bool,
    /// Write the addresses as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// Check scenarios: everything wrong in one run, each with its place and what to do.
///
/// What is called is checked against the manifests of the plugins that are found, and against
/// the connections where there is a file of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice check scenarios/order-status.json
  krabice check scenarios/*.json --deny-warnings
  krabice check scenarios/order-status.json --json

Exit codes: 0 no errors; 1 an error, or a warning with --deny-warnings; 2 wrong usage.")]
pub(crate) struct CheckArguments {
    /// The scenarios
    #[arg(value_name = "SCENARIO", required = true)]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Treat warnings as errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Write a JSON array of what was found
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
    /// Accepted for evenness: the schema is JSON anyway
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the plugins that are found, or show one.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = false,
    after_help = "\
Examples:
  krabice plugins
  krabice plugins --json
  krabice plugins --plugins target/plugins
  krabice plugins show upgates --language cs"
)]
pub(crate) struct PluginsArguments {
    #[command(subcommand)]
    pub(crate) command: Option<PluginsCommand>,
    /// Write JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of labels and help
    #[arg(long, global = true, value_name = "TAG", default_value = "en")]
    pub(crate) language: String,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
}

/// What to do with the plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginsCommand {
    Show(ShowArguments),
}

/// Show all that a plugin says about itself: settings, functions, parameters, fields.
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
    /// Write the plugin's page of the documentation
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
}

/// Run one function by hand.
///
/// Prints the outcome with its value or fields, every request that was made, and the time. The
/// answer may hold personal data: it is shown as it came.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice call upgates/verify-order order=O260147
  krabice call upgates/load-order --connection shop order=O260147 email=petra.vlkova@example.cz
  krabice call upgates/change-order-status order=O260147 status=2 send-email=false --json
  krabice call my-shop/load-order order=1001 --plugins . --watch

Exit codes: 0 true; 1 false, or a failure; 2 wrong usage.")]
pub(crate) struct CallArguments {
    /// What to run
    #[arg(value_name = "PLUGIN/FUNCTION", value_parser = FunctionName::parse)]
    pub(crate) function: FunctionName,
    /// Its parameters; a list or a record is given as JSON
    #[arg(value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) params: Vec<Assignment>,
    /// The connection [default: the only one of the plugin]
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    #[command(flatten)]
    pub(crate) context: ContextOptions,
    /// Save the files of the outcome in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) files: Option<PathBuf>,
    /// Run again whenever a component changes, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// List the live choices of a parameter, such as a shop's order statuses.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice choices upgates/change-order-status status
  krabice choices upgates/change-order-status status --connection shop --language cs --json

Exit codes: 0 fine; 1 the back end did not answer; 2 wrong usage.")]
pub(crate) struct ChoicesArguments {
    /// The function
    #[arg(value_name = "PLUGIN/FUNCTION", value_parser = FunctionName::parse)]
    pub(crate) function: FunctionName,
    /// The parameter
    #[arg(value_name = "PARAM")]
    pub(crate) parameter: String,
    /// The connection [default: the only one of the plugin]
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    #[command(flatten)]
    pub(crate) context: ContextOptions,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// Test a connection: does the back end answer, and does it take the credentials?
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice probe shop
  krabice probe shop --connections connections.toml --json

Exit codes: 0 the connection works; 1 it does not; 2 wrong usage.")]
pub(crate) struct ProbeArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    #[command(flatten)]
    pub(crate) context: ContextOptions,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// What a function learns about the session around it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ContextOptions {
    /// The language the function is told
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub(crate) language: String,
    /// The time zone the function is told, by its IANA name
    #[arg(long = "timezone", value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
}

/// `name=value`, as written on the command line.
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

/// `plugin/function`, as written on the command line.
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
    use clap::{CommandFactory, Parser};

    use super::Cli;

    /// Every command of the tree, with the words that lead to it.
    fn commands(command: &clap::Command, path: String, all: &mut Vec<(String, clap::Command)>) {
        all.push((path.clone(), command.clone()));
        for child in command.get_subcommands() {
            commands(child, format!("{path} {}", child.get_name()), all);
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_and_every_example_parses() {
        let mut all = Vec::new();
        commands(&Cli::command(), "krabice".to_owned(), &mut all);
        for (path, command) in all {
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
    fn every_argument_is_explained() {
        let mut all = Vec::new();
        commands(&Cli::command(), "krabice".to_owned(), &mut all);
        for (path, command) in all {
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "`{path}`: `{}`",
                    argument.get_id()
                );
            }
        }
    }
}
