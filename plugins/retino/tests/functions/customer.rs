//! `load-customer-cases`.

use krabice_plugin::Failure;
use serde_json::{Value as Json, json};

use crate::desk::{
    CASE, RECEIVED, asked, asks_for_page, finds, mock, page, petra, states, ticket, ticket_with,
    types, without,
};

const LOAD: &str = "load-customer-cases";

fn closed(id: &str) -> Json {
    ticket_with(&[
        ("/id", json!(id)),
        ("/closed_at", json!("2026-05-01T10:00:00Z")),
    ])
}

#[test]
fn the_open_cases_are_listed_newest_first_and_names_are_loaded_once() {
    let desk = mock();
    desk.expect(finds(&[
        ticket(),
        closed("a"),
        ticket_with(&[
            ("/id", json!("b")),
            ("/customer/email", json!("jan.dvorak@example.cz")),
        ]),
        ticket_with(&[
            ("/id", json!("c")),
            ("/code", Json::Null),
            ("/created_at", json!("2026-06-01T00:00:00Z")),
            ("/updated_at", json!("2026-06-02T00:00:00Z")),
            ("/type", json!("8d1b2c3a-7e6f-4a5b-9c8d-0e1f2a3b0002")),
        ]),
    ]));
    desk.expect(states()).expect(types());
    assert_eq!(
        desk.run(LOAD, petra()),
        Ok(json!({
            "count": 2,
            "cases": [
                {
                    "id": "c", "code": "", "state": "Goods received", "state-id": RECEIVED, "type": "Return",
                    "created": "2026-06-01T00:00:00Z", "updated": "2026-06-02T00:00:00Z",
                },
                {
                    "id": CASE, "code": "20260147", "state": "Goods received", "state-id": RECEIVED, "type": "Claim",
                    "created": "2026-04-02T08:20:00.120Z", "updated": "2026-04-05T13:40:02Z",
                },
            ],
        })),
    );
}

#[test]
fn a_case_that_says_nothing_of_its_closing_is_open() {
    let desk = mock();
    desk.expect(finds(&[without(ticket(), "", "closed_at")]));
    desk.expect(states()).expect(types());
    assert_eq!(desk.run(LOAD, petra()).unwrap()["count"], json!(1));
}

#[test]
fn no_open_case_is_false_with_one_request() {
    for tickets in [vec![], vec![closed("a"), closed("b")]] {
        let desk = mock();
        desk.expect(finds(&tickets));
        assert_eq!(desk.run(LOAD, petra()), Ok(json!(false)));
    }
    let desk = mock();
    desk.expect(finds(&[ticket()]));
    assert_eq!(
        desk.run(LOAD, asked("jan.dvorak@example.cz")),
        Ok(json!(false))
    );
}

#[test]
fn a_case_on_two_pages_is_one() {
    let desk = mock();
    desk.expect(asks_for_page("O260147", 1).answers(200, page(&[ticket()], 1, 2)));
    desk.expect(asks_for_page("O260147", 2).answers(200, page(&[ticket()], 2, 2)));
    desk.expect(states()).expect(types());
    assert_eq!(desk.run(LOAD, petra()).unwrap()["count"], json!(1));
}

#[test]
fn a_part_of_the_hits_makes_no_list() {
    let desk = mock();
    for number in 1..=10 {
        desk.expect(asks_for_page("O260147", number).answers(200, page(&[ticket()], number, 11)));
    }
    let outcome = desk.run(LOAD, petra());
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
