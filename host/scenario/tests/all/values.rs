//! Values and shapes: reading by kind, reading JSON by a manifest's flat paths.

use krabice_scenario::manifest::Field;
use krabice_scenario::shape::Shape;
use krabice_scenario::{Kind, Outcome, Value};
use proptest::prelude::*;

fn field(path: &str, kind: Kind, optional: bool) -> Field {
    Field {
        path: path.to_owned(),
        kind,
        items: None,
        optional,
        personal: path.ends_with("name"),
        choices: Vec::new(),
        label: Default::default(),
        help: Default::default(),
    }
}

fn order() -> Shape {
    let mut codes = field("codes", Kind::List, true);
    codes.items = Some(Kind::Integer);
    Shape::of_fields(&[
        field("topay", Kind::Decimal, false),
        field("paid", Kind::Boolean, false),
        field("created", Kind::Timestamp, true),
        field("items", Kind::List, true),
        field("items.name", Kind::Text, false),
        field("items.price", Kind::Decimal, true),
        field("items.maker", Kind::Record, true),
        field("items.maker.country", Kind::Choice, false),
        codes,
        field("anything", Kind::Record, true),
    ])
}

#[test]
fn a_value_is_read_by_its_kind_or_refused() {
    let read = |kind, text: &str| Value::parse(kind, text).map_err(|error| error.to_string());
    insta::assert_debug_snapshot!([
        read(Kind::Boolean, "true"),
        read(Kind::Boolean, "yes"),
        read(Kind::Integer, "-12"),
        read(Kind::Integer, "12.0"),
        read(Kind::Decimal, "1230.50"),
        read(Kind::Decimal, "1,5"),
        read(Kind::Decimal, "1e5"),
        read(Kind::Decimal, "+1"),
        read(Kind::Decimal, ".5"),
        read(Kind::Decimal, "0.1234567890123456789012345678"),
        read(Kind::Decimal, "12345678901234567890123456789"),
        read(Kind::Email, "jana@example.com"),
        read(Kind::Timestamp, "2026-03-14T09:26:53+01:00"),
        read(Kind::Timestamp, "2026-03-14"),
        read(Kind::List, "[1, 2.50, \"x\", true]"),
        read(Kind::List, "{}"),
        read(Kind::Record, "{\"a\": null, \"b\": [[]]}"),
        read(Kind::Record, "{"),
    ]);
}

#[test]
fn json_is_read_by_the_shape_that_flat_paths_make() {
    let json = r#"{ "topay": "1230.50", "paid": true, "created": "2026-03-14T09:26:53+01:00", "codes": [1, 2],
        "items": [{ "name": "Hrnek", "price": 99.90, "maker": { "country": "CZ" } }, { "name": "Čaj", "price": null }],
        "anything": { "at": ["all", 1, 1.10] } }"#;
    insta::assert_debug_snapshot!(order().read(json).unwrap());
}

#[test]
fn json_that_differs_from_its_shape_is_refused_with_the_place() {
    let refused = |json: &str| order().read(json).unwrap_err().to_string();
    insta::assert_debug_snapshot!([
        refused("{}"),
        refused(r#"{"topay": 5, "paid": "true"}"#),
        refused(r#"{"topay": true, "paid": true}"#),
        refused(r#"{"topay": 5, "paid": null}"#),
        refused(r#"{"topay": 5, "paid": true, "vat": 5}"#),
        refused(r#"{"topay": 5, "paid": true, "created": "yesterday"}"#),
        refused(r#"{"topay": 5, "paid": true, "items": [{"name": "a"}, {"name": 5}]}"#),
        refused(r#"{"topay": 5, "paid": true, "items": [{"name": "a", "maker": {}}]}"#),
        refused(r#"{"topay": 5, "paid": true, "items": {"name": "a"}}"#),
        refused(r#"{"topay": 5, "paid": true, "codes": [1, 2.5]}"#),
        refused(r#"[]"#),
        refused(r#"{"topay": 5,"#),
    ]);
    let deep = format!(
        "{{\"topay\": 5, \"paid\": true, \"anything\": {{\"a\": {}{}}}}}",
        "[".repeat(50),
        "]".repeat(50)
    );
    assert!(refused(&deep).contains("too deep"));
}

#[test]
fn a_shape_knows_its_parts() {
    let order = order();
    let name = order.field("items").unwrap();
    assert!(name.optional && name.shape.kind == Kind::List);
    assert!(order.field("nothing").is_none());
}

#[test]
fn an_outcome_becomes_the_variable_of_its_box() {
    assert_eq!(Outcome::False.into_value(), Value::Boolean(false));
    assert_eq!(Outcome::True.into_value(), Value::Boolean(true));
    assert_eq!(
        Outcome::TrueWithValue("a".into()).into_value(),
        Value::from("a")
    );
    assert!(matches!(
        Outcome::TrueWithFields(Default::default()).into_value(),
        Value::Record(_)
    ));
    assert!(!Outcome::False.is_true() && Outcome::True.is_true());
}

fn value() -> impl Strategy<Value = Value> {
    let single = prop_oneof![
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        (any::<i64>(), 0u32..20)
            .prop_map(|(digits, scale)| Value::Decimal(rust_decimal::Decimal::new(digits, scale))),
        "\\PC{0,10}".prop_map(Value::Text),
        (-10_000_000_000i64..10_000_000_000)
            .prop_map(|s| Value::Timestamp(jiff::Timestamp::from_second(s).unwrap())),
    ];
    single.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[a-z]{1,4}", inner), 0..4)
                .prop_map(|fields| Value::Record(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stored_value_comes_back_as_it_was(value in value()) {
        let stored = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), value);
    }

    #[test]
    fn no_json_panics(json in "[\\[\\]{}\",:0-9a-z. -]{0,40}") {
        let _ = Value::read_json(&json);
        let _ = order().read(&json);
    }
}
