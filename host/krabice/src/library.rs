//! The scenarios of a folder: the one that is meant, and those that it may jump to.

use std::path::{Path, PathBuf};

use krabice_scenario::check::Surface;
use krabice_scenario::{Checked, World};

use crate::finding::{Finding, SourceFile};
use crate::refusal::Refusal;

/// The scenarios that stand in one folder.
pub(crate) struct Shelf {
    files: Vec<(PathBuf, Surface)>,
}

impl Shelf {
    /// The scenarios of the folder that a scenario stands in. Files that are no scenarios are not
    /// among them.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn of(scenario: &Path) -> Result<Shelf, Refusal> {
        let folder = match scenario.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let unreadable = |error: std::io::Error| {
            Refusal::usage(format!(
                "the scenario `{}` cannot be read",
                scenario.display()
            ))
            .because(&error)
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let surface = std::fs::read_to_string(&path)
                    .ok()
                    .and_then(|text| Surface::read(&text));
                files.extend(surface.map(|surface| (path, surface)));
            }
        }
        // The order of a folder is the file system's.
        files.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(Shelf { files })
    }

    /// Checks a scenario that may jump to the others.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn check(
        &self,
        scenario: &Path,
        world: &World<'_>,
    ) -> Result<(Checked, Vec<Finding>), Refusal> {
        let text = std::fs::read_to_string(scenario).map_err(|error| {
            Refusal::usage(format!(
                "the scenario `{}` cannot be read",
                scenario.display()
            ))
            .because(&error)
        })?;
        let world = world
            .clone()
            .with_scenarios(self.files.iter().map(|(_, surface)| surface));
        let mut checked = krabice_scenario::check(&text, &world);
        let source = SourceFile::new(scenario, &text);
        let findings = std::mem::take(&mut checked.diagnostics)
            .into_iter()
            .map(|diagnostic| source.diagnostic(diagnostic))
            .collect();
        Ok((checked, findings))
    }

    /// The file of a scenario by its name.
    pub(crate) fn file(&self, name: &str) -> Option<&Path> {
        let named = |(_, surface): &&(PathBuf, Surface)| surface.name == name;
        self.files
            .iter()
            .find(named)
            .map(|(path, _)| path.as_path())
    }
}
