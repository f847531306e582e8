//! The control endpoint, over HTTP.

use http::{Method, Request};
use http_body_util::Full;
use krabice_emulators::{Counters, LogEntry};
use serde_json::{Value, json};

use crate::client::{Reply, Shop, send};

async fn ask(shop: &Shop, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", shop.emulator().control()));
    let request = request.header("content-type", "application/json");
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    send(&shop.client, request.body(Full::from(body)).unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn the_index_lists_every_path() {
    let shop = Shop::open().await;
    let index = ask(&shop, Method::GET, "/", None).await.json();
    for entry in index.as_object().unwrap().keys() {
        let (method, path) = entry.split_once(' ').unwrap();
        let path = path.replace("=N", "=0");
        let status = ask(&shop, method.parse().unwrap(), &path, Some(json!([])))
            .await
            .status;
        assert!(![404, 405].contains(&status), "{entry}: {status}");
    }
}

#[tokio::test]
async fn the_back_ends_port_has_none_of_its_paths() {
    let shop = Shop::open().await;
    let root = shop
        .emulator()
        .address()
        .trim_end_matches("/api/v2")
        .to_owned();
    for path in [
        "/state",
        "/faults",
        "/reset",
        "/api/v2/state",
        "/api/v2/reset",
    ] {
        let request = Request::builder()
            .method("POST")
            .uri(format!("{root}{path}"))
            .header("authorization", shop.authorization());
        assert_eq!(
            shop.send(request.body(Full::default()).unwrap())
                .await
                .status,
            404,
            "{path}"
        );
    }
    let counters: Counters =
        serde_json::from_value(ask(&shop, Method::GET, "/counters", None).await.json()).unwrap();
    assert_eq!((counters.requests, counters.connections), (5, 1));
}

#[tokio::test]
async fn state_is_read_replaced_patched_and_reset() {
    let shop = Shop::open().await;
    let demo = ask(&shop, Method::GET, "/state", None).await.json();
    assert_eq!(demo["orders"][1]["order_number"], "O260147");

    let patch = json!({
        "settings": { "not_found": "404" },
        "orders": { "O260147": { "paid_date": null, "customer": { "email": null } }, "O260152": null, "T1": { "order_total": 10.5 } },
        "order_statuses": { "77": { "type": "Custom", "descriptions": [] } },
        "emails": [],
    });
    assert_eq!(
        ask(&shop, Method::PATCH, "/state", Some(patch))
            .await
            .status,
        204
    );
    let changed = &shop.get("/orders/O260147").await.json()["orders"][0];
    assert_eq!(
        (
            &changed["paid_date"],
            &changed["customer"]["email"],
            &changed["customer"]["customer_id"]
        ),
        (&Value::Null, &Value::Null, &json!(42))
    );
    assert_eq!(shop.get("/orders/O260152").await.status, 404);
    assert_eq!(
        shop.get("/orders/T1").await.json()["orders"],
        json!([{ "order_number": "T1", "order_total": 10.5 }])
    );
    assert_eq!(
        shop.get("/order-statuses/77").await.json()["order_statuses"][0]["id"],
        77
    );

    let only = json!({ "orders": [{ "order_number": "X" }] });
    assert_eq!(
        ask(&shop, Method::PUT, "/state", Some(only)).await.status,
        204
    );
    assert_eq!(
        shop.get("/orders").await.numbers("orders", "order_number"),
        ["X"]
    );
    assert_eq!(shop.get("/customers").await.json()["customers"], json!([]));

    assert_eq!(ask(&shop, Method::POST, "/reset", None).await.status, 204);
    assert_eq!(ask(&shop, Method::GET, "/state", None).await.json(), demo);
    assert!(shop.emulator().log().is_empty());
}

#[tokio::test]
async fn an_invalid_state_is_refused_and_the_old_one_stays() {
    let shop = Shop::open().await;
    let demo = shop.emulator().state();
    for (method, state) in [
        (Method::PATCH, json!({ "order": {} })),
        (Method::PATCH, json!({ "settings": { "tarif": "bronze" } })),
        (Method::PATCH, json!({ "settings": { "tariff": "brass" } })),
        (Method::PATCH, json!({ "orders": [] })),
        (Method::PATCH, json!([])),
        (Method::PUT, json!({ "orders": [{ "order_id": 1 }] })),
        (Method::PUT, json!({ "orders": [5] })),
        (Method::PUT, json!("demo")),
    ] {
        let reply = ask(&shop, method, "/state", Some(state.clone())).await;
        assert_eq!(reply.status, 400, "{state}");
        assert!(!reply.json()["error"].as_str().unwrap().is_empty());
    }
    assert_eq!(shop.emulator().state(), demo);
}

#[tokio::test]
async fn the_log_has_requests_and_the_status_of_their_answers() {
    let shop = Shop::open().await;
    shop.get("/orders?order_numbers=O260147").await;
    shop.put(json!({ "orders": [{ "order_number": "O260147", "internal_note": "ž" }] }))
        .await;
    shop.get("/orders?nic=1").await;
    let log: Vec<LogEntry> =
        serde_json::from_value(ask(&shop, Method::GET, "/log", None).await.json()).unwrap();
    assert_eq!(log, shop.emulator().log());
    let seen: Vec<_> = log
        .iter()
        .map(|entry| {
            (
                entry.number,
                entry.connection,
                entry.method.as_str(),
                entry.path.as_str(),
                entry.status,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, 1, "GET", "/api/v2/orders", Some(200)),
            (2, 1, "PUT", "/api/v2/orders", Some(200)),
            (3, 1, "GET", "/api/v2/orders", Some(400)),
        ]
    );
    assert_eq!(log[0].query.as_deref(), Some("order_numbers=O260147"));
    assert_eq!(
        log[1].body,
        r#"{"orders":[{"order_number":"O260147","internal_note":"ž"}]}"#
    );
    assert!(
        log[1]
            .headers
            .contains(&("content-type".into(), "application/json".into()))
    );
    assert_eq!(
        ask(&shop, Method::GET, "/log?after=2", None)
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        ask(&shop, Method::GET, "/violations", None).await.json(),
        json!([{ "request": 3, "rule": "unknown-parameter", "message": "unknown query parameter `nic`" }])
    );
    ask(&shop, Method::DELETE, "/log", None).await;
    assert_eq!(
        ask(&shop, Method::GET, "/log", None).await.json(),
        json!([])
    );
}

#[tokio::test]
async fn faults_are_added_listed_replaced_and_removed() {
    let shop = Shop::open().await;
    let reset = json!({ "path": "/api/v2/orders", "fault": { "kind": "reset" } });
    let queue = json!([{ "fault": { "kind": "status", "status": 500 } }, reset]);
    assert_eq!(
        ask(&shop, Method::POST, "/faults", Some(queue))
            .await
            .status,
        204
    );
    assert_eq!(shop.get("/status").await.status, 500);
    let listed = ask(&shop, Method::GET, "/faults", None).await.json();
    assert_eq!(
        (&listed[0]["seen"], &listed[1]["seen"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(listed[1]["rule"]["fault"]["kind"], "reset");

    ask(
        &shop,
        Method::PUT,
        "/faults",
        Some(json!({ "fault": { "kind": "empty" } })),
    )
    .await;
    assert_eq!(shop.emulator().faults().len(), 1);
    for wrong in [
        json!({ "fault": { "kind": "flood" } }),
        json!({ "when": 1 }),
        json!({ "fault": { "kind": "status", "status": 42 } }),
        json!(7),
    ] {
        let reply = ask(&shop, Method::POST, "/faults", Some(wrong.clone())).await;
        assert_eq!(reply.status, 400, "{wrong}");
        assert!(reply.json()["error"].is_string());
    }
    assert_eq!(shop.emulator().faults().len(), 1);
    ask(&shop, Method::DELETE, "/faults", None).await;
    assert_eq!(shop.get("/status").await.status, 200);
}

#[tokio::test]
async fn the_clock_can_be_advanced() {
    let shop = Shop::open().await;
    let now = |reply: Reply| {
        reply.json()["now"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    let before = now(ask(&shop, Method::GET, "/clock", None).await);
    let after = now(ask(
        &shop,
        Method::POST,
        "/clock",
        Some(json!({ "advance_seconds": 7200 })),
    )
    .await);
    assert!(after.duration_since(before).as_secs() >= 7200);
}

#[tokio::test]
async fn counters_count_connections_and_can_be_reset() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        shop.get("/status").await;
    }
    drop(shop.socket("/status").await);
    crate::client::until(|| shop.emulator().counters().requests == 4).await;
    let counters: Counters =
        serde_json::from_value(ask(&shop, Method::GET, "/counters", None).await.json()).unwrap();
    assert_eq!((counters.connections, counters.requests), (2, 4));
    ask(&shop, Method::DELETE, "/counters", None).await;
    let counters = shop.emulator().counters();
    assert_eq!((counters.connections, counters.requests), (0, 0));
}
