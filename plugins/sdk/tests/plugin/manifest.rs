//! The manifest that attributes and doc comments make.

use krabice_plugin::Choice;
use krabice_plugin::contract::{self, ChoicesSource, Field, Kind, Parameter, Setting, Text, Value};
use krabice_plugin::mock::{check_manifest, not_in, outline};
use krabice_plugin::{
    Authorisation, Hmac, HmacAlgorithm, HmacEncoding, HmacTimestamp, Plugin, Secret, Settings, Url,
};

use crate::every_shape::{Echo, PLUGIN};

fn en(text: &str) -> Vec<Text> {
    vec![Text {
        language: "en".into(),
        text: text.into(),
    }]
}

fn parameters(function: &str) -> Vec<Parameter> {
    let manifest = PLUGIN.manifest();
    let found = manifest
        .functions
        .into_iter()
        .find(|it| it.name == function);
    found.unwrap().parameters
}

#[test]
fn the_manifest_keeps_the_contract_and_is_always_the_same() {
    assert_eq!(check_manifest(&PLUGIN.manifest()), Vec::<String>::new());
    assert_eq!(PLUGIN.manifest(), PLUGIN.manifest());
}

#[test]
fn settings_are_described_by_their_types() {
    let manifest = PLUGIN.manifest();
    assert_eq!(manifest.address.as_deref(), Some("address"));
    let outline: Vec<_> = manifest
        .settings
        .iter()
        .map(|it| {
            (
                it.name.as_str(),
                it.kind,
                it.secret,
                it.required,
                it.default.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        outline,
        [
            ("address", Kind::Url, false, true, None),
            ("user", Kind::Text, false, true, None),
            ("key", Kind::Text, true, true, None),
            ("store-id", Kind::Integer, false, false, Some("7")),
            ("note", Kind::Text, false, false, None),
            ("pace", Kind::Choice, false, false, Some("fast")),
        ],
    );
    let Setting { choices, .. } = &manifest.settings[5];
    assert_eq!(
        *choices,
        [
            Choice::new("slow", [("en", "Slow"), ("cs", "Pomalu")]),
            Choice::new("fast", [("en", "Fast"), ("cs", "Rychle")]),
        ],
    );
}

#[test]
fn parameters_are_described_by_their_types() {
    let parameters = parameters("echo");
    let outline: Vec<_> = parameters
        .iter()
        .map(|it| {
            (
                it.name.as_str(),
                it.kind,
                it.items,
                it.required,
                it.default.clone(),
            )
        })
        .collect();
    let default = |value: Value| Some(value);
    assert_eq!(
        outline,
        [
            ("order-number", Kind::Text, None, true, None),
            ("type", Kind::Choice, None, true, None),
            ("flag", Kind::Boolean, None, false, default(true.into())),
            ("count", Kind::Integer, None, false, default(3.into())),
            (
                "price",
                Kind::Decimal,
                None,
                false,
                default(Value::Decimal("1.50".into()))
            ),
            ("email", Kind::Email, None, false, None),
            ("phone", Kind::Phone, None, false, None),
            ("url", Kind::Url, None, false, None),
            ("moment", Kind::Timestamp, None, false, None),
            ("pace", Kind::Choice, None, false, default("slow".into())),
            ("tags", Kind::List, Some(Kind::Text), true, None),
            ("items", Kind::List, None, true, None),
            ("items.code", Kind::Text, None, true, None),
            (
                "items.weight",
                Kind::Decimal,
                None,
                false,
                default(Value::Decimal("1.0".into()))
            ),
            ("items.note", Kind::Text, None, false, None),
            ("parcel", Kind::Record, None, false, None),
            ("parcel.code", Kind::Text, None, true, None),
            (
                "parcel.weight",
                Kind::Decimal,
                None,
                false,
                default(Value::Decimal("1.0".into()))
            ),
            ("parcel.note", Kind::Text, None, false, None),
        ],
    );
    let texts = |pairs: [(&str, &str); 2]| {
        pairs
            .map(|(language, text)| Text {
                language: language.into(),
                text: text.into(),
            })
            .to_vec()
    };
    assert_eq!(
        parameters[0].label,
        texts([("en", "Order"), ("pt-br", "Pedido")])
    );
    assert_eq!(parameters[0].help, en("As printed."));
    let personal = parameters
        .iter()
        .filter(|it| it.personal)
        .map(|it| it.name.as_str());
    assert_eq!(personal.collect::<Vec<_>>(), ["email"]);
    assert_eq!(parameters[1].choices, ChoicesSource::Live);
    let ChoicesSource::Fixed(fixed) = &parameters[9].choices else {
        panic!("{parameters:?}")
    };
    assert_eq!(fixed.len(), 2);
}

#[test]
fn fields_are_described_by_their_types() {
    let contract::Answer::Fields(fields) = <Echo as krabice_plugin::Answer>::describe() else {
        panic!("no fields")
    };
    let outline: Vec<_> = fields
        .iter()
        .map(|it: &Field| (it.path.as_str(), it.kind, it.items, it.optional))
        .collect();
    assert_eq!(
        outline,
        [
            ("order", Kind::Text, None, false),
            ("flag", Kind::Boolean, None, false),
            ("count", Kind::Integer, None, false),
            ("price", Kind::Decimal, None, false),
            ("email", Kind::Email, None, true),
            ("moment", Kind::Timestamp, None, true),
            ("pace", Kind::Choice, None, false),
            ("tags", Kind::List, Some(Kind::Text), false),
            ("lines", Kind::List, None, false),
            ("lines.code", Kind::Text, None, false),
            ("lines.weight", Kind::Decimal, None, false),
            ("lines.note", Kind::Text, None, true),
            ("parcel", Kind::Record, None, true),
            ("parcel.code", Kind::Text, None, false),
            ("parcel.weight", Kind::Decimal, None, false),
            ("parcel.note", Kind::Text, None, true),
        ],
    );
    assert!(fields[4].personal);
    assert_eq!(fields[6].choices.len(), 2);
}

#[test]
fn a_doc_comment_is_label_and_help_in_english() {
    let contract::Answer::Fields(fields) = <Echo as krabice_plugin::Answer>::describe() else {
        panic!("no fields")
    };
    let weight = fields.iter().find(|it| it.path == "lines.weight").unwrap();
    assert_eq!(weight.label, en("Weight"));
    assert_eq!(weight.help, en("In kilograms, without the packaging."));
    let manifest = PLUGIN.manifest();
    assert_eq!(manifest.label, en("Every shape"));
    let write = &manifest.functions[2];
    assert_eq!((&write.label, &write.help), (&en("Write"), &vec![]));
}

#[test]
fn a_text_of_the_code_is_english_without_files_of_languages() {
    let count = 3;
    let text = krabice_plugin::localised!("cs-cz", "probe.count", "orders: {count}");
    assert_eq!(text, "orders: 3");
    assert_eq!(krabice_plugin::texts!("a.b", "Text"), [("en", "Text")]);
}

#[test]
fn a_session_gets_its_language_else_the_same_without_the_region_else_english() {
    let nearest =
        |language| krabice_plugin::private::nearest(language, &["en", "cs", "pt", "pt-br"]);
    for (language, expected) in [
        ("cs", "cs"),
        ("cs-cz", "cs"),
        ("csb", "en"),
        ("pt-br", "pt-br"),
        ("pt-pt", "pt"),
        ("de", "en"),
        ("", "en"),
    ] {
        assert_eq!(nearest(language), expected, "{language}");
    }
}

#[test]
fn functions_carry_their_effect_and_their_answer() {
    let manifest = PLUGIN.manifest();
    let outline: Vec<_> = manifest
        .functions
        .iter()
        .map(|it| (it.name.as_str(), it.effect))
        .collect();
    assert_eq!(
        outline,
        [
            ("echo", contract::Effect::Reads),
            ("now", contract::Effect::Reads),
            ("write", contract::Effect::WritesIdempotently),
            ("forget-a-segment", contract::Effect::Writes),
            ("settings", contract::Effect::Reads),
            ("receive", contract::Effect::Reads),
            ("add-note", contract::Effect::Writes),
            ("list-changes", contract::Effect::Reads),
            ("load", contract::Effect::Reads),
        ],
    );
    assert_eq!(
        manifest.functions[1].answer,
        contract::Answer::Value(contract::AnswerValue {
            kind: Kind::Timestamp,
            label: en("Moment"),
            help: en("Now."),
            personal: false,
        }),
    );
    assert_eq!(manifest.functions[2].answer, contract::Answer::Nothing);
}

#[test]
fn marks_carry_the_names_of_the_contract() {
    let manifest = PLUGIN.manifest();
    let function = |name: &str| {
        let mut functions = manifest.functions.iter();
        functions.find(|it| it.name == name).unwrap()
    };
    let receive = function("receive");
    assert_eq!(receive.purposes, [contract::Purpose::VerifiesIdentity]);
    assert_eq!(
        receive.subject,
        Some(contract::Subject {
            kind: contract::SubjectKind::Order,
            parameter: "order-number".into(),
            field: Some("order-id".into()),
        }),
    );
    assert_eq!((&receive.listing, receive.exclusive), (&None, false));
    let note = function("add-note");
    assert_eq!(note.purposes, [contract::Purpose::AppendNote]);
    assert_eq!(note.subject.as_ref().unwrap().field, None);
    assert!(note.exclusive);
    assert_eq!(
        function("list-changes").listing,
        Some(contract::Listing {
            items: "orders".into(),
            kind: contract::SubjectKind::Order,
            key: "order-id".into(),
            subject: "number".into(),
        }),
    );
    let echo = function("echo");
    assert_eq!(
        (&echo.purposes, &echo.subject, echo.exclusive),
        (&vec![], &None, false)
    );
    assert_eq!(
        manifest.feeds,
        [contract::Feed {
            name: "orders".into(),
            label: en("Orders"),
            help: en("New ones, and changes of a status."),
            function: "list-changes".into(),
            since: Some("since".into()),
            cursor: vec![contract::Cursor {
                field: "next".into(),
                parameter: "since".into(),
                overlap: 60,
            }],
            more: Some("more".into()),
            changes: vec!["status".into()],
            reread: Some("load".into()),
            every: 300,
        }],
    );
}

#[test]
fn the_outline_shows_marks_and_feeds() {
    let outline = outline(&PLUGIN.manifest());
    for lines in [
        "receive Effect::Reads\n  for Purpose::VerifiesIdentity\n  about the order of order-number, answered as order-id\n  in  order-number",
        "add-note Effect::Writes exclusive\n  for Purpose::AppendNote\n  about the order of order\n  in  order",
        "list-changes Effect::Reads\n  lists each order in orders, key order-id, taken by number\n  in  since",
        "feed orders of list-changes every 300 s\n  since since\n  cursor next as since, overlap 60 s\n  \
         more by more\n  changes status\n  reread by load\n",
    ] {
        assert!(outline.contains(lines), "{lines}\n---\n{outline}");
    }
    let missing = not_in(&["cs"], &PLUGIN.manifest());
    assert!(
        missing.contains(&"orders: [\"en\"]".to_owned()),
        "{missing:?}"
    );
}

#[derive(Settings)]
struct Hook {
    /// Address
    #[setting(address)]
    address: Url,
    /// Key
    key: Secret,
}

#[test]
fn a_signature_and_a_secret_path_are_authorisations() {
    let manifest = |authorisation| {
        let plugin: Plugin<Hook> = Plugin::new("hook", "1.0.0", &[("en", "Hook")]);
        plugin.authorisation(authorisation).manifest().authorisation
    };
    let signed = manifest(Authorisation::Hmac(Hmac {
        header: "X-Signature",
        prefix: "sha512=",
        algorithm: HmacAlgorithm::Sha512,
        encoding: HmacEncoding::Base64,
        setting: "key",
        timestamp: Some(HmacTimestamp {
            header: "X-Timestamp",
            separator: ".",
        }),
    }));
    assert_eq!(
        signed,
        contract::Authorisation::Hmac(contract::Hmac {
            header: "X-Signature".into(),
            prefix: "sha512=".into(),
            algorithm: HmacAlgorithm::Sha512,
            encoding: HmacEncoding::Base64,
            setting: "key".into(),
            timestamp: Some(contract::HmacTimestamp {
                header: "X-Timestamp".into(),
                separator: ".".into(),
            }),
        }),
    );
    assert_eq!(
        manifest(Authorisation::SecretPath {
            prefix: "bot",
            setting: "key",
        }),
        contract::Authorisation::SecretPath(contract::SecretPath {
            prefix: "bot".into(),
            setting: "key".into(),
        }),
    );
}
