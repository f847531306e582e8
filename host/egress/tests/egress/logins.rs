//! Tokens: fetched once, kept, renewed, and shared by calls.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use krabice_contract::manifest::Effect;
use krabice_egress::{EgressError, Request};
use serde_json::{Value as Json, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::server::{Action, ReceivedRequest, Server, answer, ok};
use crate::shop::*;

/// The answer of a login with a token and its life in seconds.
fn granted(token: &str, life: Json) -> Vec<u8> {
    ok(json!({ "data": { "token": token, "life": life } }).to_string())
}

fn is_login(asked: &ReceivedRequest) -> bool {
    asked.target == "/api/auth"
}

/// A back end that gives `token-N` for the N-th login and takes only the newest.
async fn back_end(life: Json) -> Server {
    let logins = std::sync::atomic::AtomicUsize::new(0);
    Server::start(move |asked| {
        use std::sync::atomic::Ordering::SeqCst;
        let bytes = if is_login(asked) {
            granted(
                &format!("token-{}", logins.fetch_add(1, SeqCst)),
                life.clone(),
            )
        } else if asked.header("authorization")
            == [format!(
                "Bearer token-{}",
                logins.load(SeqCst).wrapping_sub(1)
            )]
        {
            ok("welcome")
        } else {
            answer("401 Unauthorized", &[], "who?")
        };
        vec![Action::Send(bytes)]
    })
    .await
}

fn logins(server: &Server) -> usize {
    server
        .requests()
        .iter()
        .filter(|asked| is_login(asked))
        .count()
}

#[tokio::test]
async fn one_login_serves_many_requests() {
    let server = back_end(json!(3600)).await;
    let outlet = outlet_for(&server, login(), &[], "");
    let scope = reads();
    for _ in 0..5 {
        assert_eq!(
            text(&outlet.send(&scope, Request::get("orders")).await.unwrap()),
            "welcome"
        );
    }
    assert_eq!(logins(&server), 1);
    let lines = server.lines();
    assert_eq!(lines[0], "POST /api/auth");
    assert_eq!(scope.exchanges().len(), 6, "the login is in the record");
}

#[tokio::test]
async fn credentials_travel_as_the_manifest_says() {
    let fields = json!({ "username": "user", "password": "pass" });
    for (credentials, kind, body) in [
        (
            json!({ "json": fields }),
            "application/json",
            format!("{{\"user\":\"12345678\",\"pass\":\"{KEY}\"}}"),
        ),
        (
            json!({ "form": fields }),
            "application/x-www-form-urlencoded",
            format!("user=12345678&pass={KEY}"),
        ),
    ] {
        let server = back_end(json!(null)).await;
        let mut login = login();
        login["login"]["credentials"] = credentials;
        get(&outlet_for(&server, login, &[], ""), "orders")
            .await
            .unwrap();
        let asked = &server.requests()[0];
        assert_eq!(
            (
                asked.header("content-type"),
                String::from_utf8_lossy(&asked.body).into_owned()
            ),
            (vec![kind], body)
        );
        assert!(asked.header("authorization").is_empty());
    }
    let server = back_end(json!(null)).await;
    let mut login = login();
    login["login"]["credentials"] = json!("basic");
    get(&outlet_for(&server, login, &[], ""), "orders")
        .await
        .unwrap();
    let asked = &server.requests()[0];
    assert_eq!(
        asked.header("authorization"),
        [format!(
            "Basic {}",
            STANDARD.encode(format!("12345678:{KEY}"))
        )]
    );
    assert_eq!(
        (asked.body.len(), asked.header("content-length")),
        (0, vec!["0"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_begin_together_log_in_once() {
    let server = back_end(json!(3600)).await;
    // Also with a single request at once: the wait for a token needs no permit.
    for at_once in [1, 32] {
        let more = format!("[connections.shop.limits]\nrequests-at-once = {at_once}");
        let outlet = outlet_for(&server, login(), &[], &more);
        let before = logins(&server);
        let mut calls = JoinSet::new();
        for _ in 0..30 {
            let outlet = Arc::clone(&outlet);
            calls.spawn(async move { get(&outlet, "orders").await.unwrap().status });
        }
        assert!(calls.join_all().await.iter().all(|status| *status == 200));
        assert_eq!(logins(&server) - before, 1);
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end() {
    let server = back_end(json!("1")).await;
    let outlet = outlet_for(&server, login(), &[], "");
    get(&outlet, "orders").await.unwrap();
    assert_eq!(logins(&server), 1);
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(800)).await;
    tokio::time::resume();
    get(&outlet, "orders").await.unwrap();
    assert_eq!(logins(&server), 1, "a tenth of its life is not yet left");
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(150)).await;
    tokio::time::resume();
    assert_eq!(get(&outlet, "orders").await.unwrap().status, 200);
    assert_eq!(logins(&server), 2, "renewed before the back end refused it");
    assert!(
        !server
            .requests()
            .iter()
            .any(|asked| asked.header("authorization") == ["Bearer token-0"] && asked.nth > 4)
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_request_repeated() {
    let server = back_end(json!(3600)).await;
    let outlet = outlet_for(&server, login(), &[], "");
    let other = outlet_for(&server, login(), &[], "");
    for effect in [Effect::Reads, Effect::Writes] {
        get(&outlet, "orders").await.unwrap();
        // Another login invalidates the first token.
        get(&other, "orders").await.unwrap();
        let mut request = Request::new(Method::POST, "orders");
        request.body = Some("body".into());
        let scope = call(effect, CALL);
        let response = outlet.send(&scope, request).await.unwrap();
        assert_eq!(response.status, 200, "{effect:?}");
        let statuses: Vec<_> = scope
            .exchanges()
            .iter()
            .map(|exchange| exchange.status.unwrap().as_u16())
            .collect();
        assert_eq!(statuses, [401, 200, 200]);
        assert_eq!(server.requests().last().unwrap().body, b"body");
    }
}

#[tokio::test]
async fn a_token_that_never_helps_is_not_fetched_again_and_again() {
    let server = Server::start(|asked| {
        vec![Action::Send(if is_login(asked) {
            granted("any", json!(3600))
        } else {
            answer("401 No", &[], "no right")
        })]
    })
    .await;
    let outlet = outlet_for(&server, login(), &[], "");
    for _ in 0..4 {
        let response = get(&outlet, "orders").await.unwrap();
        assert_eq!(
            (response.status.as_u16(), text(&response)),
            (401, "no right".to_owned())
        );
    }
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_refused_login_is_unauthorised_and_remembered() {
    for status in ["401 No", "403 No", "400 Bad", "422 Bad"] {
        let server = Server::answering(answer(status, &[], format!("wrong: {KEY}"))).await;
        let outlet = outlet_for(&server, login(), &[], "");
        for _ in 0..3 {
            let error = get(&outlet, "orders").await.unwrap_err();
            assert!(
                matches!(error, EgressError::Unauthorised { .. }),
                "{error:?}"
            );
            assert!(!words(&error).contains(KEY), "{error:?}");
        }
        assert_eq!(
            server.lines(),
            ["POST /api/auth"],
            "the account is not locked by repeating a wrong password"
        );
    }
}

#[tokio::test]
async fn a_refused_login_is_forgotten_after_a_while() {
    let server = Server::start(|asked| {
        vec![Action::Send(if asked.nth == 0 {
            answer("401 No", &[], "")
        } else {
            granted("t", json!(null))
        })]
    })
    .await;
    let outlet = outlet_for(&server, login(), &[], &network("login-pause = \"50ms\""));
    get(&outlet, "orders").await.unwrap_err();
    let forgotten = async {
        while get(&outlet, "orders").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), forgotten)
        .await
        .unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_login_that_fails_for_another_reason_is_not_unauthorised() {
    let odd = |answer: Vec<u8>| (answer, "UnexpectedAnswer", 1);
    for (answer, class, requests) in [
        (answer("500 Oh", &[], ""), "Unavailable", 1),
        (answer("503 Down", &[], ""), "Unavailable", 3),
        (
            answer("429 Slower", &[("retry-after", "60")], ""),
            "RateLimited",
            1,
        ),
        odd(answer("404 No", &[], "")),
        odd(answer(
            "302 Found",
            &[("location", "https://evil.com/")],
            "",
        )),
        odd(ok("not json")),
        odd(ok("{}")),
        odd(ok(r#"{"data":{"token":""}}"#)),
        odd(ok(r#"{"data":{"token":null}}"#)),
        odd(ok(r#"{"data":{"token":"a\nb"}}"#)),
    ] {
        let server = Server::answering(answer.clone()).await;
        let outlet = outlet_for(&server, login(), &[], "");
        let error = get(&outlet, "orders").await.unwrap_err();
        assert!(
            format!("{error:?}").starts_with(class),
            "{}: {error:?}",
            String::from_utf8_lossy(&answer)
        );
        assert_eq!(server.requests().len(), requests, "{error:?}");
        assert_eq!(logins(&server), requests);
    }
}

#[tokio::test]
async fn a_call_that_waits_for_a_cancelled_login_logs_in_itself() {
    let never = Arc::new(Notify::new());
    let server = Server::start(move |asked| {
        if asked.nth == 0 {
            vec![Action::Await(Arc::clone(&never))]
        } else {
            vec![Action::Send(granted("t", json!(60)))]
        }
    })
    .await;
    let outlet = outlet_for(&server, login(), &[], "");
    let scope = reads();
    let mut first = Box::pin(outlet.send(&scope, Request::get("orders")));
    while server.requests().is_empty() {
        tokio::select! { biased; _ = &mut first => panic!(), () = tokio::task::yield_now() => {} }
    }
    let mut second = Box::pin(get(&outlet, "orders"));
    tokio::select! { biased; _ = &mut second => panic!("it waits"), () = tokio::task::yield_now() => {} }
    drop(first);
    assert_eq!(second.await.unwrap().status, 200);
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn the_token_is_masked_and_its_header_is_refused() {
    let server = Server::start(|asked| {
        vec![Action::Send(if is_login(asked) {
            granted("a-long-token", json!(60))
        } else {
            ok("Bearer a-long-token")
        })]
    })
    .await;
    let outlet = outlet_for(&server, login(), &[], "");
    assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "Bearer •••");
    assert!(outlet.refuses_header(&http::header::AUTHORIZATION));
}

#[tokio::test]
async fn a_number_is_a_token_too() {
    let server = Server::start(|asked| {
        let granted = ok(r#"{"data":{"token":123456789012}}"#);
        vec![Action::Send(if is_login(asked) {
            granted
        } else {
            ok(asked.header("authorization").join(",").len().to_string())
        })]
    })
    .await;
    let outlet = outlet_for(&server, login(), &[], "");
    assert_eq!(
        text(&get(&outlet, "orders").await.unwrap()),
        "Bearer 123456789012".len().to_string()
    );
}

#[tokio::test]
async fn a_slow_login_ends_with_the_request() {
    let server = Server::start(|_| vec![Action::Hang]).await;
    let outlet = outlet_for(&server, login(), &[], &network("total-timeout = \"100ms\""));
    let calls = [get(&outlet, "a"), get(&outlet, "b")];
    for result in futures_util::future::join_all(calls).await {
        assert!(
            matches!(result, Err(EgressError::Unavailable { .. })),
            "{result:?}"
        );
    }
}
