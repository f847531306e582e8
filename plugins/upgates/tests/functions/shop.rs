//! Answers of the API, in the shape in which they were recorded.

use krabice_plugin::mock::{Expected, Mock, get};
use krabice_upgates::{Account, UPGATES};
use serde_json::{Value as Json, json};

/// A host with a connection to a shop.
pub(crate) fn mock() -> Mock<Account> {
    Mock::of(&UPGATES)
}

/// An order with all that the API tells of it.
pub(crate) fn order() -> Json {
    json!({
        "order_number": "O260147",
        "order_id": 147,
        "case_number": "B260147",
        "external_order_number": null,
        "language_id": "cs",
        "currency_id": "CZK",
        "default_currency_rate": 1,
        "prices_with_vat_yn": true,
        "status_id": 5,
        "status": "Odeslaná",
        "paid_date": "2026-03-14T10:02:11+01:00",
        "tracking_code": "DR5550001112C",
        "tracking_url": "https://tracking.example/DR5550001112C",
        "resolved_yn": false,
        "internal_note": "Zavolat před doručením",
        "last_update_time": "2026-03-15T08:00:00+01:00",
        "creation_time": "2026-03-14T09:26:53+01:00",
        "variable_symbol": "260147",
        "dimensions": { "width": null, "length": null, "height": null },
        "order_total": 1249.5,
        "order_total_rest": 0,
        "invoice_number": "F260091",
        "admin_url": "https://kavarna.admin.s12.upgates.com/orders/edit-order/default/147",
        "customer": {
            "email": "petra.vlkova@example.cz",
            "phone": "+420 601222333",
            "code": "C00042",
            "customer_id": 4217,
            "firstname_invoice": "Petra",
            "surname_invoice": "Vlková",
            "agreements": [{
                "name": "Obchodní podmínky",
                "valid_to": { "date": "2027-03-14 00:00:00", "timezone_type": 3, "timezone": "Europe/Prague" },
                "status": true
            }]
        },
        "products": [
            { "product_id": 36, "type": "product", "code": "ZK-500", "title": "Zrnková káva 500 g", "quantity": 2, "price": 1100 },
            { "product_id": 40, "type": "set", "code": null, "title": "Dárková sada", "quantity": 1, "price": 99.5 },
            { "product_id": 36, "type": "set_part", "code": "ZK-500", "title": "Zrnková káva 500 g", "quantity": 1, "price": 0 },
            { "product_id": 51, "type": "gift", "code": "HR-1", "title": "Hrnek", "quantity": 1, "price": 0 },
            { "product_id": null, "type": "product", "code": "", "title": "Gravírování", "quantity": 1, "price": 0 },
            { "product_id": null, "type": "discount", "code": null, "title": "Sleva 10 %", "quantity": 1, "price": -50 }
        ],
        "shipment": { "id": 4, "code": "ZAS", "name": "Zásilkovna", "price": 99, "affiliate_name": "Olomouc, Dlouhá" },
        "payment": { "id": 3, "code": null, "name": "Převodem", "price": 50.5, "type": "command" },
        "attachments": [],
        "metas": []
    })
}

/// The same order with one thing changed, by its JSON Pointer.
pub(crate) fn order_with(pointer: &str, value: Json) -> Json {
    let mut order = order();
    *order.pointer_mut(pointer).expect("a key of the order") = value;
    order
}

/// The same order without one key.
pub(crate) fn order_without(part: &str, key: &str) -> Json {
    let mut order = order();
    let part = order
        .pointer_mut(part)
        .and_then(Json::as_object_mut)
        .expect("a part of the order");
    part.remove(key).expect("a key of the order");
    order
}

/// A page of a list, whole.
pub(crate) fn page(name: &str, items: &[Json]) -> Json {
    let pages = items.len().div_ceil(100);
    json!({
        "current_page": 1,
        "current_page_items": items.len(),
        "number_of_pages": pages,
        "number_of_items": items.len(),
        name: items,
    })
}

/// A page of orders, whole.
pub(crate) fn orders(orders: &[Json]) -> Json {
    page("orders", orders)
}

/// The request for one order.
pub(crate) fn asks_for(number: &str) -> Expected {
    get("orders").query("order_numbers", number).reads()
}

/// The request for the order, answered with it.
pub(crate) fn finds_order() -> Expected {
    asks_for("O260147").answers(200, orders(&[order()]))
}

/// The request for the order, answered with an empty list.
pub(crate) fn finds_none() -> Expected {
    asks_for("O260147").answers(200, orders(&[]))
}

/// The answer to a change of one order.
pub(crate) fn changed(updated: bool, messages: Json) -> Json {
    json!({ "orders": [{
        "order_number": "O260147",
        "order_url": "https://kavarna.admin.s12.upgates.com/orders/edit-order/default/147",
        "updated_yn": updated,
        "messages": messages,
    }] })
}

/// A message of the API.
pub(crate) fn message(property: Option<&str>, text: &str) -> Json {
    json!([{ "object": "order", "property": property, "message": text, "level": "error" }])
}

/// The order's invoice.
pub(crate) fn invoice() -> Json {
    json!({
        "invoice_number": "F260091",
        "related_invoice_number": null,
        "type": "invoice",
        "order_number": "O260147",
        "paid_yn": true,
        "total_with_vat": 1249.5,
        "invoice_pdf_url": "https://www.kavarna.example/doc/F260091.pdf?k=0f3a",
        "items": []
    })
}

/// The statuses of the shop.
pub(crate) fn statuses() -> Json {
    json!({ "order_statuses": [
        { "id": 1, "type": "Received", "color": "#86b918",
          "descriptions": [{ "language_id": "cs", "name": "Přijatá" }, { "language_id": "sk", "name": "Prijatá" }],
          "mark_paid_yn": false },
        { "id": 55, "type": "Custom", "color": "#bebebe",
          "descriptions": [{ "language_id": "cs", "name": "Čeká na zákazníka" }] },
        { "id": 60, "type": "Custom", "color": "#bebebe", "descriptions": [] }
    ] })
}
