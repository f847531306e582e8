//! `krabice plugin diff`

use insta::assert_snapshot;
use serde_json::json;

use super::{altered, component, guest, json, plugin, text};
use crate::binary::workspace;

#[test]
fn a_plugin_is_compatible_with_itself() {
    let file = component("upgates");
    let ended = plugin([
        "diff",
        text(&file),
        text(&file),
        "--scenarios",
        text(&workspace().join("scenarios")),
    ]);
    assert_eq!(ended.exit, 0, "{}", ended.text());
    assert_snapshot!(ended.stdout);
}

/// A function was removed: the scenarios that call it are listed, each with its place.
#[test]
fn what_breaks_scenarios_is_told_with_the_scenarios() {
    let folder = tempfile::tempdir().unwrap();
    let old = component("upgates");
    let new = altered(&old, folder.path(), &[("verify-order", "examine-ordr")]);
    let scenarios = workspace().join("scenarios");
    let arguments = [
        "diff",
        text(&old),
        text(&new),
        "--scenarios",
        text(&scenarios),
    ];
    let ended = plugin(arguments);
    assert_eq!(ended.exit, 1, "{}", ended.text());
    let told = ended.stdout.replace(text(&workspace()), "WORKSPACE");
    assert_snapshot!(told);
    assert!(
        ended
            .stderr
            .contains("went from 0.1.0 to 0.1.0, but the changes need at least 0.2.0"),
        "{}",
        ended.stderr
    );
    let told = json(&plugin(arguments.into_iter().chain(["--json"])));
    assert_eq!(told["version-asked"], json!("0.2.0"));
    assert_eq!(told["compatible"], json!(false));
    assert!(!told["broken-scenarios"].as_array().unwrap().is_empty());
}

#[test]
fn another_plugin_is_another_in_everything() {
    let ended = plugin([
        "diff",
        text(&component("upgates")),
        text(&component("retino")),
    ]);
    assert_eq!(ended.exit, 1, "{}", ended.text());
    assert_snapshot!(ended.stdout);
    // The new plugin imports files and sockets and names hosts; the old one does not.
    let more = plugin([
        "diff",
        text(&component("upgates")),
        text(&guest()),
        "--json",
    ]);
    let changes = json(&more);
    let asks: Vec<&str> = changes["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["weight"] == "asks-for-more")
        .map(|change| change["at"].as_str().unwrap())
        .collect();
    assert!(asks.contains(&"hosts.http://*.hosts.example"), "{asks:?}");
    assert!(
        asks.iter()
            .any(|at| at.starts_with("imports.wasi:sockets/")),
        "{asks:?}"
    );
}

/// Of a scenario that had errors before, only new errors count.
#[test]
fn a_scenario_that_failed_before_is_broken_by_new_errors_alone() {
    let folder = tempfile::tempdir().unwrap();
    let old = component("upgates");
    let new = altered(&old, folder.path(), &[("verify-order", "examine-ordr")]);
    let scenarios = folder.path().join("scenarios");
    std::fs::create_dir(&scenarios).unwrap();
    let first = std::fs::read_to_string(workspace().join("scenarios/first.json")).unwrap();
    let failing = first.replace("<<obj>>", "<<nobody>>");
    assert_ne!(first, failing);
    std::fs::write(scenarios.join("failing.json"), &failing).unwrap();
    // Neither the old nor the new one has this function.
    let neither = failing.replace("upgates/verify-order", "upgates/no-such");
    std::fs::write(scenarios.join("neither.json"), neither).unwrap();
    let ended = plugin([
        "diff",
        text(&old),
        text(&new),
        "--json",
        "--scenarios",
        text(&scenarios),
    ]);
    let told = json(&ended);
    let broken = told["broken-scenarios"].as_array().unwrap();
    let files: Vec<_> = broken
        .iter()
        .map(|broken| broken["scenario"].as_str().unwrap())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].ends_with("failing.json"));
    for finding in broken[0]["findings"].as_array().unwrap() {
        assert_eq!(finding["code"], "scenario::unknown-function", "{finding}");
    }
}
