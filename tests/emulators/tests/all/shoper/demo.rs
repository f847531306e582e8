//! The demo data are consistent and have the cases that a plugin must handle.

use krabice_emulators::{BackEndName, Emulators};
use rust_decimal::Decimal;
use serde_json::Value;

const SHOPS: [BackEndName; 2] = [BackEndName::Shoper, BackEndName::ShoperOutlet];

async fn states() -> Vec<Value> {
    let emulators = Emulators::start(Default::default()).await.unwrap();
    SHOPS
        .iter()
        .map(|name| emulators.get(*name).unwrap().state())
        .collect()
}

fn list<'a>(state: &'a Value, name: &str) -> &'a Vec<Value> {
    state[name].as_array().unwrap()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn order<'a>(state: &'a Value, id: &str) -> &'a Value {
    let mut orders = list(state, "orders").iter();
    orders.find(|order| order["order_id"] == id).unwrap()
}

#[tokio::test]
async fn values_are_the_sums_of_lines_and_shipping() {
    for state in states().await {
        for order in list(&state, "orders") {
            let id = &order["order_id"];
            let of_order = |rows: &'static str| {
                let rows = list(&state, rows).iter();
                rows.filter(|row| row["order_id"] == *id)
                    .collect::<Vec<_>>()
            };
            let lines = of_order("order_products");
            let sum: Decimal = lines
                .iter()
                .map(|line| decimal(&line["price"]) * decimal(&line["quantity"]))
                .sum();
            assert_eq!(
                sum + decimal(&order["shipping_cost"]),
                decimal(&order["sum"]),
                "{id}"
            );
            assert_eq!(order["total_products"], lines.len(), "{id}");
            assert_eq!(order["total_parcels"], of_order("parcels").len(), "{id}");
            let paid = decimal(&order["paid"]) >= decimal(&order["sum"]);
            assert_eq!(order["is_paid"], paid, "{id}");
        }
    }
}

#[tokio::test]
async fn every_reference_has_its_target() {
    for state in states().await {
        for (rows, key, target) in [
            ("orders", "status_id", "statuses"),
            ("orders", "payment_id", "payments"),
            ("orders", "shipping_id", "shippings"),
            ("orders", "currency_id", "currencies"),
            ("orders", "user_id", "users"),
            ("order_products", "order_id", "orders"),
            ("parcels", "order_id", "orders"),
            ("parcels", "shipping_id", "shippings"),
        ] {
            for row in list(&state, rows) {
                let id = &row[key];
                let none = id.is_null() || *id == "0";
                let mut targets = list(&state, target).iter();
                assert!(
                    none || targets.any(|it| it[key] == *id),
                    "{rows} {key} {id}"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_item_has_a_number_of_its_own() {
    for state in states().await {
        for (rows, key) in [
            ("orders", "order_id"),
            ("order_products", "id"),
            ("parcels", "parcel_id"),
        ] {
            let mut ids: Vec<_> = list(&state, rows)
                .iter()
                .map(|row| row[key].as_str().unwrap())
                .collect();
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), count, "{rows}");
        }
    }
}

#[tokio::test]
async fn the_cases_that_a_plugin_must_handle_exist() {
    let states = states().await;
    let (main, outlet) = (&states[0], &states[1]);
    // The customer of the scenario with several shops, in both of them.
    assert_eq!(order(main, "4821")["email"], "anna.zielinska@example.net");
    assert_eq!(order(outlet, "310")["email"], "anna.zielinska@example.net");
    // Paid and sent; cash on delivery; partly paid and in several parcels, one of
    // them without a number; another currency; no e-mail, no payment, no date.
    assert_eq!(order(main, "4821")["is_paid"], true);
    assert_eq!(order(main, "4822")["is_cash_on_delivery"], true);
    assert_eq!(order(main, "4823")["is_underpayment"], true);
    let codes: Vec<_> = list(main, "parcels")
        .iter()
        .filter(|parcel| parcel["order_id"] == "4823")
        .map(|parcel| parcel["shipping_code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["0000001234567A/1", "ODBIOR 17", ""]);
    assert_eq!(order(main, "4824")["currency_id"], "2");
    assert_ne!(
        order(main, "4824")["email"],
        order(main, "4824")["email"]
            .as_str()
            .unwrap()
            .to_lowercase()
    );
    assert_eq!(order(main, "4826")["email"], "");
    assert_eq!(order(main, "4826")["payment_id"], "0");
    assert!(order(main, "4826")["status_date"].is_null());
    // More statuses than a default page, an unused one, one only in Polish, and a
    // gap in the numbers.
    let statuses = list(main, "statuses");
    assert_eq!(statuses.len(), 12);
    assert!(statuses.iter().any(|status| status["active"] == "0"));
    assert!(statuses.iter().all(|status| status["status_id"] != "10"));
    // More orders of one customer, and more lines of one order, than a page.
    let orders = list(main, "orders").iter();
    assert_eq!(
        orders
            .filter(|order| order["email"] == "hurt@example.com")
            .count(),
        131
    );
    let lines = list(main, "order_products").iter();
    assert_eq!(lines.filter(|line| line["order_id"] == "4830").count(), 60);
}
