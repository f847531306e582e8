//! `verify-order`, `load-order` and `is-order-paid`.

use krabice_plugin::Failure;
use serde_json::json;

use crate::shop::{
    asks_for, asks_list, asks_of_order, finds_none, finds_order, line, list, lists_currencies,
    lists_lines, lists_parcels, lists_payments, lists_shippings, lists_statuses, mock, order_with,
    page,
};

const NUMBER: (&str, &str) = ("order", "7130");
const EMAIL: (&str, &str) = ("email", "karol.lis@EXAMPLE.com");

#[test]
fn an_order_with_the_email_is_verified_in_one_request() {
    for number in ["7130", " #7 130 ", "07130"] {
        let shop = mock();
        shop.expect(finds_order());
        assert_eq!(
            shop.run("verify-order", [("order", number), EMAIL]),
            Ok(
                json!({ "number": "7130", "status-id": "7", "date": "2026-02-10T08:30:15[Europe/Prague]" })
            ),
        );
    }
}

#[test]
fn every_mismatch_is_the_same_false() {
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(shop.run("verify-order", [NUMBER, EMAIL]), Ok(json!(false)));

    shop.expect(finds_order());
    let another = [NUMBER, ("email", "karol@example.com")];
    assert_eq!(shop.run("verify-order", another), Ok(json!(false)));

    shop.expect(asks_for("7130").answers(200, order_with("email", json!(""))));
    assert_eq!(shop.run("verify-order", [NUMBER, EMAIL]), Ok(json!(false)));

    // No request for what no order can be called.
    for number in [
        "A7130",
        "71-30",
        "#",
        "0",
        "12345678901234567890",
        "7130;7131",
    ] {
        let asked = [("order", number), EMAIL];
        assert_eq!(
            shop.run("verify-order", asked),
            Ok(json!(false)),
            "{number}"
        );
    }
}

#[test]
fn an_order_that_hides_its_email_proves_nothing() {
    let shop = mock();
    shop.expect(asks_for("7130").answers(200, order_with("email", None)));
    let outcome = shop.run("verify-order", [NUMBER, EMAIL]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn another_order_than_the_one_asked_for_is_a_failure() {
    for function in ["verify-order", "load-order"] {
        let shop = mock();
        shop.expect(asks_for("7130").answers(200, order_with("order_id", json!("7131"))));
        let outcome = shop.run(function, [NUMBER, EMAIL]);
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_404_that_is_not_the_apis_is_a_wrong_address() {
    for body in ["<html>404</html>", "", "{}", "[]", r#"{"error":null}"#] {
        let shop = mock();
        shop.expect(asks_for("7130").answers(404, body));
        let outcome = shop.run("verify-order", [NUMBER, EMAIL]);
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{body}: {outcome:?}"
        );
    }
}

#[test]
fn an_empty_number_is_refused() {
    assert_eq!(
        mock().run("verify-order", [("order", " "), EMAIL]),
        Err(Failure::invalid_parameter("order", "is empty")),
    );
}

#[test]
fn an_order_is_loaded_with_all_that_belongs_to_it() {
    let shop = mock().language("en");
    shop.expect(finds_order())
        .expect(lists_lines())
        .expect(lists_parcels())
        .expect(lists_statuses())
        .expect(lists_payments())
        .expect(lists_shippings())
        .expect(lists_currencies());
    assert_eq!(
        shop.run("load-order", [NUMBER, EMAIL]),
        Ok(json!({
            "number": "7130", "status": "sent", "status-id": "7", "status-type": "done",
            "date": "2026-02-10T08:30:15[Europe/Prague]", "changed": "2026-02-12T16:00:00[Europe/Prague]",
            "delivery-date": "2026-02-16T00:00:00[Europe/Prague]",
            "sum": "149.50", "shipping-cost": "9.50", "paid-amount": "100.00", "topay": "49.50",
            "currency": "PLN", "paid": false, "cash-on-delivery": false,
            "payment": "Quick payment", "shipping": "Paczkomat",
            "note": "Proszę zapakować na prezent", "public-note": "", "private-note": "Dzwonił",
            "url": "https://sklep.example/pl/panel/order/7130",
            "payment-url": "https://sklep.example/pl/payment/7130",
            "panel-url": "https://back-end.example.com/admin/orders/view/id/7130",
            "delivery": {
                "firstname": "Karol", "lastname": "Lis", "company": "", "street": "Polna 3, m. 4",
                "postcode": "81-700", "city": "Sopot", "country": "Polska", "phone": "503000111",
            },
            "items": [
                { "name": "Talerz", "code": "TAL-2", "option": "Kolor: biały", "quantity": "2", "unit": "szt.", "price": "60.00" },
                { "name": "Serwetka na metry", "code": "TAL-2", "option": "Kolor: biały", "quantity": "2.5", "unit": "szt.", "price": "8.00" },
            ],
            "parcels": [
                { "number": "63 A/1", "carrier": "Paczkomat", "sent": true,
                  "url": "https://sledzenie.example/?numer=63%20A%2F1", "sent-at": "2026-02-12T16:00:00[Europe/Prague]" },
                { "number": "", "carrier": "Paczkomat", "sent": false },
            ],
        }))
    );
}

#[test]
fn an_order_without_references_needs_no_further_lists() {
    let shop = mock();
    let mut order = order_with("payment_id", json!("0"));
    order["shipping_id"] = json!(null);
    order["total_parcels"] = json!(0);
    order["sum"] = json!("10.00");
    order["delivery_date"] = json!("0000-00-00");
    order["status_date"] = json!("");
    order.as_object_mut().unwrap().remove("delivery_address");
    shop.expect(asks_for("7130").answers(200, order))
        .expect(asks_of_order("order-products").answers(200, list(&[])))
        .expect(lists_statuses())
        .expect(lists_currencies());
    let loaded = shop.run("load-order", [NUMBER]).unwrap();
    let object = loaded.as_object().unwrap();
    for absent in ["delivery", "delivery-date", "changed"] {
        assert!(!object.contains_key(absent), "{absent}");
    }
    assert_eq!(loaded["payment"], "");
    assert_eq!(loaded["shipping"], "");
    assert_eq!(
        loaded["topay"], "0",
        "what is paid above the value is not owed to the shop"
    );
    assert_eq!(loaded["items"], json!([]));
}

#[test]
fn a_wrong_email_needs_no_further_request() {
    let shop = mock();
    shop.expect(finds_order());
    let another = [NUMBER, ("email", "karol@example.com")];
    assert_eq!(shop.run("load-order", another), Ok(json!(false)));
    shop.expect(finds_none());
    assert_eq!(shop.run("load-order", [NUMBER]), Ok(json!(false)));
    assert_eq!(shop.run("load-order", [("order", "abc")]), Ok(json!(false)));
}

#[test]
fn names_are_in_the_scenarios_language_else_in_polish() {
    for (language, status, payment) in [
        ("pl", "wysłane", "Szybka płatność"),
        ("cs", "odeslaná", "Szybka płatność"),
        ("en-gb", "sent", "Quick payment"),
        ("de", "wysłane", "Szybka płatność"),
    ] {
        let shop = mock().language(language);
        shop.expect(finds_order())
            .expect(lists_lines())
            .expect(lists_parcels())
            .expect(lists_statuses())
            .expect(lists_payments())
            .expect(lists_shippings())
            .expect(lists_currencies());
        let loaded = shop.run("load-order", [NUMBER]).unwrap();
        assert_eq!(
            (&loaded["status"], &loaded["payment"]),
            (&json!(status), &json!(payment))
        );
    }
}

#[test]
fn the_lines_of_an_order_are_read_to_the_last_page() {
    let shop = mock();
    let lines: Vec<_> = (0..50)
        .map(|id| line(&id.to_string(), "Talerz", "1", "1.00"))
        .collect();
    let mut foreign = line("99", "Cudzy", "1", "1.00");
    foreign["order_id"] = json!("7131");
    let asks = |number| {
        krabice_plugin::mock::get("webapi/rest/order-products")
            .query("filters", r#"{"order_id":7130}"#)
            .query("limit", 50)
            .query("page", number)
    };
    shop.expect(finds_order())
        .expect(asks(1).answers(200, page(&lines, 1, 2)))
        .expect(asks(2).answers(200, page(&[lines[0].clone(), foreign], 2, 2)))
        .expect(lists_parcels())
        .expect(lists_statuses())
        .expect(lists_payments())
        .expect(lists_shippings())
        .expect(lists_currencies());
    let loaded = shop.run("load-order", [NUMBER]).unwrap();
    assert_eq!(
        loaded["items"].as_array().unwrap().len(),
        51,
        "and no line of another order"
    );
}

#[test]
fn a_currency_that_the_shop_has_removed_has_no_code() {
    let shop = mock();
    shop.expect(asks_for("7130").answers(200, order_with("currency_id", json!("9"))))
        .expect(lists_lines())
        .expect(lists_parcels())
        .expect(lists_statuses())
        .expect(lists_payments())
        .expect(lists_shippings())
        .expect(lists_currencies());
    let outcome = shop.run("load-order", [NUMBER]).unwrap();
    assert_eq!(
        (&outcome["currency"], &outcome["sum"]),
        (&json!(""), &json!("149.50"))
    );
}

#[test]
fn a_paid_order_is_given_with_its_amounts() {
    let shop = mock();
    let mut order = order_with("is_paid", json!(true));
    order["paid"] = json!("150.00");
    order["is_overpayment"] = json!(true);
    order["payment_url"] = json!("");
    shop.expect(asks_for("7130").answers(200, order));
    assert_eq!(
        shop.run("is-order-paid", [NUMBER]),
        Ok(
            json!({ "paid-amount": "150.00", "sum": "149.50", "overpaid": true, "cash-on-delivery": false })
        ),
    );
}

#[test]
fn an_order_that_is_paid_in_part_is_not_paid() {
    let shop = mock();
    shop.expect(finds_order());
    assert_eq!(shop.run("is-order-paid", [NUMBER]), Ok(json!(false)));
    shop.expect(finds_none());
    assert_eq!(shop.run("is-order-paid", [NUMBER]), Ok(json!(false)));
    shop.expect(asks_for("7130").answers(200, order_with("is_paid", json!(""))));
    let outcome = shop.run("is-order-paid", [NUMBER]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn nothing_is_sent_to_an_unencrypted_address() {
    for (address, detail) in [
        (
            "http://sklep.example",
            "the connection's address does not begin with `https://`, so the password would travel unencrypted",
        ),
        (
            "https://sklep.example/webapi/rest",
            "the connection's address has a path: give the shop's own, such as `https://sklep.example`, without `/webapi/rest`",
        ),
    ] {
        let shop = mock().setting("address", address);
        let refused = Failure::invalid_parameter("address", detail);
        assert_eq!(
            shop.run("verify-order", [NUMBER, EMAIL]),
            Err(refused.clone())
        );
        assert_eq!(shop.probe(), Err(refused.clone()));
        assert_eq!(shop.choices("change-order-status", "status"), Err(refused));
    }
    let shop = mock().setting("address", "http://127.0.0.1:4000");
    shop.expect(asks_list("statuses", 1).answers(200, list(&[])));
    assert_eq!(shop.run::<&str>("list-statuses", []), Ok(json!(false)));
}
