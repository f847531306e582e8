//! The arguments of the commands that act on a store: sessions, attempts, backup and restore.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which store a command acts on.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StoreOptions {
    /// The configuration file of the server (TOML)
    #[arg(long, value_name = "FILE", env = "KRABICE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The database of sessions: `sqlite:FILE`, or `postgres://USER@HOST/DATABASE` for several
    /// servers [default: sqlite:krabice.db]
    #[arg(long, value_name = "URL", env = "KRABICE_STORE")]
    pub(crate) store: Option<String>,
    /// The file that holds the database's password
    #[arg(long, value_name = "FILE", env = "KRABICE_STORE_PASSWORD_FILE")]
    pub(crate) store_password_file: Option<PathBuf>,
}

/// List the sessions of a store, show what a customer saw, and erase sessions.
///
/// Works while a server runs, and without one. Hidden values are shown as the customer saw them: as
/// dots.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice sessions list
  krabice sessions list --address petra@example.cz
  krabice sessions show s_3pJ0TqYvR8m1c6XkNwZbAg
  krabice sessions erase --address +420601123456 --search

Without --address, `erase` takes the names of sessions.")]
pub(crate) struct SessionsArguments {
    #[command(subcommand)]
    pub(crate) command: SessionsCommand,
}

/// What to do with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    List(ListArguments),
    Show(ShowSessionArguments),
    Erase(EraseArguments),
}

/// Whose sessions are meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AddressOptions {
    /// Sessions in which the customer named this e-mail address or telephone number; a number without
    /// its country code is looked for in all countries
    #[arg(long, value_name = "EMAIL|PHONE")]
    pub(crate) address: Option<String>,
    /// Also look for the address in all texts of all sessions: slow, because it reads the whole store
    #[arg(long, requires = "address")]
    pub(crate) search: bool,
}

/// List sessions, the one whose last turn is the latest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice sessions list
  krabice sessions list --scenario order-status --most 100 --json
  krabice sessions list --address petra@example.cz --config serve.toml
  krabice sessions list --after s_3pJ0TqYvR8m1c6XkNwZbAg

Exit codes: 0 success; 1 the server or the store failed; 2 wrong usage.")]
pub(crate) struct ListArguments {
    /// Only the sessions that began with this scenario
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Option<String>,
    #[command(flatten)]
    pub(crate) of: AddressOptions,
    /// Go on after this session, the last of an earlier list
    #[arg(long, value_name = "SESSION")]
    pub(crate) after: Option<String>,
    /// The most sessions to list
    #[arg(long = "most", value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) most: u32,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Show what the customer of a session saw, and the variables that are not hidden.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice sessions show s_3pJ0TqYvR8m1c6XkNwZbAg
  krabice sessions show s_3pJ0TqYvR8m1c6XkNwZbAg --json

Exit codes: 0 success; 1 there is no such session, or the server or the store failed; 2 wrong usage.")]
pub(crate) struct ShowSessionArguments {
    /// The session's name
    pub(crate) session: String,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Erase all data of sessions: by name, or all in which a customer named an address.
///
/// An address is found wherever a customer gave it: as an answer, or as an input of the page or of the
/// shop's server. `krabice sessions list --address` shows what would be erased. An address that stands
/// elsewhere, or in a session that began before store version 3, is found by --search alone. Copies of the
/// store are not changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice sessions erase s_3pJ0TqYvR8m1c6XkNwZbAg
  krabice sessions erase --address petra@example.cz
  krabice sessions erase --address +420601123456 --search --json

Exit codes: 0 all of them are erased; 1 there is none, or the server or the store failed; 2 wrong usage.")]
pub(crate) struct EraseArguments {
    /// The sessions' names
    #[arg(
        value_name = "SESSION",
        required_unless_present = "address",
        conflicts_with = "address"
    )]
    pub(crate) sessions: Vec<String>,
    #[command(flatten)]
    pub(crate) of: AddressOptions,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Let a customer try again who has failed too often.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice attempts clear petra@example.cz
  krabice attempts clear O260147 --config serve.toml")]
pub(crate) struct AttemptsArguments {
    #[command(subcommand)]
    pub(crate) command: AttemptsCommand,
}

/// What to do with failed look-ups.
#[derive(Debug, Subcommand)]
pub(crate) enum AttemptsCommand {
    Clear(ClearArguments),
}

/// Forget the failed look-ups with a value, so that it can be looked up again at once.
///
/// Those that one session or one client's address has made are forgotten by the session's name or the
/// IP address.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice attempts clear petra@example.cz
  krabice attempts clear +420601123456
  krabice attempts clear O260147 --json
  krabice attempts clear 203.0.113.7

Exit codes: 0 success, also if nothing had failed; 1 the server or the store failed; 2 wrong usage.")]
pub(crate) struct ClearArguments {
    /// The value as the customer typed it (a telephone number with its country code), a session's name, or
    /// an IP address
    #[arg(value_name = "EMAIL|PHONE|VALUE")]
    pub(crate) value: String,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Copy the store of a server into a file, also while the server runs.
///
/// The copy is complete and as of one moment, and only its owner can read it. It contains hidden values
/// unencrypted: keep it as safe as the store. A database is copied by PostgreSQL's own tools.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice backup krabice-backup.db
  krabice backup /backup/krabice.db --force --config serve.toml

Exit codes: 0 success; 1 the file exists, or the copy failed; 2 wrong usage.")]
pub(crate) struct BackupArguments {
    /// The file to write
    pub(crate) file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Put a copy in the place of the store. The server must have stopped.
///
/// The copy is checked first. The store that it replaces is kept beside it, under a name with the
/// moment. What was erased after the copy was made is there again: erase it again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  krabice restore krabice-backup.db
  krabice restore /backup/krabice.db --store sqlite:/var/lib/krabice/krabice.db

Exit codes: 0 success; 1 a server holds the store, or the file is no store that this version can read;
2 wrong usage.")]
pub(crate) struct RestoreArguments {
    /// The copy
    pub(crate) file: PathBuf,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}
