//! The arguments of `krabice plugin new`.

use clap::Args;

/// Make the folder of a new plugin.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice plugin new my-shop")]
pub(crate) struct NewArguments {
    /// The plugin's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}
