//! The cost of a call, and the part of it that the isolation takes.
//!
//! `cargo bench -p krabice-runtime --features bench --bench calls`, after `make bench` has built the guests. The back
//! end runs in the same process on the same cores, for the native requests too:
//! ratios between lines of one run mean something, numbers of two machines do
//! not.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a measurement that cannot start stops with the line"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use krabice_contract::{Outcome, Value};
use krabice_egress::{Connections, Network, Outlet, Secrets};
use krabice_runtime::{CallInput, Context, Limits, Plugin, Pool, Runtime};
use secrecy::SecretString;
use tokio::task::JoinSet;

const ORDER: &str = r#"{"order_number":"OBJ-1","status":"paid","total":"1230.50","currency":"CZK","customer":{"email":"jana@example.com","phone":"+420 777 123 456"},"items":[{"code":"A-1","name":"Hrnek"},{"code":"B-2","name":"Talíř"}]}"#;

/// The calls at once: as many as the requests at once of the guest's connection.
const CROWD: u64 = 32;

struct Kept;

impl Secrets for Kept {
    fn env(&self, _: &str) -> std::io::Result<Option<SecretString>> {
        Ok(Some(SecretString::from("a token")))
    }

    fn file(&self, _: &Path) -> std::io::Result<SecretString> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// A runtime with the guest, its connection and a native client.
struct Bench {
    runtime: Runtime,
    plugin: Arc<Plugin>,
    outlet: Arc<Outlet>,
    native: Client<HttpConnector, Empty<Bytes>>,
    url: String,
    context: Context,
}

impl Bench {
    async fn start() -> Arc<Bench> {
        Bench::with(Pool::Scanned, "hostile-small-stack").await
    }

    /// With a pool, and a guest of `target/guests`.
    async fn with(pool: Pool, guest: &str) -> Arc<Bench> {
        let order = || async { ([(header::CONTENT_TYPE, "application/json")], ORDER) };
        let router = Router::new().route("/base/order", get(order));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });

        // A live instance is one call that never ends.
        let limits = Limits {
            requests: u32::MAX,
            body_bytes: u64::MAX,
            ..Limits::default()
        };
        let runtime = Runtime::builder()
            .limits(limits)
            .pool(pool)
            .build()
            .unwrap();
        assert_eq!(runtime.pool(), pool, "this system does not have the pool");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let guest = target.join(format!("guests/{guest}.wasm"));
        assert!(
            guest.exists(),
            "{} is missing: `make bench` builds it",
            guest.display()
        );
        let plugin = runtime.load(guest).await.unwrap();
        let text = format!(
            "[connections.shop]\nplugin = \"hostile\"\n[connections.shop.settings]\n\
             address = \"http://{address}/base\"\ntoken = {{ env = \"TOKEN\" }}\n"
        );
        let connections = Connections::parse(&text, Path::new("/"), &Kept).unwrap();
        let network = Network::builder().build();
        let outlet = network
            .outlet(plugin.manifest(), connections.get("shop"))
            .unwrap();

        let native = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(CROWD as usize)
            .build_http();
        let context = Context {
            language: "cs".to_owned(),
            time_zone: jiff::tz::TimeZone::get("Europe/Prague").unwrap(),
            now: "2026-03-14T08:26:53Z".parse().unwrap(),
        };
        let url = format!("http://{address}/base/order");
        Arc::new(Bench {
            runtime,
            plugin,
            outlet,
            native,
            url,
            context,
        })
    }

    fn input<const N: usize>(&self, parameters: [(&str, Value); N]) -> CallInput {
        CallInput {
            parameters: parameters
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect(),
            hidden: Vec::new(),
            context: self.context.clone(),
            key: "call-1".to_owned(),
        }
    }

    /// A function of the usual shape, with two parameters and five fields.
    fn order(&self) -> CallInput {
        self.input([
            ("order", Value::from("OBJ-1")),
            ("email", Value::from("jana@example.com")),
        ])
    }

    fn fetch(&self, interface: &str) -> CallInput {
        self.input([("interface", Value::from(interface))])
    }

    async fn call(&self, function: &str, input: CallInput) {
        let report = self
            .runtime
            .call(&self.plugin, function, Some(&self.outlet), input)
            .await;
        assert!(
            matches!(report.result, Ok(Outcome::TrueWithFields(_))),
            "{:?}",
            report.result
        );
    }

    async fn ask_natively(&self) {
        let answer = self.native.get(self.url.parse().unwrap()).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.len(), ORDER.len());
    }
}

fn tokio_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Does some work so many times, a crowd of it at once.
async fn crowd<F, W>(times: u64, work: F) -> Duration
where
    F: Fn() -> W + Send + Sync + 'static,
    W: Future<Output = ()> + Send,
{
    let work = Arc::new(work);
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for member in 0..CROWD {
        let share = times / CROWD + u64::from(member < times % CROWD);
        let work = Arc::clone(&work);
        tasks.spawn(async move {
            for _ in 0..share {
                work().await;
            }
        });
    }
    tasks.join_all().await;
    began.elapsed()
}

/// Without a request: the cost of the instance and the checks.
fn without_requests(criterion: &mut Criterion) {
    let tokio = tokio_runtime();
    let bench = tokio.block_on(Bench::start());
    let mut group = criterion.benchmark_group("no request");
    group.bench_function("fresh", |b| {
        b.to_async(&tokio)
            .iter(|| bench.call("order", bench.order()));
    });
    group.bench_function("warm", |b| {
        b.iter_custom(|times| {
            tokio.block_on(async {
                let mut warm = bench
                    .runtime
                    .warm(&bench.plugin, Some(&bench.outlet))
                    .await
                    .unwrap();
                let began = Instant::now();
                for _ in 0..times {
                    let outcome = warm.call("order", bench.order()).await;
                    assert!(matches!(outcome, Some(Ok(Outcome::TrueWithFields(_)))));
                }
                began.elapsed()
            })
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("fresh, 32 at once", |b| {
        b.iter_custom(|times| {
            let bench = Arc::clone(&bench);
            tokio.block_on(crowd(times, move || {
                let bench = Arc::clone(&bench);
                async move { bench.call("order", bench.order()).await }
            }))
        });
    });
    group.finish();
}

/// With one request: natively, and through each interface, alone and in a crowd.
fn with_a_request(criterion: &mut Criterion) {
    let tokio = tokio_runtime();
    let bench = tokio.block_on(Bench::start());
    let mut group = criterion.benchmark_group("one request");
    group.bench_function("native", |b| {
        b.to_async(&tokio).iter(|| bench.ask_natively())
    });
    for interface in ["http", "send"] {
        group.bench_function(format!("fresh, {interface}"), |b| {
            b.to_async(&tokio)
                .iter(|| bench.call("fetch", bench.fetch(interface)));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("one request, 32 at once");
    group.throughput(Throughput::Elements(1));
    group.bench_function("native", |b| {
        b.iter_custom(|times| {
            let bench = Arc::clone(&bench);
            tokio.block_on(crowd(times, move || {
                let bench = Arc::clone(&bench);
                async move { bench.ask_natively().await }
            }))
        });
    });
    for interface in ["http", "send"] {
        group.bench_function(format!("fresh, {interface}"), |b| {
            b.iter_custom(|times| {
                let bench = Arc::clone(&bench);
                tokio.block_on(crowd(times, move || {
                    let bench = Arc::clone(&bench);
                    async move { bench.call("fetch", bench.fetch(interface)).await }
                }))
            });
        });
        group.bench_function(format!("warm, {interface}"), |b| {
            b.iter_custom(|times| tokio.block_on(warm_crowd(Arc::clone(&bench), times, interface)));
        });
    }
    group.finish();
}

/// The effect of each measure against the cost of isolation: the same calls without it.
fn levers(criterion: &mut Criterion) {
    let tokio = tokio_runtime();
    for (name, pool, guest) in [
        ("shipped", Pool::Scanned, "hostile-small-stack"),
        (
            "without pagemap_scan and kept pages",
            Pool::Plain,
            "hostile-small-stack",
        ),
        ("without a pool", Pool::OnDemand, "hostile-small-stack"),
        ("with a stack of 1 MiB", Pool::Scanned, "hostile"),
    ] {
        let bench = tokio.block_on(Bench::with(pool, guest));
        let mut group = criterion.benchmark_group(format!("levers, {name}"));
        group.bench_function("no request", |b| {
            b.to_async(&tokio)
                .iter(|| bench.call("order", bench.order()));
        });
        for interface in ["http", "send"] {
            group.bench_function(format!("{interface}, 32 at once"), |b| {
                b.iter_custom(|times| {
                    let bench = Arc::clone(&bench);
                    tokio.block_on(crowd(times, move || {
                        let bench = Arc::clone(&bench);
                        async move { bench.call("fetch", bench.fetch(interface)).await }
                    }))
                });
            });
        }
        group.finish();
    }
}

/// A crowd of live instances.
async fn warm_crowd(bench: Arc<Bench>, times: u64, interface: &'static str) -> Duration {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for member in 0..CROWD {
        let share = times / CROWD + u64::from(member < times % CROWD);
        let bench = Arc::clone(&bench);
        tasks.spawn(async move {
            let mut warm = bench
                .runtime
                .warm(&bench.plugin, Some(&bench.outlet))
                .await
                .unwrap();
            for _ in 0..share {
                let outcome = warm.call("fetch", bench.fetch(interface)).await;
                assert!(
                    matches!(outcome, Some(Ok(Outcome::TrueWithFields(_)))),
                    "{outcome:?}"
                );
            }
        });
    }
    tasks.join_all().await;
    began.elapsed()
}

/// The loading of a plugin: compiled anew, and from the cache as on a second start.
fn loading(criterion: &mut Criterion) {
    let tokio = tokio_runtime();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let guest = target.join("guests/hostile.wasm");
    let directory = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("load and describe");
    group.sample_size(10);
    let load = |runtime: Runtime| {
        let plugin = tokio.block_on(runtime.load(&guest)).unwrap();
        assert_eq!(plugin.name(), "hostile");
    };
    group.bench_function("compiled anew", |b| {
        b.iter(|| load(Runtime::builder().build().unwrap()))
    });
    let cached = || {
        Runtime::builder()
            .cache_directory(directory.path().join("cache"))
            .build()
            .unwrap()
    };
    load(cached());
    group.bench_function("from the cache", |b| b.iter(|| load(cached())));
    group.bench_function("the engine alone", |b| b.iter(&cached));
    group.finish();
}

criterion_group!(benches, without_requests, with_a_request, levers, loading);
criterion_main!(benches);
