//! Each kind of fault, as a plain client or a socket sees it.

use std::time::{Duration, Instant};

use http::Method;
use krabice_emulators::{Clock, Fault, FaultRule, Options, RetryAfter};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{BOUND, End, Shop, read_to_end, until};

const ORDER: &str = "/orders/O260147";

async fn shop_with(rule: FaultRule) -> Shop {
    let shop = Shop::open().await;
    shop.emulator().fault(rule).unwrap();
    shop
}

/// The head and the body of an answer from a socket.
fn parted(bytes: &[u8]) -> (String, Vec<u8>) {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a head")
        + 4;
    (
        String::from_utf8(bytes[..end].to_vec()).unwrap(),
        bytes[end..].to_vec(),
    )
}

/// The length of the body of an answer without a fault.
async fn whole(shop: &Shop) -> usize {
    shop.get(ORDER).await.body.len()
}

#[tokio::test]
async fn a_delay_only_delays_the_answer() {
    let shop = shop_with(FaultRule::delay(60)).await;
    let start = Instant::now();
    let reply = shop.get(ORDER).await;
    assert!(start.elapsed() >= Duration::from_millis(60));
    assert_eq!(reply.body, shop.get(ORDER).await.body);
    assert_eq!(shop.emulator().log()[0].fault.as_deref(), Some("none"));
    assert_eq!(shop.emulator().log()[1].fault, None);
}

#[tokio::test]
async fn a_status_is_sent_with_its_headers_and_body() {
    let rule = json!({ "fault": { "kind": "status", "status": 503, "headers": { "x-gateway": "down", "content-type": "text/html" }, "body": "<h1>503</h1>" } });
    let shop = shop_with(serde_json::from_value(rule).unwrap()).await;
    let reply = shop.get(ORDER).await;
    assert_eq!(
        (
            reply.status,
            reply.header("x-gateway"),
            reply.header("content-type")
        ),
        (503, Some("down"), Some("text/html"))
    );
    assert_eq!(reply.body, "<h1>503</h1>");
    let entry = &shop.emulator().log()[0];
    assert_eq!(
        (entry.status, entry.fault.as_deref(), entry.processed),
        (Some(503), Some("status"), false)
    );

    let bytes: FaultRule = serde_json::from_value(
        json!({ "fault": { "kind": "status", "status": 200, "body_base64": "//4=" } }),
    )
    .unwrap();
    shop.emulator().fault(bytes).unwrap();
    assert_eq!(shop.get(ORDER).await.body, [0xff, 0xfe][..]);
}

#[tokio::test]
async fn a_lost_confirmation_differs_from_a_lost_request() {
    let shop = Shop::open().await;
    let note =
        |text: &str| json!({ "orders": [{ "order_number": "O260152", "internal_note": text }] });
    let kept = || {
        shop.emulator().state()["orders"]
            .as_array()
            .unwrap()
            .iter()
            .find(|order| order["order_number"] == "O260152")
            .unwrap()["internal_note"]
            .clone()
    };
    let put = FaultRule::new(Fault::status(502))
        .method("PUT")
        .path("/api/v2/orders");

    shop.emulator().fault(put.clone()).unwrap();
    assert_eq!(shop.put(note("ztracená")).await.status, 502);
    assert_eq!(kept(), Value::Null);

    shop.emulator().fault(put.processed()).unwrap();
    assert_eq!(shop.put(note("uložená")).await.status, 502);
    assert_eq!(kept(), "uložená");
    assert_eq!(
        shop.emulator()
            .log()
            .iter()
            .map(|entry| entry.processed)
            .collect::<Vec<_>>(),
        [false, true]
    );
}

#[tokio::test]
async fn retry_after_is_a_number_a_date_any_text_or_absent() {
    let clock = Clock::frozen("2026-03-14T08:59:58Z".parse().unwrap());
    let shop = Shop::open_with(Options {
        clock,
        ..Options::default()
    })
    .await;
    for (retry_after, expected) in [
        (RetryAfter::Seconds(30), Some("30")),
        (
            RetryAfter::DateInSeconds(62),
            Some("Sat, 14 Mar 2026 09:01:00 GMT"),
        ),
        (
            RetryAfter::DateInSeconds(-58),
            Some("Sat, 14 Mar 2026 08:59:00 GMT"),
        ),
        (RetryAfter::Text("soon".into()), Some("soon")),
        (RetryAfter::Seconds(u64::MAX), Some("18446744073709551615")),
        (RetryAfter::Absent, None),
    ] {
        shop.emulator()
            .fault(FaultRule::new(Fault::RateLimited { retry_after }))
            .unwrap();
        let reply = shop.get(ORDER).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, expected));
    }
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_announced() {
    let shop = shop_with(FaultRule::new(Fault::Truncated { send: Some(10) }).nth(2)).await;
    let whole = whole(&shop).await;
    let (bytes, end) = read_to_end(&mut shop.socket(ORDER).await).await;
    let (head, body) = parted(&bytes);
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(
        head.contains(&format!("Content-Length: {whole}\r\n")),
        "{head}"
    );
    assert_eq!((body.len(), end), (10, End::Closed));

    shop.emulator()
        .fault(FaultRule::new(Fault::Truncated { send: None }))
        .unwrap();
    let (bytes, _) = read_to_end(&mut shop.socket(ORDER).await).await;
    assert_eq!(parted(&bytes).1.len(), whole / 2);
    shop.emulator()
        .fault(FaultRule::new(Fault::Truncated { send: None }))
        .unwrap();
    assert!(shop.try_get(ORDER).await.is_err());
}

#[tokio::test]
async fn a_huge_body_has_the_requested_size() {
    const SIZE: u64 = 3 * 1024 * 1024 + 17;
    for chunked in [false, true] {
        let shop = shop_with(FaultRule::new(Fault::Huge {
            bytes: SIZE,
            chunked,
        }))
        .await;
        let reply = shop.get(ORDER).await;
        assert_eq!(reply.header("content-length").is_some(), !chunked);
        assert_eq!(
            reply.header("transfer-encoding"),
            chunked.then_some("chunked")
        );
        assert_eq!(reply.body.len() as u64, SIZE);
        assert!(reply.json()["filler"].is_string());
    }
}

#[tokio::test]
async fn bodies_can_be_html_of_a_wrong_type_broken_or_empty() {
    let shop = Shop::open().await;
    let own = shop.get(ORDER).await.body;
    for fault in [
        Fault::Html,
        Fault::ContentType {
            value: "text/plain".into(),
        },
        Fault::InvalidJson,
        Fault::Empty,
    ] {
        shop.emulator().fault(FaultRule::new(fault)).unwrap();
    }
    let html = shop.get(ORDER).await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    assert!(html.body.starts_with(b"<!DOCTYPE html>"));
    let mislabelled = shop.get(ORDER).await;
    assert_eq!(
        (mislabelled.header("content-type"), &mislabelled.body),
        (Some("text/plain"), &own)
    );
    let broken = shop.get(ORDER).await;
    assert_eq!(
        (broken.status, broken.header("content-type")),
        (200, Some("application/json"))
    );
    assert!(serde_json::from_slice::<Value>(&broken.body).is_err());
    let empty = shop.get(ORDER).await;
    assert_eq!(
        (
            empty.status,
            empty.header("content-length"),
            empty.body.len()
        ),
        (200, Some("0"), 0)
    );
}

#[tokio::test]
async fn a_connection_is_reset_before_the_head_or_in_the_body() {
    let shop = shop_with(FaultRule::new(Fault::Reset { after_bytes: None })).await;
    let (bytes, end) = read_to_end(&mut shop.socket(ORDER).await).await;
    assert_eq!((bytes.len(), end), (0, End::Reset));
    assert_eq!(shop.emulator().log()[0].status, None);

    shop.emulator()
        .fault(FaultRule::new(Fault::Reset {
            after_bytes: Some(20),
        }))
        .unwrap();
    let mut socket = shop.socket(ORDER).await;
    let (bytes, end) = read_to_end(&mut socket).await;
    assert_eq!((parted(&bytes).1.len(), end), (20, End::Reset));
    shop.emulator()
        .fault(FaultRule::new(Fault::Reset { after_bytes: None }).always())
        .unwrap();
    assert!(shop.try_get(ORDER).await.is_err());
}

#[tokio::test]
async fn a_connection_is_closed_without_an_answer() {
    let shop = shop_with(FaultRule::new(Fault::HangUp)).await;
    let (bytes, end) = read_to_end(&mut shop.socket(ORDER).await).await;
    assert_eq!((bytes.len(), end), (0, End::Closed));
}

#[tokio::test]
async fn silence_lasts_until_the_client_gives_up() {
    let shop = shop_with(FaultRule::new(Fault::Silence { after_bytes: None })).await;
    let socket = shop.socket(ORDER).await;
    until(|| shop.emulator().log().len() == 1).await;
    assert_eq!(
        socket.try_read(&mut [0; 1]).unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
    assert_eq!(shop.emulator().counters().open, 1);
    drop(socket);
    until(|| shop.emulator().counters().open == 0).await;

    shop.emulator()
        .fault(FaultRule::new(Fault::Silence {
            after_bytes: Some(5),
        }))
        .unwrap();
    let mut socket = shop.socket(ORDER).await;
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") || parted(&bytes).1.len() < 5 {
        let mut piece = [0; 1024];
        let read = tokio::time::timeout(BOUND, socket.read(&mut piece))
            .await
            .unwrap()
            .unwrap();
        bytes.extend_from_slice(&piece[..read]);
    }
    assert_eq!(parted(&bytes).1.len(), 5);
    assert_eq!(shop.emulator().counters().open, 1);
    drop(socket);
    until(|| shop.emulator().counters().open == 0).await;
}

#[tokio::test]
async fn an_answer_drips_byte_by_byte() {
    const STATUS: &str = "/order-statuses/5";
    let drip = |head, bytes| Fault::Drip {
        interval_ms: 1,
        bytes,
        head,
    };
    let shop = shop_with(FaultRule::new(drip(false, 64)).nth(2)).await;
    let own = shop.get(STATUS).await.body;

    let mut socket = shop.socket(STATUS).await;
    let (mut bytes, mut reads) = (Vec::new(), 0);
    while !bytes.ends_with(&own) {
        let mut piece = [0; 4096];
        let read = tokio::time::timeout(BOUND, socket.read(&mut piece))
            .await
            .unwrap()
            .unwrap();
        assert!((1..4096).contains(&read));
        bytes.extend_from_slice(&piece[..read]);
        reads += 1;
    }
    assert!(reads > 2, "{} bytes in {reads} reads", bytes.len());

    shop.emulator()
        .fault(FaultRule::new(drip(true, 1)))
        .unwrap();
    let start = Instant::now();
    assert_eq!(shop.get(STATUS).await.body, own);
    // There was a pause after each byte of the body and of the head.
    assert!(start.elapsed() >= Duration::from_millis(own.len() as u64));
    // The next answer has no pauses: at a byte per millisecond it would take minutes.
    assert!(shop.get("/orders").await.body.len() > 200_000);
    assert_eq!(shop.emulator().counters().connections, 2);
}

#[tokio::test]
async fn a_redirect_names_its_target() {
    let location = "http://169.254.169.254/latest/meta-data/";
    let shop = shop_with(FaultRule::new(Fault::Redirect {
        status: 307,
        location: location.into(),
    }))
    .await;
    let reply = shop.get(ORDER).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (307, Some(location))
    );
}

#[tokio::test]
async fn an_echo_gives_the_credential_back() {
    let shop = shop_with(FaultRule::new(Fault::Echo { body: None })).await;
    let reply = shop.get(ORDER).await;
    assert_eq!(reply.json()["authorization"], shop.authorization());
    assert_eq!(
        reply.header("x-echo-authorization"),
        Some(shop.authorization().as_str())
    );

    let body = r#"{"orders":[{"status":"{authorization}"}]}"#.to_owned();
    shop.emulator()
        .fault(FaultRule::new(Fault::Echo { body: Some(body) }))
        .unwrap();
    assert_eq!(
        shop.get(ORDER).await.json()["orders"][0]["status"],
        shop.authorization()
    );
}

#[tokio::test]
async fn a_flood_adds_headers() {
    let shop = shop_with(FaultRule::new(Fault::HeaderFlood {
        count: 2000,
        value_bytes: 3,
    }))
    .await;
    let mut socket = shop.socket(ORDER).await;
    socket.shutdown().await.unwrap();
    let (bytes, _) = read_to_end(&mut socket).await;
    let (head, _) = parted(&bytes);
    assert_eq!(head.matches(": aaa\r\n").count(), 2000);
}

#[tokio::test]
async fn a_pooled_connection_is_closed_without_notice() {
    let shop = shop_with(FaultRule::new(Fault::IdleClose)).await;
    let (bytes, end) = read_to_end(&mut shop.socket(ORDER).await).await;
    let (head, body) = parted(&bytes);
    assert!(!head.to_ascii_lowercase().contains("connection:"), "{head}");
    assert_eq!(
        (body, end),
        (shop.get(ORDER).await.body.to_vec(), End::Closed)
    );
}

#[tokio::test]
async fn the_next_request_after_a_fault_is_answered() {
    let shop = Shop::open().await;
    for fault in [
        Fault::HangUp,
        Fault::Reset { after_bytes: None },
        Fault::Reset {
            after_bytes: Some(3),
        },
        Fault::Truncated { send: None },
    ] {
        shop.emulator()
            .fault(FaultRule::new(fault.clone()).method("PUT").processed())
            .unwrap();
        let request = shop
            .request(Method::PUT, "/orders")
            .header("content-type", "application/json");
        let request = request
            .body(http_body_util::Full::from(r#"{"orders":[]}"#))
            .unwrap();
        assert!(
            crate::client::send(&shop.client, request).await.is_err(),
            "{fault:?}"
        );
        assert_eq!(shop.get(ORDER).await.status, 200, "{fault:?}");
    }
}
