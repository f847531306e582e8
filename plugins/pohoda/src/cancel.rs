//! `may-order-be-cancelled`. POHODA's API cannot cancel an order. The function says whether a person
//! still can, and gives a text for that person.

use krabice_plugin::{Failure, Fields, Outcome, function, localised};

use crate::Unit;
use crate::number::OrderNumber;
use crate::order::{self, Order, OrderState};

#[derive(Fields)]
pub(crate) struct CancellationRequest {
    /// Number in POHODA
    number: String,
    /// Text for the staff
    ///
    /// What a person has to do in POHODA, in the session's language.
    ticket: String,
}

/// May an order be cancelled?
///
/// True when the order is neither cancelled nor executed and nothing of it was delivered, with a
/// text for the staff; false otherwise, and when there is no such order. It cancels nothing: only a
/// person in POHODA can.
#[function(reads, subject(order = order))]
pub(crate) fn may_order_be_cancelled(
    unit: &Unit,
    asked: OrderNumber,
) -> Result<Outcome<CancellationRequest>, Failure> {
    match order::find(unit, &asked.read()?)? {
        Some(order) if order.state()? == OrderState::Received => {
            Ok(Outcome::True(CancellationRequest {
                number: order.number()?.to_owned(),
                ticket: ticket(unit, &order)?,
            }))
        }
        _ => Ok(Outcome::False),
    }
}

fn ticket(unit: &Unit, order: &Order) -> Result<String, Failure> {
    let number = order.number()?;
    let shop = match order.shop_number() {
        "" => String::new(),
        shop => format!(" ({shop})"),
    };
    let total = order.total(unit).map_or_else(String::new, |total| {
        format!(", {} {}", total.amount, total.currency)
    });
    Ok(localised!(
        unit.language(),
        "cancellation.ticket",
        "The customer asks to cancel the received order {number}{shop}{total}. Cancel it in POHODA: its XML cannot."
    ))
}
