//! Changes of an order by `PUT /orders`.

use krabice_plugin::Failure;
use krabice_plugin::json::{Loose, Part};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::order::Number;
use crate::{Shop, api};

/// The result of a change.
pub(crate) enum Update {
    /// The order was changed.
    Done,
    /// The order was not changed. Holds the properties that the API blames, if any.
    Refused(Vec<String>),
}

#[derive(Deserialize)]
struct Answer {
    orders: Vec<Part<Item>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    order_number: Loose<String>,
    updated_yn: Loose<bool>,
    messages: Part<Vec<Part<Message>>>,
}

/// A message of the API. Its text is not read, because it may repeat what was sent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    property: Loose<String>,
    level: Loose<String>,
}

impl Message {
    fn is_error(&self) -> bool {
        !matches!(self.level.text().as_str(), "info" | "warning")
    }
}

/// Changes one order. Fields that are not in `changes` stay as they are.
///
/// `emails` decides whether the customer gets e-mails. An SMS is never sent; the API's own default is
/// to send both.
pub(crate) fn change(
    shop: &Shop,
    number: &Number,
    emails: bool,
    changes: Value,
) -> Result<Update, Failure> {
    let flags = json!({ "send_emails_yn": emails, "send_sms_yn": false });
    put(shop, number, flags, changes)
}

/// Changes the items of one order. Products that are not in `changes` are removed from it. No message
/// is sent.
pub(crate) fn replace_items(
    shop: &Shop,
    number: &Number,
    changes: Value,
) -> Result<Update, Failure> {
    let flags = json!({
        "send_emails_yn": false, "send_sms_yn": false, "delete_missing_products_yn": true,
    });
    put(shop, number, flags, changes)
}

/// Status 200 means that the request was processed, not that the order was changed; each order has a
/// flag. Status 400 is taken as a refused order: the blueprint does not say which of the two an
/// unknown status of an order gets.
fn put(shop: &Shop, number: &Number, mut body: Value, changes: Value) -> Result<Update, Failure> {
    let mut order = Map::new();
    order.insert("order_number".to_owned(), number.as_str().into());
    if let Value::Object(changes) = changes {
        order.extend(changes);
    }
    body["orders"] = json!([order]);
    let response = api::answer(shop.put("orders").json(&body).allow(400))?;
    if response.status() == 400 {
        return Ok(Update::Refused(Vec::new()));
    }
    let answer: Answer = response.json()?;
    if answer.orders.is_empty() {
        return Ok(Update::Refused(Vec::new()));
    }
    let mut items = answer.orders.into_iter().filter_map(Part::into_value);
    let first = items.next();
    let own = |item: &Item| item.order_number.text() == number.as_str();
    let item = match first {
        Some(item) if !own(&item) => Some(items.find(own).unwrap_or(item)),
        item => item,
    };
    let item = item.ok_or_else(|| response.unexpected("the answer holds no order"))?;
    if *item.updated_yn.required("updated_yn")? {
        return match item.order_number.value() {
            Some(own) if own == number.as_str() => Ok(Update::Done),
            _ => Err(response.unexpected("another order was changed than the one asked for")),
        };
    }
    let errors = item
        .messages
        .into_value()
        .unwrap_or_default()
        .into_iter()
        .filter_map(Part::into_value)
        .filter(Message::is_error);
    Ok(Update::Refused(
        errors
            .filter_map(|error| error.property.value().cloned())
            .collect(),
    ))
}
