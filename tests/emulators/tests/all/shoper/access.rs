//! Access, rights and the number of requests.

use std::time::Duration;

use http::Method;
use krabice_emulators::Credential;
use serde_json::json;

use super::client::{Shop, refusal};

#[tokio::test]
async fn a_login_gives_a_token_that_lives_for_thirty_days() {
    let mut shop = Shop::open().await;
    let reply = shop.login(Some(&shop.basic())).await;
    let body = reply.json();
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(token.len(), 40);
    assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(
        (&body["expires_in"], &body["token_type"]),
        (&json!(2_592_000), &json!("bearer"))
    );
    assert!(body.get("refresh_token").is_none());

    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    assert_eq!(shop.get("statuses").await.status, 200);
    shop.emulator().clock().advance(days(30));
    let refused = shop.get("statuses").await;
    assert_eq!(refusal(&refused), (401, "unauthorized_client".to_owned()));
    assert!(shop.broken().is_empty(), "a token may run out");
    shop.log_in().await;
    assert_eq!(shop.get("statuses").await.status, 200);
}

#[tokio::test]
async fn a_login_in_the_query_works_but_is_a_mistake_of_the_client() {
    let shop = Shop::open().await;
    let connection = shop.emulator().connection();
    let path = format!(
        "/webapi/rest/auth?client_id={}&client_secret={}",
        connection.setting("login").unwrap(),
        connection.setting("password").unwrap()
    );
    assert_eq!(shop.ask(Method::POST, &path, None, None).await.status, 200);
    let log = serde_json::to_string(&shop.emulator().log()).unwrap();
    assert!(!log.contains(connection.setting("password").unwrap()));
    assert_eq!(shop.broken(), ["credential-elsewhere"]);
}

#[tokio::test]
async fn a_wrong_login_and_an_administrator_without_access_have_codes_of_their_own() {
    let shop = Shop::open().await;
    for wrong in [Some("Basic YTpi"), Some("Basic !"), Some("Bearer x"), None] {
        let reply = shop.login(wrong).await;
        assert_eq!(refusal(&reply), (401, "auth_failure".to_owned()));
    }
    for word in [
        "auth_ip_not_allowed",
        "auth_admin_access_denied",
        "auth_webapi_access_denied",
    ] {
        shop.set(json!({ "login_refused": word }));
        let reply = shop.login(Some(&shop.basic())).await;
        assert_eq!(refusal(&reply), (401, word.to_owned()));
    }
    assert!(shop.broken().is_empty(), "all that is the operator's");
}

#[tokio::test]
async fn every_request_needs_a_valid_token() {
    let shop = Shop::open().await;
    let path = "/webapi/rest/orders/4821";
    for (authorization, credential, broken) in [
        (None, Credential::Absent, vec!["no-token"]),
        (Some("Bearer 0123"), Credential::Wrong, vec![]),
        (Some("Basic YTpi"), Credential::Wrong, vec![]),
    ] {
        let reply = shop.ask(Method::GET, path, authorization, None).await;
        assert_eq!(refusal(&reply), (401, "unauthorized_client".to_owned()));
        assert_eq!(shop.emulator().log()[0].credential, credential);
        assert_eq!(shop.broken(), broken);
    }
}

#[tokio::test]
async fn each_area_has_a_right() {
    let shop = Shop::open().await;
    shop.set(json!({ "rights": { "orders": "readonly", "payments": "deny" } }));
    assert_eq!(shop.get("orders/4821").await.status, 200);
    for reply in [
        shop.put("orders/4821", r#"{"status_id":1}"#).await,
        shop.get("payments").await,
        shop.get("payments/1").await,
    ] {
        assert_eq!(refusal(&reply), (403, "insufficient_scope".to_owned()));
    }
    assert!(shop.broken().is_empty());
}

#[tokio::test]
async fn the_bucket_fills_and_drains_and_every_answer_has_its_state() {
    let shop = Shop::open().await;
    shop.set(json!({ "bucket": { "size": 3, "drain": 2 } }));
    // By then the earlier requests have left the bucket.
    shop.emulator().clock().advance(Duration::from_secs(3600));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let reply = shop.get("application-version").await;
        let header = |name| reply.header(name).unwrap().to_owned();
        assert_eq!(header("x-shop-api-limit"), "3");
        assert_eq!(header("x-shop-api-bandwidth"), "2");
        seen.push((reply.status, header("x-shop-api-calls")));
    }
    let seen: Vec<_> = seen.iter().map(|(it, fill)| (*it, fill.as_str())).collect();
    assert_eq!(seen, [(200, "1"), (200, "2"), (200, "3"), (429, "3")]);
    assert_eq!(shop.broken(), ["bucket"]);

    let reply = shop.get("application-version").await;
    assert_eq!(refusal(&reply), (429, "temporarily_unavailable".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("1"));
    shop.emulator().clock().advance(Duration::from_millis(500));
    assert_eq!(shop.get("application-version").await.status, 200);
    assert_eq!(shop.get("application-version").await.status, 429);
    shop.emulator().clock().advance(Duration::from_secs(60));
    let reply = shop.get("application-version").await;
    assert_eq!(reply.header("x-shop-api-calls"), Some("1"));
}

#[tokio::test]
async fn a_blocked_or_locked_shop_refuses_every_request() {
    let shop = Shop::open().await;
    shop.set(json!({ "blocked": true }));
    let blocked = shop.get("orders/4821").await;
    assert_eq!(refusal(&blocked), (402, "access_denied".to_owned()));
    shop.set(json!({ "blocked": false, "locked": true }));
    let locked = shop.login(Some(&shop.basic())).await;
    assert_eq!(
        refusal(&locked),
        (503, "temporarily_unavailable".to_owned())
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused() {
    let shop = Shop::open().await;
    for (method, path, status, rule) in [
        (Method::GET, "order/4821", 404, "unknown-path"),
        (Method::GET, "orders/4821/products", 404, "unknown-path"),
        (Method::GET, "orders/abc", 404, "unknown-path"),
        (Method::GET, "orders/", 404, "unknown-path"),
        (Method::GET, "statuses/", 404, "unknown-path"),
        (Method::GET, "auth", 405, "method"),
        (Method::PATCH, "orders/4821", 405, "method"),
        (Method::PUT, "orders", 405, "method"),
        (Method::GET, "order-refunds", 403, "reserved"),
        (Method::POST, "orders", 501, "not-emulated"),
        (Method::GET, "products", 501, "not-emulated"),
        (Method::POST, "bulk", 501, "not-emulated"),
    ] {
        let reply = shop.send(method.clone(), path).await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(shop.broken(), [rule], "{method} {path}");
    }
    let outside = shop.ask(Method::GET, "/api/orders", None, None).await;
    assert_eq!(refusal(&outside), (404, "invalid_request".to_owned()));
    assert_eq!(shop.broken(), ["unknown-path"]);
}
