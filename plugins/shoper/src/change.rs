//! The status of an order, changed: `change-order-status`.

use krabice_plugin::{Failure, Fields, LiveChoice, Outcome, Params, function};
use serde_json::json;

use crate::Shop;
use crate::order::{self, OrderNumber, Update};
use crate::status::{Statuses, choices};

#[derive(Params)]
pub(crate) struct OrderAndStatus {
    #[param(flatten)]
    order: OrderNumber,
    /// New status
    ///
    /// A status of the shop. Its name in any language of the shop is taken, too, where no other
    /// status has it.
    status: LiveChoice,
}

#[derive(Fields)]
pub(crate) struct StatusChange {
    /// Changed
    ///
    /// No, when the order was in this status already.
    changed: bool,
    /// Old status
    ///
    /// Its name in the scenario's language.
    old_status: String,
    /// Number of the old status
    old_status_id: String,
    /// Status
    ///
    /// The name of the present status in the scenario's language.
    status: String,
    /// Number of the status
    status_id: String,
}

/// Change the status of an order
///
/// True when the order, read again, is in this status; false when there is no such order or no such
/// status, or the order is in another status nevertheless. Whether the customer gets an e-mail is
/// decided by the status in the shop's settings: the API has no switch for it.
#[function(
    // Not idempotent: whether setting the same status again sends the e-mail again
    // is not documented.
    writes,
    choices(status = choices),
    purposes(change_status),
    subject(order = order),
    // The second read would show the status of another call.
    exclusive,
)]
pub(crate) fn change_order_status(
    shop: &Shop,
    asked: OrderAndStatus,
) -> Result<Outcome<StatusChange>, Failure> {
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
    let statuses = Statuses::load(shop)?;
    let Some(wanted) = statuses.find(wanted) else {
        return Ok(Outcome::False);
    };
    let wanted = wanted.id()?;
    let old = statuses.of_order(shop, &before)?;
    if old.status_id == *wanted {
        return Ok(Outcome::True(StatusChange {
            changed: false,
            old_status: old.status.clone(),
            old_status_id: old.status_id.clone(),
            status: old.status,
            status_id: old.status_id,
        }));
    }
    let id: u64 = wanted
        .parse()
        .map_err(|_| Failure::unexpected_answer("the number of a status is not a number"))?;
    match order::change(shop, &number, &json!({ "status_id": id }))? {
        Update::NoOrder | Update::Refused => return Ok(Outcome::False),
        // The order, read again, is the proof in both cases.
        Update::Done | Update::Nothing => {}
    }
    let Some(after) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    let new = statuses.of_order(shop, &after)?;
    if new.status_id != *wanted {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(StatusChange {
        changed: true,
        old_status: old.status,
        old_status_id: old.status_id,
        status: new.status,
        status_id: new.status_id,
    }))
}
