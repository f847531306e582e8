//! Timeouts: each wait ends, and its error names the wait.

use std::time::Duration;

use krabice_contract::manifest::Effect;
use krabice_egress::{EgressError, Network, Request, Response, Timeouts};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::server::{Action, Server, ok};
use crate::shop::*;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Runs a request that must fail with a message, not before `limit` and well before any other
/// limit.
async fn gives_up(
    limit: Duration,
    reason: &str,
    what: impl Future<Output = Result<Response, EgressError>>,
) {
    let started = Instant::now();
    let error = what.await.unwrap_err();
    let elapsed = started.elapsed();
    assert!(
        matches!(error, EgressError::Unavailable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains(reason), "{error}");
    assert!(
        elapsed >= limit && elapsed < limit + ms(2000),
        "{elapsed:?}"
    );
}

#[tokio::test]
async fn the_wait_for_the_first_byte_is_limited() {
    let server = Server::start(|_| vec![Action::Hang]).await;
    let outlet = outlet(&server, &network("first-byte-timeout = \"150ms\""));
    gives_up(
        ms(150),
        "sent no answer within 150ms",
        get(&outlet, "orders"),
    )
    .await;
    server.all_closed().await;
    assert_eq!(
        server.requests().len(),
        1,
        "a slow back end is not asked again"
    );
}

#[tokio::test]
async fn half_a_head_does_not_count_as_first_byte() {
    let server = Server::start(|_| {
        vec![
            Action::Send(b"HTTP/1.1 200 OK\r\nx:".to_vec()),
            Action::Hang,
        ]
    })
    .await;
    let outlet = outlet(&server, &network("first-byte-timeout = \"150ms\""));
    gives_up(
        ms(150),
        "sent no answer within 150ms",
        get(&outlet, "orders"),
    )
    .await;
    server.all_closed().await;
}

#[tokio::test]
async fn the_pause_between_bytes_is_limited() {
    let server = Server::start(|_| {
        vec![
            Action::Send(HEAD.to_vec()),
            Action::Send(b"half".to_vec()),
            Action::Hang,
        ]
    })
    .await;
    let outlet = outlet(&server, &network("between-bytes-timeout = \"150ms\""));
    gives_up(
        ms(150),
        "stopped in the middle of its answer within 150ms",
        get(&outlet, "orders"),
    )
    .await;
    server.all_closed().await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_time_for_the_whole() {
    let server = Server::start(|_| {
        let drip = [Action::Send(b".".to_vec()), Action::Wait(ms(20))];
        let mut steps = vec![Action::Send(HEAD.to_vec())];
        steps.extend(drip.into_iter().cycle().take(200));
        steps
    })
    .await;
    let outlet = outlet(
        &server,
        &network("between-bytes-timeout = \"1s\"\ntotal-timeout = \"300ms\""),
    );
    gives_up(
        ms(300),
        "within the time limit of the request",
        get(&outlet, "orders"),
    )
    .await;
    server.all_closed().await;
}

#[tokio::test]
async fn no_request_outlives_its_call() {
    let server = Server::start(|_| vec![Action::Hang]).await;
    let outlet = outlet(&server, "");
    let scope = call(Effect::Reads, ms(200));
    gives_up(
        ms(200),
        "within the time limit of the request",
        outlet.send(&scope, Request::get("orders")),
    )
    .await;
    server.all_closed().await;
}

#[tokio::test]
async fn the_wait_for_a_connection_is_limited() {
    // A listener without `accept` takes connections until its queue is full; TLS then waits for
    // an answer that never comes.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let network = network("connect-timeout = \"150ms\"");
    let outlet = outlet_by(Network::builder(), &address, basic(), &[], &network);
    gives_up(
        ms(150),
        "did not open a connection within 150ms",
        get(&outlet, "orders"),
    )
    .await;
}

#[tokio::test]
async fn the_wait_for_a_permit_is_part_of_the_time_for_a_connection() {
    let server = Server::start(|_| vec![Action::Hang]).await;
    let more = format!(
        "[connections.shop.limits]\nrequests-at-once = 1\n{}",
        network("connect-timeout = \"150ms\"")
    );
    let outlet = outlet(&server, &more);
    let (first, second) = (reads(), reads());
    let mut holder = Box::pin(outlet.send(&first, Request::get("first")));
    tokio::select! {
        biased;
        _ = &mut holder => panic!("the server hangs"),
        () = gives_up(ms(150), "the limit of requests at once of this connection (1) was reached, and no request ended in time",
            outlet.send(&second, Request::get("second"))) => {}
    }
    drop(holder);
    server.all_closed().await;
    assert_eq!(server.lines(), ["GET /api/first"]);
}

#[tokio::test]
async fn a_plugin_may_ask_for_less_time_but_not_for_more() {
    let server = Server::start(|_| vec![Action::Hang]).await;
    let outlet = outlet(&server, &network("first-byte-timeout = \"300ms\""));
    let asking = |first_byte| {
        let timeouts = Timeouts {
            first_byte: Some(first_byte),
            ..Timeouts::default()
        };
        Request {
            timeouts,
            ..Request::get("orders")
        }
    };
    let scope = reads();
    gives_up(
        ms(100),
        "within 100ms",
        outlet.send(&scope, asking(ms(100))),
    )
    .await;
    gives_up(
        ms(300),
        "within 300ms",
        outlet.send(&scope, asking(ms(60_000))),
    )
    .await;
}

#[tokio::test]
async fn after_a_timeout_the_next_request_works() {
    let server = Server::start(|asked| {
        if asked.nth == 0 {
            vec![Action::Hang]
        } else {
            vec![Action::Send(ok("fine"))]
        }
    })
    .await;
    let outlet = outlet(&server, &network("first-byte-timeout = \"100ms\""));
    get(&outlet, "orders").await.unwrap_err();
    assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "fine");
}
