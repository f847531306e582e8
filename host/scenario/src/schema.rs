//! The JSON Schema of the scenario language, for editors that complete and
//! check while a scenario is written. It knows the shape alone; names, kinds
//! and paths are the [`check`](crate::check())'s.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Map, Value};

use crate::document::Document;

/// The schema's identifier. It names the language's version and need not lead
/// anywhere.
pub const SCHEMA_ID: &str = "urn:krabice:scenario:1";

/// The JSON Schema (draft 2020-12) of a scenario document. The repository's
/// copy is `docs/scenario.schema.json`.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Document>();
    RecursiveTransform(tidy).transform(&mut schema);
    let mut schema = match schema.to_value() {
        Value::Object(schema) => schema,
        other => return other,
    };
    // What a reader looks for first stands first.
    let mut ordered = Map::new();
    ordered.extend(schema.shift_remove_entry("$schema"));
    ordered.insert("$id".to_owned(), SCHEMA_ID.into());
    ordered.extend(schema.shift_remove_entry("title"));
    ordered.extend(schema.shift_remove_entry("description"));
    ordered.extend(schema);
    Value::Object(ordered)
}

/// Takes out what the types say and the language does not: a key that may be
/// left out may not be null, and no number has a width. Joins the lines of
/// comments.
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
