//! What the check promises about variables: in a scenario that it accepts, no
//! text shows a gap, whatever the customer does and whatever the functions
//! answer.
//!
//! Random scenarios are made, what the check refuses is taken out of them, and
//! what is left is walked through at random. Every reference stands in square
//! brackets, so that a gap shows as `[]`, and an answer that was false as
//! `[false]`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod host;

use host::Host;
use jiff::Timestamp;
use krabice_scenario::scenario::{Jump, LocalText, ScenarioBox};
use krabice_scenario::template::Scope;
use krabice_scenario::{Code, Scenario, Severity, Value, Variable, Variables, check};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value as Json, json};

/// What texts show: variables and fields, present, optional and unknown to some
/// paths.
const REFERENCES: [&str; 11] = [
    "in",
    "a",
    "b",
    "o.status",
    "o.topay",
    "o.tracking",
    "p.status",
    "p.tracking",
    "m",
    "q.count",
    "q.orders.0.orderid",
];

/// What stands between the pieces of a text.
const SEPARATOR: &str = "¦";

/// What conditions and blocks test.
const TESTED: [&str; 12] = [
    "in",
    "a",
    "b",
    "o",
    "p",
    "m",
    "q",
    "o.tracking",
    "p.tracking",
    "o.status",
    "o.paid",
    "q.orders",
];

fn pick<T: Copy>(of: &[T], rng: &mut TestRng) -> T {
    of[(rng.next_u32() as usize) % of.len()]
}

/// A reference; more often than not to what has just been tested.
fn shown(tested: &str, rng: &mut TestRng) -> &'static str {
    let root = tested.split('.').next().unwrap();
    let close: Vec<&str> = REFERENCES
        .into_iter()
        .filter(|of| of.split('.').next() == Some(root))
        .collect();
    if rng.next_u32() & 3 > 0 {
        pick(&close, rng)
    } else {
        pick(&REFERENCES, rng)
    }
}

fn piece(depth: usize, tested: &str, rng: &mut TestRng) -> String {
    let form = if depth == 0 {
        rng.next_u32() % 5
    } else {
        3 + rng.next_u32() % 8
    };
    let reference = shown(tested, rng);
    let tested = pick(&TESTED, rng);
    let mut inner = || piece(depth.saturating_sub(1), tested, rng);
    match form {
        0..=3 => format!("[<<{reference}>>]"),
        4 => format!("[<<default {reference} \"none\">>]"),
        5 => format!("<<#if {tested}>>{}<<else>>{}<</if>>", inner(), inner()),
        6 => format!(
            "<<#unless {tested}>>{}<<else>>{}<</unless>>",
            inner(),
            inner()
        ),
        7 => format!(
            "<<#exist {tested}>>{}<<else>>{}<</exist>>",
            inner(),
            inner()
        ),
        8 => format!(
            "<<#if (and {tested} {})>>{}<</if>>",
            pick(&TESTED, rng),
            piece(0, tested, rng)
        ),
        9 => {
            let other = pick(&TESTED, rng);
            format!(
                "<<#if (or (not {tested}) {other})>>x<<else>>{}<</if>>",
                piece(0, tested, rng)
            )
        }
        _ => format!(
            "<<#each q.orders>>[<<orderid>>][<<@root.{reference}>>]<<else>>{}<</each>>",
            inner()
        ),
    }
}

fn test(depth: usize, rng: &mut TestRng) -> Json {
    let value = format!("<<{}>>", pick(&TESTED, rng));
    match rng.next_u32() % if depth == 0 { 7 } else { 10 } {
        0 => json!({ "value": value, "is": "exists" }),
        1 => json!({ "value": value, "is": "empty" }),
        2 => json!({ "value": value, "is": "true" }),
        3 => json!({ "value": value, "is": "false" }),
        4 => json!({ "value": value, "is": pick(&["equals", "not-equals"], rng), "to": "x" }),
        5 => {
            json!({ "value": value, "is": pick(&["equals", "not-equals"], rng), "to": pick(&[true, false], rng) })
        }
        6 => json!({ "value": value, "is": "one-of", "to": ["x", "y"] }),
        7 => json!({ "all": [test(depth - 1, rng), test(depth - 1, rng)] }),
        8 => json!({ "any": [test(depth - 1, rng), test(depth - 1, rng)] }),
        _ => json!({ "not": test(depth - 1, rng) }),
    }
}

fn random(rng: &mut TestRng) -> Json {
    let count = 6 + (rng.next_u32() as usize) % 8;
    let mut boxes = serde_json::Map::new();
    for at in 0..count {
        let mut to = || format!("b{}", (rng.next_u32() as usize) % (count + 1));
        let (one, two, three) = (to(), to(), to());
        let call = |function: &str, params: Json, save: &str| json!({ "type": "call", "function": function, "params": params, "save": save, "true": one, "false": two, "failure": three });
        // The first boxes give the others something to rely on.
        let form = if at < 3 {
            4 + rng.next_u32() % 4
        } else {
            rng.next_u32() % 12
        };
        let of = match form {
            0 => {
                json!({ "type": "answer", "text": "?", "save": "a", "attempts": 2, "exhausted": two, "next": one })
            }
            1 => {
                json!({ "type": "answer", "text": "?", "save": pick(&["a", "b"], rng), "next": one })
            }
            2 => {
                json!({ "type": "set", "save": pick(&["a", "b", "o"], rng), "value": format!("<<{}>>", pick(&REFERENCES, rng)), "next": one })
            }
            3 => json!({ "type": "set", "save": "p", "value": "<<o>>", "next": one }),
            4 | 5 => call(
                "upgates/verify-order",
                json!({ "order": "1" }),
                pick(&["o", "p"], rng),
            ),
            6 => call("upgates/load-customer-email", json!({ "order": "1" }), "m"),
            7 => call(
                "upgates/list-customer-orders",
                json!({ "order": "1", "customer-id": "1" }),
                "q",
            ),
            8 | 9 => json!({ "type": "condition", "if": test(2, rng), "true": one, "false": two }),
            _ => {
                let pieces: Vec<_> = (0..6).map(|_| piece(2, "o", rng)).collect();
                let text = pieces.join(SEPARATOR);
                json!({ "type": "message", "text": text, "next": one })
            }
        };
        boxes.insert(format!("b{at}"), of);
    }
    boxes.insert(format!("b{count}"), json!({ "type": "end" }));
    json!({ "krabice": 1, "name": "random", "languages": ["en"], "inputs": { "in": "text" }, "start": "b0", "boxes": boxes })
}

/// Takes out what the check refuses, until it accepts the rest.
fn accepted(mut document: Json, host: &Host) -> Option<(Scenario, Json)> {
    for _ in 0..60 {
        let text = document.to_string();
        let checked = check(&text, &host.world());
        if let Some(scenario) = checked.scenario {
            return Some((scenario, document));
        }
        for found in checked
            .diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error)
        {
            let of = &mut document["boxes"][found.path.split('.').nth(1)?];
            match of["type"].as_str()? {
                _ if found.code == Code::EndlessLoop => {
                    let next = of.get("next").or(of.get("true"))?.clone();
                    *of = json!({ "type": "answer", "text": "?", "save": "a", "next": next });
                }
                "message" => {
                    let before = &text[..found.span.start];
                    let piece = before[before.rfind("\"text\"")?..]
                        .matches(SEPARATOR)
                        .count();
                    let pieces = of["text"].as_str()?.split(SEPARATOR).enumerate();
                    let kept = pieces.map(|(at, of)| if at == piece { "x" } else { of });
                    of["text"] = kept.collect::<Vec<_>>().join(SEPARATOR).into();
                }
                "condition" => of["if"] = json!({ "value": "<<in>>", "is": "exists" }),
                "set" => of["value"] = "x".into(),
                _ => return None,
            }
        }
    }
    None
}

fn outcome(function: &str, rng: &mut TestRng) -> Value {
    let text = |text: &str| Value::from(text);
    let record = |fields: Vec<(&str, Value)>| {
        Value::Record(
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    };
    let chance = rng.next_u32();
    match function {
        "verify-order" => {
            let mut fields = vec![
                ("status", text("x")),
                ("billing", text("x")),
                ("shipping", text("x")),
                ("paid", Value::Boolean(chance & 1 == 0)),
                ("topay", Value::Integer(i64::from(chance >> 1 & 1))),
                ("currency", text("CZK")),
            ];
            if chance & 4 == 0 {
                fields.push(("tracking", text("http://x")));
            }
            record(fields)
        }
        "load-customer-email" => text("x@example.com"),
        _ => {
            let order = record(vec![
                ("orderid", text("x")),
                ("date", Value::Timestamp(Timestamp::UNIX_EPOCH)),
                ("price", Value::Integer(1)),
            ]);
            record(vec![
                ("count", Value::Integer(1)),
                ("orders", Value::List(vec![order; chance as usize % 3])),
            ])
        }
    }
}

/// One customer's way through a scenario; everything that was said.
fn walk(scenario: &Scenario, rng: &mut TestRng) -> Vec<(String, String)> {
    let mut variables = Variables::new();
    let mut said = Vec::new();
    if rng.next_u32() & 1 == 0 {
        variables.set("in", Variable::visible("x"));
    }
    let mut at = scenario.start.clone();
    for _ in 0..60 {
        let scope = Scope {
            variables: &variables,
            language: "en",
            timezone: &scenario.timezone,
        };
        at = match &scenario.boxes[&at] {
            ScenarioBox::Message {
                text: LocalText::Every(text),
                next,
            } => {
                said.push((at.clone(), text.show(&scope).text));
                next.clone()
            }
            ScenarioBox::Answer {
                save,
                attempts,
                next,
                ..
            } => match attempts {
                Some(attempts) if rng.next_u32() & 1 == 0 => attempts.exhausted.clone(),
                _ => {
                    variables.set(save, Variable::visible("x"));
                    next.clone()
                }
            },
            ScenarioBox::Set { save, value, next } => {
                let value = value.evaluate(&scope);
                match value {
                    Some(value) => variables.set(save, Variable::visible(value.value)),
                    None => panic!("`{at}` sets `{save}` to something absent"),
                };
                next.clone()
            }
            ScenarioBox::Condition {
                test,
                on_true,
                on_false,
            } => {
                if test.holds(&scope) {
                    on_true.clone()
                } else {
                    on_false.clone()
                }
            }
            ScenarioBox::Call {
                function,
                save,
                on_true,
                on_false,
                on_failure,
                ..
            } => match rng.next_u32() % 4 {
                0 => {
                    variables.set(save, Variable::visible(false));
                    on_false.clone()
                }
                1 => {
                    variables.set(save, Variable::visible(false));
                    on_failure.clone().unwrap_or_else(|| on_false.clone())
                }
                _ => {
                    variables.set(save, Variable::visible(outcome(function, rng)));
                    on_true.clone()
                }
            },
            ScenarioBox::Jump(Jump::Box(to)) => to.clone(),
            _ => break,
        };
    }
    said
}

#[test]
fn no_accepted_scenario_shows_a_gap() {
    let host = Host::load();
    let (mut scenarios, mut shown) = (0, 0);
    for seed in 0..400_u64 {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let Some((scenario, document)) = accepted(random(&mut rng), &host) else {
            continue;
        };
        scenarios += 1;
        for _ in 0..40 {
            for (id, text) in walk(&scenario, &mut rng) {
                shown += text.matches('[').count();
                assert!(
                    !text.contains("[]") && !text.contains("[false]"),
                    "`{id}` said {text:?} (seed {seed}):\n{}",
                    serde_json::to_string_pretty(&document).unwrap()
                );
            }
        }
    }
    assert!(
        scenarios > 200 && shown > 2_000,
        "only {scenarios} scenarios, {shown} references"
    );
}
