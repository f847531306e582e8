//! Changes of an order.

use http::Method;
use serde_json::json;

use super::client::{Shop, refusal};

#[tokio::test]
async fn a_status_is_changed_with_its_date_in_the_shops_time() {
    let shop = Shop::open().await;
    for (body, id) in [(r#"{"status_id":8}"#, "8"), (r#"{"status_id":"9"}"#, "9")] {
        let reply = shop.put("orders/4822", body).await;
        assert_eq!((reply.status, reply.json()), (200, json!(1)));
        let order = shop.get("orders/4822").await.json();
        assert_eq!(order["status_id"], id, "as a text");
        assert_eq!(order["status_date"], "2026-11-20 12:00:00");
    }
    assert!(shop.broken().is_empty());
}

#[tokio::test]
async fn a_note_is_replaced_as_a_whole_and_nothing_else_changes() {
    let shop = Shop::open().await;
    let before = shop.get("orders/4821").await.json();
    let reply = shop.put("orders/4821", r#"{"notes_priv":"Nowa"}"#).await;
    assert_eq!(reply.status, 200);
    let mut after = shop.get("orders/4821").await.json();
    assert_eq!(after["notes_priv"], "Nowa");
    after["notes_priv"] = before["notes_priv"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn settings_answer_a_change_with_the_object_or_do_not_make_it() {
    let shop = Shop::open().await;
    shop.set(json!({ "update_answer": "object" }));
    let reply = shop.put("orders/4822", r#"{"status_id":8}"#).await;
    assert_eq!(reply.json()["status_id"], "8");
    shop.set(json!({ "update_answer": "one", "ignores_updates": true }));
    let reply = shop.put("orders/4822", r#"{"status_id":1}"#).await;
    assert_eq!(reply.json(), 1);
    assert_eq!(shop.get("orders/4822").await.json()["status_id"], "8");
}

#[tokio::test]
async fn a_correct_client_can_be_refused() {
    let shop = Shop::open().await;
    let status = shop.put("orders/4821", r#"{"status_id":99}"#).await;
    assert_eq!(refusal(&status), (400, "invalid_request".to_owned()));
    let missing = shop.put("orders/9999", r#"{"status_id":1}"#).await;
    assert_eq!(refusal(&missing), (404, "invalid_request".to_owned()));
    shop.set(json!({ "held_orders": ["4821"] }));
    let held = shop.put("orders/4821", r#"{"status_id":1}"#).await;
    assert_eq!(refusal(&held), (409, "server_error".to_owned()));
    assert_eq!(shop.get("orders/4821").await.json()["status_id"], "7");
    assert!(shop.broken().is_empty());
}

#[tokio::test]
async fn a_body_with_invalid_keys_or_values_is_refused() {
    let shop = Shop::open().await;
    for (body, status, rule) in [
        ("", 400, "json-body"),
        ("[]", 400, "json-body"),
        (r#"{"status_id""#, 400, "json-body"),
        (r#"{"state":"sent"}"#, 400, "unknown-key"),
        (r#"{"order_id":1}"#, 400, "unknown-key"),
        (r#"{"status_id":"sent"}"#, 400, "body-value"),
        (r#"{"status_id":1.5}"#, 400, "body-value"),
        (r#"{"status_id":null}"#, 400, "body-value"),
        (r#"{"notes_priv":5}"#, 400, "body-value"),
        (r#"{"paid":"10.00"}"#, 501, "not-emulated"),
    ] {
        let reply = shop.put("orders/4821", body).await;
        assert_eq!(reply.status, status, "{body}");
        assert_eq!(shop.broken(), [rule], "{body}");
    }
    let form = Some((
        "application/x-www-form-urlencoded",
        "status_id=1".to_owned(),
    ));
    let bearer = shop.get("orders/4821").await;
    assert_eq!(bearer.json()["status_id"], "7", "nothing was written");
    let unannounced = shop
        .ask(Method::PUT, "/webapi/rest/orders/4821", None, form)
        .await;
    assert_eq!(
        unannounced.status, 401,
        "who calls comes before what is sent"
    );
}

#[tokio::test]
async fn a_body_must_have_the_type_of_json() {
    let shop = Shop::open().await;
    let token = shop.login(Some(&shop.basic())).await.json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let body = Some(("text/plain", r#"{"status_id":1}"#.to_owned()));
    let path = "/webapi/rest/orders/4821";
    let reply = shop.ask(Method::PUT, path, Some(&bearer), body).await;
    assert_eq!(refusal(&reply), (400, "invalid_request".to_owned()));
    assert_eq!(shop.broken(), ["content-type"]);
}
