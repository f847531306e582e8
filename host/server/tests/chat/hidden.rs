//! Searches every byte that a browser receives, in every case of every scenario, for every hidden value
//! and every credential in all usual encodings.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::Client;
use crate::search::assert_absent;
use crate::stage::{Setup, Stage, workspace};

/// The parts of an end-to-end case that matter here.
#[derive(Debug, Deserialize)]
struct Case {
    scenario: String,
    language: Option<String>,
    answers: Vec<String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    shop: Shop,
    #[serde(default)]
    hidden: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Shop {
    back_end: Option<String>,
    state: Option<Value>,
    faults: Vec<krabice_emulators::FaultRule>,
    connection: Value,
}

/// Runs one case over HTTP with an open event stream, then makes every other request of the API.
async fn drive(client: &Client, name: &str, case: &Case) {
    let mut inputs = serde_json::Map::new();
    for (name, value) in &case.set {
        inputs.insert(name.clone(), value.as_str().into());
    }
    let language = case.language.as_deref().unwrap_or_default();
    let started = client
        .try_start(&json!({"scenario": name, "language": language, "inputs": inputs}))
        .await;
    assert_eq!(
        started.status,
        201,
        "{name}: {}",
        String::from_utf8_lossy(&started.body)
    );
    let started = started.json();
    let chat = crate::client::Chat {
        client: client.clone(),
        id: started["session"].as_str().unwrap().to_owned(),
        token: started["token"].as_str().unwrap().to_owned(),
        started: started.clone(),
    };
    let mut stream = chat.follow(None).await;
    stream.until("waits").await;
    let mut waits = started["waits"].clone();
    for (number, answer) in case.answers.iter().enumerate() {
        if waits["for"] == "nothing" {
            break;
        }
        let told = chat.say(&format!("m{number}"), answer).await.ok();
        waits = told["waits"].clone();
        let events = told["events"].as_array().unwrap();
        for file in events.iter().filter(|event| event["kind"] == "file") {
            chat.send("GET", &format!("/files/{}", file["n"]), None)
                .await;
        }
        chat.say(&format!("m{number}"), answer).await.ok();
        stream.until("waits").await;
    }
    let mut again = chat.follow(Some(1)).await;
    again.until("waits").await;
    chat.whole().await;
    chat.send("GET", "/export", None).await.ok();
    chat.say("m0", "another").await;
    chat.say("late", "?").await;
    chat.send("POST", "/end", None).await;
    chat.send("DELETE", "", None).await;
    chat.send("GET", "", None).await.refused(404, "not-found");
}

/// The texts of the JSON files of a folder, by file name.
fn json_files(folder: &Path) -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let name: &'static str = Box::leak(name.into_boxed_str());
            files.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_a_hidden_value_or_a_credential_reaches_a_browser() {
    let root = workspace();
    let mut scenarios = json_files(&root.join("scenarios"));
    let mut published: Vec<String> = scenarios
        .iter()
        .map(|(name, _)| name.trim_end_matches(".json").to_owned())
        .collect();
    published.sort();
    let cases = root.join("tests/e2e/cases");
    let keeps = cases.join("hidden-values/keeps-secrets.json");
    let keeps = std::fs::read_to_string(keeps).unwrap();
    let more = json_files(&cases.join("hidden-values"));
    scenarios.extend(more.into_iter().filter(|(name, _)| *name != "case.json"));
    let keeps: Value = serde_json::from_str(&keeps).unwrap();
    let stage = Stage::set(Setup {
        scenarios: Some(scenarios),
        ..Setup::default()
    })
    .await;
    // What visitors cannot start, they cannot drive.
    let served = stage.server.scenarios();
    published.retain(|name| served.contains(name));
    let credentials = stage.credentials();
    let mut driven: Vec<String> = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(&cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    for folder in folders {
        let text = std::fs::read_to_string(folder.join("case.json")).unwrap();
        let Ok(case) = serde_json::from_str::<Case>(&text) else {
            continue; // A case of commands, without a conversation.
        };
        let name = match case.scenario.strip_suffix(".json") {
            None => case.scenario.clone(),
            Some("keeps-secrets") => keeps["name"].as_str().unwrap().to_owned(),
            Some(_) => continue,
        };
        // Cases that change the connection are for the command line.
        if !served.contains(&name) {
            continue;
        }
        if !case.shop.connection.is_null() || name == "first" && !published.contains(&name) {
            continue;
        }
        for emulator in stage.emulators.iter() {
            emulator.reset();
        }
        let back_end = case.shop.back_end.as_deref().unwrap_or("upgates");
        let emulator = stage
            .emulators
            .iter()
            .find(|emulator| emulator.name().as_str() == back_end)
            .unwrap();
        if let Some(state) = &case.shop.state {
            emulator.patch_state(state.clone()).unwrap();
        }
        let slow = case.shop.faults.iter().any(|fault| {
            format!("{fault:?}").contains("Drip") || format!("{fault:?}").contains("Silence")
        });
        if slow {
            continue; // Such a case takes minutes and shows nothing new.
        }
        for fault in &case.shop.faults {
            emulator.fault(fault.clone()).unwrap();
        }
        stage.client.received.lock().unwrap().clear();
        drive(&stage.client, &name, &case).await;
        let mut canaries = credentials.clone();
        canaries.extend(case.hidden.iter().cloned());
        canaries.extend(
            case.answers
                .iter()
                .filter(|answer| answer.contains('@'))
                .cloned(),
        );
        let received = std::mem::take(&mut *stage.client.received.lock().unwrap());
        assert!(received.len() > 500);
        assert_absent(&received, &canaries, &folder.display().to_string());
        driven.push(name);
    }
    driven.sort();
    driven.dedup();
    for name in published {
        assert!(driven.contains(&name), "no case drives `{name}`");
    }
    let log = crate::client::Client::of(stage.server.admin_address().unwrap())
        .get("/metrics")
        .await;
    assert_absent(&log.body, &credentials, "the metrics");
    assert_absent(&stage.stored().await, &credentials, "the store");
    stage.server.stop().await;
}
