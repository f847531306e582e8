//! `krabice plugin`, the commands for authors of plugins.

mod check;
mod diff;
mod docs;
mod hostile;
mod install;
mod lock;
mod private_registry;
mod recorded;
mod registry;
mod watch;

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::binary::{Ended, Krabice, workspace};

/// The shipped plugins.
const SHIPPED: [&str; 5] = ["base", "pohoda", "retino", "shoper", "upgates"];

/// The component of a shipped plugin.
fn component(name: &str) -> PathBuf {
    crate::binary::plugins().join(format!("{name}.wasm"))
}

/// The plugin that misbehaves.
fn guest() -> PathBuf {
    let file = workspace().join("target/guests/hostile.wasm");
    assert!(
        file.is_file(),
        "the guests are not built: run `make guests` first"
    );
    file
}

/// Runs `krabice plugin` with arguments.
fn plugin<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Ended {
    Krabice::new(["plugin"].into_iter().chain(arguments)).run()
}

/// Standard output as JSON.
fn json(ended: &Ended) -> Json {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}\n{}", ended.text()))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A copy of a component in which texts are replaced by others of the same length.
fn altered(file: &Path, into: &Path, changes: &[(&str, &str)]) -> PathBuf {
    let mut bytes = std::fs::read(file).unwrap();
    for (from, to) in changes {
        assert_eq!(from.len(), to.len());
        let mut found = 0;
        let mut at = 0;
        while let Some(next) = bytes[at..]
            .windows(from.len())
            .position(|window| window == from.as_bytes())
        {
            let start = at + next;
            bytes[start..start + from.len()].copy_from_slice(to.as_bytes());
            at = start + from.len();
            found += 1;
        }
        assert!(found > 0, "`{from}` is not in the component");
    }
    let path = into.join("altered.wasm");
    std::fs::write(&path, bytes).unwrap();
    path
}
