//! The builder of outlets, in which a connections file ends, too.

use std::num::NonZeroU32;
use std::sync::Arc;

use krabice_contract::Manifest;
use krabice_contract::manifest::{Authorisation, Limits};
use secrecy::SecretString;

use crate::address::Reach;
use crate::base_url::BaseUrl;
use crate::bucket::LeakyBucket;
use crate::connection::Connection;
use crate::connector::Connector;
use crate::credential::Credential;
use crate::exchange::Transport;
use crate::hosts::HostEntry;
use crate::login::TokenStore;
use crate::network::Network;
use crate::origin::{Origin, Scheme};
use crate::outlet::Outlet;
use crate::permits::ConnectionPermits;
use crate::policy::Policy;
use crate::pool::ConnectionPool;
use crate::rate_limit::RateLimit;
use crate::rules::{REQUESTS_AT_ONCE, Rules};
use crate::secret_mask::SecretMask;
use crate::settings::CheckedSettings;

/// Makes an [`Outlet`] without a connections file and without a plugin's manifest.
///
/// ```
/// use krabice_egress::{BaseUrl, HostEntry, Network, Outlet, Rules};
/// use krabice_contract::manifest::Authorisation;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let outlet = Outlet::builder("registry")
///     .address(BaseUrl::parse("https://registry.example.com/v2")?)
///     .authorisation(Authorisation::Header {
///         name: "Authorization".to_owned(),
///         prefix: "Bearer ".to_owned(),
///         setting: "token".to_owned(),
///     })
///     .secret("token", "a-token-of-the-registry".to_owned())
///     .hosts([HostEntry::parse("https://*.cdn.example.com")?])
///     .rules(Rules { retries: 0, ..Rules::default() })
///     .build(&Network::builder().build())?;
/// assert_eq!(outlet.plugin(), "registry");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct OutletBuilder {
    name: Arc<str>,
    connection: Option<Arc<str>>,
    settings: CheckedSettings,
    authorisation: Authorisation,
    hosts: Vec<HostEntry>,
    allowed_hosts: Option<Vec<HostEntry>>,
    private_origins: Vec<Origin>,
    limits: Limits,
    rules: Option<Rules>,
}

/// The reason why an outlet cannot be made; its text says what is wrong and never
/// repeats a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct OutletError {
    /// The setting at fault; `None` when the authorisation is at fault.
    pub(crate) setting: Option<String>,
    pub(crate) reason: String,
}

impl OutletError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        OutletError {
            setting: None,
            reason: reason.into(),
        }
    }

    pub(crate) fn of_setting(setting: &str, reason: impl Into<String>) -> Self {
        OutletError {
            setting: Some(setting.to_owned()),
            reason: reason.into(),
        }
    }
}

impl OutletBuilder {
    /// Makes a builder. The name stands in logs, as that of the plugin.
    pub(crate) fn new(name: &str) -> Self {
        OutletBuilder {
            name: name.into(),
            connection: None,
            settings: CheckedSettings::default(),
            authorisation: Authorisation::None,
            hosts: Vec::new(),
            allowed_hosts: None,
            private_origins: Vec::new(),
            limits: Limits::default(),
            rules: None,
        }
    }

    /// Makes the builder of a plugin's outlet from settings that were checked.
    pub(crate) fn of(
        manifest: &Manifest,
        connection: Option<&Connection>,
        settings: CheckedSettings,
    ) -> Result<Self, OutletError> {
        let hosts: Result<Vec<_>, _> = manifest
            .hosts
            .iter()
            .map(|entry| HostEntry::parse(entry))
            .collect();
        let mut limits = manifest.limits.clone();
        // Only the operator may raise the default, or a plugin could take every permit of
        // the host.
        limits.requests_at_once = limits
            .requests_at_once
            .map(|most| most.min(REQUESTS_AT_ONCE));
        let mut builder = OutletBuilder {
            name: manifest.name.as_str().into(),
            settings,
            authorisation: manifest.authorisation.clone(),
            hosts: hosts.map_err(|error| OutletError::new(error.to_string()))?,
            limits,
            ..OutletBuilder::new("")
        };
        if let Some(connection) = connection {
            builder.connection = Some(connection.name().into());
            builder.allowed_hosts = connection.hosts();
            builder.private_origins = connection.allow();
            builder.rules = Some(connection.rules.clone());
            let limits = &mut builder.limits;
            limits.requests_at_once = connection.requests_at_once.or(limits.requests_at_once);
            limits.requests_per_minute = connection
                .requests_per_minute
                .or(limits.requests_per_minute);
        }
        Ok(builder)
    }

    /// Sets the own address, to which the credential goes. One that is visibly private,
    /// such as `http://10.0.0.5`, is allowed to be private. Default: none.
    pub fn address(mut self, address: BaseUrl) -> Self {
        self.settings.base = Some(address);
        self
    }

    /// Sets how requests to the own address are authorised. Default: without a credential.
    pub fn authorisation(mut self, authorisation: Authorisation) -> Self {
        self.authorisation = authorisation;
        self
    }

    /// Sets a setting that the authorisation names.
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.settings.texts.insert(name.into(), value.into());
        self
    }

    /// Adds other hosts that requests may go to, without the credential.
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = HostEntry>) -> Self {
        self.hosts.extend(hosts);
        self
    }

    /// Allows origins to have a private address, and the own address among them to be
    /// unencrypted.
    pub fn allow(mut self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.private_origins.extend(origins);
        self
    }

    /// Sets the rules. Default: those of the network.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = Some(rules);
        self
    }

    /// Makes the outlet. It owns its connections, permits, rate limit and credential.
    ///
    /// # Errors
    /// The authorisation cannot be used: a setting has no value or cannot be sent, there is
    /// no address, or the credential would be sent unencrypted to a public address that is
    /// not allowed.
    pub fn build(self, network: &Network) -> Result<Arc<Outlet>, OutletError> {
        let base = self.settings.base.as_ref();
        let (credential, secrets) = Credential::new(&self.authorisation, &self.settings, base)?;
        if let Some(base) = base {
            if !may_be_unencrypted(base, &self.authorisation, &self.private_origins) {
                return Err(OutletError::new(format!(
                    "the credential would be sent unencrypted to `{}`",
                    base.origin()
                )));
            }
            self.warn_of_plain_http(base);
        }
        let rules = self.rules.unwrap_or_else(|| network.rules.clone());
        let policy = Arc::new(Policy::new(
            self.settings.base,
            self.hosts,
            self.allowed_hosts,
            self.private_origins,
        ));
        let at_once = self
            .limits
            .requests_at_once
            .unwrap_or(REQUESTS_AT_ONCE)
            .max(1);
        Ok(Arc::new(Outlet {
            plugin: self.name,
            settings: self.settings.public,
            credential,
            tokens: TokenStore::default(),
            mask: SecretMask::new(&secrets),
            observer: network.observer.clone(),
            transport: Transport {
                connection: self.connection,
                connector: Connector::new(
                    Arc::clone(&policy),
                    Arc::clone(&network.resolver),
                    Arc::clone(&network.tls),
                    rules.connect_timeout,
                ),
                pool: ConnectionPool::new(&rules),
                rate_limit: RateLimit::new(
                    self.limits.requests_per_minute.and_then(NonZeroU32::new),
                    self.limits.bucket.as_ref().and_then(LeakyBucket::new),
                ),
                permits: ConnectionPermits::new(at_once as usize, "this connection"),
                all_permits: Arc::clone(&network.all_permits),
                rules,
            },
            policy,
        }))
    }

    /// Warns the operator of a credential that is sent unencrypted to another machine.
    fn warn_of_plain_http(&self, base: &BaseUrl) {
        let origin = base.origin();
        let this_machine = origin.is_localhost()
            || origin
                .literal()
                .is_some_and(|address| Reach::of(address) == Reach::Loopback);
        if origin.scheme == Scheme::Http
            && !this_machine
            && !matches!(self.authorisation, Authorisation::None)
        {
            tracing::warn!(
                plugin = &*self.name,
                connection = self.connection.as_deref(),
                host = %origin.host,
                "a connection sends its credential unencrypted: its address is `http`"
            );
        }
    }
}

/// Whether requests may go to an address: it is encrypted, private, allowed by the
/// operator, or there is no credential.
pub(crate) fn may_be_unencrypted<'a>(
    base: &BaseUrl,
    authorisation: &Authorisation,
    allowed: impl IntoIterator<Item = &'a Origin>,
) -> bool {
    let origin = base.origin();
    origin.scheme != Scheme::Http
        || matches!(authorisation, Authorisation::None)
        || origin.is_localhost()
        || origin
            .literal()
            .is_some_and(|literal| Reach::of(literal) != Reach::Public)
        || allowed.into_iter().any(|grant| grant == origin)
}
