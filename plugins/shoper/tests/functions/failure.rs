//! Every fault at every request of every function is a failure, never "no".

use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, Fault, Script, each_fault, get, http_faults};
use serde_json::{Value as Json, json};

use crate::shop::{
    asks_for, asks_orders, finds_order, list, lists_currencies, lists_lines, lists_parcels,
    lists_payments, lists_shippings, lists_statuses, mock, order, order_with, writes,
};

const ORDER: (&str, &str) = ("order", "7130");
const EMAIL: (&str, &str) = ("email", "karol.lis@example.com");

const NONE: [(&str, &str); 0] = [];

fn orders(filters: &Json, by: &str) -> Expected {
    asks_orders(filters, by, 1).answers(200, list(&[order()]))
}

fn scripts() -> Vec<Script> {
    vec![
        Script::new("verify-order", [ORDER, EMAIL], || vec![finds_order()]),
        Script::new("load-order", [ORDER, EMAIL], || {
            vec![
                finds_order(),
                lists_lines(),
                lists_parcels(),
                lists_statuses(),
                lists_payments(),
                lists_shippings(),
                lists_currencies(),
            ]
        }),
        Script::new("is-order-paid", [ORDER], || vec![finds_order()]),
        Script::new("is-order-in-status", [ORDER, ("type", "new")], || {
            vec![finds_order(), lists_statuses()]
        }),
        Script::new("list-statuses", NONE, || vec![lists_statuses()]),
        Script::new("change-order-status", [ORDER, ("status", "8")], || {
            vec![
                finds_order(),
                lists_statuses(),
                writes(json!({ "status_id": 8 })).answers(200, json!(1)),
                asks_for("7130").answers(200, order_with("status_id", json!("8"))),
            ]
        }),
        Script::new("list-customer-orders", [EMAIL], || {
            let filters = json!({ "email": "karol.lis@example.com", "date": { ">=": "2025-09-14 12:00:00" } });
            vec![
                orders(&filters, "date desc"),
                lists_statuses(),
                lists_currencies(),
            ]
        }),
        Script::new("track-parcel", [ORDER], || {
            vec![lists_parcels(), lists_shippings()]
        }),
        Script::new(
            "append-note",
            [ORDER, ("text", "Prezent dla wnuka")],
            || {
                let note = json!({ "notes_priv": "Dzwonił\nPrezent dla wnuka" });
                let written = order_with("notes_priv", note["notes_priv"].clone());
                vec![
                    finds_order(),
                    writes(note).answers(200, json!(1)),
                    asks_for("7130").answers(200, written),
                ]
            },
        ),
        Script::new("find-customer", [EMAIL], || {
            let user = json!({
                "user_id": "52", "email": "karol.lis@example.com", "firstname": "Karol", "lastname": "Lis",
                "registered": "1", "active": "1", "date_add": "2024-01-02 03:04:05",
            });
            let asks = get("webapi/rest/users")
                .query("filters", r#"{"email":"karol.lis@example.com"}"#)
                .query("limit", 50)
                .query("page", 1);
            vec![asks.answers(200, list(&[user]))]
        }),
        Script::new("list-orders-changed-since", NONE, || {
            let filters = json!({ "status_date": { ">=": "2025-09-14 12:00:00" } });
            vec![
                orders(&filters, "status_date asc"),
                lists_statuses(),
                lists_currencies(),
            ]
        }),
    ]
}

fn word(word: &str) -> Json {
    json!({ "error": word, "error_description": "karol.lis@example.com" })
}

fn faults() -> Vec<Fault> {
    let unauthorised = || Failure::unauthorised("");
    let unavailable = || Failure::unavailable("");
    let unexpected = || Failure::unexpected_answer("");
    let mut faults = http_faults();
    faults.extend([
        Fault::new("wrong token", unauthorised(), |it| {
            it.answers(401, word("unauthorized_client"))
        }),
        Fault::new("no right to a part", unauthorised(), |it| {
            it.answers(403, word("insufficient_scope"))
        }),
        Fault::new("not paid for", unavailable(), |it| {
            it.answers(402, word("access_denied"))
        }),
        Fault::new("held open", unavailable(), |it| {
            it.answers(409, word("server_error"))
        }),
        Fault::new("a full bucket", Failure::rate_limited(Some(3), ""), |it| {
            it.answers(429, word("temporarily_unavailable"))
                .with_header("Retry-After", "3")
        }),
        Fault::new("error in words", unavailable(), |it| {
            it.answers(500, word("server_error"))
        }),
        Fault::new("not implemented in words", unavailable(), |it| {
            it.answers(501, word("invalid_request"))
        }),
        Fault::new("locked", unavailable(), |it| {
            it.answers(503, word("temporarily_unavailable"))
        }),
        Fault::new("another method in words", unexpected(), |it| {
            it.answers(405, word("invalid_request"))
        }),
        Fault::new("cut off", unexpected(), |it| {
            it.answers(200, r#"{"count":"1","pages":1,"list":[{"order_"#)
        }),
        Fault::new("a list of nonsense", unexpected(), |it| {
            it.answers(200, json!([{ "count": "1", "pages": 1, "list": [17] }]))
        }),
    ]);
    faults
}

#[test]
fn a_fault_is_a_failure_of_its_kind_and_never_false() {
    each_fault(mock, &scripts(), &faults(), |injection| {
        let failure = format!("{:?}", injection.assert_fails());
        // The text of a refusal, too, may be a customer's.
        assert!(!failure.contains("karol"), "{failure}");
    });
}

#[test]
fn each_script_works_without_a_fault() {
    for script in scripts() {
        let outcome = script.run(&mock());
        assert!(outcome.is_ok(), "{}: {outcome:?}", script.function);
    }
}
