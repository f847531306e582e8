//! `krabice plugin install`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;
use krabice_kit::registry::{self, DockerLogins, Reference};
use krabice_runtime::lock::{self, Lock};
use krabice_runtime::{Plugin, PluginDirectory, Runtime};
use serde::Serialize;

use super::caused;
use super::lock::{LockUpdate, components, refused};
use crate::cli::plugin::InstallArguments;
use crate::error::{CliError, Verdict};
use crate::progress::waiting_for;
use crate::{host, output, paths, terminal};

/// The folder that is made when there is no folder of plugins.
const PLUGINS: &str = "plugins";

/// An installed plugin, as `--json` writes it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Installed {
    name: String,
    version: String,
    sha256: String,
    source: String,
    file: PathBuf,
}

/// A component to install.
struct Candidate {
    bytes: Vec<u8>,
    /// The file or the reference that it comes from.
    source: String,
}

pub(crate) async fn install(arguments: &InstallArguments) -> Result<Verdict, CliError> {
    let runtime = host::runtime(&arguments.plugins)?;
    let candidates = candidates(&runtime, arguments).await?;
    let folder = arguments.into.clone().unwrap_or_else(|| {
        let mut folders = paths::plugin_folders(&arguments.plugins).into_iter();
        folders.next().unwrap_or_else(|| PLUGINS.into())
    });
    // All plugins are loaded before any file is written.
    let mut problems = Vec::new();
    let mut plugins = IndexMap::new();
    for candidate in candidates {
        match loaded(&runtime, candidate).await {
            Err(problem) => problems.push(problem),
            Ok((candidate, plugin)) => match plugins.entry(plugin.name().to_owned()) {
                Entry::Vacant(entry) => {
                    entry.insert((candidate, plugin));
                }
                Entry::Occupied(entry) => {
                    let (first, _) = entry.get();
                    let (name, source) = (entry.key(), &candidate.source);
                    problems.push(
                        CliError::no(format!(
                            "`{source}` and `{}` both contain the plugin `{name}`",
                            first.source
                        ))
                        .help("install one of the two by its file"),
                    );
                }
            },
        }
    }
    CliError::report_all(problems)?;
    let update = lock_update(&runtime, &folder, &plugins).await?;
    let installed = write(&folder, plugins, update)?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &installed)?;
        return Ok(Verdict::Fine);
    }
    for installed in &installed {
        let digest = installed.sha256.get(..12).unwrap_or(&installed.sha256);
        writeln!(
            out,
            "installed {} {} as {} (sha256 {digest}…)",
            installed.name,
            installed.version,
            installed.file.display()
        )?;
    }
    Ok(Verdict::Fine)
}

/// The components of a source: a file or a folder that exists, else a reference to a registry. A
/// file that cannot be read is an error in its place of the list.
async fn candidates(
    runtime: &Runtime,
    arguments: &InstallArguments,
) -> Result<Vec<Result<Candidate, CliError>>, CliError> {
    let source = arguments.source.as_str();
    let path = Path::new(source);
    if path.exists() {
        let files = if path.is_dir() {
            components(path)?
        } else if path.is_file() {
            vec![path.to_owned()]
        } else {
            Vec::new()
        };
        if files.is_empty() {
            return Err(CliError::usage(format!("`{source}` holds no component"))
                .help("a component is a file `*.wasm`"));
        }
        return Ok(files.iter().map(|file| read(runtime, file)).collect());
    }
    let reference = Reference::parse(source).map_err(|error| {
        CliError::usage(format!("there is no file or folder `{source}`")).because(&error)
    })?;
    let most = runtime.limits().component_bytes;
    let logins = DockerLogins::of_user();
    let pulling = registry::pull(&reference, most, &arguments.allow, &logins);
    let bytes = waiting_for("pulling the component", pulling)
        .await
        .map_err(|error| {
            let refusal = CliError::no(error.to_string()).maybe_help(error.help());
            caused(refusal, &error)
        })?;
    Ok(vec![Ok(Candidate {
        bytes: bytes.into(),
        source: reference.to_string(),
    })])
}

fn read(runtime: &Runtime, file: &Path) -> Result<Candidate, CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::usage(format!("`{}` cannot be read", file.display())).because(&error)
    };
    let most = runtime.limits().component_bytes;
    let bytes = std::fs::metadata(file).map_err(unreadable)?.len();
    if bytes > most {
        let what = format!("`{}` has {bytes} bytes, more than {most}", file.display());
        return Err(CliError::no(what).help("`--limit component-bytes=…` allows more"));
    }
    Ok(Candidate {
        bytes: std::fs::read(file).map_err(unreadable)?,
        source: file.display().to_string(),
    })
}

async fn loaded(
    runtime: &Runtime,
    candidate: Result<Candidate, CliError>,
) -> Result<(Candidate, Arc<Plugin>), CliError> {
    let candidate = candidate?;
    let loading = runtime.load_bytes(&candidate.source, candidate.bytes.clone());
    match waiting_for("compiling the plugin", loading).await {
        Ok(plugin) => Ok((candidate, plugin)),
        Err(error) => {
            Err(CliError::no(error.to_string()).help("run `krabice plugin check` for details"))
        }
    }
}

/// The change of the lock file. When there is no lock file yet, the plugins that the folder already
/// holds are locked, too: without that, they could no longer be loaded.
async fn lock_update(
    runtime: &Runtime,
    folder: &Path,
    installed: &IndexMap<String, (Candidate, Arc<Plugin>)>,
) -> Result<LockUpdate, CliError> {
    let file = lock::of_folder(folder).map_err(refused)?;
    let before = Lock::read(&file).map_err(refused)?;
    let is_new = before.is_none();
    let mut kept: Vec<String> = Vec::new();
    let mut update = LockUpdate::new(file, before.unwrap_or_default());
    if is_new && folder.is_dir() {
        let mut there = PluginDirectory::default();
        for component in components(folder)? {
            if installed
                .keys()
                .any(|name| installed_file(folder, name) == component)
            {
                continue;
            }
            match waiting_for("compiling plugins", runtime.load(&component)).await {
                Ok(plugin) => there.add(plugin),
                Err(problem) => there.problems.push(problem),
            }
        }
        // They could not be loaded without a lock file, either.
        for problem in &there.problems {
            terminal::warn(&format!("a file was not locked: {problem}"));
        }
        for plugin in there.plugins.values() {
            update.lock(plugin, plugin.file())?;
        }
        let names = there.plugins.into_keys();
        kept.extend(names.map(|name| format!("`{name}`")));
    }
    let mut problems = Vec::new();
    for (name, (candidate, plugin)) in installed {
        let file = installed_file(folder, name);
        let locked = update.lock_from(plugin, &file, candidate.source.clone());
        problems.extend(locked.err());
    }
    CliError::report_all(problems)?;
    if !kept.is_empty() {
        terminal::note(&format!(
            "there was no `{}`, so the plugins that `{}` already holds are locked, too: {}",
            lock::FILE,
            folder.display(),
            kept.join(", ")
        ));
    }
    Ok(update)
}

/// The file of an installed plugin. A name has only lower case letters, digits and hyphens, so the
/// path cannot leave the folder.
fn installed_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.wasm"))
}

/// Writes the components, named after their plugins, and the lock file.
fn write(
    folder: &Path,
    plugins: IndexMap<String, (Candidate, Arc<Plugin>)>,
    update: LockUpdate,
) -> Result<Vec<Installed>, CliError> {
    let failed = |error: std::io::Error| {
        CliError::usage(format!("`{}` cannot be written", folder.display())).because(&error)
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut ready = Vec::new();
    for (name, (candidate, plugin)) in plugins {
        let file = installed_file(folder, &name);
        let new = file.with_extension("wasm.new");
        std::fs::write(&new, &candidate.bytes).map_err(failed)?;
        let installed = Installed {
            name,
            version: plugin.manifest().version.clone(),
            sha256: plugin.digest().to_owned(),
            source: candidate.source,
            file,
        };
        ready.push((new, installed));
    }
    // The lock file first: a server that finds a new file meanwhile may load it.
    update.after.write(&update.file).map_err(refused)?;
    let mut all = Vec::new();
    for (new, installed) in ready {
        std::fs::rename(&new, &installed.file).map_err(failed)?;
        all.push(installed);
    }
    Ok(all)
}
