//! An emulated shop and the connections file that leads to it.

use std::path::PathBuf;

use krabice_emulators::{Connection, Emulator, Emulators, FaultRule, Options};
use serde::Deserialize;
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What differs from the demo shop.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ShopSetup {
    /// Changes of the emulator's state: settings, orders, ….
    state: Option<Value>,
    /// What goes wrong, in order.
    faults: Vec<FaultRule>,
    /// Changes of the connection in the connections file, such as
    /// `{"settings": {"key": {"env": "OTHER"}}}`.
    connection: Map<String, Value>,
}

/// A running shop. Dropping it stops it.
pub(crate) struct Shop {
    // Stopped before the runtime that it runs on.
    emulators: Emulators,
    folder: TempDir,
    _runtime: Runtime,
    /// What the connections file leads to.
    connection: Connection,
    /// The orders at the start.
    orders: Value,
}

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
        let shop = emulators.upgates();
        let connection = shop.connection();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connections.toml");
        emulators.write_connections(&path, false).unwrap();
        if !setup.connection.is_empty() {
            let mut document: toml::Table =
                toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let changes = toml::Table::try_from(&setup.connection).unwrap();
            merge(
                &mut document["connections"]["shop"],
                toml::Value::Table(changes),
            );
            std::fs::write(&path, toml::to_string(&document).unwrap()).unwrap();
        }
        // Last, so that the connection is the one of a shop that has changed its key since.
        if let Some(state) = &setup.state {
            shop.patch_state(state.clone()).unwrap();
        }
        for fault in &setup.faults {
            shop.fault(fault.clone()).unwrap();
        }
        let orders = emulators.upgates().state()["orders"].take();
        Shop {
            emulators,
            folder,
            _runtime: runtime,
            connection,
            orders,
        }
    }

    pub(crate) fn connections(&self) -> PathBuf {
        self.folder.path().join("connections.toml")
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        self.emulators.upgates()
    }

    /// The login and the key that the connections file leads to.
    pub(crate) fn credentials(&self) -> (&str, &str) {
        (
            self.connection.setting("login").unwrap(),
            self.connection.setting("key").unwrap(),
        )
    }

    /// What happened in the shop.
    pub(crate) fn seen(&self) -> Seen {
        let log = self.emulator().log();
        let state = self.emulator().state();
        let sent = |list: &str| state[list].as_array().map_or(0, Vec::len);
        Seen {
            requests: log.len(),
            changes: changes(&self.orders, &state["orders"]),
            emails: sent("emails"),
            sms: sent("sms"),
            violations: self
                .emulator()
                .violations()
                .iter()
                .map(|violation| format!("{}: {}", violation.rule, violation.message))
                .collect(),
        }
    }
}

/// What happened in a shop, as cases expect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) requests: usize,
    /// How many orders are not what they were.
    pub(crate) changes: usize,
    pub(crate) emails: usize,
    pub(crate) sms: usize,
    pub(crate) violations: Vec<String>,
}

fn changes(before: &Value, after: &Value) -> usize {
    let (Value::Array(before), Value::Array(after)) = (before, after) else {
        panic!("no orders")
    };
    assert_eq!(before.len(), after.len());
    before
        .iter()
        .zip(after)
        .filter(|(before, after)| before != after)
        .count()
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
