//! Access and rights.

use std::time::Duration;

use http::{Method, Request};
use http_body_util::Full;
use krabice_emulators::{Clock, Credential, Options};
use serde_json::json;

use crate::client::{Reply, Shop};

async fn with_login(shop: &Shop, authorization: Option<&str>) -> Reply {
    let request = Request::builder().uri(format!("{}/status", shop.emulator().address()));
    let request = authorization.into_iter().fold(request, |request, value| {
        request.header("authorization", value)
    });
    shop.send(request.body(Full::default()).unwrap()).await
}

#[tokio::test]
async fn only_the_right_login_is_admitted() {
    let shop = Shop::open().await;
    let wrong_key = "Basic MTIzNDU2Nzg6d3Jvbmc=";
    assert_eq!(
        with_login(&shop, Some(&shop.authorization())).await.status,
        200
    );
    assert_eq!(
        with_login(&shop, Some(&shop.authorization().replace("Basic", "basic")))
            .await
            .status,
        200
    );
    let refused = with_login(&shop, Some(wrong_key)).await;
    assert_eq!(refused.status, 401);
    assert!(
        refused
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic ")
    );
    assert_eq!(
        with_login(&shop, Some("Bearer demo-key-of-the-upgates-emulator"))
            .await
            .status,
        401
    );
    assert_eq!(with_login(&shop, None).await.status, 401);

    let seen: Vec<_> = shop
        .emulator()
        .log()
        .iter()
        .map(|entry| entry.credential)
        .collect();
    use Credential::{Absent, Right, Wrong};
    assert_eq!(seen, [Right, Right, Wrong, Wrong, Absent]);
    // A wrong key is a mistake of the operator; no key is a mistake of the client.
    assert_eq!(shop.broken(), ["no-login"]);
}

#[tokio::test]
async fn the_log_has_whether_a_credential_was_right_but_not_the_credential() {
    let shop = Shop::open().await;
    shop.get("/status").await;
    with_login(&shop, Some("Basic MTIzNDU2Nzg6d3Jvbmc=")).await;
    let log = serde_json::to_string(&shop.emulator().log()).unwrap();
    assert!(log.contains(r#"["authorization","right"]"#), "{log}");
    assert!(log.contains(r#"["authorization","wrong"]"#), "{log}");
    assert!(!log.contains("Basic"), "{log}");
    assert!(!log.contains("MTIzNDU2Nzg6"), "{log}");
}

#[tokio::test]
async fn a_secret_outside_its_header_is_a_violation_and_does_not_reach_the_log() {
    let shop = Shop::open().await;
    let key = shop
        .emulator()
        .connection()
        .setting("key")
        .unwrap()
        .to_owned();
    shop.get(&format!("/orders?email={key}")).await;
    shop.get(&format!("/orders/{key}")).await;
    let request = shop
        .request(Method::GET, "/orders")
        .header("x-key", key.clone());
    shop.send(request.body(Full::default()).unwrap()).await;
    shop.put(json!({ "orders": [{ "order_number": "O260152", "internal_note": key }] }))
        .await;
    let messages: Vec<_> = shop
        .emulator()
        .violations()
        .into_iter()
        .map(|violation| violation.message)
        .collect();
    let places = ["query", "path", "headers", "body"];
    assert_eq!(
        messages,
        places.map(|place| format!("the secret is in the {place}"))
    );
    assert!(
        !serde_json::to_string(&shop.emulator().log())
            .unwrap()
            .contains(&key)
    );
}

#[tokio::test]
async fn five_wrong_logins_within_an_hour_block_the_right_one() {
    let clock = Clock::frozen("2026-03-14T10:00:00Z".parse().unwrap());
    let shop = Shop::open_with(Options {
        clock,
        ..Options::default()
    })
    .await;
    let right = shop.authorization();
    for _ in 0..5 {
        assert_eq!(with_login(&shop, Some("Basic AAAA")).await.status, 401);
        shop.emulator().clock().advance(Duration::from_secs(60));
    }
    assert_eq!(with_login(&shop, Some(&right)).await.status, 403);
    // The window slides: an hour after the first wrong login, four are left in it.
    shop.emulator()
        .clock()
        .advance(Duration::from_secs(54 * 60));
    assert_eq!(with_login(&shop, Some(&right)).await.status, 403);
    shop.emulator().clock().advance(Duration::from_secs(60));
    assert_eq!(with_login(&shop, Some(&right)).await.status, 200);
    assert_eq!(with_login(&shop, Some("Basic AAAA")).await.status, 401);
    assert_eq!(with_login(&shop, Some(&right)).await.status, 403);
}

#[tokio::test]
async fn an_inactive_user_is_refused() {
    let shop = Shop::open().await;
    shop.emulator()
        .patch_state(json!({ "settings": { "active": false } }))
        .unwrap();
    assert_eq!(shop.get("/status").await.status, 403);
}

#[tokio::test]
async fn each_endpoint_has_a_right_and_status_is_always_allowed() {
    let shop = Shop::open().await;
    let rights = json!({ "orders": "readonly", "invoices": "deny" });
    shop.emulator()
        .patch_state(json!({ "settings": { "rights": rights } }))
        .unwrap();
    assert_eq!(shop.get("/orders/O260147").await.status, 200);
    assert_eq!(shop.put(json!({ "orders": [] })).await.status, 403);
    assert_eq!(shop.get("/invoices/F260091").await.status, 403);
    assert_eq!(shop.get("/invoices/F260091/pdf").await.status, 403);

    let status = shop.get("/status").await.json();
    let privileges: Vec<_> = status["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| &service["privilege"])
        .collect();
    assert_eq!(privileges, ["readonly", "all", "deny", "all", "all"]);
    assert!(
        status["services"][0]["url"]
            .as_str()
            .unwrap()
            .starts_with(shop.emulator().address())
    );
}

#[tokio::test]
async fn a_moved_shop_redirects_in_both_documented_ways() {
    let shop = Shop::open().await;
    let api_url = "https://kavarna.admin.s99.example/api/v2";
    let moved =
        |location| json!({ "settings": { "moved": { "api_url": api_url, "location": location } } });

    shop.emulator().patch_state(moved(false)).unwrap();
    let reply = shop.get("/orders/O260147").await;
    assert_eq!((reply.status, reply.header("location")), (301, None));
    assert_eq!(reply.json(), json!({ "api_url": api_url }));

    shop.emulator().patch_state(moved(true)).unwrap();
    let reply = shop.get("/orders/O260147").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (301, Some(api_url))
    );

    shop.emulator()
        .patch_state(json!({ "settings": { "moved": null } }))
        .unwrap();
    assert_eq!(shop.get("/orders/O260147").await.status, 200);
}
