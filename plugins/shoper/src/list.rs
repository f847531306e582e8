//! Orders in lists.

use krabice_plugin::{Decimal, Failure, Fields, Timestamp, amount};
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
    pub(crate) number: String,
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
    /// The code of the currency, such as PLN; empty for one that the shop no longer has.
    currency: String,
    /// Paid
    paid: bool,
}

/// Summaries of orders.
#[derive(Default)]
pub(crate) struct Summaries {
    pub(crate) orders: Vec<OrderSummary>,
    /// Why an order was left out.
    pub(crate) odd: Option<Failure>,
}

/// Makes summaries with the names of statuses and currencies, which takes one request for each of the
/// two. An order that lacks what a summary needs is left out.
pub(crate) fn summaries(shop: &Shop, orders: &[Order]) -> Result<Summaries, Failure> {
    let statuses = Statuses::load(shop)?;
    let currencies = Currencies::load(shop)?;
    let summary = |order: &Order| {
        let currency = currencies.code(&order.currency_id);
        Ok(OrderSummary {
            number: order.number()?.clone(),
            date: api::required_moment(shop, &order.date, "date")?,
            changed: api::moment(shop, &order.status_date),
            state: statuses.of_order(shop, order)?,
            sum: amount::exact(*order.sum.required("sum")?, &currency),
            currency,
            paid: *order.is_paid.required("is_paid")?,
        })
    };
    let mut summaries = Summaries::default();
    for order in orders {
        match summary(order) {
            Ok(summary) => summaries.orders.push(summary),
            Err(why) => summaries.odd = Some(why),
        }
    }
    Ok(summaries)
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
