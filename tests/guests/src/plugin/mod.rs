//! The exports of the component.

mod bindings;
mod good;
mod hostile;
mod manifest;
mod network;

use bindings::boxes::manifest::{Choice, Manifest, Text};
use bindings::boxes::values::{Failure, InvalidParameter, NamedValue, Outcome, Value};
use bindings::integration::{Call, ChoicesQuery, Context, Guest};

/// The result of a function.
type Answer = Result<Outcome, Failure>;

struct Hostile;

impl Guest for Hostile {
    fn describe() -> Manifest {
        manifest::manifest()
    }

    fn run(call: Call) -> Answer {
        match manifest::FUNCTIONS
            .iter()
            .find(|known| known.name == call.function)
        {
            Some(function) => (function.run)(&call),
            None => Err(Failure::InvalidParameter(InvalidParameter {
                name: "function".to_owned(),
                detail: "no such function".to_owned(),
            })),
        }
    }

    fn choices(query: ChoicesQuery) -> Result<Vec<Choice>, Failure> {
        match query.parameter.as_str() {
            "pick" => good::choices(),
            "twice" => Ok(vec![choice("same"), choice("same")]),
            "endless" => hostile::spin(),
            _ => Ok(Vec::new()),
        }
    }

    fn probe(context: Context) -> Result<String, Failure> {
        good::probe(&context)
    }
}

/// A choice with its value as its label.
fn choice(value: &str) -> Choice {
    Choice {
        value: value.to_owned(),
        label: english(value),
    }
}

/// A text in English.
fn english(text: &str) -> Vec<Text> {
    vec![Text {
        language: "en".to_owned(),
        text: text.to_owned(),
    }]
}

/// A parameter's text; empty if it is absent or not a text.
fn text<'a>(call: &'a Call, name: &str) -> &'a str {
    match parameter(call, name) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// A parameter, if it was given.
fn parameter<'a>(call: &'a Call, name: &str) -> Option<&'a Value> {
    call.parameters
        .iter()
        .find(|given| given.name == name)
        .map(|given| &given.value)
}

/// *True* with fields.
fn fields<const N: usize>(fields: [(&str, Value); N]) -> Answer {
    Ok(Outcome::TrueWithFields(
        fields
            .into_iter()
            .map(|(name, value)| NamedValue {
                name: name.to_owned(),
                value,
            })
            .collect(),
    ))
}
