//! The operator's connections, and the way out for each plugin through one of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use krabice_egress::{Connection, ConnectionProblem, Connections, Network, Outlet};
use krabice_runtime::Plugin;

/// Why a plugin has no way out.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum NoOutlet {
    #[error("there is no connection `{0}`")]
    NoConnection(String),
    #[error("the plugin `{0}` needs a connection")]
    NoneOfPlugin(String),
    #[error("the plugin `{0}` has several connections, and the box names none")]
    Several(String),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Problems(Vec<ConnectionProblem>),
}

/// The connections of this server.
pub(crate) struct Accounts {
    connections: Option<Connections>,
    network: Network,
    /// One way out for each component and connection: it holds the pool, the permits and the rate
    /// limit.
    outlets: Mutex<HashMap<Account, Arc<Outlet>>>,
}

/// A component's digest, and the name of the connection that it is used through.
type Account = (String, Option<String>);

impl Accounts {
    pub(crate) fn new(connections: Option<Connections>) -> Accounts {
        let network = match &connections {
            Some(connections) => Network::builder().connections(connections).build(),
            None => Network::builder().build(),
        };
        Accounts {
            connections,
            network,
            outlets: Mutex::default(),
        }
    }

    /// Each connection's name with its plugin's; none where there is no file of them.
    pub(crate) fn names(&self) -> Option<impl Iterator<Item = (&str, &str)>> {
        let connections = self.connections.as_ref()?;
        Some(
            connections
                .iter()
                .map(|known| (known.name(), known.plugin())),
        )
    }

    /// The way out for a plugin through the named connection, or its only one; none where it
    /// needs none.
    pub(crate) fn outlet(
        &self,
        plugin: &Plugin,
        name: Option<&str>,
    ) -> Result<Option<Arc<Outlet>>, NoOutlet> {
        let manifest = plugin.manifest();
        let connection = match name {
            Some(name) => Some(
                self.iter()
                    .find(|known| known.name() == name)
                    .ok_or_else(|| NoOutlet::NoConnection(name.to_owned()))?,
            ),
            None => self.only_of(plugin)?,
        };
        if connection.is_none() && manifest.hosts.is_empty() {
            return Ok(None);
        }
        let key = (
            plugin.digest().to_owned(),
            connection.map(|known| known.name().to_owned()),
        );
        let mut outlets = self.outlets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outlet) = outlets.get(&key) {
            return Ok(Some(Arc::clone(outlet)));
        }
        let outlet = self
            .network
            .outlet(manifest, connection)
            .map_err(NoOutlet::Problems)?;
        outlets.insert(key, Arc::clone(&outlet));
        Ok(Some(outlet))
    }

    /// Forgets the ways out of components that nobody uses any more.
    pub(crate) fn keep_only(&self, used: impl Fn(&str) -> bool) {
        let mut outlets = self.outlets.lock().unwrap_or_else(PoisonError::into_inner);
        outlets.retain(|(digest, _), _| used(digest));
    }

    fn only_of(&self, plugin: &Plugin) -> Result<Option<&Connection>, NoOutlet> {
        let name = plugin.name();
        let mut own = self.iter().filter(|known| known.plugin() == name);
        match (own.next(), own.next()) {
            (Some(only), None) => Ok(Some(only)),
            (None, _) if plugin.manifest().settings.is_empty() => Ok(None),
            (None, _) => Err(NoOutlet::NoneOfPlugin(name.to_owned())),
            (Some(_), Some(_)) => Err(NoOutlet::Several(name.to_owned())),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().flat_map(Connections::iter)
    }
}
