//! `update-order-items`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, put};
use serde_json::{Value as Json, json};

use crate::shop::{asks_for, changed, finds_none, mock, orders};

/// An order of two products, with shipment and payment.
fn order() -> Json {
    json!({
        "order_number": "O260147", "currency_id": "CZK", "prices_with_vat_yn": true, "order_total": 1230.5,
        "customer": { "email": "petra.vlkova@example.cz" },
        "products": [
            { "uuid": "u-1", "type": "product", "code": "DR-01", "title": "Dripper", "quantity": 1,
              "price_per_unit": 420, "price": 420, "vat": 21 },
            { "uuid": "u-2", "type": "product", "code": "KON-06", "title": "Konvice", "quantity": 1,
              "price_per_unit": 690, "price": 690, "vat": 21 },
        ],
        "shipment": { "code": "PPL", "name": "PPL", "price": 89, "vat": 21 },
        "payment": { "code": null, "name": "Dobírkou", "price": 31.5, "vat": 21 },
    })
}

fn with(pointer: &str, value: Json) -> Json {
    let mut order = order();
    *order.pointer_mut(pointer).unwrap() = value;
    order
}

/// The items of the order in another system.
fn items() -> Vec<Json> {
    vec![
        json!({ "name": "Dripper", "code": "DR-01", "quantity": "1", "unit": "ks", "price": "420.00", "vat": "21" }),
        json!({ "name": "Konvice", "code": "KON-06", "quantity": "1", "unit": "ks", "price": "690", "vat": "21" }),
        json!({ "name": "PPL", "code": "", "quantity": "1", "unit": "", "price": "89", "vat": "21" }),
        json!({ "name": "Dobírkou", "code": "", "quantity": "1", "unit": "", "price": "31.50", "vat": "21" }),
    ]
}

fn asked(items: &[Json], total: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("order", "O260147".into()),
        ("items", Value::Json(json!(items).to_string())),
        ("total", Value::Decimal(total.to_owned())),
        ("currency", "CZK".into()),
    ]
}

fn finds(order: &Json) -> Expected {
    asks_for("O260147").answers(200, orders(std::slice::from_ref(order)))
}

fn sends(changes: Json) -> Expected {
    let mut order = json!({ "order_number": "O260147" });
    let object = order.as_object_mut().unwrap();
    object.extend(changes.as_object().unwrap().clone());
    put("orders").json(json!({
        "send_emails_yn": false, "send_sms_yn": false, "delete_missing_products_yn": true, "orders": [order],
    }))
}

fn run(requests: Vec<Expected>, items: &[Json], total: &str) -> Result<Json, Failure> {
    let shop = mock();
    for request in requests {
        shop.expect(request);
    }
    shop.run("update-order-items", asked(items, total))
}

fn fails(requests: Vec<Expected>, items: &[Json], total: &str) -> String {
    match run(requests, items, total) {
        Err(Failure::UnexpectedAnswer(detail)) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_that_holds_the_items_already_is_only_read() {
    assert_eq!(
        run(vec![finds(&order())], &items(), "1230.50"),
        Ok(json!({
            "changed": false, "added": [], "altered": [], "removed": [],
            "total-before": "1230.5", "total": "1230.5", "currency": "CZK",
        })),
    );
}

#[test]
fn another_order_of_lines_and_unchanged_sets_are_not_a_difference() {
    let mut turned = items();
    turned.reverse();
    assert_eq!(
        run(vec![finds(&order())], &turned, "1230.50").unwrap()["changed"],
        json!(false)
    );
    let set = with("/products/0/type", json!("set"));
    assert_eq!(
        run(vec![finds(&set)], &items(), "1230.50").unwrap()["changed"],
        json!(false)
    );
}

#[test]
fn changes_are_sent_whole_and_the_total_is_read_again() {
    let mut wanted = items();
    wanted[1]["quantity"] = json!("2");
    wanted[1]["price"] = json!("1380.00");
    wanted.remove(0);
    wanted.push(json!({ "name": "Filtry", "code": "FP-100", "quantity": "3", "unit": "bal", "price": "267", "vat": "21" }));
    wanted[2]["price"] = json!("0");
    let sent = sends(json!({
        "products": [
            { "uuid": "u-2", "quantity": 2, "price_per_unit": 690 },
            { "code": "FP-100", "title": "Filtry", "quantity": 3, "unit": "bal", "price_per_unit": 89, "vat": 21 },
        ],
        "payment": { "name": "Dobírkou", "price": 0, "vat": 21 },
    }));
    let mut after = order();
    after["order_total"] = json!(1736);
    after["products"] = json!([
        { "uuid": "u-2", "code": "KON-06", "title": "Konvice", "quantity": 2, "price_per_unit": 690, "price": 1380, "vat": 21 },
        { "uuid": "u-9", "code": "FP-100", "title": "Filtry", "quantity": 3, "price_per_unit": 89, "price": 267, "vat": 21 },
    ]);
    after["payment"]["price"] = json!(0);
    let requests = vec![
        finds(&order()),
        sent.answers(200, changed(true, json!([]))),
        finds(&after),
    ];
    assert_eq!(
        run(requests, &wanted, "1736.00"),
        Ok(json!({
            "changed": true, "added": ["Filtry"], "altered": ["Konvice", "Dobírkou"], "removed": ["Dripper"],
            "total-before": "1230.5", "total": "1736", "currency": "CZK",
        })),
    );
}

#[test]
fn a_shop_whose_prices_are_without_vat_gets_them_so() {
    let mut order = with("/prices_with_vat_yn", json!(false));
    order["products"][0]["price"] = json!(347.11);
    order["products"][0]["price_per_unit"] = json!(347.11);
    order["products"][1]["price"] = json!(570.25);
    order["products"][1]["price_per_unit"] = json!(570.25);
    order["shipment"]["price"] = json!(73.55);
    order["payment"]["price"] = json!(26.03);
    assert_eq!(
        run(vec![finds(&order)], &items(), "1230.5").unwrap()["changed"],
        json!(false)
    );
    let mut wanted = items();
    wanted[0]["quantity"] = json!("2");
    wanted[0]["price"] = json!("840");
    let sent = sends(json!({ "products": [
        { "uuid": "u-1", "quantity": 2, "price_per_unit": 347.1074 },
        { "uuid": "u-2", "quantity": 1, "price_per_unit": 570.25 },
    ] }));
    let mut after = order.clone();
    after["order_total"] = json!(1650.5);
    after["products"][0] = json!({ "uuid": "u-1", "code": "DR-01", "title": "Dripper", "quantity": 2,
        "price_per_unit": 347.1074, "price": 694.21, "vat": 21 });
    let requests = vec![
        finds(&order),
        sent.answers(200, changed(true, json!([]))),
        finds(&after),
    ];
    assert!(run(requests, &wanted, "1650.5").is_ok());
}

#[test]
fn a_price_with_vat_from_the_shop_counts() {
    let mut order = order();
    order["products"][0]["price_with_vat"] = json!(421);
    let sent = sends(json!({ "products": [
        { "uuid": "u-1", "quantity": 1, "price_per_unit": 420 },
        { "uuid": "u-2", "quantity": 1, "price_per_unit": 690 },
    ] }));
    let done = sent.answers(200, changed(true, json!([])));
    let requests = vec![finds(&order), done, finds(&self::order())];
    let outcome = run(requests, &items(), "1230.5").unwrap();
    assert_eq!(outcome["altered"], json!(["Dripper"]));
}

#[test]
fn there_is_no_such_order() {
    assert_eq!(run(vec![finds_none()], &items(), "1"), Ok(json!(false)));
    let shop = mock();
    let mut asked = asked(&items(), "1");
    asked[0].1 = "A;B".into();
    assert_eq!(shop.run("update-order-items", asked), Ok(json!(false)));
}

#[test]
fn a_difference_that_remains_is_a_failure_that_names_it() {
    assert_eq!(
        fails(vec![finds(&order())], &items(), "1231"),
        "PUT orders: the items are the same, and the shop's total differs by -0.5",
        "POHODA rounded, the shop does not",
    );
    assert_eq!(
        fails(
            vec![finds(&with("/currency_id", json!("EUR")))],
            &items(),
            "1230.5"
        ),
        "PUT orders: the order's currency is another",
    );
    assert_eq!(
        fails(vec![finds(&order())], &items()[..3], "1199"),
        "PUT orders: the items lack `Dobírkou`, which the order has for 31.5",
    );
    let mut less = items();
    less.remove(0);
    let discount = with("/products/0/type", json!("discount"));
    assert_eq!(
        fails(vec![finds(&discount)], &less, "810.5"),
        "PUT orders: the order holds a set or a discount, whose items the API cannot change",
    );
}

#[test]
fn the_written_items_are_compared() {
    let mut less = items();
    less.remove(0);
    let sent =
        || sends(json!({ "products": [{ "uuid": "u-2", "quantity": 1, "price_per_unit": 690 }] }));
    let refused = sent().answers(200, changed(false, json!([])));
    assert_eq!(
        fails(vec![finds(&order()), refused], &less, "810.5"),
        "PUT orders: the shop refused the items",
    );
    let done = || sent().answers(200, changed(true, json!([])));
    assert_eq!(
        fails(
            vec![
                finds(&order()),
                done(),
                finds(&with("/order_total", json!(811)))
            ],
            &less,
            "810.5"
        ),
        "PUT orders: the items were written, and the shop's total differs by 0.5",
    );
    assert_eq!(
        fails(
            vec![
                finds(&order()),
                done(),
                finds(&with("/order_total", json!(810.5)))
            ],
            &less,
            "810.5"
        ),
        "PUT orders: the items were written, and the order holds others",
    );
    assert_eq!(
        fails(vec![finds(&order()), done(), finds_none()], &less, "810.5"),
        "PUT orders: the order is gone",
    );
}

#[test]
fn invalid_items_are_refused_before_any_request() {
    let broken = |name: &str, value: Json| {
        let mut items = items();
        items[0][name] = value;
        items
    };
    for (items, name) in [
        (Vec::new(), "items"),
        (broken("quantity", json!("0")), "items.quantity"),
        (broken("quantity", json!("-1")), "items.quantity"),
    ] {
        let outcome = run(Vec::new(), &items, "1");
        assert!(
            matches!(&outcome, Err(Failure::InvalidParameter(it)) if it.name == name),
            "{outcome:?}"
        );
    }
    let new = vec![json!({ "name": "Nové", "quantity": "1", "price": "1" })];
    let outcome = run(vec![finds(&order())], &new, "1");
    assert!(
        matches!(&outcome, Err(Failure::InvalidParameter(it)) if it.name == "items.vat"),
        "{outcome:?}"
    );
}

#[test]
fn an_answer_without_prices_is_a_failure() {
    for pointer in [
        "/order_total",
        "/prices_with_vat_yn",
        "/products/0/uuid",
        "/products/0/price",
        "/currency_id",
    ] {
        let hidden = with(pointer, Json::Null);
        let detail = fails(vec![finds(&hidden)], &items(), "1230.5");
        assert!(
            detail.contains("is empty in the answer"),
            "{pointer}: {detail}"
        );
    }
}

#[test]
fn an_answer_without_its_products_proves_nothing_and_nothing_is_written() {
    let mut without = order();
    without.as_object_mut().unwrap().remove("products");
    for odd in [
        without,
        with("/products", json!(null)),
        with("/products", json!("")),
        with("/products/0", json!(null)),
    ] {
        assert_eq!(
            fails(vec![finds(&odd)], &items(), "1230.50"),
            "the answer lacks `products`"
        );
    }
}

#[test]
fn binary_noise_is_no_difference() {
    let mut noisy = with("/order_total", json!(1_230.500_000_000_000_2));
    noisy["products"][0]["price"] = json!(419.999_999_999_999_9);
    assert_eq!(
        run(vec![finds(&noisy)], &items(), "1230.50").unwrap()["changed"],
        json!(false)
    );
}
