//! `krabice plugin lock`

use std::io::Write;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use krabice_runtime::lock::{self, Lock, LockError};
use krabice_runtime::{Plugin, PluginDirectory};
use serde::Serialize;

use crate::cli::plugin::LockArguments;
use crate::commands::plugins;
use crate::error::{CliError, Verdict};
use crate::finding::number;
use crate::{host, output, paths};

/// What `--json` writes.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Reply {
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
    /// `kept`, `new`, `changed` or `gone`, against what was locked before.
    change: &'static str,
}

pub(crate) async fn lock(arguments: &LockArguments) -> Result<Verdict, CliError> {
    let folders = paths::plugin_folders(&arguments.plugins);
    if folders.is_empty() {
        return Err(
            CliError::usage("no folder of plugins was found").help("name one with `--plugins DIR`")
        );
    }
    let runtime = host::runtime(&arguments.plugins)?;
    let mut problems = Vec::new();
    let mut done = Vec::new();
    for (file, folders) in by_lock_file(folders)? {
        let before = Lock::read(&file).map_err(refused)?.unwrap_or_default();
        let mut now = Contents::of(file, before);
        for folder in &folders {
            now.leave(folder)?;
        }
        for folder in &folders {
            for component in components(folder)? {
                let locked = match plugins::load(&runtime, &component).await {
                    Ok(plugin) => now.lock(&plugin, &component),
                    Err(problem) => Err(problem),
                };
                problems.extend(locked.err());
            }
        }
        done.push(now);
    }
    // All of them, before any file is written.
    CliError::report_all(problems)?;
    let mut verdict = Verdict::Fine;
    let mut replies = Vec::new();
    for contents in done {
        let reply = contents.reply();
        if !arguments.check {
            contents.now.write(&contents.file).map_err(refused)?;
        } else if reply.plugins.iter().any(|entry| entry.change != "kept") {
            verdict = Verdict::No;
        }
        replies.push(reply);
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &replies)?;
    } else {
        write_for_people(&mut out, arguments, &replies)?;
    }
    Ok(verdict)
}

/// Folders by the lock file that holds for them, each folder once.
fn by_lock_file(folders: Vec<PathBuf>) -> Result<Vec<(PathBuf, Vec<PathBuf>)>, CliError> {
    let mut groups: IndexMap<PathBuf, IndexMap<String, PathBuf>> = IndexMap::new();
    for folder in folders {
        let file = lock::of_folder(&folder).map_err(refused)?;
        let place = place(&file, &folder)?;
        let group = groups.entry(file).or_default();
        group.entry(place).or_insert(folder);
    }
    let groups = groups.into_iter();
    Ok(groups
        .map(|(file, folders)| (file, folders.into_values().collect()))
        .collect())
}

/// The place of a folder below a lock file; nothing for the lock file's own.
fn place(file: &Path, folder: &Path) -> Result<String, CliError> {
    // Of a component that need not be there, for only what contains it is looked at.
    let inside = lock::place_in(file, &folder.join("x")).map_err(refused)?;
    Ok(folder_of(&inside).to_owned())
}

/// The folder of a place, as [`lock::Locked::file`] has it.
fn folder_of(place: &str) -> &str {
    place.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A lock file as it becomes.
pub(super) struct Contents {
    pub(super) file: PathBuf,
    before: Lock,
    pub(super) now: Lock,
    /// The folders that are locked anew.
    folders: Vec<String>,
}

impl Contents {
    pub(super) fn of(file: PathBuf, before: Lock) -> Contents {
        Contents {
            now: before.clone(),
            file,
            before,
            folders: Vec::new(),
        }
    }

    /// Takes out what a folder had, and leaves what others have.
    fn leave(&mut self, folder: &Path) -> Result<(), CliError> {
        let place = place(&self.file, folder)?;
        self.now
            .plugins
            .retain(|_, locked| folder_of(&locked.file) != place);
        self.folders.push(place);
        Ok(())
    }

    /// Locks what a file holds, from where it was locked before, if it is the very same.
    pub(super) fn lock(&mut self, plugin: &Plugin, file: &Path) -> Result<(), CliError> {
        let source = source(&self.before, plugin, file);
        self.lock_from(plugin, file, source)
    }

    /// Locks what a file holds.
    ///
    /// # Errors
    /// Another file is locked as the same plugin, and is there.
    pub(super) fn lock_from(
        &mut self,
        plugin: &Plugin,
        file: &Path,
        source: String,
    ) -> Result<(), CliError> {
        let place = lock::place_in(&self.file, file).map_err(refused)?;
        if let Some(other) = self.now.plugins.get(plugin.name())
            && other.file != place
            && self.file.with_file_name(&other.file).exists()
        {
            return Err(CliError::no(format!(
                "`{}` holds the plugin `{}`, as does `{}`",
                file.display(),
                plugin.name(),
                self.file.with_file_name(&other.file).display()
            ))
            .help("remove one of the two"));
        }
        self.now.insert(plugin, place, source);
        Ok(())
    }

    /// What becomes of the plugins of the folders.
    fn reply(&self) -> Reply {
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
        let now = self.now.plugins.iter().filter(|(_, now)| concerned(now));
        let mut plugins: Vec<_> = now
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
            .filter(|(name, _)| !self.now.plugins.contains_key(*name));
        plugins.extend(gone.map(|(name, locked)| entry(name, locked, "gone")));
        plugins.sort_by(|left, right| left.name.cmp(&right.name));
        Reply {
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

/// Where a plugin came from: what was locked for this very file, else the file.
fn source(before: &Lock, plugin: &Plugin, component: &Path) -> String {
    let locked = before.plugins.get(plugin.name());
    match locked.filter(|locked| locked.sha256 == plugin.digest()) {
        Some(locked) => locked.source.clone(),
        None => component
            .file_name()
            .unwrap_or(component.as_os_str())
            .to_string_lossy()
            .into_owned(),
    }
}

pub(super) fn refused(error: LockError) -> CliError {
    let refusal = CliError::usage(error.to_string());
    match std::error::Error::source(&error) {
        Some(why) => refusal.because(why),
        None => refusal,
    }
}

fn write_for_people(
    out: &mut dyn Write,
    arguments: &LockArguments,
    replies: &[Reply],
) -> std::io::Result<()> {
    for reply in replies {
        for entry in &reply.plugins {
            let digest = entry.sha256.get(..12).unwrap_or(&entry.sha256);
            writeln!(
                out,
                "{} {} {} (sha256 {digest}…)",
                entry.change, entry.name, entry.version
            )?;
        }
        let plugins = number(
            reply
                .plugins
                .iter()
                .filter(|entry| entry.change != "gone")
                .count(),
            "plugin",
        );
        let file = reply.file.display();
        match arguments.check {
            true => writeln!(out, "{plugins} against {file}")?,
            false => writeln!(out, "{plugins} locked in {file}")?,
        }
    }
    Ok(())
}
