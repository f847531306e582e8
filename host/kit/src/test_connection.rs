//! A made-up connection of a plugin: its settings, its secrets, and the way out to an address on
//! loopback. Nothing that goes through it leaves this machine.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use indexmap::IndexMap;
use krabice_contract::manifest::Setting;
use krabice_contract::{Kind, Manifest};
use krabice_egress::{
    Connection, ConnectionProblem, Network, Outlet, RequestObserver, Resolver, Rules,
};
use krabice_runtime::Context;

/// The name of the connection.
const CONNECTION: &str = "made-up";

/// The beginning of every made-up secret, by which it is searched for.
pub(crate) const SECRET: &str = "made-up-secret";

/// The time-out of a back end that does not answer.
const SHORT: Duration = Duration::from_millis(200);

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
    fn rules(self) -> Rules {
        let without_retries = Rules {
            retries: 0,
            ..Rules::default()
        };
        match self {
            TimeoutProfile::Standard => Rules::default(),
            TimeoutProfile::WithoutRetries => without_retries,
            TimeoutProfile::Short => Rules {
                connect_timeout: SHORT,
                first_byte_timeout: SHORT,
                between_bytes_timeout: SHORT,
                ..without_retries
            },
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
        let connection =
            (!manifest.settings.is_empty()).then(|| self.connection(address, timeouts));
        let mut network = Network::builder().resolver(NoNames);
        if let Some(observer) = &self.observer {
            network = network.observer(Arc::clone(observer));
        }
        network
            .build()
            .outlet(manifest, connection.as_ref())
            .map(Some)
            .map_err(TestConnectionError)
    }

    /// The connection. The check of connections reports a setting that the plugin does not have,
    /// and a text that is not of its setting's kind.
    fn connection(&self, address: SocketAddr, timeouts: TimeoutProfile) -> Connection {
        let mut connection = Connection::new(CONNECTION, &self.manifest.name)
            .with_rules(timeouts.rules())
            // The rate limit of the real back end would only slow the check down.
            .with_requests_per_minute(1_000_000);
        for (name, value) in self.given {
            connection = connection.with_setting(name, value);
        }
        for setting in &self.manifest.settings {
            let name = &setting.name;
            if Some(name) == self.manifest.address.as_ref() {
                connection = connection.with_setting(name, format!("http://{address}"));
            } else if setting.secret {
                connection = connection.with_secret(name, format!("{SECRET}-{name}"));
            } else if !self.given.contains_key(name) && is_needed(setting) {
                connection = connection.with_setting(name, made_up(setting));
            }
        }
        connection
    }
}

fn is_needed(setting: &Setting) -> bool {
    setting.required && setting.default.is_none()
}

/// A value of the setting's kind.
fn made_up(setting: &Setting) -> String {
    match setting.kind {
        Kind::Boolean => "false".to_owned(),
        Kind::Integer | Kind::Decimal => "7".to_owned(),
        Kind::Email => "made-up@example.com".to_owned(),
        Kind::Phone => "+420601000000".to_owned(),
        Kind::Url => "https://made-up.example.com".to_owned(),
        Kind::Choice => setting
            .choices
            .first()
            .map(|choice| choice.value.clone())
            .expect("the check of manifests refuses a setting of kind `choice` without choices"),
        Kind::Text | Kind::Timestamp | Kind::List | Kind::Record | Kind::File => {
            format!("made-up-{}", setting.name)
        }
    }
}

/// The context of every call.
pub(crate) fn context() -> Context {
    Context {
        language: "en".to_owned(),
        time_zone: jiff::tz::TimeZone::UTC,
        now: jiff::Timestamp::from_second(NOW).expect("the year 2026 is a moment"),
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
