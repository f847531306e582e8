//! `load-customer-email`, `verify-customer` and `list-customer-orders`.

use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, get};
use serde_json::{Value as Json, json};

use crate::shop::{
    asks_for, finds_none, finds_order, mock, order, order_with, order_without, orders,
};

#[test]
fn the_email_on_the_order_is_the_value() {
    let shop = mock();
    shop.expect(finds_order());
    assert_eq!(
        shop.run("load-customer-email", [("order", "O260147")]),
        Ok(json!("petra.vlkova@example.cz")),
    );
}

#[test]
fn no_order_and_no_email_are_false() {
    for email in [Json::Null, json!(""), json!("  ")] {
        let shop = mock();
        let order = order_with("/customer/email", email);
        shop.expect(asks_for("O260147").answers(200, orders(&[order])));
        assert_eq!(
            shop.run("load-customer-email", [("order", "O260147")]),
            Ok(json!(false))
        );
    }
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(
        shop.run("load-customer-email", [("order", "O260147")]),
        Ok(json!(false))
    );
}

#[test]
fn an_answer_without_the_email_is_a_failure() {
    let shop = mock();
    shop.expect(asks_for("O260147").answers(200, orders(&[order_without("/customer", "email")])));
    assert_eq!(
        shop.run("load-customer-email", [("order", "O260147")]),
        Err(Failure::unexpected_answer(
            "the answer lacks `customer.email`"
        )),
    );
}

#[test]
fn a_customer_is_verified_by_the_email_on_the_order() {
    for (email, outcome) in [
        ("petra.vlkova@example.cz", true),
        ("PETRA.VLKOVA@EXAMPLE.CZ", true),
        ("petra.vlkova+x@example.cz", false),
        ("vlkova@example.cz", false),
    ] {
        let shop = mock();
        shop.expect(finds_order());
        assert_eq!(
            shop.run("verify-customer", [("order", "O260147"), ("email", email)]),
            Ok(json!(outcome)),
            "{email}",
        );
    }
    let shop = mock();
    shop.expect(finds_none());
    let asked = [("order", "O260147"), ("email", "petra.vlkova@example.cz")];
    assert_eq!(shop.run("verify-customer", asked), Ok(json!(false)));
}

fn list(customer: &'static str) -> [(&'static str, &'static str); 2] {
    [("order", "O260147"), ("customer-id", customer)]
}

/// The request for a page of the orders with the customer's e-mail.
fn asks_for_page(page: i64) -> Expected {
    let request = get("orders")
        .query("email", "petra.vlkova@example.cz")
        .query("order_by", "creation_time")
        .query("order_dir", "desc");
    if page > 1 {
        request.query("page", page)
    } else {
        request
    }
}

fn short(number: &str, customer: Json, date: &str, total: f64) -> Json {
    json!({
        "order_number": number,
        "creation_time": date,
        "order_total": total,
        "customer": { "email": "petra.vlkova@example.cz", "customer_id": customer },
    })
}

#[test]
fn the_orders_of_the_customer_are_listed_newest_first() {
    let shop = mock();
    shop.expect(finds_order());
    shop.expect(asks_for_page(1).answers(
        200,
        orders(&[
            short("O260200", json!(4217), "2026-04-01T10:00:00+02:00", 293.0),
            short("O260190", json!(null), "2026-03-20T10:00:00+01:00", 10.0),
            order(),
            short("O250009", json!(4218), "2025-01-02T10:00:00+01:00", 20.0),
            short("O240001", json!("4217"), "2024-01-02T10:00:00+01:00", 0.5),
        ]),
    ));
    assert_eq!(
        shop.run("list-customer-orders", list(" 4217 ")),
        Ok(json!({
            "count": 3,
            "orders": [
                { "orderid": "O260200", "date": "2026-04-01T10:00:00+02:00", "price": "293.0" },
                { "orderid": "O260147", "date": "2026-03-14T09:26:53+01:00", "price": "1249.5" },
                { "orderid": "O240001", "date": "2024-01-02T10:00:00+01:00", "price": "0.5" },
            ],
        })),
    );
}

#[test]
fn somebody_elses_order_is_false_with_one_request() {
    for (own, asked) in [
        (json!(4217), "4218"),
        (json!(4217), "04217"),
        (json!(4217), ""),
        (Json::Null, "4217"),
    ] {
        let shop = mock();
        let order = order_with("/customer/customer_id", own);
        shop.expect(asks_for("O260147").answers(200, orders(&[order])));
        assert_eq!(
            shop.run("list-customer-orders", list(asked)),
            Ok(json!(false)),
            "{asked}"
        );
    }
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(
        shop.run("list-customer-orders", list("4217")),
        Ok(json!(false))
    );
}

#[test]
fn an_answer_without_the_customer_is_a_failure() {
    let shop = mock();
    let order = order_without("/customer", "customer_id");
    shop.expect(asks_for("O260147").answers(200, orders(&[order])));
    assert_eq!(
        shop.run("list-customer-orders", list("4217")),
        Err(Failure::unexpected_answer(
            "the answer lacks `customer.customer_id`"
        )),
    );
}

#[test]
fn the_order_that_proves_the_customer_is_always_listed() {
    let shop = mock();
    shop.expect(finds_order());
    shop.expect(asks_for_page(1).answers(200, orders(&[])));
    let outcome = shop.run("list-customer-orders", list("4217")).unwrap();
    assert_eq!(outcome["count"], json!(1));
    assert_eq!(outcome["orders"][0]["orderid"], json!("O260147"));
}

#[test]
fn a_customer_without_an_email_has_the_one_order() {
    let shop = mock();
    let order = order_with("/customer/email", Json::Null);
    shop.expect(asks_for("O260147").answers(200, orders(&[order])));
    let outcome = shop.run("list-customer-orders", list("4217")).unwrap();
    assert_eq!(outcome["count"], json!(1));
}

#[test]
fn three_pages_are_read_at_most() {
    let full = |first: usize, pages: usize| {
        let items: Vec<_> = (first..first + 100)
            .map(|n| {
                short(
                    &format!("O{n}"),
                    json!(4217),
                    "2026-01-01T00:00:00+01:00",
                    1.0,
                )
            })
            .collect();
        let mut page = orders(&items);
        page["number_of_pages"] = json!(pages);
        page["number_of_items"] = json!(pages * 100);
        page
    };
    let shop = mock();
    shop.expect(finds_order());
    shop.expect(asks_for_page(1).answers(200, full(1000, 5)));
    shop.expect(asks_for_page(2).answers(200, full(2000, 5)));
    shop.expect(asks_for_page(3).answers(200, full(3000, 5)));
    let outcome = shop.run("list-customer-orders", list("4217")).unwrap();
    assert_eq!(outcome["count"], json!(301), "300 and the one that proves");

    let shop = mock();
    shop.expect(finds_order());
    shop.expect(asks_for_page(1).answers(200, full(1000, 2)));
    shop.expect(asks_for_page(2).answers(200, full(2000, 2)));
    assert_eq!(
        shop.run("list-customer-orders", list("4217")).unwrap()["count"],
        json!(201)
    );
}

#[test]
fn an_order_without_a_date_is_left_out() {
    for date in [Json::Null, json!("yesterday"), json!("2026-03-14")] {
        let shop = mock();
        shop.expect(finds_order());
        let mut other = short("O260200", json!(4217), "", 1.0);
        other["creation_time"] = date;
        shop.expect(asks_for_page(1).answers(200, orders(&[other])));
        let outcome = shop.run("list-customer-orders", list("4217")).unwrap();
        assert_eq!(outcome["orders"][0]["orderid"], "O260147");
        assert_eq!(outcome["count"], 1);
    }
}

#[test]
fn a_text_that_is_no_email_is_false() {
    for text in [
        "brak",
        "-",
        "neuvedeno",
        "a@b.cz; c@d.cz",
        "Jan <jan@x.cz>",
        "jan novak@x.cz",
    ] {
        let shop = mock();
        let found = orders(&[order_with("/customer/email", json!(text))]);
        shop.expect(asks_for("O260147").answers(200, found));
        assert_eq!(
            shop.run("load-customer-email", [("order", "O260147")]),
            Ok(json!(false)),
            "{text}"
        );
    }
}
