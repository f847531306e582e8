//! The arguments of `krabice plugin`, the commands for authors of plugins.

mod new;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use krabice_kit::registry::Allowed;

pub(crate) use new::{Language, NewArguments};

use super::{Assignment, ConnectionOptions, PluginOptions};

/// Make, check and publish plugins of your own.
///
/// `krabice plugins`, in the plural, lists the plugins that are found.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin new my-shop
  krabice plugin check my-shop.wasm
  krabice plugin test cases --plugin my-shop.wasm
  krabice plugin diff my-shop-0.1.wasm my-shop.wasm")]
pub(crate) struct PluginArguments {
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

/// What to do with a plugin.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    New(NewArguments),
    Check(ConformanceArguments),
    Test(TestArguments),
    Docs(DocsArguments),
    Diff(DiffArguments),
    Lock(LockArguments),
    Install(InstallArguments),
}

/// Check that a component keeps the contract, and report everything that is wrong.
///
/// Calls every function with made-up parameters against a back end on this machine that misbehaves
/// in every way that back ends do. Tells what the plugin is given, where that can go, and how much
/// time and memory a call takes. Nothing leaves this machine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin check my-shop.wasm
  krabice plugin check target/plugins/upgates.wasm --json
  krabice plugin check my-shop.wasm --set region=eu --deny-warnings

Exit codes: 0 no errors; 1 an error, or a warning with --deny-warnings; 2 wrong usage.")]
pub(crate) struct ConformanceArguments {
    /// The component
    #[arg(value_name = "FILE.wasm")]
    pub(crate) file: PathBuf,
    /// Set a setting of the made-up connection; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = Assignment::parse)]
    pub(crate) settings: Vec<Assignment>,
    /// Treat warnings as errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
}

/// Play a plugin's cases, which are tests without code.
///
/// A case is a folder with `case.json` (the function and its parameters), `exchanges.json` (the
/// requests that the plugin must make, and their answers) and `outcome.json` (the expected outcome).
/// Another request, one more, one less, another order, another body: each is a difference.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin test cases --plugin my-shop.wasm
  krabice plugin test cases/order-found --plugin my-shop.wasm --accept
  krabice plugin test cases/order-found --plugin my-shop.wasm --record --connections connections.toml

Record from a test account: a recording holds everything that the back end answers but credentials.

Exit codes: 0 every case passes; 1 a case fails; 2 wrong usage, or a case that cannot be played.")]
pub(crate) struct TestArguments {
    /// A case, or a folder of cases
    #[arg(value_name = "DIR")]
    pub(crate) cases: PathBuf,
    /// The plugin's name, or a component file [default: the only plugin that is found]
    #[arg(long, value_name = "NAME|FILE.wasm")]
    pub(crate) plugin: Option<String>,
    /// Ask a live back end, and write the exchanges and the outcome of each case
    #[arg(long, conflicts_with = "accept")]
    pub(crate) record: bool,
    /// The connection to record through [default: the only one of the plugin]
    #[arg(long, value_name = "NAME", requires = "record")]
    pub(crate) connection: Option<String>,
    /// Write the outcome of each case as the expected one
    #[arg(long)]
    pub(crate) accept: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
    #[command(flatten)]
    pub(crate) connections: ConnectionOptions,
}

/// Write a plugin's page of documentation, as Markdown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin docs my-shop.wasm
  krabice plugin docs target/plugins/upgates.wasm --language cs

With --json: the manifest, from which the page is made.")]
pub(crate) struct DocsArguments {
    /// The component
    #[arg(value_name = "FILE.wasm")]
    pub(crate) file: PathBuf,
    /// The language of labels and help
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub(crate) language: String,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
}

/// List the changes between two versions of a plugin.
///
/// Changes that break scenarios and connections come first, then those by which the plugin may do
/// more than before (hosts, imports, personal data, effects), then the rest. A warning tells when
/// the version did not rise as far as the changes need.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin diff my-shop-0.1.wasm my-shop.wasm
  krabice plugin diff my-shop-0.1.wasm my-shop.wasm --scenarios scenarios --json

Exit codes: 0 compatible; 1 something breaks, or the plugin asks for more; 2 wrong usage.")]
pub(crate) struct DiffArguments {
    /// The old component
    #[arg(value_name = "OLD.wasm")]
    pub(crate) old: PathBuf,
    /// The new component
    #[arg(value_name = "NEW.wasm")]
    pub(crate) new: PathBuf,
    /// A folder of scenarios: list those that have new errors with the new component
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
}

/// Write the lock file: from now on only exactly these files are loaded as plugins.
///
/// `krabice.lock` pins every plugin of the folder by the digest of its file. It is valid for its own
/// folder and all folders below; what it pins in other folders does not change. The folder must be
/// named, with `--plugins` or in the environment; only `--check` looks for one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin lock --plugins plugins
  krabice plugin lock --plugins plugins --json
  krabice plugin lock --check

Exit codes: 0 written, or up to date with --check; 1 not up to date; 2 wrong usage.")]
pub(crate) struct LockArguments {
    /// Write nothing; list what differs from the lock file
    #[arg(long)]
    pub(crate) check: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
}

/// Install plugins from a file, a folder, or an OCI registry, and lock them.
///
/// Every plugin is loaded first, and nothing is installed if one of the files is not a plugin. When
/// there is no lock file yet, the plugins that the folder already holds are locked, too.
///
/// From a registry, the digests of the manifest and of the component must be right. A registry that
/// asks for a login gets the one that `docker login REGISTRY` left, credential helpers included. Of
/// a list of images, the one that is a component is installed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin install my-shop.wasm
  krabice plugin install downloads --into plugins
  krabice plugin install registry.example/acme/my-shop:1.2.0
  krabice plugin install registry.intranet/acme/my-shop:1.2.0 --allow https://blobs.intranet:9000

Exit codes: 0 installed; 1 the registry refused, or a file is not a plugin; 2 wrong usage.")]
pub(crate) struct InstallArguments {
    /// A component, a folder of them, or a reference such as `registry.example/acme/shop:1.2.0`
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// The folder to install in [default: the folder of plugins, else `plugins`]
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// Let the registry lead to this origin although it is private or unencrypted, such as
    /// `https://blobs.intranet:9000`; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow: Vec<Allowed>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
}
