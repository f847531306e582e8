//! The summary of an order in lists.

use krabice_plugin::{Decimal, Failure, Fields, Timestamp, Url};

use crate::Shop;
use crate::archive::Rule;
use crate::id;
use crate::order::Order;
use crate::status::{CurrentStatus, Statuses};

/// An order in a list, and the beginning of the answer of `load-order`.
#[derive(Fields)]
pub(crate) struct OrderSummary {
    /// Order ID in Base
    order_id: String,
    /// Number in the shop
    shop_order: Option<String>,
    /// Number in the marketplace
    external_order: Option<String>,
    /// Source
    ///
    /// Such as shop, personal or allegro.
    source: String,
    /// Created
    created: Timestamp,
    #[field(flatten)]
    status: CurrentStatus,
    /// Total
    ///
    /// All lines and the delivery, computed exactly: the API tells no total. Absent where a price is
    /// not known, as on an order that is not finished.
    total: Option<Decimal>,
    /// Currency
    currency: String,
    /// Archived
    ///
    /// By the rule of the connection; absent where it has none.
    archived: Option<bool>,
    /// Link to the panel
    ///
    /// For the staff: it needs their login.
    panel_url: Url,
}

/// Makes summaries. It holds what they need besides the orders, which is loaded once for a list.
pub(crate) struct Summariser<'a> {
    shop: &'a Shop,
    statuses: Statuses,
    rule: Rule,
}

impl<'a> Summariser<'a> {
    /// Loads the statuses: one request. The rule is given because its faults are found before the
    /// first request.
    pub(crate) fn load(shop: &'a Shop, rule: Rule) -> Result<Self, Failure> {
        Ok(Self {
            shop,
            rule,
            statuses: Statuses::of_orders(shop)?,
        })
    }

    pub(crate) fn summary(&self, order: &Order) -> Result<OrderSummary, Failure> {
        let status_id = order.order_status_id.required("order_status_id")?;
        Ok(OrderSummary {
            order_id: order.id()?.clone(),
            shop_order: order.shop_order(),
            external_order: order.external_order(),
            source: order.order_source.text(),
            created: order.created()?,
            status: self.statuses.current(status_id),
            total: order.total(),
            currency: order.currency.text(),
            archived: self.rule.applies(order, self.shop.now())?,
            panel_url: order.panel_link(self.shop)?,
        })
    }

    /// The summaries of orders, newest first. An order that lacks what a summary needs is left out.
    pub(crate) fn newest_first(&self, mut orders: Vec<Order>) -> Listed {
        orders.sort_by_key(|order| {
            let id = order.order_id.value().and_then(|id| id::number(id));
            std::cmp::Reverse((order.date_add.value().copied(), id))
        });
        let mut listed = Listed::default();
        for order in &orders {
            match self.summary(order) {
                Ok(summary) => listed.orders.push(summary),
                Err(why) => listed.odd = Some(why),
            }
        }
        listed
    }
}

/// The summaries of a list of orders.
#[derive(Default)]
pub(crate) struct Listed {
    pub(crate) orders: Vec<OrderSummary>,
    /// Why an order was left out.
    pub(crate) odd: Option<Failure>,
}
