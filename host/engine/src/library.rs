//! The scenarios that a host runs.

use std::collections::HashMap;
use std::sync::Arc;

use krabice_contract::manifest::Subject;
use krabice_contract::{FunctionShape, Manifest};
use krabice_scenario::{Checked, Scenario};

/// The scenarios of a host by name, and the functions whose manifests are known.
#[derive(Debug, Clone, Default)]
pub struct Library {
    scenarios: HashMap<String, Arc<Checked>>,
    functions: HashMap<(String, String), Known>,
}

/// What a manifest says of a function.
#[derive(Debug, Clone)]
struct Known {
    shape: FunctionShape,
    subject: Option<Subject>,
}

impl Library {
    /// No scenarios.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a scenario. It replaces one of the same name.
    pub fn insert(&mut self, scenario: impl Into<Arc<Checked>>) {
        let scenario = scenario.into();
        self.scenarios.insert(scenario.name.to_string(), scenario);
    }

    /// Takes from a manifest which parameters and fields are personal, and what its functions
    /// are about. The trace shows what is not personal; for a function without a manifest it
    /// shows no text at all.
    pub fn learn(&mut self, manifest: &Manifest) {
        for (name, function) in &manifest.functions {
            self.functions.insert(
                (manifest.name.clone(), name.clone()),
                Known {
                    shape: FunctionShape::of(function),
                    subject: function.subject.clone(),
                },
            );
        }
    }

    /// The scenario of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.get(name).map(|scenario| &***scenario)
    }

    /// The names of the scenarios, in any order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.scenarios.keys().map(String::as_str)
    }

    pub(crate) fn shapes(&self, plugin: &str, function: &str) -> Option<&FunctionShape> {
        self.known(plugin, function).map(|known| &known.shape)
    }

    /// What a function is about.
    pub(crate) fn subject(&self, plugin: &str, function: &str) -> Option<&Subject> {
        self.known(plugin, function)?.subject.as_ref()
    }

    fn known(&self, plugin: &str, function: &str) -> Option<&Known> {
        self.functions
            .get(&(plugin.to_owned(), function.to_owned()))
    }
}

impl FromIterator<Checked> for Library {
    fn from_iter<I: IntoIterator<Item = Checked>>(scenarios: I) -> Self {
        let mut library = Self::new();
        for scenario in scenarios {
            library.insert(scenario);
        }
        library
    }
}
