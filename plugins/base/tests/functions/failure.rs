//! What no function may ever take for "no such order": every fault at every
//! request of every function.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::Expected;
use serde_json::json;

use crate::account::{
    a_return, asks, asks_by_email, asks_for, asks_packages, asks_return, finds_none, finds_order,
    finds_reasons, finds_return_statuses, finds_statuses, label, mock, order_with, orders,
    packages, refused, returns, success,
};

/// A function, and the requests of a call that makes as many as it can.
struct Script {
    function: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    requests: fn() -> Vec<Expected>,
    /// The request that writes: its success carries nothing that could be nonsense.
    write: Option<usize>,
}

const ORDER: (&str, &str) = ("order", "90155231");
const RETURN: (&str, &str) = ("return", "5102");
const EMAIL: &str = "anna.zielinska@example.net";

fn done() -> serde_json::Value {
    success(&json!({}))
}

fn reading(
    function: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    requests: fn() -> Vec<Expected>,
) -> Script {
    Script {
        function,
        parameters,
        requests,
        write: None,
    }
}

fn writing(
    function: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    requests: fn() -> Vec<Expected>,
    write: usize,
) -> Script {
    Script {
        function,
        parameters,
        requests,
        write: Some(write),
    }
}

fn hits() -> serde_json::Value {
    success(&json!({ "orders": [{ "order_id": "90155231", "date_add": "1790950927" }] }))
}

fn scripts() -> Vec<Script> {
    vec![
        reading(
            "verify-order",
            &[("number", "90155231"), ("email", EMAIL)],
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
        reading("load-order", &[ORDER], || {
            vec![
                finds_order(),
                asks_packages().answers(200, packages()),
                finds_statuses(),
            ]
        }),
        reading("list-order-statuses", &[], || vec![finds_statuses()]),
        writing(
            "change-order-status",
            &[ORDER, ("status", "55118")],
            || {
                let change = json!({ "order_id": 90155231, "status_id": 55118 });
                let changed = order_with(&json!({ "order_status_id": 55118 }));
                vec![
                    finds_statuses(),
                    finds_order(),
                    asks("setOrderStatus", &change).answers(200, done()),
                    asks_for(90_155_231).answers(200, orders(&[changed])),
                ]
            },
            2,
        ),
        reading("list-customer-orders", &[("email", EMAIL)], || {
            let search = json!({ "email": EMAIL });
            vec![
                asks_by_email(EMAIL, Some(1_783_850_400)).answers(200, orders(&[])),
                asks("getOrdersByEmail", &search).answers(200, hits()),
                finds_order(),
                finds_statuses(),
            ]
        }),
        reading(
            "list-customer-orders-by-phone",
            &[("phone", "500100200")],
            || {
                let search = json!({ "phone": "500100200" });
                vec![
                    asks("getOrdersByPhone", &search).answers(200, hits()),
                    finds_order(),
                    finds_statuses(),
                ]
            },
        ),
        reading("load-parcels", &[ORDER], || {
            vec![asks_packages().answers(200, packages())]
        }),
        reading("load-order-label", &[ORDER], || {
            let asked = json!({ "courier_code": "dpd", "package_id": 7700123 });
            vec![
                asks_packages().answers(200, packages()),
                asks("getLabel", &asked).answers(200, label()),
            ]
        }),
        reading("load-return-label", &[RETURN], || {
            let asked = json!({ "courier_code": "dpd", "package_number": "0000987654321U" });
            vec![
                asks_return().answers(200, returns(&[a_return()])),
                asks("getLabel", &asked).answers(200, label()),
            ]
        }),
        reading("list-returns", &[ORDER], || {
            vec![
                asks("getOrderReturns", &json!({ "order_id": 90155231 }))
                    .answers(200, returns(&[a_return()])),
                finds_return_statuses(),
                finds_reasons(),
            ]
        }),
        reading(
            "list-return-statuses",
            &[],
            || vec![finds_return_statuses()],
        ),
        writing(
            "change-return-status",
            &[RETURN, ("status", "1007")],
            || {
                let change = json!({ "return_id": 5102, "status_id": 1007 });
                vec![
                    finds_return_statuses(),
                    asks_return().answers(200, returns(&[a_return()])),
                    asks("setOrderReturnStatus", &change).answers(200, done()),
                    asks_return().answers(200, returns(&[])),
                ]
            },
            2,
        ),
        reading("list-orders-since", &[], || {
            vec![
                asks(
                    "getOrders",
                    &json!({ "date_confirmed_from": 1_783_850_400 }),
                )
                .answers(200, orders(&[order_with(&json!({}))])),
                finds_statuses(),
            ]
        }),
        writing(
            "append-note",
            &[ORDER, ("text", "Dárek")],
            || {
                let change = json!({ "order_id": 90155231, "admin_comments": "Pilne\nDárek" });
                vec![
                    finds_order(),
                    asks("setOrderFields", &change).answers(200, done()),
                ]
            },
            1,
        ),
        reading("load-invoice-file", &[ORDER], || {
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

/// A fault of the back end, and what kind of failure it is.
type Fault = (&'static str, fn(Expected) -> Expected, fn(&Failure) -> bool);

/// A success whose parts are not what they should be.
const NONSENSE: &str = "a success of nonsense";

const FAULTS: [Fault; 15] = [
    (
        "wrong token",
        |it| it.answers(200, refused("ERROR_BAD_TOKEN", "Invalid user token")),
        |it| matches!(it, Failure::Unauthorised(_)),
    ),
    (
        "blocked account",
        |it| it.answers(200, refused("ERROR_USER_ACCOUNT_BLOCKED", "")),
        |it| matches!(it, Failure::Unauthorised(_)),
    ),
    (
        "blocked token",
        |it| {
            let message = "Query limit exceeded, token blocked until 2026-10-12 12:10:00";
            it.answers(200, refused("ERROR_BLOCKED_TOKEN", message))
        },
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after == Some(600)),
    ),
    (
        "too many requests",
        |it| it.answers(429, "").with_header("Retry-After", "30"),
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after == Some(30)),
    ),
    (
        "parameters that are none",
        |it| it.answers(200, refused("ERROR_PARSE_JSON_PARAMETERS", "")),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "a status of its own",
        |it| {
            it.answers(
                200,
                json!({ "status": "WARNING", "error_code": "ERROR_PARSE_JSON_PARAMETERS" }),
            )
        },
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "forbidden",
        |it| it.answers(403, "<html>"),
        |it| matches!(it, Failure::Unauthorised(_)),
    ),
    (
        "maintenance",
        |it| it.answers(503, ""),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "wrong address",
        |it| it.answers(404, ""),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "a web page",
        |it| it.answers(200, "<html>"),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "nothing",
        |it| it.answers(200, ""),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "no status",
        |it| it.answers(200, "{}"),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "cut off",
        |it| it.answers(200, r#"{"status":"SUCCESS","orders":[{"order_i"#),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        NONSENSE,
        |it| {
            let lists = [
                "orders",
                "packages",
                "returns",
                "statuses",
                "return_reasons",
                "invoices",
            ];
            let mut nonsense = done();
            for list in lists {
                nonsense[list] = json!([17]);
            }
            nonsense["label"] = json!({});
            nonsense["invoice"] = json!({});
            it.answers(200, nonsense)
        },
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "no connection",
        |it| it.fails(Failure::unavailable("the back end cannot be reached")),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
];

#[test]
fn a_fault_is_a_failure_of_its_kind_and_never_false() {
    for script in scripts() {
        for at in 0..(script.requests)().len() {
            for (name, inject, is_kind) in &FAULTS {
                if *name == NONSENSE && script.write == Some(at) {
                    continue;
                }
                let base = mock();
                for (index, request) in (script.requests)().into_iter().take(at + 1).enumerate() {
                    base.expect(if index == at {
                        inject(request)
                    } else {
                        request
                    });
                }
                let parameters = script
                    .parameters
                    .iter()
                    .map(|(name, value)| (*name, Value::from(*value)));
                let outcome = base.run(script.function, parameters);
                let what = format!("{}, request {at}, {name}: {outcome:?}", script.function);
                let Err(failure) = outcome else {
                    panic!("{what}")
                };
                assert!(is_kind(&failure), "{what}");
                assert_keeps_secrets(&failure, script.parameters);
            }
        }
    }
}

#[test]
fn a_fault_of_the_one_request_of_is_order_in_status_is_a_failure() {
    for (name, inject, is_kind) in &FAULTS {
        let base = mock();
        base.expect(inject(asks_for(90_155_231)));
        let statuses = Value::Json(r#"["55120"]"#.to_owned());
        let asked = [("order", Value::from("90155231")), ("statuses", statuses)];
        let outcome = base.run("is-order-in-status", asked);
        assert!(
            matches!(&outcome, Err(failure) if is_kind(failure)),
            "{name}: {outcome:?}"
        );
    }
}

/// No detail repeats what the customer gave.
fn assert_keeps_secrets(failure: &Failure, parameters: &[(&str, &str)]) {
    let text = format!("{failure:?}");
    for (name, value) in parameters {
        assert!(!text.contains(value), "`{name}` is in {text}");
    }
}
