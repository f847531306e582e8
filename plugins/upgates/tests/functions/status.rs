//! `change-order-status` and its choices.

use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, get, put};
use krabice_plugin::{Choice, Failure};
use serde_json::{Value as Json, json};

use crate::shop::{changed, finds_none, finds_order, message, mock, statuses};

fn asked(status: &'static str, send_email: bool) -> [(&'static str, Value); 3] {
    [
        ("order", "O260147".into()),
        ("status", status.into()),
        ("send-email", send_email.into()),
    ]
}

fn sends(change: Json, emails: bool) -> Expected {
    let mut order = json!({ "order_number": "O260147" });
    order
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    put("orders").json(json!({
        "send_emails_yn": emails,
        "send_sms_yn": false,
        "orders": [order],
    }))
}

#[test]
fn a_status_is_set_by_its_number_in_one_request() {
    let shop = mock();
    shop.expect(sends(json!({ "status_id": 55 }), true).answers(200, changed(true, json!([]))));
    assert_eq!(
        shop.run("change-order-status", asked("55", true)),
        Ok(json!(true))
    );
}

#[test]
fn a_status_is_set_by_its_name_too() {
    let shop = mock();
    shop.expect(
        sends(json!({ "status": "Prijatá" }), false).answers(200, changed(true, json!([]))),
    );
    assert_eq!(
        shop.run("change-order-status", asked(" Prijatá ", false)),
        Ok(json!(true))
    );
}

#[test]
fn an_email_is_sent_only_if_the_scenario_says_so() {
    let shop = mock();
    shop.expect(sends(json!({ "status_id": 55 }), false).answers(200, changed(true, json!([]))));
    let asked = [("order", "O260147"), ("status", "55")];
    assert_eq!(shop.run("change-order-status", asked), Ok(json!(true)));
}

#[test]
fn a_warning_does_not_undo_the_change() {
    let shop = mock();
    let warning = json!([{ "object": null, "property": null, "message": "E-mail neodeslán", "level": "warning" }]);
    for flag in [json!(true), json!(1), json!("1")] {
        let mut answer = changed(true, warning.clone());
        answer["orders"][0]["updated_yn"] = flag;
        shop.expect(sends(json!({ "status_id": 55 }), true).answers(200, answer));
        assert_eq!(
            shop.run("change-order-status", asked("55", true)),
            Ok(json!(true))
        );
    }
}

#[test]
fn an_unknown_order_is_false_on_proof() {
    for messages in [
        message(Some("order_number"), "neexistuje"),
        message(None, "chyba"),
        json!([]),
    ] {
        let shop = mock();
        shop.expect(
            sends(json!({ "status_id": 55 }), false).answers(200, changed(false, messages)),
        );
        shop.expect(finds_none());
        assert_eq!(
            shop.run("change-order-status", asked("55", false)),
            Ok(json!(false))
        );
    }
    // The API may leave the order out of its answer, or refuse the request.
    for (status, body) in [
        (200, json!({ "orders": [] }).to_string()),
        (400, String::new()),
    ] {
        let shop = mock();
        shop.expect(sends(json!({ "status_id": 55 }), false).answers(status, body));
        shop.expect(finds_none());
        assert_eq!(
            shop.run("change-order-status", asked("55", false)),
            Ok(json!(false))
        );
    }
}

fn unknown_status() -> Result<Json, Failure> {
    Err(Failure::invalid_parameter(
        "status",
        "the shop has no such status for orders",
    ))
}

#[test]
fn an_unknown_status_that_the_api_names_needs_no_further_request() {
    for (status, property, change) in [
        ("99", "status_id", json!({ "status_id": 99 })),
        ("Ztracená", "status", json!({ "status": "Ztracená" })),
    ] {
        let shop = mock();
        let messages = message(Some(property), "Stav neexistuje.");
        shop.expect(sends(change, false).answers(200, changed(false, messages)));
        assert_eq!(
            shop.run("change-order-status", asked(status, false)),
            unknown_status()
        );
    }
}

#[test]
fn an_unknown_status_that_the_api_does_not_name_is_looked_up() {
    for (status, change) in [
        ("99", json!({ "status_id": 99 })),
        ("Ztracená", json!({ "status": "Ztracená" })),
    ] {
        for (code, body) in [
            (200, changed(false, json!([])).to_string()),
            (400, "<html>".to_owned()),
        ] {
            let shop = mock();
            shop.expect(sends(change.clone(), false).answers(code, body));
            shop.expect(finds_order());
            shop.expect(get("order-statuses").reads().answers(200, statuses()));
            assert_eq!(
                shop.run("change-order-status", asked(status, false)),
                unknown_status()
            );
        }
    }
}

#[test]
fn a_known_order_and_a_known_status_that_did_not_change_are_a_failure() {
    for (status, change) in [
        ("55", json!({ "status_id": 55 })),
        ("Prijatá", json!({ "status": "Prijatá" })),
    ] {
        let shop = mock();
        shop.expect(sends(change, false).answers(200, changed(false, json!([]))));
        shop.expect(finds_order());
        shop.expect(get("order-statuses").reads().answers(200, statuses()));
        let outcome = shop.run("change-order-status", asked(status, false));
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn the_change_of_another_order_is_a_failure() {
    let shop = mock();
    let mut answer = changed(true, json!([]));
    answer["orders"][0]["order_number"] = json!("o260147");
    shop.expect(sends(json!({ "status_id": 55 }), false).answers(200, answer));
    let outcome = shop.run("change-order-status", asked("55", false));
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_answer_without_the_flag_is_a_failure() {
    let shop = mock();
    let answer = json!({ "orders": [{ "order_number": "O260147", "messages": [] }] });
    shop.expect(sends(json!({ "status_id": 55 }), false).answers(200, answer));
    let outcome = shop.run("change-order-status", asked("55", false));
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_empty_status_is_refused() {
    let shop = mock();
    assert_eq!(
        shop.run("change-order-status", asked(" ", false)),
        Err(Failure::invalid_parameter("status", "is empty")),
    );
}

#[test]
fn a_number_that_no_order_can_have_changes_nothing() {
    for function in ["change-order-status", "append-note", "overwrite-note"] {
        let shop = mock();
        let mut asked = vec![("order", "O260147;O260148")];
        asked.push(if function == "change-order-status" {
            ("status", "55")
        } else {
            ("text", "x")
        });
        assert_eq!(shop.run(function, asked), Ok(json!(false)), "{function}");
    }
}

#[test]
fn the_choices_are_the_statuses_of_the_shop() {
    let shop = mock();
    shop.expect(get("order-statuses").reads().answers(200, statuses()));
    assert_eq!(
        shop.choices("change-order-status", "status"),
        Ok(vec![
            Choice::new("1", [("cs", "Přijatá"), ("sk", "Prijatá")]),
            Choice::new("55", [("cs", "Čeká na zákazníka")]),
            Choice::new("60", [("en", "Status 60")]),
        ]),
    );
}

#[test]
fn the_choices_fail_with_the_shop() {
    let shop = mock();
    shop.expect(get("order-statuses").reads().answers(403, ""));
    assert_eq!(
        shop.choices("change-order-status", "status"),
        Err(Failure::unauthorised("GET order-statuses answered 403")),
    );
    shop.expect(get("order-statuses").reads().answers(200, json!({})));
    let outcome = shop.choices("change-order-status", "status");
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn other_parameters_have_no_choices() {
    let shop = mock();
    assert_eq!(shop.choices("change-order-status", "order"), Ok(vec![]));
    assert_eq!(shop.choices("verify-order", "order"), Ok(vec![]));
}
