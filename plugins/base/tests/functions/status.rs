//! `list-order-statuses`, `is-order-in-status`, `change-order-status` and its choices.

use krabice_plugin::contract::Value;
use krabice_plugin::mock::Expected;
use krabice_plugin::{Choice, Failure};
use serde_json::{Value as Json, json};

use crate::account::{
    asks, asks_for, finds_none, finds_order, finds_statuses, mock, order_with, orders, refusal,
    refused, success,
};

const NONE: [(&str, Value); 0] = [];

#[test]
fn the_statuses_are_listed_as_the_account_has_them() {
    let base = mock();
    base.expect(finds_statuses());
    assert_eq!(
        base.run("list-order-statuses", NONE),
        Ok(json!({ "count": 2, "statuses": [
            { "id": "55118", "name": "Nowe", "name-for-customer": "Zamówienie przyjęte", "colour": "#2E7D32" },
            { "id": "55120", "name": "Wysłane", "name-for-customer": "Paczka w drodze", "colour": "#1565C0" },
        ] })),
    );
    base.expect(
        asks("getOrderStatusList", &json!({})).answers(200, success(&json!({ "statuses": [] }))),
    );
    assert_eq!(base.run("list-order-statuses", NONE), Ok(json!(false)));
}

fn in_status(statuses: &'static str) -> [(&'static str, Value); 2] {
    [
        ("order", "90155231".into()),
        ("statuses", Value::Json(statuses.to_owned())),
    ]
}

#[test]
fn an_order_is_in_one_of_the_statuses_or_in_none() {
    let base = mock();
    base.expect(finds_order());
    assert_eq!(
        base.run("is-order-in-status", in_status(r#"["55118", " 55120 "]"#)),
        Ok(json!({ "status-id": "55120", "since": "2026-10-03T09:10:41Z" })),
    );
    base.expect(finds_order());
    assert_eq!(
        base.run("is-order-in-status", in_status(r#"["55118"]"#)),
        Ok(json!(false))
    );
    base.expect(finds_none());
    assert_eq!(
        base.run("is-order-in-status", in_status(r#"["55120"]"#)),
        Ok(json!(false))
    );
}

#[test]
fn a_list_that_holds_no_statuses_is_the_scenarios_mistake() {
    for statuses in ["[]", r#"["Wysłane"]"#, r#"["55120", ""]"#] {
        assert_eq!(
            mock().run("is-order-in-status", in_status(statuses)),
            Err(Failure::invalid_parameter(
                "statuses",
                "is not a list of status numbers"
            )),
            "{statuses}"
        );
    }
}

fn asked(status: &'static str) -> [(&'static str, &'static str); 2] {
    [("order", "90155231"), ("status", status)]
}

fn sets(status: i64) -> Expected {
    asks(
        "setOrderStatus",
        &json!({ "order_id": 90155231, "status_id": status }),
    )
}

fn finds_in(status: Json) -> Expected {
    let order = order_with(&json!({ "order_status_id": status }));
    asks_for(90_155_231).answers(200, orders(&[order]))
}

fn changed(changed: bool, new: &str, name: &str) -> Result<Json, Failure> {
    Ok(json!({
        "old": "55120", "old-name": "Wysłane", "new": new, "new-name": name, "changed": changed,
    }))
}

#[test]
fn a_status_is_set_by_number_or_name_and_read_again() {
    for status in ["55118", " Nowe "] {
        let base = mock();
        base.expect(finds_statuses());
        base.expect(finds_order());
        base.expect(sets(55118).answers(200, success(&json!({}))));
        base.expect(finds_in(json!("55118")));
        assert_eq!(
            base.run("change-order-status", asked(status)),
            changed(true, "55118", "Nowe")
        );
    }
}

#[test]
fn a_status_that_the_order_has_already_is_not_set_again() {
    let base = mock();
    base.expect(finds_statuses());
    base.expect(finds_order());
    assert_eq!(
        base.run("change-order-status", asked("55120")),
        changed(false, "55120", "Wysłane")
    );
}

#[test]
fn an_unknown_status_and_an_unknown_order_are_false_without_a_write() {
    for status in ["99", "Ztracená", "55118.0"] {
        let base = mock();
        base.expect(finds_statuses());
        assert_eq!(
            base.run("change-order-status", asked(status)),
            Ok(json!(false)),
            "{status}"
        );
    }
    let base = mock();
    base.expect(finds_statuses());
    base.expect(finds_none());
    assert_eq!(
        base.run("change-order-status", asked("55118")),
        Ok(json!(false))
    );
    let impossible = [("order", "O1"), ("status", "55118")];
    assert_eq!(
        base.run("change-order-status", impossible),
        Ok(json!(false))
    );
}

#[test]
fn a_change_that_the_second_read_does_not_show_is_false() {
    for second in [finds_order(), finds_none()] {
        let base = mock();
        base.expect(finds_statuses());
        base.expect(finds_order());
        base.expect(sets(55118).answers(200, success(&json!({}))));
        base.expect(second);
        assert_eq!(
            base.run("change-order-status", asked("55118")),
            Ok(json!(false))
        );
    }
}

#[test]
fn a_refused_write_is_a_failure() {
    let base = mock();
    base.expect(finds_statuses());
    base.expect(finds_order());
    base.expect(sets(55118).answers(200, refused("ERROR_ORDER_NOT_FOUND", "anna@example.net")));
    assert_eq!(
        base.run("change-order-status", asked("55118")),
        refusal("setOrderStatus", "ERROR_ORDER_NOT_FOUND")
    );
}

#[test]
fn an_empty_or_ambiguous_status_is_refused() {
    let base = mock();
    base.expect(finds_statuses());
    assert_eq!(
        base.run("change-order-status", asked(" ")),
        Err(Failure::invalid_parameter("status", "is empty"))
    );
    let twice = success(&json!({ "statuses": [
        { "id": 1, "name": "Nowe" }, { "id": 2, "name": "Nowe" },
    ] }));
    base.expect(asks("getOrderStatusList", &json!({})).answers(200, twice));
    assert_eq!(
        base.run("change-order-status", asked("Nowe")),
        Err(Failure::invalid_parameter(
            "status",
            "is the name of more than one status"
        ))
    );
}

#[test]
fn the_choices_are_the_statuses_of_orders() {
    let base = mock();
    base.expect(finds_statuses());
    assert_eq!(
        base.choices("change-order-status", "status"),
        Ok(vec![
            Choice::new("55118", [("en", "Nowe")]),
            Choice::new("55120", [("en", "Wysłane")]),
        ]),
    );
    let nameless = success(&json!({ "statuses": [{ "id": "7", "name": "" }] }));
    base.expect(asks("getOrderStatusList", &json!({})).answers(200, nameless));
    assert_eq!(
        base.choices("change-order-status", "status"),
        Ok(vec![Choice::new("7", [("en", "Status 7")])]),
    );
    assert_eq!(base.choices("change-order-status", "order"), Ok(vec![]));
}
