//! The arguments of `krabice plugin`: what an author does with a plugin of their own.

mod new;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(crate) use new::NewArguments;

use super::PluginOptions;

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
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin check my-shop.wasm
  krabice plugin check target/plugins/upgates.wasm --json

Exit codes: 0 no errors; 1 a finding; 2 wrong usage.")]
pub(crate) struct ConformanceArguments {
    /// The component
    #[arg(value_name = "FILE.wasm")]
    pub(crate) file: PathBuf,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) plugins: PluginOptions,
}
