//! Orders whose status changed: `list-orders-changed-since`.

use krabice_plugin::{Cursor, Failure, Feed, Fields, Outcome, Params, Timestamp, function, texts};
use serde_json::json;

use crate::list::{self, OrderSummary};
use crate::order::{Number, Order};
use crate::{Shop, api};

/// The feed of orders.
///
/// The cursor is the last order that was seen and the second in which it changed. An order with a
/// lower number may change in that second after it was read, so each round begins a minute earlier.
/// `after` leaves out orders of the very second that is asked for and no others, so it does no harm
/// there. Within a round both are taken as they are, so that each call goes on behind the one before.
pub(crate) const ORDERS: Feed = Feed {
    name: "orders",
    label: texts!("feed.orders.label", "Orders"),
    help: texts!(
        "feed.orders.help",
        "New orders, and changes of the status, the payment or the value of each. The API tells only \
         changes of a status, so that the orders are read again one by one for the others."
    ),
    function: "list-orders-changed-since",
    since: Some("since"),
    cursor: &[
        Cursor {
            field: "last-changed",
            parameter: "since",
            overlap: 60,
        },
        Cursor {
            field: "last-order",
            parameter: "after",
            overlap: 0,
        },
    ],
    more: Some("more"),
    changes: &["status-id", "paid", "sum"],
    reread: Some("load-order"),
    every: 300,
};

/// How far back a first run looks, in months.
const FIRST_RUN: u32 = 6;

#[derive(Params)]
pub(crate) struct Since {
    /// Since
    ///
    /// From this moment on; left out, from six months ago. For the next run, the field last-changed
    /// of this one.
    since: Option<Timestamp>,
    /// After the order
    ///
    /// The last order seen of those that changed in that very second: the field last-order of the
    /// run before. Left out, none was seen.
    after: Option<String>,
}

#[derive(Fields)]
pub(crate) struct ChangedOrders {
    /// Number of orders
    ///
    /// How many orders the list holds.
    count: usize,
    /// There are more
    ///
    /// Whether to ask again from last-changed and last-order on.
    more: bool,
    /// Last change
    ///
    /// When the last order of the list changed.
    last_changed: Timestamp,
    /// Number of the last order
    last_order: String,
    /// Orders
    ///
    /// In the order in which their statuses changed; of the same second, by number.
    orders: Vec<OrderSummary>,
}

/// List the orders changed since
///
/// True with the orders whose status changed since then; false when there is none. Other changes of
/// an order leave no trace in the API.
#[function(reads, listing(order = orders, key = number))]
pub(crate) fn list_orders_changed_since(
    shop: &Shop,
    asked: Since,
) -> Result<Outcome<ChangedOrders>, Failure> {
    let seen = asked.after.as_deref().map(number).transpose()?;
    let since = asked.since.unwrap_or_else(|| shop.now().back(FIRST_RUN, 0));
    let since = since.clock();
    let filters = json!({ "status_date": { ">=": since } });
    let found = list::load(shop, &filters, "status_date asc", |order| {
        // Dates of one form are in the order of their texts.
        let is_date = api::moment(shop, &order.status_date).is_some();
        Ok(is_date && order.status_date.value().is_some_and(|at| at >= &since))
    })?;
    let mut orders = by_second_and_number(found.rows);
    // The API sorts only by the second. If the last page ends within a second, orders of that second
    // with lower numbers may be missing, so the whole second is left to the next run.
    if found.more {
        let last = orders.last().map(|(at, ..)| at.clone());
        let earlier = orders.iter().any(|(at, ..)| Some(at) != last.as_ref());
        orders.retain(|(at, ..)| !earlier || Some(at) != last.as_ref());
    }
    orders.retain(|(at, number, _)| *at > since || seen.is_none_or(|seen| *number > seen));
    let Some((_, _, last)) = orders.last() else {
        return if found.more {
            Err(Failure::unexpected_answer(
                "more orders changed in one second than are read",
            ))
        } else {
            Ok(Outcome::False)
        };
    };
    let (last_changed, last_order) = (
        api::required_moment(shop, &last.status_date, "status_date")?,
        last.number()?.clone(),
    );
    let orders: Vec<Order> = orders.into_iter().map(|(_, _, order)| order).collect();
    let summaries = list::summaries(shop, &orders)?;
    Ok(Outcome::True(ChangedOrders {
        count: summaries.orders.len(),
        more: found.more,
        last_changed,
        last_order,
        // An order that lacks what a summary needs is left out; the feed goes on.
        orders: summaries.orders,
    }))
}

/// Reads the parameter `after`.
fn number(after: &str) -> Result<u64, Failure> {
    let number = Number::read(after).ok().flatten();
    number
        .and_then(|number| number.value())
        .ok_or_else(|| Failure::invalid_parameter("after", "is not the number of an order"))
}

/// Sorts orders by the second in which they changed, then by number. One without a number is left out.
fn by_second_and_number(orders: Vec<Order>) -> Vec<(String, u64, Order)> {
    let with_keys = |order: Order| {
        let number = order.order_id.value()?.parse().ok()?;
        Some((order.status_date.text(), number, order))
    };
    let mut orders: Vec<_> = orders.into_iter().filter_map(with_keys).collect();
    orders.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    orders
}
