//! A small plugin against the contract as it was published: it uses every interface once, and all
//! that version 0.2.0 brought.

wit_bindgen::generate!({ path: "../../../../wit/published/0.2.0", world: "plugin" });

use exports::krabice::boxes::integration::{Call, ChoicesQuery, Context, Guest};
use krabice::boxes::compare::{same_email, same_number, same_phone};
use krabice::boxes::egress::{self, Body, Request, Response};
use krabice::boxes::manifest::{
    Answer, Authorisation, Choice, ChoicesSource, Cursor, Effect, Feed, Field, Function, Hmac,
    HmacAlgorithm, HmacEncoding, HmacTimestamp, Limits, Listing, Manifest, Parameter, Purpose,
    Setting, Subject, SubjectKind, Text,
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

fn parameter(name: &str, kind: Kind) -> Parameter {
    Parameter {
        name: name.to_owned(),
        kind,
        items: None,
        label: english(name),
        help: Vec::new(),
        required: true,
        default: None,
        choices: ChoicesSource::None,
        personal: matches!(kind, Kind::Email | Kind::Phone),
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

fn function(
    name: &str,
    effect: Effect,
    parameters: Vec<Parameter>,
    answer: Vec<Field>,
) -> Function {
    Function {
        name: name.to_owned(),
        label: english(name),
        help: Vec::new(),
        parameters,
        answer: Answer::Fields(answer),
        effect,
        purposes: Vec::new(),
        subject: None,
        listing: None,
        exclusive: false,
    }
}

fn order(field: Option<&str>) -> Option<Subject> {
    Some(Subject {
        kind: SubjectKind::Order,
        parameter: "order".to_owned(),
        field: field.map(str::to_owned),
    })
}

/// As in version 0.1.0.
fn look() -> Function {
    Function {
        help: english("True with what the back end says; false when it says 404."),
        ..function(
            "look",
            Effect::Reads,
            vec![
                parameter("path", Kind::Text),
                Parameter {
                    choices: ChoicesSource::Live,
                    ..parameter("status", Kind::Choice)
                },
            ],
            vec![
                field("status", Kind::Integer),
                field("body", Kind::Text),
                field("created", Kind::Timestamp),
            ],
        )
    }
}

/// Compares by all three comparisons of the host.
fn verify() -> Function {
    Function {
        help: english("True when order 2026-7 is meant, and e-mail and telephone are Jana's."),
        purposes: vec![Purpose::VerifiesIdentity],
        subject: order(Some("number")),
        ..function(
            "verify",
            Effect::Reads,
            vec![
                parameter("order", Kind::Text),
                parameter("email", Kind::Email),
                parameter("phone", Kind::Phone),
            ],
            vec![field("number", Kind::Text)],
        )
    }
}

/// Takes a file, asks by a request that reads, and writes.
fn attach() -> Function {
    Function {
        help: english("True when the back end took the file; false when it says 404."),
        subject: order(None),
        exclusive: true,
        ..function(
            "attach",
            Effect::Writes,
            vec![
                parameter("order", Kind::Text),
                parameter("photo", Kind::File),
            ],
            vec![
                field("name", Kind::Text),
                field("media-type", Kind::Text),
                field("size", Kind::Integer),
                field("body", Kind::Text),
            ],
        )
    }
}

/// What the feed calls.
fn changes() -> Function {
    Function {
        listing: Some(Listing {
            items: "orders".to_owned(),
            kind: SubjectKind::Order,
            key: "id".to_owned(),
            subject: "number".to_owned(),
        }),
        ..function(
            "changes",
            Effect::Reads,
            vec![Parameter {
                required: false,
                ..parameter("since", Kind::Timestamp)
            }],
            vec![
                field("orders", Kind::List),
                field("orders.id", Kind::Integer),
                field("orders.number", Kind::Text),
                field("orders.status", Kind::Text),
                field("next", Kind::Timestamp),
                field("more", Kind::Boolean),
            ],
        )
    }
}

fn orders() -> Feed {
    Feed {
        name: "orders".to_owned(),
        label: english("Orders"),
        help: english("Changes of a status."),
        function: "changes".to_owned(),
        since: Some("since".to_owned()),
        cursor: vec![Cursor {
            field: "next".to_owned(),
            parameter: "since".to_owned(),
            overlap: 60,
        }],
        more: Some("more".to_owned()),
        changes: vec!["status".to_owned()],
        reread: None,
        every: 60,
    }
}

fn text<'a>(call: &'a Call, name: &str) -> Result<&'a str, Failure> {
    match value(call, name) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Failure::UnexpectedAnswer(format!("no {name}"))),
    }
}

fn value<'a>(call: &'a Call, name: &str) -> Option<&'a Value> {
    let given = call.parameters.iter().find(|given| given.name == name)?;
    Some(&given.value)
}

fn send(method: &str, url: String, body: Option<Body>, reads: bool) -> Result<Response, Failure> {
    egress::send(&Request {
        method: method.to_owned(),
        url,
        headers: vec![("accept".to_owned(), "text/plain".to_owned())],
        body,
        reads,
    })
}

fn said(response: Response) -> Result<Value, Failure> {
    match response.body {
        Body::Text(text) => Ok(Value::Text(text)),
        Body::Bytes(_) => Err(Failure::UnexpectedAnswer("no text".to_owned())),
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Result<Outcome, Failure> {
    let named = fields.map(|(name, value)| NamedValue {
        name: name.to_owned(),
        value,
    });
    Ok(Outcome::TrueWithFields(named.into()))
}

impl Guest for Published {
    fn describe() -> Manifest {
        Manifest {
            name: "published".to_owned(),
            version: "0.2.0".to_owned(),
            label: english("Published"),
            help: english("Keeps working."),
            settings: vec![
                setting("address", Kind::Url, false),
                setting("key", Kind::Text, true),
            ],
            address: Some("address".to_owned()),
            authorisation: Authorisation::Hmac(Hmac {
                header: "X-Signature".to_owned(),
                prefix: "sha256=".to_owned(),
                algorithm: HmacAlgorithm::Sha256,
                encoding: HmacEncoding::Hex,
                setting: "key".to_owned(),
                timestamp: Some(HmacTimestamp {
                    header: "X-Timestamp".to_owned(),
                    separator: ".".to_owned(),
                }),
            }),
            hosts: Vec::new(),
            limits: Limits {
                requests_at_once: Some(2),
                requests_per_minute: None,
                bucket: None,
            },
            functions: vec![look(), verify(), attach(), changes()],
            feeds: vec![orders()],
        }
    }

    fn run(call: Call) -> Result<Outcome, Failure> {
        match call.function.as_str() {
            "look" => {
                let response = send("GET", text(&call, "path")?.to_owned(), None, false)?;
                if response.status == 404 {
                    return Ok(Outcome::False);
                }
                fields([
                    ("status", Value::Integer(response.status.into())),
                    ("body", said(response)?),
                    ("created", Value::Timestamp(call.context.now)),
                ])
            }
            "verify" => {
                let known = same_number(text(&call, "order")?, "2026-7")
                    && same_email(text(&call, "email")?, "jana@example.com")
                    && same_phone(text(&call, "phone")?, "+420 601 123 456");
                if known {
                    fields([("number", Value::Text("2026-7".to_owned()))])
                } else {
                    Ok(Outcome::False)
                }
            }
            "attach" => {
                let Some(Value::File(photo)) = value(&call, "photo") else {
                    return Err(Failure::UnexpectedAnswer("no photo".to_owned()));
                };
                let order = text(&call, "order")?.to_owned();
                // A search is often a POST.
                let found = send("POST", "search".to_owned(), Some(Body::Text(order)), true)?;
                if found.status == 404 {
                    return Ok(Outcome::False);
                }
                let content = Body::Bytes(photo.content.clone());
                let answer = send("PUT", photo.name.clone(), Some(content), false)?;
                fields([
                    ("name", Value::Text(photo.name.clone())),
                    ("media-type", Value::Text(photo.media_type.clone())),
                    ("size", Value::Integer(photo.content.len() as i64)),
                    ("body", said(answer)?),
                ])
            }
            _ => fields([
                (
                    "orders",
                    Value::Json(r#"[{"id":7,"number":"2026-7","status":"paid"}]"#.to_owned()),
                ),
                ("next", Value::Timestamp(call.context.now)),
                ("more", Value::Boolean(false)),
            ]),
        }
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
