//! `find-case`.

use krabice_plugin::Failure;
use krabice_plugin::mock::get;
use serde_json::{Value as Json, json};

use crate::desk::{
    CASE, CLAIM, RECEIVED, asked, asks_for_page, finds, mock, page, petra, states, ticket,
    ticket_with, types, without,
};

const FIND: &str = "find-case";

fn is_unexpected(outcome: &Result<Json, Failure>) -> bool {
    matches!(outcome, Err(Failure::UnexpectedAnswer(_)))
}

#[test]
fn a_case_of_the_order_and_the_customer_is_true_with_its_details() {
    let desk = mock();
    desk.expect(finds(&[ticket()]))
        .expect(states())
        .expect(types());
    assert_eq!(
        desk.run(FIND, asked("Petra.VLKOVA@example.cz")),
        Ok(json!({
            "id": CASE,
            "code": "20260147",
            "state": "Goods received",
            "state-id": RECEIVED,
            "type": "Claim",
            "created": "2026-04-02T08:20:00.120Z",
            "updated": "2026-04-05T13:40:02Z",
        })),
    );
}

#[test]
fn names_are_in_the_language_of_the_session() {
    for (language, state, kind) in [
        ("cs", "Zboží přijato", "Reklamace"),
        ("cs-cz", "Zboží přijato", "Reklamace"),
        ("de", "Goods received", "Claim"),
    ] {
        let desk = mock().language(language);
        desk.expect(finds(&[ticket()]))
            .expect(states())
            .expect(types());
        let case = desk.run(FIND, petra()).unwrap();
        assert_eq!(
            (&case["state"], &case["type"]),
            (&json!(state), &json!(kind)),
            "{language}"
        );
    }
}

#[test]
fn a_name_that_only_one_language_has_is_better_than_none() {
    let desk = mock();
    let done = json!("3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0003");
    desk.expect(finds(&[ticket_with(&[("/state", done)])]));
    desk.expect(states()).expect(types());
    assert_eq!(desk.run(FIND, petra()).unwrap()["state"], json!("Vyřízeno"));
}

#[test]
fn a_state_that_is_no_longer_there_has_no_name() {
    let desk = mock();
    let gone = json!("3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0099");
    desk.expect(finds(&[ticket_with(&[("/state", gone.clone())])]));
    desk.expect(states()).expect(types());
    let case = desk.run(FIND, petra()).unwrap();
    assert_eq!((&case["state"], &case["state-id"]), (&json!(""), &gone));
}

#[test]
fn a_case_that_brings_its_names_needs_no_lists() {
    let desk = mock().language("cs");
    let state =
        json!({ "id": RECEIVED, "name": { "cs": "Zboží přijato", "en": "Goods received" } });
    let kind = json!({ "id": CLAIM, "name": "Reklamace" });
    desk.expect(finds(&[ticket_with(&[("/state", state), ("/type", kind)])]));
    let case = desk.run(FIND, petra()).unwrap();
    assert_eq!(case["state"], json!("Zboží přijato"));
    assert_eq!(case["state-id"], json!(RECEIVED));
    assert_eq!(case["type"], json!("Reklamace"));
}

#[test]
fn a_case_that_names_its_state_by_an_object_without_names_needs_the_list() {
    let desk = mock();
    let state = json!({ "id": RECEIVED });
    desk.expect(finds(&[ticket_with(&[
        ("/state", state),
        ("/type", Json::Null),
    ])]));
    desk.expect(states());
    let case = desk.run(FIND, petra()).unwrap();
    assert_eq!(
        (&case["state"], &case["type"]),
        (&json!("Goods received"), &json!(""))
    );
}

#[test]
fn a_hit_proves_nothing() {
    let others = [
        // Another order whose number contains the one asked for, or lacks its zero.
        ticket_with(&[("/bound_order/code", json!("O2601470"))]),
        ticket_with(&[("/bound_order/code", json!("O0260147"))]),
        ticket_with(&[("/bound_order/code", json!("260147"))]),
        // Only the shop's own id of the order is this one.
        ticket_with(&[
            ("/bound_order/code", json!("147")),
            ("/bound_order/remote_id", json!("O260147")),
        ]),
        // Without an order, but with the number in its texts.
        ticket_with(&[("/bound_order", Json::Null), ("/code", json!("O260147"))]),
        ticket_with(&[("/bound_order/code", json!(""))]),
    ];
    for other in others {
        let desk = mock();
        desk.expect(finds(std::slice::from_ref(&other)));
        assert_eq!(desk.run(FIND, petra()), Ok(json!(false)), "{other}");
    }
}

#[test]
fn a_number_may_be_written_as_people_write_it() {
    for own in ["o260147", " O260147", "O26-0147"] {
        let desk = mock();
        let ticket = ticket_with(&[("/bound_order/code", json!(own))]);
        desk.expect(finds(&[ticket]))
            .expect(states())
            .expect(types());
        let outcome = desk.run(FIND, petra()).unwrap();
        assert_eq!(outcome["code"], json!("20260147"), "{own}");
    }
}

#[test]
fn no_hit_is_false_with_one_request() {
    let desk = mock();
    desk.expect(finds(&[]));
    assert_eq!(desk.run(FIND, petra()), Ok(json!(false)));
    // A list of nothing may have no pages.
    desk.expect(asks_for_page("O260147", 1).answers(200, page(&[], 1, 0)));
    assert_eq!(desk.run(FIND, petra()), Ok(json!(false)));
}

#[test]
fn another_email_or_none_is_false_with_one_request() {
    for (own, given) in [
        (json!("petra.vlkova@example.cz"), "jan.dvorak@example.cz"),
        (json!("petra.vlkova@example.cz"), "petra.vlkova@example.com"),
        (json!("petra.vlkova@example.cz"), "vlkova@example.cz"),
        (Json::Null, "petra.vlkova@example.cz"),
        (json!(" "), "petra.vlkova@example.cz"),
    ] {
        let desk = mock();
        desk.expect(finds(&[ticket_with(&[("/customer/email", own)])]));
        assert_eq!(desk.run(FIND, asked(given)), Ok(json!(false)), "{given}");
    }
    let desk = mock();
    desk.expect(finds(&[ticket_with(&[("/customer", Json::Null)])]));
    assert_eq!(
        desk.run(FIND, petra()),
        Ok(json!(false)),
        "a case without a customer"
    );
}

#[test]
fn the_email_may_be_in_any_of_the_likely_places() {
    let own = json!("Petra.Vlkova@example.cz");
    let places = ["/customer_email", "/bound_order/customer_email", "/email"];
    let tickets = places.map(|place| without(ticket_with(&[(place, own.clone())]), "", "customer"));
    let nested = ticket_with(&[("/bound_order/customer", json!({ "email": own }))]);
    for ticket in tickets.into_iter().chain([without(nested, "", "customer")]) {
        let desk = mock();
        desk.expect(finds(std::slice::from_ref(&ticket)))
            .expect(states())
            .expect(types());
        assert!(desk.run(FIND, petra()).unwrap().is_object(), "{ticket}");
        desk.expect(finds(std::slice::from_ref(&ticket)));
        assert_eq!(
            desk.run(FIND, asked("jan.dvorak@example.cz")),
            Ok(json!(false)),
            "{ticket}"
        );
    }
}

#[test]
fn a_case_without_its_customer_in_the_list_is_read() {
    let desk = mock();
    desk.expect(finds(&[
        without(
            ticket_with(&[
                ("/id", json!("x")),
                ("/bound_order/code", json!("O2601470")),
            ]),
            "",
            "customer",
        ),
        without(ticket(), "", "customer"),
    ]));
    desk.expect(get(&format!("tickets/{CASE}")).answers(200, ticket()));
    desk.expect(states()).expect(types());
    assert_eq!(desk.run(FIND, petra()).unwrap()["id"], json!(CASE));

    desk.expect(finds(&[without(ticket(), "", "customer")]));
    desk.expect(get(&format!("tickets/{CASE}")).answers(200, ticket()));
    assert_eq!(
        desk.run(FIND, asked("jan.dvorak@example.cz")),
        Ok(json!(false))
    );
}

#[test]
fn a_case_without_its_order_in_the_list_is_read() {
    let desk = mock();
    desk.expect(finds(&[without(ticket(), "", "bound_order")]));
    desk.expect(get(&format!("tickets/{CASE}")).answers(200, ticket()));
    desk.expect(states()).expect(types());
    assert!(desk.run(FIND, petra()).unwrap().is_object());
}

#[test]
fn a_case_without_its_order_or_customer_proves_nothing() {
    for hidden in [
        without(ticket(), "", "customer"),
        without(ticket(), "", "bound_order"),
    ] {
        let desk = mock();
        desk.expect(finds(std::slice::from_ref(&hidden)));
        desk.expect(get(&format!("tickets/{CASE}")).answers(200, hidden));
        let outcome = desk.run(FIND, petra());
        assert!(is_unexpected(&outcome), "{outcome:?}");
    }
}

#[test]
fn another_case_than_the_one_read_proves_nothing() {
    let desk = mock();
    desk.expect(finds(&[without(ticket(), "", "customer")]));
    let other = ticket_with(&[("/id", json!("5b0a7c1e-8f7d-4f43-9a0a-2f1f3a6c0999"))]);
    desk.expect(get(&format!("tickets/{CASE}")).answers(200, other));
    let outcome = desk.run(FIND, petra());
    assert!(is_unexpected(&outcome), "{outcome:?}");
}

fn numbered(number: u32) -> Json {
    let id = format!("5b0a7c1e-8f7d-4f43-9a0a-{number:012}");
    without(ticket_with(&[("/id", json!(id))]), "", "customer")
}

#[test]
fn at_most_ten_cases_are_read_one_by_one() {
    let slim: Vec<_> = (1..=11).map(numbered).collect();
    let desk = mock();
    desk.expect(finds(&slim));
    for number in 1..=10 {
        let mut ticket = numbered(number);
        ticket["customer"] = json!({ "email": "jan.dvorak@example.cz" });
        let path = format!("tickets/{}", ticket["id"].as_str().unwrap());
        desk.expect(get(&path).answers(200, ticket));
    }
    let outcome = desk.run(FIND, petra());
    assert!(is_unexpected(&outcome), "{outcome:?}");
}

#[test]
fn the_newest_of_several_is_taken_whatever_their_order() {
    let dated = |id: &str, created: &str| {
        ticket_with(&[("/id", json!(id)), ("/created_at", json!(created))])
    };
    let tickets = [
        dated("a", "2026-04-02T10:00:00+02:00"),
        dated("c", "2026-04-02T09:30:00.5Z"),
        dated("b", "2026-04-02T09:30:00.123456789Z"),
        dated("d", "2025-12-31T23:59:59Z"),
    ];
    for turn in 0..tickets.len() {
        let mut tickets = tickets.clone();
        tickets.rotate_left(turn);
        let desk = mock();
        desk.expect(finds(&tickets))
            .expect(states())
            .expect(types());
        assert_eq!(desk.run(FIND, petra()).unwrap()["id"], json!("b"));
    }
}

#[test]
fn a_closed_case_is_found_too() {
    let desk = mock();
    desk.expect(finds(&[ticket_with(&[(
        "/closed_at",
        json!("2026-05-01T10:00:00Z"),
    )])]));
    desk.expect(states()).expect(types());
    assert!(desk.run(FIND, petra()).unwrap().is_object());
}

#[test]
fn a_case_that_never_changed_has_the_moment_of_its_creation() {
    let desk = mock();
    desk.expect(finds(&[ticket_with(&[("/updated_at", Json::Null)])]));
    desk.expect(states()).expect(types());
    let case = desk.run(FIND, petra()).unwrap();
    assert_eq!(case["updated"], case["created"]);
}

#[test]
fn a_case_without_a_required_value_is_a_failure() {
    for broken in [
        without(ticket(), "", "id"),
        without(ticket(), "", "created_at"),
        ticket_with(&[("/created_at", Json::Null)]),
        ticket_with(&[("/created_at", json!("2. 4. 2026"))]),
    ] {
        let desk = mock();
        desk.expect(finds(std::slice::from_ref(&broken)));
        let outcome = desk.run(FIND, petra());
        assert!(is_unexpected(&outcome), "{broken}: {outcome:?}");
    }
}

#[test]
fn all_pages_of_the_search_are_read() {
    let other = ticket_with(&[
        ("/id", json!("x")),
        ("/bound_order/code", json!("O2601470")),
    ]);
    let desk = mock();
    desk.expect(asks_for_page("O260147", 1).answers(200, page(&[other], 1, 2)));
    desk.expect(asks_for_page("O260147", 2).answers(200, page(&[ticket()], 2, 2)));
    desk.expect(states()).expect(types());
    assert!(desk.run(FIND, petra()).unwrap().is_object());
}

#[test]
fn a_search_with_more_hits_than_are_read_proves_nothing_unless_the_case_is_among_them() {
    let other = || ticket_with(&[("/bound_order/code", json!("O2601470"))]);
    let desk = mock();
    for number in 1..=10 {
        desk.expect(asks_for_page("O260147", number).answers(200, page(&[other()], number, 11)));
    }
    let outcome = desk.run(FIND, petra());
    assert!(is_unexpected(&outcome), "{outcome:?}");

    for number in 1..=10 {
        let hit = if number == 3 {
            ticket_with(&[("/id", json!("own"))])
        } else {
            other()
        };
        desk.expect(asks_for_page("O260147", number).answers(200, page(&[hit], number, 11)));
    }
    desk.expect(states()).expect(types());
    assert_eq!(desk.run(FIND, petra()).unwrap()["id"], json!("own"));
}

#[test]
fn a_list_without_its_length_proves_nothing() {
    for answer in [
        without(page(&[], 1, 1), "", "total_pages"),
        without(page(&[], 1, 1), "", "results"),
        json!([]),
        json!({ "count": 1, "current_page": 1, "total_pages": 1, "results": null }),
        page(&[json!(17)], 1, 1),
    ] {
        let desk = mock();
        desk.expect(asks_for_page("O260147", 1).answers(200, answer.clone()));
        let outcome = desk.run(FIND, petra());
        assert!(is_unexpected(&outcome), "{answer}: {outcome:?}");
    }
    // The first page again, where the second one was asked for.
    let desk = mock();
    desk.expect(asks_for_page("O260147", 1).answers(200, page(&[], 1, 2)));
    desk.expect(asks_for_page("O260147", 2).answers(200, page(&[], 1, 2)));
    let outcome = desk.run(FIND, petra());
    assert!(is_unexpected(&outcome), "{outcome:?}");
}

#[test]
fn the_number_is_trimmed_and_percent_encoded() {
    let desk = mock();
    let path = "tickets/search?search=A%26page%3D2%20%23%2F%C5%BD&page=1&page_size=100";
    let own = ticket_with(&[("/bound_order/code", json!("A&page=2 #/Ž"))]);
    desk.expect(get(path).answers(200, page(&[own], 1, 1)));
    desk.expect(states()).expect(types());
    let asked = [
        ("order", " \tA&page=2 #/Ž\n"),
        ("email", "petra.vlkova@example.cz"),
    ];
    assert!(desk.run(FIND, asked).unwrap().is_object());
}

#[test]
fn an_empty_number_is_refused() {
    for function in [FIND, "load-customer-cases"] {
        let desk = mock();
        let asked = [("order", " \n"), ("email", "petra.vlkova@example.cz")];
        assert_eq!(
            desk.run(function, asked),
            Err(Failure::invalid_parameter("order", "is empty")),
        );
    }
}

#[test]
fn a_case_that_cannot_be_read_does_not_hide_another() {
    let desk = mock();
    let odd = [
        json!(false),
        without(ticket(), "", "id"),
        ticket_with(&[
            ("/id", json!("3b1f7a0c-0000-4000-8000-000000000001")),
            ("/created_at", json!("2. 4. 2026")),
        ]),
    ];
    let hits: Vec<Json> = odd.into_iter().chain([ticket()]).collect();
    desk.expect(finds(&hits));
    desk.expect(states()).expect(types());
    let outcome = desk.run(FIND, petra()).unwrap();
    assert_eq!(outcome["id"], ticket()["id"]);
}
