//! What no function may ever take for "no": every fault at every request of every
//! function.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, get};
use serde_json::{Value as Json, json};

use crate::shop::{
    asks_for, asks_orders, finds_order, list, lists_currencies, lists_lines, lists_parcels,
    lists_payments, lists_shippings, lists_statuses, mock, order, order_with, writes,
};

/// A function, and the requests of a call that makes as many as it can.
struct Script {
    function: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    requests: fn() -> Vec<Expected>,
}

const ORDER: (&str, &str) = ("order", "7130");
const EMAIL: (&str, &str) = ("email", "karol.lis@example.com");

fn orders(filters: &Json, by: &str) -> Expected {
    asks_orders(filters, by, 1).answers(200, list(&[order()]))
}

const SCRIPTS: [Script; 11] = [
    Script {
        function: "verify-order",
        parameters: &[ORDER, EMAIL],
        requests: || vec![finds_order()],
    },
    Script {
        function: "load-order",
        parameters: &[ORDER, EMAIL],
        requests: || {
            vec![
                finds_order(),
                lists_lines(),
                lists_parcels(),
                lists_statuses(),
                lists_payments(),
                lists_shippings(),
                lists_currencies(),
            ]
        },
    },
    Script {
        function: "is-order-paid",
        parameters: &[ORDER],
        requests: || vec![finds_order()],
    },
    Script {
        function: "is-order-in-status",
        parameters: &[ORDER, ("type", "new")],
        requests: || vec![finds_order(), lists_statuses()],
    },
    Script {
        function: "list-statuses",
        parameters: &[],
        requests: || vec![lists_statuses()],
    },
    Script {
        function: "change-order-status",
        parameters: &[ORDER, ("status", "8")],
        requests: || {
            vec![
                finds_order(),
                lists_statuses(),
                writes(json!({ "status_id": 8 })).answers(200, json!(1)),
                asks_for("7130").answers(200, order_with("status_id", json!("8"))),
            ]
        },
    },
    Script {
        function: "list-customer-orders",
        parameters: &[EMAIL],
        requests: || {
            let filters = json!({ "email": "karol.lis@example.com", "date": { ">=": "2025-09-14 12:00:00" } });
            vec![
                orders(&filters, "date desc"),
                lists_statuses(),
                lists_currencies(),
            ]
        },
    },
    Script {
        function: "track-parcel",
        parameters: &[ORDER],
        requests: || vec![lists_parcels(), lists_shippings()],
    },
    Script {
        function: "append-note",
        parameters: &[ORDER, ("text", "Prezent dla wnuka")],
        requests: || {
            let note = json!({ "notes_priv": "Dzwonił\nPrezent dla wnuka" });
            vec![finds_order(), writes(note).answers(200, json!(1))]
        },
    },
    Script {
        function: "find-customer",
        parameters: &[EMAIL],
        requests: || {
            let user = json!({
                "user_id": "52", "email": "karol.lis@example.com", "firstname": "Karol", "lastname": "Lis",
                "registered": "1", "active": "1", "date_add": "2024-01-02 03:04:05",
            });
            let asks = get("webapi/rest/users")
                .query("filters", r#"{"email":"karol.lis@example.com"}"#)
                .query("limit", 50)
                .query("page", 1);
            vec![asks.answers(200, list(&[user]))]
        },
    },
    Script {
        function: "list-orders-changed-since",
        parameters: &[],
        requests: || {
            let filters = json!({ "status_date": { ">=": "2025-09-14 12:00:00" } });
            vec![
                orders(&filters, "status_date asc"),
                lists_statuses(),
                lists_currencies(),
            ]
        },
    },
];

/// A fault of the back end, and what kind of failure it is.
type Fault = (&'static str, fn(Expected) -> Expected, fn(&Failure) -> bool);

fn word(word: &str) -> Json {
    json!({ "error": word, "error_description": "karol.lis@example.com" })
}

const FAULTS: [Fault; 18] = [
    (
        "wrong token",
        |it| it.answers(401, word("unauthorized_client")),
        |it| matches!(it, Failure::Unauthorised(_)),
    ),
    (
        "no right",
        |it| it.answers(403, word("insufficient_scope")),
        |it| matches!(it, Failure::Unauthorised(_)),
    ),
    (
        "no right, told by a gateway",
        |it| it.answers(403, "<html>"),
        |it| matches!(it, Failure::Unauthorised(_)),
    ),
    (
        "not paid for",
        |it| it.answers(402, word("access_denied")),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "held open",
        |it| it.answers(409, word("server_error")),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "the bucket is full",
        |it| {
            it.answers(429, word("temporarily_unavailable"))
                .with_header("Retry-After", "3")
        },
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after == Some(3)),
    ),
    (
        "the bucket is full, without a wait",
        |it| it.answers(429, ""),
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after.is_none()),
    ),
    (
        "error",
        |it| it.answers(500, word("server_error")),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "not implemented",
        |it| it.answers(501, word("invalid_request")),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "gateway",
        |it| it.answers(502, "<html>"),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "locked",
        |it| it.answers(503, word("temporarily_unavailable")),
        |it| matches!(it, Failure::Unavailable(_)),
    ),
    (
        "method",
        |it| it.answers(405, word("invalid_request")),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "no such page",
        |it| it.answers(404, "<html>"),
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
        "cut off",
        |it| it.answers(200, r#"{"count":"1","pages":1,"list":[{"order_"#),
        |it| matches!(it, Failure::UnexpectedAnswer(_)),
    ),
    (
        "a list of nonsense",
        |it| it.answers(200, json!([{ "count": "1", "pages": 1, "list": [17] }])),
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
                        assert!(is_kind(&failure), "{what}");
                        assert_keeps_secrets(&failure, script.parameters);
                    }
                    Ok(_) => panic!("{what}"),
                }
            }
        }
    }
}

/// No detail repeats what the customer gave, nor the text of a refusal.
fn assert_keeps_secrets(failure: &Failure, parameters: &[(&str, &str)]) {
    let text = format!("{failure:?}");
    for (name, value) in parameters.iter().filter(|(_, value)| value.len() > 3) {
        assert!(!text.contains(value), "`{name}` is in {text}");
    }
    assert!(!text.contains("karol"), "{text}");
}

#[test]
fn each_script_works_without_a_fault() {
    for script in &SCRIPTS {
        let shop = mock();
        for request in (script.requests)() {
            shop.expect(request);
        }
        let parameters = script
            .parameters
            .iter()
            .map(|(name, value)| (*name, Value::from(*value)));
        assert!(
            shop.run(script.function, parameters).is_ok(),
            "{}",
            script.function
        );
    }
}
