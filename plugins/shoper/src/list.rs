//! Orders in lists.

use krabice_plugin::{Decimal, Failure, Fields, Timestamp};
use serde_json::Value as Json;

use crate::Shop;
use crate::api::{self, Found};
use crate::method::Currencies;
use crate::order::Order;
use crate::status::{CurrentStatus, Statuses};

/// The most pages that are read, of 50 orders each. A chat shows a few orders, and the bucket holds
/// ten requests.
const PAGES: u32 = 5;

/// An order in a list.
#[derive(Fields)]
pub(crate) struct OrderSummary {
    /// Order number
    number: String,
    /// Ordered
    date: Timestamp,
    /// Status since
    ///
    /// When the order got its present status.
    changed: Option<Timestamp>,
    #[field(flatten)]
    state: CurrentStatus,
    /// Order value
    sum: Decimal,
    /// Currency
    ///
    /// The code of the currency, such as PLN.
    currency: String,
    /// Paid
    paid: bool,
}

/// Makes summaries with the names of statuses and currencies, which takes one request for each of the
/// two.
pub(crate) fn summaries(shop: &Shop, orders: &[Order]) -> Result<Vec<OrderSummary>, Failure> {
    let statuses = Statuses::load(shop)?;
    let currencies = Currencies::load(shop)?;
    let summary = |order: &Order| {
        Ok(OrderSummary {
            number: order.number()?.clone(),
            date: api::required_moment(shop, &order.date, "date")?,
            changed: api::moment(shop, &order.status_date),
            state: statuses.of_order(shop, order)?,
            sum: *order.sum.required("sum")?,
            currency: currencies.code(&order.currency_id)?,
            paid: *order.is_paid.required("is_paid")?,
        })
    };
    orders.iter().map(summary).collect()
}

/// Loads the orders that fit, by a filter and in the order `sorting`. An order that moved to the next
/// page while the pages were read is there once.
pub(crate) fn load(
    shop: &Shop,
    filters: &Json,
    sorting: &str,
    fits: impl Fn(&Order) -> Result<bool, Failure>,
) -> Result<Found<Order>, Failure> {
    let pages = api::pages(shop, PAGES, || {
        shop.get("webapi/rest/orders")
            .query("filters", filters)
            .query("order", sorting)
    })?;
    let mut found = api::fitting(pages, fits)?;
    let mut seen: Vec<String> = Vec::new();
    found.rows.retain(|order| {
        let number = order.order_id.text();
        let new = !seen.contains(&number);
        seen.push(number);
        new
    });
    Ok(found)
}
