//! `issue-invoice`: how an order comes to be executed. POHODA has no operation for
//! that alone; it follows from a document made of the order.

use krabice_plugin::{Failure, Fields, Outcome, function};

use crate::answer::Item;
use crate::number::OrderNumber;
use crate::order::{self, Order, State};
use crate::xml::{Node, node, text};
use crate::{Unit, pack};

/// The first of the two ids by which POHODA knows that this was imported before.
const BUSINESS: &str = "krabice-issue-invoice";

#[derive(Fields)]
pub(crate) struct Issued {
    #[field(label(en = "Id of the invoice", cs = "ID faktury", sk = "ID faktúry"))]
    id: i64,
    #[field(
        label(
            en = "Number of the invoice",
            cs = "Číslo faktury",
            sk = "Číslo faktúry"
        ),
        help(
            en = "Empty where POHODA does not tell it.",
            cs = "Prázdné, když ho POHODA nesdělí.",
            sk = "Prázdne, keď ho POHODA neoznámi."
        )
    )]
    number: String,
}

#[function(
    writes,
    label(
        en = "Issue the invoice of an order",
        cs = "Vystavit fakturu objednávky",
        sk = "Vystaviť faktúru objednávky"
    ),
    help(
        en = "True with the invoice when the whole order was made into one and is executed now; false when \
              it was executed or cancelled before, and when there is no such order. It is a tax document \
              and moves stock, so it works only where the connection's setting allows it. Let no customer \
              start it.",
        cs = "Ano s fakturou, když se celá objednávka přenesla do faktury a je vyřízená; ne, když byla \
              vyřízená nebo stornovaná už dřív a když taková objednávka není. Je to daňový doklad a hýbe \
              skladem, proto funguje, jen když to nastavení připojení dovoluje. Nenechte ji spustit \
              zákazníka.",
        sk = "Áno s faktúrou, keď sa celá objednávka preniesla do faktúry a je vybavená; nie, keď bola \
              vybavená alebo stornovaná už skôr a keď taká objednávka nie je. Je to daňový doklad a hýbe \
              skladom, preto funguje, len keď to nastavenie pripojenia dovoľuje. Nenechajte ju spustiť \
              zákazníka."
    )
)]
pub(crate) fn issue_invoice(unit: &Unit, asked: OrderNumber) -> Result<Outcome<Issued>, Failure> {
    if !unit.settings().issue_invoices {
        return Err(Failure::unauthorised(
            "the connection's setting `issue-invoices` does not allow it",
        ));
    }
    let number = asked.read()?;
    let Some(order) = order::find(unit, &number)? else {
        return Ok(Outcome::False);
    };
    if is_closed(&order)? {
        return Ok(Outcome::False);
    }
    let imported = pack::import(unit, BUSINESS, &order.id.to_string(), invoice(unit, &order))?;
    let Item::Done(reply) = imported else {
        return Err(Failure::unexpected_answer(
            "an invoice of this order was issued before, and the order is not executed",
        ));
    };
    let produced = reply.produced()?;
    match order::find(unit, &number)? {
        Some(order) if order.state()? == State::Executed => Ok(Outcome::True(Issued {
            id: produced.id,
            number: produced.number.unwrap_or_default(),
        })),
        _ => Err(Failure::unexpected_answer(
            "the invoice was issued, and the order is not executed",
        )),
    }
}

fn is_closed(order: &Order) -> Result<bool, Failure> {
    Ok(matches!(order.state()?, State::Executed | State::Cancelled))
}

/// An invoice made of the whole order. The link goes before the header.
fn invoice(unit: &Unit, order: &Order) -> Node {
    let today = unit.now().clock();
    let today = today.split(' ').next().unwrap_or_default();
    node("inv:invoice").with("version", "2.0").holding([
        node("inv:links").holding([node("typ:link").holding([
            text("typ:sourceAgenda", "receivedOrder"),
            node("typ:sourceDocument").holding([text("typ:id", order.id)]),
        ])]),
        node("inv:invoiceHeader").holding([
            text("inv:invoiceType", "issuedInvoice"),
            text("inv:date", today),
        ]),
    ])
}
