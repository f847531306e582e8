//! `list-orders-since`: the orders that were confirmed since a moment.

use krabice_plugin::{
    Cursor, Failure, Feed, Fields, Outcome, Page, Pages, Params, Timestamp, function, texts,
};
use serde_json::json;

use crate::Shop;
use crate::archive::Rule;
use crate::id;
use crate::order::{Order, PAGE, page};
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
    /// What to ask for the next time: a second after the last confirmation, or that second where there
    /// is more.
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

/// The most answers of 100 orders that are read for one second.
const PAGES_OF_A_SECOND: u32 = 10;

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
    // Answers come in the order of confirmation. A full one may end within a second, so the next begins
    // with that second again.
    let mut next = since;
    let mut seen: Vec<String> = Vec::new();
    let mut orders: Vec<Order> = Vec::new();
    let mut listed = false;
    let found = Pages::<()>::read(PAGES, |_| {
        let from = next;
        let items = page(shop, json!({ "date_confirmed_from": from }))?;
        let more = items.len() >= PAGE;
        listed |= !items.is_empty();
        let confirmed = |order: &Order| order.date_confirmed.value().copied();
        if items.iter().filter_map(confirmed).any(|at| at < since) {
            return Err(Failure::unexpected_answer(
                "getOrders: an order confirmed before the moment asked for",
            ));
        }
        let last = items.iter().filter_map(confirmed).max();
        add(&mut orders, &mut seen, items);
        match last {
            Some(last) if !more => next = next.max(last + 1),
            Some(last) if last > from => next = last,
            // A whole answer of one second.
            Some(last) => {
                add(&mut orders, &mut seen, of_second(shop, last)?);
                next = last + 1;
            }
            None if more => {
                return Err(Failure::unexpected_answer(
                    "getOrders: no order says when it was confirmed",
                ));
            }
            None => {}
        }
        Ok(Page {
            items: Vec::new(),
            more,
        })
    })?;
    if !listed {
        return Ok(Outcome::False);
    }
    // An order that lacks what a summary needs is left out; the feed goes on.
    let orders = Summariser::load(shop, rule)?.newest_first(orders).orders;
    Ok(Outcome::True(ConfirmedOrders {
        count: orders.len(),
        orders,
        next: Timestamp::from_unix(next)
            .ok_or_else(|| Failure::unexpected_answer("`date_confirmed` is not a moment"))?,
        more: !found.whole,
    }))
}

/// Adds the orders that were not seen before.
fn add(orders: &mut Vec<Order>, seen: &mut Vec<String>, items: Vec<Order>) {
    for order in items {
        let id = order.order_id.text();
        if !seen.contains(&id) {
            seen.push(id);
            orders.push(order);
        }
    }
}

/// All orders confirmed in a second in which there are more than one answer holds, by their numbers.
fn of_second(shop: &Shop, second: i64) -> Result<Vec<Order>, Failure> {
    let mut from = 1;
    let pages = Pages::read(PAGES_OF_A_SECOND, |_| {
        let mut items = page(
            shop,
            json!({ "date_confirmed_from": second, "id_from": from }),
        )?;
        let more = items.len() >= PAGE;
        let numbers = items
            .iter()
            .filter_map(|it| id::number(it.order_id.value()?));
        let last = numbers.max().unwrap_or_default();
        if more && last < from {
            return Err(Failure::unexpected_answer(
                "getOrders: the next page does not continue the list",
            ));
        }
        from = last + 1;
        items.retain(|order| order.date_confirmed.value() == Some(&second));
        Ok(Page { items, more })
    })?;
    pages.whole()
}
