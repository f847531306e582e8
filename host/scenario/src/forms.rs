//! Values of documents in the form that JSON writes them in, where the tree has another one. Only
//! the schema comes from them.

#![expect(dead_code, reason = "no value of these types is ever made")]

use indexmap::IndexMap;
use krabice_contract::Kind;
use krabice_contract::name::LONGEST;
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::document;
use crate::limits;

/// The pattern of a text that is not blank.
const SOME_CONTENT: &str = r"\S";

/// The id of a box of the same scenario.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub(crate) struct BoxId(#[schemars(length(min = 1, max = LONGEST))] String);

/// An input: its kind alone, for an optional one that the page gives; or its
/// declaration.
#[derive(JsonSchema)]
#[schemars(untagged, example = &"text", example = json!({ "kind": "text", "from": "jump", "required": true }))]
pub(crate) enum Input {
    /// The kind of an optional input from the page.
    Kind(Kind),
    /// The declaration.
    Declared(document::Declaration),
}

/// A value without templates: a boolean, a number or a text.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub(crate) struct Constant(#[schemars(extend("type" = ["boolean", "number", "string"]))] Value);

/// A text: one for every language, or a map by language tag. It may hold
/// templates: `<<order.status>>`, `{{#if order.paid}}…{{/if}}`.
#[derive(JsonSchema)]
#[schemars(untagged, example = &"<<order.status>>", example = json!({ "cs": "Dobrý den!", "en": "Hello!" }))]
pub(crate) enum Text {
    /// One text for every language.
    Every(
        #[schemars(length(min = 1, max = limits::TEXT_BYTES), regex(pattern = SOME_CONTENT))]
        String,
    ),
    /// A text for each of the scenario's languages.
    ByLanguage(#[schemars(extend("minProperties" = 1))] IndexMap<String, Line>),
}

/// A text in one language. It may hold templates.
#[derive(JsonSchema)]
#[schemars(transparent, inline)]
pub(crate) struct Line(
    #[schemars(length(min = 1, max = limits::TEXT_BYTES), regex(pattern = SOME_CONTENT))] String,
);

/// A value: a boolean, a number, a text, or a list or an object of them. A text
/// may hold templates; one that is exactly one reference, such as
/// `<<order.topay>>`, keeps the kind of what it refers to. Texts within a list
/// or an object are taken as they are written.
#[derive(JsonSchema)]
#[schemars(transparent, example = &"<<order.topay>>", example = 1000, example = true)]
pub(crate) struct Operand(
    #[schemars(extend(
        "type" = ["boolean", "number", "string", "array", "object"],
        "items" = json!({ "$ref": "#/$defs/Operand" }),
        "additionalProperties" = json!({ "$ref": "#/$defs/Operand" })
    ))]
    Value,
);

/// The test of a `condition` box. Tests within it are evaluated from top to
/// bottom, so that a comparison may rely on those above it: `all` of "it exists"
/// and "it is greater than 100".
#[derive(JsonSchema)]
#[schemars(untagged, example = json!({ "all": [
    { "value": "<<order.topay>>", "is": "greater-than", "to": 1000 },
    { "not": { "value": "<<order.paid>>", "is": "true" } }
] }))]
pub(crate) enum Test {
    /// Holds if every test holds.
    All(document::All),
    /// Holds if at least one test holds.
    Any(document::Any),
    /// Holds if the test does not.
    Not(document::Not),
    /// A comparison.
    Compare(document::Comparison),
}
