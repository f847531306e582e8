//! The emulated back ends and the connections file that leads to them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use krabice_emulators::{Connection, Emulator, Emulators, FaultRule, Options, Setting};
use serde::Deserialize;
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How the back ends differ from the demo data.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ShopSetup {
    /// The back end that the rest is about: the name of an emulator. Default: `upgates`.
    back_end: Option<String>,
    /// Changes of the emulator's state: settings, orders, ….
    state: Option<Value>,
    /// The faults, in order.
    faults: Vec<FaultRule>,
    /// Changes of the connection in the connections file, such as
    /// `{"settings": {"key": {"env": "OTHER"}}}`.
    connection: Map<String, Value>,
}

impl ShopSetup {
    /// The name of the emulator.
    pub(crate) fn back_end(&self) -> &str {
        self.back_end.as_deref().unwrap_or("upgates")
    }
}

/// The running back ends. Dropping it stops them.
pub(crate) struct Shop {
    // Stopped before the runtime that it runs on.
    emulators: Emulators,
    folder: TempDir,
    _runtime: Runtime,
    /// The connections of the connections file.
    connections: Vec<Connection>,
    /// The plugin of the back end that the setup is about.
    plugin: &'static str,
    /// The states at the start.
    states: Vec<Cow<'static, Value>>,
}

/// The states of all back ends with their demo data, made once: it takes longer than a request.
static DEMO: OnceLock<Vec<Value>> = OnceLock::new();

impl Shop {
    pub(crate) fn start(setup: &ShopSetup) -> Shop {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let emulators = runtime
            .block_on(Emulators::start(Options::default()))
            .unwrap();
        let back_end = setup.back_end();
        let emulator = emulators
            .iter()
            .find(|emulator| emulator.name().as_str() == back_end)
            .unwrap_or_else(|| panic!("no back end is called `{back_end}`"));
        let demo = DEMO.get_or_init(|| emulators.iter().map(Emulator::state).collect());
        let mut states: Vec<_> = demo.iter().map(Cow::Borrowed).collect();
        let connections: Vec<_> = emulators.iter().map(Emulator::connection).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connections.toml");
        emulators.write_connections(&path, false).unwrap();
        if !setup.connection.is_empty() {
            let mut document: toml::Table =
                toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let changes = toml::Table::try_from(&setup.connection).unwrap();
            merge(
                &mut document["connections"][emulator.connection().name],
                toml::Value::Table(changes),
            );
            std::fs::write(&path, toml::to_string(&document).unwrap()).unwrap();
        }
        // Last, so that the connections file holds credentials that the state may change.
        if let Some(state) = &setup.state {
            emulator.patch_state(state.clone()).unwrap();
            let changed = emulators
                .iter()
                .position(|other| std::ptr::eq(other, emulator));
            states[changed.unwrap()] = Cow::Owned(emulator.state());
        }
        for fault in &setup.faults {
            emulator.fault(fault.clone()).unwrap();
        }
        Shop {
            plugin: emulator.connection().plugin,
            emulators,
            folder,
            _runtime: runtime,
            connections,
            states,
        }
    }

    pub(crate) fn connections(&self) -> PathBuf {
        self.folder.path().join("connections.toml")
    }

    /// The plugin of the back end that the setup is about.
    pub(crate) fn plugin(&self) -> &'static str {
        self.plugin
    }

    /// The plugins of all back ends.
    pub(crate) fn plugins(&self) -> BTreeSet<&'static str> {
        self.connections.iter().map(|it| it.plugin).collect()
    }

    /// The name of a plugin's connection, the first one if there are several.
    pub(crate) fn connection_of(&self, plugin: &str) -> &'static str {
        let mut of_plugin = self.connections.iter();
        let connection = of_plugin.find(|connection| connection.plugin == plugin);
        connection.unwrap().name
    }

    /// The credentials of the connections file: each secret alone, and with every other setting of
    /// its connection before it, as in HTTP Basic the user name before the password.
    pub(crate) fn credentials(&self) -> Vec<String> {
        let mut credentials = Vec::new();
        for connection in &self.connections {
            for (_, secret) in &connection.settings {
                let Setting::Secret(secret) = secret else {
                    continue;
                };
                credentials.push(secret.clone());
                for (_, other) in &connection.settings {
                    if let Setting::Text(other) = other {
                        credentials.push(format!("{other}:{secret}"));
                    }
                }
            }
        }
        credentials
    }

    /// What happened in the back ends.
    pub(crate) fn seen(&self) -> Seen {
        let mut seen = Seen {
            requests: 0,
            changes: 0,
            emails: 0,
            sms: 0,
            violations: Vec::new(),
        };
        for (emulator, before) in self.emulators.iter().zip(&self.states) {
            let log = emulator.log();
            if log.is_empty() {
                continue;
            }
            let state = emulator.state();
            let sent = |list: &str| state[list].as_array().map_or(0, Vec::len);
            seen.requests += log.len();
            seen.changes += RECORDS
                .iter()
                .map(|list| changes(&before[list], &state[list]))
                .sum::<usize>();
            seen.emails += sent("emails");
            seen.sms += sent("sms");
            seen.violations.extend(
                emulator
                    .violations()
                    .iter()
                    .map(|violation| format!("{}: {}", violation.rule, violation.message)),
            );
        }
        seen
    }
}

/// What happened in the back ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) requests: usize,
    /// How many orders, returns, tickets and invoices changed.
    pub(crate) changes: usize,
    pub(crate) emails: usize,
    pub(crate) sms: usize,
    pub(crate) violations: Vec<String>,
}

/// The lists of a back end's state that functions change.
const RECORDS: [&str; 4] = ["orders", "returns", "tickets", "invoices"];

/// How many records of a list changed, were added or were removed.
fn changes(before: &Value, after: &Value) -> usize {
    let (Value::Array(before), Value::Array(after)) = (before, after) else {
        return 0;
    };
    let pairs = before.iter().zip(after);
    pairs.filter(|(before, after)| before != after).count() + before.len().abs_diff(after.len())
}

fn merge(target: &mut toml::Value, change: toml::Value) {
    match (target, change) {
        // `{ env = … }` replaces `{ file = … }`.
        (toml::Value::Table(target), toml::Value::Table(change))
            if !change.contains_key("env") && !change.contains_key("file") =>
        {
            for (key, change) in change {
                match target.get_mut(&key) {
                    Some(target) => merge(target, change),
                    None => drop(target.insert(key, change)),
                }
            }
        }
        (target, change) => *target = change,
    }
}
