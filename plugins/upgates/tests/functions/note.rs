//! `append-note` and `overwrite-note`.

use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, put};
use serde_json::{Value as Json, json};

use crate::shop::{
    asks_for, changed, finds_none, finds_order, message, mock, order_with, order_without, orders,
};

fn asked(text: &'static str) -> [(&'static str, &'static str); 2] {
    [("order", "O260147"), ("text", text)]
}

fn writes(note: &str) -> Expected {
    put("orders").json(json!({
        "send_emails_yn": false,
        "send_sms_yn": false,
        "orders": [{ "order_number": "O260147", "internal_note": note }],
    }))
}

#[test]
fn the_text_is_added_on_its_own_line() {
    let shop = mock();
    shop.expect(finds_order());
    shop.expect(
        writes("Zavolat před doručením\nProsí o \"dárkové\" balení")
            .answers(200, changed(true, json!([]))),
    );
    assert_eq!(
        shop.run("append-note", asked("Prosí o \"dárkové\" balení")),
        Ok(json!(true))
    );
}

#[test]
fn the_first_text_is_the_whole_note() {
    for note in [Json::Null, json!("")] {
        let shop = mock();
        let order = order_with("/internal_note", note);
        shop.expect(asks_for("O260147").answers(200, orders(&[order])));
        shop.expect(writes("Dárek").answers(200, changed(true, json!([]))));
        assert_eq!(shop.run("append-note", asked("Dárek")), Ok(json!(true)));
    }
}

#[test]
fn an_answer_without_the_note_is_a_failure_and_nothing_is_written() {
    let shop = mock();
    shop.expect(asks_for("O260147").answers(200, orders(&[order_without("", "internal_note")])));
    assert_eq!(
        shop.run("append-note", asked("Dárek")),
        Err(Failure::unexpected_answer(
            "the answer lacks `internal_note`"
        )),
    );
}

#[test]
fn an_unknown_order_is_false_and_writes_nothing() {
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(shop.run("append-note", asked("Dárek")), Ok(json!(false)));
}

#[test]
fn an_empty_text_is_refused() {
    let shop = mock();
    assert_eq!(
        shop.run("append-note", asked(" \n")),
        Err(Failure::invalid_parameter("text", "is empty")),
    );
}

#[test]
fn an_addition_that_the_shop_refuses_is_a_failure() {
    let shop = mock();
    shop.expect(finds_order());
    shop.expect(writes("Zavolat před doručením\nDárek").answers(
        200,
        changed(
            false,
            message(Some("internal_note"), "příliš dlouhá: Dárek"),
        ),
    ));
    assert_eq!(
        shop.run("append-note", asked("Dárek")),
        Err(Failure::unexpected_answer(
            "PUT orders: the note was not written"
        )),
        "and no text of the note is in the detail",
    );
}

#[test]
fn a_note_is_overwritten_in_one_request() {
    for text in ["Dárek", ""] {
        let shop = mock();
        shop.expect(writes(text).answers(200, changed(true, json!([]))));
        assert_eq!(shop.run("overwrite-note", asked(text)), Ok(json!(true)));
    }
}

#[test]
fn overwriting_the_note_of_an_unknown_order_is_false_on_proof() {
    let shop = mock();
    shop.expect(writes("Dárek").answers(200, changed(false, message(Some("order_number"), "?"))));
    shop.expect(finds_none());
    assert_eq!(shop.run("overwrite-note", asked("Dárek")), Ok(json!(false)));
}

#[test]
fn a_note_that_the_shop_refuses_is_a_failure() {
    let shop = mock();
    shop.expect(writes("Dárek").answers(200, changed(false, json!([]))));
    shop.expect(finds_order());
    let outcome = shop.run("overwrite-note", asked("Dárek"));
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
