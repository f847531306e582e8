//! `krabice plugin test`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use krabice_kit::case::{self, CaseError, Played, Recorder};
use krabice_runtime::{Plugin, Runtime};

use crate::cli::plugin::TestArguments;
use crate::commands::plugins;
use crate::finding::number;
use crate::host::{self, Host};
use crate::redact::Redactor;
use crate::refusal::{self, Refusal, Verdict};
use crate::reply;

const FAILED: Style = AnsiColor::Red.on_default().bold();
const PASSED: Style = AnsiColor::Green.on_default();

pub(crate) async fn test(
    arguments: &TestArguments,
    redactor: &Redactor,
) -> Result<Verdict, Refusal> {
    let folders = case::folders(&arguments.cases).map_err(refused)?;
    if folders.is_empty() {
        let folder = arguments.cases.display();
        return Err(Refusal::usage(format!("`{folder}` holds no case"))
            .help("a case is a folder with a `case.json`"));
    }
    let played = match arguments.record {
        true => record(arguments, &folders, redactor).await?,
        false => play(arguments, &folders).await?,
    };
    let failed = played
        .iter()
        .filter(|played| !played.differences.is_empty())
        .count();
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, &played)?;
    } else {
        write_for_people(&mut out, arguments, &played, failed)?;
    }
    Ok(if failed == 0 {
        Verdict::Fine
    } else {
        Verdict::No
    })
}

async fn play(arguments: &TestArguments, folders: &[PathBuf]) -> Result<Vec<Played>, Refusal> {
    let (runtime, plugin) = plugin(arguments).await?;
    let mut all = Vec::new();
    for folder in folders {
        let mut played = case::play(&runtime, &plugin, folder)
            .await
            .map_err(refused)?;
        if arguments.accept {
            case::accept(&played).map_err(refused)?;
            // Requests that differ are nothing that an outcome could cure.
            played
                .differences
                .retain(|difference| difference.starts_with("request "));
        }
        all.push(played);
    }
    Ok(all)
}

/// The plugin that was named, or the only one that is found.
async fn plugin(arguments: &TestArguments) -> Result<(Runtime, Arc<Plugin>), Refusal> {
    if let Some(name) = &arguments.plugin
        && is_file(name)
    {
        let runtime = host::runtime(&arguments.plugins)?;
        let plugin = plugins::load(&runtime, Path::new(name)).await?;
        return Ok((runtime, plugin));
    }
    let host = Host::with_plugins(&arguments.plugins).await?;
    let plugin = Arc::clone(found(&host, arguments.plugin.as_deref())?);
    Ok((host.runtime, plugin))
}

/// The plugin of that name, or the only one that the host has found.
fn found<'a>(host: &'a Host, name: Option<&str>) -> Result<&'a Arc<Plugin>, Refusal> {
    let mut found = host.plugins.values();
    match (name, found.next(), found.next()) {
        (Some(name), _, _) => host.plugin(name),
        (None, Some(only), None) => Ok(only),
        (None, None, _) => Err(Refusal::usage("no plugin was found")
            .help("name the component with `--plugin FILE.wasm`")),
        (None, Some(_), Some(_)) => Err(Refusal::usage("several plugins were found")
            .help("say which one is meant with `--plugin`")),
    }
}

fn is_file(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "wasm")
}

/// Asks the live back end for each case.
async fn record(
    arguments: &TestArguments,
    folders: &[PathBuf],
    redactor: &Redactor,
) -> Result<Vec<Played>, Refusal> {
    refusal::note(
        "recordings hold what the back end tells, personal data included; \
         credentials alone are left out",
    );
    let recorder = Recorder::new();
    let mut host =
        Host::with_connections(&arguments.plugins, &arguments.connections, redactor).await?;
    host.show_requests_to(Arc::clone(&recorder) as _);
    let plugin = match arguments.plugin.as_deref() {
        Some(name) if is_file(name) => plugins::load(&host.runtime, Path::new(name)).await?,
        name => Arc::clone(found(&host, name)?),
    };
    let outlet = host.outlet(plugin.manifest(), arguments.connection.as_deref())?;
    let masks = host.masks();
    let mut all = Vec::new();
    for folder in folders {
        let recording = case::record(
            &host.runtime,
            &plugin,
            folder,
            outlet.as_ref(),
            &recorder,
            &masks,
        );
        all.push(recording.await.map_err(refused)?);
    }
    Ok(all)
}

fn refused(error: CaseError) -> Refusal {
    let refusal = Refusal::usage(error.to_string());
    match std::error::Error::source(&error) {
        Some(why) if !matches!(error, CaseError::Settings { .. }) => refusal.because(why),
        _ => refusal,
    }
}

fn write_for_people(
    out: &mut dyn Write,
    arguments: &TestArguments,
    played: &[Played],
    failed: usize,
) -> std::io::Result<()> {
    for played in played {
        let name = played
            .case
            .file_name()
            .unwrap_or(played.case.as_os_str())
            .to_string_lossy();
        let about = reply::one_line(&played.about);
        if played.differences.is_empty() {
            let word = match (arguments.record, arguments.accept) {
                (true, _) => "recorded",
                (_, true) => "accepted",
                _ => "passed",
            };
            writeln!(out, "{PASSED}{word}{PASSED:#} {name}: {about}")?;
            continue;
        }
        writeln!(out, "{FAILED}failed{FAILED:#} {name}: {about}")?;
        for difference in &played.differences {
            writeln!(out, "  {}", reply::one_line(difference))?;
        }
    }
    let cases = number(played.len(), "case");
    match failed {
        0 => writeln!(out, "{cases}, no differences"),
        _ => writeln!(out, "{cases}, {failed} failed"),
    }
}
