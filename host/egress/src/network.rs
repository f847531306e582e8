//! What the whole process shares on its way out.

use std::num::NonZeroU32;
use std::sync::Arc;

use krabice_scenario::Manifest;
use krabice_scenario::manifest::Authorisation;
use rustls::ClientConfig;

use crate::address::Reach;
use crate::bucket::Bucket;
use crate::connection::{Checked, checked};
use crate::connector::{Connector, Tls};
use crate::credential::Credential;
use crate::exchange::Wire;
use crate::hosts::HostEntry;
use crate::login::Tokens;
use crate::origin::Scheme;
use crate::pace::Pace;
use crate::places::Places;
use crate::policy::Policy;
use crate::pool::Pool;
use crate::problem::Place;
use crate::rules::{ALL_REQUESTS_AT_ONCE, REQUESTS_AT_ONCE};
use crate::secret_mask::SecretMask;
use crate::{
    Connection, ConnectionProblem, Connections, Outlet, RequestObserver, Resolver, Rules,
    SystemResolver,
};

/// The network as this process may use it: name service, TLS, and the places
/// for all requests together. Cheap to clone.
#[derive(Clone)]
pub struct Network {
    rules: Rules,
    resolver: Arc<dyn Resolver>,
    tls: Arc<Tls>,
    everyone: Arc<Places>,
    observer: Option<Arc<dyn RequestObserver>>,
}

impl Network {
    /// Starts a network with the defaults.
    #[must_use]
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder {
            rules: Rules::default(),
            requests_at_once: ALL_REQUESTS_AT_ONCE,
            resolver: Arc::new(SystemResolver),
            tls: None,
            observer: None,
        }
    }

    /// Makes the way out for a plugin and one of its connections. Keep it as
    /// long as the plugin is loaded: it holds the pool, the permits, the rate
    /// limit and the credential, and a second one would have its own.
    ///
    /// # Errors
    /// Everything that is wrong with the connection for this plugin, or with
    /// what the manifest says about hosts and authorisation; or that a plugin
    /// which needs a connection has none.
    pub fn outlet(
        &self,
        manifest: &Manifest,
        connection: Option<&Connection>,
    ) -> Result<Arc<Outlet>, Vec<ConnectionProblem>> {
        let settings = match connection {
            Some(connection) => checked(manifest, connection)?,
            None => without_connection(manifest)?,
        };
        let nowhere = Place::default();
        let place = connection.map_or(&nowhere, Connection::place);
        let bad_manifest = |reason: String| {
            vec![place.problem(
                "connections::bad-manifest",
                format!("`{}`: {reason}", manifest.name),
                None,
            )]
        };
        let hosts = manifest
            .hosts
            .iter()
            .map(|entry| HostEntry::parse(entry))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad_manifest(error.to_string()))?;
        let (credential, secrets) =
            Credential::new(&manifest.authorisation, &settings, settings.base.as_ref())
                .map_err(|unusable| bad_manifest(unusable.reason))?;
        warn_of_plain_http(manifest, connection, &settings);
        let rules = connection
            .map_or(&self.rules, |connection| &connection.rules)
            .clone();
        let policy = Arc::new(Policy::new(
            settings.base.clone(),
            hosts,
            connection.and_then(Connection::hosts),
            connection.map(Connection::allow).unwrap_or_default(),
        ));
        let operator = |limit: fn(&Connection) -> Option<u32>| connection.and_then(limit);
        let at_once = operator(|connection| connection.requests_at_once)
            // Only the operator may ask for more than the default: a plugin
            // could take every place of the host.
            .or(manifest
                .limits
                .requests_at_once
                .map(|most| most.min(REQUESTS_AT_ONCE)))
            .unwrap_or(REQUESTS_AT_ONCE)
            .max(1);
        let per_minute = operator(|connection| connection.requests_per_minute)
            .or(manifest.limits.requests_per_minute);
        Ok(Arc::new(Outlet {
            plugin: manifest.name.as_str().into(),
            settings: settings.public,
            credential,
            tokens: Tokens::default(),
            masks: SecretMask::new(&secrets),
            observer: self.observer.clone(),
            wire: Wire {
                connection: connection.map(|connection| connection.name().into()),
                connector: Connector::new(
                    Arc::clone(&policy),
                    Arc::clone(&self.resolver),
                    Arc::clone(&self.tls),
                    rules.connect_timeout,
                ),
                pool: Pool::new(&rules),
                pace: Pace::new(
                    per_minute.and_then(NonZeroU32::new),
                    manifest.limits.bucket.as_ref().and_then(Bucket::new),
                ),
                places: Places::new(at_once as usize, "this connection"),
                everyone: Arc::clone(&self.everyone),
                rules,
            },
            policy,
        }))
    }
}

/// The settings of a plugin that is used without a connection.
fn without_connection(manifest: &Manifest) -> Result<Checked, Vec<ConnectionProblem>> {
    let needed = manifest
        .settings
        .iter()
        .any(|setting| setting.required && setting.default.is_none())
        || !matches!(manifest.authorisation, Authorisation::None);
    if needed {
        return Err(vec![Place::default().problem(
            "connections::missing-connection",
            format!("`{}` needs a connection and has none", manifest.name),
            Some(format!(
                "add `[connections.NAME]` with `plugin = \"{}\"`",
                manifest.name
            )),
        )]);
    }
    Ok(Checked::default())
}

/// An operator may write `http`, and should know what it means.
fn warn_of_plain_http(manifest: &Manifest, connection: Option<&Connection>, settings: &Checked) {
    let Some(origin) = settings.base.as_ref().map(|base| base.origin()) else {
        return;
    };
    let near = origin.is_localhost()
        || origin
            .literal()
            .is_some_and(|address| Reach::of(address) == Reach::Loopback);
    if origin.scheme == Scheme::Http
        && !near
        && !matches!(manifest.authorisation, Authorisation::None)
    {
        tracing::warn!(
            plugin = manifest.name,
            connection = connection.map(Connection::name),
            host = %origin.host,
            "a connection sends its credential unencrypted: its address is `http`"
        );
    }
}

/// Makes a [`Network`].
pub struct NetworkBuilder {
    rules: Rules,
    requests_at_once: u32,
    resolver: Arc<dyn Resolver>,
    tls: Option<ClientConfig>,
    observer: Option<Arc<dyn RequestObserver>>,
}

impl NetworkBuilder {
    /// What the connections file says for all connections: its `[network]`.
    #[must_use]
    pub fn connections(mut self, connections: &Connections) -> Self {
        self.rules = connections.rules().clone();
        self.requests_at_once = connections.requests_at_once();
        self
    }

    /// The rules of plugins without a connection. Those of a connection come
    /// from its file.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// The most requests under way at once over all connections together;
    /// [`ALL_REQUESTS_AT_ONCE`] by default, at least 1.
    #[must_use]
    pub fn requests_at_once(mut self, most: u32) -> Self {
        self.requests_at_once = most.max(1);
        self
    }

    /// Another name service.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Another configuration of TLS than the system's roots; without ALPN.
    #[must_use]
    pub fn tls(mut self, config: ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Somebody who is shown the requests and their answers.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn RequestObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The network.
    #[must_use]
    pub fn build(self) -> Network {
        Network {
            rules: self.rules,
            resolver: self.resolver,
            tls: Arc::new(Tls::new(self.tls)),
            everyone: Arc::new(Places::new(
                self.requests_at_once as usize,
                "all connections",
            )),
            observer: self.observer,
        }
    }
}
