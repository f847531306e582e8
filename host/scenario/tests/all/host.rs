//! The host that the test cases are checked against.

use std::fs;
use std::path::Path;

use indexmap::IndexMap;
use krabice_contract::Manifest;
use krabice_scenario::World;
use krabice_scenario::check::Surface;

/// Plugins, connections and scenarios, read from a folder.
pub(crate) struct Host {
    manifests: Vec<Manifest>,
    connections: IndexMap<String, String>,
    scenarios: Vec<Surface>,
}

impl Host {
    pub(crate) fn load() -> Self {
        Self::of("tests/check/host")
    }

    /// The host that a folder of this crate describes.
    pub(crate) fn of(folder: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let texts = |name: &str| -> Vec<String> {
            let entries = fs::read_dir(folder.join(name)).unwrap();
            let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            paths
                .iter()
                .map(|path| fs::read_to_string(path).unwrap())
                .collect()
        };
        let connections = fs::read_to_string(folder.join("connections.json")).unwrap();
        Host {
            manifests: texts("manifests")
                .iter()
                .map(|text| serde_json::from_str(text).unwrap())
                .collect(),
            connections: serde_json::from_str(&connections).unwrap(),
            scenarios: texts("scenarios")
                .iter()
                .map(|text| Surface::read(text).unwrap())
                .collect(),
        }
    }

    pub(crate) fn world(&self) -> World<'_> {
        World::default()
            .with_manifests(&self.manifests)
            .with_connections(
                self.connections
                    .iter()
                    .map(|(name, plugin)| (name.as_str(), plugin.as_str())),
            )
            .with_scenarios(&self.scenarios)
    }
}
