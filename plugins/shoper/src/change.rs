//! The status of an order, changed: `change-order-status`.

use krabice_plugin::{Failure, Fields, LiveChoice, Outcome, Params, function};
use serde_json::json;

use crate::Shop;
use crate::order::{self, OrderNumber, Update};
use crate::status::{Statuses, choices};

#[derive(Params)]
pub(crate) struct Change {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "New status", cs = "Nový stav", pl = "Nowy status"),
        help(
            en = "A status of the shop. Its name in any language of the shop is taken, too, where no \
                  other status has it.",
            cs = "Stav z obchodu. Lze zadat i jeho název v kterémkoli jazyce obchodu, pokud ho nemá \
                  jiný stav.",
            pl = "Status ze sklepu. Można też podać jego nazwę w dowolnym języku sklepu, jeśli nie ma \
                  jej inny status."
        )
    )]
    status: LiveChoice,
}

#[derive(Fields)]
pub(crate) struct Changed {
    #[field(
        label(en = "Changed", cs = "Změněno", pl = "Zmieniono"),
        help(
            en = "No, when the order was in this status already.",
            cs = "Ne, když objednávka v tomto stavu už byla.",
            pl = "Nie, gdy zamówienie miało już ten status."
        )
    )]
    changed: bool,
    #[field(
        label(en = "Old status", cs = "Původní stav", pl = "Poprzedni status"),
        help(
            en = "Its name in the scenario's language.",
            cs = "Jeho název v jazyce scénáře.",
            pl = "Jego nazwa w języku scenariusza."
        )
    )]
    old_status: String,
    #[field(label(
        en = "Number of the old status",
        cs = "Číslo původního stavu",
        pl = "Numer poprzedniego statusu"
    ))]
    old_status_id: String,
    #[field(
        label(en = "Status", cs = "Stav", pl = "Status"),
        help(
            en = "The name of the present status in the scenario's language.",
            cs = "Název nynějšího stavu v jazyce scénáře.",
            pl = "Nazwa obecnego statusu w języku scenariusza."
        )
    )]
    status: String,
    #[field(label(en = "Number of the status", cs = "Číslo stavu", pl = "Numer statusu"))]
    status_id: String,
}

#[function(
    // Not idempotent: whether setting the same status again sends the e-mail again
    // is not documented.
    writes,
    label(
        en = "Change the status of an order",
        cs = "Změnit stav objednávky",
        pl = "Zmień status zamówienia"
    ),
    help(
        en = "True when the order, read again, is in this status; false when there is no such order \
              or no such status, or the order is in another status nevertheless. Whether the customer \
              gets an e-mail is decided by the status in the shop's settings: the API has no switch \
              for it.",
        cs = "Ano, když je objednávka po novém načtení v tomto stavu; ne, když taková objednávka nebo \
              takový stav není, nebo je objednávka přesto v jiném stavu. Zda zákazník dostane e-mail, \
              rozhoduje stav v nastavení obchodu: API na to přepínač nemá.",
        pl = "Tak, gdy zamówienie po ponownym odczycie ma ten status; nie, gdy nie ma takiego \
              zamówienia lub statusu albo zamówienie mimo to ma inny status. O tym, czy klient \
              dostanie e-mail, decyduje status w ustawieniach sklepu: API nie ma na to przełącznika."
    ),
    choices(status = choices)
)]
pub(crate) fn change_order_status(shop: &Shop, asked: Change) -> Result<Outcome<Changed>, Failure> {
    let wanted = asked.status.as_str().trim();
    if wanted.is_empty() {
        return Err(Failure::invalid_parameter("status", "is empty"));
    }
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let Some(before) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    let statuses = Statuses::ask(shop)?;
    let Some(wanted) = statuses.meant(wanted) else {
        return Ok(Outcome::False);
    };
    let wanted = wanted.id()?;
    let old = statuses.state(shop, &before)?;
    if old.status_id == *wanted {
        return Ok(Outcome::True(Changed {
            changed: false,
            old_status: old.status.clone(),
            old_status_id: old.status_id.clone(),
            status: old.status,
            status_id: old.status_id,
        }));
    }
    let id: u64 = wanted
        .parse()
        .map_err(|_| Failure::unexpected_answer("the number of a status is none"))?;
    match order::change(shop, &number, &json!({ "status_id": id }))? {
        Update::NoOrder | Update::Refused => return Ok(Outcome::False),
        // What the order says now is the proof, either way.
        Update::Done | Update::Nothing => {}
    }
    let Some(after) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    let new = statuses.state(shop, &after)?;
    if new.status_id != *wanted {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(Changed {
        changed: true,
        old_status: old.status,
        old_status_id: old.status_id,
        status: new.status,
        status_id: new.status_id,
    }))
}
