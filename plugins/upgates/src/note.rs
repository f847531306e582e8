//! The internal note of an order: `append-note` and `overwrite-note`.

use krabice_plugin::{Failure, Outcome, Params, function};
use serde_json::json;

use crate::Shop;
use crate::order::{self, Number, OrderNumber};
use crate::update::{self, Update};

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

/// Add to the note
///
/// True when the text stands at the end of the order's internal note, on a line of its own; false
/// when there is no such order. What somebody writes into the note in Upgates at the same moment
/// may be lost: the API can only replace the whole note.
#[function(writes, purposes(append_note), subject(order = order), exclusive)]
pub(crate) fn append_note(shop: &Shop, asked: OrderAndText) -> Result<Outcome, Failure> {
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
    let note = match order.internal_note.known("internal_note")? {
        Some(note) => format!("{note}\n{}", asked.text),
        None => asked.text,
    };
    match write(shop, &Number::of(&order)?, &note)? {
        Update::Done => Ok(Outcome::True(())),
        Update::Refused(_) => Err(not_written()),
    }
}

/// Overwrite the note
///
/// True when the text is the order's whole internal note; false when there is no such order. An
/// empty text empties the note.
#[function(
    writes_idempotently,
    subject(order = order),
    // A text that is being added to the note that was there before would replace this one.
    exclusive,
)]
pub(crate) fn overwrite_note(shop: &Shop, asked: OrderAndText) -> Result<Outcome, Failure> {
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    match write(shop, &number, &asked.text)? {
        Update::Done => Ok(Outcome::True(())),
        Update::Refused(_) => match order::find(shop, &number)? {
            None => Ok(Outcome::False),
            Some(order) => {
                // The order has the number in another spelling, which a change has to use.
                let own = Number::of(&order)?;
                let other = own.as_str() != number.as_str();
                match other.then(|| write(shop, &own, &asked.text)).transpose()? {
                    Some(Update::Done) => Ok(Outcome::True(())),
                    Some(Update::Refused(_)) | None => Err(not_written()),
                }
            }
        },
    }
}

fn write(shop: &Shop, number: &Number, note: &str) -> Result<Update, Failure> {
    update::change(shop, number, false, json!({ "internal_note": note }))
}

fn not_written() -> Failure {
    Failure::unexpected_answer("PUT orders: the note was not written")
}
