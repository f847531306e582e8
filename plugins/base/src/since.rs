//! `list-orders-since`: the orders that were confirmed since a moment.

use krabice_plugin::{
    Cursor, Failure, Feed, Fields, Outcome, Page, Pages, Params, Timestamp, function, texts,
};
use serde_json::json;

use crate::Shop;
use crate::archive::Rule;
use crate::order::{PAGE, page};
use crate::summary::{OrderSummary, Summariser};

#[derive(Params)]
pub(crate) struct Since {
    /// Since
    ///
    /// Orders confirmed at this moment or later. Left out: three months ago. Afterwards give what
    /// the field Next said.
    since: Option<Timestamp>,
}

#[derive(Fields)]
pub(crate) struct ConfirmedOrders {
    /// Number of orders
    count: usize,
    /// Orders
    ///
    /// Newest first. A change of status of an older order is not among them: the API does not tell
    /// it.
    orders: Vec<OrderSummary>,
    /// Next
    ///
    /// What to ask for the next time: a second after the last confirmation.
    next: Timestamp,
    /// More exist
    ///
    /// Ask again at once with Next: there are more orders than one call reads.
    more: bool,
}

/// The feed of orders. A confirmation may show late, so each round begins a minute earlier; within a
/// round each call goes on behind the one before.
pub(crate) const ORDERS: Feed = Feed {
    name: "orders",
    label: texts!("feed.orders.label", "Orders"),
    help: texts!(
        "feed.orders.help",
        "Confirmed orders, and changes of the status or the total of each. The API tells no \
         changes, so the orders are read one by one: three requests for each."
    ),
    function: "list-orders-since",
    since: Some("since"),
    cursor: &[Cursor {
        field: "next",
        parameter: "since",
        overlap: 60,
    }],
    more: Some("more"),
    changes: &["status-id", "total"],
    reread: Some("load-order"),
    every: 300,
};

/// How far back a first run looks, in months.
const MONTHS: u32 = 3;

/// The most answers of 100 orders that are read at once.
const PAGES: u32 = 3;

/// List the orders since
///
/// True with the orders that were confirmed since a moment; false when there are none.
#[function(reads, listing(order = orders, key = order_id))]
pub(crate) fn list_orders_since(
    shop: &Shop,
    asked: Since,
) -> Result<Outcome<ConfirmedOrders>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let since = match asked.since {
        Some(since) => since,
        None => shop.now().back(MONTHS, 0),
    };
    let since = since
        .unix()
        .ok_or_else(|| Failure::invalid_parameter("since", "is not a moment with an offset"))?;
    // As the vendor documents it: answers come in the order of confirmation.
    let mut next = since;
    let found = Pages::read(PAGES, |_| {
        let items = page(shop, json!({ "date_confirmed_from": next }))?;
        let more = items.len() >= PAGE;
        for order in &items {
            let confirmed = *order.date_confirmed.required("date_confirmed")?;
            if confirmed < since {
                return Err(Failure::unexpected_answer(
                    "getOrders: an order confirmed before the moment asked for",
                ));
            }
            next = next.max(confirmed + 1);
        }
        Ok(Page { items, more })
    })?;
    if found.items.is_empty() {
        return Ok(Outcome::False);
    }
    let orders = Summariser::load(shop, rule)?.newest_first(found.items)?;
    Ok(Outcome::True(ConfirmedOrders {
        count: orders.len(),
        orders,
        next: Timestamp::from_unix(next)
            .ok_or_else(|| Failure::unexpected_answer("`date_confirmed` is not a moment"))?,
        more: !found.whole,
    }))
}
