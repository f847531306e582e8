//! The cost of the rules: a small `GET` through [`Outlet::send`], against the same
//! request through `hyper-util`'s pooled client without any rule.
//!
//! `cargo bench -p krabice-egress`; the server runs in the same process, on the
//! same cores, and does as little as possible.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot start stops with the line"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use krabice_contract::Manifest;
use krabice_contract::manifest::Effect;
use krabice_egress::{CallScope, Connections, Network, Outlet, Request, Secrets};
use secrecy::SecretString;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The requests at once.
const AT_ONCE: u64 = 32;

/// The requests of each task in one measured round.
const EACH: u64 = 50;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}

async fn server() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Answers every request with an order of 220 bytes.
async fn serve(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let body = format!(
        "{{\"order_number\":\"O260147\",\"note\":\"{}\"}}",
        "x".repeat(180)
    );
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-rate-limit-hour: 10\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut read = vec![0; 4096];
    let mut filled = 0;
    loop {
        match stream.read(&mut read[filled..]).await {
            Ok(0) | Err(_) => return,
            Ok(bytes) => filled += bytes,
        }
        if read[..filled].ends_with(b"\r\n\r\n") {
            filled = 0;
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

struct Kept;

impl Secrets for Kept {
    fn env(&self, _: &str) -> std::io::Result<Option<SecretString>> {
        Ok(Some("a-secret-of-some-length".into()))
    }

    fn file(&self, _: &Path) -> std::io::Result<SecretString> {
        Ok("a-secret-of-some-length".into())
    }
}

fn outlet(address: SocketAddr) -> Arc<Outlet> {
    let setting = |name: &str, kind: &str, secret: bool| {
        json!({ "name": name, "kind": kind, "secret": secret, "required": true, "default": null, "choices": [],
                "label": { "en": name }, "help": {} })
    };
    let manifest: Manifest = serde_json::from_value(json!({
        "name": "shop", "version": "1.0.0", "label": { "en": "Shop" }, "help": {},
        "settings": [setting("address", "url", false), setting("login", "text", false), setting("key", "text", true)],
        "address": "address",
        "authorisation": { "basic": { "header": "Authorization", "username": "login", "password": "key" } },
        "hosts": [], "limits": { "requests-at-once": null, "requests-per-minute": null }, "functions": {}
    }))
    .unwrap();
    let text = format!(
        "[connections.shop]\nplugin = \"shop\"\nsettings.address = \"http://{address}/api/v2\"\n\
         settings.login = \"12345678\"\nsettings.key = {{ env = \"KEY\" }}"
    );
    let connections = Connections::parse(&text, Path::new("/"), &Kept).unwrap();
    Network::builder()
        .build()
        .outlet(&manifest, connections.get("shop"))
        .unwrap()
}

async fn ask(outlet: &Outlet) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let scope = CallScope::new("shop", "verify-order", Effect::Reads, deadline, 100);
    let answer = outlet
        .send(&scope, Request::get("orders?order_numbers=O260147"))
        .await
        .unwrap();
    assert_eq!(answer.body.len(), 216);
}

type Bare = Client<HttpConnector, Full<Bytes>>;

fn bare() -> Bare {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(32)
        .pool_idle_timeout(Duration::from_secs(60))
        .build(connector)
}

async fn ask_bare(client: &Bare, address: SocketAddr) {
    let request = http::Request::get(format!(
        "http://{address}/api/v2/orders?order_numbers=O260147"
    ))
    .header(
        "authorization",
        "Basic MTIzNDU2Nzg6YS1zZWNyZXQtb2Ytc29tZS1sZW5ndGg=",
    )
    .body(Full::default())
    .unwrap();
    let answer = client.request(request).await.unwrap();
    assert_eq!(
        answer.into_body().collect().await.unwrap().to_bytes().len(),
        216
    );
}

/// Sends many requests at once, `EACH` one after the other in every task.
async fn at_once<F: Future<Output = ()> + Send>(
    ask: impl Fn() -> F + Clone + Send + Sync + 'static,
) {
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let ask = ask.clone();
        tasks.spawn(async move {
            for _ in 0..EACH {
                ask().await;
            }
        });
    }
    tasks.join_all().await;
}

fn sends(c: &mut Criterion) {
    let runtime = self::runtime();
    let address = runtime.block_on(server());
    let (outlet, client) = (outlet(address), bare());

    let mut one = c.benchmark_group("one at a time");
    one.throughput(Throughput::Elements(1));
    one.bench_function("hyper-util alone", |b| {
        b.to_async(&runtime).iter(|| ask_bare(&client, address))
    });
    one.bench_function("Outlet::send", |b| {
        b.to_async(&runtime).iter(|| ask(&outlet))
    });
    one.finish();

    let mut many = c.benchmark_group("32 at once");
    many.throughput(Throughput::Elements(AT_ONCE * EACH));
    many.bench_function("hyper-util alone", |b| {
        b.to_async(&runtime).iter(|| {
            let client = client.clone();
            at_once(move || {
                let client = client.clone();
                async move { ask_bare(&client, address).await }
            })
        });
    });
    many.bench_function("Outlet::send", |b| {
        b.to_async(&runtime).iter(|| {
            let outlet = Arc::clone(&outlet);
            at_once(move || {
                let outlet = Arc::clone(&outlet);
                async move { ask(&outlet).await }
            })
        });
    });
    many.finish();
}

criterion_group!(benches, sends);
criterion_main!(benches);
