//! Orders: their form in the API, and how they are found.

use krabice_plugin::compare::same_number;
use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Decimal, Email, Failure, Params, amount};
use serde::Deserialize;

use crate::{Shop, api};

/// The number of an order.
pub(crate) struct Number(String);

impl Number {
    /// The number as the shop writes it.
    pub(crate) fn of(order: &Order) -> Result<Self, Failure> {
        let number = order.order_number.required("order_number")?;
        Ok(Self(number.clone()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The spellings by which the order is looked for in one request, as one text: as it was typed, and
    /// in capitals without white space and a `#`. The API compares exactly.
    fn spellings(&self) -> String {
        let plain: String = self.0.split_whitespace().collect();
        let plain = plain.trim_start_matches('#').to_uppercase();
        if plain.is_empty() || plain == self.0 {
            self.0.clone()
        } else {
            format!("{};{plain}", self.0)
        }
    }
}

#[derive(Params)]
pub(crate) struct OrderNumber {
    /// Order number
    ///
    /// As it stands on the order, with its prefix. Capitals, spaces and a # before it do not matter.
    order: String,
}

impl OrderNumber {
    /// Reads what a customer gave, without white space around it. `None` for a text with a `;`, which
    /// cannot be the number of an order: the API separates numbers by it and would find two others.
    pub(crate) fn read(&self) -> Result<Option<Number>, Failure> {
        let number = self.order.trim();
        if number.is_empty() {
            return Err(Failure::invalid_parameter("order", "is empty"));
        }
        Ok((!number.contains(';')).then(|| Number(number.to_owned())))
    }

    /// Finds the order; `None` on proof that there is none.
    pub(crate) fn find(&self, shop: &Shop) -> Result<Option<Order>, Failure> {
        self.read()?.map_or(Ok(None), |number| find(shop, &number))
    }
}

#[derive(Params)]
pub(crate) struct OrderAndEmail {
    #[param(flatten)]
    order: OrderNumber,
    /// E-mail
    ///
    /// The e-mail on the order. Capitals do not matter.
    #[param(personal)]
    email: Email,
}

impl OrderAndEmail {
    /// Finds the order with this e-mail; `None` on proof that there is none.
    pub(crate) fn find(&self, shop: &Shop) -> Result<Option<Order>, Failure> {
        match self.order.find(shop)? {
            Some(order) if order.belongs_to(&self.email)? => Ok(Some(order)),
            _ => Ok(None),
        }
    }
}

/// An order as the API answers it. On some servers keys are missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    pub(crate) order_number: Loose<String>,
    pub(crate) admin_url: Loose<String>,
    pub(crate) status: Loose<String>,
    pub(crate) paid_date: Loose<String>,
    order_total: Loose<Decimal>,
    pub(crate) prices_with_vat_yn: Loose<bool>,
    pub(crate) currency_id: Loose<String>,
    pub(crate) tracking_code: Loose<String>,
    pub(crate) creation_time: Loose<String>,
    pub(crate) invoice_number: Loose<String>,
    pub(crate) internal_note: Loose<String>,
    pub(crate) payment: Part<Named>,
    pub(crate) shipment: Part<Named>,
    products: Part<Vec<Part<Line>>>,
    customer: Part<Customer>,
}

/// A way of payment or of shipment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    pub(crate) name: Loose<String>,
    pub(crate) code: Loose<String>,
    pub(crate) price: Loose<Decimal>,
    pub(crate) price_with_vat: Loose<Decimal>,
    pub(crate) vat: Loose<Decimal>,
}

/// A line of an order.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) product_id: Loose<i64>,
    #[serde(rename = "type")]
    pub(crate) kind: Loose<String>,
    pub(crate) title: Loose<String>,
    pub(crate) code: Loose<String>,
    pub(crate) uuid: Loose<String>,
    pub(crate) quantity: Loose<Decimal>,
    pub(crate) price_per_unit: Loose<Decimal>,
    pub(crate) price: Loose<Decimal>,
    pub(crate) price_with_vat: Loose<Decimal>,
    pub(crate) vat: Loose<Decimal>,
}

/// The customer of an order.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Customer {
    pub(crate) email: Loose<String>,
    pub(crate) phone: Loose<String>,
    pub(crate) customer_id: Loose<i64>,
}

impl Order {
    fn is(&self, number: &Number) -> bool {
        self.order_number.value() == Some(&number.0)
    }

    /// The total with VAT, without the noise of PHP's floating point numbers.
    pub(crate) fn total(&self) -> Result<Decimal, Failure> {
        let total = *self.order_total.required("order_total")?;
        Ok(amount::exact(total, &self.currency_id.text()))
    }

    /// The lines of the order that the shop tells.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        let lines = self.products.value().into_iter().flatten();
        lines.filter_map(Part::value)
    }

    /// The lines of the order.
    ///
    /// # Errors
    /// The shop does not tell them, or not one of them, which does not prove that there are none.
    pub(crate) fn all_lines(&self) -> Result<Vec<&Line>, Failure> {
        let lines = self
            .products
            .value()
            .map(|lines| lines.iter().map(Part::value).collect());
        let lines: Option<Option<Vec<&Line>>> = lines;
        lines
            .flatten()
            .ok_or_else(|| Failure::unexpected_answer("the answer lacks `products`"))
    }

    /// The customer. An order without one has this part, too, but empty.
    pub(crate) fn customer(&self) -> Result<&Customer, Failure> {
        self.customer
            .value()
            .ok_or_else(|| Failure::unexpected_answer("the answer lacks `customer`"))
    }

    /// The e-mail on the order; `None` for an order without one.
    pub(crate) fn email(&self) -> Result<Option<&String>, Failure> {
        self.customer()?.email.known("customer.email")
    }

    /// Whether this e-mail is the one on the order.
    pub(crate) fn belongs_to(&self, email: &Email) -> Result<bool, Failure> {
        Ok(self.email()?.is_some_and(|own| email.is_in(own)))
    }
}

/// A page of orders. An answer without the list is not a page, and proves nothing.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    #[serde(default)]
    number_of_items: Loose<i64>,
    #[serde(default)]
    pub(crate) number_of_pages: Loose<i64>,
    orders: Vec<Part<Order>>,
}

impl Page {
    /// The order with this number; `None` on proof that there is none, which is a complete list
    /// without it. A server that ignored the filter answers with the first of all orders, and the
    /// one asked for may be among the others.
    fn find(self, number: &Number) -> Result<Option<Order>, Failure> {
        let whole = is_whole(&self.number_of_items, self.orders.len());
        let orders = self.orders();
        let numbered = orders
            .iter()
            .all(|order| order.order_number.value().is_some());
        let typed = orders.iter().position(|order| order.is(number));
        let same = |order: &&Order| {
            let own = order.order_number.value();
            own.is_some_and(|own| same_number(own, number.as_str()))
        };
        // The spelling that was typed decides between several orders.
        let others = orders.iter().filter(same).count();
        let place = match (typed, others) {
            (Some(place), _) => Some(place),
            (None, 1) => orders.iter().position(|order| same(&order)),
            (None, _) => None,
        };
        match place {
            Some(place) => Ok(orders.into_iter().nth(place)),
            None if whole && numbered && others == 0 => Ok(None),
            None => Err(Failure::unexpected_answer(
                "GET orders: the answer holds other orders than the one asked for",
            )),
        }
    }

    /// The orders. What is no order becomes one that tells nothing.
    pub(crate) fn orders(self) -> Vec<Order> {
        let orders = self.orders.into_iter().map(Part::into_value);
        orders.map(Option::unwrap_or_default).collect()
    }
}

/// Whether a list holds all items.
pub(crate) fn is_whole(number_of_items: &Loose<i64>, listed: usize) -> bool {
    match number_of_items.value() {
        Some(all) => i64::try_from(listed) == Ok(*all),
        None => listed == 0,
    }
}

/// Finds an order by its number; `None` on proof that there is none.
///
/// One request. It uses the filter `order_numbers` and not the path of the order, because then 404
/// can only mean a wrong address.
pub(crate) fn find(shop: &Shop, number: &Number) -> Result<Option<Order>, Failure> {
    let page: Page = api::read(
        shop.get("orders")
            .query("order_numbers", number.spellings())
            .reads(),
    )?;
    page.find(number)
}
