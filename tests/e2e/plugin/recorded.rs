//! `krabice plugin test`: playing and recording of cases.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use serde_json::json;

use super::{component, json, plugin, text};
use crate::binary::{Krabice, workspace};
use crate::secrets::Canaries;
use crate::shop::{Shop, ShopSetup};

const FILES: [&str; 2] = ["exchanges.json", "outcome.json"];

fn cases() -> Vec<PathBuf> {
    let folder = workspace().join("plugins/upgates/cases");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() > 10);
    cases
}

/// A copy of a case, for changes.
fn copy(case: &Path, into: &Path) -> PathBuf {
    let copy = into.join(case.file_name().unwrap());
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(case).unwrap() {
        let file = entry.unwrap().path();
        std::fs::copy(&file, copy.join(file.file_name().unwrap())).unwrap();
    }
    copy
}

#[test]
fn the_cases_of_the_upgates_plugin_pass_through_both_doors() {
    let through_send = workspace().join("target/guests/upgates-send.wasm");
    for component in [component("upgates"), through_send] {
        let folder = workspace().join("plugins/upgates/cases");
        let ended = plugin(["test", text(&folder), "--plugin", text(&component)]);
        assert_eq!(
            (ended.exit, ended.stderr.as_str()),
            (0, ""),
            "{}",
            ended.text()
        );
        assert!(
            ended.stdout.ends_with("cases, no differences\n"),
            "{}",
            ended.stdout
        );
    }
}

/// The committed recordings are what the emulator answers today, without a credential. With
/// `UPDATE_CASES=1` they are written again.
#[test]
fn a_recording_is_what_the_back_end_said_without_the_credentials() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        let copy = copy(&case, folder.path());
        let shop = Shop::start(&ShopSetup::default());
        let ended = Krabice::new(["plugin", "test", text(&copy), "--record"])
            .arguments([
                "--plugin",
                "upgates",
                "--connection",
                shop.connection_of("upgates"),
            ])
            .env("KRABICE_CONNECTIONS", shop.connections())
            .run();
        assert_eq!(ended.exit, 0, "{}\n{}", case.display(), ended.text());
        assert!(
            ended.stderr.contains("personal data included"),
            "{}",
            ended.stderr
        );
        let canaries = Canaries::of_shop(&shop);
        for file in FILES {
            let recorded = std::fs::read_to_string(copy.join(file)).unwrap();
            canaries.assert_absent(&recorded, file);
            assert!(!recorded.contains("127.0.0.1"), "{recorded}");
            let committed = case.join(file);
            if update {
                std::fs::write(&committed, &recorded).unwrap();
            }
            let committed = std::fs::read_to_string(&committed).unwrap_or_default();
            assert_eq!(
                recorded,
                committed,
                "{}: run with UPDATE_CASES=1",
                case.display()
            );
        }
    }
}

/// Each difference has a line of its own, with its place.
#[test]
fn a_request_that_is_not_the_recorded_one_is_a_clear_difference() {
    let folder = tempfile::tempdir().unwrap();
    let append = workspace().join("plugins/upgates/cases/append-note-done");
    type Change = fn(&mut Vec<serde_json::Value>);
    let slips: [(&str, Change); 8] = [
        ("a request that is not recorded", |all| drop(all.pop())),
        ("a request that is missing", |all| {
            let again = all[0].clone();
            all.push(again);
        }),
        ("another order", |all| all.reverse()),
        ("another path", |all| {
            all[0]["request"]["path"] = "orders?order_numbers=O269999".into();
        }),
        ("another method", |all| {
            all[1]["request"]["method"] = "POST".into()
        }),
        ("another header", |all| {
            all[1]["request"]["headers"] = json!({ "x-shop": "1" });
        }),
        ("another body", |all| {
            all[1]["request"]["body"] = json!({ "json": { "orders": [{ "note": "else" }] } });
        }),
        ("no body", |all| {
            let request = all[1]["request"].as_object_mut().unwrap();
            request.remove("body");
        }),
    ];
    let mut told = String::new();
    for (name, change) in slips {
        let work = folder.path().join(name.replace(' ', "-"));
        std::fs::create_dir(&work).unwrap();
        let case = copy(&append, &work);
        let file = case.join("exchanges.json");
        let mut exchanges: Vec<serde_json::Value> =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        change(&mut exchanges);
        std::fs::write(&file, serde_json::to_string(&exchanges).unwrap()).unwrap();
        let ended = plugin(["test", text(&case), "--plugin", "upgates"]);
        assert_eq!(ended.exit, 1, "{name}\n{}", ended.text());
        told.push_str(&format!("# {name}\n{}\n", ended.stdout));
    }
    assert_snapshot!(told);
}

#[test]
fn another_outcome_is_a_difference_until_it_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let found = workspace().join("plugins/upgates/cases/verify-order-found");
    let case = copy(&found, folder.path());
    let outcome = case.join("outcome.json");
    let right = std::fs::read_to_string(&outcome).unwrap();
    std::fs::write(&outcome, right.replace("true", "false")).unwrap();
    let arguments = ["test", text(folder.path()), "--plugin", "upgates", "--json"];
    let told = json(&plugin(arguments));
    assert_eq!(
        told[0]["differences"],
        json!([
            { "outcome": "/outcome: expected `\"false\"`, found `\"true\"`" },
            { "outcome": "/fields/paid: expected `false`, found `true`" }
        ])
    );
    let accepted = plugin(arguments.into_iter().chain(["--accept"]));
    assert_eq!(accepted.exit, 0, "{}", accepted.text());
    assert_eq!(std::fs::read_to_string(&outcome).unwrap(), right);
    assert_eq!(plugin(arguments).exit, 0);

    std::fs::remove_file(&outcome).unwrap();
    assert_eq!(plugin(arguments).exit, 1);
}

/// The outcome of other requests proves nothing, so the expected outcome stays.
#[test]
fn an_outcome_by_other_requests_is_not_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let found = workspace().join("plugins/upgates/cases/verify-order-found");
    let case = copy(&found, folder.path());
    let outcome = case.join("outcome.json");
    let right = std::fs::read_to_string(&outcome).unwrap();
    let exchanges = case.join("exchanges.json");
    let recorded = std::fs::read_to_string(&exchanges).unwrap();
    std::fs::write(&exchanges, recorded.replace("?order_numbers=", "?number=")).unwrap();
    // Another place of the answer changes, so that the outcome differs as well.
    let wrong = right.replace("Odeslaná", "Nová");
    std::fs::write(&outcome, &wrong).unwrap();
    let arguments = [
        "test",
        text(folder.path()),
        "--plugin",
        "upgates",
        "--accept",
    ];
    let ended = plugin(arguments);
    assert_eq!(ended.exit, 1, "{}", ended.text());
    assert_eq!(std::fs::read_to_string(&outcome).unwrap(), wrong);
    for words in [
        "  request 1, the path: expected",
        "  the outcome, /fields/status: expected",
        "  not accepted: the requests differ from the recording\n",
    ] {
        assert!(ended.stdout.contains(words), "{words}\n{}", ended.stdout);
    }
}

#[test]
fn a_case_that_cannot_be_played_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let found = workspace().join("plugins/upgates/cases/verify-order-found");
    let bad = [
        ("a-broken", "{"),
        ("z-unknown", r#"{ "about": "x", "function": "fly" }"#),
    ];
    for (name, text_of_case) in bad {
        let case = folder.path().join(name);
        std::fs::create_dir(&case).unwrap();
        std::fs::write(case.join("case.json"), text_of_case).unwrap();
    }
    copy(&found, folder.path());
    let ended = plugin(["test", text(folder.path()), "--plugin", "upgates"]);
    assert_eq!(ended.exit, 2, "{}", ended.text());
    assert!(
        ended.stdout.starts_with("passed verify-order-found: "),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.ends_with("3 cases, 2 could not be played\n"),
        "{}",
        ended.stdout
    );
    for (name, _) in bad {
        assert!(ended.stderr.contains(name), "{name}\n{}", ended.stderr);
    }
    let ended = plugin(["test", text(folder.path()), "--plugin", "upgates", "--json"]);
    let told = json(&ended);
    assert_eq!(ended.exit, 2);
    assert_eq!(told.as_array().unwrap().len(), 3);
    assert!(
        told[0]["error"].as_str().unwrap().contains("is not valid"),
        "{told}"
    );
    assert_eq!(told[1]["differences"], json!([]));
    assert!(
        told[2]["error"]
            .as_str()
            .unwrap()
            .contains("no function `fly`"),
        "{told}"
    );
}

/// The failure may be what the case is about, so it is recorded, but with a warning.
#[test]
fn a_recording_of_a_back_end_that_does_not_answer_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let found = workspace().join("plugins/upgates/cases/verify-order-found");
    let case = copy(&found, folder.path());
    let connections = folder.path().join("connections.toml");
    let document = "[connections.away]\nplugin = \"upgates\"\n[connections.away.settings]\n\
                    address = \"http://127.0.0.1:1\"\nlogin = \"1\"\nkey = { env = \"KEY\" }\n";
    std::fs::write(&connections, document).unwrap();
    let ended = Krabice::new(["plugin", "test", text(&case), "--record"])
        .arguments(["--plugin", "upgates", "--connections", text(&connections)])
        .env("KEY", "a key that nobody knows")
        .run();
    assert_eq!(ended.exit, 0, "{}", ended.text());
    assert!(
        ended
            .stdout
            .contains("\n  outcome `failure`; class `unavailable`\n"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stderr.contains("is recorded as `unavailable`"),
        "{}",
        ended.stderr
    );
    // Nothing answered, so the old exchanges are removed.
    assert!(!case.join("exchanges.json").exists());
    let played = plugin(["test", text(&case), "--plugin", "upgates"]);
    assert!(
        played.stdout.contains("request 1 is not recorded"),
        "{}",
        played.stdout
    );
}

#[test]
fn a_case_that_cannot_be_played_is_wrong_usage_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case.json");
    let mut told = String::new();
    for text_of_case in [
        "{",
        r#"{ "about": "x", "fonction": "verify-order" }"#,
        r#"{ "about": "x" }"#,
        r#"{ "about": "x", "function": "fly" }"#,
        r#"{ "about": "x", "function": "load-documents", "time-zone": "Mars/Olympus" }"#,
        r#"{ "about": "x", "function": "update-order-items", "parameters": { "total": "much" } }"#,
        r#"{ "about": "x", "function": "verify-order", "settings": { "colour": "blue" } }"#,
    ] {
        std::fs::write(&case, text_of_case).unwrap();
        let ended = plugin(["test", text(folder.path()), "--plugin", "upgates"]);
        assert_eq!(
            (ended.exit, ended.stdout.as_str()),
            (2, "1 case, 1 could not be played\n"),
            "{}",
            ended.text()
        );
        told.push_str(&format!("{text_of_case}\n{}\n", ended.stderr));
    }
    std::fs::remove_file(&case).unwrap();
    let empty = plugin(["test", text(folder.path()), "--plugin", "upgates"]);
    assert_eq!(empty.exit, 2, "{}", empty.text());
    let told = told.replace(text(folder.path()), "CASE");
    assert_snapshot!(told);
}
