//! The measured server in a process of its own, with its scenarios and its back end.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use krabice_emulators::{Emulators, Options};
use serde_json::json;
use tempfile::TempDir;

const ORDER: &str =
    r#"{"order_number":"OBJ-1","status":"paid","total":"1230.50","currency":"CZK"}"#;

/// Limits so high that no load of the benchmark reaches them.
const SETTINGS: &str = "\
reload-interval = \"0s\"
[limits]
connections = 20000
connections-per-prefix = 20000
requests-per-minute = 100000000
sessions-per-minute = 100000000
sessions-per-scenario = 100000000
answers-per-minute = 100000000
[attempts]
per-session = 100000000
per-prefix = 100000000
per-network = 100000000
slow-value = 100000000
slow-prefix = 100000000
";

pub(crate) struct Scene {
    root: PathBuf,
    folder: TempDir,
    /// The URL of the back end.
    pub(crate) back_end: String,
    _emulators: Emulators,
}

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Scene {
    pub(crate) async fn prepare(root: &Path) -> Scene {
        let order = || async { ([(header::CONTENT_TYPE, "application/json")], ORDER) };
        let never = std::future::pending::<()>;
        let router = Router::new()
            .route("/base/order", get(order))
            .route("/base/never", get(never));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });

        let emulators = Emulators::start(Options::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        emulators
            .write_connections(&at("shipped.toml"), false)
            .unwrap();
        let connections = format!(
            "[connections.shop]\nplugin = \"hostile\"\n[connections.shop.settings]\n\
             address = \"http://{address}/base\"\ntoken = {{ env = \"KRABICE_BENCH_TOKEN\" }}\n"
        );
        std::fs::write(at("connections.toml"), connections).unwrap();
        std::fs::write(at("serve.toml"), SETTINGS).unwrap();
        for name in ["scenarios", "plugins"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        let guest = root.join("target/guests/hostile-small-stack.wasm");
        assert!(
            guest.exists(),
            "{} is missing: `make bench` builds it",
            guest.display()
        );
        std::fs::copy(guest, at("plugins/hostile.wasm")).unwrap();
        for (name, scenario) in [
            (
                "count",
                asking(
                    json!({
                        "said": { "type": "condition", "if": { "value": "<<words>>", "is": "equals", "to": "one" }, "true": "kept", "false": "kept" },
                        "kept": { "type": "set", "save": "last", "value": "<<words>>", "next": "told" },
                        "told": { "type": "message", "text": "You said <<last>>.", "next": "ask" }
                    }),
                    "said",
                ),
            ),
            (
                "fetch",
                calling(json!({ "function": "hostile/fetch", "params": { "interface": "send" } })),
            ),
            // One turn from the start to the end, with one look-up of what the customer gave.
            (
                "status",
                json!({
                    "krabice": 1, "channels": ["chat"], "languages": ["en"], "timezone": "UTC",
                    "inputs": { "order": { "kind": "text", "from": "page", "required": true } }, "start": "call",
                    "boxes": {
                        "call": { "type": "call", "unverified": true, "function": "hostile/get", "connection": "shop",
                                  "params": { "interface": "send", "path": "<<order>>" },
                                  "true": "yes", "false": "no", "failure": "failed" },
                        "yes": { "type": "end", "text": "Order <<order>> is known." },
                        "no": { "type": "end", "text": "No." },
                        "failed": { "type": "handover", "text": "Please wait." }
                    }
                }),
            ),
            (
                "spin",
                calling(json!({ "function": "hostile/loop-forever" })),
            ),
            (
                "hang",
                calling(
                    json!({ "function": "hostile/get", "params": { "interface": "send", "path": "never" } }),
                ),
            ),
        ] {
            let mut scenario = scenario;
            scenario["name"] = name.into();
            std::fs::write(at(&format!("scenarios/{name}.json")), scenario.to_string()).unwrap();
        }
        Scene {
            root: root.to_owned(),
            folder,
            back_end: format!("http://{address}/base"),
            _emulators: emulators,
        }
    }

    /// A server of the scenarios that are measured.
    pub(crate) fn serve(&self) -> Server {
        let folder = self.folder.path();
        self.start(
            &folder.join("scenarios"),
            &folder.join("plugins"),
            "connections.toml",
            "sqlite:chat.db",
            None,
        )
    }

    /// The same on a store: `sqlite:NAME` is a file of the scene. `binary` is another one to start.
    pub(crate) fn serve_on(&self, store: &str, binary: Option<&Path>) -> Server {
        let folder = self.folder.path();
        self.start(
            &folder.join("scenarios"),
            &folder.join("plugins"),
            "connections.toml",
            store,
            binary,
        )
    }

    /// The file of a store.
    pub(crate) fn store_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A server of everything that the repository ships.
    pub(crate) fn serve_shipped(&self) -> Server {
        self.start(
            &self.root.join("scenarios"),
            &self.root.join("target/plugins"),
            "shipped.toml",
            "sqlite:shipped.db",
            None,
        )
    }

    fn start(
        &self,
        scenarios: &Path,
        plugins: &Path,
        connections: &str,
        store: &str,
        binary: Option<&Path>,
    ) -> Server {
        let at = |name: &str| self.folder.path().join(name);
        let store = match store.strip_prefix("sqlite:") {
            Some(name) => format!("sqlite:{}", at(name).display()),
            None => store.to_owned(),
        };
        let binary = binary.unwrap_or(Path::new(env!("CARGO_BIN_EXE_krabice")));
        let mut child = Command::new(binary)
            .args(["serve", "--json", "--listen", "127.0.0.1:0"])
            .arg("--config")
            .arg(at("serve.toml"))
            .arg("--scenarios")
            .arg(scenarios)
            .arg("--plugins")
            .arg(plugins)
            .arg("--connections")
            .arg(at(connections))
            .arg("--cache")
            .arg(at("cache"))
            .args(["--store", &store])
            .args(["--log", "off"])
            .env("KRABICE_BENCH_TOKEN", "a token")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: serde_json::Value =
            serde_json::from_str(&line).expect("the server does not start");
        let address = said["address"].as_str().unwrap().to_owned();
        Server { child, address }
    }
}

/// A scenario that asks a question, goes through boxes and asks again.
fn asking(mut boxes: serde_json::Value, next: &str) -> serde_json::Value {
    boxes["ask"] = json!({ "type": "answer", "text": "What?", "expect": "text", "save": "words", "next": next });
    json!({ "krabice": 1, "channels": ["chat"], "languages": ["en"], "timezone": "UTC", "start": "ask", "boxes": boxes })
}

/// Such a scenario with a call between two questions.
fn calling(call: serde_json::Value) -> serde_json::Value {
    let mut made = json!({ "type": "call", "unverified": true, "connection": "shop", "true": "yes", "false": "no", "failure": "no" });
    for (name, value) in call.as_object().unwrap() {
        made[name] = value.clone();
    }
    asking(
        json!({
            "call": made,
            "yes": { "type": "message", "text": "Yes.", "next": "ask" },
            "no": { "type": "message", "text": "No.", "next": "ask" }
        }),
        "call",
    )
}

/// Raises the limit of open files for this process and those that it starts.
pub(crate) fn allow_files(count: u64) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(limit.maximum.map_or(count, |most| most.min(count)));
    setrlimit(Resource::Nofile, limit).unwrap();
}
