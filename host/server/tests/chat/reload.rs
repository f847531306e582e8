//! Scenarios and plugins that change while sessions run.

use std::path::Path;

use krabice_runtime::lock;

use crate::client::{Chat, Client, transcript};
use crate::log::Log;
use crate::stage::{ECHO, Setup, Stage};
use crate::store::Other;

/// Writes a file as an editor does, with a new modification time.
fn write(path: &Path, text: &str) {
    write_bytes(path, text.as_bytes());
}

fn write_bytes(path: &Path, bytes: &[u8]) {
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, bytes).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(next_number());
    std::fs::File::options()
        .write(true)
        .open(&fresh)
        .unwrap()
        .set_modified(later)
        .unwrap();
    std::fs::rename(fresh, path).unwrap();
}

/// A new number on each call.
fn next_number() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

async fn said(chat: &Chat, id: &str) -> String {
    transcript(&chat.say(id, "hi").await.ok())[1].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_stays_on_its_revision_also_after_a_restart() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let old = stage.client.start("echo", "en").await;
    write(
        &stage.scenario("echo.json"),
        &ECHO.replace("You said", "You wrote"),
    );
    stage.server.read_folders().await;
    let new = stage.client.start("echo", "en").await;
    assert_eq!(said(&old, "m1").await, "message: You said hi.");
    assert_eq!(said(&new, "m1").await, "message: You wrote hi.");
    let stage = stage.restart().await;
    let (old, new) = (
        Chat {
            client: stage.client.clone(),
            ..old
        },
        Chat {
            client: stage.client.clone(),
            ..new
        },
    );
    assert_eq!(said(&old, "m2").await, "message: You said hi.");
    assert_eq!(said(&new, "m2").await, "message: You wrote hi.");
    // After its last session, the revision is deleted.
    old.send("POST", "/end", None).await.ok();
    stage.server.sweep().await;
    assert!(!String::from_utf8_lossy(&stage.stored().await).contains("You said <<words>>"));
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_scenario_is_refused_and_the_old_one_stays() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    for broken in [
        "{",
        "",
        &ECHO.replace("\"ask\" }", "\"nowhere\" }"),
        &ECHO.replace("<<words>>", "<<wrods>>"),
    ] {
        write(&stage.scenario("echo.json"), broken);
        stage.server.read_folders().await;
        assert_eq!(stage.server.scenarios(), ["echo"]);
        assert_eq!(
            said(&stage.client.start("echo", "en").await, "m1").await,
            "message: You said hi."
        );
    }
    write(
        &stage.scenario("echo.json"),
        &ECHO.replace("You said", "You wrote"),
    );
    stage.server.read_folders().await;
    assert_eq!(
        said(&stage.client.start("echo", "en").await, "m1").await,
        "message: You wrote hi."
    );
    let running = stage.client.start("echo", "en").await;
    std::fs::remove_file(stage.scenario("echo.json")).unwrap();
    stage.server.read_folders().await;
    assert!(stage.server.scenarios().is_empty());
    stage
        .client
        .try_start(&serde_json::json!({"scenario": "echo"}))
        .await
        .refused(404, "not-found");
    assert_eq!(said(&running, "m1").await, "message: You wrote hi.");
    stage.server.stop().await;
}

/// A feed in the folder is no scenario, and is said to do nothing once. What says nothing of what it
/// is, is refused.
#[test]
fn a_document_is_what_its_first_key_says() {
    let log = Log::default();
    let heard = log.clone();
    log.run(async move {
        let feed =
            r#"{ "krabice-feed": 1, "name": "orders", "feed": "pohoda/orders", "every": "7m" }"#;
        let scenarios = [
            ("echo.json", ECHO),
            ("orders.feed.json", feed),
            ("package.json", r#"{ "name": "orders", "version": "1" }"#),
        ];
        let stage = Stage::with(&scenarios).await;
        assert_eq!(stage.server.scenarios(), ["echo"]);
        // A reload for another file says it no second time.
        write(&stage.scenario("echo.json"), &ECHO.replace("said", "wrote"));
        stage.server.read_folders().await;
        let told = String::from_utf8(heard.take()).unwrap();
        let lines = |word: &str| told.lines().filter(|line| line.contains(word)).count();
        assert_eq!(lines("krabice-feed"), 1, "{told}");
        assert!(lines("scenario::unknown-document") > 0, "{told}");
        // A scenario that became another document is withdrawn.
        write(&stage.scenario("echo.json"), feed);
        stage.server.read_folders().await;
        assert!(stage.server.scenarios().is_empty());
        stage.server.stop().await;
    });
}

/// A stored scenario was checked by the version that published it: an error that this version finds
/// ends no session, unless the engine relies on it that there is none.
#[test]
fn a_stored_scenario_goes_on_with_an_error_that_the_engine_does_not_rely_on() {
    let log = Log::default();
    let heard = log.clone();
    // The server's tasks run on the runtime's threads, whose log is captured.
    log.runtime().block_on(async move {
        let stage = Stage::with(&[("echo.json", ECHO)]).await;
        let chat = stage.client.start("echo", "en").await;
        let other = Other::at(&stage).await;
        // As if a version without this check had published it.
        let stored = async |from: &str, to: &str| {
            let sqlite = format!("replace(documents, '{from}', '{to}')");
            let postgres = format!(
                "ARRAY(SELECT replace(each, '{from}', '{to}') FROM unnest(documents) each)"
            );
            other
                .run(
                    &format!("UPDATE editions SET documents = {sqlite}"),
                    &format!("UPDATE krabice.editions SET documents = {postgres}"),
                )
                .await;
        };
        // Another one is published, so that the session's is not in memory after a restart.
        write(
            &stage.scenario("echo.json"),
            &ECHO.replace("You said", "You wrote"),
        );
        stored("You said <<words>>.", "You said <<words>>, <<nothing>>.").await;
        let stage = stage.restart().await;
        let on = |stage: &Stage, chat: Chat| Chat {
            client: stage.client.clone(),
            ..chat
        };
        let chat = on(&stage, chat);
        assert_eq!(said(&chat, "m1").await, "message: You said hi, .");
        let told = String::from_utf8(heard.take()).unwrap();
        assert!(told.contains("scenario::unknown-variable"), "{told}");
        assert!(told.contains("its sessions go on"), "{told}");

        // A key that this version does not know may mean anything.
        stored("timezone", "timezoned").await;
        let stage = stage.restart().await;
        let chat = on(&stage, chat);
        chat.say("m2", "hi").await.refused(503, "unavailable");
        let told = String::from_utf8(heard.take()).unwrap();
        assert!(told.contains("scenario::unknown-key"), "{told}");
        stage.server.stop().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_could_not_take_is_published_when_it_is_back() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    write(
        &stage.scenario("echo.json"),
        &ECHO.replace("You said", "You wrote"),
    );
    let other = Other::at(&stage).await;
    let away = "ALTER TABLE krabice.editions RENAME TO away";
    other.run("BEGIN IMMEDIATE", away).await;
    stage.server.read_folders().await;
    let back = "ALTER TABLE krabice.away RENAME TO editions";
    other.run("ROLLBACK", back).await;
    assert_eq!(
        said(&stage.client.start("echo", "en").await, "m1").await,
        "message: You said hi."
    );
    stage.server.read_folders().await;
    assert_eq!(
        said(&stage.client.start("echo", "en").await, "m1").await,
        "message: You wrote hi."
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_no_turn_fails_while_a_scenario_changes_a_hundred_times() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (client, stopped) = (stage.client.clone(), stopped.clone());
            tokio::spawn(async move {
                let mut turns = 0;
                while !*stopped.borrow() {
                    let chat = client.start("echo", "en").await;
                    let first = said(&chat, "m1").await;
                    for id in ["m2", "m3"] {
                        assert_eq!(
                            said(&chat, id).await,
                            first,
                            "a session changed its scenario"
                        );
                    }
                    turns += 3;
                }
                turns
            })
        })
        .collect();
    for version in 0..100 {
        let text = match version % 5 {
            4 => "{ broken".to_owned(),
            _ => ECHO.replace("You said", &format!("Version {version}:")),
        };
        write(&stage.scenario("echo.json"), &text);
        stage.server.read_folders().await;
        tokio::task::yield_now().await;
    }
    stop.send_replace(true);
    let mut turns = 0;
    for client in clients {
        turns += client.await.unwrap();
    }
    assert!(turns > 20, "only {turns} turns");
    assert_eq!(
        said(&stage.client.start("echo", "en").await, "m1").await,
        "message: Version 98: hi."
    );
    stage.server.stop().await;
}

/// A scenario that calls the plugin in the folder `guests` and shows its answer.
const PRICE: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "price", "languages": ["en"], "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "Which?", "save": "which", "next": "call" },
    "call": { "type": "call", "function": "hostile/price", "connection": "hostile", "save": "price",
              "true": "say", "false": "none", "failure": "none" },
    "say": { "type": "message", "text": "It costs <<price>>.", "next": "ask" },
    "none": { "type": "message", "text": "It has no price.", "next": "ask" }
  }
}"#;

/// The plugin with another price.
fn priced(component: &[u8], price: &[u8; 7]) -> Vec<u8> {
    let old = component.windows(7).position(|part| part == b"1230.50");
    let mut changed = component.to_vec();
    changed[old.unwrap()..][..7].copy_from_slice(price);
    changed
}

/// A change of only the lock file makes the server read the plugins again.
#[test]
fn a_plugin_that_the_lock_file_refused_is_taken_when_it_is_locked() {
    let log = Log::default();
    let heard = log.clone();
    // The log is captured also for a technical reason: `tracing` disables a log line for all threads if
    // the first thread that logs it has no subscriber while another thread has one.
    log.run(async move {
        let stage = Stage::set(Setup {
            scenarios: Some(vec![("price.json", PRICE.to_owned())]),
            guest: true,
            ..Setup::default()
        })
        .await;
        let folder = stage.folder.path().join("guests");
        let file = folder.join("hostile.wasm");
        let first = std::fs::read(&file).unwrap();
        let place = lock::of_folder(&folder).unwrap();
        let lock_it = async || {
            let plugin = stage.runtime.load(&file).await.unwrap();
            let mut lock = lock::Lock::default();
            lock.insert(&plugin, "hostile.wasm", "hostile.wasm");
            lock.write(&place).unwrap();
            stage.server.read_folders().await;
        };
        let price = async || said(&stage.client.start("price", "en").await, "m1").await;
        lock_it().await;
        assert_eq!(price().await, "message: It costs 1230.50.");

        write_bytes(&file, &priced(&first, b"1000.00"));
        stage.server.read_folders().await;
        assert_eq!(price().await, "message: It costs 1230.50.");
        lock_it().await;
        assert_eq!(price().await, "message: It costs 1000.00.");
        // In the order of `plugin install`: first the lock file, then the plugin.
        write_bytes(&file, &first);
        let plugin = stage.runtime.load(&file).await.unwrap();
        write_bytes(&file, &priced(&first, b"1000.00"));
        let mut lock = lock::Lock::default();
        lock.insert(&plugin, "hostile.wasm", "hostile.wasm");
        lock.write(&place).unwrap();
        stage.server.read_folders().await;
        assert_eq!(price().await, "message: It costs 1000.00.");
        write_bytes(&file, &first);
        stage.server.read_folders().await;
        assert_eq!(price().await, "message: It costs 1230.50.");
        let told = String::from_utf8(heard.take()).unwrap();
        let refusals = told
            .lines()
            .filter(|line| line.contains("refused a plugin"));
        assert_eq!(
            refusals
                .filter(|line| line.contains("plugin::locked"))
                .count(),
            2,
            "{told}"
        );
        // Without a lock file, every plugin is loaded again.
        write_bytes(&file, &priced(&first, b"1100.00"));
        stage.server.read_folders().await;
        assert_eq!(price().await, "message: It costs 1230.50.");
        std::fs::remove_file(&place).unwrap();
        stage.server.read_folders().await;
        assert_eq!(price().await, "message: It costs 1100.00.");
        stage.server.stop().await;
    });
}

#[test]
fn under_load_a_plugin_is_changed_broken_and_rolled_back_and_no_turn_fails() {
    let log = Log::default();
    let heard = log.clone();
    log.run(async move {
        let scenarios = Some(vec![("price.json", PRICE.to_owned())]);
        let stage = Stage::set(Setup {
            scenarios,
            guest: true,
            ..Setup::default()
        })
        .await;
        let file = stage.folder.path().join("guests/hostile.wasm");
        let first = std::fs::read(&file).unwrap();
        let staying = stage.client.start("price", "en").await;
        assert_eq!(said(&staying, "m0").await, "message: It costs 1230.50.");

        let (stop, stopped) = tokio::sync::watch::channel(false);
        let clients: Vec<_> = (0..4)
            .map(|_| {
                let (client, stopped) = (stage.client.clone(), stopped.clone());
                tokio::spawn(async move {
                    let mut turns = 0;
                    while !*stopped.borrow() {
                        let chat = client.start("price", "en").await;
                        let told = said(&chat, "m1").await;
                        assert!(told.starts_with("message: It costs 1"), "{told}");
                        assert_eq!(
                            said(&chat, "m2").await,
                            told,
                            "a session changed its plugin"
                        );
                        chat.send("POST", "/end", None).await.ok();
                        turns += 2;
                    }
                    turns
                })
            })
            .collect();
        for version in 0..12_u8 {
            let mut price = *b"1000.00";
            price[3] += version / 3;
            let component = match version % 3 {
                0 => priced(&first, &price),
                1 => first[..first.len() / 2].to_vec(),
                _ => b"no component".to_vec(),
            };
            write_bytes(&file, &component);
            stage.server.read_folders().await;
            // An invalid component changes nothing.
            let expected = format!("message: It costs {}.", String::from_utf8_lossy(&price));
            let fresh = stage.client.start("price", "en").await;
            assert_eq!(said(&fresh, "m1").await, expected);
            fresh.send("POST", "/end", None).await.ok();
        }
        let refused = String::from_utf8(heard.take()).unwrap();
        let refusals = refused
            .lines()
            .filter(|line| line.contains("refused a plugin"));
        let refusals: Vec<_> = refusals.collect();
        assert_eq!(refusals.len(), 8, "{refusals:#?}");
        for line in refusals {
            assert!(
                line.contains("hostile.wasm") && line.contains("error="),
                "{line}"
            );
        }
        // Roll back to the first component.
        write_bytes(&file, &first);
        stage.server.read_folders().await;
        let fresh = stage.client.start("price", "en").await;
        assert_eq!(said(&fresh, "m1").await, "message: It costs 1230.50.");
        fresh.send("POST", "/end", None).await.ok();
        stop.send_replace(true);
        let mut turns = 0;
        for client in clients {
            turns += client.await.unwrap();
        }
        assert!(turns > 20, "only {turns} turns");
        assert_eq!(said(&staying, "m1").await, "message: It costs 1230.50.");

        // No session is on the other revisions any more: they are dropped with their compiled code.
        let admin = Client::of(stage.server.admin_address().unwrap());
        let revisions = async || {
            let metrics = String::from_utf8(admin.get("/metrics").await.body).unwrap();
            let line = metrics
                .lines()
                .find_map(|line| line.strip_prefix("krabice_revisions "));
            line.unwrap().parse::<usize>().unwrap()
        };
        assert!(revisions().await >= 5);
        stage.server.sweep().await;
        assert_eq!(revisions().await, 1);
        stage.server.stop().await;
    });
}
