//! `krabice check`

use std::io::Write;

use krabice_scenario::Severity;

use crate::cli::CheckArguments;
use crate::error::{CliError, Verdict};
use crate::finding::{self, Finding, OutputStyle};
use crate::host::Host;
use crate::redact::Redactor;
use crate::scenario_folder::ScenarioFolder;
use crate::{configuration, output};

pub(crate) async fn check(
    arguments: &CheckArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    let (calls, rules, mistakes) = configuration::shared_with_problems(&arguments.plugins.limits);
    let mut findings = configuration::findings(&mistakes);
    let (plugins, connections) = (&arguments.plugins, &arguments.connections);
    let (host, found) = Host::checked(plugins, connections, calls, rules, redactor).await?;
    findings.extend(found);
    host.warn_of_broken_plugins();
    host.note_unchecked();
    let world = host.world();
    let mut signed = Vec::new();
    for file in &arguments.scenarios {
        let (checked, found) = ScenarioFolder::of(file)?.check(file, &world)?;
        findings.extend(found);
        if !checked.unverified.is_empty() {
            let boxes = output::quoted_list(&checked.unverified);
            signed.push(format!("{} signs as unverified: {boxes}", file.display()));
        }
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &findings)?;
    } else {
        write!(
            out,
            "{}",
            finding::render(&findings, OutputStyle::of(&std::io::stdout()))
        )?;
        let files = finding::number(arguments.scenarios.len(), "scenario");
        for note in signed {
            writeln!(out, "note: {note}")?;
        }
        writeln!(out, "{files} checked: {}", finding::count(&findings))?;
    }
    let counts = |finding: &Finding| finding.severity == Severity::Error || arguments.deny_warnings;
    Ok(if findings.iter().any(counts) {
        Verdict::No
    } else {
        Verdict::Fine
    })
}
