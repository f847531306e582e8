//! Access, the number of requests, and the form of answers.

use std::time::Duration;

use http::Method;
use krabice_emulators::Clock;
use serde_json::json;

use super::{Account, code};

#[tokio::test]
async fn answers_are_json_as_php_writes_it_with_the_type_of_a_web_page() {
    let base = Account::open().await;
    let reply = base.raw("getOrderStatusList", "{}").await;
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=UTF-8")
    );
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(
        text.starts_with(r##"{"status":"SUCCESS","statuses":[{"id":55118,"name":"Nowe","name_for_customer":"Zam\u00f3wienie przyj\u0119te","color":"#2E7D32"}"##),
        "{text}"
    );
    assert_eq!(base.broken(), [""; 0]);
}

#[tokio::test]
async fn there_is_one_path_and_one_http_method() {
    let base = Account::open().await;
    for (method, path, status, rule) in [
        (Method::POST, "/", 404, "unknown-path"),
        (Method::POST, "/connector.php/x", 404, "unknown-path"),
        (
            Method::POST,
            "/connector.php?method=getOrders",
            404,
            "unknown-path",
        ),
        (Method::GET, "/connector.php", 405, "method"),
        (Method::PUT, "/connector.php", 405, "method"),
    ] {
        let token = base.token();
        let reply = base.sent(method, path, &[("x-bltoken", &token)], "").await;
        assert_eq!(
            (reply.status, base.broken()),
            (status, vec![rule.to_owned()]),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_token_is_right_or_refused_with_200() {
    let base = Account::open().await;
    let body = "method=getOrderStatusList&parameters=%7B%7D";
    let form = ("content-type", "application/x-www-form-urlencoded");
    let none = base
        .sent(Method::POST, "/connector.php", &[form], body)
        .await;
    assert_eq!((none.status, code(&none.json())), (200, "ERROR_BAD_TOKEN"));
    assert_eq!(base.broken(), ["no-token"]);
    let wrong = [form, ("x-bltoken", "1-2-3")];
    let wrong = base
        .sent(Method::POST, "/connector.php", &wrong, body)
        .await;
    assert_eq!(
        (wrong.status, code(&wrong.json())),
        (200, "ERROR_BAD_TOKEN")
    );
    assert_eq!(base.broken(), [""; 0]);
    base.patch(json!({ "settings": { "account_blocked": true } }));
    let blocked = base.asks("getOrderStatusList", json!({})).await;
    assert_eq!(code(&blocked), "ERROR_USER_ACCOUNT_BLOCKED");
}

#[tokio::test]
async fn the_hundred_and_first_request_of_a_minute_blocks_the_token_until_a_polish_time() {
    let clock = Clock::frozen("2026-10-12T10:00:00Z".parse().unwrap());
    let base = Account::open_at(clock).await;
    for _ in 0..100 {
        assert_eq!(
            base.asks("getOrderStatusList", json!({})).await["status"],
            "SUCCESS"
        );
    }
    let message = "Query limit exceeded, token blocked until 2026-10-12 12:05:00";
    let blocked = || async {
        let answer = base.asks("getOrderStatusList", json!({})).await;
        assert_eq!(code(&answer), "ERROR_BLOCKED_TOKEN");
        assert_eq!(answer["error_message"], message);
    };
    blocked().await;
    base.emulator()
        .clock()
        .advance(Duration::from_secs(5 * 60 - 1));
    blocked().await;
    base.emulator().clock().advance(Duration::from_secs(1));
    assert_eq!(
        base.asks("getOrderStatusList", json!({})).await["status"],
        "SUCCESS"
    );
    assert_eq!(base.broken(), [""; 0], "a limit is no violation");
}

#[tokio::test]
async fn a_hundred_requests_a_minute_are_fine_for_hours() {
    let clock = Clock::frozen("2026-10-12T10:00:00Z".parse().unwrap());
    let base = Account::open_at(clock).await;
    for _ in 0..3 {
        for _ in 0..100 {
            assert_eq!(
                base.asks("getOrderReturnStatusList", json!({})).await["status"],
                "SUCCESS"
            );
        }
        base.emulator().clock().advance(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn the_log_does_not_contain_the_token() {
    let base = Account::open().await;
    base.asks("getOrders", json!({ "filter_email": base.token() }))
        .await;
    let log = base.emulator().log();
    assert!(
        log[0]
            .headers
            .contains(&("x-bltoken".to_owned(), "right".to_owned()))
    );
    assert!(!serde_json::to_string(&log).unwrap().contains(&base.token()));
    assert_eq!(base.broken(), ["credential-elsewhere"]);
}
