//! Every fault at every request of every function is a failure, never "no such order".

use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, Fault, Script, each_fault, get, http_faults, put};
use serde_json::json;

use crate::shop::{changed, finds_none, finds_order, invoice, mock, order, orders, page, statuses};

const ORDER: (&str, &str) = ("order", "O260147");
const EMAIL: (&str, &str) = ("email", "petra.vlkova@example.cz");

fn change(order: serde_json::Value) -> Expected {
    put("orders").json(json!({ "send_emails_yn": false, "send_sms_yn": false, "orders": [order] }))
}

fn scripts() -> Vec<Script> {
    vec![
        Script::new("verify-order", [ORDER], || vec![finds_order()]),
        Script::new("load-order", [ORDER, EMAIL], || {
            let brands = get("products/simple").query("product_ids", "36;40;51");
            vec![finds_order(), brands.answers(200, page("products", &[]))]
        }),
        Script::new("load-customer-email", [ORDER], || vec![finds_order()]),
        Script::new("change-order-status", [ORDER, ("status", "55")], || {
            let refused = change(json!({ "order_number": "O260147", "status_id": 55 }));
            let refused = refused.answers(200, changed(false, json!([])));
            vec![
                refused,
                finds_order(),
                get("order-statuses").reads().answers(200, statuses()),
            ]
        }),
        Script::new("verify-customer", [ORDER, EMAIL], || vec![finds_order()]),
        Script::new("append-note", [ORDER, ("text", "Dárek")], || {
            let note = "Zavolat před doručením\nDárek";
            let write = change(json!({ "order_number": "O260147", "internal_note": note }));
            vec![finds_order(), write.answers(200, changed(true, json!([])))]
        }),
        Script::new("overwrite-note", [ORDER, ("text", "Dárek")], || {
            let write = change(json!({ "order_number": "O260147", "internal_note": "Dárek" }));
            vec![write.answers(200, changed(false, json!([]))), finds_none()]
        }),
        Script::new("load-documents", [ORDER, EMAIL], || {
            let invoices = get("invoices").query("invoice_numbers", "F260091");
            vec![
                finds_order(),
                invoices.answers(200, page("invoices", &[invoice()])),
            ]
        }),
        Script::new(
            "list-customer-orders",
            [ORDER, ("customer-id", "4217")],
            || {
                let by_email = get("orders")
                    .query("email", "petra.vlkova@example.cz")
                    .query("order_by", "creation_time")
                    .query("order_dir", "desc");
                vec![finds_order(), by_email.answers(200, orders(&[order()]))]
            },
        ),
        Script::new("load-order", [ORDER, ("email", "jana@example.cz")], || {
            vec![finds_order()]
        }),
    ]
}

fn faults() -> Vec<Fault> {
    let unexpected = || Failure::unexpected_answer("");
    let mut faults = http_faults();
    faults.extend([
        // The moment of the calls is 11:00 GMT.
        Fault::new("quota", Failure::rate_limited(Some(1200), ""), |it| {
            it.answers(429, "")
                .with_header("Retry-After", "Sat, 14 Mar 2026 11:20:00 GMT")
        }),
        Fault::new("no list", unexpected(), |it| it.answers(200, "{}")),
        Fault::new("cut off", unexpected(), |it| {
            it.answers(200, r#"{"orders":[{"order_nu"#)
        }),
        Fault::new("a list of nonsense", unexpected(), |it| {
            it.answers(200, json!({ "orders": [17], "order_statuses": [17] }))
        }),
    ]);
    faults
}

#[test]
fn a_fault_is_a_failure_of_its_kind_and_never_false() {
    each_fault(mock, &scripts(), &faults(), |injection| {
        // The order is proven by the first request; brands and documents only add to it.
        let proven = ["load-order", "load-documents"].contains(&injection.script.function);
        if proven && injection.request > 0 {
            let outcome = injection.run();
            let is_object = outcome.as_ref().is_ok_and(|outcome| outcome.is_object());
            assert!(is_object, "{}: {outcome:?}", injection.name());
        } else {
            injection.assert_fails();
        }
    });
}

#[test]
fn a_shop_that_moved_is_a_failure_with_the_new_server_and_nothing_of_the_request() {
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
    let asks = || get("orders").query("order_numbers", "O260147").reads();
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
