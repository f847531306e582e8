//! Signatures: made for each sending, refused from the plugin, masked in answers.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::{HeaderName, HeaderValue, Method};
use krabice_egress::{Network, Request, Resolver, Rule};
use serde_json::{Value as Json, json};
use sha2::{Sha256, Sha512};

use crate::server::{Action, ReceivedRequest, Server, answer, ok};
use crate::shop::*;

fn without_timestamp() -> Json {
    let mut signed = hmac();
    let hmac = &mut signed["hmac"];
    hmac["prefix"] = json!("");
    hmac["algorithm"] = json!("sha512");
    hmac["encoding"] = json!("base64");
    hmac["timestamp"] = json!(null);
    signed
}

fn post(body: &'static [u8]) -> Request {
    let mut request = Request::new(Method::POST, "orders?page=2");
    request.body = Some(body.into());
    request
}

/// The seconds of the clock.
fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// A name service that answers in the next second of the clock and remembers that second.
#[derive(Default, Clone)]
struct SlowNames(Arc<AtomicU64>);

#[async_trait::async_trait]
impl Resolver for SlowNames {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let asked = seconds();
        while seconds() == asked {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.0.store(seconds(), Ordering::SeqCst);
        Ok(vec![[127, 0, 0, 1].into()])
    }
}

/// The time stamp of a request whose signature is right.
fn verified(asked: &ReceivedRequest) -> u64 {
    let [stamp] = asked.header("x-timestamp")[..] else {
        panic!("{asked:?}");
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(format!("{stamp}.").as_bytes());
    mac.update(&asked.body);
    let expected = format!("sha256={:x}", mac.finalize().into_bytes());
    assert_eq!(asked.header("x-signature"), [expected]);
    stamp.parse().unwrap()
}

#[tokio::test]
async fn the_time_stamp_and_the_body_are_signed() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet_for(&server, hmac(), &[], "");
    let before = seconds();
    outlet.send(&reads(), post(b"{\"a\":1}")).await.unwrap();
    outlet.send(&reads(), post(b"\xff\x00")).await.unwrap();
    get(&outlet, "orders").await.unwrap();
    for asked in server.requests() {
        assert!((before..=seconds()).contains(&verified(&asked)));
        assert!(!format!("{asked:?}").contains(KEY));
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn without_a_time_stamp_the_body_alone_is_signed() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet_for(&server, without_timestamp(), &[], "");
    outlet.send(&reads(), post(b"body")).await.unwrap();
    let mut mac = Hmac::<Sha512>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(b"body");
    let expected = STANDARD.encode(mac.finalize().into_bytes());
    let asked = &server.requests()[0];
    assert_eq!(asked.header("x-signature"), [expected]);
    assert!(asked.header("x-timestamp").is_empty());
}

#[tokio::test]
async fn a_repetition_is_signed_with_a_new_time_stamp() {
    let server = Server::start(|asked| {
        vec![Action::Send(if asked.nth == 0 {
            answer("503 Busy", &[("retry-after", "1")], "")
        } else {
            ok("")
        })]
    })
    .await;
    let outlet = outlet_for(&server, hmac(), &[], "");
    outlet.send(&reads(), post(b"body")).await.unwrap();
    let [first, second] = &server.requests()[..] else {
        panic!("{:?}", server.lines());
    };
    assert!(verified(first) < verified(second));
}

#[tokio::test]
async fn a_request_that_waits_for_its_turn_is_signed_when_it_is_sent() {
    let server = Server::start(|asked| {
        vec![Action::Send(if asked.nth == 0 {
            answer("429 Too Many Requests", &[("retry-after", "1")], "")
        } else {
            ok("")
        })]
    })
    .await;
    let outlet = outlet_for(&server, hmac(), &[], "");
    // A write is not repeated, so the second one is the one that waits.
    let refused = outlet.send(&writes(), post(b"1")).await.unwrap();
    assert_eq!(refused.status, 429);
    outlet.send(&writes(), post(b"2")).await.unwrap();
    let [first, second] = &server.requests()[..] else {
        panic!("{:?}", server.lines());
    };
    assert!(verified(first) < verified(second));
}

#[tokio::test]
async fn a_request_is_signed_after_its_connection_is_open() {
    let server = Server::answering(ok("")).await;
    let names = SlowNames::default();
    let address = format!("http://shop.test:{}", server.address.port());
    let outlet = outlet_by(
        Network::builder().resolver(names.clone()),
        &format!("{address}/api"),
        hmac(),
        &[],
        &network(&format!("allow = [\"{address}\"]")),
    );
    get(&outlet, "orders").await.unwrap();
    let resolved = names.0.load(Ordering::SeqCst);
    assert!(verified(&server.requests()[0]) >= resolved);
}

#[tokio::test]
async fn a_plugin_sets_neither_the_signature_nor_the_time_stamp() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet_for(&server, hmac(), &[], "");
    for name in ["X-Signature", "x-timestamp", "X_Signature", "x_timestamp"] {
        let name = HeaderName::try_from(name).unwrap();
        assert!(outlet.refuses_header(&name), "{name}");
        let mut request = Request::get("orders");
        request.headers.insert(name, HeaderValue::from_static("1"));
        let error = outlet.send(&reads(), request).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().rule, Rule::Header);
    }
    assert!(server.requests().is_empty());
    let without = outlet_for(&server, without_timestamp(), &[], "");
    assert!(!without.refuses_header(&HeaderName::from_static("x-timestamp")));
}

#[tokio::test]
async fn a_signature_that_comes_back_is_masked() {
    let server = Server::start(|asked| {
        let signature = asked.header("x-signature")[0].to_owned();
        let bytes = answer(
            "200 OK",
            &[("x-signature", &signature), ("x-echo", &signature)],
            format!("{{\"signature\":\"{signature}\"}}"),
        );
        vec![Action::Send(bytes)]
    })
    .await;
    let outlet = outlet_for(&server, hmac(), &[], "");
    let response = get(&outlet, "orders").await.unwrap();
    assert_eq!(text(&response), "{\"signature\":\"sha256=•••\"}");
    assert_eq!(
        response.headers["x-echo"].as_bytes(),
        "sha256=•••".as_bytes()
    );
    assert!(!response.headers.contains_key("x-signature"));
}

#[tokio::test]
async fn a_redirect_to_another_host_carries_no_signature() {
    let other = Server::answering(ok("file")).await;
    let host = format!("http://{}", other.address);
    let to = host.clone();
    let server = Server::start(move |asked| {
        let location = match asked.nth {
            0 => "/api/next".to_owned(),
            _ => format!("{to}/a?s={}", asked.header("x-signature")[0]),
        };
        let location = [("location", location.as_str())];
        vec![Action::Send(answer("302 Found", &location, ""))]
    })
    .await;
    let allowed = network(&format!("allow = [\"{host}\"]"));
    let outlet = outlet_for(&server, hmac(), &[&host], &allowed);
    let response = get(&outlet, "from").await.unwrap();
    // The second one repeats the signature, so it is the plugin's to read.
    assert_eq!(response.status, 302);
    let location = String::from_utf8_lossy(response.headers["location"].as_bytes());
    assert_eq!(location, format!("{host}/a?s=sha256=•••"));
    assert!(other.requests().is_empty());
    for asked in server.requests() {
        verified(&asked);
    }
    assert_eq!(server.lines(), ["GET /api/from", "GET /api/next"]);
}
