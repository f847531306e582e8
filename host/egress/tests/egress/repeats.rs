//! Repetitions of requests: which ones, how often and when.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode};
use krabice_contract::manifest::Effect;
use krabice_egress::{
    AttemptEnd, EgressError, Network, Request, RetryDecision, retry_after, retry_decision,
};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::server::{Action, Server, answer, ok};
use crate::shop::*;

const EFFECTS: [Effect; 3] = [Effect::Reads, Effect::WritesIdempotently, Effect::Writes];

#[test]
fn the_effect_decides_what_is_repeated() {
    let answered = |status, retry_after: Option<u64>| AttemptEnd::Answered {
        status: StatusCode::from_u16(status).unwrap(),
        retry_after: retry_after.map(Duration::from_secs),
    };
    let after = |seconds| RetryDecision::After(Duration::from_secs(seconds));
    for (end, reads, writes) in [
        (
            AttemptEnd::NothingSent,
            RetryDecision::Backoff,
            RetryDecision::Backoff,
        ),
        (
            AttemptEnd::BrokenOff,
            RetryDecision::Backoff,
            RetryDecision::No,
        ),
        (AttemptEnd::Final, RetryDecision::No, RetryDecision::No),
        (
            answered(502, None),
            RetryDecision::Backoff,
            RetryDecision::No,
        ),
        (
            answered(503, None),
            RetryDecision::Backoff,
            RetryDecision::No,
        ),
        (
            answered(504, None),
            RetryDecision::Backoff,
            RetryDecision::No,
        ),
        (
            answered(502, Some(3)),
            RetryDecision::Backoff,
            RetryDecision::No,
        ),
        (answered(503, Some(3)), after(3), RetryDecision::No),
        (answered(429, Some(3)), after(3), RetryDecision::No),
        (answered(429, None), RetryDecision::No, RetryDecision::No),
        (answered(500, None), RetryDecision::No, RetryDecision::No),
        (answered(500, Some(3)), RetryDecision::No, RetryDecision::No),
        (answered(501, None), RetryDecision::No, RetryDecision::No),
        (answered(401, None), RetryDecision::No, RetryDecision::No),
        (answered(404, None), RetryDecision::No, RetryDecision::No),
        (answered(408, None), RetryDecision::No, RetryDecision::No),
        (answered(200, Some(3)), RetryDecision::No, RetryDecision::No),
    ] {
        assert_eq!(retry_decision(Effect::Reads, end), reads, "{end:?}");
        assert_eq!(
            retry_decision(Effect::WritesIdempotently, end),
            reads,
            "{end:?}"
        );
        assert_eq!(retry_decision(Effect::Writes, end), writes, "{end:?}");
    }
}

#[test]
fn retry_after_is_a_number_or_a_date() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_741_944_413); // 2025-03-14T09:26:53Z
    for (value, date, expected) in [
        ("120", None, Some(120)),
        (" 120 ", None, Some(120)),
        ("0", None, Some(0)),
        ("99999999999999999999999", None, Some(u64::MAX)),
        ("Fri, 14 Mar 2025 09:27:53 GMT", None, Some(60)),
        ("Friday, 14-Mar-25 09:27:53 GMT", None, Some(60)),
        ("Fri Mar 14 09:27:53 2025", None, Some(60)),
        ("2025-03-14T09:27:53Z", None, Some(60)),
        ("2025-03-14T10:27:53+01:00", None, Some(60)),
        ("2025-03-14 09:27:53", None, Some(60)),
        ("Fri, 14 Mar 2025 09:00:00 GMT", None, Some(0)),
        // The back end's clock is an hour ahead, as its own `Date` shows.
        (
            "Fri, 14 Mar 2025 10:27:53 GMT",
            Some("Fri, 14 Mar 2025 10:26:53 GMT"),
            Some(60),
        ),
        ("Fri, 14 Mar 2025 09:27:53 GMT", Some("nonsense"), Some(60)),
        ("soon", None, None),
        ("-5", None, None),
        ("1.5", None, None),
        ("", None, None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static(value));
        if let Some(date) = date {
            headers.insert("date", HeaderValue::from_static(date));
        }
        assert_eq!(
            retry_after(&headers, now),
            expected.map(Duration::from_secs),
            "{value}"
        );
    }
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

/// The number of requests that arrive at a server that always does the same.
async fn asked(effect: Effect, more: &str, steps: Vec<Action>) -> usize {
    let server = Server::start(move |_| steps.clone()).await;
    let outlet = outlet(&server, more);
    let scope = call(effect, CALL);
    let result = outlet.send(&scope, Request::get("orders")).await;
    assert!(result.is_err() || result.is_ok_and(|answer| !answer.status.is_success()));
    assert_eq!(scope.exchanges().len(), server.requests().len());
    let attempts: Vec<_> = scope
        .exchanges()
        .iter()
        .map(|exchange| exchange.attempt)
        .collect();
    assert_eq!(attempts, (1..=attempts.len() as u32).collect::<Vec<_>>());
    server.requests().len()
}

#[tokio::test]
async fn reads_are_repeated_and_writes_are_not() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec();
    for steps in [
        vec![Action::Reset],
        vec![Action::Close],
        vec![Action::Send(b"HTTP/1.1 2".to_vec()), Action::Reset],
        vec![Action::Send(half.clone()), Action::Reset],
        // The server announces more bytes than it sends.
        vec![Action::Send(half), Action::Close],
        vec![Action::Send(answer("502 Bad Gateway", &[], ""))],
        vec![Action::Send(answer("503 Service Unavailable", &[], ""))],
        vec![Action::Send(answer("504 Gateway Timeout", &[], ""))],
        vec![Action::Send(answer(
            "503 Service Unavailable",
            &[("retry-after", "0")],
            "",
        ))],
    ] {
        for effect in EFFECTS {
            let expected = if effect == Effect::Writes { 1 } else { 3 };
            assert_eq!(
                asked(effect, "", steps.clone()).await,
                expected,
                "{effect:?} {steps:?}"
            );
        }
    }
    for status in ["500 Oh", "501 No", "404 No", "401 No", "429 Slower"] {
        assert_eq!(
            asked(
                Effect::Reads,
                "",
                vec![Action::Send(answer(status, &[], ""))]
            )
            .await,
            1,
            "{status}"
        );
    }
}

#[tokio::test]
async fn the_setting_retries_limits_repetitions() {
    for (retries, requests) in [(0, 1), (1, 2), (4, 5)] {
        let more = network(&format!("retries = {retries}"));
        assert_eq!(
            asked(Effect::Reads, &more, vec![Action::Reset]).await,
            requests
        );
    }
}

#[tokio::test]
async fn a_repetition_that_works_is_the_answer() {
    let server = Server::start(|asked| match asked.nth {
        0 => vec![Action::Reset],
        1 => vec![Action::Send(answer("503 Service Unavailable", &[], ""))],
        _ => vec![Action::Send(ok("third"))],
    })
    .await;
    let outlet = outlet(&server, "");
    assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "third");
}

#[tokio::test]
async fn the_plugin_gets_the_last_answer() {
    let server = Server::answering(answer(
        "503 Service Unavailable",
        &[("x-why", "maintenance")],
        "back soon",
    ))
    .await;
    let response = get(&outlet(&server, ""), "orders").await.unwrap();
    assert_eq!(response.status, 503);
    assert_eq!(response.headers["x-why"], "maintenance");
    assert_eq!(text(&response), "back soon");
}

#[tokio::test]
async fn even_a_write_is_repeated_when_nothing_was_sent() {
    // No server listens during the first two attempts.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outlet = outlet_by(
        Network::builder(),
        &format!("http://{address}"),
        basic(),
        &[],
        "",
    );
    let scope = writes();
    let error = outlet
        .send(&scope, Request::new(http::Method::POST, "orders"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, EgressError::Unavailable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    assert_eq!(scope.exchanges().len(), 3);
}

#[tokio::test]
async fn a_write_on_a_connection_that_was_closed_while_it_rested_goes_over_a_new_one() {
    let server = Server::start(|asked| {
        if asked.nth == 0 {
            vec![Action::Send(ok("first")), Action::Close]
        } else {
            vec![Action::Send(ok("second"))]
        }
    })
    .await;
    let outlet = outlet(&server, "");
    outlet
        .send(&writes(), Request::new(http::Method::POST, "a"))
        .await
        .unwrap();
    server.all_closed().await;
    let scope = writes();
    let response = outlet
        .send(&scope, Request::new(http::Method::POST, "b"))
        .await
        .unwrap();
    assert_eq!(text(&response), "second");
    assert_eq!(server.lines(), ["POST /api/a", "POST /api/b"]);
}

#[tokio::test]
async fn a_read_on_a_connection_that_breaks_at_once_does_not_count_as_a_repetition() {
    // Every kept connection breaks at its second request, as if the server closed it at that
    // moment.
    let requests = AtomicU32::new(0);
    let server = Server::start(move |_| match requests.fetch_add(1, Ordering::SeqCst) {
        0 | 2 => vec![Action::Send(ok("fine"))],
        _ => vec![Action::Reset],
    })
    .await;
    let outlet = outlet(&server, &network("retries = 0"));
    get(&outlet, "a").await.unwrap();
    assert_eq!(text(&get(&outlet, "b").await.unwrap()), "fine");
    assert_eq!(server.lines(), ["GET /api/a", "GET /api/b", "GET /api/b"]);
}

#[tokio::test]
async fn the_wait_of_the_back_end_is_kept_in_full() {
    for (status, date) in [
        ("429 Too Many Requests", false),
        ("503 Service Unavailable", false),
        ("429 Too Many Requests", true),
    ] {
        let in_two_seconds = SystemTime::now() + Duration::from_secs(2);
        let value = if date {
            httpdate::fmt_http_date(in_two_seconds)
        } else {
            "1".to_owned()
        };
        let server = Server::start(move |asked| {
            let slower = answer(status, &[("retry-after", &value)], "");
            vec![Action::Send(if asked.nth == 0 {
                slower
            } else {
                ok("now")
            })]
        })
        .await;
        let outlet = outlet(&server, "");
        let started = Instant::now();
        assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "now");
        let waited = started.elapsed();
        assert!(
            waited >= Duration::from_millis(900) && waited < Duration::from_secs(4),
            "{waited:?}"
        );
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_wait_past_the_calls_end_is_not_begun() {
    for wait in [
        "31",
        "3600",
        "99999999999999999999",
        "Fri, 01 Jan 2100 00:00:00 GMT",
    ] {
        let server = Server::answering(answer(
            "503 Service Unavailable",
            &[("retry-after", wait)],
            "later",
        ))
        .await;
        let started = Instant::now();
        let response = get(&outlet(&server, ""), "orders").await.unwrap();
        assert_eq!(
            (response.status.as_u16(), text(&response)),
            (503, "later".to_owned())
        );
        assert!(started.elapsed() < Duration::from_secs(2));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn repetitions_do_not_use_up_a_quota() {
    let server = Server::answering(answer(
        "429 Too Many Requests",
        &[("retry-after", "3600")],
        "slower",
    ))
    .await;
    let outlet = outlet(&server, "");
    // The plugin gets the first answer as it is, with its `Retry-After`.
    let response = get(&outlet, "orders").await.unwrap();
    assert_eq!(response.status, 429);
    assert_eq!(response.headers["retry-after"], "3600");
    // The next requests are not sent.
    for effect in EFFECTS {
        let error = outlet
            .send(&call(effect, CALL), Request::get("orders"))
            .await
            .unwrap_err();
        let EgressError::RateLimited {
            retry_after: Some(wait),
            ..
        } = error
        else {
            panic!("{error:?}")
        };
        assert!(wait > Duration::from_secs(3500), "{wait:?}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_rate_limit_keeps_requests_waiting_or_says_for_how_long() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(
        &server,
        "[connections.shop.limits]\nrequests-per-minute = 8",
    );
    // A quarter at once, the others one by one.
    for _ in 0..2 {
        get(&outlet, "orders").await.unwrap();
    }
    let scope = call(Effect::Reads, Duration::from_secs(2));
    let error = outlet
        .send(&scope, Request::get("orders"))
        .await
        .unwrap_err();
    let EgressError::RateLimited {
        retry_after: Some(wait),
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert!(
        wait > Duration::from_secs(5) && wait <= Duration::from_secs(10),
        "{wait:?}"
    );
    assert!(scope.exchanges().is_empty());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_short_wait_for_the_rate_limit_is_just_a_wait() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(
        &server,
        "[connections.shop.limits]\nrequests-per-minute = 400",
    );
    let started = Instant::now();
    for _ in 0..103 {
        get(&outlet, "orders").await.unwrap();
    }
    assert!(
        started.elapsed() >= Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(server.requests().len(), 103);
}

/// A request that reads, in a function that writes.
fn reading(url: &str) -> Request {
    let mut request = Request::new(http::Method::POST, url);
    request.reads = true;
    request
}

#[tokio::test]
async fn a_request_that_reads_is_repeated_in_a_function_that_writes() {
    let broken: [fn() -> Vec<Action>; 2] = [
        || vec![Action::Reset],
        || vec![Action::Send(answer("503 Busy", &[], ""))],
    ];
    for steps in broken {
        for (reads, expected) in [(true, 2), (false, 1)] {
            let server = Server::start(move |asked| {
                if asked.nth == 0 {
                    steps()
                } else {
                    vec![Action::Send(ok("found"))]
                }
            })
            .await;
            let scope = writes();
            let mut request = reading("search");
            request.reads = reads;
            let result = outlet(&server, "").send(&scope, request).await;
            assert_eq!(
                result.is_ok_and(|answer| answer.status == 200),
                reads,
                "the plugin's word decides"
            );
            assert_eq!(server.requests().len(), expected);
            assert!(
                scope
                    .exchanges()
                    .iter()
                    .all(|exchange| exchange.reads == reads)
            );
        }
    }
    // A function that reads has only requests that read.
    let server = Server::answering(ok("")).await;
    let scope = reads();
    let plain = Request::new(http::Method::POST, "orders");
    outlet(&server, "").send(&scope, plain).await.unwrap();
    assert!(scope.exchanges()[0].reads);
}

#[tokio::test]
async fn the_exchanges_tell_whether_the_answer_to_a_write_was_lost() {
    let whole = answer("200 OK", &[], "twelve bytes");
    for (steps, lost) in [
        (vec![Action::Send(whole.clone())], false),
        (vec![Action::Send(answer("500 Oh", &[], "no"))], false),
        (vec![Action::Reset], true),
        (vec![Action::Close], true),
        (vec![Action::Hang], true),
        (vec![Action::Send(b"nonsense\r\n\r\n".to_vec())], true),
        (
            vec![
                Action::Send(whole[..whole.len() - 3].to_vec()),
                Action::Reset,
            ],
            true,
        ),
    ] {
        let server = Server::start({
            let steps = steps.clone();
            move |_| steps.clone()
        })
        .await;
        let outlet = outlet(
            &server,
            &network("first-byte-timeout = \"100ms\"\nretries = 0"),
        );
        let scope = writes();
        let request = Request::new(http::Method::POST, "orders");
        let _ = outlet.send(&scope, request).await;
        let exchanges = scope.exchanges();
        assert_eq!(exchanges.len(), 1);
        assert!(exchanges[0].sent && !exchanges[0].reads);
        assert_eq!(exchanges[0].is_lost_write(), lost, "{steps:?}");
        assert_eq!(scope.has_unanswered_write(), lost, "{steps:?}");

        let scope = writes();
        let _ = outlet.send(&scope, reading("search")).await;
        assert!(!scope.exchanges()[0].is_lost_write(), "it writes nothing");
        assert!(!scope.has_unanswered_write(), "it writes nothing");
    }
}

#[tokio::test]
async fn a_write_that_was_not_sent_is_not_lost() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outlet = outlet_by(
        Network::builder(),
        &format!("http://{address}"),
        basic(),
        &[],
        &network("retries = 0"),
    );
    let scope = writes();
    let request = Request::new(http::Method::POST, "orders");
    outlet.send(&scope, request).await.unwrap_err();
    let exchanges = scope.exchanges();
    assert!(!exchanges[0].sent && !exchanges[0].is_lost_write());
    assert!(!scope.has_unanswered_write());
}

#[tokio::test]
async fn a_write_that_is_cancelled_is_lost() {
    let server = Server::start(|_| vec![Action::Hang]).await;
    let outlet = outlet(&server, "");
    let scope = writes();
    let mut sent = Box::pin(outlet.send(&scope, Request::new(http::Method::POST, "orders")));
    while server.requests().is_empty() {
        tokio::select! { biased; _ = &mut sent => panic!(), () = tokio::task::yield_now() => {} }
    }
    assert!(scope.has_unanswered_write(), "it is under way");
    drop(sent);
    assert!(scope.exchanges()[0].is_lost_write());
    assert!(scope.has_unanswered_write());
}

#[tokio::test]
async fn a_lost_login_is_no_lost_write() {
    let server = Server::start(|_| vec![Action::Reset]).await;
    let outlet = outlet_for(&server, login(), &[], &network("retries = 0"));
    let scope = writes();
    let request = Request::new(http::Method::POST, "orders");
    outlet.send(&scope, request).await.unwrap_err();
    let exchanges = scope.exchanges();
    assert!(exchanges[0].sent && !exchanges[0].is_lost_write());
    assert!(!scope.has_unanswered_write());
}

/// A write that may be repeated is settled by an answer that says what became of it.
#[tokio::test]
async fn a_lost_write_is_settled_by_its_repetition() {
    for (second, settled) in [
        (vec![Action::Send(ok("done"))], true),
        (vec![Action::Send(answer("409 Conflict", &[], ""))], true),
        // Nobody knows what became of the first one.
        (vec![Action::Send(answer("500 Oh", &[], ""))], false),
        (vec![Action::Send(answer("429 Slower", &[], ""))], false),
        (vec![Action::Reset], false),
    ] {
        let steps = second.clone();
        let server = Server::start(move |asked| {
            if asked.nth == 0 {
                vec![Action::Reset]
            } else {
                steps.clone()
            }
        })
        .await;
        let outlet = outlet(&server, &network("retries = 1"));
        let scope = call(Effect::WritesIdempotently, CALL);
        let request = Request::new(http::Method::POST, "orders");
        let _ = outlet.send(&scope, request).await;
        assert_eq!(server.requests().len(), 2, "it is repeated first");
        assert_eq!(scope.has_unanswered_write(), !settled, "{second:?}");
    }
}
