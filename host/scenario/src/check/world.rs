//! What a check knows of the host around a scenario.

use indexmap::IndexMap;

use crate::{Kind, Manifest};

/// What a check knows of the host that will run the scenario. What it does not
/// know, it does not check: an editor without plugins at hand still finds
/// everything that the scenario alone shows.
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
    pub(crate) manifests: Option<IndexMap<&'a str, &'a Manifest>>,
    pub(crate) connections: Option<IndexMap<&'a str, &'a str>>,
    pub(crate) scenarios: Option<IndexMap<&'a str, &'a Surface>>,
}

impl<'a> World<'a> {
    /// The manifests of all plugins of the host.
    #[must_use]
    pub fn with_manifests(mut self, manifests: impl IntoIterator<Item = &'a Manifest>) -> Self {
        self.manifests = Some(manifests.into_iter().map(|manifest| (manifest.name.as_str(), manifest)).collect());
        self
    }

    /// All connections of the host: their names, each with its plugin's name.
    #[must_use]
    pub fn with_connections(mut self, connections: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.connections = Some(connections.into_iter().collect());
        self
    }

    /// All scenarios of the host, by name. The one that is checked may be among
    /// them; what its own text says counts.
    #[must_use]
    pub fn with_scenarios(mut self, scenarios: impl IntoIterator<Item = (&'a str, &'a Surface)>) -> Self {
        self.scenarios = Some(scenarios.into_iter().collect());
        self
    }
}

/// What other scenarios have to know about a scenario. Read it with
/// [`Surface::read`], which works on a scenario that has errors, too, or take
/// it from a checked one by [`Scenario::surface`](crate::Scenario::surface).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surface {
    /// Its inputs, with their kinds.
    pub inputs: IndexMap<String, Kind>,
    /// The scenarios that it jumps to and wants to come back from.
    pub returns_from: Vec<String>,
    /// Whether some path from its start to an `end` never waits for the
    /// customer.
    pub passes_without_waiting: bool,
}
