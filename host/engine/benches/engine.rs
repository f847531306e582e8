//! Boxes per second of the engine alone, on one core: `cargo bench -p krabice-engine`.
//!
//! Each measure is a turn of 120 boxes of one type, then one of all of them in
//! the proportions of a real scenario; criterion's `elem/s` are boxes per second.

#[allow(dead_code, reason = "the tests draw with more of them")]
#[allow(clippy::unwrap_used, reason = "a benchmark fails by it")]
#[path = "../tests/all/drawn.rs"]
mod drawn;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use drawn::{answer, message, of_boxes, set};
use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_contract::{Kind, Value};
use krabice_engine::{Input, Library, Session, Then, advance};
use serde_json::{Map, json};
use std::hint::black_box;

/// How many boxes a measured turn enters before it waits.
const BOXES: usize = 120;

fn condition(next: &str) -> serde_json::Value {
    let test = json!({ "all": [
        { "value": "{{order.topay}}", "is": "greater-than", "to": 1000 },
        { "not": { "value": "{{order.paid}}", "is": "true" } },
        { "value": "{{order.status}}", "is": "equals", "to": "odeslaná" }
    ] });
    json!({ "type": "condition", "if": test, "true": next, "false": next })
}

fn library(make: impl Fn(usize, &str) -> serde_json::Value) -> Library {
    let mut boxes = Map::from_iter([("wait".to_owned(), answer("said", "b0"))]);
    for n in 0..BOXES {
        let next = if n + 1 == BOXES {
            "wait".to_owned()
        } else {
            format!("b{}", n + 1)
        };
        boxes.insert(format!("b{n}"), make(n, &next));
    }
    Library::from_iter([of_boxes("main", "wait", boxes)])
}

/// A session that has loaded an order and waits.
fn session(library: &Library) -> Session {
    let item = |name: &str, code: &str| {
        let fields = [("name", name), ("code", code)];
        Value::Record(
            fields
                .map(|(name, text)| (name.to_owned(), Value::from(text)))
                .into(),
        )
    };
    let order = [
        ("status", Value::from("Odeslaná")),
        ("paid", false.into()),
        (
            "topay",
            Value::parse(Kind::Decimal, "1230.50").expect("a decimal"),
        ),
        ("currency", "CZK".into()),
        (
            "created",
            Value::parse(Kind::Timestamp, "2026-03-14T09:26:53Z").expect("a moment"),
        ),
        (
            "items",
            Value::List(vec![
                item("Hrnek", "H1"),
                item("Čaj", "C2"),
                item("Miska", "M3"),
            ]),
        ),
    ];
    let inputs: IndexMap<String, Value> = [
        ("given".to_owned(), "2024001".into()),
        ("$secret".to_owned(), "jana.novakova@example.com".into()),
        (
            "order".to_owned(),
            Value::Record(order.map(|(name, value)| (name.to_owned(), value)).into()),
        ),
    ]
    .into_iter()
    .collect();
    let session =
        Session::start(library, "main", "id", "secret", "cs", inputs).expect("the inputs fit");
    advance(
        library,
        session,
        Input::Begin,
        Timestamp::UNIX_EPOCH,
        &mut (),
    )
    .session
}

fn turns(c: &mut Criterion) {
    let mut group = c.benchmark_group("boxes");
    group.throughput(Throughput::Elements(BOXES as u64));
    let text = |n: usize, next: &str| match n % 3 {
        0 => message("Dobrý den, s čím vám pomohu?", next),
        1 => message("Objednávka <<given>>: <<order.status>>.", next),
        _ => message(
            "<<#if order.paid>>Zaplaceno.<<else>>K úhradě <<order.topay>>.<</if>>",
            next,
        ),
    };
    let formats = |n: usize, next: &str| match n % 4 {
        0 => message(
            "<<money order.topay order.currency>> do <<date order.created \"D. M. YYYY\">>",
            next,
        ),
        1 => message(
            "<<#each order.items>><<name>> (<<code>>)<<#unless @last>>, <</unless>><</each>>",
            next,
        ),
        2 => message("<<mask $secret>> <<len order.items>>", next),
        _ => message(
            "<<inflect (len order.items) \"kus\" \"kusy\" \"kusů\">> <<default order.tracking \"-\">>",
            next,
        ),
    };
    let assign = |n: usize, next: &str| match n % 2 {
        0 => set("a", "<<order.topay>>", next),
        _ => set("b", "<<given>>/<<order.status>>", next),
    };
    let cases: [(&str, Library); 5] = [
        ("message", library(text)),
        ("template", library(formats)),
        ("condition", library(|_, next| condition(next))),
        ("set", library(assign)),
        (
            "mixed",
            library(|n, next| match n % 5 {
                0 | 1 => text(n, next),
                2 => condition(next),
                3 => assign(n, next),
                _ => formats(n, next),
            }),
        ),
    ];
    for (name, library) in cases {
        let session = session(&library);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || session.clone(),
                |session| {
                    let input = Input::Answer("ano".to_owned());
                    let turn = advance(&library, session, input, Timestamp::UNIX_EPOCH, &mut ());
                    assert_eq!(turn.then, Then::AwaitCustomer);
                    black_box(turn)
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, turns);
criterion_main!(benches);
