//! `append-note`.

use krabice_plugin::Failure;
use serde_json::json;

use crate::shop::{asks_for, finds_none, finds_order, mock, order_with, refusal, writes};

const ASKED: [(&str, &str); 2] = [("order", "7130"), ("text", "Klient dzwonił znowu")];

#[test]
fn the_text_is_added_on_its_own_line() {
    let shop = mock();
    let whole = "Dzwonił\nKlient dzwonił znowu";
    shop.expect(finds_order())
        .expect(writes(json!({ "notes_priv": whole })).answers(200, json!(1)))
        .expect(asks_for("7130").answers(
            200,
            order_with("notes_priv", json!(whole.replace('\n', "\r\n"))),
        ));
    assert_eq!(shop.run("append-note", ASKED), Ok(json!(whole)));
}

#[test]
fn a_note_that_a_second_read_does_not_show_is_not_true() {
    let shop = mock();
    let whole = "Dzwonił\nKlient dzwonił znowu";
    shop.expect(finds_order())
        .expect(writes(json!({ "notes_priv": whole })).answers(200, json!(1)))
        .expect(finds_order());
    let outcome = shop.run("append-note", ASKED);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_empty_note_becomes_the_text() {
    for empty in [json!(""), json!(null)] {
        let shop = mock();
        shop.expect(asks_for("7130").answers(200, order_with("notes_priv", empty)))
            .expect(writes(json!({ "notes_priv": ASKED[1].1 })).answers(200, json!(true)))
            .expect(asks_for("7130").answers(200, order_with("notes_priv", json!(ASKED[1].1))));
        assert_eq!(shop.run("append-note", ASKED), Ok(json!(ASKED[1].1)));
    }
}

#[test]
fn an_unknown_note_is_not_overwritten() {
    let shop = mock();
    shop.expect(asks_for("7130").answers(200, order_with("notes_priv", None)));
    let outcome = shop.run("append-note", ASKED);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn no_such_order_and_a_refused_text_are_false() {
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(shop.run("append-note", ASKED), Ok(json!(false)));
    assert_eq!(
        shop.run("append-note", [("order", "x"), ASKED[1]]),
        Ok(json!(false))
    );
    for (code, word) in [(400, "invalid_request"), (404, "invalid_request")] {
        let write = writes(json!({ "notes_priv": "Dzwonił\nKlient dzwonił znowu" }));
        shop.expect(finds_order())
            .expect(write.answers(code, refusal(word)));
        assert_eq!(shop.run("append-note", ASKED), Ok(json!(false)));
    }
}

#[test]
fn a_note_that_the_shop_did_not_write_is_a_failure() {
    let shop = mock();
    let write = writes(json!({ "notes_priv": "Dzwonił\nKlient dzwonił znowu" }));
    shop.expect(finds_order())
        .expect(write.answers(200, json!(0)));
    let outcome = shop.run("append-note", ASKED);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_empty_text_is_the_scenarios_mistake() {
    assert_eq!(
        mock().run("append-note", [("order", "7130"), ("text", " \n")]),
        Err(Failure::invalid_parameter("text", "is empty")),
    );
}
