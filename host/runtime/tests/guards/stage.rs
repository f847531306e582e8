//! A runtime with the guest loaded, a back end, and a connection to it.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use krabice_contract::{Failure, FailureClass, Outcome, Value};
use krabice_egress::{Connections, Network, Outlet, Resolver, Secrets};
use krabice_runtime::{CallInput, CallReport, Context, Limits, Plugin, Runtime};
use secrecy::SecretString;

use crate::back_end::BackEnd;

/// The connection's secret, which only the back end may get.
pub(crate) const TOKEN: &str = "kanarek-7731-tajny";

/// Both interfaces to the network, as the guest's parameter `interface` names them. Every case of
/// egress uses each.
pub(crate) const INTERFACES: [&str; 2] = ["http", "send"];

/// The time within which every call of the tests ends, also on a busy machine. The limits that
/// the tests set are far shorter.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) back_end: BackEnd,
}

impl Stage {
    pub(crate) async fn new() -> Stage {
        Stage::with(Limits::default()).await
    }

    /// Makes a stage with its own limits. The computing time is not limited by default, because
    /// the machine of the tests may be slow.
    pub(crate) async fn with(limits: Limits) -> Stage {
        let runtime = runtime(limits);
        let plugin = runtime.load(guest()).await.unwrap();
        let back_end = BackEnd::start().await;
        let outlet = outlet(&plugin, back_end.address);
        Stage {
            runtime,
            plugin,
            outlet,
            back_end,
        }
    }

    /// Calls a function with parameters.
    pub(crate) async fn call(
        &self,
        function: &str,
        parameters: impl IntoIterator<Item = (&str, Value)>,
    ) -> CallReport {
        let input = input(parameters);
        let report = self
            .runtime
            .call(&self.plugin, function, Some(&self.outlet), input)
            .await;
        assert!(
            report.elapsed < BOUND,
            "`{function}` took {:?}",
            report.elapsed
        );
        report
    }

    /// Calls a function that must fail, and checks that no resource is lost.
    pub(crate) async fn fails(
        &self,
        function: &str,
        parameters: impl IntoIterator<Item = (&str, Value)>,
    ) -> Failure {
        let failure = self.call(function, parameters).await.result.unwrap_err();
        self.still_works().await;
        failure
    }

    /// Calls a function that must fail in a class. Returns the detail of the failure.
    pub(crate) async fn fails_as(
        &self,
        class: FailureClass,
        function: &str,
        parameters: impl IntoIterator<Item = (&str, Value)>,
    ) -> String {
        let failure = self.fails(function, parameters).await;
        assert_eq!(failure.class, class, "`{function}`: {}", failure.detail);
        failure.detail
    }

    /// Checks that the next call works, and that neither a permit nor memory is lost.
    pub(crate) async fn still_works(&self) {
        assert_eq!(self.call("confirm", []).await.result, Ok(Outcome::True));
        assert_eq!(
            self.runtime.free_permits(),
            self.runtime.limits().concurrent_calls as usize
        );
        assert_eq!(self.runtime.memory_bytes(), 0);
    }
}

/// A runtime whose compiled plugins are kept between tests.
pub(crate) fn runtime(limits: Limits) -> Runtime {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Runtime::builder()
        .limits(limits)
        .cache_directory(cache)
        .build()
        .unwrap()
}

/// Limits that soon end a call that never ends by itself.
pub(crate) fn impatient() -> Limits {
    Limits {
        call_timeout: Duration::from_secs(1),
        cpu_time: Duration::from_millis(50),
        memory_bytes: 8 << 20,
        ..Limits::default()
    }
}

/// The guest's component, which the Makefile builds.
pub(crate) fn guest() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let file = target.join("guests/hostile.wasm");
    assert!(
        file.exists(),
        "{} is missing: run `make guests` first",
        file.display()
    );
    file
}

/// The input of a call.
pub(crate) fn input<'a>(parameters: impl IntoIterator<Item = (&'a str, Value)>) -> CallInput {
    let parameters = parameters
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<IndexMap<_, _>>();
    CallInput {
        parameters,
        hidden: Vec::new(),
        context: context(),
        key: "call-1".to_owned(),
    }
}

pub(crate) fn context() -> Context {
    Context {
        language: "cs".to_owned(),
        time_zone: jiff::tz::TimeZone::get("Europe/Prague").unwrap(),
        now: "2026-03-14T08:26:53Z".parse().unwrap(),
    }
}

/// An outlet to a back end's address.
pub(crate) fn outlet(plugin: &Plugin, address: SocketAddr) -> Arc<Outlet> {
    let text = format!(
        "[connections.shop]\nplugin = \"hostile\"\n[connections.shop.settings]\n\
         address = \"http://{}/base\"\ntoken = {{ env = \"TOKEN\" }}\n",
        address
    );
    let secrets = Kept([("TOKEN", TOKEN)].into());
    let connections = Connections::parse(&text, Path::new("/"), &secrets).unwrap();
    let network = Network::builder().resolver(Inside).build();
    network
        .outlet(plugin.manifest(), connections.get("shop"))
        .unwrap()
}

/// A name service with only private addresses.
struct Inside;

#[async_trait::async_trait]
impl Resolver for Inside {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::from([10, 0, 0, 7])])
    }
}

struct Kept(HashMap<&'static str, &'static str>);

impl Secrets for Kept {
    fn env(&self, name: &str) -> io::Result<Option<SecretString>> {
        Ok(self.0.get(name).map(|value| SecretString::from(*value)))
    }

    fn file(&self, _: &Path) -> io::Result<SecretString> {
        Err(io::Error::from(io::ErrorKind::NotFound))
    }
}
