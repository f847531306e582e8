//! `list-statuses`, `is-order-in-status`, `change-order-status` and its choices.

use krabice_plugin::contract::Value;
use krabice_plugin::{Choice, Failure};
use serde_json::json;

use crate::shop::{
    asks_for, asks_list, finds_none, finds_order, list, lists_statuses, mock, order_with, page,
    refusal, status, writes,
};

const NUMBER: (&str, &str) = ("order", "7130");

#[test]
fn all_statuses_are_listed_page_by_page() {
    let shop = mock();
    let name = json!({ "pl_PL": { "name": "złożone" } });
    let first: Vec<_> = (1..=50)
        .map(|id| status(&id.to_string(), "2", name.clone()))
        .collect();
    let mut last = status("77", "9", json!(null));
    last["active"] = json!("0");
    last["email_change"] = json!("0");
    last["color"] = json!("");
    shop.expect(asks_list("statuses", 1).answers(200, page(&first, 1, 2)))
        .expect(asks_list("statuses", 2).answers(200, page(&[last], 2, 2)));
    let listed = shop.run::<&str>("list-statuses", []).unwrap();
    assert_eq!(listed["count"], 51);
    let statuses = listed["statuses"].as_array().unwrap();
    assert_eq!(
        statuses[0],
        json!({ "id": "1", "name": "złożone", "type": "in-progress", "colour": "#00aa00", "active": true, "email": true })
    );
    // An undocumented type, and no name.
    assert_eq!(
        statuses[50],
        json!({ "id": "77", "name": "", "colour": "", "active": false, "email": false })
    );
}

#[test]
fn a_shop_without_statuses_is_false_and_an_empty_page_is_a_failure() {
    let shop = mock();
    shop.expect(asks_list("statuses", 1).answers(200, list(&[])));
    assert_eq!(shop.run::<&str>("list-statuses", []), Ok(json!(false)));
    for nonsense in [
        json!({ "count": "3", "pages": 1, "page": 1, "list": [] }),
        json!({ "count": "90", "pages": 2, "page": 1, "list": [] }),
        json!({ "page": 1, "list": [] }),
    ] {
        shop.expect(asks_list("statuses", 1).answers(200, nonsense.clone()));
        let outcome = shop.run::<&str>("list-statuses", []);
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{nonsense}: {outcome:?}"
        );
    }
}

fn sent() -> serde_json::Value {
    json!({ "status": "sent", "status-id": "7", "status-type": "done" })
}

#[test]
fn an_order_is_in_a_status_by_number_name_or_type() {
    for asked in [
        vec![NUMBER, ("status", "7")],
        vec![NUMBER, ("status", " wysłane ")],
        vec![NUMBER, ("statuses", r#"["1","7"]"#)],
        vec![NUMBER, ("statuses", r#"["nowe","odeslaná"]"#)],
        vec![NUMBER, ("type", "done")],
        vec![NUMBER, ("status", "1"), ("type", "done")],
    ] {
        let shop = mock();
        shop.expect(finds_order()).expect(lists_statuses());
        assert_eq!(
            shop.run("is-order-in-status", parameters(&asked)),
            Ok(sent()),
            "{asked:?}"
        );
    }
}

#[test]
fn an_order_in_another_status_is_false_by_numbers_alone_in_one_request() {
    for asked in [
        vec![NUMBER, ("status", "1")],
        vec![NUMBER, ("statuses", r#"["1","8"]"#)],
    ] {
        let shop = mock();
        shop.expect(finds_order());
        assert_eq!(
            shop.run("is-order-in-status", parameters(&asked)),
            Ok(json!(false))
        );
    }
    for asked in [
        vec![NUMBER, ("status", "anulowane")],
        vec![NUMBER, ("type", "new")],
    ] {
        let shop = mock();
        shop.expect(finds_order()).expect(lists_statuses());
        assert_eq!(
            shop.run("is-order-in-status", parameters(&asked)),
            Ok(json!(false))
        );
    }
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(
        shop.run("is-order-in-status", [NUMBER, ("type", "new")]),
        Ok(json!(false))
    );
}

#[test]
fn a_status_that_the_shop_does_not_know_proves_nothing_about_its_type() {
    let shop = mock();
    shop.expect(asks_for("7130").answers(200, order_with("status_id", json!("66"))))
        .expect(lists_statuses());
    let outcome = shop.run("is-order-in-status", [NUMBER, ("type", "new")]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_empty_list_of_statuses_is_refused() {
    for asked in [
        vec![NUMBER],
        vec![NUMBER, ("status", " ")],
        vec![NUMBER, ("statuses", "[]")],
    ] {
        assert_eq!(
            mock().run("is-order-in-status", parameters(&asked)),
            Err(Failure::invalid_parameter(
                "status",
                "give `status`, `statuses` or `type`"
            )),
        );
    }
}

/// Parameters as the host gives them: a list as JSON.
fn parameters(given: &[(&'static str, &'static str)]) -> Vec<(&'static str, Value)> {
    let value = |name, text: &str| match name {
        "statuses" => Value::Json(text.to_owned()),
        _ => Value::from(text),
    };
    given
        .iter()
        .map(|(name, text)| (*name, value(*name, text)))
        .collect()
}

const CHANGE: [(&str, &str); 2] = [NUMBER, ("status", "8")];

fn in_status(id: &str) -> krabice_plugin::mock::Expected {
    asks_for("7130").answers(200, order_with("status_id", json!(id)))
}

#[test]
fn a_change_is_proven_by_a_second_read() {
    for confirmation in [
        json!(1),
        json!(true),
        json!(0),
        order_with("status_id", json!("8")),
    ] {
        let shop = mock().language("pl");
        shop.expect(finds_order())
            .expect(lists_statuses())
            .expect(writes(json!({ "status_id": 8 })).answers(200, confirmation))
            .expect(in_status("8"));
        assert_eq!(
            shop.run("change-order-status", CHANGE),
            Ok(json!({
                "changed": true, "old-status": "wysłane", "old-status-id": "7",
                "status": "anulowane", "status-id": "8",
            }))
        );
    }
}

#[test]
fn a_status_is_taken_by_its_name_too() {
    let shop = mock();
    shop.expect(finds_order())
        .expect(lists_statuses())
        .expect(writes(json!({ "status_id": 8 })).answers(200, json!(1)))
        .expect(in_status("8"));
    let changed = shop
        .run("change-order-status", [NUMBER, ("status", "anulowane")])
        .unwrap();
    assert_eq!(changed["status-id"], "8");
}

#[test]
fn an_order_that_is_in_the_status_already_is_not_written() {
    let shop = mock();
    shop.expect(finds_order()).expect(lists_statuses());
    assert_eq!(
        shop.run("change-order-status", [NUMBER, ("status", "7")]),
        Ok(json!({
            "changed": false, "old-status": "sent", "old-status-id": "7",
            "status": "sent", "status-id": "7",
        }))
    );
}

#[test]
fn a_change_that_did_not_happen_is_false() {
    // No such order.
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(shop.run("change-order-status", CHANGE), Ok(json!(false)));
    assert_eq!(
        shop.run("change-order-status", [("order", "X"), ("status", "8")]),
        Ok(json!(false))
    );
    // No such status.
    for unknown in ["99", "Wysłane", "07"] {
        shop.expect(finds_order()).expect(lists_statuses());
        let asked = [NUMBER, ("status", unknown)];
        assert_eq!(
            shop.run("change-order-status", asked),
            Ok(json!(false)),
            "{unknown}"
        );
    }
    // Refused, gone, or in another status nevertheless.
    let begins = || {
        let shop = mock();
        shop.expect(finds_order()).expect(lists_statuses());
        shop
    };
    for (code, word) in [
        (400, "invalid_request"),
        (404, "invalid_request"),
        (404, "server_error"),
    ] {
        let shop = begins();
        shop.expect(writes(json!({ "status_id": 8 })).answers(code, refusal(word)));
        assert_eq!(shop.run("change-order-status", CHANGE), Ok(json!(false)));
    }
    let shop = begins();
    shop.expect(writes(json!({ "status_id": 8 })).answers(200, json!(1)))
        .expect(in_status("1"));
    assert_eq!(shop.run("change-order-status", CHANGE), Ok(json!(false)));
    let shop = begins();
    shop.expect(writes(json!({ "status_id": 8 })).answers(200, json!(1)))
        .expect(finds_none());
    assert_eq!(shop.run("change-order-status", CHANGE), Ok(json!(false)));
}

#[test]
fn two_statuses_of_one_name_are_distinguished_only_by_number() {
    let name = || json!({ "pl_PL": { "name": "w realizacji" } });
    let both = || {
        asks_list("statuses", 1).answers(
            200,
            list(&[status("7", "2", name()), status("8", "2", name())]),
        )
    };
    let shop = mock();
    shop.expect(finds_order()).expect(both());
    assert_eq!(
        shop.run("change-order-status", [NUMBER, ("status", "w realizacji")]),
        Ok(json!(false))
    );
}

#[test]
fn an_order_that_somebody_has_opened_is_unavailable() {
    let shop = mock();
    shop.expect(finds_order())
        .expect(lists_statuses())
        .expect(writes(json!({ "status_id": 8 })).answers(409, refusal("server_error")));
    assert_eq!(
        shop.run("change-order-status", CHANGE),
        Err(Failure::unavailable(
            "PUT webapi/rest/orders/{order} answered 409: another administrator holds the order open"
        ))
    );
}

#[test]
fn an_undocumented_confirmation_is_a_failure() {
    for nonsense in ["<html>", "", "2", "\"ok\"", "null", "[]"] {
        let shop = mock();
        shop.expect(finds_order())
            .expect(lists_statuses())
            .expect(writes(json!({ "status_id": 8 })).answers(200, nonsense));
        let outcome = shop.run("change-order-status", CHANGE);
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{nonsense}: {outcome:?}"
        );
    }
}

#[test]
fn a_refusal_that_is_not_from_the_api_proves_nothing() {
    for code in [400, 404] {
        let shop = mock();
        shop.expect(finds_order())
            .expect(lists_statuses())
            .expect(writes(json!({ "status_id": 8 })).answers(code, "<html>"));
        let outcome = shop.run("change-order-status", CHANGE);
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn an_empty_status_is_refused() {
    assert_eq!(
        mock().run("change-order-status", [NUMBER, ("status", " ")]),
        Err(Failure::invalid_parameter("status", "is empty")),
    );
}

#[test]
fn the_choices_are_the_statuses_in_use() {
    for function in ["change-order-status", "is-order-in-status"] {
        let shop = mock();
        shop.expect(lists_statuses());
        assert_eq!(
            shop.choices(function, "status"),
            Ok(vec![
                Choice::new("1", [("pl", "złożone"), ("en", "placed")]),
                Choice::new("7", [("pl", "wysłane"), ("cs", "odeslaná"), ("en", "sent")]),
                Choice::new("8", [("pl", "anulowane")]),
                Choice::new("9", [("en", "Status 9")]),
            ]),
        );
    }
    assert_eq!(mock().choices("verify-order", "order"), Ok(vec![]));
}

#[test]
fn the_choices_fail_with_the_shop() {
    let shop = mock();
    shop.expect(asks_list("statuses", 1).answers(403, refusal("insufficient_scope")));
    assert_eq!(
        shop.choices("change-order-status", "status"),
        Err(Failure::unauthorised(
            "GET webapi/rest/statuses answered 403 `insufficient_scope`"
        )),
    );
}
