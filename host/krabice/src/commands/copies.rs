//! `krabice backup` and `krabice restore`

use std::io::Write;

use krabice_store::{CopyError, OpenError, Storage};
use serde::Serialize;

use crate::cli::store::{BackupArguments, RestoreArguments};
use crate::error::{CliError, Verdict};
use crate::operator_store::{no_store, url};
use crate::output;
use crate::progress::waiting_for;
use crate::redact::Redactor;

/// The JSON that `backup --json` writes.
#[derive(Serialize)]
struct BackupOutput {
    file: String,
}

/// The JSON that `restore --json` writes.
#[derive(Serialize)]
struct RestoreOutput {
    /// Where the store is kept that was replaced.
    replaced: Option<String>,
}

/// Copies a store. The command reads the file itself, also while a server runs: SQLite lets others read,
/// and the copy needs nothing of the server.
pub(crate) async fn backup(
    arguments: &BackupArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    let url = url(&arguments.store, redactor)?;
    let (file, force) = (arguments.file.clone(), arguments.force);
    let work = tokio::task::spawn_blocking(move || Storage::backup(&url, &file, force));
    let copied = waiting_for("copying the store", work).await;
    copied
        .map_err(|error| CliError::no("the store was not copied").because(&error))?
        .map_err(|error| report("the store was not copied", error))?;
    let file = arguments.file.display().to_string();
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &BackupOutput { file })?;
    } else {
        writeln!(
            out,
            "copied the store to {file}; it holds hidden values, keep it as safe as the store"
        )?;
    }
    Ok(Verdict::Fine)
}

pub(crate) async fn restore(
    arguments: &RestoreArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    let url = url(&arguments.store, redactor)?;
    let file = arguments.file.clone();
    let work = tokio::task::spawn_blocking(move || Storage::restore(&url, &file));
    let replaced = waiting_for("restoring the store", work)
        .await
        .map_err(|error| CliError::no("the store was not restored").because(&error))?
        .map_err(|error| match error {
            CopyError::NoStore(copy) => {
                CliError::usage(format!("there is no file `{}`", copy.display()))
                    .help("name a file that `krabice backup` wrote")
            }
            error @ (CopyError::Database
            | CopyError::Exists(_)
            | CopyError::Itself(_)
            | CopyError::Open(_)
            | CopyError::Failed { .. }) => report("the store was not restored", error),
        })?;
    let replaced = replaced.map(|file| file.display().to_string());
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &RestoreOutput { replaced })?;
        return Ok(Verdict::Fine);
    }
    writeln!(out, "restored the store from {}", arguments.file.display())?;
    if let Some(replaced) = replaced {
        writeln!(
            out,
            "the store before is kept as {replaced}; delete it when you do not need it"
        )?;
    }
    Ok(Verdict::Fine)
}

fn report(what: &str, error: CopyError) -> CliError {
    let help = match &error {
        CopyError::NoStore(file) => return no_store(file),
        CopyError::Database => {
            let error = CliError::usage(what).because(&error);
            return error.help("use PostgreSQL's own tools: `pg_dump --schema=krabice`, and `psql` to restore what it wrote");
        }
        CopyError::Exists(_) => Some("name another file, or replace it with `--force`"),
        CopyError::Itself(_) => Some("name another file"),
        CopyError::Open(OpenError::InUse(_)) => Some("stop the server first"),
        CopyError::Open(OpenError::Newer { .. }) => {
            Some("use the `krabice` of the version that wrote it")
        }
        CopyError::Open(_) => Some("name a file that `krabice backup` wrote"),
        CopyError::Failed { .. } => None,
    };
    let error = CliError::no(what).because(&error);
    error.maybe_help(help.map(str::to_owned))
}
