//! Plugins that send forbidden requests. Every case uses both interfaces.

use krabice_contract::{FailureClass, Outcome, Value};
use krabice_runtime::Limits;

use crate::stage::{INTERFACES, Stage, TOKEN, impatient};

/// Calls a function through both interfaces. The call must be forbidden by the same rule, and
/// nothing may reach the back end.
async fn forbidden(stage: &Stage, function: &str, parameters: &[(&str, Value)]) -> String {
    let before = stage.back_end.requests().len();
    let details = INTERFACES.map(|interface| async move {
        let parameters = parameters
            .iter()
            .cloned()
            .chain([("interface", Value::from(interface))]);
        stage
            .fails_as(FailureClass::Forbidden, function, parameters)
            .await
    });
    let [http, send] = details;
    let (http, send) = (http.await, send.await);
    let rule = |detail: &str| detail.rsplit('(').next().map(str::to_owned);
    assert_eq!(
        rule(&http),
        rule(&send),
        "`{function}`: both interfaces have the same rules"
    );
    assert_eq!(
        stage.back_end.requests().len(),
        before,
        "`{function}`: nothing was sent"
    );
    if http == send {
        http
    } else {
        format!("{http} / {send}")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_rules_forbid_fails_as_forbidden_through_both_interfaces() {
    let stage = Stage::new().await;
    let mut found = String::new();
    for function in [
        "forbidden-host",
        "forbidden-host-with-body",
        "private-name",
        "climb",
        "some-headers",
        "huge-request",
    ] {
        let detail = forbidden(&stage, function, &[]).await;
        found.push_str(&format!("{function}: {detail}\n"));
    }
    for url in [
        "http://127.0.0.1:1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://localhost/",
    ] {
        let detail = forbidden(&stage, "private-address", &[("url", Value::from(url))]).await;
        found.push_str(&format!("{url}: {detail}\n"));
    }
    for header in [
        "Authorization",
        "X-Api-Key",
        "Host",
        "Transfer-Encoding",
        "Proxy-Authorization",
        "Connection",
    ] {
        let detail = forbidden(
            &stage,
            "own-authorization",
            &[("header", Value::from(header))],
        )
        .await;
        found.push_str(&format!("{header}: {detail}\n"));
    }
    insta::assert_snapshot!(found);
}

/// The plugin cannot undo a refusal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_the_plugin_swallows_still_forbids_the_call() {
    let stage = Stage::with(impatient()).await;
    for function in ["swallow-refusal", "refused-then-loop"] {
        let detail = forbidden(&stage, function, &[]).await;
        assert!(detail.contains("elsewhere.example.net"), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_out_of_the_rules_is_not_followed() {
    let stage = Stage::new().await;
    for interface in INTERFACES {
        let to = |path| {
            [
                ("interface", Value::from(interface)),
                ("path", Value::from(path)),
            ]
        };
        // To a private address, which is an attack.
        let private = to("to-metadata");
        stage
            .fails_as(FailureClass::Forbidden, "follow-redirect", private)
            .await;
        // To another public host, which is an ordinary answer.
        let elsewhere = stage.call("follow-redirect", to("to-elsewhere")).await;
        assert_eq!(elsewhere.result, Ok(Outcome::True));
        assert_eq!(elsewhere.exchanges.len(), 1);
    }
    assert_eq!(
        stage.back_end.requests().len(),
        4,
        "each was asked once and followed nowhere"
    );
}

/// 40,000 headers once made a host panic (RUSTSEC-2026-0021).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_headers_than_a_map_can_hold_are_refused() {
    let stage = Stage::new().await;
    let detail = stage
        .fails_as(
            FailureClass::Forbidden,
            "many-headers",
            [("interface", Value::from("send"))],
        )
        .await;
    assert_eq!(
        detail,
        "the request has 40000 headers, more than 2048 (`egress::request-too-large`)"
    );
    // `wasi:http` does not let the list grow, so there is no request to refuse.
    let http = [("interface", Value::from("http"))];
    let detail = stage
        .fails_as(FailureClass::ResourceLimit, "many-headers", http)
        .await;
    assert_eq!(
        detail,
        "a header list grew beyond 131072 bytes (`header-bytes`)"
    );
    assert!(stage.back_end.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_too_large_is_not_read() {
    let stage = Stage::new().await;
    for interface in INTERFACES {
        let report = stage
            .call("huge-response", [("interface", Value::from(interface))])
            .await;
        assert_eq!(
            report.result.unwrap_err().class,
            FailureClass::UnexpectedAnswer
        );
        assert!(
            report.memory_bytes < 8 << 20,
            "{interface}: {}",
            report.memory_bytes
        );
    }
    stage.still_works().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_back_end_that_never_answers_is_unavailable_before_the_call_is_late() {
    let stage = Stage::with(impatient()).await;
    for interface in INTERFACES {
        let detail = stage
            .fails_as(
                FailureClass::Unavailable,
                "stalled-request",
                [("interface", Value::from(interface))],
            )
            .await;
        assert!(!detail.contains(TOKEN), "{detail}");
        // The error codes of `wasi:http` have no text, so the host adds its own.
        assert!(
            detail.contains(&stage.back_end.address.to_string()),
            "{interface}: {detail}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_sends_no_more_requests_than_its_limit() {
    let stage = Stage::new().await;
    for interface in INTERFACES {
        let detail = stage
            .fails_as(
                FailureClass::Forbidden,
                "many-requests",
                [("interface", Value::from(interface))],
            )
            .await;
        assert!(
            detail.contains("egress::too-many-requests-in-a-call"),
            "{detail}"
        );
    }
    assert_eq!(stage.back_end.requests().len(), 2 * 50);
    stage.fails_as(FailureClass::Forbidden, "swarm", []).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_at_once_wait_for_their_turn() {
    let stage = Stage::with(Limits {
        requests: 500,
        ..Limits::default()
    })
    .await;
    let report = stage.call("swarm", []).await;
    let Ok(Outcome::TrueWithFields(fields)) = report.result else {
        panic!("{:?}", report.result)
    };
    assert_eq!(fields["answered"], Value::Integer(200));
    assert_eq!(report.exchanges.len(), 200);
    assert!(
        stage.back_end.most_under_way() <= 32,
        "{}",
        stage.back_end.most_under_way()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_left_behind_end_with_the_call() {
    let stage = Stage::new().await;
    assert_eq!(stage.call("walk-away", []).await.result, Ok(Outcome::True));
    let gone = async {
        while stage.outlet.usage().under_way > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::stage::BOUND, gone)
        .await
        .unwrap();
    stage.still_works().await;
}

/// Nothing else of the report has it either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_never_have_the_credential() {
    let stage = Stage::new().await;
    for interface in INTERFACES {
        for path in ["to-metadata", "missing", "huge", "echo"] {
            let get = [
                ("interface", Value::from(interface)),
                ("path", Value::from(path)),
            ];
            let report = stage.call("get", get).await;
            assert!(!format!("{report:?}").contains(TOKEN), "{interface} {path}");
        }
    }
}
