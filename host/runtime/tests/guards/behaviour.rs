//! The input and the outcome of well-behaved functions.

use std::time::Duration;

use indexmap::IndexMap;
use krabice_contract::{FailureClass, Outcome, Value};

use crate::stage::{INTERFACES, Stage, TOKEN, context, input};

fn fields(outcome: Result<Outcome, krabice_contract::Failure>) -> IndexMap<String, Value> {
    match outcome {
        Ok(Outcome::TrueWithFields(fields)) => fields,
        other => panic!("{other:?}"),
    }
}

fn text<'a>(fields: &'a IndexMap<String, Value>, name: &str) -> &'a str {
    let Value::Text(text) = &fields[name] else {
        panic!("{:?}", fields[name]);
    };
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_four_outcomes_come_back_as_they_are() {
    let stage = Stage::new().await;
    assert_eq!(stage.call("deny", []).await.result, Ok(Outcome::False));
    assert_eq!(stage.call("confirm", []).await.result, Ok(Outcome::True));
    let Ok(Outcome::TrueWithValue(Value::Decimal(price))) = stage.call("price", []).await.result
    else {
        panic!("no price")
    };
    assert_eq!(price.to_string(), "1230.50");
    let Ok(Outcome::TrueWithValue(Value::File(label))) = stage.call("label", []).await.result
    else {
        panic!("no label")
    };
    assert_eq!(
        (label.name.as_str(), &*label.content),
        ("label-1.pdf", b"%PDF-1.4".as_slice())
    );
    let order = [
        ("order", Value::from("OBJ-1")),
        ("email", Value::from("jana@example.com")),
    ];
    let fields = fields(stage.call("order", order).await.result);
    assert_eq!(
        fields.keys().collect::<Vec<_>>(),
        ["status", "paid", "topay", "created", "url"]
    );
    assert_eq!(fields["topay"].to_plain_json(), "1230.50");
    assert_eq!(fields["created"].to_plain_json(), "2026-03-14T08:26:53Z");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_of_every_kind_go_in_and_come_back() {
    let stage = Stage::new().await;
    let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
    let moment = |text: &str| Value::Timestamp(text.parse().unwrap());
    let record = |fields: Vec<(&str, Value)>| {
        Value::Record(
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    };
    let given = [
        ("boolean", Value::Boolean(true)),
        ("integer", Value::Integer(i64::MIN)),
        ("decimal", decimal("1230.50")),
        ("text", Value::from("Žluťoučký kůň 🐎\n\"<b>\"")),
        ("email", Value::from("jana@example.cz")),
        ("phone", Value::from("+420 777 123 456")),
        ("url", Value::from("https://example.cz/a?b=c")),
        ("timestamp", moment("2026-07-01T10:00:00.5Z")),
        ("choice", Value::from("green")),
        ("numbers", Value::List(vec![decimal("0.10"), decimal("-3")])),
        (
            "items",
            Value::List(vec![
                record(vec![("code", Value::from("A")), ("price", decimal("9.90"))]),
                record(vec![("code", Value::from("B"))]),
            ]),
        ),
        (
            "address",
            record(vec![
                ("city", Value::from("Brno")),
                ("since", moment("2001-09-09T01:46:40Z")),
            ]),
        ),
    ];
    let came_back = fields(stage.call("echo", given.clone()).await.result);
    for (name, value) in given {
        assert_eq!(came_back[name], value, "{name}");
        if let (Value::Decimal(came), Value::Decimal(went)) = (&came_back[name], &value) {
            assert_eq!(
                came.to_string(),
                went.to_string(),
                "a decimal keeps its digits"
            );
        }
    }
    assert_eq!(
        came_back["default"],
        Value::Integer(7),
        "a default is filled in"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_converted_where_nothing_is_lost() {
    let stage = Stage::new().await;
    let given = [
        ("decimal", Value::Integer(12)),
        ("text", Value::Integer(12)),
        ("default", Value::Integer(8)),
    ];
    let came_back = fields(stage.call("echo", given).await.result);
    assert_eq!(came_back["decimal"].to_plain_json(), "12");
    assert_eq!(came_back["text"], Value::from("12"));
    assert_eq!(came_back["default"], Value::Integer(8));
    assert_eq!(came_back.len(), 3, "what is not given is left out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_sees_its_parameters_and_public_settings_and_nothing_else() {
    let stage = Stage::new().await;
    let report = stage
        .call("context", [("text", Value::from("given"))])
        .await;
    let fields = fields(report.result);
    let all = format!("{fields:?}");
    assert!(!all.contains(TOKEN), "{all}");
    let settings = text(&fields, "settings");
    assert!(
        settings.contains("colour") && settings.contains("blue"),
        "a default is there: {settings}"
    );
    assert!(
        settings.contains("address") && !settings.contains("token"),
        "{settings}"
    );
    assert!(text(&fields, "parameters").contains("given"));
    assert_eq!(text(&fields, "environment"), "[]");
    assert_eq!(text(&fields, "arguments"), "[]");
    assert_eq!(text(&fields, "directory"), "closed");
    assert_eq!(text(&fields, "socket"), "closed");
    assert_eq!(text(&fields, "key"), "call-1");
    assert_eq!(text(&fields, "language"), "cs");
    assert_eq!(text(&fields, "time-zone"), "Europe/Prague");
    assert_eq!(fields["now"], Value::Timestamp(context().now));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_interfaces_lead_to_the_back_end_with_the_hosts_credential() {
    let stage = Stage::new().await;
    for interface in INTERFACES {
        let get = [
            ("interface", Value::from(interface)),
            ("path", Value::from("echo?page=2")),
        ];
        let report = stage.call("get", get).await;
        assert_eq!(report.exchanges.len(), 1);
        assert_eq!(report.exchanges[0].path, "/base/echo");
        let fields = fields(report.result);
        assert_eq!(fields["status"], Value::Integer(200));
        assert!(
            !format!("{fields:?}").contains(TOKEN),
            "{interface}: the echo is masked"
        );

        let received = stage.back_end.requests().pop().unwrap();
        assert_eq!(received.path, "/base/echo");
        assert_eq!(received.headers["x-api-key"], format!("Key {TOKEN}"));
        assert_eq!(received.headers["x-test"], "1");
        assert_eq!(received.headers["host"], stage.back_end.address.to_string());
        assert!(
            !received.headers.contains_key("transfer-encoding"),
            "{interface}: {:?}",
            received.headers
        );

        let post = [
            ("interface", Value::from(interface)),
            ("path", Value::from("/echo")),
            ("text", Value::from("Žluťoučký kůň")),
        ];
        let fields = fields_of_post(stage.call("post", post).await.result);
        assert!(fields.ends_with("\nŽluťoučký kůň"), "{interface}: {fields}");
        assert!(
            fields.contains("content-length: 19\n"),
            "{interface}: {fields}"
        );
        assert!(
            !fields.contains("transfer-encoding"),
            "{interface}: {fields}"
        );
    }
}

fn fields_of_post(result: Result<Outcome, krabice_contract::Failure>) -> String {
    text(&fields(result), "body").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_status_and_any_bytes_are_an_answer() {
    let stage = Stage::new().await;
    for interface in INTERFACES {
        let missing = [
            ("interface", Value::from(interface)),
            ("path", Value::from("missing")),
        ];
        assert_eq!(
            fields(stage.call("get", missing).await.result)["status"],
            Value::Integer(404)
        );
        let binary = [
            ("interface", Value::from(interface)),
            ("path", Value::from("binary")),
        ];
        // The guest made a text with a NUL of them, which the host refuses.
        let failure = stage.fails("get", binary).await;
        assert_eq!(
            failure.class,
            FailureClass::ContractBroken,
            "{interface}: {}",
            failure.detail
        );
        let moved = [
            ("interface", Value::from(interface)),
            ("path", Value::from("to-order")),
        ];
        let fields = fields(stage.call("get", moved).await.result);
        assert!(
            text(&fields, "body").contains("OBJ-1"),
            "a redirect in the rules is followed"
        );
        let fetched = stage
            .call("fetch", [("interface", Value::from(interface))])
            .await;
        assert!(fetched.result.is_ok(), "{:?}", fetched.result);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugins_failures_come_back_with_their_class() {
    let stage = Stage::new().await;
    for class in [
        FailureClass::Unauthorised,
        FailureClass::Unavailable,
        FailureClass::RateLimited,
        FailureClass::InvalidParameter,
        FailureClass::UnexpectedAnswer,
    ] {
        let failure = stage
            .fails("fail", [("class", Value::from(class.word()))])
            .await;
        assert_eq!(failure.class, class);
        assert_eq!(failure.detail, "as it was told");
        let waits = (class == FailureClass::RateLimited).then_some(Duration::from_secs(7));
        assert_eq!(failure.retry_after, waits);
        let named = (class == FailureClass::InvalidParameter).then_some("class");
        assert_eq!(failure.parameter.as_deref(), named);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_can_be_probed() {
    let stage = Stage::new().await;
    let report = stage
        .runtime
        .probe(&stage.plugin, Some(&stage.outlet), &context())
        .await;
    assert_eq!(report.result.unwrap(), "settings: address, colour");
    let picked = stage.call("choose", [("pick", Value::from("first"))]).await;
    assert_eq!(
        picked.result,
        Ok(Outcome::True),
        "live choices are for the back end to judge"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_a_missing_function_or_connection_is_misconfigured() {
    let stage = Stage::new().await;
    let detail = stage
        .fails_as(FailureClass::Misconfigured, "nobody", [])
        .await;
    assert_eq!(detail, "the plugin `hostile` has no function `nobody`");
    let report = stage
        .runtime
        .call(&stage.plugin, "confirm", None, input([]))
        .await;
    let failure = report.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Misconfigured);
    assert_eq!(failure.detail, "the plugin `hostile` needs a connection");
}

/// Faults that break no rule; `krabice plugin check` finds them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_check_finds_passes_the_guards() {
    let stage = Stage::new().await;
    let item = Value::Record(
        [("code".to_owned(), Value::from("A"))]
            .into_iter()
            .collect(),
    );
    for interface in INTERFACES {
        let interface = ("interface", Value::from(interface));
        let pasted = [
            interface.clone(),
            ("first", Value::from("1")),
            ("second", Value::from("2")),
            ("email", Value::from("jana@example.cz")),
            ("items", Value::List(vec![item.clone()])),
        ];
        assert_eq!(stage.call("paste", pasted).await.result, Ok(Outcome::True));
        let written = stage.call("write-quietly", [interface.clone()]).await;
        assert_eq!(written.result, Ok(Outcome::True));
        let missing = stage.call("fail-bluntly", [interface.clone()]).await;
        assert_eq!(missing.result, Ok(Outcome::False));
        // The name service of the tests has only private addresses.
        let order = ("order", Value::from("1"));
        stage
            .fails_as(
                FailureClass::Forbidden,
                "tell-elsewhere",
                [interface, order],
            )
            .await;
    }
    let full = stage.call("nearly-full", []).await;
    assert_eq!(full.result, Ok(Outcome::True));
    assert!(full.memory_bytes > 48 << 20, "{}", full.memory_bytes);
    let blamed = stage.fails("blame-nobody", []).await;
    assert_eq!(blamed.class, FailureClass::InvalidParameter);
    assert_eq!(blamed.parameter.as_deref(), Some("nobody"));
}
