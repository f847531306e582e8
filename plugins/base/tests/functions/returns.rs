//! `list-returns`, `list-return-statuses` and `change-return-status`.

use krabice_plugin::contract::Value;
use krabice_plugin::mock::Expected;
use krabice_plugin::{Choice, Failure};
use serde_json::{Value as Json, json};

use crate::account::{
    a_return, a_return_with, asks, asks_return, finds_reasons, finds_return_statuses, mock,
    refusal, refused, returns, success,
};

const NONE: [(&str, Value); 0] = [];
const ORDER: [(&str, &str); 1] = [("order", "90155231")];

fn asks_returns() -> Expected {
    asks("getOrderReturns", &json!({ "order_id": 90155231 }))
}

#[test]
fn the_returns_of_an_order_are_listed_with_names_and_reasons() {
    let base = mock();
    base.expect(asks_returns().answers(200, returns(&[a_return()])));
    base.expect(finds_return_statuses());
    base.expect(finds_reasons());
    let outcome = base.run("list-returns", ORDER).unwrap();
    insta::assert_json_snapshot!(outcome);
}

#[test]
fn reasons_are_loaded_if_a_product_has_one() {
    let base = mock();
    let plain = a_return_with(&json!({ "products": [], "fulfillment_status": "5" }));
    let odd = a_return_with(
        &json!({ "return_id": 5103, "date_add": 1791300001, "products": [], "fulfillment_status": 7 }),
    );
    base.expect(asks_returns().answers(200, returns(&[plain, odd])));
    base.expect(finds_return_statuses());
    let outcome = base.run("list-returns", ORDER).unwrap();
    assert_eq!(outcome["returns"][0]["return-id"], "5103", "newest first");
    assert_eq!(outcome["returns"][0].get("progress"), None);
    assert_eq!(outcome["returns"][1]["progress"], "accepted");
}

#[test]
fn an_order_without_returns_is_false() {
    let base = mock();
    base.expect(asks_returns().answers(200, returns(&[])));
    assert_eq!(base.run("list-returns", ORDER), Ok(json!(false)));
    assert_eq!(
        base.run("list-returns", [("order", "O1")]),
        Ok(json!(false))
    );
}

#[test]
fn a_return_of_another_order_proves_nothing() {
    let base = mock();
    let other = a_return_with(&json!({ "order_id": 1 }));
    base.expect(asks_returns().answers(200, returns(&[other])));
    assert_eq!(
        base.run("list-returns", ORDER),
        Err(Failure::unexpected_answer(
            "getOrderReturns: a return of another order"
        ))
    );
}

#[test]
fn the_statuses_of_returns_are_listed() {
    let base = mock();
    base.expect(finds_return_statuses());
    assert_eq!(
        base.run("list-return-statuses", NONE),
        Ok(json!({ "count": 2, "statuses": [
            { "id": "1006", "name": "Nowy zwrot", "name-for-customer": "Zwrot zgłoszony", "group": "1", "primary": true },
            { "id": "1007", "name": "Przyjęty", "name-for-customer": "", "group": "1", "primary": false },
        ] })),
    );
    let none = success(&json!({ "statuses": [] }));
    base.expect(asks("getOrderReturnStatusList", &json!({})).answers(200, none));
    assert_eq!(base.run("list-return-statuses", NONE), Ok(json!(false)));
}

fn asked(status: &'static str) -> [(&'static str, &'static str); 2] {
    [("return", "5102"), ("status", status)]
}

fn sets() -> Expected {
    asks(
        "setOrderReturnStatus",
        &json!({ "return_id": 5102, "status_id": 1007 }),
    )
}

fn finds() -> Expected {
    asks_return().answers(200, returns(&[a_return()]))
}

#[test]
fn a_status_is_set_and_read_again() {
    let base = mock();
    base.expect(finds_return_statuses());
    base.expect(finds());
    base.expect(sets().answers(200, success(&json!({}))));
    let changed = a_return_with(&json!({ "status_id": 1007 }));
    base.expect(asks_return().answers(200, returns(&[changed])));
    let expected: Json = json!({
        "old": "1006", "old-name": "Nowy zwrot", "new": "1007", "new-name": "Przyjęty",
        "changed": true,
    });
    assert_eq!(
        base.run("change-return-status", asked("Przyjęty")),
        Ok(expected)
    );
}

#[test]
fn a_status_that_was_not_changed_is_false_or_not_a_change() {
    let base = mock();
    base.expect(finds_return_statuses());
    base.expect(finds());
    let same = base.run("change-return-status", asked("1006")).unwrap();
    assert_eq!(same["changed"], false);
    // No such status; no such return; the second read shows the old one.
    base.expect(finds_return_statuses());
    assert_eq!(
        base.run("change-return-status", asked("55120")),
        Ok(json!(false))
    );
    base.expect(finds_return_statuses());
    base.expect(asks_return().answers(200, returns(&[])));
    assert_eq!(
        base.run("change-return-status", asked("1007")),
        Ok(json!(false))
    );
    base.expect(finds_return_statuses());
    base.expect(finds());
    base.expect(sets().answers(200, success(&json!({}))));
    base.expect(finds());
    assert_eq!(
        base.run("change-return-status", asked("1007")),
        Ok(json!(false))
    );
}

#[test]
fn a_refused_write_is_a_failure() {
    let base = mock();
    base.expect(finds_return_statuses());
    base.expect(finds());
    base.expect(sets().answers(200, refused("ERROR_SOMETHING", "")));
    assert_eq!(
        base.run("change-return-status", asked("1007")),
        refusal("setOrderReturnStatus", "ERROR_SOMETHING")
    );
}

#[test]
fn the_choices_are_the_statuses_of_returns() {
    let base = mock();
    base.expect(finds_return_statuses());
    assert_eq!(
        base.choices("change-return-status", "status"),
        Ok(vec![
            Choice::new("1006", [("en", "Nowy zwrot")]),
            Choice::new("1007", [("en", "Przyjęty")]),
        ]),
    );
}
