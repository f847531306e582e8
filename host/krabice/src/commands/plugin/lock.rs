//! `krabice plugin lock`

use std::io::Write;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use krabice_runtime::lock::{self, Lock, LockError};
use krabice_runtime::{Plugin, PluginDirectory};
use serde::Serialize;

use super::caused;
use crate::cli::plugin::LockArguments;
use crate::commands::plugins;
use crate::error::{CliError, Verdict};
use crate::finding::number;
use crate::{host, output, paths};

/// What `--json` writes.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    file: PathBuf,
    plugins: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: String,
    version: String,
    sha256: String,
    source: String,
    /// `kept`, `new`, `changed` or `gone`, in comparison with the lock file before.
    change: &'static str,
}

pub(crate) async fn lock(arguments: &LockArguments) -> Result<Verdict, CliError> {
    let folders = paths::plugin_folders(&arguments.plugins);
    // Nothing is written into a folder that was only found.
    if let Some(found) = folders.first()
        && arguments.plugins.plugins.is_empty()
        && !arguments.check
    {
        return Err(
            CliError::usage("no folder of plugins was named").help(format!(
                "name it with `--plugins`, such as `--plugins {}`",
                found.display()
            )),
        );
    }
    if folders.is_empty() {
        return Err(
            CliError::usage("no folder of plugins was found").help("name one with `--plugins DIR`")
        );
    }
    let runtime = host::runtime(&arguments.plugins)?;
    let mut problems = Vec::new();
    let mut updates = Vec::new();
    for (file, folders) in by_lock_file(folders)? {
        let before = Lock::read(&file).map_err(refused)?.unwrap_or_default();
        let mut update = LockUpdate::new(file, before);
        for folder in &folders {
            update.remove(folder)?;
        }
        for folder in &folders {
            for component in components(folder)? {
                let locked = match plugins::load(&runtime, &component).await {
                    Ok(plugin) => update.lock(&plugin, &component),
                    Err(problem) => Err(problem),
                };
                problems.extend(locked.err());
            }
        }
        updates.push(update);
    }
    // No file is written unless all plugins can be locked.
    CliError::report_all(problems)?;
    let mut verdict = Verdict::Fine;
    let mut reports = Vec::new();
    for update in updates {
        let report = update.report();
        if !arguments.check {
            update.after.write(&update.file).map_err(refused)?;
        } else if report.plugins.iter().any(|entry| entry.change != "kept") {
            verdict = Verdict::No;
        }
        reports.push(report);
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &reports)?;
    } else {
        write_for_people(&mut out, arguments, &reports)?;
    }
    Ok(verdict)
}

/// The folders grouped by their lock file, each folder once.
fn by_lock_file(folders: Vec<PathBuf>) -> Result<Vec<(PathBuf, Vec<PathBuf>)>, CliError> {
    let mut groups: IndexMap<PathBuf, IndexMap<String, PathBuf>> = IndexMap::new();
    for folder in folders {
        let file = lock::of_folder(&folder).map_err(refused)?;
        let path = relative(&file, &folder)?;
        let group = groups.entry(file).or_default();
        group.entry(path).or_insert(folder);
    }
    let groups = groups.into_iter();
    Ok(groups
        .map(|(file, folders)| (file, folders.into_values().collect()))
        .collect())
}

/// The path of a folder relative to the folder of a lock file; empty for that folder itself.
fn relative(file: &Path, folder: &Path) -> Result<String, CliError> {
    // The name of the component does not matter: `place_in` looks only at its folder.
    let component = lock::place_in(file, &folder.join("x")).map_err(refused)?;
    Ok(folder_of(&component).to_owned())
}

/// The folder of a component, from its path in a lock file ([`lock::Locked::file`]).
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A lock file before and after a change.
pub(super) struct LockUpdate {
    pub(super) file: PathBuf,
    before: Lock,
    pub(super) after: Lock,
    /// The folders whose plugins are locked again, relative to the lock file.
    folders: Vec<String>,
}

impl LockUpdate {
    pub(super) fn new(file: PathBuf, before: Lock) -> LockUpdate {
        LockUpdate {
            after: before.clone(),
            file,
            before,
            folders: Vec::new(),
        }
    }

    /// Removes the plugins of a folder, and keeps those of other folders.
    fn remove(&mut self, folder: &Path) -> Result<(), CliError> {
        let removed = relative(&self.file, folder)?;
        self.after
            .plugins
            .retain(|_, locked| folder_of(&locked.file) != removed);
        self.folders.push(removed);
        Ok(())
    }

    /// Locks the plugin in a file. Its source stays as it was locked before, if the file has not
    /// changed; else the file is its source.
    pub(super) fn lock(&mut self, plugin: &Plugin, file: &Path) -> Result<(), CliError> {
        let before = self.before.plugins.get(plugin.name());
        let source = match before.filter(|locked| locked.sha256 == plugin.digest()) {
            Some(locked) => locked.source.clone(),
            None => {
                let name = file.file_name().unwrap_or(file.as_os_str());
                name.to_string_lossy().into_owned()
            }
        };
        self.lock_from(plugin, file, source)
    }

    /// Locks the plugin in a file.
    ///
    /// # Errors
    /// Another file, which exists, is locked as the same plugin.
    pub(super) fn lock_from(
        &mut self,
        plugin: &Plugin,
        file: &Path,
        source: String,
    ) -> Result<(), CliError> {
        let path = lock::place_in(&self.file, file).map_err(refused)?;
        if let Some(other) = self.after.plugins.get(plugin.name())
            && other.file != path
            && self.file.with_file_name(&other.file).exists()
        {
            return Err(CliError::no(format!(
                "`{}` and `{}` both contain the plugin `{}`",
                file.display(),
                self.file.with_file_name(&other.file).display(),
                plugin.name()
            ))
            .help("remove one of the two"));
        }
        self.after.insert(plugin, path, source);
        Ok(())
    }

    /// The changes of the plugins in the folders.
    fn report(&self) -> Report {
        let concerned = |locked: &lock::Locked| {
            self.folders
                .iter()
                .any(|folder| folder == folder_of(&locked.file))
        };
        let entry = |name: &String, locked: &lock::Locked, change| Entry {
            name: name.clone(),
            version: locked.version.clone(),
            sha256: locked.sha256.clone(),
            source: locked.source.clone(),
            change,
        };
        let after = self.after.plugins.iter();
        let mut plugins: Vec<_> = after
            .filter(|(_, locked)| concerned(locked))
            .map(|(name, locked)| {
                let change = match self.before.plugins.get(name) {
                    None => "new",
                    Some(old) if old == locked => "kept",
                    Some(_) => "changed",
                };
                entry(name, locked, change)
            })
            .collect();
        let gone = self
            .before
            .plugins
            .iter()
            .filter(|(name, _)| !self.after.plugins.contains_key(*name));
        plugins.extend(gone.map(|(name, locked)| entry(name, locked, "gone")));
        plugins.sort_by(|left, right| left.name.cmp(&right.name));
        Report {
            file: self.file.clone(),
            plugins,
        }
    }
}

/// The component files of a folder, in the order of their names.
pub(super) fn components(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    PluginDirectory::files(folder).map_err(|error| {
        CliError::usage(format!(
            "the plugin folder `{}` cannot be read",
            folder.display()
        ))
        .because(&error)
    })
}

pub(super) fn refused(error: LockError) -> CliError {
    caused(CliError::usage(error.to_string()), &error)
}

fn write_for_people(
    out: &mut dyn Write,
    arguments: &LockArguments,
    reports: &[Report],
) -> std::io::Result<()> {
    for report in reports {
        for entry in &report.plugins {
            let digest = entry.sha256.get(..12).unwrap_or(&entry.sha256);
            writeln!(
                out,
                "{} {} {} (sha256 {digest}…)",
                entry.change, entry.name, entry.version
            )?;
        }
        let there = report.plugins.iter().filter(|entry| entry.change != "gone");
        let plugins = number(there.count(), "plugin");
        let verb = if arguments.check {
            "compared with"
        } else {
            "locked in"
        };
        writeln!(out, "{plugins} {verb} {}", report.file.display())?;
    }
    Ok(())
}
