//! A made-up connection of a plugin: its settings, its secrets, and the way out to an address on
//! loopback. Nothing that goes through it leaves this machine.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use krabice_contract::manifest::Setting;
use krabice_contract::{Kind, Manifest};
use krabice_egress::{
    ConnectionProblem, Connections, Network, Outlet, RequestObserver, Resolver, Secrets,
};
use krabice_runtime::Context;
use secrecy::SecretString;
use serde_json::{Value as Json, json};

/// The name of the connection.
const CONNECTION: &str = "made-up";

/// The beginning of every made-up secret, by which it is searched for.
pub(crate) const SECRET: &str = "made-up-secret";

/// The moment of every call, always the same, so that two runs are alike: 2026-03-14T09:26:53Z.
const NOW: i64 = 1_773_480_413;

/// Settings that do not make a connection of the plugin, with everything that is wrong.
#[derive(Debug, Clone)]
pub struct TestConnectionError(Vec<ConnectionProblem>);

impl fmt::Display for TestConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<_> = self
            .0
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        f.write_str(&messages.join("; "))
    }
}

impl std::error::Error for TestConnectionError {}

/// The time-outs and repetitions of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeoutProfile {
    /// The defaults, as an operator has them.
    Standard,
    /// The defaults, but no request is repeated.
    WithoutRetries,
    /// Time-outs that are as short as works on loopback, for a back end that does not answer.
    Short,
}

impl TimeoutProfile {
    /// `network` of the connection.
    fn settings(self) -> Json {
        match self {
            TimeoutProfile::Standard => json!({}),
            TimeoutProfile::WithoutRetries => json!({ "retries": 0 }),
            TimeoutProfile::Short => json!({
                "retries": 0,
                "connect-timeout": "200ms",
                "first-byte-timeout": "200ms",
                "between-bytes-timeout": "200ms",
            }),
        }
    }
}

/// The made-up connection of one plugin.
pub(crate) struct TestConnection<'a> {
    manifest: &'a Manifest,
    /// The settings that the caller gives, by name.
    given: &'a IndexMap<String, String>,
    observer: Option<Arc<dyn RequestObserver>>,
}

impl<'a> TestConnection<'a> {
    pub(crate) fn new(
        manifest: &'a Manifest,
        given: &'a IndexMap<String, String>,
    ) -> TestConnection<'a> {
        TestConnection {
            manifest,
            given,
            observer: None,
        }
    }

    /// Shows the requests to an observer.
    pub(crate) fn observer(mut self, observer: Arc<dyn RequestObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// A new way out to the address; None for a plugin that sends no requests.
    ///
    /// # Errors
    /// The settings are not those of the plugin.
    pub(crate) fn outlet(
        &self,
        address: SocketAddr,
        timeouts: TimeoutProfile,
    ) -> Result<Option<Arc<Outlet>>, TestConnectionError> {
        let manifest = self.manifest;
        if manifest.settings.is_empty() && manifest.hosts.is_empty() {
            return Ok(None);
        }
        let connections = if manifest.settings.is_empty() {
            Connections::default()
        } else {
            let document = self.document(address, timeouts);
            Connections::parse(&document, Path::new("/"), &MadeUpSecrets)
                .map_err(TestConnectionError)?
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
            .map_err(TestConnectionError)
    }

    /// The connections file.
    fn document(&self, address: SocketAddr, timeouts: TimeoutProfile) -> String {
        let mut settings = serde_json::Map::new();
        for setting in &self.manifest.settings {
            let value = if Some(&setting.name) == self.manifest.address.as_ref() {
                Some(format!("http://{address}").into())
            } else if setting.secret {
                Some(json!({ "env": setting.name }))
            } else {
                value(setting, self.given.get(&setting.name))
            };
            settings.extend(value.map(|value| (setting.name.clone(), value)));
        }
        // The check of connections reports a setting that the plugin does not have.
        for (name, value) in self.given {
            let mut known = self.manifest.settings.iter();
            if !known.any(|known| known.name == *name) {
                settings.insert(name.clone(), value.as_str().into());
            }
        }
        let document = json!({ "connections": { CONNECTION: {
            "plugin": self.manifest.name,
            "settings": settings,
            "network": timeouts.settings(),
            // The rate limit of the real back end would only slow the check down.
            "limits": { "requests-per-minute": 1_000_000 },
        } } });
        toml::to_string(&document).expect("texts, numbers and booleans are values of TOML")
    }
}

/// A setting's value: the given one, else a made-up one if a connection must have it.
fn value(setting: &Setting, given: Option<&String>) -> Option<Json> {
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
                .expect(
                    "the check of manifests refuses a setting of kind `choice` without choices",
                ),
            Kind::Text | Kind::Timestamp | Kind::List | Kind::Record | Kind::File => {
                format!("made-up-{}", setting.name)
            }
        })
    };
    let text = given.cloned().or_else(made_up)?;
    // The check of connections reports a text that is not of the kind.
    let typed = if setting.kind == Kind::Boolean {
        text.parse().ok().map(Json::Bool)
    } else if setting.kind == Kind::Integer {
        text.parse::<i64>().ok().map(Json::from)
    } else {
        None
    };
    Some(typed.unwrap_or_else(|| text.into()))
}

/// The context of every call.
pub(crate) fn context() -> Context {
    Context {
        language: "en".to_owned(),
        time_zone: jiff::tz::TimeZone::UTC,
        now: jiff::Timestamp::from_second(NOW).expect("the year 2026 is a moment"),
    }
}

/// Secrets that are made up of the names of their settings.
struct MadeUpSecrets;

impl Secrets for MadeUpSecrets {
    fn env(&self, name: &str) -> io::Result<Option<SecretString>> {
        Ok(Some(format!("{SECRET}-{name}").into()))
    }

    fn file(&self, _: &Path) -> io::Result<SecretString> {
        Err(io::Error::from(io::ErrorKind::NotFound))
    }
}

/// A name service that knows no name: nothing leaves this machine.
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
