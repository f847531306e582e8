//! A small plugin against the contract as it was published: it uses every interface once.

wit_bindgen::generate!({ path: "../../../../wit/published/0.1.0", world: "plugin" });

use exports::krabice::boxes::integration::{Call, ChoicesQuery, Context, Guest};
use krabice::boxes::egress::{self, Body, Request};
use krabice::boxes::manifest::{
    Answer, Authorisation, Choice, ChoicesSource, Effect, Field, Function, Header, Limits,
    Manifest, Parameter, Setting, Text,
};
use krabice::boxes::values::{Failure, Kind, NamedValue, Outcome, Value};

struct Published;

export!(Published);

fn english(text: &str) -> Vec<Text> {
    vec![Text {
        language: "en".to_owned(),
        text: text.to_owned(),
    }]
}

fn setting(name: &str, kind: Kind, secret: bool) -> Setting {
    Setting {
        name: name.to_owned(),
        kind,
        secret,
        required: true,
        default: None,
        choices: Vec::new(),
        label: english(name),
        help: Vec::new(),
    }
}

fn parameter(name: &str, kind: Kind, choices: ChoicesSource) -> Parameter {
    Parameter {
        name: name.to_owned(),
        kind,
        items: None,
        label: english(name),
        help: Vec::new(),
        required: true,
        default: None,
        choices,
        personal: false,
    }
}

fn field(path: &str, kind: Kind) -> Field {
    Field {
        path: path.to_owned(),
        kind,
        items: None,
        optional: false,
        personal: false,
        choices: Vec::new(),
        label: english(path),
        help: Vec::new(),
    }
}

impl Guest for Published {
    fn describe() -> Manifest {
        Manifest {
            name: "published".to_owned(),
            version: "0.1.0".to_owned(),
            label: english("Published"),
            help: english("Keeps working."),
            settings: vec![
                setting("address", Kind::Url, false),
                setting("key", Kind::Text, true),
            ],
            address: Some("address".to_owned()),
            authorisation: Authorisation::Header(Header {
                name: "X-Key".to_owned(),
                prefix: String::new(),
                setting: "key".to_owned(),
            }),
            hosts: Vec::new(),
            limits: Limits {
                requests_at_once: Some(2),
                requests_per_minute: None,
                bucket: None,
            },
            functions: vec![Function {
                name: "look".to_owned(),
                label: english("Look"),
                help: english("True with what the back end says; false when it says 404."),
                parameters: vec![
                    parameter("path", Kind::Text, ChoicesSource::None),
                    parameter("status", Kind::Choice, ChoicesSource::Live),
                ],
                answer: Answer::Fields(vec![
                    field("status", Kind::Integer),
                    field("body", Kind::Text),
                    field("created", Kind::Timestamp),
                ]),
                effect: Effect::Reads,
            }],
        }
    }

    fn run(call: Call) -> Result<Outcome, Failure> {
        let path = match call.parameters.first() {
            Some(NamedValue {
                value: Value::Text(path),
                ..
            }) => path.clone(),
            _ => return Err(Failure::UnexpectedAnswer("no path".to_owned())),
        };
        let response = egress::send(&Request {
            method: "GET".to_owned(),
            url: path,
            headers: vec![("accept".to_owned(), "text/plain".to_owned())],
            body: None,
        })?;
        if response.status == 404 {
            return Ok(Outcome::False);
        }
        let body = match response.body {
            Body::Text(text) => text,
            Body::Bytes(_) => return Err(Failure::UnexpectedAnswer("no text".to_owned())),
        };
        let named = |name: &str, value| NamedValue {
            name: name.to_owned(),
            value,
        };
        Ok(Outcome::TrueWithFields(vec![
            named("status", Value::Integer(response.status.into())),
            named("body", Value::Text(body)),
            named("created", Value::Timestamp(call.context.now)),
        ]))
    }

    fn choices(_: ChoicesQuery) -> Result<Vec<Choice>, Failure> {
        Ok(vec![Choice {
            value: "paid".to_owned(),
            label: english("Paid"),
        }])
    }

    fn probe(_: Context) -> Result<String, Failure> {
        Ok("still here".to_owned())
    }
}
