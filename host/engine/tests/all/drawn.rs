//! Scenarios made in code. They are restored and not checked, so that the engine meets also what
//! only it refuses, such as a hidden value in a text.

use krabice_scenario::{Checked, World, restore};
use serde_json::{Map, Value, json};

/// A scenario in Czech that starts at its first box.
pub(crate) fn scenario<const N: usize>(name: &str, boxes: [(&str, Value); N]) -> Checked {
    let start = boxes[0].0.to_owned();
    let boxes = boxes.map(|(id, each)| (id.to_owned(), each));
    of_boxes(name, &start, Map::from_iter(boxes))
}

pub(crate) fn of_boxes(name: &str, start: &str, boxes: Map<String, Value>) -> Checked {
    let document = json!({
        "krabice": 1, "name": name, "languages": ["cs", "en"], "start": start,
        "inputs": { "given": "text", "$secret": "email", "amount": "decimal", "order": "record" },
        "boxes": boxes,
    });
    let report = restore(&document.to_string(), &World::default());
    let scenario = report.scenario;
    scenario.unwrap_or_else(|| panic!("{:#?}", report.diagnostics))
}

pub(crate) fn message(text: &str, next: &str) -> Value {
    json!({ "type": "message", "text": text, "next": next })
}

pub(crate) fn set(save: &str, value: &str, next: &str) -> Value {
    json!({ "type": "set", "save": save, "value": value, "next": next })
}

pub(crate) fn answer(save: &str, next: &str) -> Value {
    json!({ "type": "answer", "text": "?", "save": save, "next": next })
}

pub(crate) fn buttons(save: &str, label: &str, next: &str) -> Value {
    let button = json!({ "id": "go", "label": label, "next": next });
    json!({ "type": "buttons", "text": label, "save": save, "buttons": [button] })
}

pub(crate) fn go(next: &str) -> Value {
    json!({ "type": "jump", "box": next })
}

pub(crate) fn jump(scenario: &str, inputs: &[(&str, &str)], next: Option<&str>) -> Value {
    let mut jump = json!({ "type": "jump", "scenario": scenario, "inputs": named(inputs) });
    if let Some(next) = next {
        jump["next"] = next.into();
    }
    jump
}

pub(crate) fn call(save: &str, params: &[(&str, &str)], next: &str) -> Value {
    json!({
        "type": "call", "function": "plugin/function", "params": named(params), "save": save,
        "true": next, "false": next
    })
}

/// The end, with a text unless that is empty.
pub(crate) fn end(text: &str) -> Value {
    let mut end = json!({ "type": "end" });
    if !text.is_empty() {
        end["text"] = text.into();
    }
    end
}

fn named(values: &[(&str, &str)]) -> Map<String, Value> {
    let values = values.iter();
    values
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect()
}
