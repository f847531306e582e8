//! Orders: their form in the API, how they are found, and how they are changed.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Decimal, Email, Failure, Params};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{Shop, api};

/// The most digits of a number: as many as the largest 64-bit number has at least.
const DIGITS: usize = 19;

/// The number of an order: its digits, without leading zeros.
pub(crate) struct Number(String);

impl Number {
    /// Reads what a customer gave, without white space and a `#` before the number. `None` for a text
    /// that cannot be the number of an order.
    pub(crate) fn read(given: &str) -> Result<Option<Self>, Failure> {
        let seen = |letter: &char| {
            !letter.is_whitespace()
                && !matches!(
                    letter,
                    '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
                )
        };
        let number: String = given.chars().filter(seen).collect();
        if number.is_empty() {
            return Err(Failure::invalid_parameter("order", "is empty"));
        }
        let number = number.strip_prefix('#').unwrap_or(&number);
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.trim_start_matches('0');
        let is_number = digits && (1..=DIGITS).contains(&number.len());
        Ok(is_number.then(|| Self(number.to_owned())))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The number; `None` for one that needs more than 64 bits.
    pub(crate) fn value(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The filter for the parts of the order.
    pub(crate) fn filter(&self) -> String {
        format!("{{\"order_id\":{}}}", self.0)
    }
}

#[derive(Params)]
pub(crate) struct OrderNumber {
    /// Order number
    ///
    /// As it stands on the order. Spaces and a # before it do not matter.
    order: String,
}

impl OrderNumber {
    /// The number; `None` for a text that cannot be the number of an order.
    pub(crate) fn read(&self) -> Result<Option<Number>, Failure> {
        Number::read(&self.order)
    }

    /// Finds the order; `None` on proof that there is none.
    pub(crate) fn find(&self, shop: &Shop) -> Result<Option<Order>, Failure> {
        self.read()?.map_or(Ok(None), |number| find(shop, &number))
    }
}

/// An order as the API answers it. On some servers keys are missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    pub(crate) order_id: Loose<String>,
    pub(crate) date: Loose<String>,
    pub(crate) status_date: Loose<String>,
    pub(crate) delivery_date: Loose<String>,
    pub(crate) status_id: Loose<String>,
    pub(crate) sum: Loose<Decimal>,
    pub(crate) paid: Loose<Decimal>,
    pub(crate) shipping_cost: Loose<Decimal>,
    pub(crate) currency_id: Loose<String>,
    pub(crate) payment_id: Loose<String>,
    pub(crate) shipping_id: Loose<String>,
    pub(crate) email: Loose<String>,
    pub(crate) notes: Loose<String>,
    pub(crate) notes_priv: Loose<String>,
    pub(crate) notes_pub: Loose<String>,
    pub(crate) order_url: Loose<String>,
    pub(crate) payment_url: Loose<String>,
    pub(crate) is_paid: Loose<bool>,
    pub(crate) is_overpayment: Loose<bool>,
    pub(crate) is_cash_on_delivery: Loose<bool>,
    pub(crate) total_parcels: Loose<i64>,
    pub(crate) delivery_address: Part<Address>,
}

/// The address of delivery.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Address {
    pub(crate) firstname: Loose<String>,
    pub(crate) lastname: Loose<String>,
    pub(crate) company: Loose<String>,
    pub(crate) street1: Loose<String>,
    pub(crate) street2: Loose<String>,
    pub(crate) postcode: Loose<String>,
    pub(crate) city: Loose<String>,
    pub(crate) country: Loose<String>,
    pub(crate) phone: Loose<String>,
}

impl Order {
    /// The number of the order.
    pub(crate) fn number(&self) -> Result<&String, Failure> {
        self.order_id.required("order_id")
    }

    /// Whether this e-mail is the one on the order. An order without one belongs to nobody.
    pub(crate) fn belongs_to(&self, email: &Email) -> Result<bool, Failure> {
        Ok(self
            .email
            .known("email")?
            .is_some_and(|own| email.is_in(own)))
    }
}

/// Finds an order by its number; `None` on proof that there is none.
pub(crate) fn find(shop: &Shop, number: &Number) -> Result<Option<Order>, Failure> {
    let request = shop
        .get("webapi/rest/orders/{order}")
        .segment("order", number.as_str());
    let response = api::answer(shop, request.reads().allow(404))?;
    if api::is_absent(&response)? {
        return Ok(None);
    }
    let order: Order = response.json()?;
    if order.number()? != number.as_str() {
        return Err(response.unexpected("the answer holds another order than the one asked for"));
    }
    Ok(Some(order))
}

/// The result of a change.
pub(crate) enum Update {
    /// The shop confirmed the change.
    Done,
    /// The shop answered that it changed nothing.
    Nothing,
    /// The shop refused the values.
    Refused,
    /// There is no such order.
    NoOrder,
}

/// Changes an order. Fields that are not in `changes` stay as they are.
///
/// The confirmation is the number 1, `true`, or the changed order.
pub(crate) fn change(shop: &Shop, number: &Number, changes: &Json) -> Result<Update, Failure> {
    let request = shop
        .put("webapi/rest/orders/{order}")
        .segment("order", number.as_str())
        .json(changes);
    let response = api::answer(shop, request.allow(400).allow(404))?;
    if api::is_absent(&response)? {
        return Ok(Update::NoOrder);
    }
    if api::is_refused(&response, 400)? {
        return Ok(Update::Refused);
    }
    let confirmation: Json = response.json()?;
    if confirmation.is_object() || confirmation == true || confirmation == 1 {
        Ok(Update::Done)
    } else if confirmation == false || confirmation == 0 {
        Ok(Update::Nothing)
    } else {
        Err(response.unexpected("the confirmation is not as documented"))
    }
}
