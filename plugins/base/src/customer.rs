//! A customer's orders: `list-customer-orders` and
//! `list-customer-orders-by-phone`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Phone, function};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::archive::Rule;
use crate::order::{Order, find, find_all, searchable};
use crate::summary::{OrderSummary, Summariser};
use crate::{Shop, api, id};

#[derive(Params)]
pub(crate) struct ByEmail {
    /// E-mail
    ///
    /// Whoever types an e-mail need not own it: verify an order first.
    #[param(personal)]
    email: Email,
    /// Months back
    ///
    /// How far back orders are listed; 0 lists all.
    #[param(default = 3)]
    months: i64,
}

#[derive(Params)]
pub(crate) struct ByPhone {
    /// Phone
    ///
    /// As it stands on orders. A prefix such as +48 may differ, but Base may not find the number
    /// with one.
    #[param(personal)]
    phone: Phone,
}

#[derive(Fields)]
pub(crate) struct CustomerOrders {
    /// Number of orders
    count: usize,
    /// Orders
    orders: Vec<OrderSummary>,
    /// More exist
    ///
    /// The list is not whole: there are more orders than one call reads.
    more: bool,
}

/// The most answers of 100 orders that are read for a list. With [`SINGLES`] a call makes at most 25
/// requests, a quarter of the account's limit in a minute.
const PAGES: u32 = 3;

/// The most orders that are read one by one.
const SINGLES: usize = 20;

/// The most months back: a century. More can only be a mistake.
const MONTHS: i64 = 1200;

/// List the customer's orders
///
/// True with the orders that bear this e-mail, newest first; false when there is none. Archived
/// orders are marked by the connection's rule; whether Base gives orders that were moved to the
/// panel's archive is not documented.
#[function(
    reads,
    purposes(customer_orders_by_email),
    subject(customer = email),
    listing(order = orders, key = order_id)
)]
pub(crate) fn list_customer_orders(
    shop: &Shop,
    asked: ByEmail,
) -> Result<Outcome<CustomerOrders>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let email = searchable(&asked.email)?;
    let from = since(shop, asked.months)?;
    let mut filters = Map::from_iter([("filter_email".to_owned(), json!(email))]);
    if let Some(from) = from {
        filters.insert("date_from".to_owned(), json!(from));
    }
    let pages = find_all(shop, filters, PAGES)?;
    let (mut orders, mut more) = (pages.items, !pages.whole);
    // A second search: it is not documented which of the two leaves out the archive, and the first
    // one gives the oldest orders when there are too many.
    let mut hits = search(shop, "getOrdersByEmail", &json!({ "email": email }))?;
    hits.retain(|hit| {
        from.is_none_or(|from| hit.added >= from)
            && !orders
                .iter()
                .any(|order| order.order_id.value() == Some(&hit.id.to_string()))
    });
    more |= hits.len() > SINGLES;
    orders.extend(singles(shop, &hits)?);
    let mut own = Vec::new();
    for order in orders {
        if order.belongs_to(&asked.email)? {
            own.push(order);
        }
    }
    outcome(shop, rule, own, more)
}

/// The second from which orders are listed; `None` for all orders.
fn since(shop: &Shop, months: i64) -> Result<Option<i64>, Failure> {
    if months == 0 {
        return Ok(None);
    }
    let back = u32::try_from(months).ok().filter(|_| months <= MONTHS);
    let back = back.ok_or_else(|| {
        Failure::invalid_parameter("months", format!("is not between 0 and {MONTHS}"))
    })?;
    Ok(shop.now().back(back, 0).unix())
}

/// List the customer's orders by phone
///
/// True with the 20 newest orders that bear this phone number; false when there is none.
#[function(
    reads,
    purposes(customer_orders_by_phone),
    subject(customer = phone),
    listing(order = orders, key = order_id)
)]
pub(crate) fn list_customer_orders_by_phone(
    shop: &Shop,
    asked: ByPhone,
) -> Result<Outcome<CustomerOrders>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let phone = asked.phone.as_str().trim();
    if !phone.contains(|letter: char| letter.is_ascii_digit()) {
        return Err(Failure::invalid_parameter("phone", "has no digit"));
    }
    let hits = search(shop, "getOrdersByPhone", &json!({ "phone": phone }))?;
    let more = hits.len() > SINGLES;
    let mut own = singles(shop, &hits)?;
    // It is not documented how the search compares, so a hit proves nothing.
    own.retain(|order| asked.phone.is(&order.phone.text()));
    outcome(shop, rule, own, more)
}

/// The answer of a search, which gives only IDs and dates.
#[derive(Deserialize)]
struct SearchAnswer {
    orders: Vec<Found>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    order_id: Loose<String>,
    date_add: Loose<i64>,
}

/// An order that a search found.
struct Hit {
    id: i64,
    added: i64,
}

/// Searches for orders, newest first.
fn search(shop: &Shop, method: &'static str, parameters: &Json) -> Result<Vec<Hit>, Failure> {
    let found: SearchAnswer = api::read(shop, method, parameters)?;
    let mut hits = Vec::new();
    for found in found.orders {
        let id = id::number(found.order_id.required("order_id")?)
            .ok_or_else(|| Failure::unexpected_answer("`order_id` is not a number"))?;
        let added = *found.date_add.required("date_add")?;
        hits.push(Hit { id, added });
    }
    hits.sort_by_key(|hit| std::cmp::Reverse((hit.added, hit.id)));
    Ok(hits)
}

/// Loads the orders of the newest hits, with one request each.
fn singles(shop: &Shop, hits: &[Hit]) -> Result<Vec<Order>, Failure> {
    let mut orders = Vec::new();
    for hit in hits.iter().take(SINGLES) {
        orders.extend(find(shop, hit.id)?);
    }
    Ok(orders)
}

fn outcome(
    shop: &Shop,
    rule: Rule,
    orders: Vec<Order>,
    more: bool,
) -> Result<Outcome<CustomerOrders>, Failure> {
    if orders.is_empty() {
        return if more {
            Err(Failure::unexpected_answer(
                "the search found more orders than are read, and none of those that were is the \
                 customer's",
            ))
        } else {
            Ok(Outcome::False)
        };
    }
    let orders = Summariser::load(shop, rule)?.newest_first(orders)?;
    Ok(Outcome::True(CustomerOrders {
        count: orders.len(),
        orders,
        more,
    }))
}
