//! `issue-invoice`, which makes an order executed. POHODA has no operation for that alone: an order is
//! executed when a document is made of it.

use krabice_plugin::{Failure, Fields, Outcome, function};

use crate::answer::Item;
use crate::number::OrderNumber;
use crate::order::{self, Order, OrderState};
use crate::xml::{Node, node, text};
use crate::{Unit, pack};

/// The first of the two ids by which POHODA recognises a repeated import. The other one is the
/// order's id.
const BUSINESS: &str = "krabice-issue-invoice";

#[derive(Fields)]
pub(crate) struct IssuedInvoice {
    /// Id of the invoice
    id: i64,
    /// Number of the invoice
    ///
    /// Empty where POHODA does not tell it.
    number: String,
}

/// Issue the invoice of an order
///
/// True with the invoice when the whole order was made into one and is executed now; false when it
/// was executed or cancelled before, and when there is no such order. It is a tax document and
/// moves stock, so it works only where the connection's setting allows it. Let no customer start
/// it.
#[function(
    writes,
    subject(order = order),
    // The second of two at once would find the invoice issued and the order not yet executed.
    exclusive,
)]
pub(crate) fn issue_invoice(
    unit: &Unit,
    asked: OrderNumber,
) -> Result<Outcome<IssuedInvoice>, Failure> {
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
        Some(order) if order.state()? == OrderState::Executed => Ok(Outcome::True(IssuedInvoice {
            id: produced.id,
            number: produced.number.unwrap_or_default(),
        })),
        _ => Err(Failure::unexpected_answer(
            "the invoice was issued, and the order is not executed",
        )),
    }
}

fn is_closed(order: &Order) -> Result<bool, Failure> {
    Ok(matches!(
        order.state()?,
        OrderState::Executed | OrderState::Cancelled
    ))
}

/// An invoice of the whole order. In the schema the link comes before the header.
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
