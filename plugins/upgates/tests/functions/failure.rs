//! What no function may ever take for "no such order": every fault at every
//! request of every function.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, get, put};
use serde_json::json;

use crate::shop::{changed, finds_none, finds_order, invoice, mock, order, orders, page, statuses};

/// A function, and the requests of a call that makes as many as it can.
struct Script {
    function: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    requests: fn() -> Vec<Expected>,
    /// From which request on a fault is no failure: what the function promises is
    /// proven by then.
    settled: usize,
}

const ORDER: (&str, &str) = ("order", "O260147");
const EMAIL: (&str, &str) = ("email", "petra.vlkova@example.cz");

fn change(order: serde_json::Value) -> Expected {
    put("orders").json(json!({ "send_emails_yn": false, "send_sms_yn": false, "orders": [order] }))
}

const SCRIPTS: [Script; 10] = [
    Script {
        function: "verify-order",
        parameters: &[ORDER],
        requests: || vec![finds_order()],
        settled: 1,
    },
    Script {
        function: "load-order",
        parameters: &[ORDER, EMAIL],
        requests: || {
            let brands = get("products/simple").query("product_ids", "36;40;51");
            vec![finds_order(), brands.answers(200, page("products", &[]))]
        },
        settled: 1,
    },
    Script {
        function: "load-customer-email",
        parameters: &[ORDER],
        requests: || vec![finds_order()],
        settled: 1,
    },
    Script {
        function: "change-order-status",
        parameters: &[ORDER, ("status", "55")],
        requests: || {
            let refused = change(json!({ "order_number": "O260147", "status_id": 55 }));
            let refused = refused.answers(200, changed(false, json!([])));
            vec![
                refused,
                finds_order(),
                get("order-statuses").answers(200, statuses()),
            ]
        },
        settled: 3,
    },
    Script {
        function: "verify-customer",
        parameters: &[ORDER, EMAIL],
        requests: || vec![finds_order()],
        settled: 1,
    },
    Script {
        function: "append-note",
        parameters: &[ORDER, ("text", "Dárek")],
        requests: || {
            let note = "Zavolat před doručením\nDárek";
            let write = change(json!({ "order_number": "O260147", "internal_note": note }));
            vec![finds_order(), write.answers(200, changed(true, json!([])))]
        },
        settled: 2,
    },
    Script {
        function: "overwrite-note",
        parameters: &[ORDER, ("text", "Dárek")],
        requests: || {
            let write = change(json!({ "order_number": "O260147", "internal_note": "Dárek" }));
            vec![write.answers(200, changed(false, json!([]))), finds_none()]
        },
        settled: 2,
    },
    Script {
        function: "load-documents",
        parameters: &[ORDER, EMAIL],
        requests: || {
            let invoices = get("invoices").query("invoice_numbers", "F260091");
            vec![
                finds_order(),
                invoices.answers(200, page("invoices", &[invoice()])),
            ]
        },
        settled: 1,
    },
    Script {
        function: "list-customer-orders",
        parameters: &[ORDER, ("customer-id", "4217")],
        requests: || {
            let by_email = get("orders")
                .query("email", "petra.vlkova@example.cz")
                .query("order_by", "creation_time")
                .query("order_dir", "desc");
            vec![finds_order(), by_email.answers(200, orders(&[order()]))]
        },
        settled: 2,
    },
    Script {
        function: "load-order",
        parameters: &[ORDER, ("email", "jana@example.cz")],
        requests: || vec![finds_order()],
        settled: 1,
    },
];

/// A fault of the back end, and what kind of failure it is.
type Fault = (&'static str, fn(Expected) -> Expected, fn(&Failure) -> bool);

const FAULTS: [Fault; 17] = [
    (
        "wrong key",
        |it| it.answers(401, ""),
        |it| matches!(it, Failure::Unauthorised(_)),
    ),
    (
        "no right",
        |it| it.answers(403, "<html>"),
        |it| matches!(it, Failure::Unauthorised(_)),
    ),
    (
        "quota, until a date",
        // The clock of the calls stands at 11:00 GMT.
        |it| {
            it.answers(429, "")
                .with_header("Retry-After", "Sat, 14 Mar 2026 11:20:00 GMT")
        },
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after == Some(1200)),
    ),
    (
        "quota, in seconds",
        |it| it.answers(429, "").with_header("Retry-After", "30"),
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after == Some(30)),
    ),
    (
        "quota, without a wait",
        |it| it.answers(429, ""),
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after.is_none()),
    ),
    (
        "error",
        |it| it.answers(500, "{}"),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "gateway",
        |it| it.answers(502, "<html>"),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "maintenance",
        |it| it.answers(503, ""),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "not implemented",
        |it| it.answers(501, ""),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "wrong address",
        |it| it.answers(404, ""),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "moved",
        |it| it.answers(301, ""),
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
        "no list",
        |it| it.answers(200, "{}"),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "cut off",
        |it| it.answers(200, r#"{"orders":[{"order_nu"#),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "a list of nonsense",
        |it| it.answers(200, json!({ "orders": [17], "order_statuses": [17] })),
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
    for script in &SCRIPTS {
        let count = (script.requests)().len();
        for at in 0..count {
            for (name, inject, is_kind) in &FAULTS {
                let shop = mock();
                for (index, request) in (script.requests)().into_iter().take(at + 1).enumerate() {
                    shop.expect(if index == at {
                        inject(request)
                    } else {
                        request
                    });
                }
                let parameters = script
                    .parameters
                    .iter()
                    .map(|(name, value)| (*name, Value::from(*value)));
                let outcome = shop.run(script.function, parameters);
                let what = format!("{}, request {at}, {name}: {outcome:?}", script.function);
                match outcome {
                    Err(failure) => {
                        assert!(at < script.settled && is_kind(&failure), "{what}");
                        assert_keeps_secrets(&failure, script.parameters);
                    }
                    Ok(outcome) => assert!(at >= script.settled && outcome.is_object(), "{what}"),
                }
            }
        }
    }
}

/// No detail repeats what the customer gave.
fn assert_keeps_secrets(failure: &Failure, parameters: &[(&str, &str)]) {
    let text = format!("{failure:?}");
    for (name, value) in parameters {
        assert!(!text.contains(value), "`{name}` is in {text}");
    }
}

#[test]
fn a_shop_that_moved_says_where_to_and_nothing_of_the_request() {
    let moved = |request: Expected| {
        let shop = mock();
        shop.expect(request);
        shop.run("verify-order", [ORDER]).unwrap_err()
    };
    let says = |text: &str| {
        Failure::unexpected_answer(format!(
            "GET orders: the address of the shop's API has changed{text}"
        ))
    };
    let asks = || get("orders").query("order_numbers", "O260147");
    let new = "https://kavarna.admin.s14.upgates.com";
    assert_eq!(
        moved(asks().answers(301, json!({ "api_url": format!("{new}/api/v2") }))),
        says(&format!(": {new}")),
    );
    let location = format!("{new}/api/v2/orders?order_numbers=O260147");
    assert_eq!(
        moved(asks().with_header("Location", &location).answers(301, "")),
        says(&format!(": {new}")),
    );
    for hidden in [
        "",
        "{}",
        r#"{ "api_url": "https://jmeno:heslo@example.com/" }"#,
    ] {
        assert_eq!(moved(asks().answers(301, hidden)), says(""));
    }
}
