//! Several servers on one PostgreSQL, and a PostgreSQL that fails.
//!
//! The tests are ignored by default because they need PostgreSQL: `make test-postgres` runs them.

// The futures of some tests nest deeper than the compiler follows by default.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "other tests use the rest of the shared code")]

#[path = "../chat/client.rs"]
mod client;
mod database;
mod proxy;
mod servers;
#[path = "../chat/stage.rs"]
mod stage;
#[path = "../../../store/tests/support/mod.rs"]
mod support;
mod tls;

use std::time::Duration;

use jiff::Timestamp;
use krabice_server::Server;
use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Chat, Client};
use crate::stage::{ECHO, Setup, Stage, patient};
use crate::support::postgres::{Cluster, cluster};
use crate::support::store::TestStore;

/// Two servers on one database.
struct Pair {
    one: Stage,
    server: Server,
    other: Client,
}

impl Pair {
    async fn set(setup: impl Fn() -> Setup) -> Pair {
        let one = stage(cluster(), setup()).await;
        let server = beside(&one, &setup()).await;
        let other = one.client.moved(server.address());
        Pair { one, server, other }
    }

    /// The same session at the other server.
    fn at_other(&self, chat: &Chat) -> Chat {
        Chat {
            client: self.other.clone(),
            ..chat.clone()
        }
    }

    async fn stop(self) {
        self.server.stop().await;
        self.one.server.stop().await;
    }
}

/// A stage on a new database.
async fn stage(cluster: &Cluster, setup: Setup) -> Stage {
    let store = TestStore::database(cluster).await;
    Stage::on(store, tempfile::tempdir().unwrap(), setup).await
}

/// Another server on the same database, with the same files.
async fn beside(one: &Stage, setup: &Setup) -> Server {
    stage::start(one.folder.path(), &one.store, &one.runtime, setup).await
}

fn echo() -> Setup {
    with(ECHO)
}

fn with(scenario: &str) -> Setup {
    let mut settings = patient();
    settings.limits.lease = Duration::from_secs(2);
    Setup {
        scenarios: Some(vec![("it.json", scenario.to_owned())]),
        settings,
        ..Setup::default()
    }
}

/// A folder like a stage's, with another scenario.
fn folder_beside(one: &Stage, scenario: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("scenarios/it.json"), scenario).unwrap();
    one.emulators
        .write_connections(&folder.path().join("connections.toml"), false)
        .unwrap();
    folder
}

/// Repeats a message until it is answered, as the widget does.
async fn insist(chat: &Chat, id: &str, text: &str) -> Value {
    for _ in 0..400 {
        let answer = chat.say(id, text).await;
        if answer.status == 200 {
            return answer.json();
        }
        assert!(
            [409, 503].contains(&answer.status),
            "{} {}",
            answer.head,
            String::from_utf8_lossy(&answer.body)
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("`{text}` was never answered");
}

/// The value of one of a server's metrics.
async fn number(server: &Server, name: &str) -> u64 {
    let metrics = Client::of(server.admin_address().unwrap())
        .get("/metrics")
        .await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    let found = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("`{name}` is not in\n{metrics}"))
}

/// The time of a clock that is a day fast.
fn tomorrow() -> Timestamp {
    let day = Duration::from_secs(24 * 3_600);
    Timestamp::now().checked_add(day).unwrap()
}
