//! The operator's connections file: accounts of plugins. Their secrets are kept
//! outside of it.
//!
//! The file is read before the plugins are known, so there are two steps:
//! [`Connections::read`] reports the problems of the file itself, and
//! [`check_connection`] those of a connection with its plugin's manifest. Each step
//! reports all problems. [`Connections::check`] does the second step for all
//! connections.

mod check;
mod read;

use std::path::Path;

use indexmap::IndexMap;
use krabice_contract::Manifest;
use krabice_contract::name::nearest;
use secrecy::{ExposeSecret, SecretString};

pub use check::check_connection;
pub(crate) use check::check_settings;

use crate::hosts::HostEntry;
use crate::origin::Origin;
use crate::problem::{ConnectionProblem, Location};
use crate::rules::{NetworkRules, Rules};
use crate::secret::Secrets;
use crate::secret_mask::SecretMask;

/// The operator's connections, by name.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    connections: IndexMap<String, Connection>,
    network: NetworkRules,
}

impl Connections {
    /// Reads a connections file. Returns the readable part and all problems. The paths
    /// of secret files are relative to `directory`, the folder of the file.
    #[must_use]
    pub fn read(
        text: &str,
        directory: &Path,
        secrets: &dyn Secrets,
    ) -> (Self, Vec<ConnectionProblem>) {
        Self::read_over(NetworkRules::default(), text, directory, secrets)
    }

    /// Reads a connections file as [`Connections::read`] does. `network` holds where the file says
    /// nothing else.
    #[must_use]
    pub fn read_over(
        network: NetworkRules,
        text: &str,
        directory: &Path,
        secrets: &dyn Secrets,
    ) -> (Self, Vec<ConnectionProblem>) {
        read::read(network, text, directory, secrets, None)
    }

    /// Reads a connections file as [`Connections::read_over`] does, but fetches the secrets of one
    /// connection alone. No [`Outlet`](crate::Outlet) can be made for another one that has secrets.
    #[must_use]
    pub fn read_one_over(
        network: NetworkRules,
        text: &str,
        directory: &Path,
        secrets: &dyn Secrets,
        name: &str,
    ) -> (Self, Vec<ConnectionProblem>) {
        read::read(network, text, directory, secrets, Some(name))
    }

    /// Reads a connections file that must have no problem.
    ///
    /// # Errors
    /// All problems of the file itself, in its order.
    pub fn parse(
        text: &str,
        directory: &Path,
        secrets: &dyn Secrets,
    ) -> Result<Self, Vec<ConnectionProblem>> {
        match Self::read(text, directory, secrets) {
            (connections, problems) if problems.is_empty() => Ok(connections),
            (_, problems) => Err(problems),
        }
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

    /// Checks every connection against its plugin's manifest. Returns all problems in
    /// the order of the file. `manifests` are those of the loaded plugins, by name.
    #[must_use]
    pub fn check(&self, manifests: &IndexMap<String, &Manifest>) -> Vec<ConnectionProblem> {
        let mut problems = Vec::new();
        // A connection whose plugin is not a text was reported by the first step.
        for connection in self
            .iter()
            .filter(|connection| !connection.plugin.value.is_empty())
        {
            match manifests.get(&connection.plugin.value) {
                Some(manifest) => problems.extend(check_connection(manifest, connection)),
                None => {
                    let near = nearest(
                        &connection.plugin.value,
                        manifests.keys().map(String::as_str),
                    );
                    problems.push(connection.plugin.location.problem(
                        "connections::unknown-plugin",
                        format!("there is no plugin `{}`", connection.plugin.value),
                        near.map(|near| format!("did you mean `{near}`?")),
                    ));
                }
            }
        }
        problems
    }

    /// Masks every value that came from the environment or from a file of its own, for
    /// a filter over logs.
    #[must_use]
    pub fn masks(&self) -> SecretMask {
        SecretMask::new(self.iter().flat_map(|connection| {
            connection
                .settings
                .values()
                .filter_map(|given| match &given.value {
                    GivenValue::Kept(secret) => Some(secret),
                    GivenValue::Written { .. } | GivenValue::Missing => None,
                })
        }))
    }

    /// Lowers the most requests at once over all connections together, where the file has more.
    #[must_use]
    pub fn with_at_most(mut self, requests_at_once: u32) -> Self {
        let own = &mut self.network.shared.requests_at_once;
        *own = requests_at_once.min(*own);
        self
    }

    pub(crate) fn network(&self) -> &NetworkRules {
        &self.network
    }
}

/// One account of a plugin: its settings and its limits. `Debug` shows no value of a
/// setting, because only the manifest knows which ones are secret.
#[derive(Debug, Clone)]
pub struct Connection {
    name: String,
    location: Location,
    /// The plugin's name; empty when the file has something else than a text.
    plugin: Located<String>,
    settings_location: Option<Location>,
    settings: IndexMap<String, GivenSetting>,
    pub(crate) requests_at_once: Option<u32>,
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) rules: Rules,
    /// Origins that the operator allows at private addresses.
    allow: Vec<Located<Origin>>,
    /// Of the hosts that the manifest names, those that the operator allows.
    hosts: Option<Vec<Located<HostEntry>>>,
}

impl Connection {
    /// Makes a connection of a plugin without a connections file. It is checked against
    /// the plugin's manifest by [`check_connection`] and
    /// [`Network::outlet`](crate::Network::outlet).
    ///
    /// ```
    /// use krabice_egress::{Connection, Rules};
    ///
    /// let connection = Connection::new("shop", "upgates")
    ///     .with_setting("address", "https://shop.example.com/api/v2")
    ///     .with_setting("login", "12345678")
    ///     .with_secret("key", "a-key-of-the-shop".to_owned())
    ///     .with_rules(Rules { retries: 0, ..Rules::default() });
    /// assert_eq!(connection.plugin(), "upgates");
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, plugin: impl Into<String>) -> Self {
        let name = name.into();
        let location = Location {
            path: format!("connections.{name}"),
            ..Location::default()
        };
        Connection {
            name,
            plugin: Located {
                value: plugin.into(),
                location: location.clone(),
            },
            location,
            settings_location: None,
            settings: IndexMap::new(),
            requests_at_once: None,
            requests_per_minute: None,
            rules: Rules::default(),
            allow: Vec::new(),
            hosts: None,
        }
    }

    /// Sets a setting, as text: `5`, `true`, `https://shop.example.com`.
    #[must_use]
    pub fn with_setting(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let text = SecretString::from(value.into());
        let toml_type = None;
        self.with_value(name.into(), GivenValue::Written { text, toml_type })
    }

    /// Sets a setting that the plugin's manifest calls secret.
    #[must_use]
    pub fn with_secret(self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.with_value(name.into(), GivenValue::Kept(value.into()))
    }

    fn with_value(mut self, name: String, value: GivenValue) -> Self {
        let location = Location {
            path: format!("{}.settings.{name}", self.location.path),
            ..Location::default()
        };
        let given = GivenSetting {
            key: location.clone(),
            location,
            value,
        };
        self.settings.insert(name, given);
        self
    }

    /// Sets the rules of requests.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Sets the most requests in a minute in place of the manifest's number.
    #[must_use]
    pub fn with_requests_per_minute(mut self, most: u32) -> Self {
        self.requests_per_minute = Some(most);
        self
    }

    /// The connection's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the plugin whose connection it is.
    #[must_use]
    pub fn plugin(&self) -> &str {
        &self.plugin.value
    }

    pub(crate) fn hosts(&self) -> Option<Vec<HostEntry>> {
        Some(
            self.hosts
                .as_ref()?
                .iter()
                .map(|entry| entry.value.clone())
                .collect(),
        )
    }

    pub(crate) fn allow(&self) -> Vec<Origin> {
        self.allow.iter().map(|grant| grant.value.clone()).collect()
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }
}

/// A value with its location.
#[derive(Debug, Clone)]
struct Located<T> {
    value: T,
    location: Location,
}

/// A setting as the operator gave it.
#[derive(Debug, Clone)]
struct GivenSetting {
    /// The location of the key.
    key: Location,
    /// The location of the value.
    location: Location,
    value: GivenValue,
}

#[derive(Debug, Clone)]
enum GivenValue {
    /// Written in the file. It may be a secret that must not be there.
    Written {
        text: SecretString,
        /// `None` for a text of a program, which is of the kind that the manifest says.
        toml_type: Option<TomlType>,
    },
    /// Kept in the environment or in a file of its own.
    Kept(SecretString),
    /// Not fetched, or not readable, which is already reported.
    Missing,
}

/// The TOML type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TomlType {
    Text,
    Integer,
    Float,
    Boolean,
    Other(&'static str),
}

impl TomlType {
    /// The type with its article, for messages.
    fn name(self) -> &'static str {
        match self {
            TomlType::Text => "a text",
            TomlType::Integer => "an integer",
            TomlType::Float => "a number with a point",
            TomlType::Boolean => "a boolean",
            TomlType::Other(name) => name,
        }
    }
}

impl GivenValue {
    fn text(&self) -> Option<&str> {
        match self {
            GivenValue::Written { text, .. } | GivenValue::Kept(text) => Some(text.expose_secret()),
            GivenValue::Missing => None,
        }
    }
}
