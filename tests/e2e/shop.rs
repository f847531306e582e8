//! An emulated shop and the connections file that leads to it.

use std::path::PathBuf;

use krabice_emulators::{Emulator, Emulators, FaultRule, Options};
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
}

impl Shop {
    pub(crate) fn start(setup: &ShopSetup) -> Shop {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let emulators = runtime.block_on(Emulators::start(Options::default())).unwrap();
        let shop = emulators.upgates();
        if let Some(state) = &setup.state {
            shop.patch_state(state.clone()).unwrap();
        }
        for fault in &setup.faults {
            shop.fault(fault.clone()).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connections.toml");
        emulators.write_connections(&path, false).unwrap();
        if !setup.connection.is_empty() {
            let mut document: toml::Table =
                toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let changes = toml::Table::try_from(&setup.connection).unwrap();
            merge(&mut document["connections"]["shop"], toml::Value::Table(changes));
            std::fs::write(&path, toml::to_string(&document).unwrap()).unwrap();
        }
        Shop { emulators, folder, _runtime: runtime }
    }

    pub(crate) fn connections(&self) -> PathBuf {
        self.folder.path().join("connections.toml")
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        self.emulators.upgates()
    }

    /// The secret of the connection.
    pub(crate) fn key(&self) -> String {
        self.emulator().connection().setting("key").unwrap().to_owned()
    }

    /// What happened in the shop.
    pub(crate) fn seen(&self) -> Seen {
        let log = self.emulator().log();
        let state = self.emulator().state();
        let sent = |list: &str| state[list].as_array().map_or(0, Vec::len);
        Seen {
            requests: log.len(),
            writes: log.iter().filter(|entry| entry.method != "GET" && entry.processed).count(),
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
    pub(crate) writes: usize,
    pub(crate) emails: usize,
    pub(crate) sms: usize,
    pub(crate) violations: Vec<String>,
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
