//! What no function may ever take for "no such case": every fault at every
//! request of every function.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, get, patch};
use serde_json::json;

use crate::desk::{CASE, RECEIVED, finds, mock, states, ticket, types, without};

/// A function, and the requests of a call that makes as many as it can.
struct Script {
    function: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    requests: fn() -> Vec<Expected>,
    /// Statuses that mean something to its first request.
    means_something: &'static [&'static str],
}

const PETRA: &[(&str, &str)] = &[("order", "O260147"), ("email", "petra.vlkova@example.cz")];

fn read_one_by_one() -> Vec<Expected> {
    let detail = get(&format!("tickets/{CASE}")).answers(200, ticket());
    vec![
        finds(&[without(ticket(), "", "customer")]),
        detail,
        states(),
        types(),
    ]
}

const SCRIPTS: [Script; 3] = [
    Script {
        function: "find-case",
        parameters: PETRA,
        requests: read_one_by_one,
        means_something: &[],
    },
    Script {
        function: "load-customer-cases",
        parameters: PETRA,
        requests: read_one_by_one,
        means_something: &[],
    },
    Script {
        function: "change-case-state",
        parameters: &[("case", CASE), ("state", RECEIVED)],
        requests: || {
            let change = patch(&format!("tickets/{CASE}")).json(json!({ "state": RECEIVED }));
            let states = get("states").query("page", 1).query("page_size", 1);
            vec![change.answers(404, ""), states]
        },
        means_something: &["wrong address", "an answer without anything", "bad request"],
    },
];

/// A fault of the back end, and what kind of failure it is.
type Fault = (&'static str, fn(Expected) -> Expected, fn(&Failure) -> bool);

fn unauthorised(failure: &Failure) -> bool {
    matches!(failure, Failure::Unauthorised(_))
}

fn unavailable(failure: &Failure) -> bool {
    matches!(failure, Failure::Unavailable(_))
}

fn unexpected(failure: &Failure) -> bool {
    matches!(failure, Failure::UnexpectedAnswer(_))
}

const FAULTS: [Fault; 16] = [
    (
        "wrong token",
        |it| it.answers(401, r#"{"detail":"Invalid token."}"#),
        unauthorised,
    ),
    ("no right", |it| it.answers(403, "<html>"), unauthorised),
    (
        "throttled, in seconds",
        |it| it.answers(429, "").with_header("Retry-After", "30"),
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after == Some(30)),
    ),
    (
        "throttled, without a wait",
        |it| it.answers(429, ""),
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after.is_none()),
    ),
    ("error", |it| it.answers(500, "{}"), unavailable),
    ("gateway", |it| it.answers(502, "<html>"), unavailable),
    ("maintenance", |it| it.answers(503, ""), unavailable),
    (
        "no connection",
        |it| it.fails(Failure::unavailable("the back end cannot be reached")),
        unavailable,
    ),
    ("wrong address", |it| it.answers(404, ""), unexpected),
    ("bad request", |it| it.answers(400, "{}"), unexpected),
    ("moved", |it| it.answers(301, ""), unexpected),
    ("another method", |it| it.answers(405, ""), unexpected),
    ("a web page", |it| it.answers(200, "<html>"), unexpected),
    ("nothing", |it| it.answers(200, ""), unexpected),
    (
        "an answer without anything",
        |it| it.answers(200, "{}"),
        unexpected,
    ),
    (
        "cut off",
        |it| it.answers(200, r#"{"results":[{"id"#),
        unexpected,
    ),
];

#[test]
fn a_fault_is_a_failure_of_its_kind_and_never_false() {
    for script in &SCRIPTS {
        let count = (script.requests)().len();
        for at in 0..count {
            for (name, inject, is_kind) in &FAULTS {
                if at == 0 && script.means_something.contains(name) {
                    continue;
                }
                let desk = mock();
                for (index, request) in (script.requests)().into_iter().take(at + 1).enumerate() {
                    desk.expect(if index == at {
                        inject(request)
                    } else {
                        request
                    });
                }
                let parameters = script
                    .parameters
                    .iter()
                    .map(|(name, value)| (*name, Value::from(*value)));
                let outcome = desk.run(script.function, parameters);
                let what = format!("{}, request {at}, {name}: {outcome:?}", script.function);
                let failure = outcome.expect_err(&what);
                assert!(is_kind(&failure), "{what}");
                // No detail repeats what the customer gave.
                let text = format!("{failure:?}");
                for (name, value) in script.parameters {
                    assert!(!text.contains(value), "`{name}` is in {text}");
                }
            }
        }
    }
}
