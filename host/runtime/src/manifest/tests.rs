use super::*;
use crate::bindings::values::{Kind as K, Value};

const SIZES: Sizes = Sizes {
    text: 1000,
    json: 1000,
    file: 1024,
};

fn texts(text: &str) -> Vec<wit::Text> {
    vec![wit::Text {
        language: "en".to_owned(),
        text: text.to_owned(),
    }]
}

fn setting(name: &str, kind: K) -> wit::Setting {
    wit::Setting {
        name: name.to_owned(),
        kind,
        secret: false,
        required: true,
        default: None,
        choices: Vec::new(),
        label: texts(name),
        help: Vec::new(),
    }
}

fn choice(value: &str) -> wit::Choice {
    wit::Choice {
        value: value.to_owned(),
        label: texts(value),
    }
}

fn parameter(name: &str, kind: K) -> wit::Parameter {
    wit::Parameter {
        name: name.to_owned(),
        kind,
        items: None,
        label: texts(name),
        help: Vec::new(),
        required: false,
        default: None,
        choices: wit::ChoicesSource::None,
        personal: false,
    }
}

fn field(path: &str, kind: K) -> wit::Field {
    wit::Field {
        path: path.to_owned(),
        kind,
        items: None,
        optional: false,
        personal: false,
        choices: Vec::new(),
        label: texts(path),
        help: Vec::new(),
    }
}

fn function(name: &str) -> wit::Function {
    wit::Function {
        name: name.to_owned(),
        label: texts(name),
        help: Vec::new(),
        parameters: Vec::new(),
        answer: wit::Answer::Nothing,
        effect: wit::Effect::Reads,
    }
}

/// A manifest with nothing wrong.
fn good() -> wit::Manifest {
    wit::Manifest {
        name: "shop".to_owned(),
        version: "1.2.3".to_owned(),
        label: texts("Shop"),
        help: Vec::new(),
        settings: vec![
            setting("address", K::Url),
            wit::Setting {
                secret: true,
                ..setting("key", K::Text)
            },
        ],
        address: Some("address".to_owned()),
        authorisation: wit::Authorisation::Header(wit::Header {
            name: "X-Key".to_owned(),
            prefix: String::new(),
            setting: "key".to_owned(),
        }),
        hosts: vec![
            "https://files.example.com".to_owned(),
            "http://*.cdn.example.com:8080".to_owned(),
        ],
        limits: wit::Limits {
            bucket: None,
            requests_at_once: Some(3),
            requests_per_minute: None,
        },
        functions: vec![wit::Function {
            parameters: vec![
                parameter("order", K::Text),
                parameter("items", K::List),
                parameter("items.code", K::Text),
            ],
            answer: wit::Answer::Fields(vec![
                field("items", K::List),
                field("items.tags", K::List),
                field("items.tags.name", K::Text),
            ]),
            ..function("load-order")
        }],
    }
}

/// The problems of a changed manifest, one on each line.
fn wrong(change: impl FnOnce(&mut wit::Manifest)) -> String {
    let mut given = good();
    change(&mut given);
    let problems = check(given, SIZES).expect_err("the manifest has problems");
    problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect()
}

/// The problems of parameters.
fn wrong_parameters(parameters: Vec<wit::Parameter>) -> String {
    wrong(|given| given.functions[0].parameters = parameters)
}

/// The problems of fields.
fn wrong_fields(fields: Vec<wit::Field>) -> String {
    wrong(|given| given.functions[0].answer = wit::Answer::Fields(fields))
}

#[test]
fn a_good_manifest_has_no_problems() {
    let manifest = check(good(), SIZES).unwrap();
    assert_eq!(manifest.functions["load-order"].parameters.len(), 3);
    let text = serde_json::to_string(&manifest).unwrap();
    assert_eq!(
        serde_json::from_str::<Manifest>(&text).unwrap(),
        manifest,
        "builders get all of it as JSON"
    );
}

#[test]
fn names_labels_and_languages() {
    insta::assert_snapshot!(wrong(|given| {
        given.name = "Shop".to_owned();
        given.version = "1.2".to_owned();
        given.label = Vec::new();
        given.help = vec![
            wit::Text {
                language: "CS".to_owned(),
                text: "a".to_owned(),
            },
            wit::Text {
                language: "en".to_owned(),
                text: " ".to_owned(),
            },
            wit::Text {
                language: "en".to_owned(),
                text: "x".repeat(1001),
            },
            wit::Text {
                language: "english".to_owned(),
                text: "a\0b".to_owned(),
            },
        ];
        given.functions[0].name = "load order".to_owned();
        given.functions.push(function("twice"));
        given.functions.push(function("twice"));
        given.functions.push(function("twice"));
    }));
}

#[test]
fn settings_address_and_hosts() {
    insta::assert_snapshot!(wrong(|given| {
        given.settings.extend([
            setting("key", K::Text),
            setting("when", K::Timestamp),
            setting("all", K::List),
            setting("colour", K::Choice),
            wit::Setting {
                choices: vec![choice("a"), choice("a"), choice("")],
                ..setting("size", K::Choice)
            },
            wit::Setting {
                choices: vec![choice("a")],
                ..setting("text", K::Text)
            },
            wit::Setting {
                secret: true,
                default: Some("geheim".to_owned()),
                ..setting("unused", K::Text)
            },
            wit::Setting {
                default: Some("yes".to_owned()),
                ..setting("on", K::Boolean)
            },
            wit::Setting {
                default: Some("1.5".to_owned()),
                ..setting("count", K::Integer)
            },
            wit::Setting {
                default: Some("1,5".to_owned()),
                ..setting("price", K::Decimal)
            },
            wit::Setting {
                default: Some("nowhere".to_owned()),
                ..setting("link", K::Url)
            },
            wit::Setting {
                default: Some("c".to_owned()),
                choices: vec![choice("a"), choice("b")],
                ..setting("letter", K::Choice)
            },
        ]);
        given.address = Some("colour".to_owned());
        given.settings[0].required = false;
        given.hosts = [
            "example.com",
            "ftp://example.com",
            "https://",
            "https://*",
            "https://a.*.com",
            "https://example.com/path",
            "https://user@example.com",
            "https://example.com:99999",
            "https://ok.example.com",
            "https://ok.example.com",
        ]
        .map(str::to_owned)
        .to_vec();
        given.limits = wit::Limits {
            bucket: None,
            requests_at_once: Some(0),
            requests_per_minute: Some(0),
        };
    }));
    insta::assert_snapshot!(wrong(|given| {
        given.address = Some("nobody".to_owned());
        given.functions.clear();
    }));
    insta::assert_snapshot!(wrong(|given| given.address = None));
    insta::assert_snapshot!(wrong(|given| {
        given.address = Some("key".to_owned());
        given.settings[0].required = false;
    }));
}

#[test]
fn authorisation_refers_to_settings_that_fit() {
    insta::assert_snapshot!(wrong(|given| {
        given.authorisation = wit::Authorisation::Basic(wit::Basic {
            header: "Not a header".to_owned(),
            username: "nobody".to_owned(),
            password: "address".to_owned(),
        });
    }));
    insta::assert_snapshot!(wrong(|given| {
        given.authorisation = wit::Authorisation::Header(wit::Header {
            name: "Host".to_owned(),
            prefix: "a\nb".to_owned(),
            setting: "nobody".to_owned(),
        });
    }));
    insta::assert_snapshot!(wrong(|given| {
        given.authorisation = wit::Authorisation::Query(wit::Query {
            name: String::new(),
            setting: "address".to_owned(),
        });
    }));
    insta::assert_snapshot!(wrong(|given| {
        let fields = wit::LoginFields {
            username: "a".to_owned(),
            password: "a".to_owned(),
        };
        given.authorisation = wit::Authorisation::Login(wit::Login {
            path: "../auth".to_owned(),
            credentials: wit::LoginCredentials::Json(fields),
            username: "nobody".to_owned(),
            password: "key".to_owned(),
            token: "access_token".to_owned(),
            expires_in: Some(String::new()),
            header: "Authorization".to_owned(),
            prefix: "Bearer ".to_owned(),
        });
    }));
}

#[test]
fn parameters_make_a_tree_with_choices_and_defaults_that_fit() {
    insta::assert_snapshot!(wrong_parameters(vec![
        parameter("Order", K::Text),
        parameter("same", K::Text),
        parameter("same", K::Text),
        parameter("orphan.part", K::Text),
        parameter("flat", K::Text),
        parameter("flat.part", K::Text),
        parameter("empty", K::List),
        parameter("empty-record", K::Record),
        wit::Parameter {
            items: Some(K::Text),
            ..parameter("items-of-text", K::Text)
        },
        wit::Parameter {
            items: Some(K::Record),
            ..parameter("items-of-record", K::List)
        },
        wit::Parameter {
            items: Some(K::Text),
            ..parameter("singles", K::List)
        },
        parameter("singles.part", K::Text),
        parameter("a", K::Record),
        parameter("a.b", K::Record),
        parameter("a.b.c", K::Record),
        parameter("a.b.c.d", K::Record),
        parameter("a.b.c.d.e", K::Record),
        parameter("a.b.c.d.e.f", K::Record),
        parameter("a.b.c.d.e.f.g", K::Record),
        parameter("a.b.c.d.e.f.g.h", K::Record),
        parameter("a.b.c.d.e.f.g.h.i", K::Text),
        parameter("choice", K::Choice),
        wit::Parameter {
            choices: wit::ChoicesSource::Fixed(Vec::new()),
            ..parameter("none", K::Choice)
        },
        wit::Parameter {
            choices: wit::ChoicesSource::Fixed(vec![choice("a")]),
            ..parameter("text", K::Text)
        },
        wit::Parameter {
            choices: wit::ChoicesSource::Live,
            ..parameter("live-text", K::Text)
        },
        wit::Parameter {
            required: true,
            default: Some(Value::Integer(1)),
            ..parameter("required", K::Integer)
        },
        wit::Parameter {
            default: Some(Value::Text("1".to_owned())),
            ..parameter("kind", K::Integer)
        },
        wit::Parameter {
            choices: wit::ChoicesSource::Fixed(vec![choice("a")]),
            default: Some(Value::Text("b".to_owned())),
            ..parameter("letter", K::Choice)
        },
        wit::Parameter {
            items: Some(K::Integer),
            default: Some(Value::Json("[1,\"2\"]".to_owned())),
            ..parameter("numbers", K::List)
        },
    ]));
}

#[test]
fn fields_make_a_tree_with_choices_that_fit() {
    insta::assert_snapshot!(wrong_fields(vec![
        field("status", K::Text),
        field("status", K::Text),
        field("items.code", K::Text),
        field("choice", K::Choice),
        wit::Field {
            choices: vec![choice("a")],
            ..field("text", K::Text)
        },
        field("list", K::List),
    ]));
    insta::assert_snapshot!(wrong_fields(Vec::new()));
    insta::assert_snapshot!(wrong(|given| {
        given.functions[0].answer = wit::Answer::Value(wit::AnswerValue {
            kind: K::List,
            label: Vec::new(),
            help: Vec::new(),
            personal: false,
        });
    }));
}

#[test]
fn a_default_of_a_record_is_checked_part_by_part() {
    let mut given = good();
    given.functions[0].parameters = vec![
        wit::Parameter {
            default: Some(Value::Json(r#"{"city":"Brno"}"#.to_owned())),
            ..parameter("address", K::Record)
        },
        wit::Parameter {
            required: true,
            ..parameter("address.city", K::Text)
        },
    ];
    let manifest = check(given, SIZES).unwrap();
    let default = manifest.functions["load-order"].parameters[0]
        .default
        .as_ref()
        .unwrap();
    assert_eq!(default.to_plain_json().to_string(), r#"{"city":"Brno"}"#);
}
