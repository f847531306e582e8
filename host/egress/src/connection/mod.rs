//! The operator's connections file: accounts of plugins, with their secrets
//! somewhere else.
//!
//! Reading is in two steps, because a file is read before the plugins are
//! known: [`Connections::read`] finds what is wrong with the file by itself,
//! [`check_connection`] what is wrong with a connection for its plugin. Both
//! find everything, and [`Connections::check`] puts both together.

mod check;
mod read;

use std::path::Path;

use indexmap::IndexMap;
use krabice_scenario::Manifest;
use krabice_scenario::name::nearest;
use secrecy::{ExposeSecret, SecretString};

pub use check::check_connection;
pub(crate) use check::{Checked, checked};

use crate::hosts::HostEntry;
use crate::origin::Origin;
use crate::problem::Place;
use crate::rules::ALL_REQUESTS_AT_ONCE;
use crate::secret_mask::SecretMask;
use crate::{ConnectionProblem, Rules, Secrets};

/// The operator's connections, by name.
#[derive(Debug, Clone)]
pub struct Connections {
    connections: IndexMap<String, Connection>,
    rules: Rules,
    requests_at_once: u32,
}

impl Default for Connections {
    fn default() -> Self {
        Connections {
            connections: IndexMap::new(),
            rules: Rules::default(),
            requests_at_once: ALL_REQUESTS_AT_ONCE,
        }
    }
}

impl Connections {
    /// Reads a connections file and keeps what is legible of it, beside
    /// everything that is wrong. `directory` is what the paths of secret files
    /// are relative to: where the file stands.
    #[must_use]
    pub fn read(
        text: &str,
        directory: &Path,
        secrets: &dyn Secrets,
    ) -> (Self, Vec<ConnectionProblem>) {
        read::read(text, directory, secrets)
    }

    /// Reads a connections file that has to be right.
    ///
    /// # Errors
    /// Everything that is wrong with the file by itself, in its order.
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

    /// Checks every connection against its plugin's manifest: all problems, in
    /// the order of the file. `manifests` are those of the loaded plugins.
    #[must_use]
    pub fn check(&self, manifests: &IndexMap<String, &Manifest>) -> Vec<ConnectionProblem> {
        let mut problems = Vec::new();
        // One that does not name its plugin was reported by the reading.
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
                    problems.push(connection.plugin.place.problem(
                        "connections::unknown-plugin",
                        format!("there is no plugin `{}`", connection.plugin.value),
                        near.map(|near| format!("did you mean `{near}`?")),
                    ));
                }
            }
        }
        problems
    }

    /// Finds every value that came from the environment or from a file, for a
    /// last filter over logs.
    #[must_use]
    pub fn masks(&self) -> SecretMask {
        SecretMask::new(self.iter().flat_map(|connection| {
            connection
                .settings
                .values()
                .filter_map(|given| match &given.value {
                    Value::Kept(secret) => Some(secret),
                    _ => None,
                })
        }))
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn requests_at_once(&self) -> u32 {
        self.requests_at_once
    }
}

/// One account of a plugin: its settings and its limits. Nothing of it prints a
/// setting's value, because which of them are secret only the manifest knows.
#[derive(Debug, Clone)]
pub struct Connection {
    name: String,
    place: Place,
    plugin: Placed<String>,
    settings_place: Option<Place>,
    settings: IndexMap<String, Given>,
    pub(crate) requests_at_once: Option<u32>,
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) rules: Rules,
    /// Private places that the operator wrote down besides the address.
    allow: Vec<Placed<Origin>>,
    /// Of the hosts that the manifest names, those that the operator allows.
    hosts: Option<Vec<Placed<HostEntry>>>,
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

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }
}

/// Something and where it stands.
#[derive(Debug, Clone)]
struct Placed<T> {
    value: T,
    place: Place,
}

/// A setting as the operator gave it.
#[derive(Debug, Clone)]
struct Given {
    key: Place,
    place: Place,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    /// Written in the file. It may be a secret that does not belong there.
    Written { text: SecretString, form: Form },
    /// Kept in the environment or in a file of its own.
    Kept(SecretString),
    /// It could not be had, which is a problem of its own already.
    Missing,
}

/// As what TOML has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Integer,
    Float,
    Boolean,
    Other(&'static str),
}

impl Form {
    fn words(self) -> &'static str {
        match self {
            Form::Text => "a text",
            Form::Integer => "an integer",
            Form::Float => "a number with a point",
            Form::Boolean => "a boolean",
            Form::Other(words) => words,
        }
    }
}

impl Value {
    fn text(&self) -> Option<&str> {
        match self {
            Value::Written { text, .. } | Value::Kept(text) => Some(text.expose_secret()),
            Value::Missing => None,
        }
    }
}
