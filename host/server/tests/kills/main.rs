//! The server is killed where it hurts most, again and again: no acknowledged turn is lost, none is
//! doubled, and no write reaches the shop twice.
//!
//! The server is this very test binary, started again as a child that dies at a fail point, which is
//! as sudden as `kill -9`: nothing is flushed, nothing is dropped.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(
    dead_code,
    reason = "a part of the client serves the other tests alone"
)]

#[path = "../chat/client.rs"]
mod client;
mod elsewhere;
mod full;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use krabice_egress::{Connections, SystemSecrets};
use krabice_emulators::{Emulators, Fault, FaultRule, Options};
use krabice_runtime::{Pool, Runtime};
use krabice_server::{Server, Settings, SqliteStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::client::read;

/// Where the child finds its store, scenarios and connections.
const FOLDER: &str = "KRABICE_TEST_FOLDER";
/// How often it is killed at every point; 1 where nothing is said.
const ROUNDS: &str = "KRABICE_KILL_ROUNDS";
/// Set where the child is to sweep away all that may be swept at once.
const SWEEP: &str = "KRABICE_TEST_SWEEP";
/// Where the store is, if not in the folder.
const STORE: &str = "KRABICE_TEST_STORE";
/// Rounds at once: each waits for its own child most of the time.
const TOGETHER: u32 = 4;
/// How this binary is started as the child.
const CHILD: [&str; 4] = ["--ignored", "--exact", "serve_until_killed", "--nocapture"];
/// What the child says when it listens.
const LISTENING: &str = "listening at ";

/// Asks for a note and writes it into an order of the shop; a write that each repetition does again.
const NOTES: &str = include_str!("notes.json");

/// How often a server was killed by all tests so far.
static KILLS: AtomicUsize = AtomicUsize::new(0);

/// Counts kills, and says how many there were.
fn killed(times: usize) {
    use std::io::Write as _;
    let all = KILLS.fetch_add(times, Ordering::SeqCst) + times;
    writeln!(std::io::stdout(), "\nkilled {all} times so far").unwrap();
}

/// Runs a test of one scene as often as is asked for, several at once.
async fn in_rounds<F>(test: impl Fn(u32) -> F)
where
    F: Future<Output = usize> + Send + 'static,
{
    let rounds = std::env::var(ROUNDS).map_or(1, |rounds| rounds.parse().unwrap());
    let places = Arc::new(Semaphore::new(TOGETHER as usize));
    let mut running = JoinSet::new();
    for round in 0..rounds {
        let (test, places) = (test(round), Arc::clone(&places));
        running.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            test.await
        });
    }
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(kills) => killed(kills),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The child: a server that runs until it is killed.
#[test]
#[ignore = "the other tests start it"]
fn serve_until_killed() {
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
                std::path::absolute(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")).unwrap();
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
            if std::env::var_os(SWEEP).is_some() {
                settings.retention.hidden_hours = 0;
                settings.retention.transcript_days = 0;
            }
            let place = std::env::var_os(STORE).map_or(folder.clone(), PathBuf::from);
            let store = SqliteStore::open(&place.join("chat.db")).unwrap();
            let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let server = Server::builder(runtime, store, folder.join("scenarios"), listen)
                .plugins(vec![folder.join("plugins")])
                .connections(Some(connections))
                .settings(settings)
                .start()
                .await
                .unwrap();
            use std::io::Write as _;
            writeln!(std::io::stdout(), "\n{LISTENING}{}", server.address()).unwrap();
            std::future::pending::<()>().await;
        });
}

/// A server in a process of its own, and the shop.
struct Scene {
    emulators: Emulators,
    folder: TempDir,
}

struct Running {
    child: Child,
    address: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Scene {
    async fn set() -> Scene {
        let emulators = Emulators::start(Options::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        emulators
            .write_connections(&folder.path().join("connections.toml"), false)
            .unwrap();
        for name in ["scenarios", "plugins"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("scenarios/notes.json"), NOTES).unwrap();
        let plugin = workspace().join("target/plugins/upgates.wasm");
        assert!(
            plugin.is_file(),
            "`{}` is not built: run `make plugins` first",
            plugin.display()
        );
        std::fs::copy(plugin, folder.path().join("plugins/upgates.wasm")).unwrap();
        Scene { emulators, folder }
    }

    /// Starts the server; it dies at the given pass of a fail point.
    fn start(&self, fail_point: Option<&str>) -> Running {
        self.listening(self.spawn(fail_point, false))
    }

    /// Waits until a server listens.
    fn listening(&self, mut child: Child) -> Running {
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
    fn dies(&self, fail_point: &str, sweeps: bool) {
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

    fn prepare(&self, command: &mut Command) {
        command
            .env(FOLDER, self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
    }

    /// How often the shop was told to write a note into the order, and did.
    fn notes(&self, note: &str) -> usize {
        let log = self.emulators.upgates().log();
        log.iter()
            .filter(|entry| entry.method == "PUT" && entry.processed && entry.body.contains(note))
            .count()
    }
}

/// Sends a request; none where the server died before it had answered.
async fn ask(
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

struct Customer {
    id: String,
    token: String,
}

impl Customer {
    async fn start(address: SocketAddr) -> Customer {
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

    async fn say(&self, address: SocketAddr, id: &str, text: &str) -> Option<client::Answer> {
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
    async fn insist(&self, address: SocketAddr, id: &str, text: &str) -> Value {
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

    async fn whole(&self, address: SocketAddr) -> Vec<Value> {
        let path = format!("/api/v1/sessions/{}", self.id);
        let whole = ask(address, "GET", &path, &self.token, &json!(null))
            .await
            .unwrap()
            .ok();
        whole["events"].as_array().unwrap().clone()
    }
}

fn told(answer: &Value) -> String {
    let events = answer["events"].as_array().unwrap();
    events
        .iter()
        .filter(|event| event["kind"] == "message")
        .map(|event| event["text"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_it_dies_no_turn_is_lost_or_doubled_and_no_write_done_twice() {
    in_rounds(|round| async move {
        let scene = Scene::set().await;
        kill_everywhere(&scene, round).await;
        15
    })
    .await;
}

/// Kills the server at each pass of each fail point: 15 times.
async fn kill_everywhere(scene: &Scene, round: u32) {
    let mut unknown = 0;
    let mut kills = 0;
    // Each customer says three notes; every pass is one step of one turn.
    for point in [
        "before-intent",
        "after-intent",
        "after-call",
        "before-commit",
        "after-commit",
    ] {
        for pass in 1..=3 {
            let running = scene.start(None);
            let customer = Customer::start(running.address).await;
            drop(running);
            let mut running = scene.start(Some(&format!("{point}:{pass}")));
            let mut acknowledged = Vec::new();
            for number in 0..3 {
                let note = format!("Note-{round}-{point}-{pass}-{number}.");
                let answer = match customer
                    .say(running.address, &format!("m{number}"), &note)
                    .await
                {
                    Some(answer) => answer.ok(),
                    None => {
                        kills += 1;
                        assert!(
                            !running.child.wait().unwrap().success(),
                            "it died at the point"
                        );
                        running = scene.start(None);
                        customer
                            .insist(running.address, &format!("m{number}"), &note)
                            .await
                    }
                };
                let again = customer
                    .insist(running.address, &format!("m{number}"), &note)
                    .await;
                assert_eq!(answer, again, "{point} {pass}");
                let written = scene.notes(&note);
                match told(&answer).as_str() {
                    "Thank you. It is noted." => assert_eq!(written, 1, "{point} {pass}"),
                    "Thank you. We do not know whether it was noted." => {
                        unknown += 1;
                        assert!(written <= 1, "{point} {pass}: {written} times");
                    }
                    other => panic!("{point} {pass}: {other}"),
                }
                acknowledged.extend(answer["events"].as_array().unwrap().clone());
            }
            let whole = customer.whole(running.address).await;
            assert_eq!(whole[1..], acknowledged[..], "{point} {pass}");
        }
    }
    assert_eq!(kills, 15, "every point was passed");
    // Between the intent and the result nobody knows; everywhere else it is known.
    assert_eq!(unknown, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_call_it_writes_once_at_most_and_reads_again() {
    let scene = Scene::set().await;
    for round in 0..3 {
        let mut running = scene.start(None);
        let customer = Customer::start(running.address).await;
        let mut slow = FaultRule::new(Fault::None);
        slow.delay_ms = 60_000;
        slow.processed = Some(true);
        scene.emulators.upgates().fault(slow.method("PUT")).unwrap();
        let note = format!("Note-killed-{round}.");
        let waiting = customer.say(running.address, "m0", &note);
        let kill = async {
            while scene.notes(&note) == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            // SIGKILL: there is nothing that the child could do about it.
            running.child.kill().unwrap();
        };
        let (answer, ()) = tokio::join!(waiting, kill);
        assert!(answer.is_none(), "it was not acknowledged");
        drop(running);
        scene.emulators.upgates().clear_faults();
        let running = scene.start(None);
        let answer = customer.insist(running.address, "m0", &note).await;
        assert_eq!(
            told(&answer),
            "Thank you. We do not know whether it was noted."
        );
        assert!(scene.notes(&note) <= 1);
        let next = customer.insist(running.address, "m1", "Note-after.").await;
        assert_eq!(told(&next), "Thank you. It is noted.");
        killed(1);
    }
}
