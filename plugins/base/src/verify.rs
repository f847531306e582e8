//! `verify-order`: whose order it is.

use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Timestamp, function};
use serde_json::{Map, json};

use crate::order::{Order, all, find, searched};
use crate::{Shop, id};

#[derive(Params)]
pub(crate) struct Claim {
    #[param(
        label(
            en = "Order number",
            cs = "Číslo objednávky",
            pl = "Numer zamówienia",
            pt = "Número da encomenda"
        ),
        help(
            en = "The number in Base, in the shop, or in the marketplace: whichever the customer has.",
            cs = "Číslo v Base, v e-shopu nebo na tržišti: které zákazník má.",
            pl = "Numer w Base, w sklepie lub na platformie sprzedaży: ten, który klient ma.",
            pt = "O número na Base, na loja ou no marketplace: o que o cliente tiver."
        )
    )]
    number: String,
    #[param(
        label(en = "E-mail", cs = "E-mail", pl = "E-mail", pt = "E-mail"),
        help(
            en = "The e-mail on the order. Capitals do not matter. Marketplaces give orders e-mails \
                  of their own.",
            cs = "E-mail na objednávce. Na velikosti písmen nezáleží. Tržiště dávají objednávkám \
                  vlastní e-maily.",
            pl = "E-mail z zamówienia. Wielkość liter nie ma znaczenia. Platformy sprzedaży nadają \
                  zamówieniom własne e-maile.",
            pt = "O e-mail da encomenda. Maiúsculas não contam. Os marketplaces dão às encomendas \
                  e-mails próprios."
        ),
        personal
    )]
    email: Email,
}

#[derive(Fields)]
pub(crate) struct Verified {
    #[field(
        label(
            en = "Order ID in Base",
            cs = "ID objednávky v Base",
            pl = "ID zamówienia w Base",
            pt = "ID da encomenda na Base"
        ),
        help(
            en = "What the other functions take.",
            cs = "To, co berou ostatní funkce.",
            pl = "To, co przyjmują pozostałe funkcje.",
            pt = "O que as outras funções recebem."
        )
    )]
    order_id: String,
    #[field(label(
        en = "Status ID",
        cs = "ID stavu",
        pl = "ID statusu",
        pt = "ID do estado"
    ))]
    status_id: String,
    #[field(label(en = "Created", cs = "Vytvořeno", pl = "Utworzono", pt = "Criada"))]
    created: Timestamp,
    #[field(
        label(
            en = "Confirmed",
            cs = "Potvrzeno",
            pl = "Potwierdzone",
            pt = "Confirmada"
        ),
        help(
            en = "An order that is not confirmed may be incomplete.",
            cs = "Nepotvrzená objednávka může být neúplná.",
            pl = "Niepotwierdzone zamówienie może być niepełne.",
            pt = "Uma encomenda não confirmada pode estar incompleta."
        )
    )]
    confirmed: bool,
}

/// The most answers of 100 orders that are read for one e-mail: above that, nobody
/// is a customer who types one number.
const PAGES: u32 = 5;

#[function(
    reads,
    label(
        en = "Verify an order",
        cs = "Ověřit objednávku",
        pl = "Sprawdź zamówienie",
        pt = "Verificar uma encomenda"
    ),
    help(
        en = "True when an order has this number and bears this e-mail; false when there is no such \
              order or it bears another e-mail, which cannot be told apart.",
        cs = "Ano, když objednávka má toto číslo a je na ní tento e-mail; ne, když taková objednávka \
              není nebo je na ní jiný e-mail, což nelze rozlišit.",
        pl = "Tak, gdy zamówienie ma ten numer i ten e-mail; nie, gdy nie ma takiego zamówienia lub \
              jest na nim inny e-mail, czego nie da się odróżnić.",
        pt = "Sim quando uma encomenda tem este número e este e-mail; não quando não existe ou tem \
              outro e-mail, o que não se distingue."
    )
)]
pub(crate) fn verify_order(shop: &Shop, asked: Claim) -> Result<Outcome<Verified>, Failure> {
    let number = asked.number.trim();
    if number.is_empty() {
        return Err(Failure::invalid_parameter("number", "is empty"));
    }
    let Some(order) = own(shop, number, &asked.email)? else {
        return Ok(Outcome::False);
    };
    Ok(Outcome::True(Verified {
        order_id: order.id()?.clone(),
        status_id: order.order_status_id.required("order_status_id")?.clone(),
        created: order.created()?,
        confirmed: *order.confirmed.required("confirmed")?,
    }))
}

/// The order of a number and an e-mail; `None` on proof that there is none: all three
/// numbers were asked for by which orders are known.
fn own(shop: &Shop, number: &str, email: &Email) -> Result<Option<Order>, Failure> {
    if let Some(id) = id::number(number) {
        if let Some(order) = find(shop, id)?
            && order.belongs_to(email)?
        {
            return Ok(Some(order));
        }
        // Two shops of one account may have the same number.
        let filter = Map::from_iter([("filter_shop_order_id".to_owned(), json!(id))]);
        let found = all(shop, filter, PAGES)?.whole()?;
        let own = |order: &Order| order.shop_order().as_deref() == Some(number);
        if let Some(order) = first(found, email, own)? {
            return Ok(Some(order));
        }
    }
    // The API has no search by the marketplace's number.
    let filter = Map::from_iter([("filter_email".to_owned(), json!(searched(email)?))]);
    let found = all(shop, filter, PAGES)?.whole()?;
    let own = |order: &Order| order.external_order().as_deref() == Some(number);
    first(found, email, own)
}

/// The first order that is meant and bears the e-mail.
fn first(
    orders: Vec<Order>,
    email: &Email,
    meant: impl Fn(&Order) -> bool,
) -> Result<Option<Order>, Failure> {
    for order in orders {
        if meant(&order) && order.belongs_to(email)? {
            return Ok(Some(order));
        }
    }
    Ok(None)
}
