//! `list-orders-changed-since`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::shop::{asks_orders, list, lists_currencies, lists_statuses, mock, order_with, page};

const SINCE: &str = "2026-02-12 16:00:00";

fn asks(number: u32) -> Expected {
    let filters = json!({ "status_date": { ">=": SINCE } });
    asks_orders(&filters, "status_date asc", number)
}

fn changed(number: &str, at: &str) -> Json {
    let mut order = order_with("order_id", json!(number));
    order["status_date"] = json!(at);
    order
}

fn since(after: Option<&str>) -> Vec<(&'static str, Value)> {
    let mut asked = vec![(
        "since",
        Value::Timestamp("2026-02-12T16:00:00+01:00".to_owned()),
    )];
    asked.extend(after.map(|after| ("after", Value::from(after))));
    asked
}

fn numbers(listed: &Json) -> Vec<&str> {
    let orders = listed["orders"].as_array().unwrap();
    orders
        .iter()
        .map(|order| order["number"].as_str().unwrap())
        .collect()
}

#[test]
fn orders_come_in_the_order_of_their_changes_with_a_cursor() {
    let shop = mock();
    let orders = [
        changed("12", SINCE),
        changed("9", SINCE),
        changed("10", "2026-02-13 00:00:01"),
    ];
    shop.expect(asks(1).answers(200, list(&orders)))
        .expect(lists_statuses())
        .expect(lists_currencies());
    let listed = shop.run("list-orders-changed-since", since(None)).unwrap();
    assert_eq!(numbers(&listed), ["9", "12", "10"]);
    assert_eq!(listed["count"], 3);
    assert_eq!(listed["more"], false);
    assert_eq!(listed["last-changed"], "2026-02-13T00:00:01[Europe/Prague]");
    assert_eq!(listed["last-order"], "10");
    assert_eq!(
        listed["orders"][0]["changed"],
        "2026-02-12T16:00:00[Europe/Prague]"
    );
}

#[test]
fn orders_seen_in_the_last_second_do_not_come_again() {
    let shop = mock();
    let orders = [
        changed("9", SINCE),
        changed("10", SINCE),
        changed("12", SINCE),
    ];
    shop.expect(asks(1).answers(200, list(&orders)))
        .expect(lists_statuses())
        .expect(lists_currencies());
    let listed = shop
        .run("list-orders-changed-since", since(Some("10")))
        .unwrap();
    assert_eq!(numbers(&listed), ["12"]);
    shop.expect(asks(1).answers(200, list(&orders)));
    assert_eq!(
        shop.run("list-orders-changed-since", since(Some("12"))),
        Ok(json!(false))
    );
}

#[test]
fn a_change_within_the_last_second_comes_with_the_overlap() {
    let last = "2026-02-12 16:01:00";
    let shop = mock();
    // Order 9 changed in the second of order 10 after that one was seen.
    let orders = [
        changed("5", SINCE),
        changed("11", SINCE),
        changed("8", "2026-02-12 16:00:01"),
        changed("9", last),
        changed("10", last),
    ];
    shop.expect(asks(1).answers(200, list(&orders)))
        .expect(lists_statuses())
        .expect(lists_currencies());
    let listed = shop
        .run("list-orders-changed-since", since(Some("10")))
        .unwrap();
    assert_eq!(
        numbers(&listed),
        ["11", "8", "9", "10"],
        "the number cuts nothing but the second that is asked for"
    );
}

#[test]
fn a_round_with_an_overlap_gets_on() {
    // More orders changed in the minute before the cursor than are read at once.
    let shop = mock();
    for number in 1..=5 {
        let orders = [
            changed(&format!("{number}"), &format!("2026-02-12 16:00:1{number}")),
            changed("90", "2026-02-12 16:00:20"),
        ];
        shop.expect(asks(number).answers(200, page(&orders, 1, 9)));
    }
    shop.expect(lists_statuses()).expect(lists_currencies());
    let listed = shop
        .run("list-orders-changed-since", since(Some("99")))
        .unwrap();
    assert_eq!(listed["more"], true);
    assert_eq!(listed["last-order"], "5");
    assert_eq!(listed["last-changed"], "2026-02-12T16:00:15[Europe/Prague]");

    let filters = json!({ "status_date": { ">=": "2026-02-12 16:00:15" } });
    let orders = [
        changed("5", "2026-02-12 16:00:15"),
        changed("90", "2026-02-12 16:00:20"),
    ];
    let first = asks_orders(&filters, "status_date asc", 1);
    shop.expect(first.answers(200, list(&orders)))
        .expect(lists_statuses())
        .expect(lists_currencies());
    let asked = [
        (
            "since",
            Value::Timestamp("2026-02-12T16:00:15+01:00".to_owned()),
        ),
        ("after", Value::from("5")),
    ];
    let listed = shop.run("list-orders-changed-since", asked).unwrap();
    assert_eq!(numbers(&listed), ["90"]);
    assert_eq!(listed["more"], false);
}

#[test]
fn the_first_run_looks_six_months_back() {
    let shop = mock();
    let filters = json!({ "status_date": { ">=": "2025-09-14 12:00:00" } });
    shop.expect(asks_orders(&filters, "status_date asc", 1).answers(200, list(&[])));
    assert_eq!(
        shop.run::<&str>("list-orders-changed-since", []),
        Ok(json!(false))
    );
}

#[test]
fn a_cut_list_ends_with_a_whole_second() {
    let shop = mock();
    for number in 1..=5 {
        let orders = [
            changed(
                &format!("{number}0"),
                &format!("2026-02-13 00:00:0{number}"),
            ),
            changed(
                &format!("{number}1"),
                &format!("2026-02-13 00:00:0{}", number + 1),
            ),
        ];
        shop.expect(asks(number).answers(200, page(&orders, 1, 9)));
    }
    shop.expect(lists_statuses()).expect(lists_currencies());
    let listed = shop.run("list-orders-changed-since", since(None)).unwrap();
    assert_eq!(listed["more"], true);
    assert_eq!(
        listed["last-order"], "50",
        "the second of order 51 may go on"
    );
    assert_eq!(numbers(&listed).len(), 9);
}

#[test]
fn rows_that_do_not_fit_are_left_out() {
    let shop = mock();
    let never = order_with("status_date", json!(null));
    shop.expect(asks(1).answers(200, list(&[never, changed("5", "2026-02-12 15:59:59")])));
    assert_eq!(
        shop.run("list-orders-changed-since", since(None)),
        Ok(json!(false))
    );

    for number in 1..=5 {
        let old = changed("5", "2020-01-01 00:00:00");
        shop.expect(asks(number).answers(200, page(&[old], 1, 9)));
    }
    let outcome = shop.run("list-orders-changed-since", since(None));
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn more_changes_in_one_second_than_are_read_are_a_failure() {
    let shop = mock();
    for number in 1..=5 {
        let orders = [changed(&format!("{number}"), SINCE)];
        shop.expect(asks(number).answers(200, page(&orders, 1, 9)));
    }
    let outcome = shop.run("list-orders-changed-since", since(Some("5")));
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn the_last_order_of_the_run_before_has_a_number() {
    for after in ["", "abc"] {
        let outcome = mock().run("list-orders-changed-since", since(Some(after)));
        assert!(
            matches!(&outcome, Err(Failure::InvalidParameter(it)) if it.name == "after"),
            "{outcome:?}"
        );
    }
}

#[test]
fn an_odd_order_does_not_stop_the_feed() {
    let shop = mock();
    let with = |number: &str, key: &str, value: Json| {
        let mut order = changed(number, "2026-02-13 00:00:01");
        order[key] = value;
        order
    };
    let orders = [
        changed("9", SINCE),
        with("10", "currency_id", json!("77")),
        with("11", "sum", json!("?")),
        with("12", "status_date", json!("tomorrow")),
        with("x", "date", json!(null)),
        json!(false),
    ];
    shop.expect(asks(1).answers(200, list(&orders)))
        .expect(lists_statuses())
        .expect(lists_currencies());
    let listed = shop.run("list-orders-changed-since", since(None)).unwrap();
    assert_eq!(numbers(&listed), ["9", "10"]);
    assert_eq!(listed["orders"][1]["currency"], "");
    assert_eq!(
        listed["last-order"], "11",
        "the cursor is behind the odd order"
    );
}
