//! Writing: orders, their history, and the messages that the shop sends.

use http::Method;
use krabice_emulators::{Clock, Options};
use serde_json::{Value, json};

use crate::client::Shop;

async fn frozen() -> Shop {
    let clock = Clock::frozen("2026-05-01T10:00:00Z".parse().unwrap());
    Shop::open_with(Options {
        clock,
        ..Options::default()
    })
    .await
}

async fn order(shop: &Shop, number: &str) -> Value {
    shop.get(&format!("/orders/{number}")).await.json()["orders"][0].clone()
}

fn sent(shop: &Shop) -> (Value, Value) {
    let state = shop.emulator().state();
    (state["emails"].clone(), state["sms"].clone())
}

#[tokio::test]
async fn every_item_is_answered_separately() {
    let shop = frozen().await;
    let reply = shop
        .put(json!({
            "send_emails_yn": false, "send_sms_yn": false,
            "orders": [
                { "order_number": "O260152", "status_id": 5 },
                { "order_number": "O999999", "status_id": 5 },
                { "order_number": "O260147", "status_id": 999, "internal_note": "nesmí se uložit" },
            ],
        }))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json(),
        json!({ "orders": [
            { "order_number": "O260152", "order_url": "https://kavarna.admin.example/orders/edit-order/default/152",
              "updated_yn": true, "messages": [] },
            { "order_number": "O999999", "order_url": null, "updated_yn": false, "messages": [
                { "object": "order", "property": "order_number", "message": "Objednávka O999999 neexistuje.", "level": "error" } ] },
            { "order_number": "O260147", "order_url": "https://kavarna.admin.example/orders/edit-order/default/147",
              "updated_yn": false, "messages": [
                { "object": "order", "property": "status_id", "message": "Stav s ID 999 neexistuje.", "level": "error" } ] },
        ] })
    );
    let changed = order(&shop, "O260152").await;
    assert_eq!(
        (&changed["status_id"], &changed["status"]),
        (&json!(5), &json!("Odeslaná"))
    );
    assert_eq!(changed["last_update_time"], "2026-05-01T12:00:00+02:00");
    assert_eq!(
        order(&shop, "O260147").await["internal_note"],
        "Zavolat před doručením"
    );
    assert_eq!(shop.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn a_status_is_found_in_any_language_and_shown_in_the_orders_language() {
    let shop = frozen().await;
    for (number, name, shown) in [
        ("O260170", "Sent", "Odoslaná"),
        ("O260175", "Storno", "Cancelled"),
        ("O260170", "Čeká na zákazníka", "Čeká na zákazníka"),
    ] {
        let reply = shop
            .put(json!({ "orders": [{ "order_number": number, "status": name }] }))
            .await
            .json();
        assert_eq!(reply["orders"][0]["updated_yn"], true, "{reply}");
        assert_eq!(order(&shop, number).await["status"], shown);
    }
    for item in [
        json!({ "status": "odeslaná" }),
        json!({ "status": "" }),
        json!({ "status": "Storno", "status_id": 5 }),
    ] {
        let mut item = item;
        item["order_number"] = "O260152".into();
        let reply = shop.put(json!({ "orders": [item] })).await.json();
        assert_eq!(reply["orders"][0]["updated_yn"], false, "{reply}");
    }
    assert_eq!(order(&shop, "O260152").await["status_id"], 1);
}

#[tokio::test]
async fn messages_are_sent_unless_they_are_switched_off_in_any_documented_way() {
    for off in [json!(false), json!(0), json!("0")] {
        let shop = frozen().await;
        let orders = json!([{ "order_number": "O260152", "status_id": 5 }]);
        shop.put(json!({ "send_emails_yn": off, "send_sms_yn": off, "orders": orders }))
            .await;
        assert_eq!(sent(&shop), (json!([]), json!([])), "{off}");
    }
    for on in [json!(true), json!(1), json!("1"), Value::Null] {
        let shop = frozen().await;
        let mut body = json!({ "orders": [{ "order_number": "O260152", "status_id": 5 }] });
        if !on.is_null() {
            body["send_emails_yn"] = on.clone();
            body["send_sms_yn"] = on.clone();
        }
        assert_eq!(shop.put(body).await.status, 200);
        let at = "2026-05-01T12:00:00+02:00";
        let email = json!([{ "order_number": "O260152", "status_id": 5, "to": "petra.vlkova@example.cz", "text": "Objednávka je na cestě", "at": at }]);
        let sms = json!([{ "order_number": "O260152", "status_id": 5, "to": "+420 601222333", "text": "Objednávka je na cestě.", "at": at }]);
        assert_eq!(sent(&shop), (email, sms), "{on}");
    }
}

#[tokio::test]
async fn no_message_is_sent_without_a_change_a_template_or_an_address() {
    let shop = frozen().await;
    let orders = json!([
        // The order already has that status.
        { "order_number": "O260147", "status_id": 5 },
        // That status has no message.
        { "order_number": "O260152", "status_id": 8 },
        // The order has no e-mail, and there is no text message for this status.
        { "order_number": "O260171", "status_id": 2 },
        // No status.
        { "order_number": "O260163", "internal_note": "jen poznámka" },
    ]);
    let reply = shop.put(json!({ "orders": orders })).await.json();
    assert!(
        reply["orders"]
            .as_array()
            .unwrap()
            .iter()
            .all(|order| order["updated_yn"] == true)
    );
    assert_eq!(sent(&shop), (json!([]), json!([])));
}

#[tokio::test]
async fn a_status_can_mark_the_order_paid_or_resolved() {
    let shop = frozen().await;
    shop.put(json!({ "orders": [{ "order_number": "O260152", "status_id": 3 }] }))
        .await;
    assert_eq!(
        order(&shop, "O260152").await["paid_date"],
        "2026-05-01T12:00:00+02:00"
    );
    shop.put(json!({ "orders": [{ "order_number": "O260152", "status_id": 2 }] }))
        .await;
    assert_eq!(order(&shop, "O260152").await["resolved_yn"], true);
}

#[tokio::test]
async fn only_the_given_keys_change() {
    let shop = frozen().await;
    let before = order(&shop, "O260147").await;
    let item = json!({
        "order_number": "O260147", "internal_note": "první\ndruhý", "tracking_code": "X1", "paid_date": "2026-4-1",
        "variable_symbol": 42, "resolved_yn": "1", "statistics_yn": 0, "external_order_number": "E-7",
        "dimensions": { "width": "50" }, "customer": { "phone": "+420 777000111", "postal_yn": 1 },
    });
    assert_eq!(
        shop.put(json!({ "orders": [item] })).await.json()["orders"][0]["updated_yn"],
        true
    );
    let mut expected = before;
    expected["internal_note"] = "první\ndruhý".into();
    expected["tracking_code"] = "X1".into();
    expected["paid_date"] = "2026-04-01T00:00:00+02:00".into();
    expected["variable_symbol"] = "42".into();
    expected["resolved_yn"] = true.into();
    expected["statistics_yn"] = false.into();
    expected["external_order_number"] = "E-7".into();
    expected["dimensions"]["width"] = 50.into();
    expected["customer"]["phone"] = "+420 777000111".into();
    expected["customer"]["postal_yn"] = true.into();
    expected["last_update_time"] = "2026-05-01T12:00:00+02:00".into();
    assert_eq!(order(&shop, "O260147").await, expected);

    shop.put(
        json!({ "orders": [{ "order_number": "O260147", "paid_date": "", "internal_note": "" }] }),
    )
    .await;
    let order = order(&shop, "O260147").await;
    assert_eq!(
        (&order["paid_date"], &order["internal_note"]),
        (&Value::Null, &json!(""))
    );
}

#[tokio::test]
async fn history_is_read_and_appended() {
    let shop = frozen().await;
    let data = json!([{ "name": "n".repeat(60), "value": format!("<b>Volal</b> zákazník, 1 < 2{}", "x".repeat(500)) }]);
    let reply = shop
        .write(
            Method::POST,
            "/orders/O260147/history",
            json!({ "data": data }).to_string(),
        )
        .await;
    assert_eq!(
        (reply.status, reply.json()),
        (200, json!({ "updated": true, "messages": [] }))
    );
    let history = shop.get("/orders/O260147/history").await.json();
    assert_eq!(history["number_of_items"], 4);
    let event = &history["history"][3];
    assert_eq!(
        (&event["origin"], &event["user_name"]),
        (&json!("api"), &json!("12345678"))
    );
    assert_eq!(event["data"][0]["name"], "n".repeat(50));
    assert!(
        event["data"][0]["value"]
            .as_str()
            .unwrap()
            .starts_with("Volal zákazník")
    );

    let unknown = shop
        .write(Method::POST, "/orders/O999999/history", r#"{"data":[]}"#)
        .await
        .json();
    assert_eq!(
        (&unknown["updated"], &unknown["messages"][0]["level"]),
        (&json!(false), &json!("error"))
    );
    for (body, rule) in [
        ("{}", "body-value"),
        (r#"{"data":[{"name":"x"}]}"#, "body-value"),
        (r#"{"data":[],"at":1}"#, "unknown-key"),
    ] {
        shop.emulator().clear_log();
        assert_eq!(
            shop.write(Method::POST, "/orders/O260147/history", body)
                .await
                .status,
            400
        );
        assert_eq!(shop.broken(), [rule]);
    }
}

#[tokio::test]
async fn an_update_adds_an_event_to_the_history() {
    let shop = frozen().await;
    shop.put(json!({ "orders": [{ "order_number": "O260152", "status_id": 2, "internal_note": "storno" }] })).await;
    let history = shop.get("/orders/O260152/history").await.json();
    assert_eq!(
        history["history"][0]["changes"],
        json!([
            { "name": "internal_note", "before": null, "after": "storno" },
            { "name": "status", "before": "Přijatá", "after": "Storno" },
        ])
    );
}

#[tokio::test]
async fn products_are_matched_by_uuid_and_the_total_is_updated() {
    let shop = frozen().await;
    let before = order(&shop, "O260152").await;
    let uuid = |index: usize| before["products"][index]["uuid"].clone();
    let item = json!({
        "order_number": "O260152",
        "products": [
            { "uuid": uuid(1), "quantity": 2, "price_per_unit": 690.25 },
            { "code": "FP-100", "title": "Papírové filtry, 100 ks", "quantity": "1", "price_per_unit": 89, "vat": 21 },
        ],
        "payment": { "name": "Dobírkou", "price": 0, "vat": 21 },
    });
    let reply = shop
        .put(json!({ "delete_missing_products_yn": true, "send_emails_yn": false, "orders": [item] }))
        .await
        .json();
    assert_eq!(reply["orders"][0]["updated_yn"], true, "{reply}");
    let after = order(&shop, "O260152").await;
    let lines = after["products"].as_array().unwrap();
    assert_eq!(lines.len(), 2, "what is not sent is removed");
    assert_eq!(
        (&lines[0]["uuid"], &lines[0]["price"]),
        (&uuid(1), &json!(1380.5))
    );
    assert_eq!(
        (&lines[1]["code"], &lines[1]["price_without_vat"]),
        (&json!("FP-100"), &json!(73.55))
    );
    assert!(!lines[1]["product_id"].is_null(), "paired by its code");
    assert_eq!(after["payment"]["price"], 0);
    assert_eq!(
        after["order_total"], 1558.5,
        "1380.50 + 89 + 89 for the shipment"
    );
    assert_eq!(shop.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn products_stay_unless_the_request_says_otherwise() {
    let shop = frozen().await;
    let item = json!({ "order_number": "O260152", "products": [
        { "title": "Balné", "quantity": 1, "price_per_unit": 10, "vat": 21 } ] });
    shop.put(json!({ "send_emails_yn": false, "orders": [item] }))
        .await;
    let after = order(&shop, "O260152").await;
    assert_eq!(after["products"].as_array().unwrap().len(), 3);
    assert_eq!(after["order_total"], 1240.5);
}

#[tokio::test]
async fn invalid_items_are_refused() {
    for (item, rule) in [
        (json!({ "products": [{ "quantity": 1 }] }), "body-value"),
        (
            json!({ "products": [{ "price_per_unit": "much" }] }),
            "body-value",
        ),
        (
            json!({ "products": [{ "price_per_unit": 1, "colour": "red" }] }),
            "unknown-key",
        ),
        (
            json!({ "shipment": { "name": "PPL", "price": 1 } }),
            "body-value",
        ),
        (json!({ "payment": { "id": 3 } }), "unknown-key"),
    ] {
        let shop = frozen().await;
        let mut item = item;
        item["order_number"] = "O260152".into();
        let reply = shop.put(json!({ "orders": [item.clone()] })).await;
        assert_eq!(
            (reply.status, shop.broken()),
            (400, vec![rule.to_owned()]),
            "{item}"
        );
    }
    let shop = frozen().await;
    let before = order(&shop, "O260152").await;
    let item = json!({ "order_number": "O260152", "products": [{ "uuid": "no", "price_per_unit": 1 }], "internal_note": "x" });
    let reply = shop.put(json!({ "orders": [item] })).await.json();
    assert_eq!(reply["orders"][0]["updated_yn"], false, "{reply}");
    assert_eq!(order(&shop, "O260152").await, before, "whole or not at all");
}
