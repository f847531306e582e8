//! `krabice plugins` and `krabice plugins show`

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use krabice_runtime::{LoadError, Plugin, Runtime};
use krabice_scenario::manifest::text_in;
use serde::Serialize;

use crate::cli::{PluginsArguments, PluginsCommand, ShowArguments};
use crate::finding::{Look, number};
use crate::host::{self, Host};
use crate::progress::waiting_for;
use crate::refusal::{Refusal, Verdict};
use crate::{page, reply};

pub(crate) async fn plugins(arguments: &PluginsArguments) -> Result<Verdict, Refusal> {
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

async fn list(arguments: &PluginsArguments) -> Result<Verdict, Refusal> {
    let host = Host::with_plugins(&arguments.plugins).await?;
    host.warn_of_broken_plugins();
    let entries: Vec<_> = host
        .plugins
        .values()
        .map(|plugin| entry(plugin, &arguments.language))
        .collect();
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, &entries)?;
        return Ok(Verdict::Fine);
    }
    if entries.is_empty() {
        return Err(Refusal::no("no plugins were found")
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
    let width = Look::of(&std::io::stdout()).width();
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

async fn show(arguments: &PluginsArguments, show: &ShowArguments) -> Result<Verdict, Refusal> {
    let plugin = find(arguments, &show.plugin).await?;
    let (manifest, language) = (plugin.manifest(), arguments.language.as_str());
    if !arguments.json {
        page::warn_of_language(manifest, language);
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, manifest)?;
    } else if show.markdown {
        write!(out, "{}", page::markdown(manifest, language))?;
    } else {
        let width = Look::of(&std::io::stdout()).width();
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

/// A plugin by its name, or from a file: whatever ends with `.wasm` is one.
async fn find(arguments: &PluginsArguments, name: &str) -> Result<Arc<Plugin>, Refusal> {
    let path = Path::new(name);
    if path.extension().is_none_or(|extension| extension != "wasm") {
        let host = Host::with_plugins(&arguments.plugins).await?;
        return host.plugin(name).cloned();
    }
    load_locked(&host::runtime(&arguments.plugins)?, path).await
}

/// A plugin from a file, whatever a lock file says: for who looks at a file and gives it
/// nothing.
///
/// # Errors
/// There is no such file, or it is no plugin.
pub(crate) async fn load(runtime: &Runtime, path: &Path) -> Result<Arc<Plugin>, Refusal> {
    waiting_for("compiling the plugin", runtime.load(path))
        .await
        .map_err(refused)
}

/// A plugin from a file, if it is the one that the lock file of its folder names.
///
/// # Errors
/// As [`load`], or it is not the one.
pub(crate) async fn load_locked(runtime: &Runtime, path: &Path) -> Result<Arc<Plugin>, Refusal> {
    waiting_for("compiling the plugin", runtime.load_locked(path))
        .await
        .map_err(refused)
}

fn refused(error: LoadError) -> Refusal {
    Refusal::usage(error.to_string())
}
