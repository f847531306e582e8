//! Customers: `load-customer-email`, `verify-customer` and
//! `list-customer-orders`.

use krabice_plugin::{
    Answer, Decimal, Email, Failure, Fields, Outcome, Page, Pages, Params, Timestamp, function,
};

use crate::order::{self, Order, OrderAndEmail, OrderNumber};
use crate::{Shop, api};

#[derive(Answer)]
#[answer(
    label(en = "E-mail", cs = "E-mail"),
    help(en = "The e-mail on the order.", cs = "E-mail na objednávce."),
    personal
)]
pub(crate) struct Address(Email);

#[function(
    reads,
    label(en = "Load the customer's e-mail", cs = "Načíst e-mail zákazníka"),
    help(
        en = "True with the e-mail on the order; false when there is no such order or it bears no \
              e-mail.",
        cs = "Ano s e-mailem na objednávce; ne, když taková objednávka není nebo na ní e-mail není."
    )
)]
pub(crate) fn load_customer_email(
    shop: &Shop,
    asked: OrderNumber,
) -> Result<Outcome<Address>, Failure> {
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    Ok(match order.email()? {
        Some(email) => Outcome::True(Address(Email::from(email.trim()))),
        None => Outcome::False,
    })
}

#[function(
    reads,
    label(en = "Verify a customer", cs = "Ověřit zákazníka"),
    help(
        en = "True when the order bears this e-mail; false when there is no such order, or it bears \
              another e-mail or none.",
        cs = "Ano, když je na objednávce tento e-mail; ne, když taková objednávka není nebo je na ní \
              jiný e-mail či žádný."
    )
)]
pub(crate) fn verify_customer(shop: &Shop, asked: OrderAndEmail) -> Result<Outcome, Failure> {
    asked.find(shop).map(|order| order.is_some().into())
}

#[derive(Params)]
pub(crate) struct OrderAndCustomer {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "Customer ID", cs = "ID zákazníka"),
        help(
            en = "The number of the customer in Upgates. A customer without registration has none.",
            cs = "Číslo zákazníka v Upgates. Zákazník bez registrace žádné nemá."
        ),
        personal
    )]
    customer_id: String,
}

#[derive(Fields)]
pub(crate) struct Orders {
    #[field(
        label(en = "Number of orders", cs = "Počet objednávek"),
        help(
            en = "How many orders the list holds.",
            cs = "Kolik objednávek seznam obsahuje."
        )
    )]
    count: i64,
    #[field(
        label(en = "Orders", cs = "Objednávky"),
        help(
            en = "The orders of the customer, newest first. At most the customer's share of the 300 \
                  newest orders with the same e-mail; orders under an earlier e-mail are not found.",
            cs = "Objednávky zákazníka, od nejnovější. Nejvýše ty, které jsou mezi 300 nejnovějšími \
                  objednávkami se stejným e-mailem; objednávky s dřívějším e-mailem se nenajdou."
        )
    )]
    orders: Vec<Ordered>,
}

#[derive(Fields)]
pub(crate) struct Ordered {
    #[field(label(en = "Order number", cs = "Číslo objednávky"))]
    orderid: String,
    #[field(label(en = "Date", cs = "Datum"))]
    date: Timestamp,
    #[field(
        label(en = "Price", cs = "Cena"),
        help(
            en = "The total price with VAT, in the currency of the order.",
            cs = "Celková cena s DPH, v měně objednávky."
        )
    )]
    price: Decimal,
}

/// The most pages that are read, of 100 orders each. The quotas are tight, and a
/// chat shows a few orders.
const PAGES: u32 = 3;

#[function(
    reads,
    label(en = "List the customer's orders", cs = "Vypsat objednávky zákazníka"),
    help(
        en = "True when the order belongs to this customer, with the customer's orders; false when \
              there is no such order or it belongs to somebody else.",
        cs = "Ano, když objednávka patří tomuto zákazníkovi, i s jeho objednávkami; ne, když taková \
              objednávka není nebo patří někomu jinému."
    )
)]
pub(crate) fn list_customer_orders(
    shop: &Shop,
    asked: OrderAndCustomer,
) -> Result<Outcome<Orders>, Failure> {
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
    let orders = orders.iter().map(ordered).collect::<Result<Vec<_>, _>>()?;
    let count = i64::try_from(orders.len()).unwrap_or(i64::MAX);
    Ok(Outcome::True(Orders { count, orders }))
}

/// The customer's orders among those with an e-mail, newest first.
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
        let pages = page.number_of_pages.value();
        Ok(Page {
            more: pages.is_some_and(|pages| *pages > i64::from(number)),
            items: page.orders,
        })
    })?;
    let mut orders = Vec::new();
    for order in pages.items {
        if order.customer()?.customer_id.value() == Some(&customer) {
            orders.push(order);
        }
    }
    Ok(orders)
}

fn ordered(order: &Order) -> Result<Ordered, Failure> {
    let date = order.creation_time.required("creation_time")?;
    Ok(Ordered {
        orderid: order.order_number.required("order_number")?.clone(),
        date: Timestamp::parse(date.as_str())
            .ok_or_else(|| Failure::unexpected_answer("`creation_time` is no moment"))?,
        price: *order.order_total.required("order_total")?,
    })
}
