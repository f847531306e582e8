//! The check of conformance: does a component keep the contract, whatever its
//! back end does?
//!
//! Every function is called with made-up parameters against a back end on
//! loopback that notes what it is asked and misbehaves in every way that back
//! ends do. What is wrong is collected, never the first thing alone.
//!
//! A made-up back end does not know the plugin's API, so most calls end as
//! *false* or as a failure, and the fields of a *true* outcome are rarely seen.
//! Those are for recorded cases ([`crate::case`]).

mod call;
mod finding;
mod manifest;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use krabice_runtime::{Import, LoadError, Plugin, Reason, Runtime};
use krabice_scenario::Severity;
use serde::Serialize;

pub use crate::fault::Situation;
use crate::passport::Passport;
use crate::stage::StageError;
pub use finding::{Code, Finding};

use finding::Findings;

/// What a check of conformance found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The plugin's name and version, its digest and its contract; none where the
    /// file could not tell them.
    pub plugin: Option<Identity>,
    /// The imports of the component; empty where it could not be compiled.
    pub imports: Vec<Imported>,
    /// What it is given, where that can go, and what it changes.
    pub passport: Option<Passport>,
    /// What it takes.
    pub measured: Measured,
    /// What its functions did, and `probe`, and live choices.
    pub functions: Vec<Tried>,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
}

/// Which plugin it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// The version of the contract that it is made for.
    pub contract: String,
    /// The SHA-256 of the file.
    pub sha256: String,
}

/// One import.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Imported {
    /// The interface with its version.
    pub name: String,
    /// Whether this host has something behind it.
    pub allowed: bool,
    /// What that is, or why there is nothing.
    pub why: &'static str,
}

/// What the plugin takes, over all calls.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measured {
    /// The size of the file.
    pub file_bytes: u64,
    /// From the file to a plugin that can be called; less when it was compiled
    /// before.
    pub load_milliseconds: f64,
    /// The quickest call: what the start of an instance costs.
    pub start_milliseconds: f64,
    /// The most memory of a call.
    pub memory_bytes: usize,
    /// The limit that it is measured against.
    pub memory_limit_bytes: usize,
    /// The most time that a call computed.
    pub computed_milliseconds: f64,
    /// How many calls were made.
    pub calls: usize,
}

/// What a function did in the calls of the check.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tried {
    /// The function, `probe`, or `FUNCTION.PARAMETER` for live choices.
    pub name: String,
    /// How many calls were made.
    pub calls: usize,
    /// How the calls ended: `true`, `false`, or the class of a failure, each with
    /// its count.
    pub outcomes: IndexMap<&'static str, usize>,
    /// How the call with ordinary parameters ended in each situation.
    pub situations: Vec<Ended>,
    /// The most requests of a call.
    pub requests: usize,
    /// The most memory of a call.
    pub memory_bytes: usize,
    /// The most time that a call computed.
    pub computed_milliseconds: f64,
    /// Why the rest was not tried, where it was not.
    pub cut_short: Option<&'static str>,
}

/// How a call ended in a situation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ended {
    /// What the back end did.
    pub situation: Situation,
    /// `true`, `false`, or the class of the failure.
    pub outcome: &'static str,
    /// Whether the back end was asked at all.
    pub asked: bool,
}

impl Report {
    /// How many findings are errors, and how many warnings.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let errors = self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .count();
        (errors, self.findings.len() - errors)
    }
}

/// Why a check could not even begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(LoadError),
    /// The settings that were given do not fit the plugin.
    #[error("no connection can be made up: {0}")]
    Settings(#[from] StageError),
    /// There is no back end.
    #[error("no back end can be started on loopback")]
    Loopback(#[from] std::io::Error),
}

/// Checks a component. `settings` are values for settings of the connection that
/// is made up, by name: some plugins need ones that make sense.
///
/// # Errors
/// The check could not begin; what is wrong with the plugin is in the report.
pub async fn check(
    runtime: &Runtime,
    file: &Path,
    settings: &IndexMap<String, String>,
) -> Result<Report, CheckError> {
    let mut report = Report {
        file: file.to_owned(),
        plugin: None,
        imports: Vec::new(),
        passport: None,
        measured: Measured {
            file_bytes: std::fs::metadata(file).map_or(0, |about| about.len()),
            memory_limit_bytes: runtime.limits().memory_bytes,
            ..Measured::default()
        },
        functions: Vec::new(),
        findings: Vec::new(),
    };
    let mut findings = Findings::default();
    let started = Instant::now();
    match runtime.load(file).await {
        Err(LoadError {
            reason: reason @ Reason::Unreadable(_),
            file,
        }) => return Err(CheckError::Unreadable(LoadError { file, reason })),
        Err(error) => {
            match &error.reason {
                Reason::Imports(imports) => report.imports = imported(imports),
                Reason::Manifest(_, known) => {
                    report.imports = imported(&known.imports);
                    report.plugin = Some(Identity {
                        name: known.name.clone(),
                        version: known.version.clone(),
                        contract: known.contract.clone(),
                        sha256: known.digest.clone(),
                    });
                }
                _ => {}
            }
            refused(&error.reason, &mut findings);
        }
        Ok(plugin) => {
            report.measured.load_milliseconds = milliseconds(started.elapsed());
            report.imports = imported(plugin.imports());
            report.plugin = Some(identity(&plugin));
            report.passport = Some(Passport::of(plugin.manifest()));
            manifest::check(plugin.manifest(), &mut findings);
            call::all(runtime, &plugin, settings, &mut report, &mut findings).await?;
            // A second time, and after all that: it must say the same again.
            let again = runtime.load(file).await.ok();
            let again = again.as_ref().map(|again| again.manifest());
            manifest::compare(plugin.manifest(), again, &mut findings);
        }
    }
    report.findings = findings.into_vec();
    Ok(report)
}

fn identity(plugin: &Plugin) -> Identity {
    Identity {
        name: plugin.name().to_owned(),
        version: plugin.manifest().version.clone(),
        contract: plugin.contract().to_owned(),
        sha256: plugin.digest().to_owned(),
    }
}

fn imported(imports: &[Import]) -> Vec<Imported> {
    imports
        .iter()
        .map(|import| Imported {
            name: import.name.clone(),
            allowed: import.allowed,
            why: import.why,
        })
        .collect()
}

/// Why a file is no plugin, as findings.
fn refused(reason: &Reason, findings: &mut Findings) {
    match reason {
        Reason::Imports(imports) => {
            for import in imports.iter().filter(|import| !import.allowed) {
                findings.add(Code::IMPORT, &import.name, import.why);
            }
        }
        Reason::Manifest(problems, _) => {
            for problem in problems {
                findings.add(Code::MANIFEST, &problem.at, &problem.message);
            }
        }
        reason => {
            let message = format!("the file {} (`{}`)", reason.with_causes(), reason.code());
            findings.add(Code::NOT_LOADED, "the file", message);
        }
    }
}

/// Milliseconds with one digit after the point: finer is noise.
fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 10_000.0).round() / 10.0
}
