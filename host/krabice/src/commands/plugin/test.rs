//! `krabice plugin test`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use krabice_kit::case::{self, CaseError, CaseReport, Recorder};
use krabice_runtime::{Plugin, Runtime};
use serde::Serialize;
use serde_json::Value as Json;

use super::caused;
use crate::cli::plugin::TestArguments;
use crate::commands::plugins;
use crate::error::{CliError, Verdict};
use crate::finding::number;
use crate::host::{self, Host};
use crate::redact::Redactor;
use crate::{output, terminal};

const FAILED: Style = AnsiColor::Red.on_default().bold();
const PASSED: Style = AnsiColor::Green.on_default();
/// A failure that was recorded or accepted as the expected outcome.
const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();

pub(crate) async fn test(
    arguments: &TestArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    let folders = case::folders(&arguments.cases).map_err(refused)?;
    if folders.is_empty() {
        let folder = arguments.cases.display();
        return Err(CliError::usage(format!("`{folder}` holds no case"))
            .help("a case is a folder with a `case.json`"));
    }
    let results = if arguments.record {
        record(arguments, &folders, redactor).await?
    } else {
        play(arguments, &folders).await?
    };
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &results)?;
    } else {
        write_for_people(&mut out, arguments, &results)?;
    }
    let mut verdict = Verdict::Fine;
    for result in &results {
        match result {
            CaseResult::Unplayable { refusal, .. } => {
                refusal.report();
                verdict = Verdict::Usage;
            }
            CaseResult::Played(report) => {
                if arguments.record {
                    warn_of_failure(report);
                }
                if !report.differences.is_empty() && verdict == Verdict::Fine {
                    verdict = Verdict::No;
                }
            }
        }
    }
    Ok(verdict)
}

/// The result of a case. A case that cannot be played does not stop the others.
#[derive(Serialize)]
#[serde(untagged)]
enum CaseResult {
    Played(CaseReport),
    Unplayable {
        case: PathBuf,
        error: String,
        #[serde(skip)]
        refusal: CliError,
    },
}

impl CaseResult {
    fn of(folder: &Path, result: Result<CaseReport, CaseError>) -> CaseResult {
        result.map_or_else(
            |error| CaseResult::Unplayable {
                case: folder.to_owned(),
                error: error.to_string(),
                refusal: refused(error),
            },
            CaseResult::Played,
        )
    }
}

/// Warns of a recording of a back end that refused the login or did not answer: few cases are about
/// that.
fn warn_of_failure(report: &CaseReport) {
    if let Some(class @ ("unauthorised" | "unavailable")) = report.failure() {
        terminal::warn(&format!(
            "`{}` is recorded as `{class}`: check the connection and record it again, unless the \
             case is about this failure",
            report.case.display()
        ));
    }
}

async fn play(arguments: &TestArguments, folders: &[PathBuf]) -> Result<Vec<CaseResult>, CliError> {
    let (runtime, plugin) = plugin(arguments).await?;
    let mut all = Vec::new();
    for folder in folders {
        let mut result = case::play(&runtime, &plugin, folder).await;
        if arguments.accept
            && let Ok(report) = &mut result
            && let Err(error) = case::accept(report)
        {
            result = Err(error);
        }
        all.push(CaseResult::of(folder, result));
    }
    Ok(all)
}

/// The plugin that the arguments name, else the only one that is found.
async fn plugin(arguments: &TestArguments) -> Result<(Runtime, Arc<Plugin>), CliError> {
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

/// The plugin of that name; without a name, the only one that the host found.
fn found<'a>(host: &'a Host, name: Option<&str>) -> Result<&'a Arc<Plugin>, CliError> {
    let mut found = host.plugins.values();
    match (name, found.next(), found.next()) {
        (Some(name), _, _) => host.plugin(name),
        (None, Some(only), None) => Ok(only),
        (None, None, _) => Err(CliError::usage("no plugin was found")
            .help("name the component with `--plugin FILE.wasm`")),
        (None, Some(_), Some(_)) => {
            Err(CliError::usage("several plugins were found")
                .help("name one of them with `--plugin`"))
        }
    }
}

fn is_file(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "wasm")
}

/// Records each case from the live back end.
async fn record(
    arguments: &TestArguments,
    folders: &[PathBuf],
    redactor: &Redactor,
) -> Result<Vec<CaseResult>, CliError> {
    terminal::note(
        "recordings hold everything that the back end answers, personal data included; only \
         credentials are left out",
    );
    let recorder = Recorder::new();
    let mut host =
        Host::with_connections(&arguments.plugins, &arguments.connections, redactor).await?;
    host.show_requests_to(Arc::clone(&recorder) as _);
    let plugin = match arguments.plugin.as_deref() {
        Some(name) if is_file(name) => plugins::load_locked(&host.runtime, Path::new(name)).await?,
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
        all.push(CaseResult::of(folder, recording.await));
    }
    Ok(all)
}

fn refused(error: CaseError) -> CliError {
    caused(CliError::usage(error.to_string()), &error)
}

fn write_for_people(
    out: &mut dyn Write,
    arguments: &TestArguments,
    results: &[CaseResult],
) -> std::io::Result<()> {
    let (mut played, mut failed) = (0, 0);
    for result in results {
        let CaseResult::Played(report) = result else {
            continue;
        };
        played += 1;
        failed += usize::from(!report.differences.is_empty());
        write_case(out, arguments, report)?;
    }
    let unplayable = results.len() - played;
    let mut counts = Vec::new();
    if failed > 0 {
        counts.push(format!("{failed} failed"));
    }
    if unplayable > 0 {
        counts.push(format!("{unplayable} could not be played"));
    }
    if counts.is_empty() {
        counts.push("no differences".to_owned());
    }
    let cases = number(results.len(), "case");
    writeln!(out, "{cases}, {}", counts.join(", "))
}

fn write_case(
    out: &mut dyn Write,
    arguments: &TestArguments,
    report: &CaseReport,
) -> std::io::Result<()> {
    let name = report.case.file_name().unwrap_or(report.case.as_os_str());
    let (name, about) = (name.to_string_lossy(), output::one_line(&report.about));
    if !report.differences.is_empty() {
        writeln!(out, "{FAILED}failed{FAILED:#} {name}: {about}")?;
        for difference in &report.differences {
            writeln!(out, "  {}", output::one_line(&difference.to_string()))?;
        }
        if arguments.accept {
            writeln!(
                out,
                "  not accepted: the requests differ from the recording"
            )?;
        }
        return Ok(());
    }
    if !arguments.record && !arguments.accept {
        return writeln!(out, "{PASSED}passed{PASSED:#} {name}: {about}");
    }
    let word = if arguments.record {
        "recorded"
    } else {
        "accepted"
    };
    let style = report.failure().map_or(PASSED, |_| DOUBTFUL);
    writeln!(out, "{style}{word}{style:#} {name}: {about}")?;
    writeln!(out, "  {}", outcome(report))
}

/// The outcome of a case on one line: ``outcome `true`; fields status, paid``.
fn outcome(report: &CaseReport) -> String {
    let Some(members) = report.outcome.as_object() else {
        return String::new();
    };
    let parts = members.iter().map(|(name, value)| match value {
        // The values are in the file; here they may be personal data on a screen.
        Json::Object(fields) => {
            let names: Vec<_> = fields.keys().map(String::as_str).collect();
            format!("{name} {}", names.join(", "))
        }
        Json::Array(items) => format!("{} {name}", items.len()),
        Json::String(text) if matches!(name.as_str(), "outcome" | "class" | "parameter") => {
            format!("{name} `{}`", output::one_line(text))
        }
        Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null => name.clone(),
    });
    parts.collect::<Vec<_>>().join("; ")
}
