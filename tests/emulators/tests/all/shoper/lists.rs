//! Lists, filters, order, pages and single objects.

use http::Method;
use serde_json::json;

use super::client::{Shop, encoded, listed, refusal};

#[tokio::test]
async fn a_page_has_ten_items_by_default_and_fifty_at_most() {
    let shop = Shop::open().await;
    let reply = shop.get("statuses").await;
    let body = reply.json();
    assert_eq!(
        (&body["count"], &body["pages"], &body["page"]),
        (&json!("12"), &json!(2), &json!(1)),
        "the count is a text"
    );
    assert_eq!(body["list"].as_array().unwrap().len(), 10);
    for (name, value) in [("count", "12"), ("pages", "2"), ("page", "1")] {
        assert_eq!(reply.header(&format!("x-shop-result-{name}")), Some(value));
    }
    assert_eq!(
        listed(&shop.get("statuses?page=2").await, "status_id"),
        ["12", "13"]
    );
    let whole = shop.get("statuses?limit=50&page=1").await;
    assert_eq!(whole.json()["pages"], 1);
    assert_eq!(listed(&whole, "status_id").len(), 12);
}

#[tokio::test]
async fn a_page_after_the_last_is_empty_and_has_the_number_one() {
    let shop = Shop::open().await;
    let body = shop.get("statuses?limit=50&page=2").await.json();
    assert_eq!(
        body,
        json!({ "count": "12", "pages": 1, "page": 1, "list": [] })
    );
    let filters = encoded(&json!({ "order_id": 1 }));
    let none = shop.get(&format!("parcels?filters={filters}")).await;
    assert_eq!(
        none.json(),
        json!({ "count": "0", "pages": 0, "page": 1, "list": [] })
    );
}

#[tokio::test]
async fn texts_are_escaped_as_in_php() {
    let shop = Shop::open().await;
    let body = shop.get("statuses/1").await.body;
    let body = std::str::from_utf8(&body).unwrap();
    assert!(body.contains(r"z\u0142o\u017cone"), "{body}");
}

#[tokio::test]
async fn filters_compare_by_equality_and_by_operators() {
    let shop = Shop::open().await;
    for (filters, found) in [
        (json!({ "order_id": 4821 }), vec!["4821"]),
        (json!({ "order_id": "4821" }), vec!["4821"]),
        (
            json!({ "order_id": { "IN": ["4821", "4822", "1"] } }),
            vec!["4821", "4822"],
        ),
        (
            json!({ "email": "anna.zielinska@example.net", "status_id": 7 }),
            vec!["4821"],
        ),
        (
            json!({ "email": "maria.schmidt@example.com" }),
            vec!["4824"],
        ),
        (
            json!({ "date": { ">=": "2026-10-28 09:30:00" }, "sum": { "<": "100" } }),
            vec!["4822", "4826"],
        ),
        (
            json!({ "date": { ">": "2026-10-28 09:30:00", "<=": "2026-11-02 20:05:10" }, "order_id": { "<": 4830 } }),
            vec!["4822"],
        ),
        (
            json!({ "order_id": { ">=": 4821, "<": 4830, "NOT IN": [4822, 4823] } }),
            vec!["4821", "4824", "4826"],
        ),
        (
            json!({ "order_id": { "<": 4822, "!=": 4810 } }),
            vec!["4821"],
        ),
        // A filter by the date of the status never finds an order without one.
        (
            json!({ "status_date": { ">=": "2026-10-26" }, "order_id": { "<": 4830 } }),
            vec!["4822", "4824"],
        ),
    ] {
        let path = format!("orders?limit=50&filters={}", encoded(&filters));
        assert_eq!(
            listed(&shop.get(&path).await, "order_id"),
            found,
            "{filters}"
        );
    }
    assert!(shop.broken().is_empty());
}

#[tokio::test]
async fn settings_make_the_email_filter_case_sensitive_and_filters_ineffective() {
    let shop = Shop::open().await;
    let filters = encoded(&json!({ "email": "maria.schmidt@example.com" }));
    let path = format!("orders?filters={filters}");
    assert_eq!(listed(&shop.get(&path).await, "order_id"), ["4824"]);
    shop.set(json!({ "email_filter_exact": true }));
    assert!(listed(&shop.get(&path).await, "order_id").is_empty());
    shop.set(json!({ "ignores_filters": true }));
    assert_eq!(shop.get(&path).await.json()["count"], "137");
}

#[tokio::test]
async fn lists_are_ordered_by_columns() {
    let shop = Shop::open().await;
    let filters = encoded(&json!({ "order_id": { "<": 4827 } }));
    for (order, first) in [
        ("order=date%20desc", "4822"),
        ("order[]=date%20DESC", "4822"),
        ("order[0]=status_id%20asc&order[1]=date%20asc", "4822"),
        ("order[]=sum%20asc", "4826"),
        ("order=sum%20desc", "4823"),
    ] {
        let path = format!("orders?{order}&filters={filters}");
        assert_eq!(
            listed(&shop.get(&path).await, "order_id")[0],
            first,
            "{order}"
        );
    }
}

#[tokio::test]
async fn an_unknown_query_is_refused() {
    let shop = Shop::open().await;
    let filters = |value: serde_json::Value| format!("orders?filters={}", encoded(&value));
    for (path, rule) in [
        ("orders?sort=date".to_owned(), "unknown-parameter"),
        ("orders?limit=10&limit=20".to_owned(), "unknown-parameter"),
        ("orders/4821?limit=10".to_owned(), "unknown-parameter"),
        ("orders?limit=51".to_owned(), "limit"),
        ("orders?limit=0".to_owned(), "limit"),
        ("orders?page=0".to_owned(), "page"),
        ("orders?page=first".to_owned(), "page"),
        ("orders?order=date".to_owned(), "order"),
        ("orders?order=date%20down".to_owned(), "order"),
        ("orders?order=colour%20asc".to_owned(), "order"),
        ("statuses?order=status_id%20asc".to_owned(), "order"),
        ("orders?filters=order_id".to_owned(), "filters"),
        ("orders?filters=[1]".to_owned(), "filters"),
        (filters(json!({ "number": 1 })), "filters"),
        (filters(json!({ "order_id": "abc" })), "filters"),
        (filters(json!({ "order_id": [1] })), "filters"),
        (filters(json!({ "order_id": {} })), "filters"),
        (filters(json!({ "email": 5 })), "filters"),
        (filters(json!({ "email": { "LIKE": "%anna%" } })), "filters"),
        (
            filters(json!({ "date": { ">=": "2026-10-03T14:22:07+02:00" } })),
            "filters",
        ),
        (filters(json!({ "order_id": { "IN": [] } })), "filters"),
        (
            format!("statuses?filters={}", encoded(&json!({ "type": 1 }))),
            "filters",
        ),
    ] {
        let reply = shop.get(&path).await;
        assert_eq!(
            refusal(&reply),
            (400, "invalid_request".to_owned()),
            "{path}"
        );
        assert_eq!(shop.broken(), [rule], "{path}");
    }
    // As pyshoper sends it when it filters nothing.
    assert_eq!(
        shop.get("orders?limit=10&page=1&filters=").await.status,
        200
    );
}

#[tokio::test]
async fn one_object_has_no_envelope_and_none_is_404_by_either_word() {
    let shop = Shop::open().await;
    assert_eq!(shop.get("orders/4821").await.json()["order_id"], "4821");
    assert_eq!(shop.get("parcels/602").await.json()["parcel_id"], "602");
    let missing = shop.get("orders/9999").await;
    assert_eq!(refusal(&missing), (404, "invalid_request".to_owned()));
    shop.set(json!({ "not_found_word": "server_error" }));
    let missing = shop.get("orders/9999").await;
    assert_eq!(refusal(&missing), (404, "server_error".to_owned()));
    assert!(shop.broken().is_empty());
}

#[tokio::test]
async fn version_and_configuration_are_served() {
    let shop = Shop::open().await;
    assert_eq!(
        shop.get("application-version").await.json(),
        json!({ "version": "5.26.54" })
    );
    let config = shop.get("application-config").await.json();
    assert_eq!(config["locale_timezone"], "Europe/Warsaw");
}

#[tokio::test]
async fn a_list_is_counted_by_head_as_the_official_library_does() {
    let shop = Shop::open().await;
    let reply = shop.send(Method::HEAD, "orders?limit=1").await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("x-shop-result-count").is_some());
    assert_eq!(shop.broken(), Vec::<String>::new());
}
