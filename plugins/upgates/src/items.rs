//! The items of an order: `update-order-items`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Decimal, Failure, Fields, Outcome, Params, amount, function};
use serde_json::{Map, Value, json};

use crate::Shop;
use crate::order::{self, Line, Named, Number, Order, OrderNumber};
use crate::update::{self, Update};

/// The decimal places of a unit price that is sent. Arbitrary: enough for any quantity of a real
/// order, and the total is compared afterwards.
const PLACES: u32 = 4;

#[derive(Params)]
pub(crate) struct WantedItems {
    #[param(flatten)]
    order: OrderNumber,
    /// Items
    ///
    /// All that the order shall hold, shipment and payment among them. Others are taken off it.
    items: Vec<WantedItem>,
    /// Total
    ///
    /// With VAT and rounding: what the shop has to come to.
    total: Decimal,
    /// Currency
    ///
    /// The code of the currency, such as CZK.
    currency: String,
}

#[derive(Params)]
pub(crate) struct WantedItem {
    /// Name
    ///
    /// An item without a code is the shipment, the payment or a product of this name.
    name: String,
    /// Code
    ///
    /// The product's code in the shop; empty for an item without one.
    #[param(default = "")]
    code: String,
    /// Quantity
    ///
    /// More than 0.
    quantity: Decimal,
    /// Unit
    ///
    /// Of an item that is new on the order.
    #[param(default = "")]
    unit: String,
    /// Price
    ///
    /// Of the whole line, with VAT.
    price: Decimal,
    /// VAT in percent
    ///
    /// Needed for an item that is new on the order, and in a shop whose prices are without VAT.
    vat: Option<Decimal>,
}

#[derive(Fields)]
pub(crate) struct ItemChanges {
    /// Changed
    ///
    /// False where the order held exactly that already.
    changed: bool,
    /// Added
    ///
    /// The names of items that are new.
    added: Vec<String>,
    /// Altered
    ///
    /// The names of items with another quantity or price.
    altered: Vec<String>,
    /// Removed
    ///
    /// The names of items that are gone.
    removed: Vec<String>,
    /// Total before
    #[field(name = "total-before")]
    total_before: Decimal,
    /// Total now
    total: Decimal,
    /// Currency
    currency: String,
}

/// Update the items of an order
///
/// True when the order holds these items and comes to this total, whether it had to be changed or
/// not; false when there is no such order. What the shop cannot be brought to is a failure that
/// says what differs. No e-mail is sent.
#[function(
    // A new item that is sent again is added again.
    writes,
    subject(order = order),
    // All items are sent: those that another call adds in the meantime would be removed.
    exclusive,
)]
pub(crate) fn update_order_items(
    shop: &Shop,
    asked: WantedItems,
) -> Result<Outcome<ItemChanges>, Failure> {
    check(&asked)?;
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let Some(order) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    let currency = order.currency_id.required("currency_id")?;
    if !currency.eq_ignore_ascii_case(asked.currency.trim()) {
        return Err(differs("the order's currency is another"));
    }
    let before = order.total()?;
    let plan = Plan::of(&order, &asked.items)?;
    if plan.is_empty() && before == asked.total {
        return plan.done(false, before, before, currency);
    }
    if plan.is_empty() {
        let what = difference(before, asked.total);
        return Err(differs(&format!("the items are the same, and {what}")));
    }
    let number = Number::of(&order)?;
    plan.send(shop, &number)?;
    let written = order::find(shop, &number)?.ok_or_else(|| differs("the order is gone"))?;
    let now = written.total()?;
    if now != asked.total {
        let what = difference(now, asked.total);
        return Err(differs(&format!("the items were written, and {what}")));
    }
    if !Plan::of(&written, &asked.items)?.is_empty() {
        return Err(differs(
            "the items were written, and the order holds others",
        ));
    }
    plan.done(true, before, now, currency)
}

/// The failure for an order that differs from the wanted one.
fn differs(what: &str) -> Failure {
    Failure::unexpected_answer(format!("PUT orders: {what}"))
}

fn difference(shop: Decimal, asked: Decimal) -> String {
    match shop.checked_sub(asked) {
        Some(difference) => format!("the shop's total differs by {}", difference.normalize()),
        None => "the shop's total differs".to_owned(),
    }
}

fn check(asked: &WantedItems) -> Result<(), Failure> {
    if asked.items.is_empty() {
        return Err(Failure::invalid_parameter("items", "is empty"));
    }
    let nothing = |item: &&WantedItem| item.quantity <= Decimal::ZERO;
    if asked.items.iter().any(|item| nothing(&item)) {
        return Err(Failure::invalid_parameter(
            "items.quantity",
            "is not above zero",
        ));
    }
    Ok(())
}

/// The changes by which an order gets the wanted items.
#[derive(Default)]
struct Plan {
    /// All products: those that are not sent are removed from the order.
    products: Vec<Value>,
    shipment: Option<Value>,
    payment: Option<Value>,
    added: Vec<String>,
    altered: Vec<String>,
    removed: Vec<String>,
}

impl Plan {
    fn of(order: &Order, items: &[WantedItem]) -> Result<Self, Failure> {
        let lines = order.all_lines()?;
        let prices = Prices::of(order)?;
        let mut left = lines.clone();
        let mut plan = Plan::default();
        let mut shipment = order.shipment.value();
        let mut payment = order.payment.value();
        for item in items {
            if let Some(place) = left.iter().position(|line| item.is(line)) {
                plan.keep(left.remove(place), item, prices)?;
            } else if item.is_named(shipment) {
                plan.shipment = plan.service(shipment.take(), item, prices)?;
            } else if item.is_named(payment) {
                plan.payment = plan.service(payment.take(), item, prices)?;
            } else {
                plan.add(item, prices)?;
            }
        }
        plan.removed = left.iter().map(|line| line.title.text()).collect();
        check_left_over(shipment)?;
        check_left_over(payment)?;
        // A part of a set and a discount belong to another line, which a change cannot express. They
        // do not matter when nothing changes.
        let bound =
            |line: &&Line| matches!(line.kind.text().as_str(), "set" | "set_part" | "discount");
        if !plan.is_empty() && lines.iter().any(bound) {
            return Err(differs(
                "the order holds a set or a discount, whose items the API cannot change",
            ));
        }
        Ok(plan)
    }

    /// Whether the order has the wanted items already.
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.altered.is_empty() && self.removed.is_empty()
    }

    /// A product that is on the order.
    fn keep(&mut self, line: &Line, item: &WantedItem, prices: Prices) -> Result<(), Failure> {
        let uuid = line.uuid.required("uuid")?;
        let quantity = amount::exact_quantity(*line.quantity.required("quantity")?);
        let same = quantity == item.quantity
            && prices.are(item.price, &line.price, &line.price_with_vat, &line.vat)?;
        if same {
            // Sent as it is, because a product that is not sent is removed.
            let price = line.price_per_unit.required("price_per_unit")?;
            self.products.push(json!({ "uuid": uuid, "quantity": number(quantity), "price_per_unit": number(price.round_dp(PLACES)) }));
            return Ok(());
        }
        self.altered.push(line.title.text());
        let price = prices.of_one(item, &line.vat)?;
        self.products.push(json!({
            "uuid": uuid, "quantity": number(item.quantity), "price_per_unit": number(price),
        }));
        Ok(())
    }

    /// A product that is not on the order.
    fn add(&mut self, item: &WantedItem, prices: Prices) -> Result<(), Failure> {
        let vat = item.vat.ok_or_else(|| {
            Failure::invalid_parameter("items.vat", "is missing for an item that is new")
        })?;
        let price = prices.of_one(item, &Loose::Value(vat))?;
        let mut product = Map::new();
        let code = item.code.trim();
        if !code.is_empty() {
            product.insert("code".to_owned(), code.into());
        }
        product.insert("title".to_owned(), item.name.trim().into());
        product.insert("quantity".to_owned(), number(item.quantity));
        if !item.unit.trim().is_empty() {
            product.insert("unit".to_owned(), item.unit.trim().into());
        }
        product.insert("price_per_unit".to_owned(), number(price));
        product.insert("vat".to_owned(), number(vat));
        self.products.push(product.into());
        self.added.push(item.name.clone());
        Ok(())
    }

    /// The way of shipment or of payment; `None` if its price does not change.
    fn service(
        &mut self,
        named: Option<&Named>,
        item: &WantedItem,
        prices: Prices,
    ) -> Result<Option<Value>, Failure> {
        let Some(named) = named else {
            return Ok(None);
        };
        if prices.are(item.price, &named.price, &named.price_with_vat, &named.vat)? {
            return Ok(None);
        }
        self.altered.push(item.name.clone());
        let vat = *named.vat.required("vat")?;
        let mut change = Map::new();
        if let Some(code) = named.code.value() {
            change.insert("code".to_owned(), code.as_str().into());
        }
        change.insert("name".to_owned(), named.name.text().into());
        change.insert("price".to_owned(), number(prices.of_one(item, &named.vat)?));
        change.insert("vat".to_owned(), number(vat));
        Ok(Some(change.into()))
    }

    fn send(&self, shop: &Shop, number: &Number) -> Result<(), Failure> {
        let mut changes = Map::new();
        changes.insert("products".to_owned(), self.products.clone().into());
        for (name, change) in [("shipment", &self.shipment), ("payment", &self.payment)] {
            if let Some(change) = change {
                changes.insert(name.to_owned(), change.clone());
            }
        }
        match update::replace_items(shop, number, changes.into())? {
            Update::Done => Ok(()),
            Update::Refused(_) => Err(differs("the shop refused the items")),
        }
    }

    fn done(
        self,
        changed: bool,
        total_before: Decimal,
        total: Decimal,
        currency: &str,
    ) -> Result<Outcome<ItemChanges>, Failure> {
        Ok(Outcome::True(ItemChanges {
            changed,
            added: self.added,
            altered: self.altered,
            removed: self.removed,
            total_before,
            total,
            currency: currency.to_owned(),
        }))
    }
}

/// Refuses items without the order's shipment or payment, which cannot be removed; one without a
/// price may stay.
fn check_left_over(named: Option<&Named>) -> Result<(), Failure> {
    let Some(named) = named else {
        return Ok(());
    };
    match named.price.value() {
        Some(price) if !price.is_zero() => Err(differs(&format!(
            "the items lack `{}`, which the order has for {}",
            named.name.text(),
            price.normalize()
        ))),
        _ => Ok(()),
    }
}

impl WantedItem {
    /// Whether it is this line, by its code, or without a code by its name.
    fn is(&self, line: &Line) -> bool {
        let code = self.code.trim();
        if code.is_empty() {
            line.code.text().is_empty() && line.title.text().trim() == self.name.trim()
        } else {
            line.code.value().is_some_and(|own| own.trim() == code)
        }
    }

    fn is_named(&self, named: Option<&Named>) -> bool {
        self.code.trim().is_empty()
            && named.is_some_and(|named| named.name.text().trim() == self.name.trim())
    }
}

/// The prices of an order, with or without VAT.
#[derive(Clone, Copy)]
enum Prices {
    WithVat,
    WithoutVat,
}

impl Prices {
    fn of(order: &Order) -> Result<Self, Failure> {
        Ok(
            if *order.prices_with_vat_yn.required("prices_with_vat_yn")? {
                Self::WithVat
            } else {
                Self::WithoutVat
            },
        )
    }

    fn factor(self, vat: &Loose<Decimal>) -> Result<Decimal, Failure> {
        Ok(match self {
            Self::WithVat => Decimal::ONE,
            Self::WithoutVat => (*vat.required("vat")? / Decimal::ONE_HUNDRED)
                .checked_add(Decimal::ONE)
                .filter(|factor| *factor > Decimal::ZERO)
                .ok_or_else(too_many_digits)?,
        })
    }

    /// Whether a wanted price, which is with VAT, is that of the order. Newer servers give the price
    /// with VAT. On older ones it is computed from a rounded price without VAT, so that a cent is
    /// not a difference; the total is compared, too.
    fn are(
        self,
        asked: Decimal,
        price: &Loose<Decimal>,
        with_vat: &Loose<Decimal>,
        vat: &Loose<Decimal>,
    ) -> Result<bool, Failure> {
        if let Some(own) = with_vat.value() {
            return Ok(amount::exact(*own, "") == asked);
        }
        let own = amount::exact(*price.required("price")?, "");
        let own = own
            .checked_mul(self.factor(vat)?)
            .ok_or_else(too_many_digits)?;
        Ok(match self {
            Self::WithVat => own == asked,
            Self::WithoutVat => own
                .checked_sub(asked)
                .is_some_and(|difference| difference.abs() <= Decimal::new(1, 2)),
        })
    }

    /// The unit price of an item, with or without VAT as in the order.
    fn of_one(self, item: &WantedItem, vat: &Loose<Decimal>) -> Result<Decimal, Failure> {
        let price = item.price.checked_div(self.factor(vat)?);
        let price = price.and_then(|price| price.checked_div(item.quantity));
        let price = price.ok_or_else(too_many_digits)?;
        Ok(price.round_dp(PLACES).normalize())
    }
}

fn too_many_digits() -> Failure {
    differs("a price has too many digits")
}

/// The decimal as a number of JSON. With at most 15 digits, as prices have, it keeps its digits.
fn number(decimal: Decimal) -> Value {
    let Ok(number) = serde_json::from_str(&decimal.normalize().to_string()) else {
        unreachable!("a decimal is a number of JSON")
    };
    number
}
