//! Refusals: 200 with an error inside.

use krabice_plugin::Failure;
use serde_json::{Value as Json, json};

use crate::account::{asks_for, mock, orders, refusal, refused};

fn answered(answer: Json, now: &str) -> Result<Json, Failure> {
    let base = mock().now(now);
    base.expect(asks_for(90_155_231).answers(200, answer));
    base.run("load-order", [("order", "90155231")])
}

const NOW: &str = "2026-10-12T11:00:00+01:00";

#[test]
fn a_blocked_token_has_the_end_of_its_block_in_any_time_zone_of_the_scenario() {
    // Noon in Poland.
    let message = "Query limit exceeded, token blocked until 2026-10-12 12:05:30";
    for (code, message) in [
        ("ERROR_BLOCKED_TOKEN", message),
        ("ERROR_USER_ACCOUNT_BLOCKED", message),
        (
            "ERROR_BLOCKED_TOKEN",
            "QUERY LIMIT EXCEEDED 2026-10-12 12:05:30",
        ),
        (
            "ERROR_SOMETHING",
            "query limit exceeded: 2026-10-12 12:05:30",
        ),
    ] {
        for now in [NOW, "2026-10-12T12:00:00+02:00", "2026-10-12T10:00:00Z"] {
            assert_eq!(
                answered(refused(code, message), now),
                Err(Failure::rate_limited(
                    Some(330),
                    "POST connector.php (getOrders): too many requests; the token is blocked until \
                     2026-10-12 12:05:30"
                )),
                "{code} {message} {now}"
            );
        }
    }
}

#[test]
fn an_end_in_the_past_gives_no_wait() {
    let message = "Query limit exceeded, token blocked until 2026-10-12 11:59:59";
    assert_eq!(
        answered(refused("ERROR_BLOCKED_TOKEN", message), NOW),
        Err(Failure::rate_limited(
            None,
            "POST connector.php (getOrders): too many requests; the token is blocked until \
             2026-10-12 11:59:59"
        ))
    );
}

#[test]
fn a_limit_without_a_time_is_a_limit() {
    for code in [
        "ERROR_BLOCKED_TOKEN",
        "ERROR_QUERY_LIMIT",
        "ERROR_RATE_LIMIT",
        "ERROR_TOO_MANY_REQUESTS",
    ] {
        assert_eq!(
            answered(refused(code, ""), NOW),
            Err(Failure::rate_limited(
                None,
                "POST connector.php (getOrders): too many requests"
            )),
        );
    }
}

#[test]
fn a_bad_token_and_a_blocked_account_are_unauthorised() {
    for code in [
        "ERROR_BAD_TOKEN",
        "ERROR_AUTH_TOKEN",
        "ERROR_USER_ACCOUNT_BLOCKED",
    ] {
        assert_eq!(
            answered(refused(code, "Invalid user token"), NOW),
            Err(Failure::unauthorised(format!(
                "POST connector.php (getOrders): refused with {code}"
            ))),
        );
    }
}

#[test]
fn the_failure_of_another_refusal_has_its_code_and_never_its_message() {
    assert_eq!(
        answered(refused("ERROR_UNKNOWN_METHOD", "anna@example.net"), NOW),
        refusal("getOrders", "ERROR_UNKNOWN_METHOD")
    );
    for code in ["", "anna@example.net", "ERROR \n"] {
        assert_eq!(
            answered(refused(code, ""), NOW),
            refusal("getOrders", "an unknown code"),
            "{code}"
        );
    }
    assert_eq!(
        answered(json!({ "status": "PENDING", "orders": [] }), NOW),
        refusal("getOrders", "an unknown code")
    );
}

#[test]
fn json_is_read_with_any_content_type() {
    let base = mock();
    let answer = asks_for(90_155_231)
        .with_header("content-type", "text/html; charset=UTF-8")
        .answers(200, orders(&[]));
    base.expect(answer);
    assert_eq!(
        base.run("load-order", [("order", "90155231")]),
        Ok(json!(false))
    );
}
