//! The knowledge of a check about the host around a scenario.

use std::sync::Arc;

use indexmap::IndexMap;
use krabice_contract::{Kind, Manifest};

use super::graph::Graph;
use crate::document::{Channel, ExitName, Scenario};
use crate::document_type::is_scenario;
use crate::read::read;
use crate::source::Source;

/// The knowledge of a check about the host that will run the scenario. Without a part of
/// it, the names of that part are not checked: an editor that has no plugins still finds
/// every error that the scenario alone shows.
///
/// ```
/// use krabice_scenario::{World, check};
///
/// let world = World::default().with_connections([("shop", "upgates")]);
/// let checked = check("{}", &world);
/// assert!(checked.scenario.is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct World<'a> {
    pub(super) manifests: Option<IndexMap<&'a str, &'a Manifest>>,
    pub(super) connections: Option<IndexMap<&'a str, &'a str>>,
    pub(super) scenarios: Option<IndexMap<&'a str, &'a Surface>>,
}

impl<'a> World<'a> {
    /// The manifests of all plugins of the host.
    #[must_use]
    pub fn with_manifests(mut self, manifests: impl IntoIterator<Item = &'a Manifest>) -> Self {
        self.manifests = Some(
            manifests
                .into_iter()
                .map(|manifest| (manifest.name.as_str(), manifest))
                .collect(),
        );
        self
    }

    /// All connections of the host: their names with the names of their plugins.
    #[must_use]
    pub fn with_connections(
        mut self,
        connections: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        self.connections = Some(connections.into_iter().collect());
        self
    }

    /// All scenarios of the host. The one that is checked may be among them; its own text
    /// then takes precedence.
    #[must_use]
    pub fn with_scenarios(mut self, scenarios: impl IntoIterator<Item = &'a Surface>) -> Self {
        self.scenarios = Some(
            scenarios
                .into_iter()
                .map(|surface| (surface.name.as_str(), surface))
                .collect(),
        );
        self
    }
}

/// The properties of a scenario that other scenarios depend on.
#[derive(Debug, Clone, Default)]
pub struct Surface {
    /// Its name.
    pub name: String,
    /// The channels that start it from outside.
    pub channels: Vec<Channel>,
    /// Whether an agent may start it from the desk.
    pub is_macro: bool,
    /// Its inputs, with their kinds.
    pub inputs: IndexMap<String, Kind>,
    /// The inputs that a jump must give.
    pub requires: Vec<String>,
    /// The scenarios that it jumps to.
    pub jumps_to: Vec<String>,
    /// The scenarios that it jumps to and that return to it.
    pub returns_from: Vec<String>,
    /// Whether some path from its start to an `end` never waits for the customer.
    pub passes_without_waiting: bool,
    /// What was read of it, for the parts of the check that follow jumps.
    pub(super) document: Option<Arc<Scenario>>,
    /// Its jumps to other scenarios.
    pub jumps: Vec<SurfaceJump>,
}

/// A jump of a scenario to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurfaceJump {
    /// The other scenario.
    pub scenario: String,
    /// Whether some path from the start leads to the jump and never waits for the customer.
    pub from_start: bool,
    /// The jumps that follow its return, on paths that never wait: numbers in
    /// [`Surface::jumps`].
    pub after: Vec<usize>,
}

impl Surface {
    /// Reads the surface of a scenario from its text, as far as it can be read; none if it
    /// has no name, or is another document.
    #[must_use]
    pub fn read(text: &str) -> Option<Surface> {
        let mut source = Source::new(text);
        let document = source.parse()?;
        if !is_scenario(&mut source, &document) {
            return None;
        }
        let document = read(&mut source, &document)?.scenario;
        let surface = Self::of(&document, &super::graph::graph(&document))?;
        Some(Surface {
            document: Some(Arc::new(document)),
            ..surface
        })
    }

    /// Whether strangers can start it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.channels.iter().any(|channel| channel.is_public())
    }

    pub(super) fn of(document: &Scenario, graph: &Graph) -> Option<Surface> {
        let mut returns_from: Vec<String> = Vec::new();
        let mut jumps_to: Vec<String> = Vec::new();
        for each in document.boxes.values() {
            let Some(scenario) = each.jumps_to() else {
                continue;
            };
            let comes_back = each.exits().any(|exit| exit.name == ExitName::Next);
            for (names, is_one) in [(&mut returns_from, comes_back), (&mut jumps_to, true)] {
                if is_one && !names.contains(scenario) {
                    names.push(scenario.value.clone());
                }
            }
        }
        let required = document.inputs.iter().filter(|(_, input)| input.required);
        Some(Surface {
            name: document.name.known()?.clone(),
            channels: document.channels.iter().map(|each| each.value).collect(),
            is_macro: document.is_macro,
            inputs: document
                .inputs
                .iter()
                .filter_map(|(name, input)| Some((name.clone(), *input.kind.known()?)))
                .collect(),
            requires: required.map(|(name, _)| name.clone()).collect(),
            jumps_to,
            returns_from,
            passes_without_waiting: graph.passes_without_waiting(document),
            document: None,
            jumps: jumps(document, graph),
        })
    }
}

/// The jumps of a document to other scenarios, in the order of its boxes.
fn jumps(document: &Scenario, graph: &Graph) -> Vec<SurfaceJump> {
    let boxes = document.boxes.values().enumerate();
    let jumps = boxes.filter_map(|(number, each)| Some((number, &each.jumps_to()?.value)));
    let jumps: Vec<(usize, &String)> = jumps.collect();
    let number = |at: &usize| jumps.iter().position(|(jump, _)| jump == at);
    let first: Vec<_> = graph.jumps_without_waiting(document, Vec::from_iter(graph.start));
    jumps
        .iter()
        .map(|(at, scenario)| {
            let after = graph.jumps_without_waiting(document, graph.after(*at).collect());
            SurfaceJump {
                scenario: (*scenario).clone(),
                from_start: first.contains(at),
                after: after.iter().filter_map(number).collect(),
            }
        })
        .collect()
}
