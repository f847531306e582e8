//! Changes of a status: `change-order-status` and `change-return-status`.
//!
//! The wanted status is checked before the change and read again after it, because the API does not
//! say what it does with a status that it does not know.

use krabice_plugin::{Choice, Failure, Fields, LiveChoice, Outcome, Params, function};
use serde_json::json;

use crate::order::{self, OrderId};
use crate::returns::{self, ReturnId};
use crate::status::Statuses;
use crate::{Shop, api, id};

#[derive(Params)]
pub(crate) struct OrderAndStatus {
    #[param(flatten)]
    order: OrderId,
    /// New status
    ///
    /// A status of the account. Its exact name is taken, too.
    status: LiveChoice,
}

#[derive(Params)]
pub(crate) struct ReturnAndStatus {
    #[param(flatten)]
    id: ReturnId,
    /// New status
    ///
    /// A status of returns. Its exact name is taken, too.
    status: LiveChoice,
}

#[derive(Fields)]
pub(crate) struct StatusChange {
    /// Old status ID
    old: String,
    /// Old status
    ///
    /// Empty for a status that the account no longer has.
    old_name: String,
    /// New status ID
    new: String,
    /// New status
    new_name: String,
    /// Changed
    ///
    /// No when the status was the wanted one already, and nothing was written.
    changed: bool,
}

/// Change the status of an order
///
/// True when a second read shows the new status, or the order had it already; false when there is
/// no such order, the account has no such status, or the second read shows another one. The
/// account's automatic actions and e-mails may follow.
#[function(
    // Not idempotent: setting a status may start the account's automatic actions.
    writes,
    choices(status = order_statuses),
    purposes(change_status),
    subject(order = order),
    // The second read would show the status of another call.
    exclusive,
)]
pub(crate) fn change_order_status(
    shop: &Shop,
    asked: OrderAndStatus,
) -> Result<Outcome<StatusChange>, Failure> {
    let Some(order) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let read = || {
        let order = order::find(shop, order)?;
        let status = order.map(|it| it.order_status_id.required("order_status_id").cloned());
        status.transpose()
    };
    let write = |status: i64| {
        let change = json!({ "order_id": order, "status_id": status });
        api::write(shop, "setOrderStatus", &change)
    };
    change(&Statuses::of_orders(shop)?, &asked.status, read, write)
}

/// Change the status of a return
///
/// True when a second read shows the new status, or the return had it already; false when there is
/// no such return, the account has no such status, or the second read shows another one. The
/// account's automatic actions and e-mails may follow.
#[function(
    // Not idempotent: setting a status may start the account's automatic actions.
    writes,
    choices(status = return_statuses),
    purposes(change_status),
    subject(claim = id),
    // As for an order.
    exclusive,
)]
pub(crate) fn change_return_status(
    shop: &Shop,
    asked: ReturnAndStatus,
) -> Result<Outcome<StatusChange>, Failure> {
    let Some(id) = asked.id.read()? else {
        return Ok(Outcome::False);
    };
    let read = || {
        let found = returns::find(shop, id)?;
        let status = found.map(|it| it.status_id.required("status_id").cloned());
        status.transpose()
    };
    let write = |status: i64| {
        let change = json!({ "return_id": id, "status_id": status });
        api::write(shop, "setOrderReturnStatus", &change)
    };
    change(&Statuses::of_returns(shop)?, &asked.status, read, write)
}

/// Changes a status. `read` gives the ID of the present one, or `None` on proof that the order or
/// the return does not exist; `write` sets a status by its ID.
///
/// *False*: the account has no such status, the order or the return does not exist, or the second
/// read shows another status than the one that was set.
fn change(
    statuses: &Statuses,
    wanted: &LiveChoice,
    read: impl Fn() -> Result<Option<String>, Failure>,
    write: impl FnOnce(i64) -> Result<(), Failure>,
) -> Result<Outcome<StatusChange>, Failure> {
    let Some(new) = statuses.find_id(wanted.as_str())? else {
        return Ok(Outcome::False);
    };
    let Some(old) = read()? else {
        return Ok(Outcome::False);
    };
    let outcome = |changed| {
        Ok(Outcome::True(StatusChange {
            old_name: statuses.name(&old),
            old: old.clone(),
            new_name: statuses.name(&new),
            new: new.clone(),
            changed,
        }))
    };
    if old == new {
        return outcome(false);
    }
    let number = id::number(&new)
        .ok_or_else(|| Failure::unexpected_answer("the number of a status is not a number"))?;
    write(number)?;
    match read()? {
        Some(now) if now == new => outcome(true),
        _ => Ok(Outcome::False),
    }
}

/// The choices of `status` for an order.
fn order_statuses(shop: &Shop) -> Result<Vec<Choice>, Failure> {
    Statuses::of_orders(shop)?.choices()
}

/// The choices of `status` for a return.
fn return_statuses(shop: &Shop) -> Result<Vec<Choice>, Failure> {
    Statuses::of_returns(shop)?.choices()
}
