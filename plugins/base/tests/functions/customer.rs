//! `list-customer-orders` and `list-customer-orders-by-phone`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, Mock};
use serde_json::{Value as Json, json};

use crate::account::{
    asks, asks_by_email, asks_for, finds_order, finds_statuses, mock, order, order_with, orders,
    success,
};

const ANNA: &str = "anna.zielinska@example.net";
/// Three months before the mock's now, which is 12 October 2026 at noon in Prague.
const THREE_MONTHS_AGO: i64 = 1_783_850_400;

fn asked(months: i64) -> [(&'static str, Value); 2] {
    [("email", ANNA.into()), ("months", months.into())]
}

/// The answer of a search: ids and dates as texts.
fn hits(hits: &[(i64, i64)]) -> Json {
    let hits = hits.iter().map(|(id, added)| {
        json!({
            "order_id": id.to_string(), "order_status_id": "55120",
            "date_in_status": "1791018641", "date_add": added.to_string(),
        })
    });
    success(&json!({ "orders": hits.collect::<Vec<_>>() }))
}

fn searches() -> Expected {
    asks("getOrdersByEmail", &json!({ "email": ANNA }))
}

fn ids(outcome: &Json) -> Vec<&str> {
    let orders = outcome["orders"].as_array().unwrap();
    orders
        .iter()
        .map(|order| order["order-id"].as_str().unwrap())
        .collect()
}

#[test]
fn the_orders_of_three_months_are_listed_by_default() {
    let base = mock().setting("archive-statuses", Value::from("55190"));
    base.expect(asks_by_email(ANNA, Some(THREE_MONTHS_AGO)).answers(200, orders(&[order()])));
    base.expect(searches().answers(200, hits(&[(90_155_231, 1_790_950_927)])));
    base.expect(finds_statuses());
    let outcome = base.run("list-customer-orders", [("email", ANNA)]).unwrap();
    insta::assert_json_snapshot!(outcome);
}

#[test]
fn orders_that_only_the_other_search_finds_are_read_and_all_are_newest_first() {
    let base = mock();
    let newer = order_with(&json!({ "order_id": 90155400, "date_add": 1791204300 }));
    let archived = order_with(&json!({ "order_id": 90149001, "date_add": 1741253700 }));
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&[order(), newer])));
    let found = [
        (90_149_001, 1_741_253_700),
        (90_155_231, 1_790_950_927),
        (90_155_400, 1_791_204_300),
    ];
    base.expect(searches().answers(200, hits(&found)));
    base.expect(asks_for(90_149_001).answers(200, orders(&[archived])));
    base.expect(finds_statuses());
    let outcome = base.run("list-customer-orders", asked(0)).unwrap();
    assert_eq!(ids(&outcome), ["90155400", "90155231", "90149001"]);
    assert_eq!(outcome["more"], false);
}

#[test]
fn hits_from_before_the_months_asked_for_are_not_read() {
    let base = mock();
    base.expect(asks_by_email(ANNA, Some(THREE_MONTHS_AGO)).answers(200, orders(&[order()])));
    base.expect(searches().answers(200, hits(&[(90_149_001, THREE_MONTHS_AGO - 1)])));
    base.expect(finds_statuses());
    let outcome = base.run("list-customer-orders", asked(3)).unwrap();
    assert_eq!(ids(&outcome), ["90155231"]);
}

#[test]
fn a_customer_without_orders_is_false() {
    let base = mock();
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&[])));
    base.expect(searches().answers(200, hits(&[])));
    assert_eq!(base.run("list-customer-orders", asked(0)), Ok(json!(false)));
}

#[test]
fn a_hit_with_another_email_is_not_the_customers() {
    let other = |id: i64| order_with(&json!({ "order_id": id, "email": "jan@example.com" }));
    let base = mock();
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&[other(1)])));
    base.expect(searches().answers(200, hits(&[(2, 1), (3, 1)])));
    // Newest first; the third is gone meanwhile.
    base.expect(asks_for(3).answers(200, orders(&[])));
    base.expect(asks_for(2).answers(200, orders(&[other(2)])));
    assert_eq!(base.run("list-customer-orders", asked(0)), Ok(json!(false)));
}

#[test]
fn at_most_twenty_orders_are_read_one_by_one_the_newest_ones() {
    let base = mock();
    let many: Vec<_> = (1..=25).map(|id| (id, 1_000 + id)).collect();
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&[])));
    base.expect(searches().answers(200, hits(&many)));
    for id in (6..=25).rev() {
        let order = order_with(&json!({ "order_id": id, "date_add": 1_000 + id }));
        base.expect(asks_for(id).answers(200, orders(&[order])));
    }
    base.expect(finds_statuses());
    let outcome = base.run("list-customer-orders", asked(0)).unwrap();
    assert_eq!(
        (outcome["count"].as_i64(), &outcome["more"]),
        (Some(20), &json!(true))
    );
    assert_eq!(ids(&outcome)[0], "25");
}

#[test]
fn at_most_three_hundred_orders_are_listed_and_more_is_true() {
    let base = mock();
    for page in 0..3 {
        let mut asked = json!({ "filter_email": ANNA, "get_unconfirmed_orders": true });
        if page > 0 {
            asked["id_from"] = (page * 100 + 1).into();
        }
        let found: Vec<_> = (page * 100 + 1..=page * 100 + 100)
            .map(|id| order_with(&json!({ "order_id": id })))
            .collect();
        base.expect(asks("getOrders", &asked).answers(200, orders(&found)));
    }
    base.expect(searches().answers(200, hits(&[])));
    base.expect(finds_statuses());
    let outcome = base.run("list-customer-orders", asked(0)).unwrap();
    assert_eq!(
        (outcome["count"].as_i64(), &outcome["more"]),
        (Some(300), &json!(true))
    );
}

#[test]
fn months_have_to_be_a_valid_number() {
    for months in [-1, 1201] {
        assert_eq!(
            mock().run("list-customer-orders", asked(months)),
            Err(Failure::invalid_parameter(
                "months",
                "is not between 0 and 1200"
            ))
        );
    }
}

fn by_phone<S: krabice_plugin::Settings>(
    base: &Mock<S>,
    phone: &'static str,
) -> Result<Json, Failure> {
    base.run("list-customer-orders-by-phone", [("phone", phone)])
}

fn searches_phone(phone: &str) -> Expected {
    asks("getOrdersByPhone", &json!({ "phone": phone }))
}

#[test]
fn a_phone_finds_its_orders() {
    let base = mock();
    // Each spelling is searched by: which of them Base takes for the same is not documented.
    base.expect(searches_phone("+48 500 100 200").answers(200, hits(&[])));
    base.expect(searches_phone("500100200").answers(200, hits(&[(90_155_231, 1)])));
    base.expect(searches_phone("+48500100200").answers(200, hits(&[(90_155_231, 1)])));
    base.expect(finds_order());
    base.expect(finds_statuses());
    let outcome = by_phone(&base, " +48 500 100 200 ").unwrap();
    assert_eq!(ids(&outcome), ["90155231"]);
    assert_eq!(outcome["orders"][0]["total"], "254.9");
}

#[test]
fn a_phone_without_orders_is_false() {
    let base = mock();
    base.expect(searches_phone("500100201").answers(200, hits(&[])));
    assert_eq!(by_phone(&base, "500100201"), Ok(json!(false)));
    // A hit by a part of the number proves nothing.
    base.expect(searches_phone("100200").answers(200, hits(&[(90_155_231, 1)])));
    base.expect(finds_order());
    assert_eq!(by_phone(&base, "100200"), Ok(json!(false)));
}

#[test]
fn too_many_hits_of_other_customers_prove_nothing() {
    let base = mock();
    let many: Vec<_> = (1..=21).map(|id| (id, id)).collect();
    base.expect(searches_phone("100200").answers(200, hits(&many)));
    for id in (2..=21).rev() {
        let order = order_with(&json!({ "order_id": id }));
        base.expect(asks_for(id).answers(200, orders(&[order])));
    }
    let outcome = by_phone(&base, "100200");
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn a_phone_without_a_digit_is_refused() {
    assert_eq!(
        by_phone(&mock(), "telefon"),
        Err(Failure::invalid_parameter("phone", "has no digit"))
    );
}

#[test]
fn an_unfinished_order_does_not_spoil_the_list() {
    let base = mock();
    let unfinished = order_with(&json!({
        "order_id": 90155500, "date_add": 1791204300, "delivery_price": null, "currency": "",
        "date_confirmed": 0, "confirmed": false, "email": "anna.zielinska@example.net; a@b.cz",
    }));
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&[unfinished, order()])));
    base.expect(searches().answers(200, hits(&[])));
    base.expect(finds_statuses());
    let outcome = base.run("list-customer-orders", asked(0)).unwrap();
    assert_eq!(ids(&outcome), ["90155500", "90155231"]);
    assert_eq!(outcome["orders"][0].get("total"), None);
    assert_eq!(outcome["more"], false);
}

#[test]
fn an_order_that_cannot_be_read_is_left_out_and_more_says_so() {
    let base = mock();
    let odd = order_with(&json!({ "order_id": 90155500, "date_add": "?" }));
    let silent = order_with(&json!({ "order_id": 90155501, "email": [] }));
    base.expect(asks_by_email(ANNA, None).answers(
        200,
        orders(&[odd.clone(), silent.clone(), json!(1), order()]),
    ));
    base.expect(searches().answers(200, hits(&[])));
    base.expect(finds_statuses());
    let outcome = base.run("list-customer-orders", asked(0)).unwrap();
    assert_eq!(ids(&outcome), ["90155231"]);
    assert_eq!(outcome["more"], true);
    // With nothing else to list, it is not told as none.
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&[silent])));
    base.expect(searches().answers(200, hits(&[])));
    let outcome = base.run("list-customer-orders", asked(0));
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
