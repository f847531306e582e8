//! `krabice plugin install`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use krabice_kit::registry::{self, PullError, Reference};
use krabice_runtime::lock::{self, Lock};
use krabice_runtime::{Plugin, Runtime};
use serde::Serialize;

use super::lock::{components, refused};
use crate::cli::plugin::InstallArguments;
use crate::progress::waiting_for;
use crate::refusal::{Refusal, Verdict};
use crate::{host, places, reply};

/// The folder of plugins where there is none yet.
const PLUGINS: &str = "plugins";

/// What was installed. Its JSON form is what `--json` writes.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Installed {
    name: String,
    version: String,
    sha256: String,
    source: String,
    file: PathBuf,
}

/// A component that is to be installed.
struct Candidate {
    bytes: Vec<u8>,
    source: String,
}

pub(crate) async fn install(arguments: &InstallArguments) -> Result<Verdict, Refusal> {
    let runtime = host::runtime(&arguments.plugins)?;
    let candidates = candidates(&runtime, &arguments.source).await?;
    let folder = arguments.into.clone().unwrap_or_else(|| {
        let mut folders = places::plugin_folders(&arguments.plugins).into_iter();
        folders.next().unwrap_or_else(|| PLUGINS.into())
    });
    // All of them, before any file is written.
    let mut plugins = Vec::new();
    for candidate in candidates {
        let loading = runtime.load_bytes(&candidate.source, candidate.bytes.clone());
        let plugin = waiting_for("compiling the plugin", loading)
            .await
            .map_err(|error| {
                Refusal::no(error.to_string()).help("`krabice plugin check` says more")
            })?;
        plugins.push((candidate, plugin));
    }
    let installed = write(&folder, &plugins)?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, &installed)?;
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

/// What a source holds: whatever is there as a file or a folder is one, and everything else a
/// reference.
async fn candidates(runtime: &Runtime, source: &str) -> Result<Vec<Candidate>, Refusal> {
    let path = Path::new(source);
    let files = match (path.is_dir(), path.is_file()) {
        (true, _) => components(path)?,
        (_, true) => vec![path.to_owned()],
        _ => Vec::new(),
    };
    if path.exists() {
        if files.is_empty() {
            return Err(Refusal::usage(format!("`{source}` holds no component"))
                .help("a component is a file `*.wasm`"));
        }
        return files.iter().map(|file| read(runtime, file)).collect();
    }
    let reference = Reference::parse(source).map_err(|error| {
        Refusal::usage(format!("there is no file or folder `{source}`")).because(&error)
    })?;
    let pulling = registry::pull(&reference, runtime.limits().component_bytes);
    let bytes = waiting_for("pulling the component", pulling)
        .await
        .map_err(|error| {
            let refusal = Refusal::no(error.to_string());
            match &error {
                PullError::Network { source, .. } => refusal.because(source),
                _ => refusal,
            }
        })?;
    Ok(vec![Candidate {
        bytes: bytes.into(),
        source: reference.to_string(),
    }])
}

fn read(runtime: &Runtime, file: &Path) -> Result<Candidate, Refusal> {
    let unreadable = |error: std::io::Error| {
        Refusal::usage(format!("`{}` cannot be read", file.display())).because(&error)
    };
    let most = runtime.limits().component_bytes;
    let bytes = std::fs::metadata(file).map_err(unreadable)?.len();
    if bytes > most {
        let what = format!("`{}` has {bytes} bytes, more than {most}", file.display());
        return Err(Refusal::no(what).help("`--limit component-bytes=…` allows more"));
    }
    Ok(Candidate {
        bytes: std::fs::read(file).map_err(unreadable)?,
        source: file.display().to_string(),
    })
}

/// Writes the components under the names of their plugins, and the lock file.
fn write(folder: &Path, plugins: &[(Candidate, Arc<Plugin>)]) -> Result<Vec<Installed>, Refusal> {
    let failed = |error: std::io::Error| {
        Refusal::usage(format!("`{}` cannot be written", folder.display())).because(&error)
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let file = lock::above(folder).unwrap_or_else(|| folder.join(lock::FILE));
    let mut lock = Lock::read(&file).map_err(refused)?.unwrap_or_default();
    let mut installed = Vec::new();
    for (candidate, plugin) in plugins {
        // A name is lower case letters, digits and hyphens: it leads nowhere else.
        let place = folder.join(format!("{}.wasm", plugin.name()));
        let new = place.with_extension("wasm.new");
        std::fs::write(&new, &candidate.bytes).map_err(failed)?;
        std::fs::rename(&new, &place).map_err(failed)?;
        lock.insert(plugin, &candidate.source);
        installed.push(Installed {
            name: plugin.name().to_owned(),
            version: plugin.manifest().version.clone(),
            sha256: plugin.digest().to_owned(),
            source: candidate.source.clone(),
            file: place,
        });
    }
    lock.write(&file).map_err(refused)?;
    Ok(installed)
}
