//! The network as the whole process shares it, and the outlets made from it.

use std::sync::Arc;

use krabice_contract::Manifest;
use krabice_contract::manifest::Authorisation;
use rustls::ClientConfig;

use crate::connection::{Connection, Connections, check_settings};
use crate::connector::Tls;
use crate::observer::RequestObserver;
use crate::outlet::Outlet;
use crate::outlet_builder::OutletBuilder;
use crate::permits::ConnectionPermits;
use crate::problem::{ConnectionProblem, Location};
use crate::resolver::{Resolver, SystemResolver};
use crate::rules::{NetworkRules, Rules};
use crate::settings::CheckedSettings;

/// The network of this process: name service, TLS, and the permits for all requests
/// together. Cheap to clone.
#[derive(Clone)]
pub struct Network {
    pub(crate) rules: Rules,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) tls: Arc<Tls>,
    pub(crate) all_permits: Arc<ConnectionPermits>,
    pub(crate) observer: Option<Arc<dyn RequestObserver>>,
}

impl Network {
    /// Makes a builder with the defaults.
    #[must_use]
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder {
            rules: NetworkRules::default(),
            resolver: Arc::new(SystemResolver),
            tls: None,
            observer: None,
        }
    }

    /// Makes the outlet of a plugin and one of its connections. Keep it as long as the
    /// plugin is loaded: it owns the pool, the permits, the rate limit and the
    /// credential, and a second outlet would have its own.
    ///
    /// # Errors
    /// All problems of the connection with this plugin, and of the hosts and the
    /// authorisation in the manifest; or the plugin needs a connection and has none.
    pub fn outlet(
        &self,
        manifest: &Manifest,
        connection: Option<&Connection>,
    ) -> Result<Arc<Outlet>, Vec<ConnectionProblem>> {
        let settings = match connection {
            Some(connection) => check_settings(manifest, connection)?,
            None => without_connection(manifest)?,
        };
        let nowhere = Location::default();
        let location = connection.map_or(&nowhere, Connection::location);
        OutletBuilder::of(manifest, connection, settings)
            .and_then(|builder| builder.build(self))
            .map_err(|error| {
                vec![location.problem(
                    "connections::bad-manifest",
                    format!("`{}`: {error}", manifest.name),
                    None,
                )]
            })
    }
}

/// The settings of a plugin that is used without a connection.
fn without_connection(manifest: &Manifest) -> Result<CheckedSettings, Vec<ConnectionProblem>> {
    let needed = manifest
        .settings
        .iter()
        .any(|setting| setting.required && setting.default.is_none())
        || !matches!(manifest.authorisation, Authorisation::None);
    if needed {
        return Err(vec![Location::default().problem(
            "connections::missing-connection",
            format!("`{}` needs a connection and has none", manifest.name),
            Some(format!(
                "add `[connections.NAME]` with `plugin = \"{}\"`",
                manifest.name
            )),
        )]);
    }
    Ok(CheckedSettings::default())
}

/// Makes a [`Network`].
pub struct NetworkBuilder {
    rules: NetworkRules,
    resolver: Arc<dyn Resolver>,
    tls: Option<ClientConfig>,
    observer: Option<Arc<dyn RequestObserver>>,
}

impl NetworkBuilder {
    /// Takes the rules for all connections from a connections file: its `[network]`.
    #[must_use]
    pub fn connections(mut self, connections: &Connections) -> Self {
        self.rules = connections.network().clone();
        self
    }

    /// Sets the rules for all connections together, and those of plugins without a connection.
    #[must_use]
    pub fn network(mut self, rules: NetworkRules) -> Self {
        self.rules = rules;
        self
    }

    /// Sets the rules of plugins without a connection. Those of a connection come from
    /// its file.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules.each = rules;
        self
    }

    /// Sets the most requests at once over all connections together, at least 1.
    /// Default: that of [`SharedRules`](crate::SharedRules).
    #[must_use]
    pub fn requests_at_once(mut self, most: u32) -> Self {
        self.rules.shared.requests_at_once = most.max(1);
        self
    }

    /// Replaces the system's name service.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Replaces the TLS configuration with the system's certificates. The new one must
    /// have no ALPN protocols.
    #[must_use]
    pub fn tls(mut self, config: ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Sets an observer of all requests and their answers.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn RequestObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Makes the network.
    #[must_use]
    pub fn build(self) -> Network {
        Network {
            rules: self.rules.each,
            resolver: self.resolver,
            tls: Arc::new(Tls::new(self.tls)),
            all_permits: Arc::new(ConnectionPermits::new(
                self.rules.shared.requests_at_once as usize,
                "all connections",
            )),
            observer: self.observer,
        }
    }
}
