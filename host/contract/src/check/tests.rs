use super::*;
use crate::kind::Kind as K;
use crate::manifest::{
    Cursor, Effect, Hmac, HmacAlgorithm, HmacEncoding, HmacTimestamp, Limits, Listing, Login,
    LoginCredentials, Purpose, Subject, SubjectKind,
};
use crate::raw::Value;

const SIZES: Sizes = Sizes {
    text: 1000,
    json: 1000,
    file: 1024,
};

fn texts(text: &str) -> Vec<raw::Text> {
    vec![("en".to_owned(), text.to_owned())]
}

fn setting(name: &str, kind: K) -> raw::Setting {
    raw::Setting {
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

fn choice(value: &str) -> raw::Choice {
    raw::Choice {
        value: value.to_owned(),
        label: texts(value),
    }
}

fn parameter(name: &str, kind: K) -> raw::Parameter {
    raw::Parameter {
        name: name.to_owned(),
        kind,
        items: None,
        label: texts(name),
        help: Vec::new(),
        required: false,
        default: None,
        choices: raw::ChoicesSource::None,
        personal: false,
    }
}

fn field(path: &str, kind: K) -> raw::Field {
    raw::Field {
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

fn function(name: &str) -> raw::Function {
    raw::Function {
        name: name.to_owned(),
        label: texts(name),
        help: Vec::new(),
        parameters: Vec::new(),
        answer: raw::Answer::Nothing,
        effect: Effect::Reads,
        purposes: Vec::new(),
        subject: None,
        listing: None,
        exclusive: false,
    }
}

/// A manifest with nothing wrong.
fn good() -> raw::Manifest {
    raw::Manifest {
        name: "shop".to_owned(),
        version: "1.2.3".to_owned(),
        label: texts("Shop"),
        help: Vec::new(),
        settings: vec![
            setting("address", K::Url),
            raw::Setting {
                secret: true,
                ..setting("key", K::Text)
            },
        ],
        address: Some("address".to_owned()),
        authorisation: model::Authorisation::Header {
            name: "X-Key".to_owned(),
            prefix: String::new(),
            setting: "key".to_owned(),
        },
        hosts: vec![
            "https://files.example.com".to_owned(),
            "http://*.cdn.example.com:8080".to_owned(),
        ],
        limits: Limits {
            bucket: None,
            requests_at_once: Some(3),
            requests_per_minute: None,
        },
        feeds: Vec::new(),
        functions: vec![raw::Function {
            parameters: vec![
                parameter("order", K::Text),
                parameter("items", K::List),
                parameter("items.code", K::Text),
            ],
            answer: raw::Answer::Fields(vec![
                field("items", K::List),
                field("items.tags", K::List),
                field("items.tags.name", K::Text),
            ]),
            ..function("load-order")
        }],
    }
}

/// The problems of a changed manifest, one on each line.
fn wrong(change: impl FnOnce(&mut raw::Manifest)) -> String {
    let mut given = good();
    change(&mut given);
    let problems = check_manifest(given, SIZES).expect_err("the manifest has problems");
    problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect()
}

/// The problems of parameters.
fn wrong_parameters(parameters: Vec<raw::Parameter>) -> String {
    wrong(|given| given.functions[0].parameters = parameters)
}

/// The problems of fields.
fn wrong_fields(fields: Vec<raw::Field>) -> String {
    wrong(|given| given.functions[0].answer = raw::Answer::Fields(fields))
}

#[test]
fn a_good_manifest_has_no_problems() {
    let manifest = check_manifest(good(), SIZES).unwrap();
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
            ("CS".to_owned(), "a".to_owned()),
            ("en".to_owned(), " ".to_owned()),
            ("en".to_owned(), "x".repeat(1001)),
            ("english".to_owned(), "a\0b".to_owned()),
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
            raw::Setting {
                choices: vec![choice("a"), choice("a"), choice("")],
                ..setting("size", K::Choice)
            },
            raw::Setting {
                choices: vec![choice("a")],
                ..setting("text", K::Text)
            },
            raw::Setting {
                secret: true,
                default: Some("geheim".to_owned()),
                ..setting("unused", K::Text)
            },
            raw::Setting {
                default: Some("yes".to_owned()),
                ..setting("on", K::Boolean)
            },
            raw::Setting {
                default: Some("1.5".to_owned()),
                ..setting("count", K::Integer)
            },
            raw::Setting {
                default: Some("1,5".to_owned()),
                ..setting("price", K::Decimal)
            },
            raw::Setting {
                default: Some("nowhere".to_owned()),
                ..setting("link", K::Url)
            },
            raw::Setting {
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
        given.limits = Limits {
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
        given.authorisation = model::Authorisation::Basic {
            header: "Not a header".to_owned(),
            username: "nobody".to_owned(),
            password: "address".to_owned(),
        };
    }));
    insta::assert_snapshot!(wrong(|given| {
        given.authorisation = model::Authorisation::Header {
            name: "Host".to_owned(),
            prefix: "a\nb".to_owned(),
            setting: "nobody".to_owned(),
        };
    }));
    insta::assert_snapshot!(wrong(|given| {
        given.authorisation = model::Authorisation::Query {
            name: String::new(),
            setting: "address".to_owned(),
        };
    }));
    insta::assert_snapshot!(wrong(|given| {
        given.authorisation = model::Authorisation::Login(Login {
            path: "../auth".to_owned(),
            credentials: LoginCredentials::Json {
                username: "a".to_owned(),
                password: "a".to_owned(),
            },
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
        raw::Parameter {
            items: Some(K::Text),
            ..parameter("items-of-text", K::Text)
        },
        raw::Parameter {
            items: Some(K::Record),
            ..parameter("items-of-record", K::List)
        },
        raw::Parameter {
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
        raw::Parameter {
            choices: raw::ChoicesSource::Fixed(Vec::new()),
            ..parameter("none", K::Choice)
        },
        raw::Parameter {
            choices: raw::ChoicesSource::Fixed(vec![choice("a")]),
            ..parameter("text", K::Text)
        },
        raw::Parameter {
            choices: raw::ChoicesSource::Live,
            ..parameter("live-text", K::Text)
        },
        raw::Parameter {
            required: true,
            default: Some(Value::Integer(1)),
            ..parameter("required", K::Integer)
        },
        raw::Parameter {
            default: Some(Value::Text("1".to_owned())),
            ..parameter("kind", K::Integer)
        },
        raw::Parameter {
            choices: raw::ChoicesSource::Fixed(vec![choice("a")]),
            default: Some(Value::Text("b".to_owned())),
            ..parameter("letter", K::Choice)
        },
        raw::Parameter {
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
        raw::Field {
            choices: vec![choice("a")],
            ..field("text", K::Text)
        },
        field("list", K::List),
    ]));
    insta::assert_snapshot!(wrong_fields(Vec::new()));
    insta::assert_snapshot!(wrong(|given| {
        given.functions[0].answer = raw::Answer::Value(raw::AnswerValue {
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
        raw::Parameter {
            default: Some(Value::Json(r#"{"city":"Brno"}"#.to_owned())),
            ..parameter("address", K::Record)
        },
        raw::Parameter {
            required: true,
            ..parameter("address.city", K::Text)
        },
    ];
    let manifest = check_manifest(given, SIZES).unwrap();
    let default = manifest.functions["load-order"].parameters[0]
        .default
        .as_ref()
        .unwrap();
    assert_eq!(default.to_plain_json().to_string(), r#"{"city":"Brno"}"#);
}

/// A function that has all that is new in version 0.2, with nothing wrong.
fn listing_function(name: &str) -> raw::Function {
    raw::Function {
        parameters: vec![
            parameter("since", K::Timestamp),
            parameter("cursor", K::Text),
        ],
        answer: raw::Answer::Fields(vec![
            field("orders", K::List),
            field("orders.id", K::Integer),
            field("orders.number", K::Text),
            field("orders.state", K::Text),
            field("more", K::Boolean),
            field("cursor", K::Text),
            field("next", K::Timestamp),
        ]),
        listing: Some(Listing {
            items: "orders".to_owned(),
            kind: SubjectKind::Order,
            key: "id".to_owned(),
            subject: "number".to_owned(),
        }),
        ..function(name)
    }
}

fn subject(parameter: &str, field: Option<&str>) -> Option<Subject> {
    Some(Subject {
        kind: SubjectKind::Order,
        parameter: parameter.to_owned(),
        field: field.map(str::to_owned),
    })
}

fn required(parameter: raw::Parameter) -> raw::Parameter {
    raw::Parameter {
        required: true,
        ..parameter
    }
}

fn feed() -> raw::Feed {
    raw::Feed {
        name: "orders".to_owned(),
        label: texts("Orders"),
        help: Vec::new(),
        function: "list-orders".to_owned(),
        since: Some("since".to_owned()),
        cursor: vec![
            Cursor {
                field: "cursor".to_owned(),
                parameter: "cursor".to_owned(),
                overlap: 0,
            },
            Cursor {
                field: "next".to_owned(),
                parameter: "since".to_owned(),
                overlap: 60,
            },
        ],
        more: Some("more".to_owned()),
        changes: vec!["state".to_owned()],
        reread: Some("load-one".to_owned()),
        every: 420,
    }
}

/// A function that reads one order again.
fn reread() -> raw::Function {
    raw::Function {
        parameters: vec![required(parameter("order", K::Text))],
        answer: raw::Answer::Fields(vec![field("number", K::Text), field("state", K::Text)]),
        subject: subject("order", Some("number")),
        ..function("load-one")
    }
}

/// A manifest whose functions serve every purpose.
fn purposeful() -> raw::Manifest {
    let order = || required(parameter("order", K::Text));
    let email = || raw::Parameter {
        personal: true,
        ..required(parameter("email", K::Email))
    };
    let status = || raw::Parameter {
        choices: raw::ChoicesSource::Live,
        ..required(parameter("status", K::Choice))
    };
    let file = || {
        raw::Answer::Value(raw::AnswerValue {
            kind: K::File,
            label: texts("File"),
            help: Vec::new(),
            personal: false,
        })
    };
    let about = |name: &str, purpose, parameters| raw::Function {
        parameters,
        purposes: vec![purpose],
        subject: subject("order", None),
        ..function(name)
    };
    let mut manifest = good();
    manifest.functions = vec![
        listing_function("list-orders"),
        reread(),
        about("verify", Purpose::VerifiesIdentity, vec![order(), email()]),
        raw::Function {
            parameters: vec![email()],
            purposes: vec![Purpose::CustomerOrdersByEmail],
            ..listing_function("orders-by-email")
        },
        raw::Function {
            parameters: vec![required(parameter("phone", K::Phone))],
            purposes: vec![Purpose::CustomerOrdersByPhone],
            ..listing_function("orders-by-phone")
        },
        raw::Function {
            effect: Effect::Writes,
            exclusive: true,
            ..about(
                "change-status",
                Purpose::ChangeStatus,
                vec![order(), status()],
            )
        },
        raw::Function {
            effect: Effect::Writes,
            exclusive: true,
            ..about(
                "append-note",
                Purpose::AppendNote,
                vec![order(), required(parameter("text", K::Text))],
            )
        },
        raw::Function {
            answer: file(),
            ..about("label", Purpose::OrderLabel, vec![order()])
        },
        raw::Function {
            answer: file(),
            ..about("return-label", Purpose::ReturnLabel, vec![order()])
        },
        raw::Function {
            answer: file(),
            ..about("invoice", Purpose::OrderInvoice, vec![order()])
        },
    ];
    manifest.feeds = vec![feed()];
    manifest
}

#[test]
fn a_manifest_that_serves_every_purpose_has_no_problems() {
    let manifest = check_manifest(purposeful(), SIZES).unwrap();
    assert!(manifest.functions["verify"].serves(Purpose::VerifiesIdentity));
    assert_eq!(manifest.feeds["orders"].cursor.len(), 2);
    let text = serde_json::to_string(&manifest).unwrap();
    assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
}

#[test]
fn a_purpose_asks_for_a_form_of_the_function() {
    let everything = [
        Purpose::VerifiesIdentity,
        Purpose::CustomerOrdersByEmail,
        Purpose::CustomerOrdersByPhone,
        Purpose::ChangeStatus,
        Purpose::OrderLabel,
        Purpose::ReturnLabel,
        Purpose::AppendNote,
        Purpose::OrderInvoice,
        Purpose::OrderInvoice,
    ];
    insta::assert_snapshot!(wrong(|given| {
        // It reads, requires a parameter that no purpose knows, and has no subject.
        given.functions[0].parameters = vec![required(parameter("other", K::Integer))];
        given.functions[0].purposes = everything.to_vec();
        given.functions[0].answer = raw::Answer::Nothing;
        given.functions[0].exclusive = true;
        given.functions.push(raw::Function {
            purposes: everything.to_vec(),
            effect: Effect::Writes,
            ..function("writes")
        });
    }));
}

#[test]
fn a_subject_and_a_listing_name_what_is_there() {
    insta::assert_snapshot!(wrong(|given| {
        let listing = |items: &str, key: &str, subject: &str| {
            Some(Listing {
                items: items.to_owned(),
                kind: SubjectKind::Order,
                key: key.to_owned(),
                subject: subject.to_owned(),
            })
        };
        let with = |name: &str, subject, listing| raw::Function {
            subject,
            listing,
            ..listing_function(name)
        };
        given.functions = vec![
            with(
                "a",
                subject("nothing", Some("nothing")),
                listing("nothing", "id", "id"),
            ),
            with(
                "b",
                subject("since", Some("orders.id")),
                listing("more", "id", "id"),
            ),
            with(
                "c",
                subject("cursor", Some("orders")),
                listing("orders", "x", "state-id"),
            ),
            with(
                "d",
                subject("cursor", Some("more")),
                listing("orders.id", "id", "id"),
            ),
        ];
    }));
}

#[test]
fn a_feed_fits_the_function_that_it_calls() {
    let feeds = |change: &dyn Fn(&mut raw::Feed)| {
        wrong(|given| {
            *given = purposeful();
            change(&mut given.feeds[0]);
        })
    };
    insta::assert_snapshot!(
        [
            feeds(&|feed| {
                feed.name = "Orders".to_owned();
                feed.label.clear();
                feed.function = "nothing".to_owned();
                feed.every = 59;
            }),
            feeds(&|feed| feed.function = "change-status".to_owned()),
            feeds(&|feed| {
                feed.since = Some("cursor".to_owned());
                feed.more = Some("cursor".to_owned());
                feed.changes = Vec::new();
                feed.reread = Some("nothing".to_owned());
            }),
            feeds(&|feed| {
                feed.cursor[0].overlap = 5;
                feed.cursor[1].parameter = "cursor".to_owned();
                feed.changes = vec!["number".to_owned(), "colour".to_owned(), "id".to_owned()];
            }),
            feeds(&|feed| {
                feed.cursor[0].field = "orders.id".to_owned();
                feed.cursor[1].parameter = "nothing".to_owned();
                feed.reread = Some("append-note".to_owned());
            }),
            wrong(|given| {
                *given = purposeful();
                given.feeds.push(feed());
                given.feeds[1].reread = Some("list-orders".to_owned());
            }),
            feeds(&|feed| {
                let twice = feed.cursor[0].clone();
                feed.cursor.push(twice);
                feed.changes.push("state".to_owned());
            }),
            feeds(&|feed| {
                feed.cursor.clear();
            }),
            wrong(|given| {
                *given = purposeful();
                let reread = &mut given.functions[1];
                reread.parameters[0].kind = K::Integer;
                reread.subject.as_mut().unwrap().kind = SubjectKind::Claim;
            }),
        ]
        .join("\n")
    );
}

#[test]
fn a_signature_and_a_secret_path_refer_to_settings_that_fit() {
    let hmac = |header: &str, timestamp: &str, setting: &str| {
        model::Authorisation::Hmac(Hmac {
            header: header.to_owned(),
            prefix: "sha256=".to_owned(),
            algorithm: HmacAlgorithm::Sha256,
            encoding: HmacEncoding::Hex,
            setting: setting.to_owned(),
            timestamp: Some(HmacTimestamp {
                header: timestamp.to_owned(),
                separator: ".".to_owned(),
            }),
        })
    };
    let mut given = good();
    given.authorisation = hmac("X-Signature", "X-Timestamp", "key");
    assert_eq!(check_manifest(given, SIZES).map(drop), Ok(()));
    insta::assert_snapshot!(
        [
            wrong(|given| given.authorisation = hmac("Host", "a b", "nobody")),
            wrong(|given| given.authorisation = hmac("X-Sign", "x-sign", "address")),
            wrong(|given| {
                given.authorisation = model::Authorisation::SecretPath {
                    prefix: "../bot".to_owned(),
                    setting: "address".to_owned(),
                };
            }),
        ]
        .join("\n")
    );
}

/// What a hostile plugin sends costs little and says little.
#[test]
fn a_huge_manifest_is_refused_in_few_words() {
    let started = std::time::Instant::now();
    let problems = wrong(|given| {
        let huge = "x".repeat(2_000_000);
        given.functions[0].subject = subject(&huge, Some(&huge));
        given.functions.push(raw::Function {
            parameters: (0..50_000)
                .map(|number| parameter(&format!("p{number}"), K::Record))
                .collect(),
            ..function("many")
        });
        given.feeds = (0..50_000).map(|_| feed()).collect();
    });
    assert!(problems.len() < 100 * 1_000, "{}", problems.len());
    assert!(problems.contains("has 50000 entries, more than 1000"));
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
}
