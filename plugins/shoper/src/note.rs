//! The note of the shop's staff on an order: `append-note`.

use krabice_plugin::{Answer, Failure, Outcome, Params, function};
use serde_json::json;

use crate::Shop;
use crate::order::{self, OrderNumber, Update};

#[derive(Params)]
pub(crate) struct Addition {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "Text", cs = "Text", pl = "Tekst"),
        help(
            en = "What the shop's staff is to read. The customer does not see it.",
            cs = "Co si má obsluha obchodu přečíst. Zákazník to nevidí.",
            pl = "Co ma przeczytać obsługa sklepu. Klient tego nie widzi."
        ),
        personal
    )]
    text: String,
}

#[derive(Answer)]
#[answer(
    label(en = "Note", cs = "Poznámka", pl = "Notatka"),
    help(
        en = "The whole note as it is now.",
        cs = "Celá poznámka, jak teď je.",
        pl = "Cała notatka w obecnej postaci."
    ),
    personal
)]
pub(crate) struct Note(String);

#[function(
    writes,
    label(
        en = "Add to the note",
        cs = "Připsat do poznámky",
        pl = "Dopisz do notatki"
    ),
    help(
        en = "True with the whole note when the text stands at the end of the staff's note, on a line \
              of its own; false when there is no such order, or the shop does not take the text. What \
              somebody writes into the note at the same moment may be lost: the API can only replace \
              the whole note.",
        cs = "Ano s celou poznámkou, když text stojí na konci poznámky obsluhy, na vlastním řádku; \
              ne, když taková objednávka není nebo obchod text nevezme. Co někdo v téže chvíli do \
              poznámky píše, se může ztratit: API umí jen nahradit celou poznámku.",
        pl = "Tak z całą notatką, gdy tekst stoi na końcu notatki obsługi, w osobnym wierszu; nie, \
              gdy nie ma takiego zamówienia lub sklep nie przyjmie tekstu. To, co ktoś pisze w \
              notatce w tej samej chwili, może przepaść: API umie tylko zastąpić całą notatkę."
    )
)]
pub(crate) fn append_note(shop: &Shop, asked: Addition) -> Result<Outcome<Note>, Failure> {
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
    let note = match order.notes_priv.known("notes_priv")? {
        Some(note) => format!("{note}\n{}", asked.text),
        None => asked.text,
    };
    match order::change(shop, &number, &json!({ "notes_priv": note }))? {
        Update::Done => Ok(Outcome::True(Note(note))),
        Update::Refused | Update::NoOrder => Ok(Outcome::False),
        Update::Nothing => Err(Failure::unexpected_answer(
            "PUT webapi/rest/orders: the note was not written",
        )),
    }
}
