//! `krabice plugin lock`

use std::io::Write;
use std::path::{Path, PathBuf};

use krabice_runtime::Plugin;
use krabice_runtime::lock::{self, Lock, LockError};
use serde::Serialize;

use crate::cli::plugin::LockArguments;
use crate::commands::plugins;
use crate::finding::number;
use crate::refusal::{Refusal, Verdict};
use crate::{host, places, reply};

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

pub(crate) async fn lock(arguments: &LockArguments) -> Result<Verdict, Refusal> {
    let mut verdict = Verdict::Fine;
    let folders = places::plugin_folders(&arguments.plugins);
    if folders.is_empty() {
        return Err(
            Refusal::usage("no folder of plugins was found").help("name one with `--plugins DIR`")
        );
    }
    let runtime = host::runtime(&arguments.plugins)?;
    let mut replies = Vec::new();
    for folder in &folders {
        let file = lock::above(folder).unwrap_or_else(|| folder.join(lock::FILE));
        let before = Lock::read(&file).map_err(refused)?.unwrap_or_default();
        let mut now = Lock::default();
        for component in components(folder)? {
            let plugin = plugins::load(&runtime, &component).await?;
            let source = source(&before, &plugin, &component);
            if now.plugins.contains_key(plugin.name()) {
                return Err(Refusal::no(format!(
                    "`{}` holds the plugin `{}`, as does another file of the folder",
                    component.display(),
                    plugin.name()
                )));
            }
            now.insert(&plugin, source);
        }
        let reply = compare(file, &before, &now);
        if arguments.check {
            if reply.plugins.iter().any(|entry| entry.change != "kept") {
                verdict = Verdict::No;
            }
        } else {
            now.write(&reply.file).map_err(refused)?;
        }
        replies.push(reply);
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, &replies)?;
    } else {
        write_for_people(&mut out, arguments, &replies)?;
    }
    Ok(verdict)
}

/// The component files of a folder, in the order of their names.
pub(super) fn components(folder: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let unreadable = |error: std::io::Error| {
        Refusal::usage(format!(
            "the plugin folder `{}` cannot be read",
            folder.display()
        ))
        .because(&error)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
            && path.is_file()
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
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

fn compare(file: PathBuf, before: &Lock, now: &Lock) -> Reply {
    let entry = |name: &String, locked: &lock::Locked, change| Entry {
        name: name.clone(),
        version: locked.version.clone(),
        sha256: locked.sha256.clone(),
        source: locked.source.clone(),
        change,
    };
    let mut plugins: Vec<_> = now
        .plugins
        .iter()
        .map(|(name, locked)| {
            let change = match before.plugins.get(name) {
                None => "new",
                Some(old) if old.sha256 == locked.sha256 => "kept",
                Some(_) => "changed",
            };
            entry(name, locked, change)
        })
        .collect();
    let gone = before
        .plugins
        .iter()
        .filter(|(name, _)| !now.plugins.contains_key(*name));
    plugins.extend(gone.map(|(name, locked)| entry(name, locked, "gone")));
    plugins.sort_by(|left, right| left.name.cmp(&right.name));
    Reply { file, plugins }
}

pub(super) fn refused(error: LockError) -> Refusal {
    let refusal = Refusal::usage(error.to_string());
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
