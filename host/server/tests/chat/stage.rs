//! A server on loopback over the real runtime, the shipped plugins and the emulated back ends.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use krabice_egress::{Connections, SystemSecrets};
use krabice_emulators::{Emulators, Fault, FaultRule, Options, Setting};
use krabice_runtime::Runtime;
use krabice_server::{Server, Settings, Signer};
use tempfile::TempDir;

use crate::client::Client;
use crate::support::store::TestStore;

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The shipped plugins.
pub(crate) fn plugins() -> PathBuf {
    let folder = workspace().join("target/plugins");
    assert!(
        folder.join("upgates.wasm").is_file(),
        "`{}` is not built: run `make plugins` first",
        folder.display()
    );
    folder
}

/// A runtime with the cache of compiled plugins that all tests share.
pub(crate) fn runtime() -> Runtime {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Runtime::builder()
        .cache_directory(std::path::absolute(cache).unwrap())
        .pool(krabice_runtime::Pool::OnDemand)
        .build()
        .unwrap()
}

/// The configuration of a [`Stage`].
pub(crate) struct Setup {
    /// The scenarios by file name. `None` means the scenarios of the repository.
    pub(crate) scenarios: Option<Vec<(&'static str, String)>>,
    pub(crate) settings: Settings,
    /// A clock that only the test moves. `None` means the machine's clock.
    pub(crate) clock: Option<Arc<Mutex<Timestamp>>>,
    /// The shops' servers that sign inputs.
    pub(crate) signers: Vec<Signer>,
    /// Whether the server has the demo shop.
    pub(crate) demo: bool,
    /// Whether the server also has the misbehaving plugin, with a connection `hostile`.
    pub(crate) guest: bool,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            scenarios: None,
            settings: patient(),
            clock: None,
            signers: Vec::new(),
            demo: false,
            guest: false,
        }
    }
}

/// The secret of the connection `hostile`.
pub(crate) const GUEST_TOKEN: &str = "kanarek-4410-tajny";

/// Settings whose limits no test reaches, without automatic reloads.
pub(crate) fn patient() -> Settings {
    let mut settings = Settings::default();
    settings.limits.requests_per_minute = 1_000_000;
    settings.limits.sessions_per_minute = 1_000_000;
    settings.limits.answers_per_minute = 1_000_000;
    settings.limits.connections_per_prefix = 10_000;
    settings.attempts.per_session = 1_000;
    settings.attempts.per_prefix = 1_000;
    settings.attempts.per_network = 1_000;
    settings.attempts.slow_down = std::time::Duration::ZERO;
    settings.access.reload_interval = std::time::Duration::ZERO;
    settings
}

pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) emulators: Emulators,
    pub(crate) folder: TempDir,
    pub(crate) client: Client,
    pub(crate) store: TestStore,
    pub(crate) runtime: Runtime,
    setup: Setup,
}

impl Stage {
    pub(crate) async fn set(setup: Setup) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let store = TestStore::fresh(folder.path()).await;
        Stage::on(store, folder, setup).await
    }

    /// A stage on a store that the test chose.
    pub(crate) async fn on(store: TestStore, folder: TempDir, setup: Setup) -> Stage {
        let emulators = Emulators::start(Options::default()).await.unwrap();
        emulators
            .write_connections(&folder.path().join("connections.toml"), false)
            .unwrap();
        if let Some(scenarios) = &setup.scenarios {
            std::fs::create_dir(folder.path().join("scenarios")).unwrap();
            for (name, text) in scenarios {
                std::fs::write(folder.path().join("scenarios").join(name), text).unwrap();
            }
        }
        if setup.guest {
            add_guest(folder.path());
        }
        let runtime = runtime();
        let server = start(folder.path(), &store, &runtime, &setup).await;
        let client = Client::of(server.address());
        Stage {
            server,
            emulators,
            folder,
            client,
            store,
            runtime,
            setup,
        }
    }

    /// A stage with scenarios written in the test.
    pub(crate) async fn with(scenarios: &[(&'static str, &str)]) -> Stage {
        let scenarios = scenarios
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()))
            .collect();
        Stage::set(Setup {
            scenarios: Some(scenarios),
            ..Setup::default()
        })
        .await
    }

    pub(crate) fn scenario(&self, file: &str) -> PathBuf {
        self.folder.path().join("scenarios").join(file)
    }

    /// Delays the shop's next answer by some milliseconds.
    pub(crate) fn hold_back(&self, delay_ms: u64) {
        let mut rule = FaultRule::new(Fault::None);
        rule.delay_ms = delay_ms;
        self.emulators.upgates().fault(rule).unwrap();
    }

    /// Stops the server and starts another on the same store.
    pub(crate) async fn restart(self) -> Stage {
        self.server.stop().await;
        let server = start(self.folder.path(), &self.store, &self.runtime, &self.setup).await;
        let client = self.client.moved(server.address());
        Stage {
            server,
            client,
            ..self
        }
    }

    /// The credentials of all connections.
    pub(crate) fn credentials(&self) -> Vec<String> {
        let mut credentials = Vec::new();
        for emulator in self.emulators.iter() {
            for (_, setting) in &emulator.connection().settings {
                if let Setting::Secret(secret) = setting {
                    credentials.push(secret.clone());
                }
            }
        }
        if self.setup.guest {
            credentials.push(GUEST_TOKEN.to_owned());
        }
        assert!(!credentials.is_empty());
        credentials
    }

    /// All data in the store.
    pub(crate) async fn stored(&self) -> Vec<u8> {
        self.store.stored().await
    }
}

/// Adds the misbehaving plugin to the folder `guests`, and its connection to the connections file.
fn add_guest(folder: &Path) {
    use std::io::Write as _;
    let component = workspace().join("target/guests/hostile.wasm");
    assert!(
        component.is_file(),
        "`{}` is not built: run `make guests` first",
        component.display()
    );
    std::fs::create_dir(folder.join("guests")).unwrap();
    std::fs::copy(component, folder.join("guests/hostile.wasm")).unwrap();
    std::fs::write(folder.join("guest-token"), GUEST_TOKEN).unwrap();
    let mut connections = std::fs::File::options()
        .append(true)
        .open(folder.join("connections.toml"))
        .unwrap();
    connections
        .write_all(
            b"\n[connections.hostile]\nplugin = \"hostile\"\n[connections.hostile.settings]\n\
              address = \"https://shop.hosts.example\"\ntoken = { file = \"guest-token\" }\n",
        )
        .unwrap();
}

/// Starts a server on a store.
pub(crate) async fn start(
    folder: &Path,
    store: &TestStore,
    runtime: &Runtime,
    setup: &Setup,
) -> Server {
    let text = std::fs::read_to_string(folder.join("connections.toml")).unwrap();
    let connections = Connections::parse(&text, folder, &SystemSecrets).unwrap();
    let scenarios = match &setup.scenarios {
        Some(_) => folder.join("scenarios"),
        None => workspace().join("scenarios"),
    };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut plugins = vec![plugins()];
    if setup.guest {
        plugins.push(folder.join("guests"));
    }
    let mut builder = Server::builder(runtime.clone(), store.open().await, scenarios, [listen])
        .plugins(plugins)
        .connections(Some(connections))
        .settings(setup.settings.clone())
        .demo(setup.demo)
        .signers(setup.signers.clone())
        .admin(Some(listen));
    if let Some(clock) = setup.clock.clone() {
        builder = builder.clock(Arc::new(move || *clock.lock().unwrap()));
    }
    builder.start().await.unwrap()
}

/// A scenario that asks for a text and shows it.
pub(crate) const ECHO: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "echo", "title": "Echo", "languages": ["en"], "timezone": "UTC", "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "What?", "expect": "text", "save": "words", "next": "say" },
    "say": { "type": "message", "text": "You said <<words>>.", "next": "ask" }
  }
}"#;
