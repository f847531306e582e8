//! A disk that is really full: what was not stored is not acknowledged, and when there is room again, the
//! server continues by itself.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::scene::{CHILD, Running, Scene, ask};
use crate::support::store::TestStore;

/// A scenario that asks for a text, shows it, and asks again.
const ECHO: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "echo", "languages": ["en"], "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "What?", "save": "words", "next": "say" },
    "say": { "type": "message", "text": "You said <<words>>.", "next": "ask" }
  }
}"#;

/// The most messages that may still succeed before the disk counts as full.
const MOST: usize = 2_000;

/// Starts the server from a shell that runs some lines first, in the same process.
fn start_in(scene: &Scene, store: &Path, lines: &str, unshared: bool) -> Running {
    std::fs::write(scene.folder.path().join("scenarios/echo.json"), ECHO).unwrap();
    let mut command = match unshared {
        true => {
            let mut command = Command::new("unshare");
            command.args(["--mount", "sh"]);
            command
        }
        false => Command::new("sh"),
    };
    let script = format!("set -e\n{lines}\nexec \"$@\"");
    command.args(["-c", &script, "sh"]);
    command.arg(std::env::current_exe().unwrap()).args(CHILD);
    scene.prepare(&mut command);
    scene.keep_in(&TestStore::Sqlite(store.join("chat.db")));
    scene.listening(command.spawn().unwrap())
}

/// A customer who records what was acknowledged.
struct Writer {
    path: String,
    token: String,
    acknowledged: Vec<String>,
    next: usize,
}

impl Writer {
    async fn start(running: &Running) -> Writer {
        let body = json!({"scenario": "echo"});
        let started = ask(running.address, "POST", "/api/v1/sessions", "", &body).await;
        let started = started.unwrap().ok();
        Writer {
            path: format!("/api/v1/sessions/{}", started["session"].as_str().unwrap()),
            token: started["token"].as_str().unwrap().to_owned(),
            acknowledged: Vec::new(),
            next: 0,
        }
    }

    /// Sends the next message, or repeats the last one if it failed. Returns whether it was acknowledged.
    async fn say(&mut self, running: &Running) -> bool {
        let words = format!("Words-{}-{}", self.next, "x".repeat(800));
        let body = json!({"id": format!("m{}", self.next), "text": words});
        let path = format!("{}/answers", self.path);
        let answer = ask(running.address, "POST", &path, &self.token, &body).await;
        let answer = answer.unwrap();
        if answer.status == 503 {
            answer.refused(503, "unavailable");
            assert!(answer.header("retry-after").is_some());
            return false;
        }
        answer.ok();
        self.acknowledged.push(words);
        self.next += 1;
        true
    }

    /// The messages that the server has.
    async fn kept(&self, running: &Running) -> Vec<String> {
        let whole = ask(
            running.address,
            "GET",
            &self.path,
            &self.token,
            &Value::Null,
        )
        .await;
        let whole = whole.unwrap().ok();
        let events = whole["events"].as_array().unwrap().iter();
        events
            .filter(|event| event["kind"] == "said")
            .map(|event| event["text"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Writes until the disk is full, makes room, and compares what is stored with what was acknowledged.
async fn fill_and_clear(running: &Running, clear: impl FnOnce()) -> Writer {
    let mut writer = Writer::start(running).await;
    let mut said = 0;
    while writer.say(running).await {
        said += 1;
        assert!(said < MOST, "the disk is never full");
    }
    // The disk stays full, and what was acknowledged stays stored.
    assert!(!writer.say(running).await);
    let body = json!({"scenario": "echo"});
    let started = ask(running.address, "POST", "/api/v1/sessions", "", &body).await;
    started.unwrap().refused(503, "unavailable");
    assert_eq!(writer.kept(running).await, writer.acknowledged);
    clear();
    // The same message, the same server.
    assert!(writer.say(running).await);
    assert!(writer.say(running).await);
    assert_eq!(writer.kept(running).await, writer.acknowledged);
    writer
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_is_acknowledged_and_it_recovers_without_a_restart() {
    let scene = Scene::set().await;
    let place = scene.folder.path().join("small");
    std::fs::create_dir(&place).unwrap();
    let may = Command::new("unshare").args(["--mount", "true"]).status();
    if !may.is_ok_and(|status| status.success()) {
        // This needs root. Without root, the other test covers a file that cannot grow.
        return;
    }
    // A disk of 6 MB in a namespace that ends with the server. The plugins are stored on it, too.
    let mount = format!(
        "mount -t tmpfs -o size=6m tmpfs '{0}'\nhead -c 2000000 /dev/zero > '{0}/other'",
        place.display()
    );
    let running = start_in(&scene, &place, &mount, true);
    let inside = format!("/proc/{}/root{}/other", running.child.id(), place.display());
    fill_and_clear(&running, || std::fs::remove_file(inside).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_file_cannot_grow_nothing_is_acknowledged_and_nothing_is_lost() {
    let scene = Scene::set().await;
    let place = scene.folder.path().to_owned();
    // Ignore the signal, so that the write fails as on a full disk. The limit is in blocks of 512 bytes.
    let running = start_in(&scene, &place, "trap '' XFSZ\nulimit -S -f 6000", false);
    let pid = running.child.id().to_string();
    let writer = fill_and_clear(&running, || {
        let raised = Command::new("prlimit")
            .args(["--pid", &pid, "--fsize=unlimited:unlimited"])
            .status();
        assert!(raised.unwrap().success());
    })
    .await;
    drop(running);
    let running = scene.start(None);
    assert_eq!(writer.kept(&running).await, writer.acknowledged);
}
