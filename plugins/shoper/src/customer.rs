//! Customers: `list-customer-orders` and `find-customer`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Timestamp, function};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::list::{self, OrderSummary};
use crate::{Shop, api};

/// How far back orders may be listed, in months.
const MONTHS: i64 = 6;

#[derive(Params)]
pub(crate) struct CustomerAndMonths {
    #[param(flatten)]
    customer: CustomerEmail,
    /// Months
    ///
    /// How many months back, from 1 to 6.
    #[param(default = MONTHS)]
    months: i64,
}

#[derive(Params)]
pub(crate) struct CustomerEmail {
    /// E-mail
    ///
    /// The customer's e-mail. Whether capitals matter depends on the shop.
    #[param(personal)]
    email: Email,
}

impl CustomerEmail {
    /// The e-mail for a filter, in lower case and, in the same request, as it was typed: it is not
    /// documented whether case matters to the API.
    fn for_filter(&self) -> Result<Json, Failure> {
        let typed = self.email.as_str().trim();
        let email = typed.to_lowercase();
        if email.is_empty() {
            return Err(Failure::invalid_parameter("email", "is empty"));
        }
        Ok(if email == typed {
            json!(email)
        } else {
            json!({ "IN": [email, typed] })
        })
    }
}

#[derive(Fields)]
pub(crate) struct CustomerOrders {
    /// Number of orders
    ///
    /// How many orders the list holds.
    count: usize,
    /// There are more
    ///
    /// Whether there may be more orders than the list holds: it ends after the 250 newest, and an order
    /// that cannot be read is left out.
    more: bool,
    /// Number of the newest order
    newest: String,
    /// Orders
    ///
    /// The orders with this e-mail, newest first.
    orders: Vec<OrderSummary>,
}

/// List the customer's orders
///
/// True with the orders with this e-mail of up to six months; false when there is none. Show them
/// only to a customer who has proven to be theirs.
#[function(
    reads,
    purposes(customer_orders_by_email),
    subject(customer = email),
    listing(order = orders, key = number)
)]
pub(crate) fn list_customer_orders(
    shop: &Shop,
    asked: CustomerAndMonths,
) -> Result<Outcome<CustomerOrders>, Failure> {
    let months = u32::try_from(asked.months).ok();
    let Some(months) = months.filter(|_| (1..=MONTHS).contains(&asked.months)) else {
        return Err(Failure::invalid_parameter("months", "is from 1 to 6"));
    };
    let since = shop.now().back(months, 0).clock();
    let filters = json!({ "email": asked.customer.for_filter()?, "date": { ">=": since } });
    let found = list::load(shop, &filters, "date desc", |order| {
        // Dates of one form are in the order of their texts.
        let recent = order.date.required("date")? >= &since;
        Ok(recent && order.belongs_to(&asked.customer.email)?)
    })?;
    if found.rows.is_empty() {
        return Ok(Outcome::False);
    }
    let listed = list::summaries(shop, &found.rows)?;
    let left_out = found.odd || listed.odd.is_some();
    match (listed.orders.first(), listed.odd) {
        (Some(newest), _) => Ok(Outcome::True(CustomerOrders {
            count: listed.orders.len(),
            more: found.more || left_out,
            newest: newest.number.clone(),
            orders: listed.orders,
        })),
        (None, Some(why)) => Err(why),
        (None, None) => Ok(Outcome::False),
    }
}

/// A customer as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    user_id: Loose<String>,
    email: Loose<String>,
    firstname: Loose<String>,
    lastname: Loose<String>,
    registered: Loose<bool>,
    active: Loose<bool>,
    date_add: Loose<String>,
}

#[derive(Fields)]
pub(crate) struct Customer {
    /// Number of the customer
    id: String,
    /// First name
    #[field(personal)]
    firstname: String,
    /// Surname
    #[field(personal)]
    lastname: String,
    /// Registered
    ///
    /// No for a customer who ordered as a guest.
    registered: bool,
    /// Active
    active: bool,
    /// Customer since
    since: Option<Timestamp>,
}

/// The most pages of customers that are read: an e-mail belongs to one customer, or to a few guests.
const CUSTOMER_PAGES: u32 = 2;

/// Find a customer
///
/// True with the customer who has this e-mail, a registered one before a guest; false when there is
/// none.
#[function(reads, subject(customer = email))]
pub(crate) fn find_customer(
    shop: &Shop,
    asked: CustomerEmail,
) -> Result<Outcome<Customer>, Failure> {
    let filters = json!({ "email": asked.for_filter()? });
    let pages = api::pages(shop, CUSTOMER_PAGES, || {
        shop.get("webapi/rest/users").query("filters", &filters)
    })?;
    let found = api::fitting(pages, |user: &User| {
        let own = user.email.known("email")?;
        Ok(own.is_some_and(|own| asked.email.is_in(own)))
    })?;
    let registered = |user: &&User| user.registered.value() == Some(&true);
    let users = found.rows;
    let Some(user) = users.iter().find(registered).or_else(|| users.first()) else {
        return Ok(Outcome::False);
    };
    Ok(Outcome::True(Customer {
        id: user.user_id.required("user_id")?.clone(),
        firstname: user.firstname.text(),
        lastname: user.lastname.text(),
        registered: *user.registered.required("registered")?,
        active: *user.active.required("active")?,
        since: api::moment(shop, &user.date_add),
    }))
}
