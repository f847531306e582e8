//! `load-order`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use serde_json::json;

use crate::account::{
    asks_for, asks_packages, finds_none, finds_order, finds_statuses, mock, order_with,
    order_without, orders, packages, success,
};

#[test]
fn an_order_is_loaded_with_its_parcels_and_the_names_of_its_status() {
    let base = mock();
    base.expect(finds_order());
    base.expect(asks_packages().answers(200, packages()));
    base.expect(finds_statuses());
    let outcome = base.run("load-order", [("order", "90155231")]).unwrap();
    insta::assert_json_snapshot!(outcome);
}

#[test]
fn an_order_that_does_not_exist_is_false_by_one_request() {
    let base = mock();
    base.expect(finds_none());
    assert_eq!(
        base.run("load-order", [("order", "90155231")]),
        Ok(json!(false))
    );
}

#[test]
fn a_number_that_no_order_can_have_needs_no_request() {
    for number in ["O260147", "0", "-1", "99999999999999999999"] {
        let outcome = mock().run("load-order", [("order", number)]);
        assert_eq!(outcome, Ok(json!(false)), "{number}");
    }
    assert_eq!(
        mock().run("load-order", [("order", " ")]),
        Err(Failure::invalid_parameter("order", "is empty"))
    );
}

/// The answer of `load-order` with some fields changed.
fn loaded(
    changes: &serde_json::Value,
    settings: &[(&str, Value)],
) -> Result<serde_json::Value, Failure> {
    let mut base = mock();
    for (name, value) in settings {
        base = base.setting(name, value.clone());
    }
    base.expect(asks_for(90_155_231).answers(200, orders(&[order_with(changes)])));
    base.expect(asks_packages().answers(200, success(&json!({ "packages": [] }))));
    base.expect(finds_statuses());
    base.run("load-order", [("order", "90155231")])
}

#[test]
fn numbers_and_flags_may_be_texts() {
    let texts = json!({
        "order_id": "90155231", "order_status_id": "55120", "date_add": "1790950927",
        "date_confirmed": "1790951130", "date_in_status": "1791018641", "confirmed": "1",
        "payment_method_cod": "1", "payment_done": "254.89", "delivery_price": "14.90",
        "want_invoice": 1,
    });
    let order = loaded(&texts, &[]).unwrap();
    assert_eq!(order["total"], "254.90");
    assert_eq!(order["paid"], "254.89");
    assert_eq!(order["paid-in-full"], true, "one hundredth may be missing");
    assert_eq!(order["cash-on-delivery"], true);
    assert_eq!(order["wants-invoice"], true);
    assert_eq!(order["confirmed-at"], "2026-10-02T14:25:30Z");
}

#[test]
fn missing_values_are_absent() {
    let unset = json!({
        "shop_order_id": 0, "external_order_id": "", "date_confirmed": 0, "email": "", "phone": "",
        "order_page": "", "order_status_id": 1,
    });
    let order = loaded(&unset, &[]).unwrap();
    for absent in [
        "shop-order",
        "external-order",
        "confirmed-at",
        "email",
        "phone",
        "buyer-page",
        "archived",
        "point",
    ] {
        assert_eq!(order.get(absent), None, "{absent}");
    }
    assert_eq!(
        order["status"], "",
        "a status that the account no longer has"
    );
}

#[test]
fn a_pick_up_point_is_given() {
    let point = json!({
        "delivery_point_id": "GDY21A", "delivery_point_name": "Paczkomat GDY21A",
        "delivery_point_address": "Morska 98", "delivery_point_postcode": "81-225",
        "delivery_point_city": "Gdynia",
    });
    assert_eq!(
        loaded(&point, &[]).unwrap()["point"],
        json!({
            "id": "GDY21A", "name": "Paczkomat GDY21A", "street": "Morska 98",
            "postcode": "81-225", "city": "Gdynia",
        })
    );
}

#[test]
fn the_link_begins_with_the_panel_of_the_connection() {
    let panel = [(
        "panel-address",
        Value::from("https://panel-g.baselinker.com/"),
    )];
    assert_eq!(
        loaded(&json!({}), &panel).unwrap()["panel-url"],
        "https://panel-g.baselinker.com/orders.php#order:90155231"
    );
}

#[test]
fn an_order_is_archived_by_the_rule() {
    let archived = |settings: &[(&str, Value)]| {
        let order = loaded(&json!({}), settings).unwrap();
        order.get("archived").and_then(serde_json::Value::as_bool)
    };
    let statuses = |text: &str| [("archive-statuses", Value::from(text))];
    assert_eq!(archived(&[]), None);
    assert_eq!(archived(&statuses(" ")), None);
    assert_eq!(archived(&statuses("55190, 55120")), Some(true));
    assert_eq!(archived(&statuses("55190;55191")), Some(false));
    // In its status since nine days ago.
    let days = |days: i64| [("archive-days", Value::from(days))];
    assert_eq!(archived(&days(9)), Some(true));
    assert_eq!(archived(&days(10)), Some(false));
    let both = |status: &str, days: i64| {
        archived(&[
            ("archive-statuses", Value::from(status)),
            ("archive-days", Value::from(days)),
        ])
    };
    assert_eq!(both("55190", 9), Some(true));
    assert_eq!(both("55120", 10), Some(true));
    assert_eq!(both("55190", 10), Some(false));
}

#[test]
fn an_invalid_rule_is_a_failure_without_a_request() {
    for (setting, value, detail) in [
        (
            "archive-statuses",
            Value::from("Archiwum"),
            "is not a list of status numbers",
        ),
        ("archive-days", Value::from(0), "is less than one day"),
    ] {
        let base = mock().setting(setting, value);
        assert_eq!(
            base.run("load-order", [("order", "90155231")]),
            Err(Failure::invalid_parameter(setting, detail))
        );
    }
}

#[test]
fn without_the_switch_no_parcel_has_the_field_of_its_label() {
    let base = mock().setting("show-labels", Value::from(false));
    base.expect(finds_order());
    base.expect(asks_packages().answers(200, packages()));
    base.expect(finds_statuses());
    let order = base.run("load-order", [("order", "90155231")]).unwrap();
    assert_eq!(order["parcels"].as_array().unwrap().len(), 3);
    assert!(!order.to_string().contains("\"label\""), "{order}");
}

#[test]
fn a_state_is_told_in_the_sessions_language() {
    let base = mock().language("pl");
    base.expect(finds_order());
    base.expect(asks_packages().answers(200, packages()));
    base.expect(finds_statuses());
    let order = base.run("load-order", [("order", "90155231")]).unwrap();
    assert_eq!(order["parcels"][1]["state"], "out-for-delivery");
    assert_eq!(order["parcels"][1]["state-words"], "w doręczeniu");
}

#[test]
fn an_order_without_a_required_value_is_a_failure() {
    for key in ["date_add", "order_status_id"] {
        let base = mock();
        base.expect(asks_for(90_155_231).answers(200, orders(&[order_without(key)])));
        base.expect(asks_packages().answers(200, packages()));
        base.expect(finds_statuses());
        assert_eq!(
            base.run("load-order", [("order", "90155231")]),
            Err(Failure::unexpected_answer(format!(
                "the answer lacks `{key}`"
            ))),
        );
    }
}

#[test]
fn what_base_does_not_tell_is_absent() {
    for (key, fields) in [
        ("payment_done", vec!["paid", "paid-in-full"]),
        (
            "delivery_price",
            vec!["delivery-price", "total", "paid-in-full"],
        ),
        ("products", vec!["total", "paid-in-full"]),
        ("email", vec!["email"]),
        ("phone", vec!["phone"]),
        ("date_in_status", vec!["status-since"]),
    ] {
        let base = mock();
        base.expect(asks_for(90_155_231).answers(200, orders(&[order_without(key)])));
        base.expect(asks_packages().answers(200, packages()));
        base.expect(finds_statuses());
        let outcome = base.run("load-order", [("order", "90155231")]).unwrap();
        for field in fields {
            assert_eq!(outcome.get(field), None, "{key}");
        }
    }
}

#[test]
fn a_free_text_of_staff_is_no_email_phone_or_link() {
    for text in [
        "brak",
        "-",
        "a@b.cz; c@d.cz",
        "a@b.cz,c@d.cz",
        "Jan <jan@x.cz>",
        "jan novak@x.cz",
        "jan@",
    ] {
        let base = mock();
        let found = order_with(&json!({
            "email": text, "phone": "brak", "order_page": "http://[x", "want_invoice": "maybe",
            "date_confirmed": "yesterday", "user_comments": "a\u{0}b",
        }));
        base.expect(asks_for(90_155_231).answers(200, orders(&[found])));
        base.expect(asks_packages().answers(200, packages()));
        base.expect(finds_statuses());
        let outcome = base.run("load-order", [("order", "90155231")]).unwrap();
        for field in [
            "email",
            "phone",
            "buyer-page",
            "wants-invoice",
            "confirmed-at",
        ] {
            assert_eq!(outcome.get(field), None, "{text} {field}");
        }
        assert_eq!(outcome["customer-comments"], "ab");
    }
}
