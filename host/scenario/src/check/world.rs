//! The knowledge of a check about the host around a scenario.

use indexmap::IndexMap;
use krabice_contract::{Kind, Manifest};

use super::graph::Graph;
use crate::draft::{Content, Draft, ExitName};
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surface {
    /// Its name.
    pub name: String,
    /// Its inputs, with their kinds.
    pub inputs: IndexMap<String, Kind>,
    /// The scenarios that it jumps to and that return to it.
    pub returns_from: Vec<String>,
    /// Whether some path from its start to an `end` never waits for the customer.
    pub passes_without_waiting: bool,
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
    /// has no name.
    #[must_use]
    pub fn read(text: &str) -> Option<Surface> {
        let mut source = Source::new(text);
        let document = source.parse()?;
        let draft = read(&mut source, &document)?;
        Self::of(&draft, &super::graph::graph(&draft))
    }

    pub(super) fn of(draft: &Draft, graph: &Graph) -> Option<Surface> {
        let mut returns_from: Vec<String> = Vec::new();
        for each in draft.boxes.values() {
            if let Content::JumpToScenario {
                scenario: Some(scenario),
                ..
            } = &each.content
                && each.exits.iter().any(|exit| exit.name == ExitName::Next)
                && !returns_from.contains(&scenario.value)
            {
                returns_from.push(scenario.value.clone());
            }
        }
        Some(Surface {
            name: draft.name.as_ref()?.value.clone(),
            inputs: draft
                .inputs
                .iter()
                .filter_map(|(name, (_, kind))| Some((name.clone(), (*kind)?)))
                .collect(),
            returns_from,
            passes_without_waiting: graph.passes_without_waiting(draft),
            jumps: jumps(draft, graph),
        })
    }
}

/// The jumps of a draft to other scenarios, in the order of its boxes.
fn jumps(draft: &Draft, graph: &Graph) -> Vec<SurfaceJump> {
    let boxes = draft.boxes.values().enumerate();
    let jumps: Vec<(usize, &String)> = boxes
        .filter_map(|(number, each)| {
            if let Content::JumpToScenario { scenario, .. } = &each.content {
                Some((number, &scenario.as_ref()?.value))
            } else {
                None
            }
        })
        .collect();
    let number = |at: &usize| jumps.iter().position(|(jump, _)| jump == at);
    let first: Vec<_> = graph.jumps_without_waiting(draft, Vec::from_iter(graph.start));
    jumps
        .iter()
        .map(|(at, scenario)| {
            let after = graph.jumps_without_waiting(draft, graph.after(*at).collect());
            SurfaceJump {
                scenario: (*scenario).clone(),
                from_start: first.contains(at),
                after: after.iter().filter_map(number).collect(),
            }
        })
        .collect()
}
