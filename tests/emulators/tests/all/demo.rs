//! The demo data are consistent and have the cases that a plugin must handle.

use std::collections::BTreeMap;

use krabice_emulators::Emulators;
use rust_decimal::Decimal;
use serde_json::Value;

async fn state() -> Value {
    Emulators::start(Default::default())
        .await
        .unwrap()
        .upgates()
        .state()
}

fn list<'a>(state: &'a Value, name: &str) -> &'a Vec<Value> {
    state[name].as_array().unwrap()
}

/// The number as it is written, digit by digit.
fn exact(value: &Value) -> Decimal {
    value.to_string().parse().unwrap()
}

#[tokio::test]
async fn totals_are_the_sums_of_their_lines() {
    let state = state().await;
    for order in list(&state, "orders") {
        let lines: Decimal = order["products"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| exact(&line["price"]))
            .sum();
        let before = lines + exact(&order["shipment"]["price"]) + exact(&order["payment"]["price"]);
        assert_eq!(
            exact(&order["order_total_before_round"]),
            before,
            "{}",
            order["order_number"]
        );
        assert_eq!(
            exact(&order["order_total"]),
            before + exact(&order["order_total_rest"]),
            "{}",
            order["order_number"]
        );
    }
    for invoice in list(&state, "invoices") {
        let items: Decimal = invoice["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| exact(&item["price_with_vat"]))
            .sum();
        assert_eq!(
            exact(&invoice["total_with_vat"]),
            items + exact(&invoice["total_rest"]),
            "{}",
            invoice["invoice_number"]
        );
        let vats = &invoice["recapitulation_vats_total"];
        assert_eq!(
            exact(&vats["total"]),
            exact(&vats["base"]) + exact(&vats["vat"])
        );
    }
}

#[tokio::test]
async fn every_reference_has_its_target() {
    let state = state().await;
    let ids = |name: &str, key: &str| -> Vec<Value> {
        list(&state, name)
            .iter()
            .map(|item| item[key].clone())
            .collect()
    };
    let (statuses, customers) = (ids("order_statuses", "id"), ids("customers", "customer_id"));
    let (orders, invoices) = (
        ids("orders", "order_number"),
        ids("invoices", "invoice_number"),
    );
    for order in list(&state, "orders") {
        let fits = |key: &Value, known: &[Value]| key.is_null() || known.contains(key);
        assert!(
            fits(&order["status_id"], &statuses),
            "{}",
            order["order_number"]
        );
        assert!(
            fits(&order["customer"]["customer_id"], &customers),
            "{}",
            order["order_number"]
        );
        assert!(
            fits(&order["invoice_number"], &invoices),
            "{}",
            order["order_number"]
        );
        let lines = order["products"].as_array().unwrap();
        let uuids: Vec<_> = lines.iter().map(|line| &line["uuid"]).collect();
        for line in lines {
            let parent = &line["parent_uuid"];
            assert!(
                parent.is_null() || uuids.contains(&parent),
                "{}",
                line["title"]
            );
        }
    }
    assert!(
        list(&state, "invoices")
            .iter()
            .all(|invoice| orders.contains(&invoice["order_number"]))
    );
    assert!(
        state["history"]
            .as_object()
            .unwrap()
            .keys()
            .all(|number| orders.contains(&number.as_str().into()))
    );
    let messages: BTreeMap<String, Value> =
        serde_json::from_value(state["status_messages"].clone()).unwrap();
    for id in messages.keys() {
        assert!(
            statuses.contains(&id.parse::<i64>().unwrap().into()),
            "{id}"
        );
    }
}

#[tokio::test]
async fn the_cases_that_a_plugin_must_handle_exist() {
    let state = state().await;
    let order = |number: &str| {
        list(&state, "orders")
            .iter()
            .find(|order| order["order_number"] == number)
            .unwrap()
    };
    let types = |number: &str| -> Vec<_> {
        order(number)["products"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["type"].as_str().unwrap())
            .collect()
    };
    // Paid and sent; to be paid, with a decimal; cancelled.
    assert!(
        order("O260147")["paid_date"].is_string() && order("O260147")["tracking_code"].is_string()
    );
    assert!(order("O260152")["paid_date"].is_null());
    assert_eq!(order("O260152")["order_total"].to_string(), "1230.5");
    assert_eq!(order("O260163")["status"], "Storno");
    // Two documents; a document without an address of its file.
    let documents = |number: &str| {
        list(&state, "invoices")
            .iter()
            .filter(|invoice| invoice["order_number"] == number)
            .count()
    };
    assert_eq!(documents("O260160"), 2);
    assert!(
        list(&state, "invoices")
            .iter()
            .any(|invoice| invoice["invoice_pdf_url"] == "")
    );
    // A guest; no e-mail; no status; an order number with letters.
    assert!(
        order("O260170")["customer"]["customer_id"].is_null()
            && order("O260170")["customer"]["email"].is_string()
    );
    assert!(order("O260171")["customer"]["email"].is_null());
    assert!(
        order("00012A7")["status"].is_null()
            && order("00012A7")["customer"]["email"] == "Jan.Dvorak@Example.cz"
    );
    // Every type of line; a line entered by hand; a deleted product; one without a code.
    assert_eq!(
        types("O260175"),
        [
            "set", "set_part", "set_part", "product", "discount", "gift", "product", "product"
        ]
    );
    assert!(order("O260175")["products"][6]["product_id"].is_null());
    assert!(
        list(&state, "products")
            .iter()
            .all(|product| product["product_id"] != order("O260175")["products"][7]["product_id"])
    );
    assert!(order("O260160")["products"][0]["code"].is_null());
    // An order of an older server, with the same e-mail but before the customer had an account.
    assert!(
        order("O250988").get("order_id").is_none()
            && order("O250988")["products"][0].get("type").is_none()
    );
    assert!(order("O250988")["customer"]["customer_id"].is_null());
    // More orders than a page holds.
    let wholesale = list(&state, "orders")
        .iter()
        .filter(|order| order["customer"]["customer_id"] == 90)
        .count();
    assert_eq!(wholesale, 130);
}
