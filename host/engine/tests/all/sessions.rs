//! Sessions as files: each `sessions/*.json` is scenarios and the steps of one
//! session, its snapshot is everything that was shown, traced and kept.
//!
//! A step is what the customer does (`{"answer": "…"}`, `{"press": "…"}`), how
//! a call ends (`{"outcome": …}`, `{"failure": {…}}`, in their stored forms), or
//! `"resume"`. After each step the session is stored and restored.

use std::fmt::Write;

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_contract::{Failure, Outcome, Value};
use krabice_engine::{Event, Input, Library, Session, Show, StoredSession, Then, Watcher, advance};
use krabice_scenario::{World, check};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The first is started.
    scenarios: Vec<serde_json::Value>,
    language: String,
    #[serde(default)]
    inputs: IndexMap<String, Value>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Step {
    Answer(String),
    Press(String),
    Outcome(Outcome),
    Failure(Failure),
    Resume,
}

/// Writes down what it hears.
#[derive(Default)]
struct Transcript(String);

impl Watcher for Transcript {
    fn shown(&mut self, show: &Show) {
        writeln!(self.0, "  > {}", serde_json::to_string(show).unwrap()).unwrap();
    }

    fn wants_events(&self) -> bool {
        true
    }

    fn event(&mut self, event: Event) {
        writeln!(self.0, "    {}", serde_json::to_string(&event).unwrap()).unwrap();
    }
}

#[test]
fn sessions_go_as_their_files_say() {
    insta::glob!("..", "sessions/*.json", |path| {
        let case: Case = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut library = Library::new();
        let mut first = None;
        for scenario in &case.scenarios {
            let checked = check(&scenario.to_string(), &World::default());
            let scenario = checked
                .scenario
                .unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
            first.get_or_insert(scenario.name.to_string());
            library.insert(scenario);
        }
        let session = Session::start(
            &library,
            &first.unwrap(),
            "s1",
            "secret",
            &case.language,
            case.inputs,
        )
        .unwrap();
        let now: Timestamp = "2026-03-14T12:00:00Z".parse().unwrap();
        let mut transcript = Transcript::default();
        let mut turn = advance(&library, session, Input::Begin, now, &mut transcript);
        let mut pending = then(&turn.then, &mut transcript);
        for step in case.steps {
            let stored = serde_json::to_string(&StoredSession::from(turn.session)).unwrap();
            let session =
                Session::try_from(serde_json::from_str::<StoredSession>(&stored).unwrap()).unwrap();
            let ended = |result| Input::CallEnded {
                key: pending.clone().unwrap_or_default(),
                result,
            };
            let (said, input) = match step {
                Step::Answer(answer) => (format!("answer {answer:?}"), Input::Answer(answer)),
                Step::Press(id) => (format!("press {id:?}"), Input::Press(id)),
                Step::Outcome(outcome) => ("outcome".to_owned(), ended(Ok(outcome))),
                Step::Failure(failure) => ("failure".to_owned(), ended(Err(failure))),
                Step::Resume => ("resume".to_owned(), Input::Resume),
            };
            writeln!(transcript.0, "{said}").unwrap();
            turn = advance(&library, session, input, now, &mut transcript);
            if let Some(said) = &turn.said {
                writeln!(transcript.0, "  < {said}").unwrap();
            }
            pending = then(&turn.then, &mut transcript);
        }
        let visible = serde_json::to_string(&turn.session.visible_variables()).unwrap();
        writeln!(transcript.0, "visible variables: {visible}").unwrap();
        // What is hidden in one of these files stands nowhere, whatever its kind is.
        for canary in ["7193846", "98765.43", "CanaryWordQx7", "canary.mail"] {
            assert!(!transcript.0.contains(canary), "{canary}: {}", transcript.0);
        }
        insta::assert_snapshot!(transcript.0);
    });
}

fn then(then: &Then, transcript: &mut Transcript) -> Option<String> {
    match then {
        Then::Call(request) => {
            writeln!(
                transcript.0,
                "  = call {}/{} {:?}",
                request.plugin, request.function, request.parameters
            )
            .unwrap();
            Some(request.key.clone())
        }
        Then::AwaitCustomer => None,
        Then::Finished(reason) => {
            writeln!(transcript.0, "  = finished: {}", reason.word()).unwrap();
            None
        }
    }
}
