//! `change-case-state` and its choices.

use krabice_plugin::mock::{Expected, get, patch};
use krabice_plugin::{Choice, Failure};
use serde_json::{Value as Json, json};

use crate::desk::{CASE, RECEIVED, asks_for_list, list, mock, page, states, ticket_with};

const CHANGE: &str = "change-case-state";

fn asked(state: &'static str) -> [(&'static str, &'static str); 2] {
    [("case", CASE), ("state", state)]
}

fn sends() -> Expected {
    patch(&format!("tickets/{CASE}")).json(json!({ "state": RECEIVED }))
}

fn asks_whether_the_api_is_there() -> Expected {
    get("states").query("page", 1).query("page_size", 1).reads()
}

#[test]
fn a_state_is_set_by_its_id_in_one_request() {
    for answer in [
        ticket_with(&[("/state", json!(RECEIVED))]),
        ticket_with(&[("/state", json!({ "id": RECEIVED }))]),
        json!({}),
    ] {
        let desk = mock();
        desk.expect(sends().answers(200, answer));
        assert_eq!(desk.run(CHANGE, asked(RECEIVED)), Ok(json!(true)));
    }
    let desk = mock();
    desk.expect(sends().answers(204, ""));
    let spaced = [
        ("case", " 5b0a7c1e-8f7d-4f43-9a0a-2f1f3a6c0147\n"),
        ("state", " 3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0002 "),
    ];
    assert_eq!(desk.run(CHANGE, spaced), Ok(json!(true)));
}

#[test]
fn an_unknown_case_is_false_after_the_address_is_proven() {
    let desk = mock();
    desk.expect(sends().answers(404, json!({ "detail": "Not found." })));
    desk.expect(asks_whether_the_api_is_there().answers(200, page(&[json!({})], 1, 7)));
    assert_eq!(desk.run(CHANGE, asked(RECEIVED)), Ok(json!(false)));
}

#[test]
fn a_wrong_address_proves_nothing() {
    for (status, body) in [
        (404, "<html>"),
        (200, "<html>"),
        (200, "{}"),
        (503, ""),
        (401, ""),
    ] {
        let desk = mock();
        desk.expect(sends().answers(404, "<html>"));
        desk.expect(asks_whether_the_api_is_there().answers(status, body));
        assert!(
            desk.run(CHANGE, asked(RECEIVED)).is_err(),
            "{status} {body}"
        );
    }
}

#[test]
fn a_state_that_the_case_cannot_take_is_false() {
    let desk = mock();
    let refusal = json!({ "state": ["Invalid pk \"3f0c9d52\" - object does not exist."] });
    desk.expect(sends().answers(400, refusal));
    assert_eq!(desk.run(CHANGE, asked(RECEIVED)), Ok(json!(false)));
}

#[test]
fn an_answer_with_another_state_is_a_failure() {
    let desk = mock();
    let other = json!("3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0001");
    desk.expect(sends().answers(200, ticket_with(&[("/state", other)])));
    assert_eq!(
        desk.run(CHANGE, asked(RECEIVED)),
        Err(Failure::unexpected_answer(
            "PATCH tickets/{case}: the case is in another state than the one asked for"
        )),
    );
}

#[test]
fn an_invalid_id_is_never_sent() {
    for case in ["../states", "a/close", "a?b", "a#b", "a%2Fb", "a b", "a\\b"] {
        let desk = mock();
        assert_eq!(
            desk.run(CHANGE, [("case", case), ("state", RECEIVED)]),
            Err(Failure::invalid_parameter("case", "is not an id")),
            "{case}",
        );
    }
    for (case, state, name) in [(" ", RECEIVED, "case"), (CASE, " ", "state")] {
        let desk = mock();
        assert_eq!(
            desk.run(CHANGE, [("case", case), ("state", state)]),
            Err(Failure::invalid_parameter(name, "is empty")),
        );
    }
    let desk = mock();
    assert_eq!(
        desk.run(CHANGE, asked("Zboží přijato")),
        Err(Failure::invalid_parameter("state", "is not an id")),
    );
}

#[test]
fn the_choices_are_the_states_of_the_account() {
    let desk = mock();
    desk.expect(states());
    assert_eq!(
        desk.choices(CHANGE, "state"),
        Ok(vec![
            Choice::new(
                "3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0001",
                [("cs", "Nový případ"), ("en", "New case")]
            ),
            Choice::new(
                RECEIVED,
                [("cs", "Zboží přijato"), ("en", "Goods received")]
            ),
            Choice::new("3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0003", [("cs", "Vyřízeno")]),
        ]),
    );
}

#[test]
fn the_choices_of_all_pages_are_listed() {
    let desk = mock();
    let state = |id: &str| json!({ "id": id, "name": { "en": id } });
    desk.expect(asks_for_list("states").answers(200, page(&[state("a")], 1, 2)));
    let second = get("states").query("page", 2).query("page_size", 100);
    desk.expect(second.answers(200, page(&[state("b")], 2, 2)));
    let choices = desk.choices(CHANGE, "state").unwrap();
    let values: Vec<_> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(values, ["a", "b"]);
}

#[test]
fn a_state_without_names_is_shown_by_its_id() {
    for (name, label) in [
        (json!({}), "a"),
        (Json::Null, "a"),
        (json!({ "cs": " " }), "a"),
        (json!("Vyřízeno"), "Vyřízeno"),
    ] {
        let desk = mock();
        desk.expect(
            asks_for_list("states").answers(200, list(&[json!({ "id": "a", "name": name })])),
        );
        assert_eq!(
            desk.choices(CHANGE, "state"),
            Ok(vec![Choice::new("a", [("en", label)])])
        );
    }
}

#[test]
fn the_choices_fail_with_the_account() {
    let desk = mock();
    desk.expect(asks_for_list("states").answers(403, ""));
    assert_eq!(
        desk.choices(CHANGE, "state"),
        Err(Failure::unauthorised("GET states answered 403")),
    );
    for answer in [json!({}), list(&[json!({ "name": {} })])] {
        desk.expect(asks_for_list("states").answers(200, answer.clone()));
        let outcome = desk.choices(CHANGE, "state");
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{answer}: {outcome:?}"
        );
    }
}

#[test]
fn an_answer_with_another_state_as_an_object_is_a_failure_too() {
    let other = "3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0001";
    for (state, done) in [
        (json!({ "id": other, "name": { "en": "New" } }), false),
        (json!({ "id": RECEIVED.to_uppercase() }), true),
        (json!({ "name": "New" }), true),
        (json!(null), true),
    ] {
        let desk = mock();
        desk.expect(sends().answers(200, ticket_with(&[("/state", state.clone())])));
        let outcome = desk.run(CHANGE, asked(RECEIVED));
        assert_eq!(outcome.is_ok(), done, "{state}: {outcome:?}");
    }
}

#[test]
fn a_page_of_a_proxy_is_no_refusal_of_the_state() {
    let desk = mock();
    desk.expect(sends().answers(400, "<html>"));
    let outcome = desk.run(CHANGE, asked(RECEIVED));
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
