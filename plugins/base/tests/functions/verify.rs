//! `verify-order`.

use krabice_plugin::Failure;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::account::{
    asks, asks_by_email, asks_for, finds_none, finds_order, mock, order, order_with, order_without,
    orders, searches_none, success,
};

const ANNA: &str = "anna.zielinska@example.net";

fn asked(number: &'static str, email: &'static str) -> [(&'static str, &'static str); 2] {
    [("number", number), ("email", email)]
}

fn verified() -> Json {
    json!({
        "order-id": "90155231", "status-id": "55120", "created": "2026-10-02T14:22:07Z",
        "confirmed": true,
    })
}

fn asks_shop_order(number: i64) -> Expected {
    let asked = json!({ "filter_shop_order_id": number, "get_unconfirmed_orders": true });
    asks("getOrders", &asked)
}

#[test]
fn the_number_in_base_and_the_email_are_proven_by_one_request() {
    for email in [ANNA, "ANNA.Zielinska@example.NET"] {
        let base = mock();
        base.expect(finds_order());
        let outcome = base.run("verify-order", asked("90155231", email));
        assert_eq!(outcome, Ok(verified()), "{email}");
    }
}

#[test]
fn the_number_in_the_shop_is_taken_too_and_the_email_decides_between_two_shops() {
    let base = mock();
    base.expect(asks_for(4821).answers(200, orders(&[])));
    let other = order_with(&json!({ "order_id": 90155500, "email": "jan.kowalski@example.com" }));
    base.expect(asks_shop_order(4821).answers(200, orders(&[other, order()])));
    assert_eq!(
        base.run("verify-order", asked("4821", ANNA)),
        Ok(verified())
    );
}

#[test]
fn the_number_in_the_marketplace_is_searched_among_the_orders_of_the_email() {
    let base = mock();
    let other = order_with(&json!({ "order_id": 90155500, "external_order_id": "x" }));
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&[other, order()])));
    let number = "c2b1e0d0-77aa-11f0-9a31-0242ac120002";
    assert_eq!(
        base.run("verify-order", asked(number, ANNA)),
        Ok(verified())
    );
}

#[test]
fn an_unknown_number_and_another_email_have_the_same_answer() {
    let base = mock();
    for first in [finds_none(), finds_order()] {
        base.expect(first);
        base.expect(asks_shop_order(90_155_231).answers(200, orders(&[])));
        base.expect(asks_by_email("jan@example.com", None).answers(200, orders(&[])));
        base.expect(searches_none("jan@example.com"));
        let outcome = base.run("verify-order", asked("90155231", "jan@example.com"));
        assert_eq!(outcome, Ok(json!(false)));
    }
}

#[test]
fn a_number_of_a_marketplace_may_lack_its_dashes_and_capitals() {
    for typed in ["403-1234567-AB", " 4031234567ab", "#403-1234567-ab"] {
        let base = mock();
        let order = order_with(&json!({ "external_order_id": "403-1234567-AB" }));
        base.expect(asks_by_email(ANNA, None).answers(200, orders(&[order])));
        assert_eq!(
            base.run("verify-order", asked(typed, ANNA)),
            Ok(verified()),
            "{typed}"
        );
    }
}

#[test]
fn a_hit_that_bears_another_number_or_email_is_no_proof() {
    for hit in [
        order_with(&json!({ "external_order_id": "other" })),
        order_with(&json!({ "external_order_id": "a-1", "email": "x@example.com" })),
        order_with(&json!({ "external_order_id": "a-1", "email": "" })),
    ] {
        let base = mock();
        base.expect(asks_by_email(ANNA, None).answers(200, orders(&[hit])));
        base.expect(searches_none(ANNA));
        assert_eq!(
            base.run("verify-order", asked("a-1", ANNA)),
            Ok(json!(false))
        );
    }
}

#[test]
fn zero_and_minus_one_are_not_numbers_of_orders() {
    for none in [json!(0), json!("-1"), json!("0")] {
        let base = mock();
        let order = order_with(&json!({ "shop_order_id": none, "external_order_id": none }));
        base.expect(asks_by_email(ANNA, None).answers(200, orders(&[order])));
        base.expect(searches_none(ANNA));
        assert_eq!(
            base.run("verify-order", asked("-1", ANNA)),
            Ok(json!(false))
        );
    }
}

#[test]
fn an_email_is_searched_in_small_letters_and_as_it_was_typed() {
    let typed = "Anna.Zielinska@Example.NET";
    let base = mock();
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&[])));
    base.expect(asks_by_email(typed, None).answers(200, orders(&[])));
    let hits = json!({ "orders": [{ "order_id": "90155231", "date_add": "1790950927" }] });
    let search = |email: &str| asks("getOrdersByEmail", &json!({ "email": email }));
    base.expect(search(ANNA).answers(200, success(&hits)));
    base.expect(search(typed).answers(200, orders(&[])));
    base.expect(finds_order());
    let number = "c2b1e0d0-77aa-11f0-9a31-0242ac120002";
    assert_eq!(
        base.run("verify-order", asked(number, typed)),
        Ok(verified())
    );
}

#[test]
fn an_order_that_does_not_say_whose_it_is_does_not_hide_the_customers_own() {
    let base = mock();
    base.expect(asks_for(4821).answers(200, orders(&[])));
    let silent = {
        let mut order = order_without("email");
        order["order_id"] = json!(90155500);
        order
    };
    base.expect(asks_shop_order(4821).answers(200, orders(&[silent, json!(false), order()])));
    assert_eq!(
        base.run("verify-order", asked("#04821", ANNA)),
        Ok(verified())
    );
}

#[test]
fn the_vendors_sample_has_no_flag_of_confirmation() {
    let base = mock();
    base.expect(asks_for(90_155_231).answers(200, orders(&[order_without("confirmed")])));
    assert_eq!(
        base.run("verify-order", asked("90155231", ANNA)),
        Ok(verified())
    );
}

#[test]
fn an_order_of_the_old_types_is_the_same_order() {
    let base = mock();
    let old = order_with(&json!({
        "order_id": "90155231", "order_status_id": "55120", "date_add": "1790950927",
        "confirmed": "1", "shop_order_id": "4821",
    }));
    base.expect(asks_for(90_155_231).answers(200, orders(&[old])));
    assert_eq!(
        base.run("verify-order", asked("90155231", ANNA)),
        Ok(verified())
    );
}

#[test]
fn an_order_without_the_key_of_its_email_proves_nothing() {
    let base = mock();
    base.expect(asks_for(90_155_231).answers(200, orders(&[order_without("email")])));
    assert_eq!(
        base.run("verify-order", asked("90155231", ANNA)),
        Err(Failure::unexpected_answer("the answer lacks `email`"))
    );
}

#[test]
fn an_answer_with_another_order_proves_nothing() {
    let base = mock();
    base.expect(asks_for(1).answers(200, orders(&[order()])));
    assert_eq!(
        base.run("verify-order", asked("1", ANNA)),
        Err(Failure::unexpected_answer(
            "getOrders: other orders than the one asked for"
        ))
    );
}

#[test]
fn more_orders_than_one_answer_holds_are_read_in_several_answers() {
    let base = mock();
    let page: Vec<_> = (1..=100)
        .map(|id| order_with(&json!({ "order_id": id, "external_order_id": "" })))
        .collect();
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&page)));
    let next = json!({ "filter_email": ANNA, "get_unconfirmed_orders": true, "id_from": 101 });
    let last = order_with(&json!({ "external_order_id": "a-1" }));
    base.expect(asks("getOrders", &next).answers(200, orders(&[last])));
    assert_eq!(base.run("verify-order", asked("a-1", ANNA)), Ok(verified()));
}

#[test]
fn a_page_that_does_not_continue_the_list_is_a_failure() {
    let base = mock();
    let page: Vec<_> = (1..=100)
        .map(|id| order_with(&json!({ "order_id": id, "external_order_id": "" })))
        .collect();
    base.expect(asks_by_email(ANNA, None).answers(200, orders(&page)));
    let next = json!({ "filter_email": ANNA, "get_unconfirmed_orders": true, "id_from": 101 });
    base.expect(asks("getOrders", &next).answers(200, orders(&page)));
    assert_eq!(
        base.run("verify-order", asked("a-1", ANNA)),
        Err(Failure::unexpected_answer(
            "getOrders: the next page does not continue the list"
        ))
    );
}

#[test]
fn an_email_that_base_cannot_search_by_proves_nothing() {
    let base = mock();
    let long = "somebody.with.a.really.long.name.of.hers@mail.example.com";
    assert_eq!(
        base.run("verify-order", asked("a-1", long)),
        Err(Failure::invalid_parameter(
            "email",
            "is longer than the 50 letters that Base can search by"
        ))
    );
}

#[test]
fn an_empty_number_is_refused() {
    assert_eq!(
        mock().run("verify-order", asked(" ", ANNA)),
        Err(Failure::invalid_parameter("number", "is empty"))
    );
}
