//! `krabice serve --check`: everything that the server would read, without starting it.

use std::io::Write;
use std::path::{Path, PathBuf};

use krabice_config::Problem;
use krabice_egress::SecretMask;
use krabice_scenario::Severity;

use super::serve;
use crate::cli::ServeArguments;
use crate::configuration::{self, Configuration};
use crate::error::{CliError, Verdict};
use crate::finding::{self, Finding, OutputStyle};
use crate::host::Host;
use crate::output;
use crate::redact::Redactor;
use crate::scenario_folder::ScenarioFolder;

/// Checks the configuration, the connections, the plugins with their lock, and the scenarios. The
/// store's address is checked, and the store is not opened.
///
/// # Errors
/// A folder cannot be read.
pub(super) async fn check(
    arguments: &ServeArguments,
    read: Result<Configuration, Vec<Problem>>,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    let mut findings = Vec::new();
    // What a mistaken configuration says of places is unknown, so the rest is not guessed.
    match read {
        Err(problems) => findings.extend(configuration::findings(&problems)),
        Ok(configuration) => {
            let url = serve::store(&arguments.store, &configuration)?;
            redactor.learn(SecretMask::new(url.password()));
            let plugins = serve::plugin_options(arguments, &configuration);
            let connections = serve::connection_options(arguments, &configuration);
            let rules = configuration.settings.network.clone();
            let calls = configuration.calls.clone();
            let (host, problems) =
                Host::checked(&plugins, &connections, calls, rules, redactor).await?;
            findings.extend(host.broken_plugins());
            findings.extend(problems);
            let files = scenario_files(&serve::scenarios(arguments, &configuration))?;
            let world = host.world();
            for file in &files {
                findings.extend(ScenarioFolder::of(file)?.check(file, &world)?.1);
            }
        }
    }
    write(&findings, arguments.json)?;
    let wrong = |finding: &Finding| finding.severity == Severity::Error;
    Ok(if findings.iter().any(wrong) {
        Verdict::No
    } else {
        Verdict::Fine
    })
}

fn write(findings: &[Finding], json: bool) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    if json {
        output::write_json(&mut out, &findings)?;
        return Ok(());
    }
    let style = OutputStyle::of(&std::io::stdout());
    write!(out, "{}", finding::render(findings, style))?;
    if findings.is_empty() {
        writeln!(out, "fine")?;
    } else {
        writeln!(out, "{}", finding::count(findings))?;
    }
    Ok(())
}

/// The scenarios of a folder, sorted.
fn scenario_files(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |error: std::io::Error| {
        let what = format!("the folder `{}` cannot be read", folder.display());
        CliError::no(what).because(&error)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|end| end == "json") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let what = format!("the folder `{}` has no scenario", folder.display());
        return Err(CliError::no(what));
    }
    Ok(files)
}
