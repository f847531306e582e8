//! Customers: `load-customer-email`, `verify-customer` and
//! `list-customer-orders`.

use krabice_plugin::{
    Answer, Decimal, Email, Failure, Fields, Outcome, Page, Pages, Params, Timestamp, function,
};

use crate::order::{self, Order, OrderAndEmail, OrderNumber};
use crate::{Shop, api};

/// E-mail
///
/// The e-mail on the order.
#[derive(Answer)]
#[answer(personal)]
pub(crate) struct OrderEmail(Email);

/// Load the customer's e-mail
///
/// True with the e-mail on the order; false when there is no such order or it bears no e-mail.
#[function(reads, subject(order = order))]
pub(crate) fn load_customer_email(
    shop: &Shop,
    asked: OrderNumber,
) -> Result<Outcome<OrderEmail>, Failure> {
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    // Staff may write anything in the place of an e-mail.
    let email = order.email()?.and_then(|email| Email::parse(email));
    Ok(email.map_or(Outcome::False, |email| Outcome::True(OrderEmail(email))))
}

/// Verify a customer
///
/// True when the order bears this e-mail; false when there is no such order, or it bears another
/// e-mail or none.
#[function(reads, purposes(verifies_identity), subject(order = order))]
pub(crate) fn verify_customer(shop: &Shop, asked: OrderAndEmail) -> Result<Outcome, Failure> {
    asked.find(shop).map(|order| order.is_some().into())
}

#[derive(Params)]
pub(crate) struct OrderAndCustomer {
    #[param(flatten)]
    order: OrderNumber,
    /// Customer ID
    ///
    /// The number of the customer in Upgates. A customer without registration has none.
    #[param(personal)]
    customer_id: String,
}

#[derive(Fields)]
pub(crate) struct CustomerOrders {
    /// Number of orders
    ///
    /// How many orders the list holds.
    count: usize,
    /// Orders
    ///
    /// The orders of the customer, newest first. At most the customer's share of the 300 newest
    /// orders with the same e-mail; orders under an earlier e-mail are not found.
    orders: Vec<CustomerOrder>,
}

#[derive(Fields)]
pub(crate) struct CustomerOrder {
    /// Order number
    orderid: String,
    /// Date
    date: Timestamp,
    /// Price
    ///
    /// The total price with VAT, in the currency of the order.
    price: Decimal,
}

/// The most pages that are read, of 100 orders each. The quotas are tight, and a chat shows a few
/// orders.
const PAGES: u32 = 3;

/// List the customer's orders
///
/// True when the order belongs to this customer, with the customer's orders; false when there is no
/// such order or it belongs to somebody else.
// It proves no identity: a customer ID is a number that anybody can count up to.
#[function(
    reads,
    subject(order = order),
    listing(order = orders, key = orderid)
)]
pub(crate) fn list_customer_orders(
    shop: &Shop,
    asked: OrderAndCustomer,
) -> Result<Outcome<CustomerOrders>, Failure> {
    let Some(proof) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    let customer = proof
        .customer()?
        .customer_id
        .known("customer.customer_id")?
        .copied();
    let Some(customer) = customer.filter(|own| own.to_string() == asked.customer_id.trim()) else {
        return Ok(Outcome::False);
    };
    // The API finds orders by e-mail, not by customer.
    let mut orders = match proof.email()? {
        Some(email) => with_email(shop, email, customer)?,
        None => Vec::new(),
    };
    if !orders
        .iter()
        .any(|order| order.order_number == proof.order_number)
    {
        orders.push(proof);
    }
    let (mut listed, mut odd) = (Vec::new(), None);
    for order in &orders {
        match ordered(order) {
            Ok(order) => listed.push(order),
            Err(why) => odd = Some(why),
        }
    }
    // An order that lacks what the list needs is left out.
    if let (true, Some(why)) = (listed.is_empty(), odd) {
        return Err(why);
    }
    let orders = listed;
    Ok(Outcome::True(CustomerOrders {
        count: orders.len(),
        orders,
    }))
}

/// Loads the customer's orders among those with an e-mail, newest first.
fn with_email(shop: &Shop, email: &str, customer: i64) -> Result<Vec<Order>, Failure> {
    let pages = Pages::read(PAGES, |number| {
        let request = shop
            .get("orders")
            .query("email", email)
            .query("order_by", "creation_time")
            .query("order_dir", "desc");
        let request = if number > 1 {
            request.query("page", number)
        } else {
            request
        };
        let page: order::Page = api::read(request)?;
        let pages = page.number_of_pages.value().copied();
        Ok(Page {
            more: pages.is_some_and(|pages| pages > i64::from(number)),
            items: page.orders(),
        })
    })?;
    let mut orders = pages.items;
    // A list of which nothing can be read does not prove that there are no others.
    if let (Some(first), true) = (
        orders.first(),
        orders.iter().all(|it| it.customer().is_err()),
    ) {
        first.customer()?;
    }
    orders.retain(|order| {
        let own = order.customer().ok();
        own.is_some_and(|own| own.customer_id.value() == Some(&customer))
    });
    Ok(orders)
}

fn ordered(order: &Order) -> Result<CustomerOrder, Failure> {
    let date = order.creation_time.required("creation_time")?;
    Ok(CustomerOrder {
        orderid: order.order_number.required("order_number")?.clone(),
        date: Timestamp::parse(date.as_str())
            .ok_or_else(|| Failure::unexpected_answer("`creation_time` is not a moment"))?,
        price: order.total()?,
    })
}
