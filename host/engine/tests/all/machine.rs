//! The guarantees of the machine that the files of sessions cannot show: bounds, hiding in
//! invalid scenarios, starting, storing, driving.

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_contract::{Failure, FailureClass, Manifest, Outcome, Value};
use krabice_engine::{
    CallRequest, Event, Functions, Input, Library, Reason, Session, Show, StartError, StoreError,
    StoredSession, Then, Turn, Watcher, advance, run_turn,
};
use krabice_scenario::Checked;
use serde_json::json;

use crate::drawn::{answer, buttons, call, end, go, jump, message, scenario, set};

const EMAIL: &str = "jana.novakova@example.com";

fn begin(library: &Library, inputs: &[(&str, &str)]) -> (Turn, Vec<Event>) {
    let inputs: IndexMap<String, Value> = inputs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect();
    let session = Session::start(library, "main", "id", "secret", "cs", inputs).unwrap();
    next(library, session, Input::Begin)
}

fn next(library: &Library, session: Session, input: Input) -> (Turn, Vec<Event>) {
    let mut events = Vec::new();
    let turn = advance(library, session, input, Timestamp::UNIX_EPOCH, &mut events);
    (turn, events)
}

fn texts(turn: &Turn) -> Vec<String> {
    turn.show
        .iter()
        .filter_map(|show| match show {
            Show::Message { text } | Show::Ask { text, .. } | Show::Buttons { text, .. } => {
                Some(text.to_string())
            }
            Show::End { text } | Show::Handover { text } => text.as_ref().map(ToString::to_string),
            Show::File(file) => Some(file.name.to_string()),
        })
        .collect()
}

fn library<const N: usize>(scenarios: [Checked; N]) -> Library {
    Library::from_iter(scenarios)
}

/// The reason and the fault that the events end with.
fn fault(turn: &Turn, events: &[Event]) -> String {
    assert_eq!(turn.then, Then::Finished(Reason::Fault));
    assert_eq!(turn.session.finished(), Some(Reason::Fault));
    assert!(
        texts(turn).last().unwrap().starts_with("Omlouváme se"),
        "{:?}",
        turn.show
    );
    match events.last() {
        Some(Event::Finished {
            reason: "fault",
            fault: Some(fault),
        }) => fault.clone(),
        other => panic!("{other:?}"),
    }
}

// --- bounds

#[test]
fn a_turn_enters_at_most_two_hundred_boxes() {
    let library = library([scenario("main", [("a", message("x", "b")), ("b", go("a"))])]);
    let (turn, events) = begin(&library, &[]);
    assert_eq!(
        fault(&turn, &events),
        "more than 200 boxes without waiting for the customer"
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::Box { .. }))
            .count(),
        200
    );
    assert_eq!(turn.show.len(), 101);
}

#[test]
fn calls_do_not_make_a_turn_longer() {
    let library = library([scenario("main", [("a", call("x", &[], "a"))])]);
    let (mut turn, _) = begin(&library, &[]);
    let mut calls = 0;
    let events = loop {
        let Then::Call(request) = turn.then else {
            panic!("{:?}", turn.then)
        };
        calls += 1;
        let events;
        (turn, events) = next(
            &library,
            turn.session,
            Input::CallEnded {
                key: request.key,
                result: Ok(Outcome::True),
            },
        );
        if turn.session.finished().is_some() {
            break events;
        }
    };
    assert_eq!(calls, 200);
    assert_eq!(
        fault(&turn, &events),
        "more than 200 boxes without waiting for the customer"
    );
}

#[test]
fn a_session_enters_at_most_ten_thousand_boxes_and_inputs() {
    let library = library([scenario("main", [("a", answer("x", "a"))])]);
    let (mut turn, _) = begin(&library, &[]);
    let mut answers = 0;
    let events = loop {
        let events;
        (turn, events) = next(&library, turn.session, Input::Answer("x".to_owned()));
        answers += 1;
        if turn.session.finished().is_some() {
            break events;
        }
    };
    assert_eq!(
        fault(&turn, &events),
        "more than 10000 boxes in one session"
    );
    assert_eq!(answers, 5_000);
    // An answer that does not fit counts as well.
    let (mut turn, _) = begin(&library, &[]);
    while turn.session.finished().is_none() {
        (turn, _) = next(&library, turn.session, Input::Answer(String::new()));
    }
    assert_eq!(turn.session.finished(), Some(Reason::Fault));
}

#[test]
fn a_text_that_doubles_in_every_round_stays_as_long_as_a_text_may_be() {
    let library = library([scenario(
        "main",
        [
            ("a", answer("said", "b")),
            ("b", set("given", "<<json given>>", "a")),
        ],
    )]);
    let (mut turn, _) = begin(&library, &[("given", "\"")]);
    for _ in 0..20 {
        (turn, _) = next(&library, turn.session, Input::Answer("x".to_owned()));
    }
    let visible = turn.session.visible_variables();
    let length = visible
        .get("given")
        .and_then(|given| given.as_str())
        .map(str::len);
    assert_eq!(length, Some(64 * 1024));
}

#[test]
fn jumps_that_return_nest_sixteen_deep_and_others_have_no_limit() {
    let inside = library([scenario(
        "main",
        [("a", jump("main", &[], Some("b"))), ("b", end("x"))],
    )]);
    let (turn, events) = begin(&inside, &[]);
    assert_eq!(
        fault(&turn, &events),
        "more than 16 nested jumps that return"
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::Jump { .. }))
            .count(),
        16
    );
    let away = library([scenario("main", [("a", jump("main", &[], None))])]);
    let (turn, events) = begin(&away, &[]);
    assert_eq!(
        fault(&turn, &events),
        "more than 200 boxes without waiting for the customer"
    );
}

#[test]
fn a_turn_shows_at_most_a_quarter_of_a_megabyte() {
    let library = library([scenario(
        "main",
        [
            ("a", set("x", "{{x}}{{x}}{{given}}", "b")),
            ("b", message("{{x}}", "a")),
        ],
    )]);
    let (turn, events) = begin(&library, &[("given", &"ž".repeat(1000))]);
    assert_eq!(
        fault(&turn, &events),
        "more than 262144 bytes shown in one turn"
    );
    let shown: usize = texts(&turn).iter().map(String::len).sum();
    assert!(shown < 256 * 1024 + 200, "{shown}");
}

#[test]
fn a_scenario_or_a_box_that_is_gone_ends_the_session() {
    let before = library([scenario("main", [("a", answer("x", "b")), ("b", end("x"))])]);
    let (turn, _) = begin(&before, &[]);
    let without_box = library([scenario("main", [("other", end("x"))])]);
    let (gone, events) = next(
        &without_box,
        turn.session.clone(),
        Input::Answer("x".to_owned()),
    );
    assert_eq!(fault(&gone, &events), "the scenario `main` has no box `a`");
    let (gone, events) = next(&Library::new(), turn.session.clone(), Input::Resume);
    assert_eq!(fault(&gone, &events), "there is no scenario `main`");
    let to_nowhere = library([scenario("main", [("a", jump("lost", &[], None))])]);
    let (gone, events) = begin(&to_nowhere, &[]);
    assert_eq!(fault(&gone, &events), "there is no scenario `lost`");
    // A box that is of another type now is entered anew.
    let changed = library([scenario(
        "main",
        [("a", message("new", "b")), ("b", end("bye"))],
    )]);
    let (turn, _) = next(&changed, turn.session, Input::Answer("x".to_owned()));
    assert_eq!(texts(&turn), ["new", "bye"]);
}

// --- hiding

#[test]
fn a_hidden_value_stays_hidden_however_it_travels() {
    let library = library([
        scenario(
            "main",
            [
                ("copy", set("whole", "{{$secret}}", "mix")),
                ("mix", set("mixed", "to {{whole}}", "len")),
                ("len", set("length", "{{len mixed}}", "say")),
                (
                    "say",
                    message(
                        "{{$secret}} {{whole}} {{mixed}} {{length}} {{#if whole}}yes{{/if}}",
                        "jump",
                    ),
                ),
                (
                    "jump",
                    jump(
                        "other",
                        &[("input", "{{mixed}}"), ("plain", "plain")],
                        Some("call"),
                    ),
                ),
                (
                    "call",
                    call(
                        "answer",
                        &[("a", "{{mixed}}"), ("b", "plain"), ("c", "{{mask whole}}")],
                        "again",
                    ),
                ),
                ("again", set("whole", "now visible", "last")),
                ("last", end("{{whole}} {{answer}} {{mixed}}")),
            ],
        ),
        scenario(
            "other",
            [
                ("say", message("{{input}} {{plain}}", "end")),
                ("end", end("{{mask input}}")),
            ],
        ),
    ]);
    let (turn, events) = begin(&library, &[("$secret", EMAIL)]);
    assert_eq!(texts(&turn), ["••• ••• ••• ••• yes", "••• plain", "t•••"]);
    let withheld: Vec<_> = events
        .iter()
        .filter_map(|event| {
            if let Event::Withheld { id, variables } = event {
                Some((id.as_str(), variables.join(" ")))
            } else {
                None
            }
        })
        .collect();
    assert_eq!(
        withheld,
        [
            ("say", "$secret whole mixed length".to_owned()),
            ("say", "input".to_owned())
        ]
    );
    let Then::Call(request) = turn.then else {
        panic!()
    };
    let hidden: Vec<bool> = request
        .parameters
        .values()
        .map(|parameter| parameter.hidden)
        .collect();
    assert_eq!(hidden, [true, false, false]);
    // The answer of a function is not hidden because a parameter was.
    let (turn, events) = next(
        &library,
        turn.session,
        Input::CallEnded {
            key: request.key,
            result: Ok(Outcome::TrueWithValue("answered".into())),
        },
    );
    assert_eq!(texts(&turn), ["now visible answered •••"]);
    assert!(!format!("{events:?}{:?}", turn.session).contains("novakova"));
    let visible = serde_json::to_string(&turn.session.visible_variables()).unwrap();
    assert_eq!(visible, r#"{"whole":"now visible","answer":"answered"}"#);
}

#[test]
fn a_hidden_value_that_is_left_in_a_text_is_masked_and_reported() {
    // A plugin that answers with the very address, into a visible variable.
    let library = library([scenario(
        "main",
        [
            ("call", call("order", &[], "say")),
            ("say", buttons("x", "to {{order.mail}}!", "end")),
            ("end", end("")),
        ],
    )]);
    let (turn, _) = begin(&library, &[("$secret", EMAIL)]);
    let Then::Call(request) = turn.then else {
        panic!()
    };
    let fields = [("mail".to_owned(), Value::from(format!("<{EMAIL}>")))]
        .into_iter()
        .collect();
    let result = Ok(Outcome::TrueWithFields(fields));
    let (turn, events) = next(
        &library,
        turn.session,
        Input::CallEnded {
            key: request.key,
            result,
        },
    );
    let show = serde_json::to_string(&turn.show).unwrap();
    assert_eq!(show.matches("to <•••>!").count(), 2, "{show}");
    assert!(events.contains(&Event::Masked {
        id: "say".to_owned(),
        variables: vec!["$secret".to_owned()]
    }));
    assert_eq!(
        turn.session.visible_variables().get("order").unwrap()["mail"],
        "<•••>"
    );
}

#[test]
fn masking_leaves_the_authors_own_the_pages_own_and_revealed_texts() {
    let library = library([scenario(
        "main",
        [
            ("a", set("$short", "abcde", "b")),
            ("b", set("$word", "objednávka", "c")),
            ("c", set("visible", "{{reveal $secret}}", "d")),
            // A short value, the author's own word, a revealed value.
            ("d", message("abcde objednávka {{visible}}", "e")),
            ("e", end("{{given}}")),
        ],
    )]);
    let (turn, events) = begin(
        &library,
        &[("$secret", EMAIL), ("given", "abcde objednávka")],
    );
    assert_eq!(
        texts(&turn),
        [
            format!("abcde objednávka {EMAIL}"),
            "abcde objednávka".to_owned()
        ]
    );
    let masked = events
        .iter()
        .filter(|event| matches!(event, Event::Masked { .. }))
        .count();
    assert_eq!(masked, 0);
}

#[test]
fn nothing_that_prints_a_session_prints_a_hidden_value() {
    let library = library([scenario(
        "main",
        [("a", call("x", &[("mail", "{{$secret}}")], "a"))],
    )]);
    let (turn, events) = begin(&library, &[("$secret", EMAIL)]);
    let printed = format!(
        "{turn:?} {events:?} {}",
        serde_json::to_string(&events).unwrap()
    );
    assert!(!printed.contains("novakova"), "{printed}");
    assert!(printed.contains("«hidden:"));
    let fields = [("mail".to_owned(), EMAIL.into())].into();
    let ended = Input::CallEnded {
        key: String::new(),
        result: Ok(Outcome::TrueWithFields(fields)),
    };
    assert_eq!(
        format!("{:?} {ended:?}", Input::Answer(EMAIL.to_owned())),
        "answer call-ended"
    );
}

#[test]
fn the_transcript_has_dots_for_a_text_saved_to_a_hidden_variable() {
    let library = library([scenario(
        "main",
        [
            ("a", answer("$mail", "b")),
            ("b", answer("again", "c")),
            ("c", end("x")),
        ],
    )]);
    let (turn, _) = begin(&library, &[]);
    let (turn, _) = next(&library, turn.session, Input::Answer(EMAIL.to_owned()));
    assert_eq!(turn.said.as_deref(), Some("•••"));
    // At another question the same words are shown: dots would tell that they are the e-mail.
    let words = format!("it is {EMAIL}");
    let (turn, _) = next(&library, turn.session, Input::Answer(words.clone()));
    assert_eq!(turn.said.as_deref(), Some(words.as_str()));
}

#[test]
fn the_transcript_has_the_label_of_a_pressed_button() {
    let mut choice = answer("size", "d");
    choice["expect"] = "choice".into();
    choice["choices"] = json!([{ "value": "s", "label": "Small" }]);
    let library = library([scenario(
        "main",
        [
            ("a", buttons("more", "Go on", "b")),
            ("b", buttons("more", "Go on", "c")),
            ("c", choice),
            ("d", buttons("$more", "Go on", "e")),
            ("e", end("x")),
        ],
    )]);
    let (mut turn, _) = begin(&library, &[]);
    for (input, said) in [
        (Input::Press("go".to_owned()), "Go on"),
        (Input::Answer("go".to_owned()), "go"),
        (Input::Press("s".to_owned()), "Small"),
        (Input::Press("go".to_owned()), "•••"),
    ] {
        (turn, _) = next(&library, turn.session, input);
        assert_eq!(turn.said.as_deref(), Some(said));
    }
}

#[test]
fn the_trace_shows_what_a_manifest_does_not_call_personal() {
    let manifest: Manifest = serde_json::from_str(
        r#"{ "name": "plugin", "version": "1", "label": {}, "help": {}, "settings": [], "address": null,
             "authorisation": "none", "hosts": [], "limits": { "requests-at-once": null, "requests-per-minute": null },
             "functions": { "function": { "name": "function", "label": {}, "help": {}, "effect": "reads",
               "parameters": [
                 { "name": "n", "kind": "text", "items": null, "label": {}, "help": {}, "required": true, "default": null, "choices": "none", "personal": false },
                 { "name": "who", "kind": "email", "items": null, "label": {}, "help": {}, "required": true, "default": null, "choices": "none", "personal": true } ],
               "answer": { "fields": [
                 { "path": "status", "kind": "text", "items": null, "optional": false, "personal": false, "choices": [], "label": {}, "help": {} },
                 { "path": "items", "kind": "list", "items": null, "optional": false, "personal": false, "choices": [], "label": {}, "help": {} },
                 { "path": "items.name", "kind": "text", "items": null, "optional": false, "personal": true, "choices": [], "label": {}, "help": {} },
                 { "path": "items.code", "kind": "text", "items": null, "optional": false, "personal": false, "choices": [], "label": {}, "help": {} } ] } } } }"#,
    )
    .unwrap();
    let scenarios = [scenario(
        "main",
        [
            (
                "a",
                call("order", &[("n", "{{given}}"), ("who", "{{given}}")], "b"),
            ),
            ("b", end("")),
        ],
    )];
    let item = |name: &str| {
        Value::Record(
            [
                ("name".to_owned(), name.into()),
                ("code".to_owned(), "C1".into()),
            ]
            .into(),
        )
    };
    let fields = [
        ("status".to_owned(), "sent".into()),
        ("items".to_owned(), Value::List(vec![item("Mug")])),
    ];
    let trace = |library: &Library| {
        let (turn, mut events) = begin(library, &[("given", "2024001")]);
        let Then::Call(request) = turn.then else {
            panic!()
        };
        let result = Ok(Outcome::TrueWithFields(fields.clone().into()));
        events.extend(
            next(
                library,
                turn.session,
                Input::CallEnded {
                    key: request.key,
                    result,
                },
            )
            .1,
        );
        events
            .iter()
            .filter_map(|event| {
                if let Event::Call { parameters, .. } = event {
                    Some(serde_json::to_string(parameters).unwrap())
                } else if let Event::Outcome { value, .. } = event {
                    Some(serde_json::to_string(value).unwrap())
                } else {
                    None
                }
            })
            .collect::<Vec<_>>()
    };
    let mut library = library(scenarios);
    insta::assert_debug_snapshot!(trace(&library));
    library.learn(&manifest);
    insta::assert_debug_snapshot!(trace(&library));
}

#[test]
fn an_event_is_short_whatever_a_function_answers() {
    let library = library([scenario(
        "main",
        [("a", call("x", &[], "b")), ("b", end(""))],
    )]);
    let (turn, _) = begin(&library, &[]);
    let Then::Call(request) = turn.then else {
        panic!()
    };
    let many = Value::List(vec![Value::Integer(7); 60]);
    let result = Ok(Outcome::TrueWithValue(many));
    let (turn, events) = next(
        &library,
        turn.session,
        Input::CallEnded {
            key: request.key,
            result,
        },
    );
    let Some(Event::Outcome {
        value: Some(value), ..
    }) = events.first()
    else {
        panic!("{events:?}")
    };
    assert_eq!(value.as_array().map(Vec::len), Some(51));
    assert_eq!(value[50], "… 10 more");
    assert_eq!(
        turn.session
            .visible_variables()
            .get("x")
            .unwrap()
            .as_array()
            .map(Vec::len),
        Some(60)
    );
    let (turn, _) = begin(&library, &[]);
    let Then::Call(request) = turn.then else {
        panic!()
    };
    let failure = Failure::new(FailureClass::Unavailable, "x".repeat(5_000));
    let (_, events) = next(
        &library,
        turn.session,
        Input::CallEnded {
            key: request.key,
            result: Err(failure),
        },
    );
    let Some(Event::Failure { detail, .. }) = events.first() else {
        panic!("{events:?}")
    };
    assert_eq!(detail.chars().count(), 501);
}

#[test]
fn a_session_that_has_not_begun_is_not_answered() {
    let library = library([scenario("main", [("a", answer("x", "a"))])]);
    let session = Session::start(&library, "main", "id", "secret", "cs", IndexMap::new()).unwrap();
    let (turn, events) = next(&library, session.clone(), Input::Answer("x".to_owned()));
    assert_eq!(
        (&turn.session, events),
        (&session, vec![Event::Ignored { input: "answer" }])
    );
    let (turn, _) = next(&library, session, Input::Resume);
    assert_eq!(texts(&turn), ["?"]);
}

// --- starting and storing

#[test]
fn a_session_starts_only_with_inputs_of_its_scenario() {
    let library = library([scenario("main", [("a", end("x"))])]);
    let start = |name: &str, language: &str, inputs: &[(&str, Value)]| {
        let inputs = inputs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        Session::start(&library, name, "id", "secret", language, inputs)
    };
    assert_eq!(
        start("lost", "cs", &[]).unwrap_err(),
        StartError::NoScenario("lost".to_owned())
    );
    let error = start("main", "cs", &[("mail", "x".into())]).unwrap_err();
    assert_eq!(error.to_string(), "the scenario `main` has no input `mail`");
    let error = start("main", "cs", &[("amount", "x".into())]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the input `amount` is of the kind `decimal`, not `text`"
    );
    assert!(
        start(
            "main",
            "cs",
            &[("amount", Value::Integer(5)), ("given", "x".into())]
        )
        .is_ok()
    );
    for (wish, spoken) in [
        ("en", "en"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("cs-CZ", "cs"),
        ("fi", "cs"),
        ("", "cs"),
    ] {
        assert_eq!(
            start("main", wish, &[]).unwrap().language(),
            spoken,
            "{wish}"
        );
    }
}

#[test]
fn a_session_stored_by_another_version_is_refused() {
    let library = library([scenario("main", [("a", answer("x", "a"))])]);
    let (turn, _) = begin(&library, &[]);
    let mut stored = serde_json::to_value(StoredSession::from(turn.session.clone())).unwrap();
    let restored: StoredSession = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(Session::try_from(restored).unwrap(), turn.session);
    for version in [0, 3] {
        stored["version"] = version.into();
        let restored: StoredSession = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(
            Session::try_from(restored).unwrap_err(),
            StoreError::OtherVersion { found: version }
        );
    }
}

/// `tests/stored/version-1.json` was written by version 1 of this crate.
#[test]
fn sessions_stored_in_version_1_go_on() {
    let text = include_str!("../stored/version-1.json");
    let stored: IndexMap<String, StoredSession> = serde_json::from_str(text).unwrap();
    let scenario = include_str!("../stored/scenario.json");
    let checked = krabice_scenario::check(scenario, &krabice_scenario::World::default());
    let library = library([checked.scenario.unwrap()]);
    let restored = |name: &str| Session::try_from(stored[name].clone()).unwrap();

    let (turn, _) = next(&library, restored("not-begun"), Input::Begin);
    assert_eq!(texts(&turn), ["Which order?"]);
    let mail = Input::Answer(EMAIL.to_owned());
    let (turn, _) = next(&library, restored("waits-for-the-customer"), mail);
    let Then::Call(fresh) = turn.then else {
        panic!("{:?}", turn.then)
    };
    // In mid-call the parameters are evaluated anew, as version 1 did, and kept from then on.
    let (turn, _) = next(&library, restored("waits-for-a-call"), Input::Resume);
    let Then::Call(again) = &turn.then else {
        panic!("{:?}", turn.then)
    };
    // Version 1 did not store which values are the customer's own words.
    let values = |request: &CallRequest| -> Vec<_> {
        let parameters = request.parameters.iter();
        parameters
            .map(|(name, variable)| (name.clone(), variable.value.clone(), variable.hidden))
            .collect()
    };
    assert_eq!(again.key, fresh.key);
    assert_eq!(values(again), values(&fresh));
    let ended = Input::CallEnded {
        key: fresh.key,
        result: Ok(Outcome::True),
    };
    let (turn, _) = next(&library, restored("waits-for-a-call"), ended);
    assert_eq!(texts(&turn), ["Found O260147."]);
    assert_eq!(restored("finished").finished(), Some(Reason::End));
    for name in stored.keys() {
        let again = serde_json::to_value(StoredSession::from(restored(name))).unwrap();
        assert_eq!(again["version"], 2, "{name}");
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A session as another host gets it from the store.
fn stored(session: Session) -> Session {
    let text = serde_json::to_string(&StoredSession::from(session)).unwrap();
    Session::try_from(serde_json::from_str::<StoredSession>(&text).unwrap()).unwrap()
}

#[test]
fn each_step_of_a_turn_sees_the_time_of_its_first_input_also_after_a_take_over() {
    let mut when = answer("when", "a");
    when["expect"] = "date".into();
    let library = library([scenario(
        "main",
        [
            ("when", when),
            ("a", call("x", &[("when", "<<when>>")], "b")),
            ("b", call("y", &[], "when")),
        ],
    )]);
    let request = |turn: &Turn| {
        let Then::Call(request) = &turn.then else {
            panic!("{:?}", turn.then)
        };
        (**request).clone()
    };
    let at = |session, input, now: &str| advance(&library, session, input, moment(now), &mut ());
    let (turn, _) = begin(&library, &[]);
    let evening = "2026-03-14T22:59:59Z";
    let turn = at(turn.session, Input::Answer("dnes".to_owned()), evening);
    assert_eq!(request(&turn).now, moment(evening));
    // Another host takes over after midnight.
    let turn = at(stored(turn.session), Input::Resume, "2026-03-14T23:00:01Z");
    assert_eq!(request(&turn).now, moment(evening));
    let ended = |turn: &Turn| Input::CallEnded {
        key: request(turn).key,
        result: Ok(Outcome::True),
    };
    let input = ended(&turn);
    let turn = at(stored(turn.session), input, "2026-03-15T09:00:00Z");
    assert_eq!(request(&turn).now, moment(evening));
    let input = ended(&turn);
    let turn = at(stored(turn.session), input, "2026-03-15T09:00:01Z");
    assert_eq!(turn.then, Then::AwaitCustomer);
    // The next turn has a time of its own.
    let morning = "2026-03-15T09:00:02Z";
    let turn = at(
        stored(turn.session),
        Input::Answer("dnes".to_owned()),
        morning,
    );
    assert_eq!(request(&turn).now, moment(morning));
}

/// The scenario that another host has may evaluate a template in another way.
#[test]
fn a_call_is_repeated_with_the_parameters_that_were_stored() {
    let main = |param| {
        let boxes = [
            ("a", answer("$order", "b")),
            ("b", call("x", &[("order", param)], "a")),
        ];
        Library::from_iter([scenario("main", boxes)])
    };
    let (turn, _) = begin(&main("<<$order>>"), &[]);
    let order = Input::Answer("O260147".to_owned());
    let (turn, _) = next(&main("<<$order>>"), turn.session, order);
    let other = main("nothing of it");
    let (again, _) = next(&other, stored(turn.session.clone()), Input::Resume);
    assert_eq!(again.then, turn.then);
    let Then::Call(request) = again.then else {
        panic!("{:?}", again.then)
    };
    assert!(request.parameters["order"].hidden);
    assert_eq!(request.parameters["order"].value, Value::from("O260147"));
    assert!(!format!("{:?}", again.session).contains("O260147"));
}

#[test]
fn a_key_is_the_same_for_the_same_call_and_for_no_other() {
    let library = library([scenario(
        "main",
        [("a", call("x", &[], "b")), ("b", call("x", &[], "a"))],
    )]);
    let key = |turn: &Turn| {
        let Then::Call(request) = &turn.then else {
            panic!("{:?}", turn.then)
        };
        request.key.clone()
    };
    let (first, _) = begin(&library, &[]);
    let (repeated, _) = next(&library, first.session.clone(), Input::Resume);
    assert_eq!(key(&first), key(&repeated));
    let mut keys = vec![key(&first)];
    let mut turn = first;
    for _ in 0..20 {
        let ended = Input::CallEnded {
            key: key(&turn),
            result: Ok(Outcome::False),
        };
        (turn, _) = next(&library, turn.session, ended);
        assert!(!keys.contains(&key(&turn)));
        keys.push(key(&turn));
    }
    let other = Session::start(&library, "main", "other", "secret", "cs", IndexMap::new()).unwrap();
    let (other, _) = next(&library, other, Input::Begin);
    assert!(!keys.contains(&key(&other)));
    // The end of another call is not the end of this one.
    let (same, events) = next(
        &library,
        turn.session,
        Input::CallEnded {
            key: keys[0].clone(),
            result: Ok(Outcome::True),
        },
    );
    assert_eq!(key(&same), *keys.last().unwrap());
    assert_eq!(
        events,
        [Event::Ignored {
            input: "call-ended"
        }]
    );
}

// --- driving

struct Answers;

impl Functions for Answers {
    async fn call(&self, request: CallRequest) -> Result<Outcome, Failure> {
        match request.parameters.get("n").map(|n| &n.value) {
            Some(Value::Text(n)) => Ok(Outcome::TrueWithValue(Value::Text(format!("{n}{n}")))),
            _ => Err(Failure::new(FailureClass::Unavailable, "nothing there")),
        }
    }
}

#[derive(Default)]
struct Seen(Vec<String>);

impl Watcher for Seen {
    fn shown(&mut self, show: &Show) {
        self.0.push(serde_json::to_string(show).unwrap());
    }
}

#[tokio::test]
async fn a_turn_is_driven_over_its_calls() {
    let library = library([scenario(
        "main",
        [
            ("wait", message("a moment", "one")),
            ("one", call("x", &[("n", "{{given}}")], "two")),
            ("two", call("y", &[("n", "{{x}}")], "three")),
            ("three", call("z", &[], "say")),
            ("say", message("{{y}} {{z}}", "ask")),
            ("ask", answer("a", "end")),
            ("end", end("bye")),
        ],
    )]);
    let inputs = [("given".to_owned(), "ab".into())].into_iter().collect();
    let session = Session::start(&library, "main", "id", "secret", "cs", inputs).unwrap();
    let mut seen = Seen::default();
    let now = Timestamp::UNIX_EPOCH;
    let turn = run_turn(&library, session, Input::Begin, now, &Answers, &mut seen).await;
    assert_eq!(texts(&turn), ["a moment", "abababab false", "?"]);
    assert_eq!(seen.0.len(), 3);
    assert_eq!(turn.then, Then::AwaitCustomer);
    let turn = run_turn(
        &library,
        turn.session,
        Input::Answer("ok".to_owned()),
        now,
        &Answers,
        &mut (),
    )
    .await;
    assert_eq!(turn.said.as_deref(), Some("ok"));
    assert_eq!(
        (texts(&turn), turn.then),
        (vec!["bye".to_owned()], Then::Finished(Reason::End))
    );
}

/// The key of the call that a turn ends with.
fn key(turn: &Turn) -> String {
    let Then::Call(request) = &turn.then else {
        panic!("{:?}", turn.then);
    };
    request.key.clone()
}

fn limited(library: &Library, turn: Turn) -> Turn {
    let (key, until) = (key(&turn), Timestamp::from_second(90).unwrap());
    next(library, turn.session, Input::Limited { key, until }).0
}

#[test]
fn where_too_many_guesses_failed_the_session_waits_and_the_call_is_not_made() {
    let shown = json!({ "type": "handover", "text": "Call us about {{$found}}." });
    let library = library([scenario(
        "main",
        [
            ("look", call("$found", &[], "bye")),
            ("bye", end("bye")),
            ("person", shown),
        ],
    )]);
    let (turn, _) = begin(&library, &[]);
    let first = key(&turn);
    let (other, until) = ("another".to_owned(), Timestamp::UNIX_EPOCH);
    let (turn, _) = next(&library, turn.session, Input::Limited { key: other, until });
    assert_eq!(key(&turn), first, "another call's key changes nothing");
    let turn = limited(&library, turn);
    let told = "Na to už bylo příliš mnoho pokusů. Zkuste to prosím znovu po 01:02.";
    let labels = |turn: &Turn| match turn.show.as_slice() {
        [Show::Buttons { text, buttons, .. }] => (
            text.to_string(),
            Vec::from_iter(buttons.iter().map(|button| button.label.to_string())),
        ),
        other => panic!("{other:?}"),
    };
    let both = ["Zkusit znovu", "Spojit s člověkem"].map(str::to_owned);
    assert_eq!(labels(&turn), (told.to_owned(), both.to_vec()));
    // Trying again makes another call, by another key.
    let press = |turn: &Turn, id: &str| {
        let input = Input::Press(id.to_owned());
        next(&library, turn.session.clone(), input).0
    };
    let again = press(&turn, "again");
    assert_eq!(again.said.as_deref(), Some("Zkusit znovu"));
    assert_ne!(key(&again), first);
    assert_eq!(labels(&limited(&library, again)).0, told);
    // A text with variables is not said: what it shows may be proven on another way alone.
    let person = press(&turn, "person");
    assert_eq!(person.then, Then::Finished(Reason::Handover));
    assert_eq!(texts(&person), ["Předáváme vás člověku."]);
    let said = Input::Answer("spojit s člověkem".to_owned());
    let person = next(&library, turn.session, said).0;
    assert_eq!(person.then, Then::Finished(Reason::Handover));
}

#[test]
fn a_call_that_is_limited_leaves_by_its_exit() {
    let mut look = call("$found", &[], "bye");
    look["limited"] = "later".into();
    let library = library([scenario(
        "main",
        [
            ("look", look),
            ("later", end("later: {{#if $found}}found{{/if}}")),
            ("bye", end("bye")),
        ],
    )]);
    let turn = limited(&library, begin(&library, &[]).0);
    assert_eq!(turn.then, Then::Finished(Reason::End));
    assert_eq!(texts(&turn), ["later: "]);
}

#[test]
fn a_customer_can_leave_when_the_session_waits_for_them() {
    let library = library([scenario(
        "main",
        [("ask", answer("name", "bye")), ("bye", end("bye"))],
    )]);
    let (turn, _) = begin(&library, &[]);
    let (turn, _) = next(&library, turn.session, Input::Leave);
    assert_eq!(turn.then, Then::Finished(Reason::End));
    assert_eq!(turn.show, [Show::End { text: None }]);
    let (turn, _) = next(&library, turn.session, Input::Leave);
    assert!(turn.show.is_empty(), "a second time changes nothing");
}

// --- the customer's own words

#[test]
fn what_a_customer_typed_is_shown_as_typed() {
    let echo = "You said <<words>>, <<copy>> and <<both>>; it says <<echo>>.";
    let library = library([scenario(
        "main",
        [
            ("load", call("$secret", &[], "load2")),
            ("load2", call("echo", &[], "ask")),
            ("ask", answer("words", "copy")),
            ("copy", set("copy", "<<words>>", "both")),
            ("both", set("both", "<<words>>/<<echo>>", "show")),
            ("show", message(echo, "ask")),
        ],
    )]);
    let (turn, _) = begin(&library, &[]);
    let answered = |turn: Turn| {
        let Then::Call(request) = turn.then else {
            panic!("it waits for a call")
        };
        let result = Ok(Outcome::TrueWithValue(EMAIL.into()));
        let input = Input::CallEnded {
            key: request.key.clone(),
            result,
        };
        next(&library, turn.session, input).0
    };
    let turn = answered(answered(turn));
    let (turn, _) = next(&library, turn.session, Input::Answer(EMAIL.to_owned()));
    assert_eq!(turn.said.as_ref().unwrap().to_string(), EMAIL);
    // What the back end repeats is masked also beside the words that would tell it.
    assert_eq!(
        texts(&turn)[0],
        format!("You said {EMAIL}, {EMAIL} and {EMAIL}/•••; it says •••.")
    );
    let variables = turn.session.visible_variables();
    assert_eq!(variables.get("words").unwrap(), EMAIL);
    assert_eq!(variables.get("copy").unwrap(), EMAIL);
    assert_eq!(variables.get("both").unwrap(), &format!("{EMAIL}/•••"));
    assert_eq!(variables.get("echo").unwrap(), "•••");
}

#[test]
fn a_variable_gets_the_back_ends_spelling_of_an_order_and_stays_as_hidden_as_it_was() {
    let manifest: Manifest = serde_json::from_str(
        r#"{ "name": "plugin", "version": "1", "label": {}, "help": {}, "settings": [], "address": null,
             "authorisation": "none", "hosts": [], "limits": { "requests-at-once": null, "requests-per-minute": null },
             "functions": { "function": { "name": "function", "label": {}, "help": {}, "effect": "reads",
               "subject": { "kind": "order", "parameter": "n", "field": "number" },
               "parameters": [
                 { "name": "n", "kind": "text", "items": null, "label": {}, "help": {}, "required": true, "default": null, "choices": "none", "personal": false } ],
               "answer": { "fields": [
                 { "path": "number", "kind": "text", "items": null, "optional": false, "personal": false, "choices": [], "label": {}, "help": {} } ] } } } }"#,
    )
    .unwrap();
    let hidden = [
        ("a", set("$order", "{{given}}", "b")),
        ("b", call("found", &[("n", "{{$order}}")], "c")),
        ("c", end("{{$order}} {{reveal $order}}")),
    ];
    let visible = [
        ("a", set("order", "{{given}}", "b")),
        ("b", call("found", &[("n", "{{order}}")], "c")),
        ("c", end("{{order}}")),
    ];
    let found = Outcome::TrueWithFields([("number".to_owned(), "O260147".into())].into());
    let end_of = |boxes, outcome: &Outcome| {
        let mut library = library([scenario("main", boxes)]);
        library.learn(&manifest);
        let (turn, _) = begin(&library, &[("given", "o 260147")]);
        let Then::Call(request) = turn.then else {
            panic!()
        };
        let input = Input::CallEnded {
            key: request.key,
            result: Ok(outcome.clone()),
        };
        texts(&next(&library, turn.session, input).0).concat()
    };
    assert_eq!(end_of(visible.clone(), &found), "O260147");
    assert_eq!(end_of(hidden, &found), "••• O260147");
    assert_eq!(end_of(visible.clone(), &Outcome::False), "o 260147");
    // The number that the back end has inside is another one.
    let inside = Outcome::TrueWithFields([("number".to_owned(), "90155231".into())].into());
    assert_eq!(end_of(visible, &inside), "o 260147");
}
