//! The operator's connections, and the outlets through which plugins use them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use krabice_egress::{Connection, ConnectionProblem, Connections, Network, NetworkRules, Outlet};
use krabice_runtime::Plugin;
use krabice_store::locked;

/// Why a plugin has no outlet.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum OutletError {
    #[error("there is no connection `{0}`; add it to the connections file")]
    UnknownConnection(String),
    #[error("the plugin `{0}` needs a connection, and the connections file has none for it")]
    NoConnection(String),
    #[error("the plugin `{0}` has several connections; the box must name one of them")]
    AmbiguousConnection(String),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Problems(Vec<ConnectionProblem>),
}

/// The connections of this server, and the outlets that were opened for them.
pub(crate) struct Outlets {
    rules: NetworkRules,
    accounts: Mutex<Arc<Accounts>>,
}

/// The connections as they were read once.
struct Accounts {
    connections: Option<Connections>,
    network: Network,
    /// An outlet holds the pool, the permits and the rate limit of a component and connection.
    open: Mutex<HashMap<OutletKey, Arc<Outlet>>>,
}

/// A component's digest, and the name of the connection that it uses.
type OutletKey = (String, Option<String>);

impl Outlets {
    /// `rules` hold where there is no connections file.
    pub(crate) fn new(connections: Option<Connections>, rules: NetworkRules) -> Outlets {
        let accounts = Accounts::new(connections, &rules);
        Outlets {
            rules,
            accounts: Mutex::new(Arc::new(accounts)),
        }
    }

    /// Replaces the connections. Calls under way end with those that they began with.
    pub(crate) fn replace(&self, connections: Option<Connections>) {
        *locked(&self.accounts) = Arc::new(Accounts::new(connections, &self.rules));
    }

    fn accounts(&self) -> Arc<Accounts> {
        Arc::clone(&locked(&self.accounts))
    }

    /// The connections file that is in use. `None` if there is none.
    pub(crate) fn connections(&self) -> Option<Connections> {
        self.accounts().connections.clone()
    }

    /// The outlet through a connection, or the plugin's only one. `None` if it needs none.
    pub(crate) fn outlet(
        &self,
        plugin: &Plugin,
        name: Option<&str>,
    ) -> Result<Option<Arc<Outlet>>, OutletError> {
        self.accounts().outlet(plugin, name)
    }

    /// Closes the outlets of components that are not in use.
    pub(crate) fn keep_only(&self, in_use: impl Fn(&str) -> bool) {
        locked(&self.accounts().open).retain(|(digest, _), _| in_use(digest));
    }
}

impl Accounts {
    fn new(connections: Option<Connections>, rules: &NetworkRules) -> Accounts {
        let network = match &connections {
            Some(connections) => Network::builder().connections(connections).build(),
            None => Network::builder().network(rules.clone()).build(),
        };
        Accounts {
            connections,
            network,
            open: Mutex::default(),
        }
    }

    fn outlet(
        &self,
        plugin: &Plugin,
        name: Option<&str>,
    ) -> Result<Option<Arc<Outlet>>, OutletError> {
        let manifest = plugin.manifest();
        let connection = match name {
            Some(name) => Some(
                self.iter()
                    .find(|known| known.name() == name)
                    .ok_or_else(|| OutletError::UnknownConnection(name.to_owned()))?,
            ),
            None => self.only_connection(plugin)?,
        };
        if connection.is_none() && manifest.hosts.is_empty() {
            return Ok(None);
        }
        let key = (
            plugin.digest().to_owned(),
            connection.map(|known| known.name().to_owned()),
        );
        let mut open = locked(&self.open);
        if let Some(outlet) = open.get(&key) {
            return Ok(Some(Arc::clone(outlet)));
        }
        let outlet = self
            .network
            .outlet(manifest, connection)
            .map_err(OutletError::Problems)?;
        open.insert(key, Arc::clone(&outlet));
        Ok(Some(outlet))
    }

    fn only_connection(&self, plugin: &Plugin) -> Result<Option<&Connection>, OutletError> {
        let name = plugin.name();
        let mut own = self.iter().filter(|known| known.plugin() == name);
        match (own.next(), own.next()) {
            (Some(only), None) => Ok(Some(only)),
            (None, _) if plugin.manifest().settings.is_empty() => Ok(None),
            (None, _) => Err(OutletError::NoConnection(name.to_owned())),
            (Some(_), Some(_)) => Err(OutletError::AmbiguousConnection(name.to_owned())),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().flat_map(Connections::iter)
    }
}
