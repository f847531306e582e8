//! `krabice plugin test`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use krabice_kit::case::{self, CaseError, Played, Recorder};
use krabice_runtime::{Plugin, Runtime};
use serde::Serialize;
use serde_json::Value as Json;

use crate::cli::plugin::TestArguments;
use crate::commands::plugins;
use crate::error::{CliError, Verdict};
use crate::finding::number;
use crate::host::{self, Host};
use crate::redact::Redactor;
use crate::{output, terminal};

const FAILED: Style = AnsiColor::Red.on_default().bold();
const PASSED: Style = AnsiColor::Green.on_default();
/// A call that failed, and was to be recorded or accepted.
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
    let tried = match arguments.record {
        true => record(arguments, &folders, redactor).await?,
        false => play(arguments, &folders).await?,
    };
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &tried)?;
    } else {
        write_for_people(&mut out, arguments, &tried)?;
    }
    let mut verdict = Verdict::Fine;
    for tried in &tried {
        match tried {
            Tried::Unplayable { refusal, .. } => {
                refusal.report();
                verdict = Verdict::Usage;
            }
            Tried::Played(played) => {
                if arguments.record {
                    warn_of_failure(played);
                }
                if !played.differences.is_empty() && verdict == Verdict::Fine {
                    verdict = Verdict::No;
                }
            }
        }
    }
    Ok(verdict)
}

/// What came of a case. One that cannot be played hides none of the others.
#[derive(Serialize)]
#[serde(untagged)]
enum Tried {
    Played(Played),
    Unplayable {
        case: PathBuf,
        error: String,
        #[serde(skip)]
        refusal: CliError,
    },
}

impl Tried {
    fn of(folder: &Path, result: Result<Played, CaseError>) -> Tried {
        result.map_or_else(
            |error| Tried::Unplayable {
                case: folder.to_owned(),
                error: error.to_string(),
                refusal: refused(error),
            },
            Tried::Played,
        )
    }
}

/// A back end that refuses or is away is hardly what a case is about.
fn warn_of_failure(played: &Played) {
    if let Some(class @ ("unauthorised" | "unavailable")) = played.failure() {
        terminal::warn(&format!(
            "`{}` is recorded as `{class}`: look at the connection and record it again, unless \
             that is what it is about",
            played.case.display()
        ));
    }
}

async fn play(arguments: &TestArguments, folders: &[PathBuf]) -> Result<Vec<Tried>, CliError> {
    let (runtime, plugin) = plugin(arguments).await?;
    let mut all = Vec::new();
    for folder in folders {
        let mut result = case::play(&runtime, &plugin, folder).await;
        if arguments.accept
            && let Ok(played) = &mut result
            && let Err(error) = case::accept(played)
        {
            result = Err(error);
        }
        all.push(Tried::of(folder, result));
    }
    Ok(all)
}

/// The plugin that was named, or the only one that is found.
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

/// The plugin of that name, or the only one that the host has found.
fn found<'a>(host: &'a Host, name: Option<&str>) -> Result<&'a Arc<Plugin>, CliError> {
    let mut found = host.plugins.values();
    match (name, found.next(), found.next()) {
        (Some(name), _, _) => host.plugin(name),
        (None, Some(only), None) => Ok(only),
        (None, None, _) => Err(CliError::usage("no plugin was found")
            .help("name the component with `--plugin FILE.wasm`")),
        (None, Some(_), Some(_)) => Err(CliError::usage("several plugins were found")
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
) -> Result<Vec<Tried>, CliError> {
    terminal::note(
        "recordings hold what the back end tells, personal data included; \
         credentials alone are left out",
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
        all.push(Tried::of(folder, recording.await));
    }
    Ok(all)
}

fn refused(error: CaseError) -> CliError {
    let refusal = CliError::usage(error.to_string());
    match std::error::Error::source(&error) {
        Some(why) if !matches!(error, CaseError::Settings { .. }) => refusal.because(why),
        _ => refusal,
    }
}

fn write_for_people(
    out: &mut dyn Write,
    arguments: &TestArguments,
    tried: &[Tried],
) -> std::io::Result<()> {
    let (mut cases, mut failed) = (0, 0);
    for tried in tried {
        let Tried::Played(played) = tried else {
            continue;
        };
        cases += 1;
        let name = played
            .case
            .file_name()
            .unwrap_or(played.case.as_os_str())
            .to_string_lossy();
        let about = output::one_line(&played.about);
        if played.differences.is_empty() {
            let word = match (arguments.record, arguments.accept) {
                (true, _) => "recorded",
                (_, true) => "accepted",
                _ => {
                    writeln!(out, "{PASSED}passed{PASSED:#} {name}: {about}")?;
                    continue;
                }
            };
            let style = match played.failure() {
                Some(_) => DOUBTFUL,
                None => PASSED,
            };
            writeln!(out, "{style}{word}{style:#} {name}: {about}")?;
            writeln!(out, "  {}", outcome(played))?;
            continue;
        }
        failed += 1;
        writeln!(out, "{FAILED}failed{FAILED:#} {name}: {about}")?;
        for difference in &played.differences {
            writeln!(out, "  {}", output::one_line(&difference.to_string()))?;
        }
        if arguments.accept {
            writeln!(
                out,
                "  not accepted: its requests are not the recorded ones"
            )?;
        }
    }
    let unplayable = tried.len() - cases;
    let mut said = Vec::new();
    if failed > 0 {
        said.push(format!("{failed} failed"));
    }
    if unplayable > 0 {
        said.push(format!("{unplayable} could not be tried"));
    }
    if said.is_empty() {
        said.push("no differences".to_owned());
    }
    writeln!(out, "{}, {}", number(tried.len(), "case"), said.join(", "))
}

/// What a case came to, on one line: ``outcome `true`; fields status, paid``.
fn outcome(played: &Played) -> String {
    let Some(members) = played.outcome.as_object() else {
        return String::new();
    };
    let parts = members.iter().map(|(name, value)| match value {
        // Their values are in the file, and may be personal.
        Json::Object(fields) => {
            let names: Vec<_> = fields.keys().map(String::as_str).collect();
            format!("{name} {}", names.join(", "))
        }
        Json::Array(items) => format!("{} {name}", items.len()),
        Json::String(text) if matches!(name.as_str(), "outcome" | "class" | "parameter") => {
            format!("{name} `{}`", output::one_line(text))
        }
        _ => name.clone(),
    });
    parts.collect::<Vec<_>>().join("; ")
}
