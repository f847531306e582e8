//! Limits of sizes and numbers, of requests and of answers.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use krabice_egress::{EgressError, Request, Rule};

use crate::server::{Action, Server, ok};
use crate::shop::*;

#[tokio::test]
async fn a_request_body_has_a_limit() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, &network("request-bytes = \"1000B\""));
    for (bytes, fits) in [(1000, true), (1001, false)] {
        let mut request = Request::new(Method::POST, "orders");
        request.body = Some(Bytes::from(vec![b'x'; bytes]));
        match outlet.send(&reads(), request).await {
            Ok(_) => assert!(fits, "{bytes}"),
            Err(error) => assert!(
                !fits && error.refusal().unwrap().rule == Rule::Size,
                "{bytes}: {error}"
            ),
        }
    }
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.requests()[0].body.len(), 1000);
}

#[tokio::test]
async fn request_headers_have_limits() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    let with = |count: usize, value: &str| {
        let mut request = Request::get("orders");
        for at in 0..count {
            let name = HeaderName::try_from(format!("x-{at:05}")).unwrap();
            request
                .headers
                .insert(name, HeaderValue::from_str(value).unwrap());
        }
        request
    };
    let megabyte = "v".repeat(1 << 20);
    let nearly = "v".repeat((16 << 10) / 64 - 7);
    let over = "v".repeat((16 << 10) / 64 - 6);
    for (count, value, fits) in [
        (64, "v", true),
        (65, "v", false),
        (20_000, "v", false),
        (1, megabyte.as_str(), false),
        (64, nearly.as_str(), true),
        (64, over.as_str(), false),
    ] {
        match outlet.send(&reads(), with(count, value)).await {
            Ok(_) => assert!(fits, "{count} of {}", value.len()),
            Err(error) => assert!(
                !fits && error.refusal().unwrap().rule == Rule::Size,
                "{count}: {error}"
            ),
        }
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_has_a_limit_whether_or_not_it_says_its_length() {
    let limited = network("response-bytes = \"1000B\"");
    let large = vec![b'x'; 1001];
    let chunked = [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n".as_slice(),
        &large,
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    let until_close = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &large].concat();
    for steps in [
        vec![Action::Send(ok(&large))],
        vec![Action::Send(chunked)],
        vec![Action::Send(until_close), Action::Close],
        // Only announced: refused before it is read.
        vec![
            Action::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n".to_vec()),
            Action::Hang,
        ],
        vec![
            Action::Send(
                b"HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n".to_vec(),
            ),
            Action::Hang,
        ],
    ] {
        let server = Server::start(move |_| steps.clone()).await;
        let error = get(&outlet(&server, &limited), "orders").await.unwrap_err();
        assert!(
            matches!(error, EgressError::UnexpectedAnswer { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("`response-bytes`"), "{error}");
        server.all_closed().await;
        assert_eq!(server.requests().len(), 1, "and it is not asked again");
    }
    let server = Server::answering(ok(&large[..1000])).await;
    assert_eq!(
        get(&outlet(&server, &limited), "orders")
            .await
            .unwrap()
            .body
            .len(),
        1000
    );
}

#[tokio::test]
async fn an_endless_answer_ends() {
    let server = Server::start(|_| {
        let mut steps = vec![Action::Send(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(),
        )];
        let chunk = [b"100000\r\n".as_slice(), &vec![b'x'; 1 << 20], b"\r\n"].concat();
        steps.extend(std::iter::repeat_n(Action::Send(chunk), 64));
        steps
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
async fn the_head_of_an_answer_has_limits() {
    let many = |count: usize| {
        let headers: String = (0..count).map(|at| format!("x-{at}: v\r\n")).collect();
        format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{headers}\r\n").into_bytes()
    };
    let long = |bytes: usize| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: {}\r\n\r\n",
            "v".repeat(bytes)
        )
        .into_bytes()
    };
    for (more, head, fits) in [
        ("", many(99), true),
        ("", many(100), false),
        ("", many(100_000), false),
        ("response-headers = 20", many(19), true),
        ("response-headers = 20", many(20), false),
        ("response-headers = 500", many(499), true),
        ("", long(60 << 10), true),
        ("", long(65 << 10), false),
        ("", long(10 << 20), false),
        ("response-header-bytes = \"1KiB\"", long(2000), false),
    ] {
        let bytes = head.len();
        let server = Server::answering(head).await;
        let result = get(&outlet(&server, &network(more)), "orders").await;
        assert_eq!(result.is_ok(), fits, "{more} {bytes}");
        if let Err(error) = result {
            assert!(
                matches!(error, EgressError::UnexpectedAnswer { .. }),
                "{error:?}"
            );
            assert_eq!(server.requests().len(), 1, "and it is not asked again");
        }
    }
}

#[tokio::test]
async fn an_answer_may_say_more_than_its_body() {
    // Bytes after the announced length are dropped.
    let server = Server::start(|_| {
        vec![Action::Send(
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello and more".to_vec(),
        )]
    })
    .await;
    let outlet = outlet(&server, "");
    for _ in 0..3 {
        assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "hello");
    }
}

#[tokio::test]
async fn two_lengths_are_no_answer() {
    let server = Server::start(|_| {
        vec![Action::Send(
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!".to_vec(),
        )]
    })
    .await;
    let error = get(&outlet(&server, ""), "orders").await.unwrap_err();
    assert!(
        matches!(error, EgressError::UnexpectedAnswer { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_long_address_is_refused_before_it_is_read() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    // Every reading of such a path is another one.
    let hidden = "%ffa%25ffb%2525ffc".repeat(64 * 1024 / 18 + 1);
    for url in [
        hidden.clone(),
        format!("http://connection.internal/{hidden}"),
        format!("http://{}/api/{hidden}", server.address),
        format!("https://elsewhere.example.com/{hidden}"),
        format!("orders?q={}", "a".repeat(64 * 1024)),
    ] {
        let error = get(&outlet, &url).await.unwrap_err();
        let start = &url[..20];
        assert_eq!(error.refusal().unwrap().rule, Rule::Size, "{start}");
    }
    assert!(server.requests().is_empty());
    let longest = "a".repeat(65_000);
    get(&outlet, &longest).await.unwrap();
    assert_eq!(server.lines(), [format!("GET /api/{longest}")]);
}
