//! The limits of a document, each exactly at the limit and just above it; and checks with
//! partial knowledge of the host.

use std::fs;

use krabice_scenario::check::Surface;
use krabice_scenario::{Code, Severity, World, check, limits};
use serde_json::{Value, json};

use crate::host::Host;

/// A scenario with this number of boxes, one of which has this text.
fn scenario(text: &str, boxes: usize) -> String {
    let mut all = serde_json::Map::new();
    for at in 1..boxes {
        all.insert(
            format!("b{at}"),
            json!({ "type": "message", "text": "x", "next": format!("b{}", at + 1) }),
        );
    }
    all.insert(format!("b{boxes}"), json!({ "type": "end", "text": text }));
    json!({ "krabice": 1, "name": "large", "languages": ["en"], "start": "b1", "boxes": all })
        .to_string()
}

fn codes(text: &str) -> Vec<Code> {
    let found = check(text, &World::default()).diagnostics;
    found.iter().map(|found| found.code).collect()
}

#[test]
fn a_text_has_at_most_16_kib() {
    assert_eq!(limits::TEXT_BYTES, 16 * 1024);
    assert_eq!(codes(&scenario(&"ž".repeat(8 * 1024), 1)), []);
    assert_eq!(
        codes(&scenario(&format!("{}x", "ž".repeat(8 * 1024)), 1)),
        [Code::TooLarge]
    );
}

#[test]
fn a_scenario_has_at_most_2000_boxes() {
    assert_eq!(limits::BOXES, 2_000);
    assert_eq!(codes(&scenario("x", 2_000)), []);
    assert_eq!(codes(&scenario("x", 2_001))[..1], [Code::TooLarge]);
}

#[test]
fn a_document_has_at_most_1_mib() {
    assert_eq!(limits::FILE_BYTES, 1024 * 1024);
    let text = scenario("x", 1);
    let fill = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    assert_eq!(codes(&fill(limits::FILE_BYTES)), []);
    assert_eq!(codes(&fill(limits::FILE_BYTES + 1)), [Code::TooLarge]);
}

#[test]
fn a_document_is_at_most_64_deep() {
    assert_eq!(limits::DEPTH, 64);
    let deep = |depth: usize| {
        let mut document: Value = serde_json::from_str(&scenario("x", 1)).unwrap();
        let inner = (0..depth - 2).fold(json!(1), |inner, _| json!([inner]));
        document["layout"] = json!({ "b1": inner });
        document.to_string()
    };
    assert_eq!(codes(&deep(64)), []);
    assert_eq!(codes(&deep(65)), [Code::TooLarge]);
}

#[test]
fn an_answer_has_at_most_20_attempts() {
    let asking = |attempts: u32| {
        json!({ "krabice": 1, "name": "ask", "languages": ["en"], "start": "ask", "boxes": {
            "ask": { "type": "answer", "text": "?", "attempts": attempts, "next": "bye", "exhausted": "bye" },
            "bye": { "type": "end" }
        } })
        .to_string()
    };
    assert_eq!(limits::ATTEMPTS, 20);
    assert_eq!(codes(&asking(1)), []);
    assert_eq!(codes(&asking(20)), []);
    assert_eq!(codes(&asking(0)), [Code::OutOfRange]);
    assert_eq!(codes(&asking(21)), [Code::OutOfRange]);
}

#[test]
fn what_is_not_known_of_the_host_is_not_checked() {
    let names = fs::read_to_string("tests/check/host-names.json").unwrap();
    let errors = |text: &str, world: &World<'_>| {
        let found = check(text, world).diagnostics;
        found
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .map(|found| found.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(errors(&names, &World::default()), []);
    let connections = World::default().with_connections([("shop", "upgates")]);
    // Without manifests it is not known that a plugin needs no connection.
    assert_eq!(
        errors(&names, &connections),
        [
            Code::UnknownConnection,
            Code::UnknownConnection,
            Code::WrongConnection
        ]
    );
    let jumps = fs::read_to_string("tests/check/jumps.json").unwrap();
    assert_eq!(errors(&jumps, &World::default()), [Code::HiddenCopied]);
    let host = Host::load();
    assert!(errors(&jumps, &host.world()).len() > 3);
}

#[test]
fn a_surface_is_read_from_a_scenario_with_errors_too() {
    let text = r#"{ "krabice": 1, "name": "half", "languages": ["en"], "inputs": { "a": "text", "b": "nonsense" }, "start": "on", "boxes": {
        "on": { "type": "message", "text": 5, "next": "jump" }, "jump": { "type": "jump", "scenario": "other", "next": "on" }, "out": { "type": "jump", "scenario": "last" } } }"#;
    let surface = Surface::read(text).unwrap();
    assert_eq!(surface.name, "half");
    assert_eq!(surface.inputs.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(surface.returns_from, ["other"]);
    assert!(!surface.passes_without_waiting);
    assert!(Surface::read("[]").is_none());
    assert!(Surface::read("{").is_none());
}
