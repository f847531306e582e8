//! Hidden values stay hidden in random scenarios: each passes the check, has a canary in every hidden
//! value, and meets random customers and random faults of the shop. No byte that leaves the server, no
//! line of its log and none of its metrics contains a canary.
//!
//! The engine has the same property for scenarios that no check would let through
//! (`host/engine/tests/all/properties.rs`); those cannot be published. Here every scenario is made as
//! its author would write it, and goes the whole way: check, catalogue, store, plugins, HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use krabice_emulators::{Fault, FaultRule};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

use crate::client::{Chat, Client};
use crate::log::Log;
use crate::search::{assert_absent, find};
use crate::stage::{Setup, Stage};

/// The number of random scenarios if `PROPTEST_CASES` is not set.
const SCENARIOS: u32 = 40;

/// The variables of every scenario. Those that begin with `$` contain canaries.
const VISIBLE: [&str; 2] = ["a", "b"];
const HIDDEN: [&str; 3] = ["$x", "$y", "$z"];
const ANY: [&str; 5] = ["a", "b", "$x", "$y", "$z"];

// The canaries; each kind of answer has its own.
const TEXT: &str = "Kanárek-4242 tajný";
const EMAIL: &str = "kanarek.7731@tajny.example.cz";
const PHONE: &str = "+420 777 131 808";
const NUMBER: &str = "98765.4321";
const ORDER: &str = "KQ-4810077";
const DATE: &str = "17. 5. 1987";
const INPUT: &str = "CanaryCampaign-2f3a";
/// The canaries in the shop's data.
const SHOP: [&str; 4] = [
    "CanaryStatus-1a2b",
    "CanaryTracking-3c4d",
    "CanaryNote-0b1c",
    "CanaryPayment-7a8b",
];
/// The canary in the shop's error responses.
const FAULT: &str = "CanaryFault-9e8d";

fn canaries() -> Vec<String> {
    let mut all: Vec<String> = [TEXT, EMAIL, PHONE, NUMBER, ORDER, DATE, INPUT, FAULT]
        .into_iter()
        .chain(SHOP)
        .map(str::to_owned)
        .collect();
    // The same values as the host normalises them.
    all.extend(
        [
            "kanarek.7731",
            "777131808",
            "98765,4321",
            "98 765,4321",
            "1987-05-17",
        ]
        .map(str::to_owned),
    );
    all
}

/// A piece of a text.
#[derive(Debug, Clone)]
enum Part {
    Words(&'static str),
    Show(&'static str),
    Default(&'static str),
    If(&'static str),
    Same(&'static str, &'static str),
    Exists(&'static str),
    Mask(&'static str),
    /// Only in texts that stay hidden.
    Json(&'static str),
}

impl Part {
    fn source(&self) -> String {
        match self {
            Part::Words(words) => (*words).to_owned(),
            Part::Show(name) => format!("<<{name}>>"),
            Part::Default(name) => format!("{{{{default {name} \"none\"}}}}"),
            Part::If(name) => format!("<<#if {name}>>some<<else>>no<</if>>"),
            Part::Same(a, b) => format!("{{{{#if (eq {a} {b})}}}}same{{{{else}}}}other{{{{/if}}}}"),
            Part::Exists(name) => format!("<<#exist {name}>>there<</exist>>"),
            Part::Mask(name) => format!("<<mask {name}>>"),
            Part::Json(name) => format!("<<json {name}>>"),
        }
    }
}

fn name(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(names)
}

fn words() -> impl Strategy<Value = Part> {
    prop::sample::select(vec!["plain ", "<b>žluťoučký</b> ", "\\ \" ", "{ } "])
        .prop_map(Part::Words)
}

fn source(parts: &[Part]) -> String {
    parts.iter().map(Part::source).collect()
}

/// A text that a customer may read. It may depend on hidden values, but does not show one.
fn shown() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        2 => words(),
        2 => name(&VISIBLE).prop_map(Part::Show),
        1 => name(&VISIBLE).prop_map(Part::Default),
        2 => name(&ANY).prop_map(Part::If),
        1 => (name(&ANY), name(&ANY)).prop_map(|(a, b)| Part::Same(a, b)),
        1 => name(&HIDDEN).prop_map(Part::Exists),
        1 => name(&HIDDEN).prop_map(Part::Mask),
    ];
    prop::collection::vec(part, 1..4).prop_map(|parts| source(&parts))
}

/// A value that is computed from hidden ones.
fn hidden() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        1 => words(),
        4 => name(&ANY).prop_map(Part::Show),
        1 => name(&ANY).prop_map(Part::Default),
        1 => name(&ANY).prop_map(Part::If),
        1 => name(&HIDDEN).prop_map(Part::Json),
    ];
    prop::collection::vec(part, 1..4).prop_map(|parts| source(&parts))
}

/// The expected form of an answer, and whether a hidden variable stores it.
type Question = (&'static str, bool);

/// A few boxes with one entry, which lead to the next segment.
#[derive(Debug, Clone)]
enum Segment {
    Say(String),
    SetVisible(&'static str, String),
    SetHidden(&'static str, String),
    Ask {
        question: Question,
        text: String,
        reask: String,
        into: &'static str,
    },
    Choose {
        text: String,
        labels: [String; 2],
    },
    Buttons {
        text: String,
        labels: [String; 2],
    },
    Decide {
        left: &'static str,
        is: &'static str,
        right: String,
        then: String,
    },
    Echo {
        text: String,
        into: &'static str,
    },
    Gossip(&'static str),
    Fail(&'static str),
    LoadOrder {
        text: String,
        into: &'static str,
    },
    AppendNote(String),
    Label {
        offered: bool,
    },
    Aside {
        given: String,
        plain: String,
    },
    Jump,
}

fn segment() -> impl Strategy<Value = Segment> {
    let question = prop::sample::select(vec![
        ("text", true),
        ("text", true),
        ("email", true),
        ("phone", true),
        ("number", true),
        ("order-number", true),
        ("date", true),
        ("text", false),
    ]);
    let relation = prop::sample::select(vec![
        "equals",
        "not-equals",
        "contains",
        "starts-with",
        "matches",
        "one-of",
        "exists",
        "empty",
    ]);
    prop_oneof![
        3 => shown().prop_map(Segment::Say),
        2 => (name(&VISIBLE), shown()).prop_map(|(save, value)| Segment::SetVisible(save, value)),
        3 => (name(&HIDDEN), hidden()).prop_map(|(save, value)| Segment::SetHidden(save, value)),
        5 => (question, shown(), shown(), name(&HIDDEN)).prop_map(|(question, text, reask, into)| Segment::Ask { question, text, reask, into }),
        1 => (shown(), shown(), shown()).prop_map(|(text, a, b)| Segment::Choose { text, labels: [a, b] }),
        2 => (shown(), shown(), shown()).prop_map(|(text, a, b)| Segment::Buttons { text, labels: [a, b] }),
        3 => (name(&ANY), relation, hidden(), shown()).prop_map(|(left, is, right, then)| Segment::Decide { left, is, right, then }),
        2 => (hidden(), name(&HIDDEN)).prop_map(|(text, into)| Segment::Echo { text, into }),
        1 => name(&HIDDEN).prop_map(Segment::Gossip),
        1 => prop::sample::select(vec!["unauthorised", "unavailable", "rate-limited", "invalid-parameter", "other"]).prop_map(Segment::Fail),
        3 => (shown(), name(&HIDDEN)).prop_map(|(text, into)| Segment::LoadOrder { text, into }),
        2 => hidden().prop_map(Segment::AppendNote),
        1 => any::<bool>().prop_map(|offered| Segment::Label { offered }),
        2 => (hidden(), shown()).prop_map(|(given, plain)| Segment::Aside { given, plain }),
        1 => Just(Segment::Jump),
    ]
}

/// A scenario. `aside` is the scenario that it jumps to.
#[expect(
    clippy::too_many_lines,
    reason = "a flat list with one case for each segment"
)]
fn scenario(name: &str, segments: &[Segment], last: &str, aside: Option<&str>) -> Value {
    let mut boxes = Map::new();
    let mut put = |id: String, value: Value| boxes.insert(id, value);
    // Every variable is set first, so that every text can use it.
    let first = [
        ("a", "<<default given \"start\">>"),
        ("b", "bee"),
        ("$x", "<<default $secret \"none\">>"),
        ("$y", "<<$x>>!"),
        ("$z", "zed"),
    ];
    for (n, (save, value)) in first.into_iter().enumerate() {
        let next = match n + 1 == first.len() {
            true => "s0".to_owned(),
            false => format!("v{}", n + 1),
        };
        put(
            format!("v{n}"),
            json!({"type": "set", "save": save, "value": value, "next": next}),
        );
    }
    for (n, segment) in segments.iter().enumerate() {
        let (id, then, next) = (format!("s{n}"), format!("s{n}t"), format!("s{}", n + 1));
        let save = format!("$r{n}");
        let call = |function: &str, connection: &str, params: Value, save: &str, on_true: &str| {
            json!({"type": "call", "function": function, "connection": connection, "params": params,
                   "save": save, "true": on_true, "false": next, "failure": next})
        };
        match segment {
            Segment::Say(text) => {
                put(id, json!({"type": "message", "text": text, "next": next}));
            }
            Segment::SetVisible(save, value) => {
                put(
                    id,
                    json!({"type": "set", "save": save, "value": value, "next": next}),
                );
            }
            Segment::SetHidden(save, value) => {
                put(
                    id,
                    json!({"type": "set", "save": save, "value": value, "next": next}),
                );
            }
            Segment::Ask {
                question: (expect, is_hidden),
                text,
                reask,
                into,
            } => {
                // The first word tells the customer of the test which answer is allowed.
                let (mark, save, into) = match is_hidden {
                    true => ("Secret?", format!("$r{n}"), *into),
                    false => ("Plain?", format!("r{n}"), "b"),
                };
                let value = format!("<<{save}>>: <<{into}>>");
                put(
                    id,
                    json!({"type": "answer", "text": format!("{mark} {text}"), "reask": format!("{mark} {reask}"),
                               "expect": expect, "save": save, "attempts": 2, "next": then, "exhausted": next}),
                );
                put(
                    then,
                    json!({"type": "set", "save": into, "value": value, "next": next}),
                );
            }
            Segment::Choose { text, labels } => {
                put(
                    id,
                    json!({"type": "answer", "text": format!("Plain? {text}"), "expect": "choice", "save": format!("r{n}"),
                               "choices": [{"value": "one", "label": labels[0]}, {"value": "two", "label": labels[1]}], "next": next}),
                );
            }
            Segment::Buttons { text, labels } => {
                put(
                    id.clone(),
                    json!({"type": "buttons", "text": text, "save": format!("r{n}"),
                               "buttons": [{"id": "one", "label": labels[0], "next": next}, {"id": "again", "label": labels[1], "next": id}]}),
                );
            }
            Segment::Decide {
                left,
                is,
                right,
                then: text,
            } => {
                let mut test = json!({"value": format!("<<{left}>>"), "is": is});
                match *is {
                    "exists" | "empty" => {}
                    "one-of" => test["to"] = json!([right, "bee"]),
                    "matches" => test["to"] = "^[Kk]an.rek".into(),
                    _ => test["to"] = right.as_str().into(),
                }
                put(
                    id,
                    json!({"type": "condition", "if": test, "true": then, "false": next}),
                );
                put(then, json!({"type": "message", "text": text, "next": next}));
            }
            Segment::Echo { text, into } => {
                put(
                    id,
                    call(
                        "hostile/echo",
                        "hostile",
                        json!({"text": text}),
                        &save,
                        &then,
                    ),
                );
                let value = format!("<<default {save}.text \"none\">> <<json {save}>>");
                put(
                    then,
                    json!({"type": "set", "save": into, "value": value, "next": next}),
                );
            }
            Segment::Gossip(secret) => {
                put(
                    id,
                    call(
                        "hostile/gossip",
                        "hostile",
                        json!({"secret": format!("<<{secret}>>")}),
                        &format!("r{n}"),
                        &next,
                    ),
                );
            }
            Segment::Fail(class) => {
                put(
                    id,
                    call(
                        "hostile/fail",
                        "hostile",
                        json!({"class": class}),
                        &format!("r{n}"),
                        &next,
                    ),
                );
            }
            Segment::LoadOrder { text, into } => {
                let (load, say) = (format!("s{n}l"), format!("s{n}m"));
                put(
                    id,
                    json!({"type": "condition", "if": {"value": "<<$mail>>", "is": "exists"}, "true": load, "false": next}),
                );
                put(
                    load,
                    call(
                        "upgates/load-order",
                        "shop",
                        json!({"order": "O260147", "email": "<<$mail>>"}),
                        &save,
                        &then,
                    ),
                );
                let value = format!(
                    "<<{save}.status>> <<{save}.tracking>> <<#each {save}.items>><<name>> <</each>><<{save}.topay>>"
                );
                put(
                    then,
                    json!({"type": "set", "save": into, "value": value, "next": say}),
                );
                let text = format!(
                    "{text}<<#if {save}.paid>> paid<</if>><<#each {save}.items>> item<</each>><<#exist {save}.phone>> phone<</exist>>"
                );
                put(say, json!({"type": "message", "text": text, "next": next}));
            }
            Segment::AppendNote(text) => {
                put(
                    id,
                    call(
                        "upgates/append-note",
                        "shop",
                        json!({"order": "O260147", "text": format!("Note: {text}")}),
                        &format!("r{n}"),
                        &next,
                    ),
                );
            }
            Segment::Label { offered } => {
                let save = if *offered { format!("r{n}") } else { save };
                put(
                    id,
                    call("hostile/label", "hostile", json!({}), &save, &then),
                );
                let mut message = json!({"type": "message", "text": "A label.", "next": next});
                if *offered {
                    message["files"] = json!([format!("<<{save}>>")]);
                }
                put(then, message);
            }
            Segment::Aside { given, plain } => match aside {
                Some(aside) => {
                    put(
                        id,
                        json!({"type": "jump", "scenario": aside, "inputs": {"$secret": given, "given": plain}, "next": next}),
                    );
                }
                None => {
                    put(
                        id,
                        json!({"type": "set", "save": "$x", "value": given, "next": next}),
                    );
                }
            },
            Segment::Jump => {
                put(id, json!({"type": "jump", "box": next}));
            }
        }
    }
    put(
        format!("s{}", segments.len()),
        json!({"type": "end", "text": last}),
    );
    // The customers of this test prove nothing, and see what random boxes reveal.
    for each in boxes
        .values_mut()
        .filter(|each| each["type"] != "condition")
    {
        each["unverified"] = true.into();
    }
    json!({
        "krabice": 1, "channels": ["chat"], "name": name, "languages": ["en"], "timezone": "Europe/Prague",
        "inputs": {"$secret": "text", "$mail": "email", "given": "text"}, "start": "v0", "boxes": boxes,
    })
}

/// How the customer of the test answers.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// An answer that fits.
    Fit,
    /// An answer that does not fit, and contains a secret all the same.
    Misfit,
    /// Another button or choice.
    Other,
    /// No button at all.
    Nonsense,
}

/// A random case.
#[derive(Debug, Clone)]
struct Case {
    main: (Vec<Segment>, String),
    aside: (Vec<Segment>, String),
    moves: Vec<Move>,
    fault: Option<(u32, Fault)>,
    inputs: bool,
}

fn fault() -> impl Strategy<Value = Fault> {
    let spoken = |status: u16| Fault::Status {
        status,
        headers: [
            ("x-canary".to_owned(), FAULT.to_owned()),
            ("location".to_owned(), format!("/{FAULT}")),
        ]
        .into(),
        body: json!({"messages": [{"message": FAULT, FAULT: TEXT}]}).to_string(),
        body_base64: None,
    };
    prop_oneof![
        prop::sample::select(vec![200, 302, 400, 401, 404, 422]).prop_map(spoken),
        Just(Fault::Html),
        Just(Fault::InvalidJson),
        Just(Fault::Empty),
        Just(Fault::HangUp),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let side = (prop::collection::vec(segment(), 1..5), shown());
    let main = (prop::collection::vec(segment(), 4..14), shown());
    let one = prop_oneof![
        5 => Just(Move::Fit),
        1 => Just(Move::Misfit),
        1 => Just(Move::Other),
        1 => Just(Move::Nonsense),
    ];
    let fault = prop::option::weighted(0.3, (1..4_u32, fault()));
    (
        main,
        side,
        prop::collection::vec(one, 24),
        fault,
        any::<bool>(),
    )
        .prop_map(|(main, aside, moves, fault, inputs)| Case {
            main,
            aside,
            moves,
            fault,
            inputs,
        })
}

/// Counts over all sessions, to make sure that enough has happened to prove something.
#[derive(Default)]
struct Totals {
    answers: AtomicUsize,
    secrets: AtomicUsize,
    calls: AtomicUsize,
    files: AtomicUsize,
    finished: AtomicUsize,
    /// Bytes received by the browser, and bytes in the log.
    heard: [AtomicUsize; 2],
}

fn secret(expect: &str) -> &'static str {
    match expect {
        "email" => EMAIL,
        "phone" => PHONE,
        "number" => NUMBER,
        "order-number" => ORDER,
        "date" => DATE,
        _ => TEXT,
    }
}

/// Runs one session from its start to its end.
async fn drive(client: &Client, scenario: &str, case: &Case, totals: &Totals) {
    let mut inputs = json!({"given": "plain"});
    if case.inputs {
        inputs = json!({"given": "plain", "$secret": INPUT, "$mail": EMAIL});
    }
    let started = client
        .try_start(&json!({"scenario": scenario, "inputs": inputs}))
        .await;
    assert_eq!(
        started.status,
        201,
        "{}",
        String::from_utf8_lossy(&started.body)
    );
    let started = started.json();
    let chat = Chat {
        client: client.clone(),
        id: started["session"].as_str().unwrap().to_owned(),
        token: started["token"].as_str().unwrap().to_owned(),
        started: started.clone(),
    };
    let mut stream = chat.follow(None).await;
    stream.until("waits").await;
    let mut told = started;
    for (number, step) in case.moves.iter().enumerate() {
        for event in told["events"].as_array().unwrap() {
            if event["kind"] == "file" {
                totals.files.fetch_add(1, Ordering::Relaxed);
                let file = chat
                    .send("GET", &format!("/files/{}", event["n"]), None)
                    .await;
                assert_eq!(file.status, 200);
            }
        }
        let waits = &told["waits"];
        if waits["for"] == "nothing" {
            totals.finished.fetch_add(1, Ordering::Relaxed);
            break;
        }
        let id = format!("m{number}");
        let mut said = told["events"].as_array().unwrap().iter().rev();
        let asked = said.find_map(|event| event["text"].as_str());
        let is_secret = asked.is_some_and(|text| text.starts_with("Secret?"));
        let body = match (waits["for"].as_str().unwrap(), step) {
            ("button", Move::Nonsense) => json!({"id": id, "press": "none"}),
            ("button", Move::Other) => json!({"id": id, "press": "again"}),
            ("button", _) => json!({"id": id, "press": "one"}),
            (_, Move::Other) if waits["expect"] == "choice" => json!({"id": id, "text": "2"}),
            (_, _) if waits["expect"] == "choice" => json!({"id": id, "press": "one"}),
            (_, Move::Misfit) if is_secret => json!({"id": id, "text": format!("? {TEXT}")}),
            (_, _) if is_secret => {
                json!({"id": id, "text": secret(waits["expect"].as_str().unwrap())})
            }
            (_, _) => json!({"id": id, "text": "plain words"}),
        };
        totals.answers.fetch_add(1, Ordering::Relaxed);
        totals
            .secrets
            .fetch_add(usize::from(is_secret), Ordering::Relaxed);
        told = chat.send("POST", "/answers", Some(&body)).await.ok();
        stream.until("waits").await;
        if number % 5 == 0 {
            let again = chat.send("POST", "/answers", Some(&body)).await.ok();
            assert_eq!(again, told);
            let another = format!("{TEXT}!");
            chat.say(&id, &another)
                .await
                .refused(409, "idempotency-conflict");
        }
    }
    // All other requests of the API, and some that are refused.
    chat.follow(Some(1)).await.until("waits").await;
    chat.whole().await;
    chat.send("GET", "/export", None).await.ok();
    for body in [
        json!({"id": TEXT, "text": TEXT}),
        json!({"id": "late", "text": TEXT, (INPUT): TEXT}),
        json!({"id": "late", "press": EMAIL, "after": 0}),
    ] {
        assert!(chat.send("POST", "/answers", Some(&body)).await.status >= 400);
    }
    for inputs in [json!({"$mail": [TEXT]}), json!({(INPUT): EMAIL})] {
        let refused = client
            .try_start(&json!({"scenario": scenario, "inputs": inputs}))
            .await;
        refused.refused(400, "bad-request");
    }
    chat.send("POST", "/end", None).await.ok();
    chat.send("GET", "/export", None).await.ok();
    chat.send("DELETE", "", None).await;
    chat.send("GET", "", None).await.refused(404, "not-found");
}

/// Publishes the scenarios of a case, runs it, and searches all output for canaries.
async fn play(
    stage: &Stage,
    log: &Log,
    number: usize,
    case: &Case,
    totals: &Totals,
) -> Result<(), TestCaseError> {
    let (main, side) = (format!("main-{number}"), format!("side-{number}"));
    let folder = stage.folder.path().join("scenarios");
    // Remove the scenarios of the previous case.
    for entry in std::fs::read_dir(&folder).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, (segments, last), aside) in [
        (&side, &case.aside, None),
        (&main, &case.main, Some(side.as_str())),
    ] {
        let text = scenario(name, segments, last, aside).to_string();
        std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
    }
    stage.client.received.lock().unwrap().clear();
    stage.server.read_folders().await;
    if !stage.server.scenarios().contains(&main) {
        let refused = String::from_utf8_lossy(&log.take()).into_owned();
        return Err(TestCaseError::fail(format!(
            "the check refuses it:\n{refused}"
        )));
    }
    let shop = stage.emulators.upgates();
    shop.reset();
    shop.patch_state(json!({"orders": {"O260147": {
        "status": SHOP[0], "tracking_code": SHOP[1], "internal_note": SHOP[2],
        "payment": {"name": SHOP[3]}, "customer": {"email": EMAIL, "phone": PHONE},
    }}}))
    .unwrap();
    if let Some((nth, fault)) = &case.fault {
        shop.fault(FaultRule::new(fault.clone()).nth(*nth)).unwrap();
    }
    drive(&stage.client, &main, case, totals).await;
    totals.calls.fetch_add(
        usize::try_from(shop.counters().requests).unwrap(),
        Ordering::Relaxed,
    );
    let mut all = canaries();
    all.extend(stage.credentials());
    let received = std::mem::take(&mut *stage.client.received.lock().unwrap());
    let heard = [("a browser", received), ("the log", log.take())];
    for ((place, bytes), count) in heard.into_iter().zip(&totals.heard) {
        count.fetch_add(bytes.len(), Ordering::Relaxed);
        if let Some((canary, spelling)) = find(&bytes, &all) {
            let heard = String::from_utf8_lossy(&bytes).into_owned();
            return Err(TestCaseError::fail(format!(
                "{place} heard `{canary}`, spelled `{spelling}`:\n{heard}"
            )));
        }
    }
    Ok(())
}

#[test]
fn no_random_scenario_lets_a_hidden_value_out() {
    let log = Log::default();
    let runtime = log.runtime();
    let set = Stage::set(Setup {
        scenarios: Some(Vec::new()),
        guest: true,
        ..Setup::default()
    });
    let stage = Arc::new(runtime.block_on(runtime.spawn(set)).unwrap());
    let totals = Arc::new(Totals::default());
    let cases = std::env::var("PROPTEST_CASES").map_or(SCENARIOS, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 30,
        ..Config::default()
    });
    let number = AtomicUsize::new(0);
    let ran = runner.run(&case(), |case| {
        let (stage, log, totals) = (Arc::clone(&stage), log.clone(), Arc::clone(&totals));
        let number = number.fetch_add(1, Ordering::Relaxed);
        let played = runtime.spawn(async move { play(&stage, &log, number, &case, &totals).await });
        runtime
            .block_on(played)
            .map_err(|error| TestCaseError::fail(error.to_string()))?
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
    let cases = usize::try_from(cases).unwrap();
    for (what, count) in [
        ("answers", &totals.answers),
        ("secrets", &totals.secrets),
        ("calls of the shop", &totals.calls),
        ("finished sessions", &totals.finished),
    ] {
        let count = count.load(Ordering::Relaxed);
        assert!(
            count * 4 >= cases,
            "only {count} {what} in {cases} scenarios"
        );
    }
    for count in &totals.heard {
        let bytes = count.load(Ordering::Relaxed);
        assert!(
            bytes > 500 * cases,
            "only {bytes} bytes in {cases} scenarios"
        );
    }
    let admin = Client::of(stage.server.admin_address().unwrap());
    let metrics = runtime.block_on(admin.get("/metrics")).body;
    assert!(metrics.len() > 500);
    assert_absent(&metrics, &canaries(), "the metrics");
}

/// The control: the same search finds a value that the author reveals.
#[test]
fn what_is_revealed_is_found() {
    let log = Log::default();
    let case = Case {
        main: (
            vec![Segment::Ask {
                question: ("text", true),
                text: String::new(),
                reask: String::new(),
                into: "$x",
            }],
            "<<reveal $x>>".to_owned(),
        ),
        aside: (vec![Segment::Jump], String::new()),
        moves: vec![Move::Fit; 3],
        fault: None,
        inputs: false,
    };
    let heard = log.clone();
    log.run(async move {
        let stage = Stage::set(Setup {
            scenarios: Some(Vec::new()),
            guest: true,
            ..Setup::default()
        })
        .await;
        let error = play(&stage, &heard, 0, &case, &Totals::default())
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("a browser heard `Kanárek-4242 tajný`"),
            "{error}"
        );
        stage.server.stop().await;
    });
}
