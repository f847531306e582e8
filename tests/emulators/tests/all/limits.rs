//! Quotas of the hour and the day, and requests at once.

use std::time::Duration;

use krabice_emulators::{Clock, Fault, FaultRule, Options};
use serde_json::json;

use crate::client::{Reply, Shop, until};

/// A Bronze shop on 14 March 2026 at 9:59:58 in Prague.
async fn bronze() -> Shop {
    let clock = Clock::frozen("2026-03-14T08:59:58Z".parse().unwrap());
    let shop = Shop::open_with(Options {
        clock,
        ..Options::default()
    })
    .await;
    shop.emulator()
        .patch_state(json!({ "settings": { "tariff": "bronze" } }))
        .unwrap();
    shop
}

fn left(reply: &Reply) -> [u32; 5] {
    [
        "hour",
        "day",
        "hour-remaining",
        "day-remaining",
        "total-remaining",
    ]
    .map(|name| {
        reply
            .header(&format!("x-rate-limit-{name}"))
            .unwrap()
            .parse()
            .unwrap()
    })
}

#[tokio::test]
async fn the_quota_of_the_hour_is_used_first_then_that_of_the_day() {
    let shop = bronze().await;
    // The total counts the 14 hours that the day still has.
    assert_eq!(
        left(&shop.get("/status").await),
        [10, 100, 9, 100, 9 + 100 + 14 * 10]
    );
    for _ in 0..9 {
        shop.get("/status").await;
    }
    assert_eq!(
        left(&shop.get("/status").await),
        [10, 100, 0, 99, 99 + 14 * 10]
    );
    for _ in 0..98 {
        shop.get("/status").await;
    }
    let last = shop.get("/status").await;
    assert_eq!((last.status, last.header("retry-after")), (200, None));
    let refused = shop.get("/status").await;
    assert_eq!(
        (refused.status, left(&refused)),
        (429, [10, 100, 0, 0, 140])
    );
    // A date in GMT, not a number of seconds.
    assert_eq!(
        refused.header("retry-after"),
        Some("Sat, 14 Mar 2026 09:00:00 GMT")
    );
    // An exhausted quota is not a violation.
    assert_eq!(shop.broken(), Vec::<String>::new());

    shop.emulator().clock().advance(Duration::from_secs(2));
    let next_hour = shop.get("/status").await;
    assert_eq!(
        (next_hour.status, left(&next_hour)),
        (200, [10, 100, 9, 0, 9 + 13 * 10])
    );
    shop.emulator()
        .clock()
        .advance(Duration::from_secs(14 * 3600));
    assert_eq!(
        left(&shop.get("/status").await),
        [10, 100, 9, 100, 9 + 100 + 23 * 10]
    );
}

#[tokio::test]
async fn tariffs_and_packages_set_the_quotas() {
    let shop = Shop::open().await;
    assert_eq!(shop.get("/status").await.header("x-rate-limit-hour"), None);
    for (tariff, packages, hour, day) in [
        ("bronze", 0, 10, 100),
        ("silver", 0, 15, 300),
        ("gold", 0, 50, 600),
        ("platinum", 0, 100, 1500),
        ("exclusive", 0, 100, 1500),
        ("bronze", 2, 60, 900),
    ] {
        shop.emulator().reset();
        shop.emulator()
            .patch_state(json!({ "settings": { "tariff": tariff, "packages": packages } }))
            .unwrap();
        assert_eq!(
            left(&shop.get("/status").await)[..2],
            [hour, day],
            "{tariff}"
        );
    }
}

#[tokio::test]
async fn a_refused_login_uses_no_quota() {
    let shop = bronze().await;
    let request = http::Request::builder().uri(format!("{}/status", shop.emulator().address()));
    let request = request
        .header("authorization", "Basic AAAA")
        .body(Default::default())
        .unwrap();
    assert_eq!(shop.send(request).await.status, 401);
    assert_eq!(left(&shop.get("/status").await)[2], 9);
}

#[tokio::test]
async fn a_fourth_request_at_once_is_refused() {
    let shop = Shop::open().await;
    // Three requests that the shop processes and never answers.
    shop.emulator()
        .fault(
            FaultRule::new(Fault::Silence { after_bytes: None })
                .processed()
                .times(3),
        )
        .unwrap();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(shop.socket("/status").await);
    }
    until(|| shop.emulator().counters().requests == 3).await;
    let fourth = shop.get("/status").await;
    assert_eq!(fourth.status, 429);
    assert!(fourth.header("retry-after").unwrap().ends_with(" GMT"));
    assert_eq!(shop.broken(), ["parallel"]);
    assert_eq!(shop.emulator().counters().most_at_once, 4);

    // A client that gives up frees its place.
    drop(waiting.pop());
    until(|| shop.emulator().counters().open == 3).await;
    assert_eq!(shop.get("/status").await.status, 200);
}

#[tokio::test]
async fn a_client_that_has_read_an_answer_can_send_the_next_request_at_once() {
    let shop = Shop::open().await;
    shop.emulator()
        .patch_state(json!({ "settings": { "parallel": 1 } }))
        .unwrap();
    for _ in 0..200 {
        assert_eq!(shop.get("/orders/O260147").await.status, 200);
    }
    assert_eq!(
        (
            shop.emulator().counters().most_at_once,
            shop.emulator().counters().connections
        ),
        (1, 1)
    );
}
