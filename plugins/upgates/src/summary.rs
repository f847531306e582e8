//! Orders as a customer asks about them: `verify-order` and `load-order`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Decimal, Failure, Fields, Outcome, Phone, Url, function};
use serde::Deserialize;

use crate::order::{Line, Named, Order, OrderAndEmail, OrderNumber};
use crate::{Shop, api};

#[derive(Fields)]
pub(crate) struct Summary {
    #[field(
        label(en = "Status", cs = "Stav"),
        help(
            en = "The name of the status in the order's language; empty for an order without one.",
            cs = "Název stavu v jazyce objednávky; prázdný u objednávky bez stavu."
        )
    )]
    status: String,
    #[field(
        label(en = "Payment", cs = "Platba"),
        help(
            en = "The way of payment; empty without one.",
            cs = "Způsob platby; prázdný, když není."
        )
    )]
    billing: String,
    #[field(
        label(en = "Shipment", cs = "Doprava"),
        help(
            en = "The way of shipment; empty without one.",
            cs = "Způsob dopravy; prázdný, když není."
        )
    )]
    shipping: String,
    #[field(label(en = "Paid", cs = "Zaplaceno"))]
    paid: bool,
    #[field(
        label(en = "Price", cs = "Cena"),
        help(
            en = "The total price of the order with VAT, also after it was paid.",
            cs = "Celková cena objednávky s DPH, i když už je zaplacená."
        )
    )]
    topay: Decimal,
    #[field(
        label(en = "Currency", cs = "Měna"),
        help(
            en = "The code of the currency, such as CZK.",
            cs = "Kód měny, například CZK."
        )
    )]
    currency: String,
    #[field(
        label(en = "Tracking number", cs = "Číslo zásilky"),
        help(en = "Empty while there is none.", cs = "Prázdné, dokud žádné není.")
    )]
    tracking: String,
}

impl Summary {
    fn of(order: &Order) -> Result<Self, Failure> {
        let name =
            |named: &Option<Named>| named.as_ref().map_or_else(String::new, |it| it.name.text());
        Ok(Self {
            status: order.status.text(),
            billing: name(&order.payment),
            shipping: name(&order.shipment),
            // As far as the API tells it: there is a date of payment.
            paid: order.paid_date.known("paid_date")?.is_some(),
            topay: *order.order_total.required("order_total")?,
            currency: order.currency_id.required("currency_id")?.clone(),
            tracking: order.tracking_code.text(),
        })
    }
}

#[function(
    reads,
    label(en = "Verify an order number", cs = "Ověřit číslo objednávky"),
    help(
        en = "True when the shop has an order of this number, with its state; false when it has none.",
        cs = "Ano, když e-shop objednávku s tímto číslem má, i s jejím stavem; ne, když ji nemá."
    )
)]
pub(crate) fn verify_order(shop: &Shop, asked: OrderNumber) -> Result<Outcome<Summary>, Failure> {
    match asked.find(shop)? {
        Some(order) => Summary::of(&order).map(Outcome::True),
        None => Ok(Outcome::False),
    }
}

#[derive(Fields)]
pub(crate) struct Detail {
    #[field(
        label(en = "Link to the administration", cs = "Odkaz do administrace"),
        help(
            en = "For the shop's staff: it needs their login. The API has no page for customers.",
            cs = "Pro obsluhu e-shopu: vyžaduje její přihlášení. Stránku pro zákazníka API nemá."
        )
    )]
    url: Option<Url>,
    #[field(label(en = "Phone", cs = "Telefon"), personal)]
    phone: Option<Phone>,
    #[field(flatten)]
    summary: Summary,
    #[field(
        label(en = "Items", cs = "Položky"),
        help(
            en = "What was ordered: products, sets and gifts, without the parts of sets and without \
                  discounts.",
            cs = "Co bylo objednáno: produkty, sady a dárky, bez částí sad a bez slev."
        )
    )]
    items: Vec<Item>,
}

#[derive(Fields)]
pub(crate) struct Item {
    #[field(label(en = "Name", cs = "Název"))]
    name: String,
    #[field(
        label(en = "Brand", cs = "Značka"),
        help(
            en = "The maker of the product; empty when it has none, when the product is no longer \
                  sold, or when the shop does not tell it now.",
            cs = "Výrobce produktu; prázdný, když žádného nemá, když se produkt už neprodává nebo \
                  když ho e-shop teď nesdělí."
        )
    )]
    brand: String,
    #[field(
        label(en = "Code", cs = "Kód"),
        help(
            en = "Empty for a product without one.",
            cs = "Prázdný u produktu bez kódu."
        )
    )]
    code: String,
}

#[function(
    reads,
    label(en = "Load an order", cs = "Načíst objednávku"),
    help(
        en = "True when the order exists and bears this e-mail, with its details; false when there \
              is no such order or it bears another e-mail.",
        cs = "Ano, když objednávka existuje a je na ní tento e-mail, i s podrobnostmi; ne, když \
              taková objednávka není nebo je na ní jiný e-mail."
    )
)]
pub(crate) fn load_order(shop: &Shop, asked: OrderAndEmail) -> Result<Outcome<Detail>, Failure> {
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    Ok(Outcome::True(Detail {
        url: Url::parse(order.admin_url.text()),
        phone: order
            .customer()?
            .phone
            .value()
            .map(|phone| phone.as_str().into()),
        summary: Summary::of(&order)?,
        items: items(shop, order.products.unwrap_or_default()),
    }))
}

/// The items of an order, with the brands of their products.
fn items(shop: &Shop, lines: Vec<Line>) -> Vec<Item> {
    // Parts of a set and discounts stand beside what they belong to. A line
    // without a type comes from an old server and is a product.
    let ordered = |line: &Line| !matches!(line.kind.text().as_str(), "set_part" | "discount");
    let lines: Vec<_> = lines.into_iter().filter(ordered).collect();
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
        .map(|line| Item {
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
    products: Vec<Product>,
}

/// The most products whose brands are asked for: one page of the API.
const PRODUCTS: usize = 100;

/// The brands, which the order itself does not tell: one request for all products,
/// and none for an order without any.
///
/// Whatever goes wrong here leaves the brands empty. The order is proven and
/// complete without them, and an API user may well have no right to products.
fn brands(shop: &Shop, lines: &[Line]) -> Vec<Product> {
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
    api::read(request).map_or_else(|_| Vec::new(), |found: Products| found.products)
}
