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
fn after_a_full_answer_the_next_begins_a_second_after_the_last_confirmation() {
    let base = mock();
    base.expect(asks_since(0).answers(200, page(100)));
    base.expect(asks_since(101).answers(200, page(200)));
    base.expect(asks_since(201).answers(200, orders(&[])));
    base.expect(finds_statuses());
    let outcome = base
        .run("list-orders-since", since("1970-01-01T00:00:00Z"))
        .unwrap();
    assert_eq!(
        (&outcome["count"], &outcome["more"]),
        (&json!(200), &json!(false))
    );
    assert_eq!(outcome["next"], "1970-01-01T00:03:21Z");
}

#[test]
fn three_full_answers_are_read_and_more_is_true() {
    let base = mock();
    for first in [0, 101, 201] {
        let last = if first == 0 { 100 } else { first + 99 };
        base.expect(asks_since(first).answers(200, page(last)));
    }
    base.expect(finds_statuses());
    let outcome = base
        .run("list-orders-since", since("1970-01-01T00:00:00Z"))
        .unwrap();
    assert_eq!(
        (&outcome["count"], &outcome["more"]),
        (&json!(300), &json!(true))
    );
    assert_eq!(outcome["next"], "1970-01-01T00:05:01Z");
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
