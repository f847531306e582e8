//! The arguments of `krabice plugin`: what an author does with a plugin of their own.

mod new;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(crate) use new::NewArguments;

use super::{Assignment, PluginOptions};

/// Make, check and publish plugins of your own.
///
/// `krabice plugins`, in the plural, lists those that are there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin new my-shop
  krabice plugin check my-shop.wasm")]
pub(crate) struct PluginArguments {
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

/// What to do with a plugin.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    New(NewArguments),
    Check(ConformanceArguments),
}

/// Check that a component keeps the contract: everything wrong in one run.
///
/// Calls every function with made-up parameters against a back end on loopback that misbehaves in
/// every way that back ends do, and tells what the plugin is given, where that can go, and what it
/// takes. Nothing leaves this machine.
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
    /// Give the made-up connection a setting; may be repeated
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
