//! A connection of a plugin that was made up: its settings, its secrets, and the
//! way out to an address on loopback.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use krabice_egress::{Connections, Network, Outlet, RequestObserver, Resolver, Secrets};
use krabice_runtime::Context;
use krabice_scenario::manifest::Setting;
use krabice_scenario::{Kind, Manifest};
use secrecy::SecretString;

/// The name of the connection.
const CONNECTION: &str = "made-up";

/// What every made-up secret begins with, so that it can be searched for.
pub(crate) const SECRET: &str = "made-up-secret";

/// The moment of every call, so that two runs are alike.
const NOW: i64 = 1_773_480_413;

/// Settings that the plugin cannot be given.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct StageError(String);

/// How requests are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As an operator has it without saying anything, but without repetitions.
    Ordinary,
    /// As little as works on loopback, for a back end that does not answer.
    Little,
    /// As an operator has it, repetitions included.
    Full,
}

impl Patience {
    fn settings(self) -> toml::Table {
        let mut settings = toml::Table::new();
        if self != Patience::Full {
            settings.insert("retries".into(), 0.into());
        }
        if self == Patience::Little {
            for name in [
                "connect-timeout",
                "first-byte-timeout",
                "between-bytes-timeout",
            ] {
                settings.insert(name.into(), "200ms".into());
            }
        }
        settings
    }
}

/// Makes ways out for one plugin.
pub(crate) struct Stage<'a> {
    manifest: &'a Manifest,
    /// Settings that somebody gave, by name.
    given: &'a IndexMap<String, String>,
    /// Who is shown the requests.
    observer: Option<Arc<dyn RequestObserver>>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(manifest: &'a Manifest, given: &'a IndexMap<String, String>) -> Stage<'a> {
        Stage {
            manifest,
            given,
            observer: None,
        }
    }

    /// Shows the requests to somebody.
    pub(crate) fn observer(mut self, observer: Arc<dyn RequestObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// A fresh way out to the address; none for a plugin that reaches nothing.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub(crate) fn outlet(
        &self,
        address: SocketAddr,
        patience: Patience,
    ) -> Result<Option<Arc<Outlet>>, StageError> {
        let manifest = self.manifest;
        if manifest.settings.is_empty() && manifest.hosts.is_empty() {
            return Ok(None);
        }
        let said = |problems: Vec<krabice_egress::ConnectionProblem>| {
            let all: Vec<_> = problems
                .iter()
                .map(|problem| problem.message.clone())
                .collect();
            StageError(all.join("; "))
        };
        let connections = match manifest.settings.is_empty() {
            true => Connections::default(),
            false => Connections::parse(&self.document(address, patience), Path::new("/"), &MadeUp)
                .map_err(said)?,
        };
        let mut network = Network::builder()
            .connections(&connections)
            .resolver(NoNames);
        if let Some(observer) = &self.observer {
            network = network.observer(Arc::clone(observer));
        }
        network
            .build()
            .outlet(manifest, connections.get(CONNECTION))
            .map(Some)
            .map_err(said)
    }

    fn document(&self, address: SocketAddr, patience: Patience) -> String {
        let mut settings = toml::Table::new();
        for setting in &self.manifest.settings {
            let value = if Some(&setting.name) == self.manifest.address.as_ref() {
                Some(format!("http://{address}").into())
            } else if setting.secret {
                let name = toml::Value::String(setting.name.clone());
                Some(toml::Table::from_iter([("env".to_owned(), name)]).into())
            } else {
                value(setting, self.given.get(&setting.name))
            };
            if let Some(value) = value {
                settings.insert(setting.name.clone(), value);
            }
        }
        // What was given and does not exist is for the check of connections to say.
        for (name, value) in self.given {
            if !self
                .manifest
                .settings
                .iter()
                .any(|known| known.name == *name)
            {
                settings.insert(name.clone(), value.as_str().into());
            }
        }
        let mut connection = toml::Table::new();
        connection.insert("plugin".into(), self.manifest.name.as_str().into());
        connection.insert("settings".into(), settings.into());
        connection.insert("network".into(), patience.settings().into());
        // What a back end bears is nothing to one that is made up.
        let limits = toml::Table::from_iter([("requests-per-minute".to_owned(), 1_000_000.into())]);
        connection.insert("limits".into(), limits.into());
        let connections = toml::Table::from_iter([(CONNECTION.to_owned(), connection.into())]);
        toml::Table::from_iter([("connections".to_owned(), connections.into())]).to_string()
    }
}

/// A setting's value: what was given, else what a connection must have.
fn value(setting: &Setting, given: Option<&String>) -> Option<toml::Value> {
    let made_up = || {
        let needed = setting.required && setting.default.is_none();
        needed.then(|| match setting.kind {
            Kind::Boolean => "false".to_owned(),
            Kind::Integer | Kind::Decimal => "7".to_owned(),
            Kind::Email => "made-up@example.com".to_owned(),
            Kind::Phone => "+420601000000".to_owned(),
            Kind::Url => "https://made-up.example.com".to_owned(),
            Kind::Choice => setting
                .choices
                .first()
                .map(|choice| choice.value.clone())
                .unwrap_or_default(),
            _ => format!("made-up-{}", setting.name),
        })
    };
    let text = given.cloned().or_else(made_up)?;
    Some(match setting.kind {
        Kind::Boolean => text.parse().map_or(text.into(), toml::Value::Boolean),
        Kind::Integer => text.parse().map_or(text.into(), toml::Value::Integer),
        _ => text.into(),
    })
}

/// What surrounds every call.
pub(crate) fn context() -> Context {
    Context {
        language: "en".to_owned(),
        time_zone: jiff::tz::TimeZone::UTC,
        now: jiff::Timestamp::from_second(NOW).unwrap_or_default(),
    }
}

/// Secrets by the names of their settings.
struct MadeUp;

impl Secrets for MadeUp {
    fn env(&self, name: &str) -> io::Result<Option<SecretString>> {
        Ok(Some(format!("{SECRET}-{name}").into()))
    }

    fn file(&self, _: &Path) -> io::Result<SecretString> {
        Err(io::Error::from(io::ErrorKind::NotFound))
    }
}

/// A name service without names: nothing leaves this machine.
struct NoNames;

#[async_trait]
impl Resolver for NoNames {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("`{host}` is not looked up here"),
        ))
    }
}
