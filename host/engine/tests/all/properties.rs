//! Properties of every scenario, even one that the check refuses: the same inputs give the
//! same session, and a hidden value is never shown, kept in a visible variable or traced.

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_contract::{Failure, FailureClass, Outcome, Value};
use krabice_engine::{Event, Input, Library, Session, Show, StoredSession, Then, Watcher, advance};
use krabice_scenario::Checked;
use proptest::prelude::*;
use serde_json::json;

use crate::drawn;

/// A hidden value that is too short for masking, so that only the flow of values keeps it
/// hidden.
const SHORT: &str = "Xq7Zk";

/// A hidden value that is long enough for masking.
const LONG: &str = "Kanárek-4242";

const NAMES: [&str; 8] = ["a", "b", "c", "$x", "$y", "given", "$secret", "c2"];

fn template() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a", "b", "c", "$x", "$y", "given", "$secret", "a.f", "$x.f", "b.items", "$y.items",
        "this", "missing",
    ]);
    let part = prop_oneof![
        2 => name.clone().prop_map(|name| format!("{{{{{name}}}}}")),
        1 => Just("text ".to_owned()),
        1 => (name.clone(), name.clone()).prop_map(|(a, b)| format!("{{{{#if {a}}}}}{{{{{b}}}}}{{{{else}}}}{{{{{a}}}}}{{{{/if}}}}")),
        1 => name.clone().prop_map(|name| format!("{{{{#each {name}.items}}}}{{{{this}}}}{{{{f}}}}{{{{@index}}}}{{{{/each}}}}")),
        1 => (name.clone(), name.clone()).prop_map(|(a, b)| format!("<<default {a} {b}>>")),
        1 => name.clone().prop_map(|name| format!("<<mask {name}>>")),
        1 => name.clone().prop_map(|name| format!("<<json {name}>>")),
        1 => name.prop_map(|name| format!("<<money {name} \"CZK\">>")),
    ];
    prop::collection::vec(part, 1..4)
        .prop_map(|parts| parts.concat().replace("{{this}}", "{{@root.a}}"))
        .prop_filter("is a template", |source| {
            krabice_scenario::Template::parse(source).is_ok()
        })
}

fn some_box(boxes: usize) -> impl Strategy<Value = serde_json::Value> {
    let next = (0..boxes).prop_map(|n| format!("b{n}"));
    let name = prop::sample::select(&NAMES[..]);
    prop_oneof![
        3 => (template(), next.clone()).prop_map(|(text, next)| drawn::message(&text, &next)),
        3 => (name.clone(), template(), next.clone()).prop_map(|(save, value, next)| drawn::set(save, &value, &next)),
        2 => (prop::sample::select(vec!["$x", "$y", "$secret"]), template(), template(), next.clone(), next.clone())
            .prop_map(|(save, text, reask, next, exhausted)| json!({
                "type": "answer", "text": text, "expect": "order-number", "save": save,
                "reask": reask, "attempts": 2, "exhausted": exhausted, "next": next
            })),
        1 => (name.clone(), template(), next.clone()).prop_map(|(save, label, next)| json!({
            "type": "answer", "text": "?", "expect": "choice", "save": save,
            "choices": [{ "value": "one", "label": label }], "next": next
        })),
        1 => (name.clone(), template(), next.clone()).prop_map(|(save, label, next)| drawn::buttons(save, &label, &next)),
        2 => (template(), template(), next.clone(), next.clone()).prop_map(|(left, right, on_true, on_false)| json!({
            "type": "condition", "if": { "value": left, "is": "equals", "to": right },
            "true": on_true, "false": on_false
        })),
        2 => (prop::sample::select(vec!["$x", "$y"]), template(), next.clone())
            .prop_map(|(save, param, next)| drawn::call(save, &[("p", &param), ("q", "plain")], &next)),
        1 => (prop::sample::select(vec!["main", "other"]), template(), template(), prop::option::of(next.clone()))
            .prop_map(|(scenario, a, b, next)| drawn::jump(scenario, &[("a", &a), ("given", &b)], next.as_deref())),
        1 => template().prop_map(|text| drawn::end(&text)),
        1 => (name, next).prop_map(|(save, next)| json!({
            "type": "set", "save": save, "value": 7, "next": next
        })),
    ]
}

fn scenario(name: &'static str) -> impl Strategy<Value = Checked> {
    prop::collection::vec(some_box(8), 8).prop_map(move |boxes| {
        let boxes = boxes.into_iter().enumerate();
        let boxes = boxes.map(|(n, each)| (format!("b{n}"), each)).collect();
        drawn::of_boxes(name, "b0", boxes)
    })
}

/// What the customer and the functions do, in turns.
#[derive(Debug, Clone)]
enum Move {
    Answer(&'static str),
    Press(&'static str),
    Resume,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => prop::sample::select(vec!["{C}1", "1", "", "no number", "one"]).prop_map(Move::Answer),
        1 => prop::sample::select(vec!["go", "one", "nothing"]).prop_map(Move::Press),
        1 => Just(Move::Resume),
    ];
    prop::collection::vec(one, 0..25)
}

/// Everything that left a session.
#[derive(Default, PartialEq, Debug)]
struct Left {
    shown: Vec<String>,
    events: Vec<String>,
    said: Vec<String>,
    visible: Vec<String>,
    calls: Vec<String>,
}

struct Listener<'a> {
    left: &'a mut Left,
    wants: bool,
}

impl Watcher for Listener<'_> {
    fn shown(&mut self, show: &Show) {
        self.left.shown.push(serde_json::to_string(show).unwrap());
    }

    fn wants_events(&self) -> bool {
        self.wants
    }

    fn event(&mut self, event: Event) {
        self.left.events.push(format!(
            "{event:?} {}",
            serde_json::to_string(&event).unwrap()
        ));
    }
}

/// Plays a session to the end of the moves; `stored`: stored and restored before every turn.
fn play(
    scenarios: &[Checked],
    moves: &[Move],
    canary: &str,
    traced: bool,
    stored: bool,
) -> (Session, Left) {
    let library = Library::from_iter(scenarios.iter().cloned());
    let inputs: IndexMap<String, Value> = [
        ("$secret".to_owned(), Value::from(canary)),
        ("given".to_owned(), Value::from("plain")),
    ]
    .into_iter()
    .collect();
    let mut session = Session::start(&library, "main", "id", "secret", "cs", inputs).unwrap();
    let mut left = Left::default();
    let mut input = Input::Begin;
    let mut moves = moves.iter();
    let mut calls = 0;
    loop {
        if stored {
            let text = serde_json::to_string(&StoredSession::from(session)).unwrap();
            session =
                Session::try_from(serde_json::from_str::<StoredSession>(&text).unwrap()).unwrap();
        }
        let mut listener = Listener {
            left: &mut left,
            wants: traced,
        };
        let turn = advance(
            &library,
            session,
            input,
            Timestamp::UNIX_EPOCH,
            &mut listener,
        );
        session = turn.session;
        left.said.extend(turn.said.map(|said| said.to_string()));
        left.visible
            .push(serde_json::to_string(&session.visible_variables()).unwrap());
        input = match turn.then {
            Then::Finished(_) => return (session, left),
            Then::Call(request) => {
                calls += 1;
                if calls > 100 {
                    return (session, left);
                }
                left.calls.push(request.key.clone());
                let fields = || {
                    [
                        ("f", canary.into()),
                        ("items", Value::List(vec![canary.into(), 5.into()])),
                    ]
                };
                let result = match calls % 4 {
                    0 => Ok(Outcome::TrueWithValue(canary.into())),
                    1 => Ok(Outcome::TrueWithFields(
                        fields()
                            .map(|(name, value)| (name.to_owned(), value))
                            .into(),
                    )),
                    2 => Ok(Outcome::False),
                    _ => Err(Failure::new(FailureClass::Unavailable, "out of order")),
                };
                Input::CallEnded {
                    key: request.key,
                    result,
                }
            }
            Then::AwaitCustomer => match moves.next() {
                None => return (session, left),
                Some(Move::Answer(answer)) => Input::Answer(answer.replace("{C}", canary)),
                Some(Move::Press(id)) => Input::Press((*id).to_owned()),
                Some(Move::Resume) => Input::Resume,
            },
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_inputs_give_the_same_session(main in scenario("main"), other in scenario("other"), moves in moves()) {
        let scenarios = [main, other];
        let (session, left) = play(&scenarios, &moves, LONG, true, false);
        let again = play(&scenarios, &moves, LONG, true, true);
        prop_assert_eq!((&session, &left), (&again.0, &again.1));
        // Listening changes nothing.
        let (unheard, silent) = play(&scenarios, &moves, LONG, false, false);
        prop_assert_eq!(&session, &unheard);
        prop_assert_eq!(left.shown, silent.shown);
        prop_assert!(silent.events.is_empty());
    }

    #[test]
    fn a_hidden_value_never_leaves_a_session(main in scenario("main"), other in scenario("other"), moves in moves()) {
        let scenarios = [main, other];
        // What a customer types is theirs to see, and is never masked.
        let moves: Vec<Move> = moves
            .into_iter()
            .map(|one| {
                if matches!(one, Move::Answer(words) if words.contains("{C}")) {
                    Move::Answer("their own words 1")
                } else {
                    one
                }
            })
            .collect();
        for canary in [SHORT, LONG] {
            let (session, left) = play(&scenarios, &moves, canary, true, false);
            let left = format!("{:?} {:?} {:?} {session:?}", left.shown, left.events, left.visible);
            prop_assert!(!left.contains(canary), "{left}");
        }
    }
}
