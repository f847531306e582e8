//! `verify-order`: whether an order is a customer's.

use krabice_plugin::compare::same_number;
use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Timestamp, function};
use serde_json::{Map, json};

use crate::customer::unseen_with_email;
use crate::order::{Order, find, find_all, with_email};
use crate::{Shop, id};

#[derive(Params)]
pub(crate) struct NumberAndEmail {
    /// Order number
    ///
    /// The number in Base, in the shop, or in the marketplace: whichever the customer has.
    number: String,
    /// E-mail
    ///
    /// The e-mail on the order. Capitals do not matter. Marketplaces give orders e-mails of their
    /// own.
    #[param(personal)]
    email: Email,
}

#[derive(Fields)]
pub(crate) struct VerifiedOrder {
    /// Order ID in Base
    ///
    /// What the other functions take.
    order_id: String,
    /// Status ID
    status_id: String,
    /// Created
    created: Timestamp,
    /// Confirmed
    ///
    /// An order that is not confirmed may be incomplete.
    confirmed: bool,
}

/// The most answers of 100 orders that are read for one e-mail. An e-mail with more orders does not
/// belong to a customer who asks about one of them.
const PAGES: u32 = 5;

/// Verify an order
///
/// True when an order has this number and bears this e-mail; false when there is no such order or
/// it bears another e-mail, which cannot be told apart.
#[function(
    reads,
    purposes(verifies_identity),
    subject(order = number, field = order_id)
)]
pub(crate) fn verify_order(
    shop: &Shop,
    asked: NumberAndEmail,
) -> Result<Outcome<VerifiedOrder>, Failure> {
    let number = asked.number.trim();
    if number.is_empty() {
        return Err(Failure::invalid_parameter("number", "is empty"));
    }
    let Some(order) = find_own(shop, number, &asked.email)? else {
        return Ok(Outcome::False);
    };
    Ok(Outcome::True(VerifiedOrder {
        order_id: order.id()?.clone(),
        status_id: order.order_status_id.required("order_status_id")?.clone(),
        created: order.created()?,
        confirmed: order.is_confirmed(),
    }))
}

/// Finds the order with a number and an e-mail; `None` on proof that there is none. The number may be
/// the one in Base, in the shop or in the marketplace.
fn find_own(shop: &Shop, number: &str, email: &Email) -> Result<Option<Order>, Failure> {
    if let Some(id) = id::typed(number) {
        if let Some(order) = find(shop, id)?
            && order.belongs_to(email)?
        {
            return Ok(Some(order));
        }
        // Two shops of one account may use the same number.
        let filter = Map::from_iter([("filter_shop_order_id".to_owned(), json!(id))]);
        let found = find_all(shop, filter, PAGES)?.whole()?;
        let has_number = |order: &Order| order.shop_order() == Some(id.to_string());
        if let Some(order) = first(&found, email, has_number)? {
            return Ok(Some(order));
        }
    }
    // The API has no search by the marketplace's number.
    let found = with_email(shop, email, &Map::new(), PAGES)?.whole()?;
    let has_number = |order: &Order| {
        let own = order.external_order();
        own.is_some_and(|own| same_number(&own, number))
    };
    if let Some(order) = first(&found, email, has_number)? {
        return Ok(Some(order));
    }
    // The filter may mind the capitals of the e-mail on the order; the other search is a second proof.
    let unseen = unseen_with_email(shop, email, &found)?;
    first(&unseen, email, has_number)
}

/// The first order with the number and the e-mail.
///
/// # Errors
/// None of them is, and one of them does not say whose it is.
fn first(
    orders: &[Order],
    email: &Email,
    has_number: impl Fn(&Order) -> bool,
) -> Result<Option<Order>, Failure> {
    let mut odd = None;
    for order in orders.iter().filter(|order| has_number(order)) {
        match order.belongs_to(email) {
            Ok(true) => return Ok(Some(order.clone())),
            Ok(false) => {}
            Err(why) => odd = Some(why),
        }
    }
    odd.map_or(Ok(None), Err)
}
