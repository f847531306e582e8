//! A server in a process of its own, so that a test can kill it, and the shop that it serves.
//!
//! The server is the test binary itself, started as a child.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use krabice_egress::{Connections, SystemSecrets};
use krabice_emulators::{Emulators, Options};
use krabice_runtime::{Pool, Runtime};
use krabice_server::{Server, Settings};
use krabice_store::{Storage, StoreUrl};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{self, read};
use crate::support::store::TestStore;

/// The environment variable with the folder of the child's store, scenarios and connections.
const FOLDER: &str = "KRABICE_TEST_FOLDER";
/// The environment variable that makes the child keep nothing longer than until the next sweep.
const SWEEP: &str = "KRABICE_TEST_SWEEP";
/// The arguments that start this binary as the child.
pub(crate) const CHILD: [&str; 4] = ["--ignored", "--exact", "serve_until_killed", "--nocapture"];
/// The line that the child prints when it listens, followed by its address.
const LISTENING: &str = "listening at ";

/// A scenario that asks for a note and writes it to an order of the shop. The write is not idempotent.
pub(crate) const NOTES: &str = include_str!("notes.json");

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The child: a server that runs until it is killed. Does nothing if the binary was not started as the
/// child.
pub(crate) fn serve_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let cache =
                std::path::absolute(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"))
                    .unwrap();
            let runtime = Runtime::builder()
                .cache_directory(cache)
                .pool(Pool::OnDemand)
                .build()
                .unwrap();
            let text = std::fs::read_to_string(folder.join("connections.toml")).unwrap();
            let connections = Connections::parse(&text, &folder, &SystemSecrets).unwrap();
            let mut settings = Settings::default();
            settings.limits.requests_per_minute = 1_000_000;
            settings.limits.sessions_per_minute = 1_000_000;
            settings.limits.answers_per_minute = 1_000_000;
            // Tests fill disks of a few megabytes.
            settings.limits.free_disk_bytes = 0;
            // On PostgreSQL a dead server's turns are taken over only after their lease.
            settings.limits.lease = std::time::Duration::from_secs(1);
            if std::env::var_os(SWEEP).is_some() {
                settings.retention.hidden = std::time::Duration::ZERO;
                settings.retention.transcript = std::time::Duration::ZERO;
            }
            let url = std::fs::read_to_string(folder.join("store")).unwrap();
            let store = Storage::open(&StoreUrl::parse(&url).unwrap())
                .await
                .unwrap();
            let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let server = Server::builder(runtime, store, folder.join("scenarios"), [listen])
                .plugins(vec![folder.join("plugins")])
                .connections(Some(connections))
                .settings(settings)
                .start()
                .await
                .unwrap();
            let mut out = std::io::stdout();
            writeln!(out, "\n{LISTENING}{}", server.address()).unwrap();
            std::future::pending::<()>().await;
        });
}

/// A server in a process of its own, and the shop.
pub(crate) struct Scene {
    pub(crate) emulators: Emulators,
    pub(crate) store: TestStore,
    pub(crate) folder: TempDir,
}

pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Scene {
    pub(crate) async fn set() -> Scene {
        let emulators = Emulators::start(Options::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        emulators
            .write_connections(&folder.path().join("connections.toml"), false)
            .unwrap();
        for name in ["scenarios", "plugins"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("scenarios/notes.json"), NOTES).unwrap();
        let store = TestStore::fresh(folder.path()).await;
        let plugin = workspace().join("target/plugins/upgates.wasm");
        assert!(
            plugin.is_file(),
            "`{}` is not built: run `make plugins` first",
            plugin.display()
        );
        std::fs::copy(plugin, folder.path().join("plugins/upgates.wasm")).unwrap();
        let scene = Scene {
            emulators,
            store,
            folder,
        };
        scene.keep_in(&scene.store);
        scene
    }

    /// Sets the store of servers that are started from now on.
    pub(crate) fn keep_in(&self, store: &TestStore) {
        std::fs::write(self.folder.path().join("store"), store.url()).unwrap();
    }

    /// Starts the server; it dies at the given pass of a fail point.
    pub(crate) fn start(&self, fail_point: Option<&str>) -> Running {
        self.listening(self.spawn(fail_point, false))
    }

    /// Waits until a server listens.
    pub(crate) fn listening(&self, mut child: Child) -> Running {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let address = lines.find_map(|line| line.strip_prefix(LISTENING).map(str::to_owned));
        // Read the rest of its output, so that the child never blocks.
        std::thread::spawn(move || lines.for_each(drop));
        Running {
            child,
            address: address.expect("the server did not start").parse().unwrap(),
        }
    }

    /// Starts the server and waits until it has died at a fail point by itself.
    pub(crate) fn dies(&self, fail_point: &str, sweeps: bool) {
        let mut child = self.spawn(Some(fail_point), sweeps);
        let said = child.stdout.take().unwrap();
        std::thread::spawn(move || BufReader::new(said).lines().for_each(drop));
        assert!(!child.wait().unwrap().success(), "{fail_point}");
    }

    fn spawn(&self, fail_point: Option<&str>, sweeps: bool) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(CHILD);
        self.prepare(&mut command);
        if let Some(fail_point) = fail_point {
            command.env("KRABICE_FAIL_POINT", fail_point);
        }
        if sweeps {
            command.env(SWEEP, "1");
        }
        command.spawn().unwrap()
    }

    pub(crate) fn prepare(&self, command: &mut Command) {
        command
            .env(FOLDER, self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
    }

    /// How often the shop added a note to the order.
    pub(crate) fn notes(&self, note: &str) -> usize {
        let written = self.written();
        written.iter().filter(|each| *each == note).count()
    }

    /// All notes that the shop added to the order: the last line of each request's note.
    pub(crate) fn written(&self) -> Vec<String> {
        let log = self.emulators.upgates().log();
        log.iter()
            .filter(|entry| entry.method == "PUT" && entry.processed)
            .map(|entry| {
                let body: Value = serde_json::from_str(&entry.body).unwrap();
                let note = body["orders"][0]["internal_note"].as_str().unwrap();
                note.lines().last().unwrap().to_owned()
            })
            .collect()
    }
}

/// Sends a request. Returns `None` if the server died before it answered.
pub(crate) async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: &str,
    body: &Value,
) -> Option<client::Answer> {
    let body = body.to_string();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    (!answer.is_empty()).then(|| read(&answer))
}

#[derive(Clone)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Customer {
    pub(crate) async fn start(address: SocketAddr) -> Customer {
        Customer::start_with(address, "notes").await
    }

    pub(crate) async fn start_with(address: SocketAddr, scenario: &str) -> Customer {
        let started = ask(
            address,
            "POST",
            "/api/v1/sessions",
            "",
            &json!({"scenario": scenario}),
        )
        .await
        .unwrap();
        let started = started.ok();
        let text = |name: &str| started[name].as_str().unwrap().to_owned();
        Customer {
            id: text("session"),
            token: text("token"),
        }
    }

    pub(crate) async fn say(
        &self,
        address: SocketAddr,
        id: &str,
        text: &str,
    ) -> Option<client::Answer> {
        let path = format!("/api/v1/sessions/{}/answers", self.id);
        ask(
            address,
            "POST",
            &path,
            &self.token,
            &json!({"id": id, "text": text}),
        )
        .await
    }

    /// Repeats a message until it is answered, as the widget does.
    pub(crate) async fn insist(&self, address: SocketAddr, id: &str, text: &str) -> Value {
        for _ in 0..200 {
            if let Some(answer) = self.say(address, id, text).await {
                if answer.status == 200 {
                    return answer.json();
                }
                assert_eq!(
                    answer.status,
                    409,
                    "{}",
                    String::from_utf8_lossy(&answer.body)
                );
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("never answered");
    }

    async fn resume(&self, address: SocketAddr) -> Value {
        let path = format!("/api/v1/sessions/{}", self.id);
        ask(address, "GET", &path, &self.token, &json!(null))
            .await
            .unwrap()
            .ok()
    }

    pub(crate) async fn whole(&self, address: SocketAddr) -> Vec<Value> {
        let whole = self.resume(address).await;
        whole["events"].as_array().unwrap().clone()
    }

    /// What the session waits for.
    pub(crate) async fn waits(&self, address: SocketAddr) -> Value {
        self.resume(address).await["waits"].clone()
    }
}

pub(crate) fn told(answer: &Value) -> String {
    let events = answer["events"].as_array().unwrap();
    events
        .iter()
        .filter(|event| event["kind"] == "message")
        .map(|event| event["text"].as_str().unwrap())
        .collect()
}
