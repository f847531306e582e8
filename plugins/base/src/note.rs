//! The staff's comments on an order: `append-note`.

use krabice_plugin::{Answer, Failure, Outcome, Params, function};
use serde_json::{Value as Json, json};

use crate::order::OrderId;
use crate::{Shop, api};

#[derive(Params)]
pub(crate) struct Note {
    #[param(flatten)]
    order: OrderId,
    #[param(
        label(en = "Text", cs = "Text", pl = "Tekst", pt = "Texto"),
        help(
            en = "What the staff is to read. The customer does not see it.",
            cs = "Co si má obsluha přečíst. Zákazník to nevidí.",
            pl = "Co ma przeczytać obsługa. Klient tego nie widzi.",
            pt = "O que a equipa deve ler. O cliente não o vê."
        ),
        personal
    )]
    text: String,
}

#[derive(Answer)]
#[answer(
    label(
        en = "Staff's comments",
        cs = "Poznámky obsluhy",
        pl = "Uwagi obsługi",
        pt = "Comentários da equipa"
    ),
    help(
        en = "All of them, with the text at the end. They are not meant for the customer.",
        cs = "Všechny, s textem na konci. Zákazníkovi nejsou určené.",
        pl = "Wszystkie, z tekstem na końcu. Nie są przeznaczone dla klienta.",
        pt = "Todos, com o texto no fim. Não se destinam ao cliente."
    ),
    personal
)]
pub(crate) struct Comments(String);

#[function(
    writes,
    label(
        en = "Add to the staff's comments",
        cs = "Připsat do poznámek obsluhy",
        pl = "Dopisz do uwag obsługi",
        pt = "Acrescentar aos comentários da equipa"
    ),
    help(
        en = "True when the text stands at the end of the order's comments, on a line of its own; \
              false when there is no such order. What somebody writes at the same moment may be \
              lost: the API can only replace all comments.",
        cs = "Ano, když text stojí na konci poznámek objednávky, na vlastním řádku; ne, když taková \
              objednávka není. Co někdo píše v téže chvíli, se může ztratit: API umí jen nahradit \
              všechny poznámky.",
        pl = "Tak, gdy tekst stoi na końcu uwag zamówienia, w osobnym wierszu; nie, gdy nie ma \
              takiego zamówienia. To, co ktoś pisze w tej samej chwili, może przepaść: API umie \
              tylko zastąpić wszystkie uwagi.",
        pt = "Sim quando o texto está no fim dos comentários da encomenda, numa linha própria; não \
              quando a encomenda não existe. O que alguém escreva no mesmo momento pode perder-se: a \
              API só substitui todos os comentários."
    )
)]
pub(crate) fn append_note(shop: &Shop, asked: Note) -> Result<Outcome<Comments>, Failure> {
    if asked.text.trim().is_empty() {
        return Err(Failure::invalid_parameter("text", "is empty"));
    }
    let Some(order) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    // An answer without the comments could hide some, and they would be lost.
    let comments = match order.admin_comments.known("admin_comments")? {
        Some(comments) => format!("{comments}\n{}", asked.text),
        None => asked.text,
    };
    let change = json!({ "order_id": asked.order.read()?, "admin_comments": comments });
    api::read::<Json>(shop, "setOrderFields", &change)?;
    Ok(Outcome::True(Comments(comments)))
}
