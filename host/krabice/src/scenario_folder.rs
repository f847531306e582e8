//! The scenarios of one folder: a scenario is checked together with those that it may jump to.

use std::path::{Path, PathBuf};

use krabice_scenario::check::Surface;
use krabice_scenario::{Checked, World};
use krabice_sessions::{list_files, read_document};

use crate::error::CliError;
use crate::finding::{Finding, SourceFile};

/// The scenarios of one folder, by what other scenarios see of them.
pub(crate) struct ScenarioFolder {
    scenarios: Vec<(PathBuf, Surface)>,
}

impl ScenarioFolder {
    /// Reads the folder that a scenario is in. Other documents and files that cannot be read are
    /// nothing that a scenario could jump to.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn of(scenario: &Path) -> Result<ScenarioFolder, CliError> {
        let folder = match scenario.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let files = list_files(folder, "json").map_err(|error| unreadable(scenario, &error))?;
        let scenarios = files
            .into_keys()
            .filter_map(|path| {
                let surface = Surface::read(&read_document(&path).ok()?)?;
                Some((path, surface))
            })
            .collect();
        Ok(ScenarioFolder { scenarios })
    }

    /// Checks a scenario that may jump to the others.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn check(
        &self,
        scenario: &Path,
        world: &World<'_>,
    ) -> Result<(Checked, Vec<Finding>), CliError> {
        let text = read_document(scenario).map_err(|error| unreadable(scenario, &error))?;
        let world = world
            .clone()
            .with_scenarios(self.scenarios.iter().map(|(_, surface)| surface));
        let mut checked = krabice_scenario::check(&text, &world);
        let source = SourceFile::new(scenario, &text);
        let findings = std::mem::take(&mut checked.diagnostics)
            .into_iter()
            .map(|diagnostic| source.diagnostic(diagnostic))
            .collect();
        Ok((checked, findings))
    }

    /// The file of the scenario with this name.
    pub(crate) fn file(&self, name: &str) -> Option<&Path> {
        self.scenarios
            .iter()
            .find(|(_, surface)| surface.name == name)
            .map(|(path, _)| path.as_path())
    }
}

fn unreadable(scenario: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!(
        "the scenario `{}` cannot be read",
        scenario.display()
    ))
    .because(error)
}
