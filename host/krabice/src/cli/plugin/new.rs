//! The arguments of `krabice plugin new`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Make the folder of a new plugin: it builds, passes its tests and runs in a scenario.
///
/// It has one function that reads and one that writes, a mock of the back end, test cases, a scenario
/// and a connection. Its README.md lists the commands.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin new my-shop
  krabice plugin new my-shop --lang python
  krabice plugin new my-shop --lang javascript --into plugins

Exit codes: 0 made; 2 wrong usage: the name is invalid, or the folder already exists.")]
pub(crate) struct NewArguments {
    /// The plugin's name, and the folder's: lower case letters, digits and `-`
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The language to write it in: `rust`, `python` or `javascript`
    #[arg(
        long,
        value_name = "LANG",
        default_value = "rust",
        hide_possible_values = true
    )]
    pub(crate) lang: Language,
    /// The folder to make it in [default: the current one]
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
}

/// The languages for a new plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// With the SDK `krabice-plugin`
    Rust,
    /// With componentize-py
    Python,
    /// With componentize-qjs
    Javascript,
}
