//! The scenarios of one folder: a scenario is checked together with those that it may jump to.

use std::path::{Path, PathBuf};

use krabice_scenario::check::Surface;
use krabice_scenario::{Checked, World};

use crate::error::CliError;
use crate::finding::{Finding, SourceFile};

/// The scenarios of one folder, by what other scenarios see of them.
pub(crate) struct ScenarioFolder {
    scenarios: Vec<(PathBuf, Surface)>,
}

impl ScenarioFolder {
    /// Reads the folder that a scenario is in. Files that are not scenarios are skipped.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn of(scenario: &Path) -> Result<ScenarioFolder, CliError> {
        let folder = match scenario.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let unreadable = |error| unreadable(scenario, &error);
        let mut scenarios = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let surface = std::fs::read_to_string(&path)
                    .ok()
                    .and_then(|text| Surface::read(&text));
                scenarios.extend(surface.map(|surface| (path, surface)));
            }
        }
        // The file system lists a folder in any order.
        scenarios.sort_by(|left, right| left.0.cmp(&right.0));
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
        let text =
            std::fs::read_to_string(scenario).map_err(|error| unreadable(scenario, &error))?;
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
