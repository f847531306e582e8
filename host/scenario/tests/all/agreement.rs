//! The reader and the JSON Schema must agree about the form of a scenario: for the accepted
//! scenarios, and for every scenario that differs from them in one place.

use std::fs;

use krabice_scenario::{Code, World, check, json_schema};
use serde_json::{Value, json};

/// The codes of problems that a schema can find: those of the form. The others are about the
/// meaning of names and texts.
const OF_THE_SHAPE: [Code; 15] = [
    Code::UnknownKey,
    Code::MissingKey,
    Code::SuperfluousKey,
    Code::WrongType,
    Code::UnknownWord,
    Code::OutOfRange,
    Code::UnsupportedVersion,
    Code::UnknownDocument,
    Code::InvalidName,
    Code::InvalidLanguage,
    Code::Empty,
    Code::UnknownExit,
    Code::MissingExit,
    Code::TooLarge,
    Code::DuplicateKey,
];

fn accepted() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/accepted");
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let texts = paths.map(|path| {
        (
            path.display().to_string(),
            fs::read_to_string(&path).unwrap(),
        )
    });
    texts
        .map(|(name, text)| (name, serde_json::from_str(&text).unwrap()))
        .collect()
}

/// Every document that differs from this one in one place: a key left out, misspelt or
/// added, a value of another type, a word that does not exist.
fn slips(of: &Value) -> Vec<(String, Value)> {
    let mut slips = Vec::new();
    let mut pointers = vec![String::new()];
    while let Some(pointer) = pointers.pop() {
        let mut change = |what: &str, change: &dyn Fn(&mut Value)| {
            let mut slip = of.clone();
            change(slip.pointer_mut(&pointer).unwrap());
            slips.push((format!("{what} at {pointer}"), slip));
        };
        for other in [
            json!(null),
            json!(7),
            json!("surely nothing"),
            json!(""),
            json!(" "),
            json!([]),
            json!({}),
        ] {
            change(&format!("{other}"), &|value| *value = other.clone());
        }
        let at = of.pointer(&pointer).unwrap();
        if let Value::Object(fields) = at {
            change("a key too many", &|value| {
                value
                    .as_object_mut()
                    .unwrap()
                    .insert("qqqqqqqq".to_owned(), json!(1));
            });
            for key in fields.keys() {
                change(&format!("without `{key}`"), &|value| {
                    value.as_object_mut().unwrap().shift_remove(key);
                });
                change(&format!("`{key}` misspelt"), &|value| {
                    let fields = value.as_object_mut().unwrap();
                    let lost = fields.shift_remove(key).unwrap();
                    fields.insert(format!("{key}{key}q"), lost);
                });
                pointers.push(format!(
                    "{pointer}/{}",
                    key.replace('~', "~0").replace('/', "~1")
                ));
            }
        }
        if let Value::Array(items) = at {
            change("one item too many", &|value| {
                value.as_array_mut().unwrap().push(json!(null))
            });
            pointers.extend((0..items.len()).map(|index| format!("{pointer}/{index}")));
        }
    }
    slips
}

#[test]
fn sound_scenarios_are_valid_by_the_schema() {
    let schema = jsonschema::validator_for(&json_schema()).unwrap();
    for (name, document) in accepted() {
        assert!(schema.is_valid(&document), "{name}");
    }
}

#[test]
fn every_slip_is_seen_by_the_reader_exactly_if_by_the_schema() {
    let schema = jsonschema::validator_for(&json_schema()).unwrap();
    let documents = accepted();
    // The one that has every type of box and every key.
    let (_, document) = documents
        .iter()
        .find(|(name, _)| name.ends_with("everything.json"))
        .unwrap();
    let slips = slips(document);
    assert!(slips.len() > 2_000, "only {} slips", slips.len());
    let agree = |(slip, document): &(String, Value)| {
        let found = check(&document.to_string(), &World::default()).diagnostics;
        let seen = found
            .iter()
            .find(|found| OF_THE_SHAPE.contains(&found.code));
        let valid = schema.is_valid(document);
        assert_eq!(seen.is_none(), valid, "{slip}: the reader says {seen:?}");
    };
    // Thousands of checks, in a build for tests.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for part in slips.chunks(slips.len().div_ceil(threads)) {
            scope.spawn(move || part.iter().for_each(agree));
        }
    });
}

#[test]
fn the_examples_of_the_schema_are_scenarios() {
    let schema = json_schema();
    for example in schema["examples"].as_array().unwrap() {
        let checked = check(&example.to_string(), &World::default());
        assert!(checked.scenario.is_some(), "{:?}", checked.diagnostics);
    }
}
