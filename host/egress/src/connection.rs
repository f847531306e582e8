//! The operator's connections file.

use std::path::Path;

use indexmap::IndexMap;
use krabice_scenario::Manifest;

use crate::{ConnectionProblem, Secrets};

/// The operator's connections, by name.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    connections: IndexMap<String, Connection>,
}

impl Connections {
    /// Reads a connections file. `directory` is what paths of secret files are
    /// relative to.
    ///
    /// # Errors
    /// Everything that is wrong with the file by itself.
    pub fn parse(
        text: &str,
        directory: &Path,
        secrets: &dyn Secrets,
    ) -> Result<Self, Vec<ConnectionProblem>> {
        let _ = (text, directory, secrets);
        Ok(Connections::default())
    }

    /// The connection of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Connection> {
        self.connections.get(name)
    }

    /// All connections, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.connections.values()
    }
}

/// One account of a plugin.
#[derive(Debug, Clone)]
pub struct Connection {
    name: String,
    plugin: String,
}

impl Connection {
    /// The connection's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the plugin whose connection it is.
    #[must_use]
    pub fn plugin(&self) -> &str {
        &self.plugin
    }
}

/// Checks a connection against its plugin's manifest: all problems, in the
/// order of the file.
#[must_use]
pub fn check_connection(manifest: &Manifest, connection: &Connection) -> Vec<ConnectionProblem> {
    let _ = (manifest, connection);
    Vec::new()
}
