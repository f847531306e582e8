//! Plugins and callers that break a manifest.

use krabice_contract::{FailureClass, Value};
use krabice_runtime::Limits;

use crate::stage::Stage;

/// Every way to break a manifest is reported with plugin, function and field.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_breaks_the_manifest_is_a_failure_that_says_where() {
    // A debug build takes long to pass a file beyond the default limit.
    let stage = Stage::with(Limits {
        file_bytes: 50_000,
        ..Limits::default()
    })
    .await;
    let mut found = String::new();
    for function in [
        "undeclared-field",
        "undeclared-nested-field",
        "wrong-kind",
        "wrong-nested-kind",
        "missing-field",
        "missing-nested-field",
        "repeated-field",
        "unasked-value",
        "bare-true",
        "bad-decimal",
        "bad-timestamp",
        "bad-choice",
        "bad-json",
        "huge-json",
        "deep-json",
        "huge-text",
        "nul-text",
        "climbing-file",
        "huge-file",
        "no-such-zone",
    ] {
        let detail = stage
            .fails_as(FailureClass::ContractBroken, function, [])
            .await;
        assert!(
            detail.starts_with(&format!("`hostile/{function}`: ")),
            "{detail}"
        );
        found.push_str(&format!("{detail}\n"));
    }
    insta::assert_snapshot!(found);
}

/// Parameters that break the manifest do not reach the plugin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parameter_that_breaks_the_manifest_is_named() {
    let stage = Stage::new().await;
    let record = |fields: &[(&str, Value)]| {
        Value::Record(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        )
    };
    let text = |text: &str| Value::from(text);
    let mut found = String::new();
    for (parameter, value) in [
        ("nobody", text("a")),
        ("boolean", text("true")),
        ("integer", text("7")),
        ("integer", Value::Decimal("7.0".parse().unwrap())),
        ("decimal", text("1.5")),
        ("text", Value::Boolean(true)),
        ("text", text("a\0b")),
        ("text", text(&"x".repeat(70_000))),
        ("email", text("nobody")),
        ("phone", text("")),
        ("url", text("javascript:alert(1)")),
        ("timestamp", text("2026-03-14T09:26:53+01:00")),
        ("choice", text("blue")),
        ("numbers", text("1")),
        ("numbers", Value::List(vec![Value::Integer(1), text("2")])),
        ("items", record(&[])),
        ("items", Value::List(vec![record(&[])])),
        (
            "items",
            Value::List(vec![record(&[("code", text("A")), ("margin", text("1"))])]),
        ),
        (
            "items",
            Value::List(vec![record(&[
                ("code", text("A")),
                ("price", Value::Boolean(true)),
            ])]),
        ),
        ("address", Value::List(vec![])),
        ("address", record(&[("since", text("now"))])),
        (
            "items",
            Value::List(vec![record(&[("code", text(&"x".repeat(60_000)))]); 20]),
        ),
    ] {
        let failure = stage.fails("echo", [(parameter, value)]).await;
        assert_eq!(
            failure.class,
            FailureClass::InvalidParameter,
            "{parameter}: {}",
            failure.detail
        );
        found.push_str(&format!(
            "{}: {}\n",
            failure.parameter.unwrap(),
            failure.detail
        ));
    }
    insta::assert_snapshot!(found);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_problems_of_the_parameters_are_reported_at_once() {
    let stage = Stage::new().await;
    let failure = stage
        .fails(
            "order",
            [("emial", Value::from("a")), ("order", Value::Boolean(true))],
        )
        .await;
    assert_eq!(failure.class, FailureClass::InvalidParameter);
    assert_eq!(failure.parameter.as_deref(), Some("emial"));
    insta::assert_snapshot!(failure.detail);
}

/// A list of live choices is checked too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_live_choices_are_a_broken_contract() {
    let stage = Stage::with(krabice_runtime::Limits {
        cpu_time: std::time::Duration::from_millis(50),
        ..Default::default()
    })
    .await;
    let choices_of = async |function: &str, parameter: &str| {
        let context = crate::stage::context();
        let outlet = Some(&stage.outlet);
        stage
            .runtime
            .choices(&stage.plugin, function, parameter, outlet, &context)
            .await
            .result
    };
    let choices = choices_of("choose", "pick").await.unwrap();
    assert_eq!(
        choices
            .iter()
            .map(|choice| choice.value.as_str())
            .collect::<Vec<_>>(),
        ["first", "second"]
    );

    let failure = choices_of("choose", "twice").await.unwrap_err();
    assert_eq!(failure.class, FailureClass::ContractBroken);
    assert_eq!(
        failure.detail,
        "`hostile/choose, choices of `twice``: `choices.same` occurs more than once"
    );
    assert_eq!(
        choices_of("choose", "endless").await.unwrap_err().class,
        FailureClass::Timeout
    );
    assert_eq!(
        choices_of("choose", "nobody").await.unwrap_err().class,
        FailureClass::InvalidParameter
    );
    assert_eq!(
        choices_of("get", "interface").await.unwrap_err().class,
        FailureClass::InvalidParameter
    );
    assert_eq!(
        choices_of("nobody", "pick").await.unwrap_err().class,
        FailureClass::Misconfigured
    );
}
