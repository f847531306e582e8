//! The request that the back end gets, and the answer that the plugin gets.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderValue, Method};
use krabice_contract::manifest::Effect;
use krabice_egress::{CallScope, EgressError, Network, Request, Rule};
use tokio::time::Instant;

use crate::server::{Action, Server, answer, ok};
use crate::shop::*;

#[tokio::test]
async fn a_path_goes_below_the_connections_address() {
    let server = Server::answering(ok("hello")).await;
    let outlet = outlet(&server, "");
    for url in [
        "orders?page=2",
        "/orders?page=2",
        "http://connection.internal/orders?page=2",
    ] {
        assert_eq!(text(&get(&outlet, url).await.unwrap()), "hello");
    }
    assert_eq!(server.lines(), ["GET /api/orders?page=2"; 3]);
}

#[tokio::test]
async fn the_host_adds_what_belongs_to_the_transport() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    let mut request = Request::new(Method::POST, "orders");
    request
        .headers
        .insert("x-own", HeaderValue::from_static("yes"));
    request
        .headers
        .insert("accept-encoding", HeaderValue::from_static("gzip"));
    request.body = Some(Bytes::from_static(b"{}"));
    outlet.send(&reads(), request).await.unwrap();
    outlet
        .send(&reads(), Request::new(Method::POST, "orders"))
        .await
        .unwrap();
    outlet
        .send(&reads(), Request::new(Method::DELETE, "orders"))
        .await
        .unwrap();
    let [with_body, without, delete] = &server.requests()[..] else {
        panic!()
    };
    assert_eq!(with_body.header("host"), [server.address.to_string()]);
    assert_eq!(with_body.header("content-length"), ["2"]);
    assert_eq!(with_body.header("accept-encoding"), ["gzip, deflate"]);
    assert_eq!(with_body.header("x-own"), ["yes"]);
    assert!(with_body.header("user-agent")[0].starts_with("krabice/"));
    assert!(with_body.header("transfer-encoding").is_empty());
    assert_eq!(without.header("content-length"), ["0"]);
    assert!(
        delete.header("content-length").is_empty() && delete.header("transfer-encoding").is_empty()
    );
}

#[tokio::test]
async fn an_ipv6_address_works() {
    let Ok(listener) = tokio::net::TcpListener::bind(("::1", 0)).await else {
        return; // This machine has no IPv6.
    };
    let address = format!("http://{}/api", listener.local_addr().unwrap());
    let server = Server::on(listener, |_| vec![Action::Send(ok("six"))]);
    let outlet = outlet_by(Network::builder(), &address, basic(), &[], "");
    assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "six");
    assert_eq!(
        server.requests()[0].header("host"),
        [server.address.to_string()]
    );
}

#[tokio::test]
async fn every_status_is_an_answer() {
    for status in [
        "200 OK",
        "204 No Content",
        "304 Not Modified",
        "404 Not Found",
        "418 Teapot",
        "500 Oh",
        "599 Odd",
    ] {
        let server = Server::answering(answer(status, &[], "")).await;
        let response = get(&outlet(&server, ""), "orders").await.unwrap();
        assert_eq!(response.status.as_str(), &status[..3]);
    }
}

#[tokio::test]
async fn the_plugin_sees_neither_the_transports_headers_nor_credentials() {
    let server = Server::answering(answer(
        "200 OK",
        &[
            ("content-type", "application/json"),
            ("connection", "keep-alive"),
            ("keep-alive", "timeout=5"),
            ("proxy-authenticate", "Basic"),
            ("set-cookie", "session=1"),
            ("set-cookie", "other=2"),
            ("authorization", "Basic eA=="),
            ("authentication-info", "x"),
            ("x-rate-limit-hour", "10"),
        ],
        "{}",
    ))
    .await;
    let response = get(&outlet(&server, ""), "orders").await.unwrap();
    let mut names: Vec<_> = response.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-type", "x-rate-limit-hour"]);
}

#[tokio::test]
async fn bodies_come_whole_however_they_are_sent() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n".to_vec();
    let until_close = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello world".to_vec();
    for steps in [
        vec![Action::Send(ok("hello world"))],
        vec![Action::Send(chunked)],
        vec![Action::Send(until_close), Action::Close],
        vec![
            Action::Send(answer("200 OK", &[], "hello world")[..50].to_vec()),
            Action::Send(b"".to_vec()),
            Action::Send(answer("200 OK", &[], "hello world")[50..].to_vec()),
        ],
    ] {
        let server = Server::start(move |_| steps.clone()).await;
        assert_eq!(
            text(&get(&outlet(&server, ""), "orders").await.unwrap()),
            "hello world"
        );
    }
    let large: Vec<u8> = (0..3_000_000u32).map(|at| at as u8).collect();
    let server = Server::answering(ok(&large)).await;
    assert!(get(&outlet(&server, ""), "orders").await.unwrap().body == large);
}

#[tokio::test]
async fn an_answer_to_head_has_no_body_whatever_it_promises() {
    let server = Server::start(|_| {
        vec![Action::Send(
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec(),
        )]
    })
    .await;
    let outlet = outlet(&server, "");
    for _ in 0..2 {
        let response = outlet
            .send(&reads(), Request::new(Method::HEAD, "orders"))
            .await
            .unwrap();
        assert!(response.body.is_empty());
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_compressed_answer_is_masked_and_measured_after_decompression() {
    let server = Server::answering(gzip(format!("the key is {KEY}").as_bytes())).await;
    let response = get(&outlet(&server, ""), "orders").await.unwrap();
    assert_eq!(text(&response), "the key is •••");
    assert!(!response.headers.contains_key("content-encoding"));

    let bomb = gzip(&vec![b'0'; 100_000]);
    assert!(bomb.len() < 1_000);
    let server = Server::answering(bomb).await;
    let outlet = outlet(&server, &network("response-bytes = \"10000B\""));
    let error = get(&outlet, "orders").await.unwrap_err();
    assert!(error.to_string().contains("`response-bytes`"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_decompressed_is_an_unexpected_answer() {
    for (encoding, told) in [("br", "`br`"), ("gzip", "cannot be decompressed")] {
        let headers = [("content-encoding", encoding)];
        let server = Server::answering(answer("200 OK", &headers, "\x1f\u{8b}")).await;
        let error = get(&outlet(&server, ""), "orders").await.unwrap_err();
        assert!(
            matches!(error, EgressError::UnexpectedAnswer { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(told), "{error}");
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    let body = encoder.finish().unwrap();
    answer("200 OK", &[("content-encoding", "gzip")], body)
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_unexpected() {
    for nonsense in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/3.0 200 OK\r\n\r\n",
    ] {
        let server =
            Server::start(move |_| vec![Action::Send(nonsense.into()), Action::Close]).await;
        let error = get(&outlet(&server, ""), "orders").await.unwrap_err();
        assert!(
            matches!(error, EgressError::UnexpectedAnswer { .. }),
            "{nonsense:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_change_of_protocol_is_an_unexpected_answer() {
    let server = Server::start(|_| {
        vec![
            Action::Send(
                b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"
                    .to_vec(),
            ),
            Action::Hang,
        ]
    })
    .await;
    let error = get(&outlet(&server, ""), "orders").await.unwrap_err();
    assert!(
        matches!(error, EgressError::UnexpectedAnswer { .. }),
        "{error:?}"
    );
    server.all_closed().await;
}

#[tokio::test]
async fn an_answer_sent_ahead_is_not_used_for_the_next_request() {
    let server = Server::start(|asked| {
        let mut bytes = ok(format!("answer {}", asked.nth));
        if asked.nth == 0 {
            bytes.extend(ok("smuggled"));
        }
        vec![Action::Send(bytes)]
    })
    .await;
    let outlet = outlet(&server, "");
    assert_eq!(text(&get(&outlet, "a").await.unwrap()), "answer 0");
    for nth in 1..4 {
        assert_eq!(
            text(&get(&outlet, "b").await.unwrap()),
            format!("answer {nth}")
        );
    }
}

#[tokio::test]
async fn a_refused_request_never_leaves_and_marks_the_whole_call() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    let scope = reads();
    // Later requests are refused for the reason of the first one.
    for url in ["https://evil.com/", "../x"] {
        let error = outlet.send(&scope, Request::get(url)).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().rule, Rule::Host);
    }
    assert_eq!(
        scope.refusal().unwrap().rule,
        Rule::Host,
        "the first one stays"
    );
    // The call is already forbidden, so nothing more is sent.
    let error = outlet.send(&scope, Request::get("fine")).await.unwrap_err();
    assert_eq!(error.refusal(), scope.refusal());
    assert_eq!(server.lines(), [""; 0]);
}

#[tokio::test]
async fn a_refusal_cuts_long_texts_of_the_plugin() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    let method = Method::from_bytes("X".repeat(100_000).as_bytes()).unwrap();
    let error = outlet
        .send(&reads(), Request::new(method, "orders"))
        .await
        .unwrap_err();
    assert!(error.refusal().unwrap().detail.len() < 400);
}

#[tokio::test]
async fn all_bodies_of_a_call_together_have_a_limit() {
    let server = Server::answering(ok("x".repeat(600))).await;
    let outlet = outlet(&server, "");
    let scope = reads().with_body_bytes(1_000);
    outlet.send(&scope, Request::get("a")).await.unwrap();
    let error = outlet.send(&scope, Request::get("b")).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().rule, Rule::Size);
}

#[tokio::test]
async fn a_write_answered_with_a_redirect_is_not_sent_again() {
    let server = Server::answering(answer(
        "303 See Other",
        &[("location", "http://10.0.0.1/orders/1")],
        "",
    ))
    .await;
    let outlet = outlet(&server, "");
    let response = outlet
        .send(&reads(), Request::new(Method::POST, "orders"))
        .await
        .unwrap();
    assert_eq!(response.status, 303);
}

#[tokio::test]
async fn other_methods_than_those_of_plugins_are_refused() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    for method in [
        Method::CONNECT,
        Method::TRACE,
        Method::from_bytes(b"PROPFIND").unwrap(),
    ] {
        let error = outlet
            .send(&reads(), Request::new(method, "orders"))
            .await
            .unwrap_err();
        assert_eq!(error.refusal().unwrap().rule, Rule::Method);
    }
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        outlet
            .send(&reads(), Request::new(method, "orders"))
            .await
            .unwrap();
    }
    assert_eq!(server.requests().len(), 7);
}

#[tokio::test]
async fn a_call_sends_no_more_requests_than_its_limit() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    let scope = CallScope::new("shopper", "f", Effect::Reads, Instant::now() + CALL, 2);
    for _ in 0..2 {
        outlet.send(&scope, Request::get("orders")).await.unwrap();
    }
    let error = outlet
        .send(&scope, Request::get("orders"))
        .await
        .unwrap_err();
    assert_eq!(error.refusal().unwrap().rule, Rule::Requests);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_call_records_its_exchanges() {
    let server = Server::answering(answer("404 Not Found", &[], "gone")).await;
    let outlet = outlet(&server, "");
    let scope = reads();
    for _ in 0..2 {
        outlet
            .send(&scope, Request::get("orders/7?email=a@example.cz"))
            .await
            .unwrap();
    }
    outlet
        .send(&scope, Request::get("https://evil.com/"))
        .await
        .unwrap_err();
    let exchanges = scope.exchanges();
    let [first, second] = &exchanges[..] else {
        panic!("{exchanges:?}")
    };
    assert_eq!(first.method, Method::GET);
    assert_eq!(
        (&*first.host, first.port),
        ("127.0.0.1", server.address.port())
    );
    assert_eq!(first.path, "/api/orders/7", "without its query");
    assert_eq!(first.status.unwrap(), 404);
    assert_eq!((first.bytes, first.attempt), (4, 1));
    assert_eq!((first.reused, second.reused), (false, true));
    assert!(!first.elapsed.is_zero());
}
