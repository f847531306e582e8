//! `verify-order` and `load-order`.

use krabice_plugin::Failure;
use krabice_plugin::mock::get;
use serde_json::{Value as Json, json};

use crate::shop::{
    asks_for, finds_none, finds_order, mock, order, order_with, order_without, orders, page,
};

fn verified(order: &Json) -> Result<Json, Failure> {
    let shop = mock();
    shop.expect(asks_for("O260147").answers(200, orders(std::slice::from_ref(order))));
    shop.run("verify-order", [("order", "O260147")])
}

#[test]
fn an_order_that_exists_is_true_with_its_state() {
    assert_eq!(
        verified(&order()),
        Ok(json!({
            "status": "Odeslaná",
            "billing": "Převodem",
            "shipping": "Zásilkovna",
            "paid": true,
            "topay": "1249.5",
            "currency": "CZK",
            "tracking": "DR5550001112C",
        })),
    );
}

#[test]
fn missing_values_of_an_order_are_empty() {
    let mut bare = order();
    for key in ["status", "paid_date", "payment", "shipment"] {
        bare[key] = Json::Null;
    }
    bare["tracking_code"] = "".into();
    assert_eq!(
        verified(&bare),
        Ok(json!({
            "status": "",
            "billing": "",
            "shipping": "",
            "paid": false,
            "topay": "1249.5",
            "currency": "CZK",
            "tracking": "",
        })),
    );
}

#[test]
fn an_empty_date_of_payment_is_not_paid() {
    let outcome = verified(&order_with("/paid_date", json!(""))).unwrap();
    assert_eq!(outcome["paid"], json!(false));
}

#[test]
fn the_price_keeps_the_digits_that_the_api_writes() {
    for (written, topay) in [
        ("1230.50", "1230.50"),
        ("1230.5", "1230.5"),
        ("293", "293"),
        ("\"1230.50\"", "1230.50"),
        ("0.1", "0.1"),
        ("99999999999999.99", "99999999999999.99"),
    ] {
        let shop = mock();
        let order = order_with("/order_total", json!(271_828)).to_string();
        let body = format!("{{\"orders\":[{}]}}", order.replace("271828", written));
        shop.expect(asks_for("O260147").answers(200, body));
        let outcome = shop.run("verify-order", [("order", "O260147")]).unwrap();
        assert_eq!(outcome["topay"], json!(topay), "{written}");
    }
}

#[test]
fn an_answer_without_price_currency_or_payment_is_a_failure() {
    for key in ["order_total", "currency_id", "paid_date"] {
        let outcome = verified(&order_without("", key));
        assert_eq!(
            outcome,
            Err(Failure::unexpected_answer(format!(
                "the answer lacks `{key}`"
            ))),
        );
    }
    let outcome = verified(&order_with("/order_total", Json::Null));
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_empty_list_proves_that_there_is_no_such_order() {
    for list in [orders(&[]), json!({ "orders": [] })] {
        let shop = mock();
        shop.expect(asks_for("O260147").answers(200, list));
        assert_eq!(
            shop.run("verify-order", [("order", "O260147")]),
            Ok(json!(false))
        );
    }
}

#[test]
fn a_number_is_looked_for_as_typed_and_in_capitals_in_one_request() {
    for typed in ["o260147", "#o260147", " O 260147"] {
        let shop = mock();
        let list = orders(&[order_with("/order_number", json!("O260147"))]);
        shop.expect(asks_for(&format!("{};O260147", typed.trim())).answers(200, list));
        let outcome = shop.run("verify-order", [("order", typed)]);
        assert_eq!(outcome.unwrap()["status"], "Odeslaná", "{typed}");
    }
}

#[test]
fn another_number_is_another_order() {
    for other in ["O2601470", "0260147", "O26014"] {
        let shop = mock();
        let list = orders(&[order_with("/order_number", json!(other))]);
        shop.expect(asks_for("O260147").answers(200, list));
        assert_eq!(
            shop.run("verify-order", [("order", "O260147")]),
            Ok(json!(false)),
            "{other}"
        );
    }
}

#[test]
fn a_number_may_be_written_as_a_number() {
    let shop = mock();
    let list = orders(&[order_with("/order_number", json!(260_147))]);
    shop.expect(asks_for("260147").answers(200, list));
    assert!(
        shop.run("verify-order", [("order", "260147")])
            .unwrap()
            .is_object()
    );
}

#[test]
fn an_incomplete_list_of_orders_proves_nothing() {
    // A server that passes over the filter answers the first page of everything.
    let mut list = orders(&[order_with("/order_number", json!("O260001"))]);
    list["number_of_items"] = json!(5120);
    list["number_of_pages"] = json!(52);
    let shop = mock();
    shop.expect(asks_for("O260147").answers(200, list));
    let outcome = shop.run("verify-order", [("order", "O260147")]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn orders_without_a_number_prove_nothing() {
    let shop = mock();
    shop.expect(asks_for("O260147").answers(200, orders(&[order_without("", "order_number")])));
    let outcome = shop.run("verify-order", [("order", "O260147")]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn a_number_is_trimmed_and_percent_encoded() {
    let shop = mock();
    shop.expect(
        get("orders?order_numbers=A%26page%3D2%20%23%2F%C5%BD%3BA%26PAGE%3D2%23%2F%C5%BD")
            .reads()
            .answers(200, orders(&[])),
    );
    assert_eq!(
        shop.run("verify-order", [("order", " \tA&page=2 #/Ž\n")]),
        Ok(json!(false))
    );
}

#[test]
fn a_text_that_would_ask_for_two_orders_is_not_a_number() {
    let shop = mock();
    assert_eq!(
        shop.run("verify-order", [("order", "O260147;O260148")]),
        Ok(json!(false))
    );
}

#[test]
fn an_empty_number_is_refused() {
    let shop = mock();
    assert_eq!(
        shop.run("verify-order", [("order", "  ")]),
        Err(Failure::invalid_parameter("order", "is empty")),
    );
}

fn with_email(email: &'static str) -> [(&'static str, &'static str); 2] {
    [("order", "O260147"), ("email", email)]
}

fn products(products: Json) -> Json {
    page("products", products.as_array().unwrap())
}

#[test]
fn an_order_with_its_email_is_true_with_its_details() {
    let shop = mock();
    shop.expect(finds_order());
    shop.expect(
        get("products/simple")
            .query("product_ids", "36;40;51")
            .answers(
                200,
                products(json!([
                    { "product_id": 51, "code": "HR-1", "manufacturer": "Keramika Bechyně" },
                    { "product_id": 36, "code": "ZK-500", "manufacturer": "Pražírna Olomouc" },
                    { "product_id": 40, "code": null, "manufacturer": null }
                ])),
            ),
    );
    assert_eq!(
        shop.run("load-order", with_email("Petra.VLKOVA@example.cz")),
        Ok(json!({
            "url": "https://kavarna.admin.s12.upgates.com/orders/edit-order/default/147",
            "phone": "+420 601222333",
            "status": "Odeslaná",
            "billing": "Převodem",
            "shipping": "Zásilkovna",
            "paid": true,
            "topay": "1249.5",
            "currency": "CZK",
            "tracking": "DR5550001112C",
            "items": [
                { "name": "Zrnková káva 500 g", "brand": "Pražírna Olomouc", "code": "ZK-500" },
                { "name": "Dárková sada", "brand": "", "code": "" },
                { "name": "Hrnek", "brand": "Keramika Bechyně", "code": "HR-1" },
                { "name": "Gravírování", "brand": "", "code": "" },
            ],
        })),
    );
}

#[test]
fn an_order_without_products_needs_one_request() {
    for list in [
        json!([]),
        Json::Null,
        json!([{ "product_id": null, "title": "Gravírování" }]),
    ] {
        let shop = mock();
        let order = order_with("/products", list);
        shop.expect(asks_for("O260147").answers(200, orders(&[order])));
        assert!(
            shop.run("load-order", with_email("petra.vlkova@example.cz"))
                .unwrap()
                .is_object()
        );
    }
}

#[test]
fn unknown_brands_are_empty() {
    let refusals = [
        get("products/simple").answers(403, ""),
        get("products/simple")
            .answers(429, "")
            .with_header("retry-after", "60"),
        get("products/simple").answers(500, ""),
        get("products/simple").answers(200, "<html>"),
        get("products/simple").answers(200, json!({})),
        get("products/simple").answers(200, products(json!([]))),
        get("products/simple").fails(Failure::unavailable("the back end took too long")),
    ];
    for refusal in refusals {
        let shop = mock();
        shop.expect(finds_order());
        shop.expect(refusal.query("product_ids", "36;40;51"));
        let outcome = shop
            .run("load-order", with_email("petra.vlkova@example.cz"))
            .unwrap();
        assert_eq!(outcome["topay"], json!("1249.5"));
        for item in outcome["items"].as_array().unwrap() {
            assert_eq!(item["brand"], json!(""));
        }
    }
}

#[test]
fn a_large_order_asks_for_the_brands_of_one_page() {
    let lines: Vec<_> = (1..=150)
        .map(|id| json!({ "product_id": id, "title": "Káva" }))
        .collect();
    let ids: Vec<_> = (1..=100).map(|id| id.to_string()).collect();
    let shop = mock();
    shop.expect(asks_for("O260147").answers(200, orders(&[order_with("/products", lines.into())])));
    shop.expect(
        get("products/simple")
            .query("product_ids", ids.join(";"))
            .answers(200, products(json!([]))),
    );
    let outcome = shop
        .run("load-order", with_email("petra.vlkova@example.cz"))
        .unwrap();
    assert_eq!(outcome["items"].as_array().map(Vec::len), Some(150));
}

#[test]
fn another_email_or_none_is_false_with_one_request() {
    let cases = [
        (order(), "jana@example.cz"),
        (order(), "petra.vlkova@example.com"),
        (
            order_with("/customer/email", Json::Null),
            "petra.vlkova@example.cz",
        ),
        (
            order_with("/customer/email", json!("")),
            "petra.vlkova@example.cz",
        ),
    ];
    for (order, email) in cases {
        let shop = mock();
        shop.expect(asks_for("O260147").answers(200, orders(&[order])));
        assert_eq!(
            shop.run("load-order", with_email(email)),
            Ok(json!(false)),
            "{email}"
        );
    }
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(
        shop.run("load-order", with_email("petra.vlkova@example.cz")),
        Ok(json!(false))
    );
}

#[test]
fn an_answer_without_the_key_of_the_email_is_a_failure() {
    for order in [
        order_without("/customer", "email"),
        order_without("", "customer"),
    ] {
        for function in ["load-order", "verify-customer", "load-documents"] {
            let shop = mock();
            shop.expect(asks_for("O260147").answers(200, orders(std::slice::from_ref(&order))));
            let outcome = shop.run(function, with_email("petra.vlkova@example.cz"));
            assert!(
                matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
                "{function}: {outcome:?}"
            );
        }
    }
}

#[test]
fn an_invalid_link_is_left_out() {
    let mut order = order_with("/admin_url", json!("not an address"));
    order["customer"]["phone"] = Json::Null;
    order["products"] = json!([]);
    let shop = mock();
    shop.expect(asks_for("O260147").answers(200, orders(&[order])));
    let outcome = shop
        .run("load-order", with_email("petra.vlkova@example.cz"))
        .unwrap();
    assert_eq!(outcome.get("url"), None);
    assert_eq!(outcome.get("phone"), None);
}
