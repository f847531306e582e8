//! Answers of the API, in the shapes in which its pages show them.

use krabice_base::{Account, BASE};
use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, Mock, post};
use serde_json::{Value as Json, json};

/// A host with a connection to an account that shows labels.
pub(crate) fn mock() -> Mock<Account> {
    Mock::of(&BASE)
        .setting("show-labels", Value::from(true))
        .now("2026-10-12T12:00:00+02:00")
}

/// A request of the API.
pub(crate) fn asks(method: &str, parameters: &Json) -> Expected {
    let parameters = parameters.to_string();
    let request = post("connector.php").form(&[("method", method), ("parameters", &parameters)]);
    if method.starts_with("get") {
        request.reads()
    } else {
        request
    }
}

/// A success with what it carries.
pub(crate) fn success(carried: &Json) -> Json {
    let mut document = json!({ "status": "SUCCESS" });
    let members = document.as_object_mut().unwrap();
    members.extend(carried.as_object().unwrap().clone());
    document
}

/// A refusal.
pub(crate) fn refused(code: &str, message: &str) -> Json {
    json!({ "status": "ERROR", "error_code": code, "error_message": message })
}

/// The failure of a refusal that is about the request.
pub(crate) fn refusal<T>(method: &str, code: &str) -> Result<T, Failure> {
    Err(Failure::unexpected_answer(format!(
        "POST connector.php ({method}): refused with {code}"
    )))
}

/// An order with all that the API tells of it.
pub(crate) fn order() -> Json {
    json!({
        "order_id": 90155231, "shop_order_id": 4821,
        "external_order_id": "c2b1e0d0-77aa-11f0-9a31-0242ac120002",
        "order_source": "allegro", "order_source_id": 3311, "order_source_info": "-",
        "order_status_id": 55120, "date_add": 1790950927, "date_confirmed": 1790951130,
        "date_in_status": 1791018641, "confirmed": true, "user_login": "kubek_fan",
        "currency": "PLN", "payment_method": "Przelew", "payment_method_cod": "0",
        "payment_done": 254.90, "user_comments": "", "admin_comments": "Pilne",
        "email": "anna.zielinska@example.net", "phone": "500100200",
        "delivery_method_id": 204, "delivery_method": "Kurier", "delivery_price": 14.90,
        "delivery_package_module": "dpd", "delivery_package_nr": "0000123456789U",
        "delivery_fullname": "Anna Zielinska", "delivery_company": "",
        "delivery_address": "Morska 5/3", "delivery_postcode": "81-300", "delivery_city": "Gdynia",
        "delivery_state": "", "delivery_country": "Polska", "delivery_country_code": "PL",
        "delivery_point_id": "", "delivery_point_name": "", "delivery_point_address": "",
        "delivery_point_postcode": "", "delivery_point_city": "",
        "invoice_fullname": "Anna Zielinska", "invoice_company": "", "invoice_nip": "",
        "invoice_address": "Morska 5/3", "invoice_postcode": "81-300", "invoice_city": "Gdynia",
        "invoice_state": "", "invoice_country": "Polska", "invoice_country_code": "PL",
        "want_invoice": "0", "extra_field_1": "", "extra_field_2": "",
        "order_page": "https://klient.baselinker.example/90155231/0a1b2c3d4e/",
        "pick_state": 1, "pack_state": 0,
        "products": [{
            "storage": "db", "storage_id": 1, "order_product_id": 300551, "product_id": "77",
            "variant_id": 0, "name": "Kubek emaliowany", "attributes": "Kolor: zielony",
            "sku": "KUB-04", "ean": "", "location": "", "warehouse_id": 12, "auction_id": "0",
            "price_brutto": 120.00, "tax_rate": 23, "quantity": 2, "weight": 0.4, "bundle_id": 0
        }]
    })
}

/// The same order with some things changed.
pub(crate) fn order_with(changes: &Json) -> Json {
    let mut order = order();
    let members = order.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    order
}

/// The same order without one key.
pub(crate) fn order_without(key: &str) -> Json {
    let mut order = order();
    order.as_object_mut().unwrap().remove(key).unwrap();
    order
}

/// A list of orders.
pub(crate) fn orders(orders: &[Json]) -> Json {
    success(&json!({ "orders": orders }))
}

/// The request for one order by its number in Base.
pub(crate) fn asks_for(id: i64) -> Expected {
    asks(
        "getOrders",
        &json!({ "order_id": id, "get_unconfirmed_orders": true }),
    )
}

/// The request for the order, answered with it.
pub(crate) fn finds_order() -> Expected {
    asks_for(90_155_231).answers(200, orders(&[order()]))
}

/// The request for the order, answered with an empty list.
pub(crate) fn finds_none() -> Expected {
    asks_for(90_155_231).answers(200, orders(&[]))
}

/// The statuses of orders.
pub(crate) fn statuses() -> Json {
    success(&json!({ "statuses": [
        { "id": 55118, "name": "Nowe", "name_for_customer": "Zamówienie przyjęte", "color": "#2E7D32" },
        { "id": 55120, "name": "Wysłane", "name_for_customer": "Paczka w drodze", "color": "#1565C0" },
    ] }))
}

/// The request for them, answered.
pub(crate) fn finds_statuses() -> Expected {
    asks("getOrderStatusList", &json!({})).answers(200, statuses())
}

/// The parcels of the order: one on its way, an older one, and a return.
pub(crate) fn packages() -> Json {
    let parcel = |id: i64, number: &str, state: &str, kind: i64, back: bool| {
        json!({
            "package_id": id, "courier_package_nr": number, "courier_inner_number": "33870011223",
            "courier_code": "dpd", "courier_other_name": "", "account_id": 410,
            "tracking_status_date": "1791018641", "tracking_delivery_days": "0",
            "tracking_status": state, "package_type": kind,
            "tracking_url": format!("https://tracking.example/{number}"), "is_return": back
        })
    };
    success(&json!({ "packages": [
        parcel(7_700_100, "0000123450000U", "10", 0, false),
        parcel(7_700_123, "0000123456789U", "4", 0, false),
        parcel(7_700_190, "0000987654321U", "11", 1, true),
    ] }))
}

/// The request for them.
pub(crate) fn asks_packages() -> Expected {
    asks("getOrderPackages", &json!({ "order_id": 90155231 }))
}

/// A return of the order.
pub(crate) fn a_return() -> Json {
    json!({
        "return_id": 5102, "order_id": 90155231, "shop_order_id": -1, "external_order_id": "",
        "reference_number": "RMA/17", "order_return_source": "personal", "order_return_source_id": 0,
        "status_id": "1006", "date_add": 1791300000, "date_in_status": 1791390000,
        "user_login": "kubek_fan", "currency": "PLN", "refunded": "0.00",
        "email": "anna.zielinska@example.net", "phone": "500100200", "delivery_price": 0,
        "delivery_fullname": "Anna Zielinska", "delivery_company": "", "delivery_address": "",
        "delivery_postcode": "", "delivery_city": "", "delivery_state": "", "delivery_country": "",
        "delivery_country_code": "", "extra_field_1": "", "extra_field_2": "", "admin_comments": "",
        "delivery_package_module": "dpd", "delivery_package_nr": "0000987654321U",
        "products": [{
            "order_return_product_id": 2216, "storage": "db", "storage_id": 1, "product_id": "77",
            "variant_id": "0", "name": "Kubek emaliowany", "sku": "KUB-04", "ean": "",
            "location": "", "warehouse_id": 12, "auction_id": "0", "attributes": "Kolor: zielony",
            "price_brutto": 120, "tax_rate": 23, "quantity": 1, "weight": 0.4, "bundle_id": 0,
            "status_id": 1001, "return_reason_id": 1005
        }],
        "fulfillment_status": 0
    })
}

/// The same return with some things changed.
pub(crate) fn a_return_with(changes: &Json) -> Json {
    let mut found = a_return();
    let members = found.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    found
}

/// A list of returns.
pub(crate) fn returns(returns: &[Json]) -> Json {
    success(&json!({ "returns": returns }))
}

/// The request for one return.
pub(crate) fn asks_return() -> Expected {
    asks("getOrderReturns", &json!({ "return_id": 5102 }))
}

/// The statuses of returns.
pub(crate) fn return_statuses() -> Json {
    success(&json!({ "statuses": [
        { "id": 1006, "name": "Nowy zwrot", "color": "#2E7D32", "group_id": 1, "is_primary": true,
          "name_for_customer": "Zwrot zgłoszony" },
        { "id": 1007, "name": "Przyjęty", "color": "#1565C0", "group_id": 1, "is_primary": false,
          "name_for_customer": "" },
    ] }))
}

/// The request for them, answered.
pub(crate) fn finds_return_statuses() -> Expected {
    asks("getOrderReturnStatusList", &json!({})).answers(200, return_statuses())
}

/// The reasons of returns.
pub(crate) fn finds_reasons() -> Expected {
    let reasons =
        json!({ "return_reasons": [{ "return_reason_id": "1005", "name": "Niezgodny z opisem" }] });
    asks("getOrderReturnReasonsList", &json!({})).answers(200, success(&reasons))
}

/// A label: the word `label`.
pub(crate) fn label() -> Json {
    success(&json!({ "extension": "pdf", "label": "bGFiZWw=" }))
}

/// The request for a list of one customer's orders.
pub(crate) fn asks_by_email(email: &str, from: Option<i64>) -> Expected {
    let mut asked = json!({ "filter_email": email });
    if let Some(from) = from {
        asked["date_from"] = from.into();
    }
    asked["get_unconfirmed_orders"] = true.into();
    asks("getOrders", &asked)
}

/// The second search for a customer's orders, answered with nothing.
pub(crate) fn searches_none(email: &str) -> Expected {
    asks("getOrdersByEmail", &json!({ "email": email })).answers(200, orders(&[]))
}
