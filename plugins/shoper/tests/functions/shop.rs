//! Answers of the API, in the shape in which they were recorded.

use krabice_plugin::mock::{Expected, Mock, get, put};
use krabice_shoper::{Account, SHOPER};
use serde_json::{Value as Json, json};

/// A host with a connection to a shop.
pub(crate) fn mock() -> Mock<Account> {
    Mock::of(&SHOPER)
}

/// An order with what the API tells of it.
pub(crate) fn order() -> Json {
    json!({
        "order_id": "7130", "user_id": "52", "date": "2026-02-10 08:30:15",
        "status_date": "2026-02-12 16:00:00", "confirm_date": "2026-02-10 08:31:00",
        "delivery_date": "2026-02-16", "status_id": "7", "sum": "149.50", "payment_id": "3",
        "shipping_id": "2", "shipping_cost": "9.50",
        "email": "Karol.Lis@example.com",
        "notes": "Proszę zapakować na prezent", "notes_priv": "Dzwonił", "notes_pub": "",
        "currency_id": "1", "paid": "100.00", "origin": "0",

        "order_url": "https://sklep.example/pl/panel/order/7130",
        "payment_url": "https://sklep.example/pl/payment/7130",
        "is_cash_on_delivery": false, "is_paid": false, "is_overpayment": false,
        "is_underpayment": true, "total_parcels": 2, "total_products": 2,
        "delivery_address": {
            "address_id": "9", "order_id": "7130", "type": "2", "firstname": "Karol",
            "lastname": "Lis", "company": "", "city": "Sopot", "postcode": "81-700",
            "street1": "Polna 3", "street2": "m. 4", "country": "Polska", "phone": "503000111"
        }
    })
}

/// The same order with one thing changed, by its JSON Pointer; `None` takes the
/// key away.
pub(crate) fn order_with(key: &str, value: impl Into<Option<Json>>) -> Json {
    let mut order = order();
    let object = order.as_object_mut().unwrap();
    assert!(object.contains_key(key), "a key of the order");
    match value.into() {
        Some(value) => object.insert(key.to_owned(), value),
        None => object.remove(key),
    };
    order
}

/// The only page of a list.
pub(crate) fn list(items: &[Json]) -> Json {
    page(items, 1, usize::from(!items.is_empty()))
}

/// A page of a list with so many pages.
pub(crate) fn page(items: &[Json], page: usize, pages: usize) -> Json {
    let count = (pages.saturating_sub(1) * 50 + items.len()).to_string();
    json!({ "count": count, "pages": pages, "page": page, "list": items })
}

/// A refusal of the API.
pub(crate) fn refusal(word: &str) -> Json {
    json!({ "error": word, "error_description": "Nieprawidłowe żądanie" })
}

pub(crate) fn asks_for(number: &str) -> Expected {
    get(&format!("webapi/rest/orders/{number}")).reads()
}

pub(crate) fn finds_order() -> Expected {
    asks_for("7130").answers(200, order())
}

pub(crate) fn finds_none() -> Expected {
    asks_for("7130").answers(404, refusal("invalid_request"))
}

/// The request for a page of a list.
pub(crate) fn asks_list(name: &str, number: u32) -> Expected {
    let request = get(&format!("webapi/rest/{name}"))
        .query("limit", 50)
        .query("page", number);
    // Only these are read by a function that writes, too.
    if name == "statuses" {
        request.reads()
    } else {
        request
    }
}

/// The request for what belongs to the order.
pub(crate) fn asks_of_order(name: &str) -> Expected {
    get(&format!("webapi/rest/{name}"))
        .query("filters", r#"{"order_id":7130}"#)
        .query("limit", 50)
        .query("page", 1)
}

/// The request for orders by a filter.
pub(crate) fn asks_orders(filters: &Json, order: &str, number: u32) -> Expected {
    get("webapi/rest/orders")
        .query("filters", filters)
        .query("order", order)
        .query("limit", 50)
        .query("page", number)
}

pub(crate) fn writes(body: Json) -> Expected {
    put("webapi/rest/orders/7130").json(body)
}

pub(crate) fn status(id: &str, kind: &str, names: Json) -> Json {
    json!({
        "status_id": id, "active": "1", "default": "0", "color": "#00aa00", "type": kind,
        "email_change": "1", "order": id, "translations": names,
    })
}

pub(crate) fn statuses() -> Json {
    let name = |text: &str| json!({ "trans_id": "1", "name": text, "message": "" });
    let mut unused = status("10", "2", json!({ "pl_PL": name("stare") }));
    unused["active"] = "0".into();
    list(&[
        status(
            "1",
            "1",
            json!({ "pl_PL": name("złożone"), "en_US": name("placed") }),
        ),
        status(
            "7",
            "3",
            json!({ "pl_PL": name("wysłane"), "cs_CZ": name("odeslaná"), "en_US": name("sent") }),
        ),
        status("8", "4", json!({ "pl_PL": name("anulowane") })),
        status("9", "4", json!([])),
        unused,
    ])
}

pub(crate) fn lists_statuses() -> Expected {
    asks_list("statuses", 1).answers(200, statuses())
}

pub(crate) fn lists_currencies() -> Expected {
    let currency = |id: &str, name: &str| json!({ "currency_id": id, "name": name, "rate": "1", "active": "1", "default": "0" });
    asks_list("currencies", 1).answers(200, list(&[currency("1", "PLN"), currency("2", "EUR")]))
}

pub(crate) fn lists_payments() -> Expected {
    let payment = json!({
        "payment_id": "3", "name": "payu", "install": "1", "notify": "<p>Dziękujemy</p>",
        "translations": { "pl_PL": { "title": "Szybka płatność" }, "en_US": { "title": "Quick payment" } },
    });
    asks_list("payments", 1).answers(200, list(&[payment]))
}

pub(crate) fn lists_shippings() -> Expected {
    let shipping = |id: &str, name: &str, url: &str| {
        json!({
            "shipping_id": id, "name": name, "engine": "", "url": url, "active": "1",
            "translations": { "pl_PL": { "name": name, "url": url, "active": "1" } },
        })
    };
    let mut bare = shipping("5", "Odbiór", "");
    bare["translations"] = json!([]);
    asks_list("shippings", 1).answers(
        200,
        list(&[
            shipping(
                "2",
                "Paczkomat",
                "https://sledzenie.example/?numer={tracking_number}",
            ),
            bare,
        ]),
    )
}

pub(crate) fn line(id: &str, name: &str, quantity: &str, price: &str) -> Json {
    json!({
        "id": id, "order_id": "7130", "product_id": "41", "stock_id": "70", "price": price,
        "discount_perc": "0.0000", "quantity": quantity, "name": name, "code": "TAL-2", "tax": "23%",
        "unit": "szt.", "unit_fp": "0", "option": "Kolor: biały", "loyalty": null, "images": null,
    })
}

pub(crate) fn parcel(id: &str, code: &str, sent: &str, date: Json) -> Json {
    json!({
        "parcel_id": id, "order_id": "7130", "shipping_id": "2", "shipping_code": code, "weight": "1",
        "sent": sent, "send_date": date, "order_date": "2026-02-10 08:30:15", "delivery_date": null,
        "notes": "", "online": "0", "delivery_address": {}, "billing_address": {},
        "products": [{ "product_id": "41", "quantity": "1", "name": "Talerz" }],
    })
}

pub(crate) fn lists_lines() -> Expected {
    let lines = [
        line("1", "Talerz", "2", "60.00"),
        line("2", "Serwetka na metry", "2.5", "8.00"),
    ];
    asks_of_order("order-products").answers(200, list(&lines))
}

pub(crate) fn lists_parcels() -> Expected {
    let parcels = [
        parcel("1", "63 A/1", "1", json!("2026-02-12 16:00:00")),
        parcel("2", "", "0", json!("0000-00-00 00:00:00")),
    ];
    asks_of_order("parcels").answers(200, list(&parcels))
}
