//! The JSON Schema of the scenario language, for editors that complete and check while an
//! author writes. It describes the form only; the [`check`](crate::check()) checks names,
//! kinds and paths.
//!
//! It comes from the declarations in [`document`](crate::document).

use std::borrow::Cow;

use krabice_contract::name::LONGEST;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::document::{self, Exit, Expect, Relation, RightSide, Scenario};
use crate::forms;
use crate::limits;
use crate::name::NAME_PATTERN;
use crate::read::rules::Detail;
use crate::source::Placed;

/// The schema's identifier. It names the version of the language and is not an address.
const SCHEMA_ID: &str = "urn:krabice:scenario:1";

/// The JSON Schema (draft 2020-12) of a scenario document. The repository's
/// copy is `docs/scenario.schema.json`.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Scenario>();
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

macro_rules! written_as {
    ($([$($generic:ident)?] $type:ty as $form:ty;)*) => {$(
        impl$(<$generic: JsonSchema>)? JsonSchema for $type {
            fn inline_schema() -> bool {
                <$form>::inline_schema()
            }

            fn schema_name() -> Cow<'static, str> {
                <$form>::schema_name()
            }

            fn schema_id() -> Cow<'static, str> {
                <$form>::schema_id()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$form>::json_schema(generator)
            }
        }
    )*};
}

written_as! {
    [T] Placed<T> as T;
    [] Exit as forms::BoxId;
    [] document::Text as forms::Text;
    [] document::Operand as forms::Operand;
    [] document::Test as forms::Test;
}

impl JsonSchema for document::Comparison {
    fn schema_name() -> Cow<'static, str> {
        "Comparison".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let operand = generator.subschema_for::<document::Operand>().to_value();
        let described = |schema: &Value, description: &str| {
            let mut schema = schema.clone();
            schema["description"] = description.into();
            schema
        };
        let words = Relation::json_schema(generator).to_value();
        let descriptions = words["oneOf"].as_array().into_iter().flatten();
        let forms = Relation::ALL
            .iter()
            .zip(descriptions)
            .map(|(relation, word)| {
                let (left, right) = relation.sides();
                let right = match relation.right_side() {
                    RightSide::Nothing => None,
                    RightSide::One => Some(described(&operand, right)),
                    RightSide::Several => Some(json!({
                        "type": "array", "items": operand, "description": right, "minItems": 1
                    })),
                    RightSide::Pattern => Some(json!({
                        "type": "string", "description": right, "minLength": 1,
                        "maxLength": limits::TEXT_BYTES, "examples": ["^[A-Z]{2}"]
                    })),
                };
                let mut properties = Map::new();
                properties.insert(
                    "is".to_owned(),
                    json!({ "type": "string", "const": relation.word() }),
                );
                properties.insert("value".to_owned(), described(&operand, left));
                let mut required = vec!["is", "value"];
                if let Some(right) = right {
                    properties.insert("to".to_owned(), right);
                    required.push("to");
                }
                if relation.may_be_exact() {
                    let text = "Whether texts must be the same letter by letter. Default: false.";
                    properties.insert(
                        "exact".to_owned(),
                        json!({ "type": "boolean", "description": text }),
                    );
                }
                json!({
                    "type": "object", "additionalProperties": false, "properties": properties,
                    "required": required, "description": word["description"]
                })
            });
        json_schema!({
            "oneOf": forms.collect::<Vec<_>>(),
            "description": "A comparison: the value, the relation, and what the value is compared with."
        })
    }
}

impl Relation {
    /// The descriptions of its sides.
    fn sides(self) -> (&'static str, &'static str) {
        match self {
            Relation::Contains => ("The text or the list.", "What it contains."),
            Relation::StartsWith => ("The text.", "The beginning."),
            Relation::Matches => ("The text.", "The regular expression."),
            Relation::OneOf => ("The left side.", "The values, at least one."),
            Relation::Exists | Relation::Empty | Relation::True | Relation::False => {
                ("The value to test.", "")
            }
            Relation::Equals
            | Relation::NotEquals
            | Relation::GreaterThan
            | Relation::AtLeast
            | Relation::LessThan
            | Relation::AtMost => ("The left side.", "The right side."),
        }
    }
}

/// The schema of an object's keys that are names.
pub(crate) fn names() -> Value {
    json!({ "pattern": NAME_PATTERN, "maxLength": LONGEST })
}

/// The schema of the keys that an expectation requires, or allows, and that mean nothing with
/// another one.
pub(crate) fn expectations() -> Value {
    let expects = |words: Vec<&str>| json!({ "properties": { "expect": { "enum": words } }, "required": ["expect"] });
    let with = |key: &str, required: &[bool]| {
        let takes = |expect: &&Expect| {
            let mut details = expect.details().iter();
            details.any(|detail| detail.key == key && required.contains(&detail.required))
        };
        let words = Expect::ALL.iter().filter(takes).map(|expect| expect.word());
        expects(words.collect())
    };
    let rules = Detail::KEYS.into_iter().flat_map(|key| {
        [
            json!({ "if": with(key, &[true]), "then": { "required": [key] } }),
            json!({ "if": { "not": with(key, &[true, false]) }, "then": { "not": { "required": [key] } } }),
        ]
    });
    rules.collect()
}

/// A complete scenario that is small enough for the schema.
pub(crate) fn example() -> Value {
    json!({
        "krabice": 1,
        "name": "greeting",
        "languages": ["en"],
        "start": "ask",
        "boxes": {
            "ask": { "type": "answer", "text": "What is your name?", "save": "who", "next": "greet" },
            "greet": { "type": "message", "text": "Good day, <<who>>!", "next": "bye" },
            "bye": { "type": "end" }
        }
    })
}
