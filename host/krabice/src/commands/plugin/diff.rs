//! `krabice plugin diff`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use krabice_contract::Manifest;
use krabice_kit::comparison::{self, Change, Weight};
use krabice_runtime::Plugin;
use krabice_scenario::{Severity, World};
use serde::Serialize;

use crate::cli::plugin::DiffArguments;
use crate::commands::plugins;
use crate::error::{CliError, Verdict};
use crate::finding::{Finding, OutputStyle};
use crate::host::Host;
use crate::scenario_folder::ScenarioFolder;
use crate::{finding, output, terminal};

const BREAKING: Style = AnsiColor::Red.on_default().bold();
const MORE: Style = AnsiColor::Yellow.on_default().bold();
const COMPATIBLE: Style = AnsiColor::Green.on_default();

/// The comparison, as `--json` writes it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    plugin: String,
    old_version: String,
    new_version: String,
    /// The lowest version that the changes need, when the new version is lower.
    #[serde(skip_serializing_if = "Option::is_none")]
    version_asked: Option<String>,
    compatible: bool,
    changes: Vec<Change>,
    /// Scenarios with errors that they did not have with the old plugin.
    broken_scenarios: Vec<BrokenScenario>,
    /// The number of scenarios that call the plugin.
    scenarios: usize,
}

/// A scenario with its new errors.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct BrokenScenario {
    scenario: PathBuf,
    findings: Vec<Finding>,
}

pub(crate) async fn diff(arguments: &DiffArguments) -> Result<Verdict, CliError> {
    let host = Host::with_plugins(&arguments.plugins).await?;
    let old = plugins::load(&host.runtime, &arguments.old).await?;
    let new = plugins::load(&host.runtime, &arguments.new).await?;
    let changes = comparison::compare(
        old.manifest(),
        new.manifest(),
        (&imports(&old), &imports(&new)),
    );
    let (scenarios, broken_scenarios) = match &arguments.scenarios {
        Some(folder) => broken_scenarios(folder, &host, old.manifest(), new.manifest())?,
        None => (0, Vec::new()),
    };
    let compatible = broken_scenarios.is_empty()
        && changes
            .iter()
            .all(|change| change.weight == Weight::Compatible);
    // The version need not rise between two different plugins, or when the file is the same.
    let comparable = old.name() == new.name() && old.digest() != new.digest();
    let version_asked = comparable
        .then(|| {
            let [old, new] = [&old, &new].map(|plugin| plugin.manifest().version.as_str());
            comparison::version_asked(old, new, &changes)
        })
        .flatten();
    let report = Report {
        version_asked: version_asked.map(|version| version.to_string()),
        plugin: new.name().to_owned(),
        old_version: old.manifest().version.clone(),
        new_version: new.manifest().version.clone(),
        compatible,
        changes,
        broken_scenarios,
        scenarios,
    };
    if let Some(needed) = &report.version_asked {
        terminal::warn(&format!(
            "the version of `{}` went from {} to {}, but the changes need at least {needed}",
            report.plugin, report.old_version, report.new_version
        ));
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &report)?;
    } else {
        write_for_people(&mut out, arguments, &report)?;
    }
    Ok(if compatible {
        Verdict::Fine
    } else {
        Verdict::No
    })
}

fn imports(plugin: &Plugin) -> Vec<String> {
    plugin
        .imports()
        .iter()
        .map(|import| import.name.clone())
        .collect()
}

/// The number of scenarios in a folder that call the plugin, and those of them that have errors with
/// the new manifest that they did not have with the old one. An error that is there with both is not
/// counted.
fn broken_scenarios(
    folder: &Path,
    host: &Host,
    old: &Manifest,
    new: &Manifest,
) -> Result<(usize, Vec<BrokenScenario>), CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::usage(format!("the folder `{}` cannot be read", folder.display())).because(&error)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    let others = || {
        host.plugins
            .values()
            .map(|plugin| plugin.manifest())
            .filter(|manifest| manifest.name != old.name && manifest.name != new.name)
    };
    let with_old = World::default().with_manifests(others().chain([old]));
    let with_new = World::default().with_manifests(others().chain([new]));
    let without = World::default().with_manifests(others());
    let mut callers = 0;
    let mut all = Vec::new();
    for file in files {
        let shelf = ScenarioFolder::of(&file)?;
        let errors = |world: &World<'_>| -> Result<Vec<Finding>, CliError> {
            let (_, findings) = shelf.check(&file, world)?;
            let errors = findings
                .into_iter()
                .filter(|finding| finding.severity == Severity::Error);
            Ok(errors.collect())
        };
        let before = counted(&errors(&with_old)?);
        // A scenario whose errors are the same without the plugin does not call it.
        if counted(&errors(&without)?) == before {
            continue;
        }
        callers += 1;
        let mut known = before;
        let findings: Vec<_> = errors(&with_new)?
            .into_iter()
            .filter(|finding| match known.get_mut(&finding.key()) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            })
            .collect();
        if !findings.is_empty() {
            all.push(BrokenScenario {
                scenario: file,
                findings,
            });
        }
    }
    Ok((callers, all))
}

/// The number of findings with the same code, path and message.
fn counted(findings: &[Finding]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for finding in findings {
        *counted.entry(finding.key()).or_default() += 1;
    }
    counted
}

fn write_for_people(
    out: &mut dyn Write,
    arguments: &DiffArguments,
    report: &Report,
) -> std::io::Result<()> {
    writeln!(
        out,
        "{} {} -> {}",
        report.plugin, report.old_version, report.new_version
    )?;
    for change in &report.changes {
        let style = match change.weight {
            Weight::Breaking => BREAKING,
            Weight::AsksForMore => MORE,
            Weight::Compatible => COMPATIBLE,
        };
        let word = change.weight.word();
        let (at, what) = (output::one_line(&change.at), output::one_line(&change.what));
        writeln!(out, "{style}{word}{style:#} `{at}` {what}")?;
    }
    for broken in &report.broken_scenarios {
        writeln!(
            out,
            "{BREAKING}breaking{BREAKING:#} the scenario `{}` has errors that it did not have before",
            broken.scenario.display()
        )?;
        let look = OutputStyle::of(&std::io::stdout());
        write!(out, "{}", finding::render(&broken.findings, look))?;
    }
    if arguments.scenarios.is_some() {
        let (scenarios, broken) = (report.scenarios, report.broken_scenarios.len());
        writeln!(
            out,
            "scenarios that use this plugin: {scenarios}; with new errors: {broken}"
        )?;
    }
    let verdict = match (report.compatible, report.changes.is_empty()) {
        (true, true) => "nothing changed in the contract",
        (true, false) => "compatible",
        (false, _) => "not compatible",
    };
    writeln!(out, "{verdict}")
}
