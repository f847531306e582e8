//! `krabice plugins` and `krabice plugins show`

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use krabice_contract::manifest::text_in;
use krabice_runtime::{LoadError, Plugin, Runtime};
use serde::Serialize;

use crate::cli::{PluginsArguments, PluginsCommand, ShowArguments};
use crate::error::{CliError, Verdict};
use crate::finding::{OutputStyle, number};
use crate::host::{self, Host};
use crate::progress::waiting_for;
use crate::{output, page};

pub(crate) async fn plugins(arguments: &PluginsArguments) -> Result<Verdict, CliError> {
    match &arguments.command {
        Some(PluginsCommand::Show(show)) => self::show(arguments, show).await,
        None => list(arguments).await,
    }
}

/// A plugin in the list.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Entry<'a> {
    name: &'a str,
    version: &'a str,
    label: &'a str,
    functions: Vec<&'a str>,
    file: String,
    sha256: &'a str,
}

async fn list(arguments: &PluginsArguments) -> Result<Verdict, CliError> {
    let host = Host::with_plugins(&arguments.plugins).await?;
    host.warn_of_broken_plugins();
    let entries: Vec<_> = host
        .plugins
        .values()
        .map(|plugin| entry(plugin, &arguments.language))
        .collect();
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &entries)?;
        return Ok(Verdict::Fine);
    }
    if entries.is_empty() {
        return Err(CliError::no("no plugins were found")
            .help("build them with `make plugins`, or name their folder with `--plugins`"));
    }
    let header = ["plugin", "version", "name", "functions", "file"]
        .map(str::to_owned)
        .to_vec();
    let rows = entries.iter().map(|entry| {
        let functions = number(entry.functions.len(), "function");
        vec![
            entry.name.to_owned(),
            entry.version.to_owned(),
            entry.label.to_owned(),
            functions,
            entry.file.clone(),
        ]
    });
    let width = OutputStyle::of(&std::io::stdout()).width();
    write!(out, "{}", page::table(header, rows.collect(), width))?;
    Ok(Verdict::Fine)
}

fn entry<'a>(plugin: &'a Plugin, language: &str) -> Entry<'a> {
    let manifest = plugin.manifest();
    Entry {
        name: plugin.name(),
        version: &manifest.version,
        label: text_in(&manifest.label, language).unwrap_or_default(),
        functions: manifest.functions.keys().map(String::as_str).collect(),
        file: plugin.file().display().to_string(),
        sha256: plugin.digest(),
    }
}

async fn show(arguments: &PluginsArguments, show: &ShowArguments) -> Result<Verdict, CliError> {
    let plugin = find(arguments, &show.plugin).await?;
    let (manifest, language) = (plugin.manifest(), arguments.language.as_str());
    if !arguments.json {
        page::warn_of_language(manifest, language);
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, manifest)?;
    } else if show.markdown {
        write!(out, "{}", page::markdown(manifest, language))?;
    } else {
        let width = OutputStyle::of(&std::io::stdout()).width();
        write!(out, "{}", page::text(manifest, language, width))?;
        writeln!(
            out,
            "\n{}\nsha256 {}",
            plugin.file().display(),
            plugin.digest()
        )?;
    }
    Ok(Verdict::Fine)
}

/// A plugin by its name, or from a file if the name ends with `.wasm`.
async fn find(arguments: &PluginsArguments, name: &str) -> Result<Arc<Plugin>, CliError> {
    let path = Path::new(name);
    if path.extension().is_none_or(|extension| extension != "wasm") {
        let host = Host::with_plugins(&arguments.plugins).await?;
        return host.plugin(name).cloned();
    }
    load_locked(&host::runtime(&arguments.plugins)?, path).await
}

/// Loads a plugin from a file without a lock file: for commands that inspect it, and give it
/// neither credentials nor customers' data.
///
/// # Errors
/// The file cannot be read, or it is not a plugin.
pub(crate) async fn load(runtime: &Runtime, path: &Path) -> Result<Arc<Plugin>, CliError> {
    waiting_for("compiling the plugin", runtime.load(path))
        .await
        .map_err(load_error)
}

/// Loads a plugin from a file if the lock file of its folder allows it.
///
/// # Errors
/// As [`load`]; or the file differs from the one in the lock file.
pub(crate) async fn load_locked(runtime: &Runtime, path: &Path) -> Result<Arc<Plugin>, CliError> {
    waiting_for("compiling the plugin", runtime.load_locked(path))
        .await
        .map_err(load_error)
}

fn load_error(error: LoadError) -> CliError {
    CliError::usage(error.to_string())
}
