//! `list-customer-orders` and `find-customer`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, get};
use serde_json::{Value as Json, json};

use crate::shop::{asks_orders, list, lists_currencies, lists_statuses, mock, order_with, page};

const EMAIL: (&str, &str) = ("email", "Karol.Lis@example.com");

fn filter(since: &str) -> Json {
    json!({ "email": { "IN": ["karol.lis@example.com", "Karol.Lis@example.com"] }, "date": { ">=": since } })
}

/// Noon of 14 March, six months before.
const SINCE: &str = "2025-09-14 12:00:00";

fn asks(number: u32) -> Expected {
    asks_orders(&filter(SINCE), "date desc", number)
}

fn numbered(number: &str) -> Json {
    order_with("order_id", json!(number))
}

#[test]
fn the_orders_of_six_months_are_listed_newest_first() {
    let shop = mock();
    let mut older = numbered("7001");
    older["date"] = json!("2025-09-14 12:00:00");
    older["currency_id"] = json!("2");
    older["is_paid"] = json!(true);
    older["status_date"] = json!(null);
    shop.expect(asks(1).answers(200, list(&[numbered("7130"), older])))
        .expect(lists_statuses())
        .expect(lists_currencies());
    assert_eq!(
        shop.run("list-customer-orders", [EMAIL]),
        Ok(json!({
            "count": 2, "more": false, "newest": "7130",
            "orders": [
                { "number": "7130", "date": "2026-02-10T08:30:15[Europe/Prague]",
                  "changed": "2026-02-12T16:00:00[Europe/Prague]", "status": "sent", "status-id": "7",
                  "status-type": "done", "sum": "149.50", "currency": "PLN", "paid": false },
                { "number": "7001", "date": "2025-09-14T12:00:00[Europe/Prague]", "status": "sent",
                  "status-id": "7", "status-type": "done", "sum": "149.50", "currency": "EUR", "paid": true },
            ],
        }))
    );
}

#[test]
fn fewer_months_give_a_later_first_day() {
    let shop = mock();
    let asks = asks_orders(&filter("2026-02-14 12:00:00"), "date desc", 1);
    shop.expect(asks.answers(200, list(&[])));
    let asked = [("email", Value::from(EMAIL.1)), ("months", Value::from(1))];
    assert_eq!(shop.run("list-customer-orders", asked), Ok(json!(false)));
    for months in [0, 7, -1] {
        let asked = [
            ("email", Value::from(EMAIL.1)),
            ("months", Value::from(months)),
        ];
        assert_eq!(
            mock().run("list-customer-orders", asked),
            Err(Failure::invalid_parameter("months", "is from 1 to 6")),
        );
    }
}

#[test]
fn rows_that_do_not_fit_are_left_out() {
    let shop = mock();
    let stranger = order_with("email", json!("jan@example.com"));
    let mut old = numbered("7000");
    old["date"] = json!("2025-09-14 11:59:59");
    let nobodys = order_with("email", json!(""));
    shop.expect(asks(1).answers(200, list(&[stranger, old, nobodys])));
    assert_eq!(shop.run("list-customer-orders", [EMAIL]), Ok(json!(false)));
}

#[test]
fn a_long_list_ends_after_five_pages_and_says_so() {
    let shop = mock();
    for number in 1..=5 {
        // One order moved to the next page while the pages were read.
        let orders = [
            numbered(&format!("{}", 80 - number)),
            numbered(&format!("{}", 79 - number)),
        ];
        shop.expect(asks(number).answers(200, page(&orders, 1, 6)));
    }
    shop.expect(lists_statuses()).expect(lists_currencies());
    let listed = shop.run("list-customer-orders", [EMAIL]).unwrap();
    assert_eq!(
        (&listed["count"], &listed["more"]),
        (&json!(6), &json!(true))
    );
    assert_eq!(listed["newest"], "79");
}

#[test]
fn a_shop_that_ignores_the_filter_proves_nothing() {
    let shop = mock();
    for number in 1..=5 {
        let stranger = order_with("email", json!("jan@example.com"));
        shop.expect(asks(number).answers(200, page(&[stranger], 1, 60)));
    }
    let outcome = shop.run("list-customer-orders", [EMAIL]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_order_whose_email_is_missing_in_the_answer_is_a_failure() {
    let shop = mock();
    shop.expect(asks(1).answers(200, list(&[order_with("email", None)])));
    let outcome = shop.run("list-customer-orders", [EMAIL]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

fn user(id: &str, email: &str, registered: &str) -> Json {
    json!({
        "user_id": id, "login": email, "date_add": "2024-01-02 03:04:05", "lastvisit": "0000-00-00 00:00:00",
        "firstname": "Karol", "lastname": "Lis", "email": email, "active": "1", "registered": registered,
        "groups": ["1"], "tags": [], "comment": "",
    })
}

fn asks_users(number: u32) -> Expected {
    get("webapi/rest/users")
        .query(
            "filters",
            r#"{"email":{"IN":["karol.lis@example.com","Karol.Lis@example.com"]}}"#,
        )
        .query("limit", 50)
        .query("page", number)
}

#[test]
fn a_registered_customer_comes_before_a_guest() {
    let shop = mock();
    let users = [
        user("50", "karol.lis@example.com", "0"),
        user("52", "KAROL.LIS@example.com", "1"),
    ];
    shop.expect(asks_users(1).answers(200, list(&users)));
    assert_eq!(
        shop.run("find-customer", [EMAIL]),
        Ok(json!({
            "id": "52", "firstname": "Karol", "lastname": "Lis", "registered": true, "active": true,
            "since": "2024-01-02T03:04:05[Europe/Prague]",
        }))
    );
    shop.expect(asks_users(1).answers(200, list(&users[..1])));
    let guest = shop.run("find-customer", [EMAIL]).unwrap();
    assert_eq!(
        (&guest["id"], &guest["registered"]),
        (&json!("50"), &json!(false))
    );
}

#[test]
fn no_customer_with_the_email_is_false() {
    let shop = mock();
    shop.expect(asks_users(1).answers(200, list(&[])));
    assert_eq!(shop.run("find-customer", [EMAIL]), Ok(json!(false)));
    shop.expect(asks_users(1).answers(200, list(&[user("1", "jan@example.com", "1")])));
    assert_eq!(shop.run("find-customer", [EMAIL]), Ok(json!(false)));
}

#[test]
fn customers_beyond_the_pages_that_are_read_prove_nothing() {
    let shop = mock();
    for number in 1..=2 {
        let stranger = user("1", "jan@example.com", "1");
        shop.expect(asks_users(number).answers(200, page(&[stranger], 1, 40)));
    }
    let outcome = shop.run("find-customer", [EMAIL]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
