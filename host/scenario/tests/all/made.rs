//! Boxes that are made for a test, by the check as everywhere.

use krabice_scenario::document::{Answer, Condition, Node};
use krabice_scenario::{World, restore};
use serde_json::{Value, json};

fn node(of: Value) -> Node {
    let document = json!({
        "krabice": 1, "name": "made", "languages": ["cs", "en"], "start": "made",
        "boxes": { "made": of, "end": { "type": "end" } }
    });
    let report = restore(&document.to_string(), &World::default());
    let scenario = report.scenario;
    let scenario = scenario.unwrap_or_else(|| panic!("{:?}", report.diagnostics));
    scenario.boxes["made"].value.clone()
}

/// An `answer` box with these keys besides the usual ones.
pub(crate) fn answer(keys: Value) -> Answer {
    let mut of = json!({ "type": "answer", "text": "?", "next": "end" });
    for (key, value) in keys.as_object().unwrap() {
        of[key] = value.clone();
    }
    match node(of) {
        Node::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// A `condition` box with this test.
pub(crate) fn condition(test: Value) -> Condition {
    let of = json!({ "type": "condition", "if": test, "true": "end", "false": "end" });
    match node(of) {
        Node::Condition(condition) => condition,
        other => panic!("{other:?}"),
    }
}
