//! `append-note`.

use krabice_plugin::Failure;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::account::{
    asks, asks_for, finds_none, finds_order, mock, order_with, order_without, orders, refusal,
    refused, success,
};

fn writes(comments: &str) -> Expected {
    asks(
        "setOrderFields",
        &json!({ "order_id": 90155231, "admin_comments": comments }),
    )
}

fn shows(comments: &str) -> Expected {
    let order = order_with(&json!({ "admin_comments": comments }));
    asks_for(90_155_231).answers(200, orders(&[order]))
}

fn asked(text: &'static str) -> [(&'static str, &'static str); 2] {
    [("order", "90155231"), ("text", text)]
}

#[test]
fn the_text_is_added_on_its_own_line() {
    let base = mock();
    base.expect(finds_order());
    base.expect(writes("Pilne\nDárek").answers(200, success(&json!({}))));
    base.expect(shows("Pilne\r\nDárek"));
    assert_eq!(
        base.run("append-note", asked("Dárek")),
        Ok(json!("Pilne\nDárek"))
    );
}

#[test]
fn a_note_that_a_second_read_does_not_show_is_not_true() {
    for kept in ["Pilne", "Pilne\nDár"] {
        let base = mock();
        base.expect(finds_order());
        base.expect(writes("Pilne\nDárek").answers(200, success(&json!({}))));
        base.expect(shows(kept));
        assert_eq!(
            base.run("append-note", asked("Dárek")),
            Err(Failure::unexpected_answer(
                "setOrderFields: a second read does not show the comments"
            ))
        );
    }
}

#[test]
fn a_note_that_does_not_fit_is_not_written() {
    let long = |letters: usize| order_with(&json!({ "admin_comments": "ž".repeat(letters) }));
    let base = mock();
    base.expect(asks_for(90_155_231).answers(200, orders(&[long(195)])));
    assert_eq!(
        base.run("append-note", asked("Dárek")),
        Err(Failure::invalid_parameter(
            "text",
            "does not fit into the order's comments, which have at most 200 characters"
        ))
    );
    base.expect(asks_for(90_155_231).answers(200, orders(&[long(194)])));
    let whole = format!("{}\nDárek", "ž".repeat(194));
    base.expect(writes(&whole).answers(200, success(&json!({}))));
    base.expect(shows(&whole));
    assert_eq!(base.run("append-note", asked("Dárek")), Ok(json!(whole)));
}

#[test]
fn the_first_comment_is_the_whole_text() {
    for empty in [json!(""), Json::Null] {
        let base = mock();
        let order = order_with(&json!({ "admin_comments": empty }));
        base.expect(asks_for(90_155_231).answers(200, orders(&[order])));
        base.expect(writes("Dárek").answers(200, success(&json!({}))));
        base.expect(shows("Dárek"));
        assert_eq!(base.run("append-note", asked("Dárek")), Ok(json!("Dárek")));
    }
}

#[test]
fn an_order_that_does_not_exist_gets_no_note() {
    let base = mock();
    base.expect(finds_none());
    assert_eq!(base.run("append-note", asked("Dárek")), Ok(json!(false)));
}

#[test]
fn unknown_comments_are_not_overwritten() {
    let base = mock();
    base.expect(asks_for(90_155_231).answers(200, orders(&[order_without("admin_comments")])));
    assert_eq!(
        base.run("append-note", asked("Dárek")),
        Err(Failure::unexpected_answer(
            "the answer lacks `admin_comments`"
        ))
    );
}

#[test]
fn an_empty_text_and_a_refused_write_are_failures() {
    let base = mock();
    assert_eq!(
        base.run("append-note", asked(" ")),
        Err(Failure::invalid_parameter("text", "is empty"))
    );
    base.expect(finds_order());
    base.expect(writes("Pilne\nDárek").answers(200, refused("ERROR_ORDER_NOT_FOUND", "")));
    assert_eq!(
        base.run("append-note", asked("Dárek")),
        refusal("setOrderFields", "ERROR_ORDER_NOT_FOUND")
    );
}
