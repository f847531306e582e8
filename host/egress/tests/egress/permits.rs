//! Permits for requests at once, and the connections that are kept for them.

use std::sync::Arc;
use std::time::Duration;

use krabice_contract::manifest::{Bucket, Effect};
use krabice_egress::{EgressError, Network, Request};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::server::{Action, Server, answer, ok};
use crate::shop::*;

fn at_once(most: u32) -> String {
    format!("[connections.shop.limits]\nrequests-at-once = {most}\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_connections_are_opened_than_requests_run_at_once() {
    for most in [1, 3, 8] {
        let server = Server::answering(ok("a small answer")).await;
        let outlet = outlet(&server, &at_once(most));
        let mut calls = JoinSet::new();
        for _ in 0..24 {
            let outlet = Arc::clone(&outlet);
            calls.spawn(async move {
                for _ in 0..25 {
                    get(&outlet, "orders").await.unwrap();
                }
            });
        }
        calls.join_all().await;
        assert_eq!(server.requests().len(), 600);
        assert!(
            server.most_under_way() <= most as usize,
            "{} of {most}",
            server.most_under_way()
        );
        assert!(
            server.connections() <= most as usize,
            "{} of {most}",
            server.connections()
        );
        assert_eq!(outlet.usage().opened as usize, server.connections());
        assert_eq!(outlet.usage().under_way, 0);
        assert_eq!(outlet.usage().idle, server.connections());
    }
}

/// The bucket that an answer reports stops the next request from overflowing it.
#[tokio::test]
async fn a_request_that_would_overflow_the_bucket_is_not_sent() {
    let headers = [("x-calls", "10"), ("x-limit", "10"), ("x-drain", "0.001")];
    let server = Server::answering(answer("200 OK", &headers, "")).await;
    let mut manifest = manifest(basic(), &[]);
    manifest.limits.bucket = Some(Bucket {
        fill: "X-Calls".to_owned(),
        size: "X-Limit".to_owned(),
        drain: "X-Drain".to_owned(),
    });
    let address = format!("http://{}/api", server.address);
    let outlet = Network::builder()
        .build()
        .outlet(&manifest, Some(&connection(&address, "")))
        .unwrap();
    get(&outlet, "orders").await.unwrap();
    let error = get(&outlet, "orders").await.unwrap_err();
    assert!(
        matches!(&error, EgressError::RateLimited { retry_after: Some(wait), .. } if !wait.is_zero()),
        "{error:?}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn one_call_after_the_other_uses_one_connection() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    for _ in 0..50 {
        get(&outlet, "orders").await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn all_connections_together_have_a_limit_of_their_own() {
    let go = Arc::new(Notify::new());
    let script = {
        let go = Arc::clone(&go);
        move || {
            let go = Arc::clone(&go);
            Server::start(move |_| vec![Action::Await(Arc::clone(&go)), Action::Send(ok(""))])
        }
    };
    let (first, second) = (script().await, script().await);
    let network = Network::builder().requests_at_once(2).build();
    let outlets: Vec<_> = [&first, &second]
        .iter()
        .map(|server| {
            let connection = connection(&format!("http://{}", server.address), "");
            network
                .outlet(&manifest(basic(), &[]), Some(&connection))
                .unwrap()
        })
        .collect();
    let mut calls = JoinSet::new();
    for at in 0..6 {
        let outlet = Arc::clone(&outlets[at % 2]);
        calls.spawn(async move { get(&outlet, "orders").await.unwrap() });
    }
    while !calls.is_empty() {
        // Exactly two requests are at the servers, however often one is answered.
        while first.requests().len() + second.requests().len() < (8 - calls.len()).min(6) {
            tokio::task::yield_now().await;
        }
        assert!(first.most_under_way() + second.most_under_way() <= 4);
        let under_way: usize = outlets.iter().map(|outlet| outlet.usage().under_way).sum();
        assert_eq!(under_way, calls.len());
        go.notify_one();
        calls.join_next().await.unwrap().unwrap();
    }
    assert_eq!(first.requests().len() + second.requests().len(), 6);
}

#[tokio::test]
async fn a_cancelled_call_keeps_no_permit_and_no_connection() {
    let server = Server::start(|asked| {
        if asked.target.ends_with("slow") {
            vec![Action::Hang]
        } else {
            vec![Action::Send(ok(""))]
        }
    })
    .await;
    let outlet = outlet(&server, &at_once(2));
    for _ in 0..20 {
        // Cancelled at different points.
        for polls in 0..6 {
            let scope = reads();
            let mut sending = Box::pin(outlet.send(&scope, Request::get("slow")));
            for _ in 0..polls {
                tokio::select! { biased; _ = &mut sending => panic!(), () = tokio::task::yield_now() => {} }
            }
        }
    }
    assert_eq!(outlet.usage().under_way, 0);
    server.all_closed().await;
    get(&outlet, "fast").await.unwrap();
    assert_eq!(outlet.usage().under_way, 0);
    assert_eq!(outlet.usage().idle, 1);
}

#[tokio::test]
async fn a_cancelled_call_is_recorded() {
    let server = Server::start(|_| vec![Action::Hang]).await;
    let outlet = outlet(&server, "");
    let scope = reads();
    let mut sending = Box::pin(outlet.send(&scope, Request::get("orders")));
    while server.requests().is_empty() {
        tokio::select! { biased; _ = &mut sending => panic!(), () = tokio::task::yield_now() => {} }
    }
    drop(sending);
    let [exchange] = &scope.exchanges()[..] else {
        panic!()
    };
    assert_eq!(
        (exchange.status, exchange.path.as_str()),
        (None, "/api/orders")
    );
}

#[tokio::test]
async fn failures_keep_no_permit() {
    let server = Server::start(|asked| match asked.nth % 3 {
        0 => vec![Action::Reset],
        1 => vec![Action::Send(b"nonsense\r\n\r\n".to_vec()), Action::Close],
        _ => vec![Action::Hang],
    })
    .await;
    let outlet = outlet(
        &server,
        &format!(
            "{}{}",
            at_once(1),
            network("first-byte-timeout = \"20ms\"\nretries = 0")
        ),
    );
    for _ in 0..12 {
        get(&outlet, "orders").await.unwrap_err();
        assert_eq!(outlet.usage().under_way, 0);
    }
    server.all_closed().await;
    assert_eq!(outlet.usage().idle, 0);
}

#[tokio::test]
async fn a_connection_that_is_not_used_is_closed() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, &network("idle-timeout = \"100ms\""));
    for round in 1..=2 {
        get(&outlet, "orders").await.unwrap();
        server.all_closed().await;
        assert_eq!(outlet.usage().idle, 0);
        assert_eq!(server.connections(), round);
    }
}

#[tokio::test]
async fn a_write_uses_no_connection_that_was_idle_for_long() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    let rest = async |time| {
        tokio::time::pause();
        tokio::time::advance(time).await;
        tokio::time::resume();
    };
    for (rested, effect, connections) in [
        (0, Effect::Writes, 1),
        (3, Effect::Writes, 1),
        (5, Effect::Reads, 1),
        // A server with a keep-alive of five seconds may be closing it now.
        (5, Effect::Writes, 2),
        (0, Effect::Writes, 2),
    ] {
        rest(Duration::from_secs(rested)).await;
        outlet
            .send(&call(effect, CALL), Request::get("orders"))
            .await
            .unwrap();
        assert_eq!(server.connections(), connections, "{rested} s, {effect:?}");
    }
}

#[tokio::test]
async fn connections_are_not_kept_where_the_settings_keep_none() {
    for more in ["idle-timeout = \"0s\"", "idle-connections = 0"] {
        let server = Server::answering(ok("")).await;
        let outlet = outlet(&server, &network(more));
        for _ in 0..3 {
            get(&outlet, "orders").await.unwrap();
        }
        assert_eq!(
            (server.connections(), outlet.usage().idle),
            (3, 0),
            "{more}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_the_other_side_closes_is_not_used_again() {
    let server = Server::start(|_| {
        vec![
            Action::Send(answer("200 OK", &[("connection", "close")], "bye")),
            Action::Close,
        ]
    })
    .await;
    let outlet = outlet(&server, &network("retries = 0"));
    for _ in 0..5 {
        assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "bye");
    }
    assert_eq!(server.connections(), 5);
}

#[tokio::test]
async fn dropping_the_outlet_closes_its_connections() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    get(&outlet, "orders").await.unwrap();
    drop(outlet);
    server.all_closed().await;
}

#[tokio::test]
async fn an_answer_before_the_request_was_read_does_not_block_the_next_one() {
    let server = Server::start(|_| {
        vec![
            Action::Send(answer("413 Too Large", &[], "")),
            Action::Close,
        ]
    })
    .await;
    let outlet = outlet(&server, "");
    for _ in 0..3 {
        let mut request = Request::new(http::Method::POST, "orders");
        request.body = Some(vec![b'x'; 1 << 20].into());
        let response = outlet
            .send(&call(Effect::Writes, Duration::from_secs(10)), request)
            .await
            .unwrap();
        assert_eq!(response.status, 413);
    }
}
