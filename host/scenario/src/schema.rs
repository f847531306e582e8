//! The JSON Schema of the scenario language, for editors that complete and check while an
//! author writes. It describes the form only; the [`check`](crate::check()) checks names,
//! kinds and paths.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Map, Value};

use crate::document::Document;

/// The schema's identifier. It names the version of the language and is not an address.
const SCHEMA_ID: &str = "urn:krabice:scenario:1";

/// The JSON Schema (draft 2020-12) of a scenario document. The repository's
/// copy is `docs/scenario.schema.json`.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Document>();
    RecursiveTransform(tidy).transform(&mut schema);
    let Value::Object(mut schema) = schema.to_value() else {
        unreachable!("schemars describes a struct by an object");
    };
    // The keys that a reader looks for first come first.
    let mut ordered = Map::new();
    ordered.extend(schema.shift_remove_entry("$schema"));
    ordered.insert("$id".to_owned(), SCHEMA_ID.into());
    ordered.extend(schema.shift_remove_entry("title"));
    ordered.extend(schema.shift_remove_entry("description"));
    ordered.extend(schema);
    Value::Object(ordered)
}

/// Removes what is true only of the Rust types and not of the language: in the language, an
/// optional key must not be `null`, and numbers have no width. Joins the lines of comments.
fn tidy(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    object.retain(|key, _| key != "format");
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|word| word != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(schemas)) = object.get_mut("anyOf") {
        schemas.retain(|schema| schema.get("type").is_none_or(|word| word != "null"));
        if let [Value::Object(only)] = schemas.as_slice() {
            let only = only.clone();
            object.shift_remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = description
            .split("\n\n")
            .map(|paragraph| paragraph.replace('\n', " "))
            .collect::<Vec<_>>()
            .join("\n\n");
    }
}
