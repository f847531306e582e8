//! `verify-order` and `load-order`.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Decimal, Failure, Fields, Outcome, Phone, Url, function};
use serde::Deserialize;

use crate::order::{Line, Named, Order, OrderAndEmail, OrderNumber};
use crate::{Shop, api};

#[derive(Fields)]
pub(crate) struct OrderSummary {
    /// Status
    ///
    /// The name of the status in the order's language; empty for an order without one.
    status: String,
    /// Payment
    ///
    /// The way of payment; empty without one.
    billing: String,
    /// Shipment
    ///
    /// The way of shipment; empty without one.
    shipping: String,
    /// Paid
    paid: bool,
    /// Price
    ///
    /// The total price of the order with VAT, also after it was paid.
    topay: Decimal,
    /// Currency
    ///
    /// The code of the currency, such as CZK.
    currency: String,
    /// Tracking number
    ///
    /// Empty while there is none.
    tracking: String,
}

impl OrderSummary {
    fn of(order: &Order) -> Result<Self, Failure> {
        let name =
            |named: &Part<Named>| named.value().map_or_else(String::new, |it| it.name.text());
        Ok(Self {
            status: order.status.text(),
            billing: name(&order.payment),
            shipping: name(&order.shipment),
            // The API has no flag; an order with a date of payment is paid.
            paid: order.paid_date.known("paid_date")?.is_some(),
            topay: order.total()?,
            currency: order.currency_id.required("currency_id")?.clone(),
            tracking: order.tracking_code.text(),
        })
    }
}

/// Verify an order number
///
/// True when the shop has an order of this number, with its state; false when it has none.
#[function(reads, subject(order = order))]
pub(crate) fn verify_order(
    shop: &Shop,
    asked: OrderNumber,
) -> Result<Outcome<OrderSummary>, Failure> {
    match asked.find(shop)? {
        Some(order) => OrderSummary::of(&order).map(Outcome::True),
        None => Ok(Outcome::False),
    }
}

#[derive(Fields)]
pub(crate) struct OrderDetail {
    /// Link to the administration
    ///
    /// For the shop's staff: it needs their login. The API has no page for customers.
    url: Option<Url>,
    /// Phone
    #[field(personal)]
    phone: Option<Phone>,
    #[field(flatten)]
    summary: OrderSummary,
    /// Items
    ///
    /// What was ordered: products, sets and gifts, without the parts of sets and without discounts.
    items: Vec<OrderItem>,
}

#[derive(Fields)]
pub(crate) struct OrderItem {
    /// Name
    name: String,
    /// Brand
    ///
    /// The maker of the product; empty when it has none, when the product is no longer sold, or
    /// when the shop does not tell it now.
    brand: String,
    /// Code
    ///
    /// Empty for a product without one.
    code: String,
}

/// Load an order
///
/// True when the order exists and bears this e-mail, with its details; false when there is no such
/// order or it bears another e-mail.
#[function(reads, purposes(verifies_identity), subject(order = order))]
pub(crate) fn load_order(
    shop: &Shop,
    asked: OrderAndEmail,
) -> Result<Outcome<OrderDetail>, Failure> {
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    Ok(Outcome::True(OrderDetail {
        url: Url::parse(order.admin_url.text()),
        phone: order
            .customer()?
            .phone
            .value()
            .and_then(|phone| Phone::parse(phone)),
        summary: OrderSummary::of(&order)?,
        items: items(shop, &order),
    }))
}

/// The items of an order, with the brands of their products.
fn items(shop: &Shop, order: &Order) -> Vec<OrderItem> {
    // The set, and the product of a discount, are lines of their own. A line without a type comes
    // from an old server and is a product.
    let ordered = |line: &&Line| !matches!(line.kind.text().as_str(), "set_part" | "discount");
    let lines: Vec<_> = order.lines().filter(ordered).collect();
    let brands = brands(shop, &lines);
    let brand = |line: &Line| {
        let product = line.product_id.value()?;
        let known = brands
            .iter()
            .find(|known| known.product_id.value() == Some(product))?;
        Some(known.manufacturer.text())
    };
    lines
        .iter()
        .map(|line| OrderItem {
            name: line.title.text(),
            brand: brand(line).unwrap_or_default(),
            code: line.code.text(),
        })
        .collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Product {
    product_id: Loose<i64>,
    manufacturer: Loose<String>,
}

#[derive(Debug, Deserialize)]
struct Products {
    products: Vec<Part<Product>>,
}

/// The most products whose brands are asked for: one page of the API.
const PRODUCTS: usize = 100;

/// Loads the products of an order for their brands: one request for all products, and none for an
/// order without products.
///
/// Any failure leaves the brands empty. The order is proven and complete without them, and an API
/// user may have no right to products.
fn brands(shop: &Shop, lines: &[&Line]) -> Vec<Product> {
    let mut ids: Vec<_> = lines
        .iter()
        .filter_map(|line| line.product_id.value().copied())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Vec::new();
    }
    let ids: Vec<_> = ids.iter().take(PRODUCTS).map(ToString::to_string).collect();
    let request = shop
        .get("products/simple")
        .query("product_ids", ids.join(";"));
    let found: Result<Products, _> = api::read(request);
    let products = found.map_or_else(|_| Vec::new(), |found| found.products);
    products.into_iter().filter_map(Part::into_value).collect()
}
