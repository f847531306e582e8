//! The answers and changes of the methods.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use krabice_emulators::Clock;
use serde_json::{Value, json};

use super::{Account, code};

#[tokio::test]
async fn orders_are_found_by_each_number_and_unconfirmed_ones_on_request() {
    let base = Account::open().await;
    assert_eq!(
        base.orders(json!({ "order_id": 90155231 })).await,
        ["90155231"]
    );
    assert_eq!(base.orders(json!({ "order_id": 1 })).await, [""; 0]);
    assert_eq!(
        base.orders(json!({ "filter_shop_order_id": 4821 })).await,
        ["90155231", "90155500"]
    );
    assert_eq!(base.orders(json!({ "order_id": 90155600 })).await, [""; 0]);
    assert_eq!(
        base.orders(json!({ "order_id": 90155600, "get_unconfirmed_orders": true }))
            .await,
        ["90155600"]
    );
    assert_eq!(
        base.orders(json!({ "filter_order_source": "allegro", "filter_order_source_id": 512 }))
            .await,
        ["90155400", "90155800"]
    );
    assert_eq!(
        base.orders(json!({ "status_id": 55190 })).await,
        ["90149001"]
    );
}

#[tokio::test]
async fn at_most_a_hundred_orders_are_answered_and_both_ways_of_paging_continue() {
    let base = Account::open().await;
    let first = base
        .orders(json!({ "filter_email": "hurt@example.com" }))
        .await;
    assert_eq!((first.len(), first[99].as_str()), (100, "80000100"));
    let rest = base
        .orders(json!({ "filter_email": "hurt@example.com", "id_from": 80000101 }))
        .await;
    assert_eq!(rest.len(), 30);
    let start = 1_748_847_600;
    let answer = base
        .asks("getOrders", json!({ "date_confirmed_from": start }))
        .await;
    let confirmed = |index: usize| answer["orders"][index]["date_confirmed"].as_i64().unwrap();
    assert!((1..100).all(|index| confirmed(index - 1) <= confirmed(index)));
    let next = base
        .orders(json!({ "date_confirmed_from": confirmed(99) + 1 }))
        .await;
    assert!(
        next.len() < 100 && !next.contains(&"80000098".to_owned()),
        "{next:?}"
    );
    assert!(!next.contains(&"90155600".to_owned()), "not confirmed");
}

#[tokio::test]
async fn the_filter_by_email_and_the_archive_follow_the_settings() {
    let base = Account::open().await;
    let anna = "anna.zielinska@example.net";
    let by_filter = || base.orders(json!({ "filter_email": anna }));
    assert_eq!(by_filter().await, ["90149001", "90155231", "90155400"]);
    base.patch(json!({ "settings": { "archive_is_listed": false } }));
    assert_eq!(by_filter().await, ["90155231", "90155400"]);
    assert_eq!(
        base.orders(json!({ "order_id": 90149001 })).await,
        ["90149001"]
    );
    let hits = base
        .asks("getOrdersByEmail", json!({ "email": anna }))
        .await;
    assert_eq!(
        hits["orders"][0],
        json!({
            "order_id": "90149001", "order_status_id": "55190", "date_in_status": "1743412800",
            "date_add": "1741253700",
        })
    );
    let petra = json!({ "filter_email": "petra.vlkova@example.cz" });
    assert_eq!(base.orders(petra.clone()).await, [""; 0]);
    base.patch(json!({ "settings": { "email_filter_exact": false } }));
    assert_eq!(base.orders(petra).await, ["90155700"]);
}

#[tokio::test]
async fn a_phone_number_is_found_by_its_digits() {
    let base = Account::open().await;
    let answer = base
        .asks("getOrdersByPhone", json!({ "phone": "+48600700800" }))
        .await;
    assert_eq!(answer["orders"][0]["order_id"], "90155500");
    assert_eq!(answer["orders"][0]["delivery_fullname"], "Jan Kowalski");
    let other = base
        .asks("getOrdersByPhone", json!({ "phone": "600700800" }))
        .await;
    assert_eq!(other["orders"], json!([]));
}

#[tokio::test]
async fn parts_are_answered_only_on_request_and_empty_ones_are_lists() {
    let base = Account::open().await;
    base.patch(json!({ "orders": { "90155231": { "commission": { "net": "1.00" } } } }));
    let plain = base
        .asks("getOrders", json!({ "order_id": 90155231 }))
        .await;
    assert_eq!(plain["orders"][0].get("commission"), None);
    let asked = json!({
        "order_id": 90155231, "include_custom_extra_fields": true, "include_commission_data": true,
    });
    let full = base.asks("getOrders", asked).await;
    assert_eq!(full["orders"][0]["commission"], json!({ "net": "1.00" }));
    assert_eq!(full["orders"][0]["custom_extra_fields"], json!([]));
}

#[tokio::test]
async fn a_setting_turns_numbers_and_flags_into_texts() {
    let base = Account::open().await;
    base.patch(json!({ "settings": { "scalars": "texts" } }));
    let answer = base
        .asks("getOrders", json!({ "order_id": 90155231 }))
        .await;
    let order = &answer["orders"][0];
    assert_eq!(order["order_id"], "90155231");
    assert_eq!(order["confirmed"], "1");
    assert_eq!(order["products"][0]["quantity"], "2");
}

#[tokio::test]
async fn a_status_is_set_and_unknown_ids_follow_the_settings() {
    let clock = Clock::frozen("2026-10-12T10:00:00Z".parse().unwrap());
    let base = Account::open_at(clock).await;
    let set = |order: i64, status: i64| {
        base.asks(
            "setOrderStatus",
            json!({ "order_id": order, "status_id": status }),
        )
    };
    assert_eq!(set(90_155_231, 55121).await, json!({ "status": "SUCCESS" }));
    let order = &base
        .asks("getOrders", json!({ "order_id": 90155231 }))
        .await["orders"][0];
    assert_eq!(
        (&order["order_status_id"], &order["date_in_status"]),
        (&json!(55121), &json!(1_791_799_200))
    );
    assert_eq!(code(&set(1, 55121).await), "ERROR_ORDER_NOT_FOUND");
    assert_eq!(code(&set(90_155_231, 1).await), "ERROR_STATUS_NOT_FOUND");
    base.patch(json!({ "settings": { "unknown_ids": "ignored" } }));
    let before = base.emulator().state();
    assert_eq!(set(1, 55121).await["status"], "SUCCESS");
    assert_eq!(set(90_155_231, 1).await["status"], "SUCCESS");
    base.patch(json!({ "settings": { "changes_get_lost": true } }));
    assert_eq!(set(90_155_231, 55118).await["status"], "SUCCESS");
    assert_eq!(base.emulator().state()["orders"], before["orders"]);
}

#[tokio::test]
async fn comments_are_replaced_as_a_whole_and_nothing_else_changes() {
    let base = Account::open().await;
    let before = base
        .asks("getOrders", json!({ "order_id": 90155231 }))
        .await;
    let change = json!({ "order_id": 90155231, "admin_comments": "Dárek" });
    assert_eq!(
        base.asks("setOrderFields", change).await["status"],
        "SUCCESS"
    );
    let mut after = base
        .asks("getOrders", json!({ "order_id": 90155231 }))
        .await;
    assert_eq!(after["orders"][0]["admin_comments"], "Dárek");
    after["orders"][0]["admin_comments"] = before["orders"][0]["admin_comments"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn labels_come_as_plain_base64_by_either_number() {
    let base = Account::open().await;
    let label = |asked: Value| base.asks("getLabel", asked);
    let pdf = label(json!({ "courier_code": "dpd", "package_id": 7700123 })).await;
    assert_eq!(pdf["extension"], "pdf");
    let bytes = STANDARD.decode(pdf["label"].as_str().unwrap()).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.4"));
    let back = label(json!({ "courier_code": "dpd", "package_number": "0000987654321U" })).await;
    assert_eq!(back["extension"], "pdf");
    let zpl = label(json!({ "courier_code": "inpost", "package_id": 7700200 })).await;
    assert_eq!(zpl["extension"], "zpl");
    for asked in [
        json!({ "courier_code": "inpost", "package_id": 7700123 }),
        json!({ "courier_code": "packeta", "package_id": 1 }),
        json!({ "courier_code": "dpd", "package_id": 7700400 }),
    ] {
        assert_eq!(
            code(&label(asked.clone()).await),
            "ERROR_NO_LABEL",
            "{asked}"
        );
    }
    assert_eq!(base.broken(), [""; 0]);
}

#[tokio::test]
async fn parcels_are_answered_without_their_order() {
    let base = Account::open().await;
    let asked = json!({ "order_id": 90155231 });
    let parcels = base
        .ids("getOrderPackages", asked.clone(), "packages", "package_id")
        .await;
    assert_eq!(parcels, ["7700100", "7700123", "7700190"]);
    let answer = base.asks("getOrderPackages", asked).await;
    assert_eq!(answer["packages"][0].get("order_id"), None);
    assert_eq!(
        base.asks("getOrderPackages", json!({ "order_id": 1 }))
            .await["packages"],
        json!([])
    );
}

#[tokio::test]
async fn returns_are_found_and_their_status_is_a_text() {
    let base = Account::open().await;
    let returns = |asked: Value| base.ids("getOrderReturns", asked, "returns", "return_id");
    assert_eq!(returns(json!({})).await, ["5102", "5103", "5104"]);
    assert_eq!(returns(json!({ "order_id": 90155700 })).await, ["5103"]);
    assert_eq!(returns(json!({ "return_id": 1 })).await, [""; 0]);
    let change = json!({ "return_id": 5102, "status_id": 1007 });
    assert_eq!(
        base.asks("setOrderReturnStatus", change).await["status"],
        "SUCCESS"
    );
    let found = base
        .asks("getOrderReturns", json!({ "return_id": 5102 }))
        .await;
    assert_eq!(found["returns"][0]["status_id"], "1007");
    let wrong = json!({ "return_id": 5102, "status_id": 55120 });
    assert_eq!(
        code(&base.asks("setOrderReturnStatus", wrong).await),
        "ERROR_STATUS_NOT_FOUND"
    );
    let reasons = base.asks("getOrderReturnReasonsList", json!({})).await;
    assert_eq!(reasons["return_reasons"][0]["return_reason_id"], 1004);
    let statuses = base.asks("getOrderReturnProductStatuses", json!({})).await;
    assert_eq!(
        statuses["order_return_product_statuses"][0]["status_id"],
        1001
    );
}

#[tokio::test]
async fn invoices_are_listed_and_their_files_have_a_prefix() {
    let base = Account::open().await;
    let asked = json!({ "order_id": 90155700 });
    let invoices = base
        .ids("getInvoices", asked, "invoices", "invoice_id")
        .await;
    assert_eq!(invoices, ["3310", "3315"]);
    let file = base
        .asks("getInvoiceFile", json!({ "invoice_id": 3310 }))
        .await;
    assert_eq!(file["invoice_number"], "FV 19/10/2026");
    let content = file["invoice"]
        .as_str()
        .unwrap()
        .strip_prefix("data:")
        .unwrap();
    assert!(STANDARD.decode(content).unwrap().starts_with(b"%PDF-1.4"));
    base.patch(json!({ "invoices": { "3310": { "file": "" } } }));
    let empty = base
        .asks("getInvoiceFile", json!({ "invoice_id": 3310 }))
        .await;
    assert_eq!(empty["invoice"], "data:");
    let unknown = base
        .asks("getInvoiceFile", json!({ "invoice_id": 1 }))
        .await;
    assert_eq!(code(&unknown), "ERROR_INVOICE_NOT_FOUND");
}
