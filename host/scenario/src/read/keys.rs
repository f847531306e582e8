//! The keys that each object of a document may have. They are those of the JSON Schema, so that a key is
//! declared once: in [`document`](crate::document).

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::value::Object;
use crate::document::{BoxType, Scenario};
use crate::schema::json_schema;

/// A key that an object may have.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) required: bool,
    /// Whether its value is the id of a box to go on at.
    pub(super) is_exit: bool,
}

/// A type of box with its keys.
pub(super) struct BoxKeys {
    pub(super) kind: BoxType,
    pub(super) keys: Vec<Key>,
}

struct Tables {
    boxes: Vec<BoxKeys>,
    /// The keys of the other objects, by the name of their type in the schema.
    objects: HashMap<String, Vec<Key>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let schema = json_schema();
    let types = schema["$defs"].as_object().into_iter().flatten();
    let mut objects: HashMap<_, _> = types
        .map(|(name, schema)| (name.clone(), keys(schema)))
        .collect();
    objects.insert(Scenario::NAME.to_owned(), keys(&schema));
    let boxes = schema["$defs"]["Box"]["oneOf"].as_array().into_iter();
    let boxes = boxes.flatten().zip(BoxType::ALL);
    let boxes = boxes.map(|(schema, kind)| BoxKeys {
        kind: *kind,
        keys: keys(schema),
    });
    Tables {
        boxes: boxes.collect(),
        objects,
    }
});

/// The keys of an object of this schema. Where the schema has several forms, the keys of all of them; one
/// is required that every form requires.
fn keys(schema: &Value) -> Vec<Key> {
    let forms = match (&schema["properties"], &schema["oneOf"]) {
        (Value::Null, Value::Array(forms)) => forms.as_slice(),
        _ => std::slice::from_ref(schema),
    };
    let requires = |form: &Value, name: &str| {
        let required = form["required"].as_array();
        required.is_some_and(|required| required.iter().any(|key| key == name))
    };
    let mut keys: Vec<Key> = Vec::new();
    for (name, value) in forms
        .iter()
        .filter_map(|form| form["properties"].as_object())
        .flatten()
    {
        if keys.iter().all(|key| key.name != *name) {
            keys.push(Key {
                name: name.clone(),
                required: forms.iter().all(|form| requires(form, name)),
                is_exit: value["$ref"] == "#/$defs/BoxId",
            });
        }
    }
    keys
}

/// All types of boxes.
pub(super) fn boxes() -> &'static [BoxKeys] {
    &TABLES.boxes
}

/// The keys of an object, by the name of its type in the schema: `Button`.
///
/// # Panics
/// The schema has no such type.
pub(super) fn keys_of(object: &str) -> &'static [Key] {
    &TABLES.objects[object]
}

/// Whether a word is a key of some object, so that it is not a typo of another key.
pub(super) fn is_word(word: &str) -> bool {
    let boxes = TABLES.boxes.iter().map(|each| &each.keys);
    let mut all = boxes.chain(TABLES.objects.values()).flatten();
    all.any(|key| key.name == word)
}

/// Whether a word is an exit of some type of box.
pub(super) fn is_exit(word: &str) -> bool {
    let mut all = TABLES.boxes.iter().flat_map(|each| &each.keys);
    all.any(|key| key.name == word && key.is_exit)
}
