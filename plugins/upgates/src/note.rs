//! The internal note of an order: `append-note` and `overwrite-note`.

use krabice_plugin::{Failure, Outcome, Params, function};
use serde_json::json;

use crate::Shop;
use crate::order::{self, Number, OrderNumber};
use crate::update::{self, Update};

#[derive(Params)]
pub(crate) struct Note {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "Text", cs = "Text"),
        help(
            en = "What the shop's staff is to read. The customer does not see it.",
            cs = "Co si má obsluha e-shopu přečíst. Zákazník to nevidí."
        ),
        personal
    )]
    text: String,
}

#[function(
    writes,
    label(en = "Add to the note", cs = "Připsat do poznámky"),
    help(
        en = "True when the text stands at the end of the order's internal note, on a line of its \
              own; false when there is no such order. What somebody writes into the note at the same \
              moment may be lost: the API can only replace the whole note.",
        cs = "Ano, když text stojí na konci interní poznámky objednávky, na vlastním řádku; ne, když \
              taková objednávka není. Co někdo v téže chvíli do poznámky píše, se může ztratit: API \
              umí jen nahradit celou poznámku."
    )
)]
pub(crate) fn append_note(shop: &Shop, asked: Note) -> Result<Outcome, Failure> {
    if asked.text.trim().is_empty() {
        return Err(Failure::invalid_parameter("text", "is empty"));
    }
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let Some(order) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    // An answer without the note could hide one, and it would be lost.
    let note = match order.internal_note.known("internal_note")? {
        Some(note) => format!("{note}\n{}", asked.text),
        None => asked.text,
    };
    match write(shop, &number, &note)? {
        Update::Done => Ok(Outcome::True(())),
        Update::Refused(_) => Err(not_written()),
    }
}

#[function(
    writes_idempotently,
    label(en = "Overwrite the note", cs = "Přepsat poznámku"),
    help(
        en = "True when the text is the order's whole internal note; false when there is no such \
              order. An empty text empties the note.",
        cs = "Ano, když je text celou interní poznámkou objednávky; ne, když taková objednávka není. \
              Prázdný text poznámku vyprázdní."
    )
)]
pub(crate) fn overwrite_note(shop: &Shop, asked: Note) -> Result<Outcome, Failure> {
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    match write(shop, &number, &asked.text)? {
        Update::Done => Ok(Outcome::True(())),
        Update::Refused(_) => match order::find(shop, &number)? {
            None => Ok(Outcome::False),
            Some(_) => Err(not_written()),
        },
    }
}

fn write(shop: &Shop, number: &Number, note: &str) -> Result<Update, Failure> {
    update::change(shop, number, false, json!({ "internal_note": note }))
}

fn not_written() -> Failure {
    Failure::unexpected_answer("PUT orders: the note was not written")
}
