//! Lists of orders, as scenarios show them.

use krabice_plugin::{Decimal, Failure, Fields, Timestamp};

use crate::method::Currencies;
use crate::order::Order;
use crate::status::{State, Statuses};
use crate::{Shop, api};

/// The most pages that are read, of 50 orders each. A chat shows a few orders, and
/// the bucket holds ten requests.
pub(crate) const PAGES: u32 = 5;

/// An order in a list.
#[derive(Fields)]
pub(crate) struct Ordered {
    #[field(label(en = "Order number", cs = "Číslo objednávky", pl = "Numer zamówienia"))]
    number: String,
    #[field(label(en = "Ordered", cs = "Objednáno", pl = "Zamówiono"))]
    date: Timestamp,
    #[field(
        label(en = "Status since", cs = "Stav od", pl = "Status od"),
        help(
            en = "When the order got its present status.",
            cs = "Kdy objednávka dostala nynější stav.",
            pl = "Kiedy zamówienie otrzymało obecny status."
        )
    )]
    changed: Option<Timestamp>,
    #[field(flatten)]
    state: State,
    #[field(label(
        en = "Order value",
        cs = "Hodnota objednávky",
        pl = "Wartość zamówienia"
    ))]
    sum: Decimal,
    #[field(
        label(en = "Currency", cs = "Měna", pl = "Waluta"),
        help(
            en = "The code of the currency, such as PLN.",
            cs = "Kód měny, například PLN.",
            pl = "Kod waluty, na przykład PLN."
        )
    )]
    currency: String,
    #[field(label(en = "Paid", cs = "Zaplaceno", pl = "Opłacone"))]
    paid: bool,
}

/// Shows orders with the names of their statuses and currencies: one request for
/// either.
pub(crate) fn shown(shop: &Shop, orders: &[Order]) -> Result<Vec<Ordered>, Failure> {
    let statuses = Statuses::ask(shop)?;
    let currencies = Currencies::ask(shop)?;
    let shown = |order: &Order| {
        Ok(Ordered {
            number: order.number()?.clone(),
            date: api::known_moment(shop, &order.date, "date")?,
            changed: api::moment(shop, &order.status_date),
            state: statuses.state(shop, order)?,
            sum: *order.sum.required("sum")?,
            currency: currencies.code(&order.currency_id)?,
            paid: *order.is_paid.required("is_paid")?,
        })
    };
    orders.iter().map(shown).collect()
}

/// Leaves out what came twice: an order that moved to the next page while the
/// pages were read.
pub(crate) fn distinct(orders: &mut Vec<Order>) {
    let mut seen: Vec<String> = Vec::new();
    orders.retain(|order| {
        let number = order.order_id.text();
        let new = !seen.contains(&number);
        seen.push(number);
        new
    });
}
