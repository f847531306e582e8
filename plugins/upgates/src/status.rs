//! Statuses of orders: `change-order-status` and its choices.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Choice, Failure, LiveChoice, Outcome, Params, function, language};
use serde::Deserialize;
use serde_json::json;

use crate::order::{self, Number, OrderNumber};
use crate::update::{self, Update};
use crate::{Shop, api};

#[derive(Params)]
pub(crate) struct OrderAndStatus {
    #[param(flatten)]
    order: OrderNumber,
    /// New status
    ///
    /// A status of the shop. Its name in any language of the shop is taken, too.
    status: LiveChoice,
    /// Send the e-mail
    ///
    /// Whether the shop sends the customer the e-mail that belongs to the new status. An SMS is
    /// never sent.
    #[param(default = false)]
    send_email: bool,
}

/// Change the status of an order
///
/// True when the status was changed; false when there is no such order. An unknown status is a
/// failure.
#[function(
    // Not idempotent: whether setting the same status again sends the e-mail again
    // is not documented.
    writes,
    choices(status = statuses),
    purposes(change_status),
    subject(order = order),
)]
pub(crate) fn change_order_status(shop: &Shop, asked: OrderAndStatus) -> Result<Outcome, Failure> {
    let status = asked.status.as_str().trim();
    if status.is_empty() {
        return Err(Failure::invalid_parameter("status", "is empty"));
    }
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let change = match id(status) {
        Some(id) => json!({ "status_id": id }),
        None => json!({ "status": status }),
    };
    let properties = match update::change(shop, &number, asked.send_email, change.clone())? {
        Update::Done => return Ok(Outcome::True(())),
        Update::Refused(properties) => properties,
    };
    if let Some(unknown) = unknown_status(&properties) {
        return Err(unknown);
    }
    let Some(order) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    // The order has the number in another spelling, which a change has to use.
    let own = Number::of(&order)?;
    if own.as_str() == number.as_str() {
        return refused(shop, status);
    }
    match update::change(shop, &own, asked.send_email, change)? {
        Update::Done => Ok(Outcome::True(())),
        Update::Refused(properties) => match unknown_status(&properties) {
            Some(unknown) => Err(unknown),
            None => refused(shop, status),
        },
    }
}

/// The failure for a status that the API blames.
fn unknown_status(properties: &[String]) -> Option<Failure> {
    let of_status = |property: &String| property == "status" || property == "status_id";
    properties.iter().any(of_status).then(no_such_status)
}

fn no_such_status() -> Failure {
    Failure::invalid_parameter("status", "the shop has no such status for orders")
}

/// Finds out why the status of an order that exists was not changed.
fn refused(shop: &Shop, status: &str) -> Result<Outcome, Failure> {
    if !load(shop)?.iter().any(|known| known.is(status)) {
        return Err(no_such_status());
    }
    Err(Failure::unexpected_answer(
        "PUT orders: the status was not changed, without a reason",
    ))
}

/// The number of a status; `None` for a name.
fn id(status: &str) -> Option<i64> {
    status
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| status.parse().ok())?
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    id: Loose<i64>,
    descriptions: Part<Vec<Part<Description>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Description {
    language_id: Loose<String>,
    name: Loose<String>,
}

#[derive(Deserialize)]
struct Statuses {
    order_statuses: Vec<Part<Status>>,
}

impl Status {
    fn names(&self) -> impl Iterator<Item = (&String, &String)> {
        let descriptions = self.descriptions.value().into_iter().flatten();
        let descriptions = descriptions.filter_map(Part::value);
        descriptions.filter_map(|it| it.language_id.value().zip(it.name.value()))
    }

    /// Whether `wanted` is its number or its name in any language.
    fn is(&self, wanted: &str) -> bool {
        match id(wanted) {
            Some(id) => self.id.value() == Some(&id),
            None => self.names().any(|(_, name)| name.trim() == wanted),
        }
    }
}

/// Loads all statuses of the shop with one request: the list is not in pages.
fn load(shop: &Shop) -> Result<Vec<Status>, Failure> {
    let found: Statuses = api::read(shop.get("order-statuses").reads())?;
    let listed = found.order_statuses.len();
    let statuses = found
        .order_statuses
        .into_iter()
        .filter_map(Part::into_value);
    // One without a number cannot be given to an order.
    let statuses: Vec<_> = statuses.filter(|it| it.id.value().is_some()).collect();
    if statuses.is_empty() && listed > 0 {
        return Err(Failure::unexpected_answer(
            "GET order-statuses: no status has a number",
        ));
    }
    Ok(statuses)
}

/// The choices of `status`: numbers as values, because names differ by language.
fn statuses(shop: &Shop) -> Result<Vec<Choice>, Failure> {
    let choice = |status: &Status| {
        let id = status.id.required("id")?.to_string();
        let mut label = language::labels(status.names());
        if label.is_empty() {
            label.push(("en".to_owned(), format!("Status {id}")));
        }
        Ok(Choice::new(id, label))
    };
    load(shop)?.iter().map(choice).collect()
}
