//! The mistakes that the mock finds.

use std::panic::{AssertUnwindSafe, catch_unwind};

use krabice_plugin::Decimal;
use krabice_plugin::contract::{self, Value};
use krabice_plugin::mock::{Mock, check_manifest, check_outcome, get, post};
use serde_json::json;

use crate::every_shape::{Echo, First, Line, PLUGIN, Pace};

/// The message of the panic, which is what fails a test.
fn panics(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("no panic");
    let message = panic.downcast_ref::<String>().cloned();
    message.unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
}

#[test]
fn the_mock_fails_a_test_whose_requests_are_not_the_expected_ones() {
    let shop = || Mock::of(&PLUGIN);
    let message = panics(|| drop(shop().probe()));
    assert!(
        message.starts_with("sent, but not expected:\nGET ping"),
        "{message}"
    );
    let message = panics(|| drop(shop().expect(post("ping")).probe()));
    assert!(
        message.starts_with("expected:\nPOST ping\nsent:\nGET ping"),
        "{message}"
    );
    let message = panics(|| drop(shop().expect(get("ping")).expect(get("pong")).probe()));
    assert!(
        message.starts_with("expected, but not sent:\nGET pong"),
        "{message}"
    );
    let message = panics(|| drop(shop().expect(get("ping").header("x-a", "b")).probe()));
    assert!(message.contains("x-a: b"), "{message}");
    let message = panics(|| drop(shop().expect(get("ping").json(json!({}))).probe()));
    assert!(message.contains("content-type"), "{message}");
    let message = panics(|| drop(shop().expect(get("ping").reads()).probe()));
    assert!(
        message.starts_with("expected:\nGET ping, reads\nsent:\nGET ping ["),
        "{message}"
    );
}

#[test]
fn the_mock_fails_a_test_whose_parameters_a_host_would_refuse() {
    let shop = Mock::of(&PLUGIN);
    let message = panics(|| drop(shop.run("unknown", [("a", "b")])));
    assert_eq!(message, "the manifest has no function `unknown`");
    let message = panics(|| drop(shop.run("write", [("nam", "b")])));
    assert_eq!(message, "`write` has no parameter `nam`");
    let message = panics(|| drop(shop.run("write", [("name", 1_i64)])));
    assert!(
        message.starts_with("the test gives what the host would not let through"),
        "{message}"
    );
    let nothing: [(&str, Value); 0] = [];
    let message = panics(|| drop(shop.run("write", nothing)));
    assert_eq!(
        message,
        "the test gives what the host would not let through: `name`: is missing"
    );
    let message = panics(|| drop(Mock::of(&PLUGIN).setting("key", "secret")));
    assert_eq!(
        message,
        "the manifest has no setting `key`, or it is a secret"
    );
}

#[test]
fn outcomes_that_break_the_manifest_are_found() {
    let manifest = PLUGIN.manifest();
    let function = &manifest.functions[0];
    let good = krabice_plugin::Answer::outcome(Echo {
        first: First {
            order_number: String::new(),
            flag: true,
            count: 1,
        },
        price: Decimal::ONE,
        email: None,
        moment: None,
        pace: Pace::Slow,
        tags: vec![],
        lines: vec![Line {
            code: "A".into(),
            weight: Decimal::ONE,
            note: None,
        }],
        parcel: None,
    });
    assert_eq!(check_outcome(function, &good), Vec::<String>::new());
    assert_eq!(
        check_outcome(function, &contract::Outcome::False),
        Vec::<String>::new()
    );
    assert_eq!(
        check_outcome(function, &contract::Outcome::True),
        ["expected `true-with-fields`, found `true`"],
    );
    let contract::Outcome::TrueWithFields(good) = good else {
        panic!("{good:?}")
    };
    let with = |name: &str, value: Value| {
        let mut fields = good.clone();
        fields.retain(|field| field.name != name);
        fields.push(contract::NamedValue {
            name: name.into(),
            value,
        });
        check_outcome(function, &contract::Outcome::TrueWithFields(fields))
    };
    let one = |faults: Vec<String>, part: &str| {
        assert!(faults.len() == 1 && faults[0].contains(part), "{faults:?}");
    };
    one(
        with("unknown", true.into()),
        "field `unknown`: the manifest has no such field",
    );
    one(
        with("flag", "true".into()),
        "field `flag`: expected boolean, found text",
    );
    one(
        with("price", Value::Decimal("1,5".into())),
        "field `price`: is not a decimal",
    );
    one(
        with("email", "nobody".into()),
        "field `email`: is not an e-mail address",
    );
    one(
        with("moment", Value::Timestamp("2026-03-14".into())),
        "field `moment`: is not a timestamp",
    );
    one(
        with("pace", "faster".into()),
        "field `pace`: is not one of the choices",
    );
    one(
        with("tags", Value::Json("[1]".into())),
        "field `tags[0]`: expected text, found number",
    );
    one(
        with("lines", Value::Json(r#"[{"code":"A"}]"#.into())),
        "field `lines[0].weight`: is missing",
    );
    one(
        with("lines", Value::Json(r#"[{"code":1,"weight":"1"}]"#.into())),
        "field `lines[0].code`: expected text, found number",
    );
    let mut fields = good.clone();
    fields.retain(|field| field.name != "count");
    one(
        check_outcome(function, &contract::Outcome::TrueWithFields(fields)),
        "field `count`: is missing",
    );
}

#[test]
fn manifests_that_break_the_contract_are_found() {
    let broken = |change: fn(&mut contract::Manifest)| {
        let mut manifest = PLUGIN.manifest();
        change(&mut manifest);
        check_manifest(&manifest)
    };
    let one = |faults: Vec<String>, part: &str| {
        assert!(faults.len() == 1 && faults[0].contains(part), "{faults:?}");
    };
    one(
        broken(|it| it.name = "Every Shape".into()),
        "`name` is not a valid name",
    );
    one(broken(|it| it.label.clear()), "`label` is missing");
    let faults = broken(|it| it.functions.clear());
    assert!(faults[0].contains("`functions` is empty"), "{faults:?}");
    assert!(faults[1].contains("`feeds.orders.function`"), "{faults:?}");
    one(
        broken(|it| it.functions[1].name = "echo".into()),
        "`functions.echo` occurs more than once",
    );
    one(
        broken(|it| it.settings[2].secret = false),
        "names `key`, which is not secret",
    );
    one(
        broken(|it| it.settings[2].default = Some("k".into())),
        "a secret has no default",
    );
    one(
        broken(|it| it.settings[1].name = "login".into()),
        "names `user`, which is not a setting",
    );
    one(broken(|it| it.address = None), "needs an address");
    one(broken(|it| it.settings[5].choices.clear()), "needs choices");
    one(
        broken(|it| it.functions[0].parameters[3].default = Some(true.into())),
        "default` expected",
    );
}
