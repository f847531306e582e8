//! One typo is one finding: everything that depends on a misspelt word is checked as if the
//! word were right.

use std::fs;

use krabice_scenario::check;
use serde_json::{Map, Value};

use crate::host::Host;

fn document() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/check/accepted/everything.json"
    );
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A word with its last two letters exchanged.
fn misspelt(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    match letters.as_mut_slice() {
        [_, .., before, last] if before != last => std::mem::swap(before, last),
        _ => letters.push('q'),
    }
    letters.into_iter().collect()
}

/// Every document with one misspelt word, and what was misspelt: a key, the
/// target of an exit, or a reference.
fn slips(of: &Value) -> Vec<(String, Value)> {
    let mut slips = Vec::new();
    let mut pointers = vec![String::new()];
    while let Some(pointer) = pointers.pop() {
        let mut change = |what: String, value: Value| {
            let mut slip = of.clone();
            *slip.pointer_mut(&pointer).unwrap() = value;
            slips.push((format!("{what} at {pointer}"), slip));
        };
        match of.pointer(&pointer).unwrap() {
            Value::Object(fields) => {
                for key in fields.keys() {
                    let renamed = |name: &String| {
                        if name == key {
                            misspelt(name)
                        } else {
                            name.clone()
                        }
                    };
                    let slip: Map<_, _> = fields
                        .iter()
                        .map(|(name, value)| (renamed(name), value.clone()))
                        .collect();
                    change(format!("the key `{key}`"), slip.into());
                    // An editor's data and an author's own records are theirs.
                    if !pointer.ends_with("/layout") && !pointer.ends_with("/value") {
                        pointers.push(format!("{pointer}/{key}"));
                    }
                }
            }
            Value::Array(items) => {
                pointers.extend((0..items.len()).map(|index| format!("{pointer}/{index}")));
            }
            Value::String(text) => {
                let key = pointer.rsplit('/').next().unwrap();
                if [
                    "next",
                    "box",
                    "true",
                    "false",
                    "failure",
                    "unknown",
                    "exhausted",
                    "start",
                    "type",
                    "is",
                    "expect",
                ]
                .contains(&key)
                {
                    change(format!("`{text}`"), misspelt(text).into());
                }
                if let Some(reference) = text
                    .strip_prefix("<<")
                    .and_then(|text| text.strip_suffix(">>"))
                    && !reference.contains("<<")
                {
                    change(
                        format!("`{reference}`"),
                        format!("<<{}>>", misspelt(reference)).into(),
                    );
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    slips
}

#[test]
fn one_slip_is_one_finding() {
    let host = Host::load();
    let document = document();
    assert!(
        check(&document.to_string(), &host.world())
            .diagnostics
            .is_empty()
    );
    let slips = slips(&document);
    assert!(slips.len() > 300, "only {} slips", slips.len());
    for (slip, document) in slips {
        let found = check(&document.to_string(), &host.world()).diagnostics;
        // Names that nothing refers to are the author's to choose.
        let free = slip.starts_with("the key `$token`")
            || slip.contains(" at /layout")
            || slip.contains("/tag/value");
        let expected = usize::from(!free);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected, "{slip}: {found:#?}");
    }
}
