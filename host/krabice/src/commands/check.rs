//! `krabice check`

use std::io::Write;

use krabice_scenario::Severity;

use crate::cli::CheckArguments;
use crate::finding::{self, Finding, Look};
use crate::host::Host;
use crate::library::Shelf;
use crate::redact::Redactor;
use crate::refusal::{Refusal, Verdict};
use crate::reply;

pub(crate) async fn check(
    arguments: &CheckArguments,
    redactor: &Redactor,
) -> Result<Verdict, Refusal> {
    let host = Host::with_connections(&arguments.plugins, &arguments.connections, redactor).await?;
    host.warn_of_broken_plugins();
    host.note_unknown();
    let world = host.world();
    let mut findings: Vec<Finding> = Vec::new();
    for file in &arguments.scenarios {
        let shelf = Shelf::of(file)?;
        findings.extend(shelf.check(file, &world)?.1);
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, &findings)?;
    } else {
        write!(
            out,
            "{}",
            finding::render(&findings, Look::of(&std::io::stdout()))
        )?;
        let files = finding::number(arguments.scenarios.len(), "scenario");
        writeln!(out, "{files} checked: {}", finding::count(&findings))?;
    }
    let fails = |finding: &Finding| finding.severity == Severity::Error || arguments.deny_warnings;
    Ok(if findings.iter().any(fails) {
        Verdict::No
    } else {
        Verdict::Fine
    })
}
