//! Statuses of orders: `change-order-status` and its choices.

use krabice_plugin::json::Loose;
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
    match update::change(shop, &number, asked.send_email, change)? {
        Update::Done => Ok(Outcome::True(())),
        Update::Refused(properties) => refused(shop, &number, status, &properties),
    }
}

/// Finds out why the status was not changed, by as few requests as possible: none when the API blames
/// the status, one when there is no such order, two otherwise.
fn refused(
    shop: &Shop,
    number: &Number,
    status: &str,
    properties: &[String],
) -> Result<Outcome, Failure> {
    let unknown_status = || {
        Err(Failure::invalid_parameter(
            "status",
            "the shop has no such status for orders",
        ))
    };
    if properties
        .iter()
        .any(|property| property == "status" || property == "status_id")
    {
        return unknown_status();
    }
    if order::find(shop, number)?.is_none() {
        return Ok(Outcome::False);
    }
    if !load(shop)?.iter().any(|known| known.is(status)) {
        return unknown_status();
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
    descriptions: Option<Vec<Description>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Description {
    language_id: Loose<String>,
    name: Loose<String>,
}

#[derive(Deserialize)]
struct Statuses {
    order_statuses: Vec<Status>,
}

impl Status {
    fn names(&self) -> impl Iterator<Item = (&String, &String)> {
        let descriptions = self.descriptions.as_deref().unwrap_or_default().iter();
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
    api::read(shop.get("order-statuses").reads()).map(|found: Statuses| found.order_statuses)
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
