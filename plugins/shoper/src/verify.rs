//! Whether an order is somebody's: `verify-order`.

use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Timestamp, function};

use crate::order::OrderNumber;
use crate::{Shop, api};

#[derive(Params)]
pub(crate) struct OrderAndEmail {
    #[param(flatten)]
    order: OrderNumber,
    /// E-mail
    ///
    /// The e-mail on the order. Capitals do not matter.
    #[param(personal)]
    email: Email,
}

#[derive(Fields)]
pub(crate) struct VerifiedOrder {
    /// Order number
    number: String,
    /// Number of the status
    status_id: String,
    /// Ordered
    date: Timestamp,
}

/// Verify an order
///
/// True when the order exists and bears this e-mail. False when there is no such order, it bears
/// another e-mail, or no order can have this number: the same answer for all three, so that nobody
/// learns which numbers exist.
#[function(
    reads,
    purposes(verifies_identity),
    subject(order = order, field = number)
)]
pub(crate) fn verify_order(
    shop: &Shop,
    asked: OrderAndEmail,
) -> Result<Outcome<VerifiedOrder>, Failure> {
    let Some(order) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    if !order.belongs_to(&asked.email)? {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(VerifiedOrder {
        number: order.number()?.clone(),
        status_id: order.status_id.required("status_id")?.clone(),
        date: api::required_moment(shop, &order.date, "date")?,
    }))
}
