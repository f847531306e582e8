//! `list-orders-since`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::account::{asks, finds_statuses, mock, order, order_with, orders};

fn asks_since(second: i64) -> Expected {
    asks("getOrders", &json!({ "date_confirmed_from": second }))
}

fn since(moment: &str) -> [(&'static str, Value); 1] {
    [("since", Value::Timestamp(moment.to_owned()))]
}

#[test]
fn orders_since_a_moment_come_with_the_moment_for_the_next_call() {
    let base = mock();
    base.expect(asks_since(1_790_951_130).answers(200, orders(&[order()])));
    base.expect(finds_statuses());
    let outcome = base
        .run("list-orders-since", since("2026-10-02T16:25:30+02:00"))
        .unwrap();
    assert_eq!(outcome["orders"][0]["order-id"], "90155231");
    assert_eq!(outcome["next"], "2026-10-02T14:25:31Z");
    assert_eq!(
        (&outcome["count"], &outcome["more"]),
        (&json!(1), &json!(false))
    );
}

#[test]
fn a_first_run_goes_three_months_back() {
    let base = mock();
    base.expect(asks_since(1_783_850_400).answers(200, orders(&[])));
    let nothing: [(&str, Value); 0] = [];
    assert_eq!(base.run("list-orders-since", nothing), Ok(json!(false)));
}

/// A hundred orders, the last one confirmed at this second.
fn page(last: i64) -> Json {
    let found: Vec<_> = (last - 99..=last)
        .map(|second| order_with(&json!({ "order_id": second, "date_confirmed": second })))
        .collect();
    orders(&found)
}

#[test]
fn after_a_full_answer_the_next_begins_with_the_second_of_the_last_confirmation() {
    let base = mock();
    base.expect(asks_since(0).answers(200, page(100)));
    base.expect(asks_since(100).answers(200, page(199)));
    base.expect(asks_since(199).answers(200, orders(&[])));
    base.expect(finds_statuses());
    let outcome = base
        .run("list-orders-since", since("1970-01-01T00:00:00Z"))
        .unwrap();
    assert_eq!(
        (&outcome["count"], &outcome["more"]),
        (&json!(199), &json!(false))
    );
    assert_eq!(outcome["next"], "1970-01-01T00:03:19Z");
}

#[test]
fn three_full_answers_are_read_and_more_is_true() {
    let base = mock();
    for (first, last) in [(0, 100), (100, 199), (199, 298)] {
        base.expect(asks_since(first).answers(200, page(last)));
    }
    base.expect(finds_statuses());
    let outcome = base
        .run("list-orders-since", since("1970-01-01T00:00:00Z"))
        .unwrap();
    assert_eq!(
        (&outcome["count"], &outcome["more"]),
        (&json!(298), &json!(true))
    );
    assert_eq!(outcome["next"], "1970-01-01T00:04:58Z");
}

#[test]
fn more_orders_of_one_second_than_an_answer_holds_are_all_listed() {
    let of_second = |numbers: std::ops::RangeInclusive<i64>| {
        let found: Vec<_> = numbers
            .map(|id| order_with(&json!({ "order_id": id, "date_confirmed": 50 })))
            .collect();
        orders(&found)
    };
    let by_number = |from: i64| {
        let asked = json!({ "date_confirmed_from": 50, "id_from": from });
        asks("getOrders", &asked)
    };
    let base = mock();
    base.expect(asks_since(50).answers(200, of_second(1..=100)));
    base.expect(by_number(1).answers(200, of_second(1..=100)));
    base.expect(by_number(101).answers(200, of_second(101..=150)));
    base.expect(asks_since(51).answers(200, orders(&[])));
    base.expect(finds_statuses());
    let outcome = base
        .run("list-orders-since", since("1970-01-01T00:00:50Z"))
        .unwrap();
    assert_eq!(
        (&outcome["count"], &outcome["more"], &outcome["next"]),
        (&json!(150), &json!(false), &json!("1970-01-01T00:00:51Z"))
    );
}

#[test]
fn an_odd_order_does_not_stop_the_feed() {
    let base = mock();
    let odd = [
        order_with(&json!({ "order_id": 1, "currency": "" })),
        order_with(&json!({ "order_id": 2, "delivery_price": null })),
        order_with(&json!({ "order_id": 3, "products": null })),
        order_with(&json!({ "order_id": 4, "date_add": "yesterday" })),
        order_with(&json!({ "order_id": [], "date_confirmed": "?" })),
        json!(null),
        order(),
    ];
    base.expect(asks_since(1_790_951_130).answers(200, orders(&odd)));
    base.expect(finds_statuses());
    let outcome = base
        .run("list-orders-since", since("2026-10-02T14:25:30Z"))
        .unwrap();
    let ids: Vec<_> = outcome["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["order-id"])
        .collect();
    assert_eq!(ids, ["90155231", "3", "2", "1"]);
    let total = |at: usize| outcome["orders"][at].get("total").cloned();
    assert_eq!((total(1), total(2)), (None, None));
    assert_eq!(outcome["orders"][3]["currency"], "");
    assert_eq!(outcome["next"], "2026-10-02T14:25:31Z");
}

#[test]
fn an_order_from_before_the_moment_says_that_nobody_looked_at_it() {
    let base = mock();
    base.expect(asks_since(1_790_951_131).answers(200, orders(&[order()])));
    assert_eq!(
        base.run("list-orders-since", since("2026-10-02T14:25:31Z")),
        Err(Failure::unexpected_answer(
            "getOrders: an order confirmed before the moment asked for"
        ))
    );
}
