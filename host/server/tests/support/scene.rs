//! The server in processes of its own, and the shop that it serves.
//!
//! The server is the very test binary, started again as a child, so that it can be killed.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use krabice_egress::{Connections, SystemSecrets};
use krabice_emulators::{Emulators, Options};
use krabice_runtime::{Pool, Runtime};
use krabice_server::{Server, Settings, Storage, StoreUrl};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{self, read};
use crate::support::store::TestStore;

/// Where the child finds its store, scenarios and connections.
const FOLDER: &str = "KRABICE_TEST_FOLDER";
/// Set where the child is to sweep away all that may be swept at once.
const SWEEP: &str = "KRABICE_TEST_SWEEP";
/// How this binary is started as the child.
pub(crate) const CHILD: [&str; 4] = ["--ignored", "--exact", "serve_until_killed", "--nocapture"];
/// What the child says when it listens.
const LISTENING: &str = "listening at ";

/// Asks for a note and writes it into an order of the shop; a write that each repetition does again.
pub(crate) const NOTES: &str = include_str!("notes.json");

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The child: a server that runs until it is killed. Nothing where no parent has started it.
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
            // On a database of several servers whoever died is not missed at once.
            settings.limits.lease_seconds = 1;
            if std::env::var_os(SWEEP).is_some() {
                settings.retention.hidden_hours = 0;
                settings.retention.transcript_days = 0;
            }
            let url = std::fs::read_to_string(folder.join("store")).unwrap();
            let store = Storage::open(&StoreUrl::parse(&url).unwrap())
                .await
                .unwrap();
            let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let server = Server::builder(runtime, store, folder.join("scenarios"), listen)
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

    /// Which store the servers that are started from now on have.
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
        // Whatever else it says is not waited for.
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

    /// How often the shop was told to add a note to the order's, and did.
    pub(crate) fn notes(&self, note: &str) -> usize {
        let written = self.written();
        written.iter().filter(|each| *each == note).count()
    }

    /// Every note that was added to the order's: the last line of each that the shop was sent.
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

/// Sends a request; none where the server died before it had answered.
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
        let started = ask(
            address,
            "POST",
            "/api/v1/sessions",
            "",
            &json!({"scenario": "notes"}),
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

    /// Says it until it is answered, as the widget does.
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
