//! The network as the whole process shares it, and the outlets made from it.

use std::num::NonZeroU32;
use std::sync::Arc;

use krabice_contract::Manifest;
use krabice_contract::manifest::Authorisation;
use rustls::ClientConfig;

use crate::address::Reach;
use crate::bucket::LeakyBucket;
use crate::connection::{Connection, Connections, check_settings};
use crate::connector::{Connector, Tls};
use crate::credential::Credential;
use crate::exchange::Transport;
use crate::hosts::HostEntry;
use crate::login::TokenStore;
use crate::observer::RequestObserver;
use crate::origin::Scheme;
use crate::outlet::Outlet;
use crate::permits::ConnectionPermits;
use crate::policy::Policy;
use crate::pool::ConnectionPool;
use crate::problem::{ConnectionProblem, Location};
use crate::rate_limit::RateLimit;
use crate::resolver::{Resolver, SystemResolver};
use crate::rules::{ALL_REQUESTS_AT_ONCE, REQUESTS_AT_ONCE, Rules};
use crate::secret_mask::SecretMask;
use crate::settings::CheckedSettings;

/// The network of this process: name service, TLS, and the permits for all requests
/// together. Cheap to clone.
#[derive(Clone)]
pub struct Network {
    rules: Rules,
    resolver: Arc<dyn Resolver>,
    tls: Arc<Tls>,
    all_permits: Arc<ConnectionPermits>,
    observer: Option<Arc<dyn RequestObserver>>,
}

impl Network {
    /// Makes a builder with the defaults.
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
        let bad_manifest = |reason: String| {
            vec![location.problem(
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
                .map_err(|error| bad_manifest(error.reason))?;
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
            // Only the operator may raise the default, or a plugin could take every
            // permit of the host.
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
            tokens: TokenStore::default(),
            mask: SecretMask::new(&secrets),
            observer: self.observer.clone(),
            transport: Transport {
                connection: connection.map(|connection| connection.name().into()),
                connector: Connector::new(
                    Arc::clone(&policy),
                    Arc::clone(&self.resolver),
                    Arc::clone(&self.tls),
                    rules.connect_timeout,
                ),
                pool: ConnectionPool::new(&rules),
                rate_limit: RateLimit::new(
                    per_minute.and_then(NonZeroU32::new),
                    manifest.limits.bucket.as_ref().and_then(LeakyBucket::new),
                ),
                permits: ConnectionPermits::new(at_once as usize, "this connection"),
                all_permits: Arc::clone(&self.all_permits),
                rules,
            },
            policy,
        }))
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

/// Warns the operator of a credential that is sent unencrypted to another machine.
fn warn_of_plain_http(
    manifest: &Manifest,
    connection: Option<&Connection>,
    settings: &CheckedSettings,
) {
    let Some(origin) = settings.base.as_ref().map(|base| base.origin()) else {
        return;
    };
    let this_machine = origin.is_localhost()
        || origin
            .literal()
            .is_some_and(|address| Reach::of(address) == Reach::Loopback);
    if origin.scheme == Scheme::Http
        && !this_machine
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
    /// Takes the rules for all connections from a connections file: its `[network]`.
    #[must_use]
    pub fn connections(mut self, connections: &Connections) -> Self {
        self.rules = connections.rules().clone();
        self.requests_at_once = connections.requests_at_once();
        self
    }

    /// Sets the rules of plugins without a connection. Those of a connection come from
    /// its file.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Sets the most requests at once over all connections together, at least 1.
    /// Default: [`ALL_REQUESTS_AT_ONCE`].
    #[must_use]
    pub fn requests_at_once(mut self, most: u32) -> Self {
        self.requests_at_once = most.max(1);
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
            rules: self.rules,
            resolver: self.resolver,
            tls: Arc::new(Tls::new(self.tls)),
            all_permits: Arc::new(ConnectionPermits::new(
                self.requests_at_once as usize,
                "all connections",
            )),
            observer: self.observer,
        }
    }
}
