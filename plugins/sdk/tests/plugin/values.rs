//! Values on their way in and out.

use krabice_plugin::contract::{self, Value};
use krabice_plugin::mock::{Mock, get};
use krabice_plugin::{Choice, Failure, File};
use serde_json::json;

use crate::every_shape::PLUGIN;

#[test]
fn values_go_in_and_out_without_losing_a_digit() {
    let shop = Mock::of(&PLUGIN);
    let outcome = shop.run(
        "echo",
        [
            ("order-number", Value::from("Ž/1")),
            ("type", "a".into()),
            ("count", i64::MIN.into()),
            ("price", Value::Decimal("1230.50".into())),
            ("email", "petra@example.cz".into()),
            (
                "moment",
                Value::Timestamp("2026-03-14T09:26:53.5+01:00".into()),
            ),
            ("pace", "fast".into()),
            ("tags", Value::Json(r#"["a","b"]"#.into())),
            (
                "items",
                Value::Json(r#"[{"code":"A","weight":"0.10"},{"code":"B","note":"x"}]"#.into()),
            ),
            ("parcel", Value::Json(r#"{"code":"P"}"#.into())),
        ],
    );
    assert_eq!(
        outcome,
        Ok(json!({
            "order": "Ž/1",
            "flag": true,
            "count": i64::MIN,
            "price": "1230.50",
            "email": "petra@example.cz",
            "moment": "2026-03-14T09:26:53.5+01:00",
            "pace": "fast",
            "tags": ["a", "b"],
            "lines": [{ "code": "A", "weight": "0.10" }, { "code": "B", "weight": "1.0", "note": "x" }],
            "parcel": { "code": "P", "weight": "1.0" },
        })),
    );
}

#[test]
fn a_file_goes_in_and_out() {
    let shop = Mock::of(&PLUGIN);
    let asked = |photo: Option<Value>| {
        let asked = [
            ("order-number", Value::from("7")),
            ("email", "jana@example.com".into()),
        ];
        shop.run(
            "receive",
            asked.into_iter().chain(photo.map(|photo| ("photo", photo))),
        )
    };
    let photo = File::new("photo.jpg", "image/jpeg", vec![0xff, 0xd8, 0x00]);
    assert_eq!(
        asked(Some(photo.into())),
        Ok(json!({
            "order-id": "7", "status": "new",
            "photo": { "name": "photo.jpg", "media-type": "image/jpeg", "size": 3 },
        })),
    );
    assert_eq!(asked(None), Ok(json!({ "order-id": "7", "status": "new" })));
}

#[test]
fn absent_parameters_get_their_defaults_and_absent_fields_are_left_out() {
    let shop = Mock::of(&PLUGIN);
    let empty = Value::Json("[]".into());
    let asked = [
        ("order-number", "1".into()),
        ("type", "a".into()),
        ("tags", empty.clone()),
        ("items", empty),
    ];
    assert_eq!(
        shop.run("echo", asked),
        Ok(json!({
            "order": "1", "flag": true, "count": 3, "price": "1.50", "pace": "slow",
            "tags": [], "lines": [],
        })),
    );
}

#[test]
fn a_value_that_a_host_would_refuse_is_refused_by_its_name() {
    let call = |parameters: &[(&str, Value)]| contract::Call {
        function: "echo".into(),
        parameters: parameters
            .iter()
            .map(|(name, value)| contract::NamedValue {
                name: (*name).into(),
                value: value.clone(),
            })
            .collect(),
        key: "k".into(),
        context: contract::Context {
            settings: vec![
                contract::NamedValue {
                    name: "address".into(),
                    value: "https://example.com".into(),
                },
                contract::NamedValue {
                    name: "user".into(),
                    value: "somebody".into(),
                },
                contract::NamedValue {
                    name: "store-id".into(),
                    value: 7.into(),
                },
                contract::NamedValue {
                    name: "pace".into(),
                    value: "fast".into(),
                },
            ],
            language: "en".into(),
            time_zone: "Europe/Prague".into(),
            now: "2026-03-14T12:00:00+01:00".into(),
        },
    };
    struct Closed;
    impl krabice_plugin::transport::Transport for Closed {
        fn send(
            &self,
            _: krabice_plugin::transport::Outgoing,
        ) -> Result<krabice_plugin::transport::Incoming, Failure> {
            panic!("no request was expected")
        }
    }
    let run = |parameters: &[(&str, Value)]| {
        PLUGIN
            .run(call(parameters), std::rc::Rc::new(Closed))
            .unwrap_err()
    };
    assert_eq!(
        run(&[]),
        Failure::invalid_parameter("order-number", "is missing")
    );
    let order = ("order-number", Value::from("1"));
    let kind = ("type", Value::from("a"));
    assert_eq!(
        run(&[order.clone(), kind.clone(), ("flag", "yes".into())]),
        Failure::invalid_parameter("flag", "is not a boolean"),
    );
    assert_eq!(
        run(&[order.clone(), kind.clone(), ("pace", "faster".into())]),
        Failure::invalid_parameter("pace", "is not one of its choices"),
    );
    let items = Value::Json(r#"[{ "weight": "1" }]"#.into());
    assert_eq!(
        run(&[
            order,
            kind,
            ("tags", Value::Json("[]".into())),
            ("items", items)
        ]),
        Failure::invalid_parameter("items.code", "is missing"),
    );
    let mut other = call(&[]);
    other.function = "unknown".into();
    assert_eq!(
        PLUGIN.run(other, std::rc::Rc::new(Closed)),
        Err(Failure::invalid_parameter(
            "function",
            "the plugin has no function of this name"
        )),
    );
}

#[test]
fn functions_see_the_context_of_the_call() {
    let nothing: [(&str, Value); 0] = [];
    let shop = Mock::of(&PLUGIN)
        .now("2026-12-24T18:00:00+01:00")
        .setting("user", "somebody");
    assert_eq!(
        shop.run("now", nothing.clone()),
        Ok(json!("2026-12-24T18:00:00+01:00"))
    );
    assert_eq!(shop.run("settings", nothing), Ok(json!(true)));
    assert_eq!(
        shop.choices("echo", "type"),
        Ok(vec![Choice::new("7", [("en", "Seven")])])
    );
    assert_eq!(shop.choices("now", "type"), Ok(vec![]));
    shop.expect(get("ping").answers(200, "pong"));
    assert_eq!(shop.probe(), Ok("pong".to_owned()));
}
