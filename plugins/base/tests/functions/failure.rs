//! Every fault at every request of every function is a failure, never "no such order".

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Fault, Script, each_fault, http_faults};
use serde_json::json;

use crate::account::{
    a_return, asks, asks_by_email, asks_for, asks_packages, asks_return, finds_none, finds_order,
    finds_reasons, finds_return_statuses, finds_statuses, label, mock, order_with, orders,
    packages, refused, returns, success,
};

const ORDER: (&str, &str) = ("order", "90155231");
const RETURN: (&str, &str) = ("return", "5102");
const EMAIL: &str = "anna.zielinska@example.net";

const NONE: [(&str, &str); 0] = [];

fn done() -> serde_json::Value {
    success(&json!({}))
}

fn hits() -> serde_json::Value {
    success(&json!({ "orders": [{ "order_id": "90155231", "date_add": "1790950927" }] }))
}

#[expect(clippy::too_many_lines, reason = "a flat list of functions")]
fn scripts() -> Vec<Script> {
    let statuses = Value::Json(r#"["55120"]"#.to_owned());
    vec![
        Script::new(
            "is-order-in-status",
            [("order", Value::from("90155231")), ("statuses", statuses)],
            || vec![finds_order()],
        ),
        Script::new(
            "verify-order",
            [("number", "90155231"), ("email", EMAIL)],
            || {
                let filter =
                    json!({ "filter_shop_order_id": 90155231, "get_unconfirmed_orders": true });
                let found = order_with(&json!({ "external_order_id": "90155231" }));
                vec![
                    finds_none(),
                    asks("getOrders", &filter).answers(200, orders(&[])),
                    asks_by_email(EMAIL, None).answers(200, orders(&[found])),
                ]
            },
        ),
        Script::new("load-order", [ORDER], || {
            vec![
                finds_order(),
                asks_packages().answers(200, packages()),
                finds_statuses(),
            ]
        }),
        Script::new("list-order-statuses", NONE, || vec![finds_statuses()]),
        Script::new("change-order-status", [ORDER, ("status", "55118")], || {
            let change = json!({ "order_id": 90155231, "status_id": 55118 });
            let changed = order_with(&json!({ "order_status_id": 55118 }));
            vec![
                finds_statuses(),
                finds_order(),
                asks("setOrderStatus", &change).answers(200, done()),
                asks_for(90_155_231).answers(200, orders(&[changed])),
            ]
        }),
        Script::new("list-customer-orders", [("email", EMAIL)], || {
            let search = json!({ "email": EMAIL });
            vec![
                asks_by_email(EMAIL, Some(1_783_850_400)).answers(200, orders(&[])),
                asks("getOrdersByEmail", &search).answers(200, hits()),
                finds_order(),
                finds_statuses(),
            ]
        }),
        Script::new(
            "list-customer-orders-by-phone",
            [("phone", "500100200")],
            || {
                let search = json!({ "phone": "500100200" });
                vec![
                    asks("getOrdersByPhone", &search).answers(200, hits()),
                    finds_order(),
                    finds_statuses(),
                ]
            },
        ),
        Script::new("load-parcels", [ORDER], || {
            vec![asks_packages().answers(200, packages())]
        }),
        Script::new("load-order-label", [ORDER], || {
            let asked = json!({ "courier_code": "dpd", "package_id": 7700123 });
            vec![
                asks_packages().answers(200, packages()),
                asks("getLabel", &asked).answers(200, label()),
            ]
        }),
        Script::new("load-return-label", [RETURN], || {
            let asked = json!({ "courier_code": "dpd", "package_number": "0000987654321U" });
            vec![
                asks_return().answers(200, returns(&[a_return()])),
                asks("getLabel", &asked).answers(200, label()),
            ]
        }),
        Script::new("list-returns", [ORDER], || {
            vec![
                asks("getOrderReturns", &json!({ "order_id": 90155231 }))
                    .answers(200, returns(&[a_return()])),
                finds_return_statuses(),
                finds_reasons(),
            ]
        }),
        Script::new("list-return-statuses", NONE, || {
            vec![finds_return_statuses()]
        }),
        Script::new("change-return-status", [RETURN, ("status", "1007")], || {
            let change = json!({ "return_id": 5102, "status_id": 1007 });
            vec![
                finds_return_statuses(),
                asks_return().answers(200, returns(&[a_return()])),
                asks("setOrderReturnStatus", &change).answers(200, done()),
                asks_return().answers(200, returns(&[])),
            ]
        }),
        Script::new("list-orders-since", NONE, || {
            vec![
                asks(
                    "getOrders",
                    &json!({ "date_confirmed_from": 1_783_850_400 }),
                )
                .answers(200, orders(&[order_with(&json!({}))])),
                finds_statuses(),
            ]
        }),
        Script::new("append-note", [ORDER, ("text", "Dárek")], || {
            let change = json!({ "order_id": 90155231, "admin_comments": "Pilne\nDárek" });
            vec![
                finds_order(),
                asks("setOrderFields", &change).answers(200, done()),
                asks_for(90_155_231).answers(
                    200,
                    orders(&[order_with(&json!({ "admin_comments": "Pilne\nDárek" }))]),
                ),
            ]
        }),
        Script::new("load-invoice-file", [ORDER], || {
            let invoice = json!({ "invoice_id": 3301, "order_id": 90155231, "number": "FV 1", "date_add": 0 });
            let file = json!({ "invoice": "data:aW52b2ljZQ==" });
            vec![
                asks("getInvoices", &json!({ "order_id": 90155231 }))
                    .answers(200, success(&json!({ "invoices": [invoice] }))),
                asks("getInvoiceFile", &json!({ "invoice_id": 3301 })).answers(200, success(&file)),
            ]
        }),
    ]
}

/// A success whose parts are not as documented.
const NONSENSE: &str = "a success of nonsense";

fn nonsense() -> serde_json::Value {
    let mut nonsense = done();
    for list in [
        "orders",
        "packages",
        "returns",
        "statuses",
        "return_reasons",
        "invoices",
    ] {
        nonsense[list] = json!([17]);
    }
    nonsense["label"] = json!({});
    nonsense["invoice"] = json!({});
    nonsense
}

fn faults() -> Vec<Fault> {
    let unauthorised = || Failure::unauthorised("");
    let unexpected = || Failure::unexpected_answer("");
    let mut faults = http_faults();
    faults.extend([
        Fault::new("wrong token", unauthorised(), |it| {
            it.answers(200, refused("ERROR_BAD_TOKEN", "Invalid user token"))
        }),
        Fault::new("blocked account", unauthorised(), |it| {
            it.answers(200, refused("ERROR_USER_ACCOUNT_BLOCKED", ""))
        }),
        Fault::new(
            "blocked token",
            Failure::rate_limited(Some(600), ""),
            |it| {
                let message = "Query limit exceeded, token blocked until 2026-10-12 12:10:00";
                it.answers(200, refused("ERROR_BLOCKED_TOKEN", message))
            },
        ),
        Fault::new("invalid parameters", unexpected(), |it| {
            it.answers(200, refused("ERROR_PARSE_JSON_PARAMETERS", ""))
        }),
        Fault::new("an undocumented status", unexpected(), |it| {
            it.answers(
                200,
                json!({ "status": "WARNING", "error_code": "ERROR_PARSE_JSON_PARAMETERS" }),
            )
        }),
        Fault::new("no status", unexpected(), |it| it.answers(200, "{}")),
        Fault::new("cut off", unexpected(), |it| {
            it.answers(200, r#"{"status":"SUCCESS","orders":[{"order_i"#)
        }),
        Fault::new(NONSENSE, unexpected(), |it| it.answers(200, nonsense())),
    ]);
    faults
}

/// The request of a function that writes: its success carries nothing that could be nonsense.
fn write_of(function: &str) -> Option<usize> {
    match function {
        "change-order-status" | "change-return-status" => Some(2),
        "append-note" => Some(1),
        _ => None,
    }
}

#[test]
fn a_fault_is_a_failure_of_its_kind_and_never_false() {
    each_fault(mock, &scripts(), &faults(), |injection| {
        let write = write_of(injection.script.function) == Some(injection.request);
        if !(write && injection.fault.name == NONSENSE) {
            injection.assert_fails();
        }
    });
}
