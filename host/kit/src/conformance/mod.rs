//! The check of conformance: does a component keep the contract, whatever its back end does?
//!
//! Every function is called with made-up parameters against a back end on loopback that records its
//! requests and misbehaves in every way that back ends do. The check collects everything that is
//! wrong and does not stop at the first problem.
//!
//! A made-up back end does not know the plugin's API, so most calls end as *false* or as a failure,
//! and the fields of a *true* outcome are rarely seen. Recorded cases ([`crate::case`]) test those.

mod call;
mod finding;
mod manifest;

use std::path::{Path, PathBuf};
use std::time::Instant;

use indexmap::IndexMap;
use krabice_runtime::{Import, LoadError, Plugin, Reason, Runtime};
use krabice_scenario::Severity;
use serde::Serialize;

use crate::milliseconds;
use crate::passport::Passport;
pub use crate::situation::Situation;
use crate::test_connection::TestConnectionError;
use finding::Findings;
pub use finding::{Code, Finding};

/// The result of a check of conformance.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The plugin's name and version, its digest and its contract; None when the file does not tell
    /// them.
    pub plugin: Option<Identity>,
    /// The imports of the component; empty when it cannot be compiled.
    pub imports: Vec<Imported>,
    /// What the plugin is given, where that can go, and what it changes.
    pub passport: Option<Passport>,
    /// The time and the memory that the plugin takes.
    pub measured: Measured,
    /// `probe`, live choices and the functions, in the order of their calls.
    pub functions: Vec<FunctionReport>,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
}

/// The identity of a plugin.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// The plugin's name.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// The version of the contract that the plugin is made for.
    pub contract: String,
    /// The SHA-256 of the file.
    pub sha256: String,
}

/// An import of the component.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Imported {
    /// The interface with its version.
    pub name: String,
    /// Whether this host provides the interface.
    pub allowed: bool,
    /// What the host provides, or why it provides nothing.
    pub why: &'static str,
}

/// The time and the memory that the plugin takes, over all calls.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measured {
    /// The size of the file.
    pub file_bytes: u64,
    /// The time from the file to a plugin that can be called; less when it is in the cache of
    /// compiled plugins.
    pub load_milliseconds: f64,
    /// The time of the quickest call: about what the start of an instance costs.
    pub start_milliseconds: f64,
    /// The most memory of a call.
    pub memory_bytes: usize,
    /// The limit of the memory of a call.
    pub memory_limit_bytes: usize,
    /// The most time that a call computed.
    pub computed_milliseconds: f64,
    /// The number of calls.
    pub calls: usize,
}

/// The calls of one function, summed up.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FunctionReport {
    /// The function, `probe`, or `FUNCTION.PARAMETER` for live choices.
    pub name: String,
    /// The number of calls.
    pub calls: usize,
    /// How the calls ended: `true`, `false`, or the class of a failure, each with its count.
    pub outcomes: IndexMap<&'static str, usize>,
    /// How the call with ordinary parameters ended in each situation.
    pub situations: Vec<SituationOutcome>,
    /// The most requests of a call.
    pub requests: usize,
    /// The most memory of a call.
    pub memory_bytes: usize,
    /// The most time that a call computed.
    pub computed_milliseconds: f64,
    /// Why the check left out the rest of the calls; None when it made all.
    pub cut_short: Option<&'static str>,
}

impl FunctionReport {
    fn new(name: impl Into<String>) -> FunctionReport {
        FunctionReport {
            name: name.into(),
            ..FunctionReport::default()
        }
    }
}

/// How the call with ordinary parameters ended in one situation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SituationOutcome {
    /// The situation of the back end.
    pub situation: Situation,
    /// `true`, `false`, or the class of the failure.
    pub outcome: &'static str,
    /// Whether the call asked the back end at all.
    pub asked: bool,
}

impl Report {
    /// The number of errors and the number of warnings.
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

/// A check that cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The file cannot be read.
    #[error("`{}` cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// The given settings do not make a connection of the plugin.
    #[error("the settings do not make a connection of the plugin")]
    Settings(#[from] TestConnectionError),
    /// The back end of the check cannot start.
    #[error("a back end cannot be started on 127.0.0.1")]
    Loopback(#[from] std::io::Error),
}

/// Checks a component. `settings` are values for settings of the test connection, by name: some
/// plugins do little without values that make sense.
///
/// # Errors
/// The check cannot begin. What is wrong with the plugin is in the report.
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
            reason: Reason::Unreadable(source),
            file,
        }) => return Err(CheckError::Unreadable { file, source }),
        Err(error) => {
            if let Reason::Imports(imports) = &error.reason {
                report.imports = imported(imports);
            } else if let Reason::Manifest(_, known) = &error.reason {
                report.imports = imported(&known.imports);
                report.plugin = Some(Identity {
                    name: known.name.clone(),
                    version: known.version.clone(),
                    contract: known.contract.clone(),
                    sha256: known.digest.clone(),
                });
            }
            not_loaded(&error.reason, &mut findings);
        }
        Ok(plugin) => {
            report.measured.load_milliseconds = milliseconds(started.elapsed());
            report.imports = imported(plugin.imports());
            report.plugin = Some(identity(&plugin));
            report.passport = Some(Passport::of(plugin.manifest()));
            manifest::check(plugin.manifest(), &mut findings);
            call::all(runtime, &plugin, settings, &mut report, &mut findings).await?;
            // The second manifest, after all these calls, must be the same as the first.
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

/// Reports why a file is not a plugin.
fn not_loaded(reason: &Reason, findings: &mut Findings) {
    if let Reason::Imports(imports) = reason {
        for import in imports.iter().filter(|import| !import.allowed) {
            findings.add(Code::IMPORT, &import.name, import.why);
        }
    } else if let Reason::Manifest(problems, _) = reason {
        for problem in problems {
            findings.add(Code::MANIFEST, &problem.at, &problem.message);
        }
    } else {
        let message = format!("the file {} (`{}`)", reason.with_causes(), reason.code());
        findings.add(Code::NOT_LOADED, "the file", message);
    }
}
