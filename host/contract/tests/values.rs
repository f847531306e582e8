//! Values and shapes: parsing by kind, reading JSON, and the shapes of flat paths.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use krabice_contract::manifest::Field;
use krabice_contract::shape;
use krabice_contract::{Kind, Outcome, Shape, Value};
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
    Shape::record(shape::of_fields(&[
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
    ]))
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
fn flat_paths_make_a_nested_shape() {
    insta::assert_debug_snapshot!(order());
    let order = order();
    let items = order.field("items").unwrap();
    assert!(items.optional && items.shape.kind == Kind::List);
    assert!(order.field("nothing").is_none());
}

#[test]
fn plain_json_is_read_as_values() {
    let json = r#"{ "topay": "1230.50", "paid": true, "codes": [1, 2.50, -0], "long": 12345678901234567890,
        "items": [{ "name": "Hrnek", "price": 99.90, "maker": { "country": "CZ" } }, { "name": "Čaj", "price": null }],
        "anything": { "at": ["all", 1, 1.10] } }"#;
    insta::assert_debug_snapshot!(Value::read_json(json).unwrap());
}

#[test]
fn json_that_is_not_a_value_is_refused() {
    let refused = |json: &str| Value::read_json(json).unwrap_err().to_string();
    for (json, problem) in [
        (
            r#"{"topay": 5,"#,
            "`value`: is not valid JSON (line 1, column 12)",
        ),
        ("", "`value`: is not valid JSON (line 1, column 0)"),
        (
            "null",
            "`value`: is null; a value that is absent is left out",
        ),
        (
            "[1, null]",
            "`value[1]`: is null; a value that is absent is left out",
        ),
        (
            r#"{"a": [{"b": 1e5}]}"#,
            "`value.a[0].b`: is not a decimal: expected digits such as `1230.50`, without exponent and grouping",
        ),
        (
            "12345678901234567890123456789",
            "`value`: has more than 28 significant digits",
        ),
        (r#"{"a": 1, "a": 2}"#, "`value.a`: is given twice"),
    ] {
        assert_eq!(refused(json), problem, "{json}");
    }
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Value::read_json(&deep(16)).is_ok());
    assert_eq!(
        refused(&deep(17)),
        format!("`value{}`: is nested more than 16 deep", "[0]".repeat(16))
    );
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
    }
}
