//! `list-orders-changed-since`: POHODA does not announce changes, so they have to be asked for.

use krabice_plugin::{
    Cursor, Decimal, Failure, Feed, Fields, Outcome, Params, Timestamp, function, texts,
};
use sha2::{Digest, Sha256};

use crate::Unit;
use crate::detail::Identity;
use crate::number::Search;
use crate::order::{self, Order, OrderState};
use crate::xml::{node, text};

/// The feed of orders. The cursor holds its own overlap.
pub(crate) const ORDERS: Feed = Feed {
    name: "orders",
    label: texts!("feed.orders.label", "Orders"),
    help: texts!(
        "feed.orders.help",
        "New received orders, and changes of the state, the items or the total of each. POHODA may \
         not tell a change that another document made, so that orders are read again one by one, too."
    ),
    function: "list-orders-changed-since",
    since: Some("since"),
    cursor: &[Cursor {
        field: "cursor",
        parameter: "cursor",
        overlap: 0,
    }],
    more: Some("more"),
    changes: &["fingerprint"],
    reread: Some("load-order"),
    every: 300,
};

/// The most orders of one answer, and so of one call.
const PAGE: usize = 200;
/// The seconds by which the question goes further back than the moment, so that no change is missed
/// because of POHODA's clock or because it was just being saved.
const OVERLAP: i64 = 5 * 60;

#[derive(Params)]
pub(crate) struct Since {
    /// Since
    ///
    /// For the first call. Not needed with a cursor.
    since: Option<Timestamp>,
    /// Cursor
    ///
    /// What the last call that was true gave; goes before the moment.
    cursor: Option<String>,
}

/// The position in the list of changes. As a text: the moment of the question; within a list that is
/// longer than an answer also the moment at which its first part was made, and the next id.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    /// By the clock of the machine that POHODA runs on.
    since: String,
    within: Option<(String, i64)>,
}

impl Position {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('/');
        let since = moment(parts.next()?)?;
        let within = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(made), Some(id)) => {
                let id = id.parse().ok().filter(|id| *id > 0)?;
                Some((moment(made)?, id))
            }
            (Some(_), None) => return None,
        };
        parts.next().is_none().then_some(Self { since, within })
    }

    fn write(&self) -> String {
        match &self.within {
            None => self.since.clone(),
            Some((made, id)) => format!("{}/{made}/{id}", self.since),
        }
    }
}

/// Reads a local time and writes it as POHODA does.
fn moment(text: &str) -> Option<String> {
    let clock = Timestamp::local(text, "UTC")?.clock();
    Some(clock.replace(' ', "T"))
}

/// The local time that many seconds earlier.
fn earlier(clock: &str, seconds: i64) -> Option<String> {
    // Computed as if it were UTC, whose days have no gaps.
    let moment = Timestamp::parse(format!("{clock}Z"))?.unix()?;
    let earlier = Timestamp::from_unix(moment - seconds)?;
    Some(earlier.clock().replace(' ', "T"))
}

#[derive(Fields)]
pub(crate) struct ChangedOrders {
    /// Orders
    ///
    /// By their id. The same order may come again: compare its fingerprint with the one you have.
    orders: Vec<ChangedOrder>,
    /// More
    ///
    /// Whether there are more: call again with the cursor at once.
    more: bool,
    /// Cursor
    ///
    /// For the next call, as it is.
    cursor: String,
}

#[derive(Fields)]
pub(crate) struct ChangedOrder {
    #[field(flatten)]
    identity: Identity,
    /// Number of the shop
    ///
    /// Empty without one.
    #[field(name = "shop-number")]
    shop_number: String,
    /// State
    state: OrderState,
    /// Total
    total: Option<Decimal>,
    /// Currency
    currency: Option<String>,
    /// Fingerprint
    ///
    /// Changes with the order's state, items and total, and with nothing else.
    fingerprint: String,
}

impl ChangedOrder {
    fn of(unit: &Unit, order: &Order) -> Result<Self, Failure> {
        let total = order.total(unit);
        Ok(Self {
            identity: Identity::of(unit, order)?,
            shop_number: order.shop_number().to_owned(),
            state: order.state()?,
            total: total.as_ref().map(|total| total.amount),
            currency: total.map(|total| total.currency),
            fingerprint: fingerprint(unit, order)?,
        })
    }
}

/// A text that changes with the order's state, items and total.
pub(crate) fn fingerprint(unit: &Unit, order: &Order) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    let written = |number: Option<Decimal>| number.map(|it| it.normalize().to_string());
    add(order.state()?.as_str());
    add(&written(order.total(unit).map(|total| total.amount)).unwrap_or_default());
    for line in order.lines()? {
        add(&line.code);
        add(&line.name);
        add(&line.quantity.map(|it| it.to_string()).unwrap_or_default());
        add(&line.delivered.to_string());
        add(&written(line.price).unwrap_or_default());
    }
    // Half of the digest is enough to distinguish the states of an order.
    let half = &hash.finalize()[..16];
    Ok(half.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// List orders changed since
///
/// True with up to 200 received orders that are new or were changed, and a cursor for the next
/// call; false when there are none, and the old cursor stays good. POHODA may not count a change
/// that another document made, so look at open orders by their numbers from time to time, too.
#[function(reads, listing(order = orders, key = id, subject = order))]
pub(crate) fn list_orders_changed_since(
    unit: &Unit,
    asked: Since,
) -> Result<Outcome<ChangedOrders>, Failure> {
    let cursor = asked.cursor()?;
    let from = earlier(&cursor.since, OVERLAP).ok_or_else(|| not_a_moment("cursor"))?;
    let id = cursor.within.as_ref().map_or(1, |(_, id)| *id);
    // Without its system an order would come without the id that customers know.
    let search = Search::of(unit)?;
    let question = order::question(
        search.system(),
        [
            node("lst:limit").holding([text("ftr:idFrom", id), text("ftr:count", PAGE)]),
            node("lst:requestOrder")
                .holding([node("ftr:filter").holding([text("ftr:lastChanges", from)])]),
        ],
    );
    let list = order::list(unit, question)?;
    let Some(last) = list.orders.iter().map(|order| order.id).max() else {
        if let Some(why) = list.odd {
            return Err(why);
        }
        return Ok(match cursor.within {
            // The list ended with a full answer; the next question is for the changes after it.
            Some((made, _)) => Outcome::True(ChangedOrders {
                orders: Vec::new(),
                more: false,
                cursor: made,
            }),
            None => Outcome::False,
        });
    };
    let made = match cursor.within {
        Some((made, _)) => made,
        None => list.stamp.as_deref().and_then(moment).ok_or_else(|| {
            Failure::unexpected_answer("POST xml: the list does not say when it was made")
        })?,
    };
    let more = list.listed >= PAGE;
    let next = if more {
        Position {
            since: cursor.since,
            within: Some((made, last + 1)),
        }
    } else {
        Position {
            since: made,
            within: None,
        }
    };
    // An order that lacks what it needs here is left out; the list goes on.
    let orders = list.orders.iter();
    let orders = orders.filter_map(|order| ChangedOrder::of(unit, order).ok());
    Ok(Outcome::True(ChangedOrders {
        orders: orders.collect(),
        more,
        cursor: next.write(),
    }))
}

impl Since {
    fn cursor(&self) -> Result<Position, Failure> {
        let cursor = self.cursor.as_deref().map(str::trim).unwrap_or_default();
        if !cursor.is_empty() {
            return Position::read(cursor).ok_or_else(|| not_a_moment("cursor"));
        }
        let Some(since) = &self.since else {
            let detail = "is missing, and there is no cursor";
            return Err(Failure::invalid_parameter("since", detail));
        };
        let since = moment(&since.clock()).ok_or_else(|| not_a_moment("since"))?;
        Ok(Position {
            since,
            within: None,
        })
    }
}

fn not_a_moment(name: &str) -> Failure {
    Failure::invalid_parameter(name, "is not a moment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for text in [
            "2026-03-02T09:12:44",
            "2026-03-02T08:00:00/2026-03-02T09:12:44/813",
        ] {
            assert_eq!(Position::read(text).unwrap().write(), text);
        }
        for text in [
            "",
            "yesterday",
            "2026-03-02T08:00:00/",
            "2026-03-02T08:00:00/2026-03-02T09:12:44",
            "2026-03-02T08:00:00/2026-03-02T09:12:44/0",
            "2026-03-02T08:00:00/2026-03-02T09:12:44/813/1",
            "2026-03-02T08:00:00/x/813",
        ] {
            assert_eq!(Position::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_overlap_may_cross_midnight() {
        let back = |clock| earlier(clock, OVERLAP).unwrap();
        assert_eq!(back("2026-03-02T09:12:44"), "2026-03-02T09:07:44");
        assert_eq!(back("2026-03-01T00:01:00"), "2026-02-28T23:56:00");
    }
}
