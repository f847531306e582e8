//! The note of the shop's staff on an order: `append-note`.

use krabice_plugin::{Answer, Failure, Outcome, Params, function};
use serde_json::json;

use crate::Shop;
use crate::order::{self, OrderNumber, Update};

#[derive(Params)]
pub(crate) struct OrderAndText {
    #[param(flatten)]
    order: OrderNumber,
    /// Text
    ///
    /// What the shop's staff is to read. The customer does not see it.
    #[param(personal)]
    text: String,
}

/// Note
///
/// The whole note as it is now.
#[derive(Answer)]
#[answer(personal)]
pub(crate) struct StaffNote(String);

/// Add to the note
///
/// True with the whole note when a second read shows the text at the end of the staff's note, on a line of its
/// own; false when there is no such order, or the shop does not take the text. What somebody writes
/// into the note in Shoper at the same moment may be lost: the API can only replace the whole note.
#[function(writes, purposes(append_note), subject(order = order), exclusive)]
pub(crate) fn append_note(shop: &Shop, asked: OrderAndText) -> Result<Outcome<StaffNote>, Failure> {
    if asked.text.trim().is_empty() {
        return Err(Failure::invalid_parameter("text", "is empty"));
    }
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let Some(order) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    // A note that the answer does not contain would be lost.
    let note = match order.notes_priv.known("notes_priv")? {
        Some(note) => format!("{note}\n{}", asked.text),
        None => asked.text,
    };
    match order::change(shop, &number, &json!({ "notes_priv": note }))? {
        // The shop also confirms what it did not do.
        Update::Done => match order::find(shop, &number)? {
            Some(order) if words(&order.notes_priv.text()) == words(&note) => {
                Ok(Outcome::True(StaffNote(note)))
            }
            _ => Err(Failure::unexpected_answer(
                "PUT webapi/rest/orders: a second read does not show the note",
            )),
        },
        Update::Refused | Update::NoOrder => Ok(Outcome::False),
        Update::Nothing => Err(Failure::unexpected_answer(
            "PUT webapi/rest/orders: the note was not written",
        )),
    }
}

/// The letters of a text: white space may be written in another way.
fn words(text: &str) -> String {
    text.split_whitespace().collect()
}
