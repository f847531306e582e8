//! Requests that a correct client never sends are refused and kept as violations.

use http::Method;
use http_body_util::Full;
use serde_json::json;

use crate::client::Shop;

/// Sends a request; returns the status and the broken rules.
async fn asked(shop: &Shop, method: Method, path: &str) -> (u16, Vec<String>) {
    shop.emulator().clear_log();
    let status = shop.write(method, path, "").await.status;
    (status, shop.broken())
}

fn broke(status: u16, rule: &str) -> (u16, Vec<String>) {
    (status, vec![rule.to_owned()])
}

#[tokio::test]
async fn undocumented_parameters_are_refused() {
    let shop = Shop::open().await;
    for path in [
        "/orders?customer_id=42",
        "/orders?order_number=O260147",
        "/orders?deleted_yn=1",
        "/orders/O260147?expand=items",
        "/orders?page=1&page=2",
        "/invoices?email=a@example.cz",
        "/customers?order_by=email",
        "/products/simple?ids=36",
        "/order-statuses?page=1",
        "/orders/O260147/history?page=1",
        "/orders/O260147/pdf?inline=1",
        "/status?verbose=1",
    ] {
        assert_eq!(
            asked(&shop, Method::GET, path).await,
            broke(400, "unknown-parameter"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn values_of_another_type_are_refused() {
    let shop = Shop::open().await;
    for path in [
        "/orders?order_numbers=",
        "/orders?order_numbers=;",
        "/orders?email=",
        "/orders?page=0",
        "/orders?page=first",
        "/orders?paid_yn=yes",
        "/orders?status_id=sent",
        "/orders?creation_time_from=yesterday",
        "/orders?phone=601%20222%20333",
        "/orders?payment_type=card",
        "/orders?order_dir=down",
        "/order-statuses?type=sent",
        "/invoices?type=credit_note",
    ] {
        assert_eq!(
            asked(&shop, Method::GET, path).await,
            broke(400, "parameter-value"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused() {
    let shop = Shop::open().await;
    for path in [
        "",
        "/",
        "/order",
        "/orders/O260147/items",
        "/orders//pdf",
        "/order-statuses/1/orders",
        "/orders/%FF",
    ] {
        assert_eq!(
            asked(&shop, Method::GET, path).await,
            broke(404, "unknown-path"),
            "{path}"
        );
    }
    for (method, path) in [
        (Method::PATCH, "/orders"),
        (Method::HEAD, "/orders"),
        (Method::PUT, "/orders/O260147"),
        (Method::POST, "/invoices"),
        (Method::DELETE, "/orders/O260147/history"),
        (Method::PUT, "/status"),
    ] {
        assert_eq!(
            asked(&shop, method.clone(), path).await,
            broke(405, "method"),
            "{method} {path}"
        );
    }
    for (method, path) in [
        (Method::POST, "/orders"),
        (Method::DELETE, "/orders"),
        (Method::GET, "/products"),
        (Method::GET, "/carts"),
        (Method::POST, "/orders/O260147/urls"),
    ] {
        assert_eq!(
            asked(&shop, method.clone(), path).await,
            broke(501, "not-emulated"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_path_outside_the_api_is_refused_also_without_a_login() {
    let shop = Shop::open().await;
    let address = shop
        .emulator()
        .address()
        .replace("/api/v2", "/api/v22/orders");
    let request = http::Request::builder()
        .uri(address)
        .body(Full::default())
        .unwrap();
    assert_eq!(shop.send(request).await.status, 404);
    assert_eq!(shop.broken(), ["unknown-path"]);
}

#[tokio::test]
async fn a_header_can_replace_the_method() {
    let shop = Shop::open().await;
    let request = shop
        .request(Method::POST, "/orders")
        .header("x-http-method-override", "PUT");
    let request = request.header("content-type", "application/json");
    let reply = shop
        .send(request.body(Full::from(r#"{"orders":[]}"#)).unwrap())
        .await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "orders": [] })));
}

#[tokio::test]
async fn bodies_must_be_json_objects_of_that_type() {
    let shop = Shop::open().await;
    let mut seen = Vec::new();
    for (announced, body) in [
        ("text/plain", r#"{"orders":[]}"#),
        ("application/x-www-form-urlencoded", r#"{"orders":[]}"#),
        ("application/json; charset=windows-1250", r#"{"orders":[]}"#),
        ("application/json", ""),
        ("application/json", "{\"orders\":["),
        ("application/json", "[]"),
        ("application/json", "\"orders\""),
    ] {
        shop.emulator().clear_log();
        let request = shop
            .request(Method::PUT, "/orders")
            .header("content-type", announced);
        let reply = shop.send(request.body(Full::from(body)).unwrap()).await;
        seen.push((reply.status, shop.broken().join(",")));
    }
    let refused = |rule: &str| (400, rule.to_owned());
    assert_eq!(seen[..3], [const { "content-type" }; 3].map(refused));
    assert_eq!(seen[3..], ["json-body"; 4].map(refused));
}

#[tokio::test]
async fn a_body_with_undocumented_keys_or_types_is_refused_as_a_whole() {
    let shop = Shop::open().await;
    let before = shop.emulator().state();
    let order = |key: &str, value: serde_json::Value| json!({ "orders": [{ "order_number": "O260152", key: value }] });
    for (body, rule) in [
        (
            json!({ "orders": [], "send_email_yn": false }),
            "unknown-key",
        ),
        (order("note", json!("x")), "unknown-key"),
        (
            order("customer", json!({ "mail": "x@example.cz" })),
            "unknown-key",
        ),
        (json!({ "orders": [{ "status_id": 5 }] }), "body-value"),
        (json!({ "orders": [{ "order_number": "" }] }), "body-value"),
        (
            json!({ "orders": [{ "order_number": 260152 }] }),
            "body-value",
        ),
        (
            json!({ "orders": { "order_number": "O260152" } }),
            "body-value",
        ),
        (json!({ "orders": ["O260152"] }), "body-value"),
        (
            json!({ "orders": [], "send_emails_yn": "no" }),
            "body-value",
        ),
        (json!({ "orders": [], "send_emails_yn": 2 }), "body-value"),
        (order("status_id", json!("sent")), "body-value"),
        (order("internal_note", json!(null)), "body-value"),
        (order("paid_date", json!("yesterday")), "body-value"),
        (order("paid_date", json!(null)), "body-value"),
        (order("variable_symbol", json!("12345678901")), "body-value"),
        (order("resolved_yn", json!("true")), "body-value"),
    ] {
        shop.emulator().clear_log();
        let reply = shop.put(body.clone()).await;
        assert_eq!((reply.status, shop.broken()), broke(400, rule), "{body}");
        assert!(reply.json()["messages"][0]["message"].is_string());
    }
    shop.emulator().clear_log();
    assert_eq!(shop.put(order("metas", json!([]))).await.status, 501);
    assert_eq!(shop.broken(), ["not-emulated"]);
    assert_eq!(shop.emulator().state(), before);
}

#[tokio::test]
async fn more_than_a_hundred_items_are_refused_and_none_is_processed() {
    let shop = Shop::open().await;
    let items = |count: usize| -> Vec<_> {
        (1..=count).map(|index| json!({ "order_number": format!("V26{index:04}"), "internal_note": "nová" })).collect()
    };
    let reply = shop.put(json!({ "orders": items(101) })).await;
    assert_eq!((reply.status, shop.broken()), broke(413, "too-many-items"));
    assert!(!shop.emulator().state().to_string().contains("nová"));
    let reply = shop.put(json!({ "orders": items(100) })).await.json();
    assert!(
        reply["orders"]
            .as_array()
            .unwrap()
            .iter()
            .all(|order| order["updated_yn"] == true)
    );
}
