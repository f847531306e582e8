//! The scenarios that a host runs.

use std::collections::HashMap;
use std::sync::Arc;

use krabice_contract::Kind;
use krabice_contract::manifest::{Answer, Manifest};
use krabice_contract::shape::Shape;
use krabice_scenario::Scenario;

/// The scenarios of a host by name, and the functions whose manifests are known.
#[derive(Debug, Clone, Default)]
pub struct Library {
    scenarios: HashMap<String, Arc<Scenario>>,
    functions: HashMap<(String, String), FunctionShapes>,
}

/// The shapes of a function's parameters and of its answer.
#[derive(Debug, Clone)]
pub(crate) struct FunctionShapes {
    pub(crate) parameters: Shape,
    /// None if the function answers nothing.
    pub(crate) answer: Option<Shape>,
}

impl Library {
    /// No scenarios.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a scenario. It replaces one of the same name.
    pub fn insert(&mut self, scenario: impl Into<Arc<Scenario>>) {
        let scenario = scenario.into();
        self.scenarios.insert(scenario.name.clone(), scenario);
    }

    /// Takes from a manifest which parameters and fields are personal. The trace shows the
    /// others; for a function without a manifest it shows no text at all.
    pub fn learn(&mut self, manifest: &Manifest) {
        for (name, function) in &manifest.functions {
            let answer = match &function.answer {
                Answer::Nothing => None,
                Answer::Value { kind, personal, .. } => Some(Shape {
                    personal: *personal,
                    ..Shape::any(*kind)
                }),
                Answer::Fields(fields) => Some(Shape::of_fields(fields)),
            };
            let shapes = FunctionShapes {
                parameters: Shape::of_parameters(&function.parameters),
                answer,
            };
            self.functions
                .insert((manifest.name.clone(), name.clone()), shapes);
        }
    }

    /// The scenario of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.get(name).map(|scenario| &**scenario)
    }

    /// The names of the scenarios, in any order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.scenarios.keys().map(String::as_str)
    }

    pub(crate) fn shapes(&self, plugin: &str, function: &str) -> Option<&FunctionShapes> {
        self.functions
            .get(&(plugin.to_owned(), function.to_owned()))
    }
}

impl FunctionShapes {
    /// The shape of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Shape {
        self.parameters
            .field(name)
            .map_or_else(|| Shape::any(Kind::Text), |part| part.shape.clone())
    }
}

impl FromIterator<Scenario> for Library {
    fn from_iter<I: IntoIterator<Item = Scenario>>(scenarios: I) -> Self {
        let mut library = Self::new();
        for scenario in scenarios {
            library.insert(scenario);
        }
        library
    }
}
