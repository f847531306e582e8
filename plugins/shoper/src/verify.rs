//! Whether an order is somebody's: `verify-order`.

use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Timestamp, function};

use crate::order::OrderNumber;
use crate::{Shop, api};

#[derive(Params)]
pub(crate) struct OrderAndEmail {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "E-mail", cs = "E-mail", pl = "E-mail"),
        help(
            en = "The e-mail on the order. Capitals do not matter.",
            cs = "E-mail na objednávce. Na velikosti písmen nezáleží.",
            pl = "E-mail z zamówienia. Wielkość liter nie ma znaczenia."
        ),
        personal
    )]
    email: Email,
}

#[derive(Fields)]
pub(crate) struct Verified {
    #[field(label(en = "Order number", cs = "Číslo objednávky", pl = "Numer zamówienia"))]
    number: String,
    #[field(label(en = "Number of the status", cs = "Číslo stavu", pl = "Numer statusu"))]
    status_id: String,
    #[field(label(en = "Ordered", cs = "Objednáno", pl = "Zamówiono"))]
    date: Timestamp,
}

#[function(
    reads,
    label(
        en = "Verify an order",
        cs = "Ověřit objednávku",
        pl = "Sprawdź zamówienie"
    ),
    help(
        en = "True when the order exists and bears this e-mail. False when there is no such order, it \
              bears another e-mail, or no order can have this number: the same answer for all three, \
              so that nobody learns which numbers exist.",
        cs = "Ano, když objednávka existuje a je na ní tento e-mail. Ne, když taková objednávka není, \
              je na ní jiný e-mail nebo takové číslo žádná mít nemůže: odpověď je ve všech třech \
              případech stejná, aby nikdo nezjistil, která čísla existují.",
        pl = "Tak, gdy zamówienie istnieje i jest na nim ten e-mail. Nie, gdy nie ma takiego \
              zamówienia, jest na nim inny e-mail albo żadne nie może mieć takiego numeru: odpowiedź \
              jest we wszystkich trzech przypadkach taka sama, by nikt nie poznał istniejących \
              numerów."
    )
)]
pub(crate) fn verify_order(
    shop: &Shop,
    asked: OrderAndEmail,
) -> Result<Outcome<Verified>, Failure> {
    let Some(order) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    if !order.belongs_to(&asked.email)? {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(Verified {
        number: order.number()?.clone(),
        status_id: order.status_id.required("status_id")?.clone(),
        date: api::known_moment(shop, &order.date, "date")?,
    }))
}
