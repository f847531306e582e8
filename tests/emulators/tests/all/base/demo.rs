//! The demo data, and the state behind them.

use serde_json::{Value, json};

use super::Account;

#[tokio::test]
async fn the_demo_data_are_complete_and_a_reset_restores_them() {
    let base = Account::open().await;
    let state = base.emulator().state();
    let number = |value: &Value| {
        value
            .as_i64()
            .unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
    };
    let ids = |list: &str, key: &str| -> Vec<i64> {
        state[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| number(&item[key]))
            .collect()
    };
    let (orders, statuses) = (ids("orders", "order_id"), ids("order_statuses", "id"));
    assert_eq!(orders.len(), 137);
    for (list, key) in [
        ("packages", "order_id"),
        ("returns", "order_id"),
        ("invoices", "order_id"),
    ] {
        assert!(
            ids(list, key).iter().all(|order| orders.contains(order)),
            "{list}"
        );
    }
    assert!(
        ids("orders", "order_status_id")
            .iter()
            .all(|status| statuses.contains(status))
    );
    let packages = ids("packages", "package_id");
    assert!(
        ids("labels", "package_id")
            .iter()
            .all(|parcel| packages.contains(parcel))
    );
    let return_statuses = ids("return_statuses", "id");
    assert!(
        ids("returns", "status_id")
            .iter()
            .all(|status| return_statuses.contains(status))
    );

    base.patch(json!({ "orders": { "90155231": { "email": "x@example.com" }, "90155400": null, "1": {} } }));
    assert_eq!(
        base.emulator().state()["orders"].as_array().unwrap().len(),
        137
    );
    base.emulator().reset();
    assert_eq!(base.emulator().state(), state);
    base.emulator().replace_state(json!({})).unwrap();
    assert_eq!(base.asks("getOrders", json!({})).await["orders"], json!([]));
    assert!(
        base.emulator()
            .patch_state(json!({ "settings": { "tokn": "x" } }))
            .is_err()
    );
}
