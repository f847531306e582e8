//! Everything about an order: `load-order`.

use krabice_plugin::json::Loose;
use krabice_plugin::{
    Decimal, Email, Failure, Fields, Outcome, Params, Phone, Timestamp, Url, amount, function,
};
use serde::Deserialize;

use crate::method::{self, Currencies, Shippings};
use crate::order::{self, Address, Number, Order, OrderNumber};
use crate::parcel::{self, ParcelDetail};
use crate::status::{CurrentStatus, Statuses};
use crate::{Shop, address, api};

#[derive(Params)]
pub(crate) struct OrderAndOptionalEmail {
    #[param(flatten)]
    order: OrderNumber,
    /// E-mail
    ///
    /// When given, the order has to bear it. Left out, the scenario has verified the order before.
    #[param(personal)]
    email: Option<Email>,
}

#[derive(Fields)]
pub(crate) struct OrderDetail {
    /// Order number
    number: String,
    #[field(flatten)]
    state: CurrentStatus,
    /// Ordered
    date: Timestamp,
    /// Status since
    ///
    /// When the order got its present status. The API keeps no earlier ones.
    changed: Option<Timestamp>,
    /// Delivery planned for
    delivery_date: Option<Timestamp>,
    /// Order value
    sum: Decimal,
    /// Cost of shipping
    shipping_cost: Decimal,
    /// Paid amount
    paid_amount: Decimal,
    /// To pay
    ///
    /// The order's value without what is paid; 0 when nothing is left.
    topay: Decimal,
    /// Currency
    ///
    /// The code of the currency, such as PLN; empty for one that the shop no longer has.
    currency: String,
    /// Paid
    paid: bool,
    /// Cash on delivery
    cash_on_delivery: bool,
    /// Payment
    ///
    /// The way of payment in the scenario's language, else in Polish; empty without one.
    payment: String,
    /// Shipping
    ///
    /// The way of shipping in the scenario's language, else in Polish; empty without one.
    shipping: String,
    /// Customer's note
    #[field(personal)]
    note: String,
    /// Note to the customer
    #[field(personal)]
    public_note: String,
    /// Staff's note
    ///
    /// Not for the customer.
    #[field(personal)]
    private_note: String,
    /// Customer's page
    ///
    /// The order in the customer's account.
    url: Option<Url>,
    /// Link to pay
    payment_url: Option<Url>,
    /// Link to the panel
    ///
    /// For the shop's staff: it needs their login. The vendor does not document it.
    panel_url: Option<Url>,
    /// Delivery address
    delivery: Option<Recipient>,
    /// Items
    items: Vec<OrderItem>,
    /// Parcels
    parcels: Vec<ParcelDetail>,
}

#[derive(Fields)]
struct Recipient {
    /// First name
    #[field(personal)]
    firstname: String,
    /// Surname
    #[field(personal)]
    lastname: String,
    /// Company
    #[field(personal)]
    company: String,
    /// Street
    #[field(personal)]
    street: String,
    /// Postcode
    #[field(personal)]
    postcode: String,
    /// City
    #[field(personal)]
    city: String,
    /// Country
    #[field(personal)]
    country: String,
    /// Phone
    #[field(personal)]
    phone: Option<Phone>,
}

impl From<Address> for Recipient {
    fn from(address: Address) -> Self {
        let street = [address.street1.text(), address.street2.text()];
        let street: Vec<_> = street.into_iter().filter(|it| !it.is_empty()).collect();
        Self {
            firstname: address.firstname.text(),
            lastname: address.lastname.text(),
            company: address.company.text(),
            street: street.join(", "),
            postcode: address.postcode.text(),
            city: address.city.text(),
            country: address.country.text(),
            phone: address.phone.value().and_then(|phone| Phone::parse(phone)),
        }
    }
}

/// A line of an order as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    order_id: Loose<String>,
    name: Loose<String>,
    code: Loose<String>,
    option: Loose<String>,
    quantity: Loose<Decimal>,
    unit: Loose<String>,
    price: Loose<Decimal>,
}

#[derive(Fields)]
struct OrderItem {
    /// Name
    name: String,
    /// Code
    ///
    /// Empty for a product without one.
    code: String,
    /// Variant
    ///
    /// Such as Kolor: zielony; empty without one.
    option: String,
    /// Quantity
    quantity: Option<Decimal>,
    /// Unit
    unit: String,
    /// Unit price
    ///
    /// With VAT, in the currency of the order.
    price: Option<Decimal>,
}

/// Load an order
///
/// True with the order's details; false when there is no such order, or it bears another e-mail
/// than the given one.
#[function(reads, subject(order = order, field = number))]
pub(crate) fn load_order(
    shop: &Shop,
    asked: OrderAndOptionalEmail,
) -> Result<Outcome<OrderDetail>, Failure> {
    let Some(number) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let Some(order) = order::find(shop, &number)? else {
        return Ok(Outcome::False);
    };
    if let Some(email) = &asked.email
        && !order.belongs_to(email)?
    {
        return Ok(Outcome::False);
    }
    detail(shop, &number, order).map(Outcome::True)
}

/// Loads the parts of the order that its own answer does not have, except those that it does not
/// refer to.
fn detail(shop: &Shop, number: &Number, order: Order) -> Result<OrderDetail, Failure> {
    let lines = lines(shop, number)?;
    let parcels = match order.total_parcels.value() {
        Some(0) => Vec::new(),
        _ => parcel::of_order(shop, number)?,
    };
    let state = Statuses::load(shop)?.of_order(shop, &order)?;
    let payment = method::payment(shop, &order.payment_id)?;
    let shippings = Shippings::of(shop, &order.shipping_id, !parcels.is_empty())?;
    let currency = Currencies::load(shop)?.code(&order.currency_id);
    let exact = |sum: &Decimal| amount::exact(*sum, &currency);
    let items = lines.iter().map(|line| line.item(&currency)).collect();
    let shipping_cost = exact(order.shipping_cost.required("shipping_cost")?);
    let sum = exact(order.sum.required("sum")?);
    let paid = exact(order.paid.required("paid")?);
    let left = sum.checked_sub(paid);
    let left = left.ok_or_else(|| Failure::unexpected_answer("`sum` has too many digits"))?;
    let cash_on_delivery = order.is_cash_on_delivery.value();
    Ok(OrderDetail {
        number: number.as_str().to_owned(),
        state,
        date: api::required_moment(shop, &order.date, "date")?,
        changed: api::moment(shop, &order.status_date),
        delivery_date: api::moment(shop, &order.delivery_date),
        sum,
        shipping_cost,
        paid_amount: paid,
        topay: left.max(Decimal::ZERO),
        currency,
        paid: *order.is_paid.required("is_paid")?,
        cash_on_delivery: cash_on_delivery.copied().unwrap_or_default(),
        payment,
        shipping: shippings.name(shop, &order.shipping_id),
        note: order.notes.text(),
        public_note: order.notes_pub.text(),
        private_note: order.notes_priv.text(),
        url: Url::parse(order.order_url.text()),
        payment_url: Url::parse(order.payment_url.text()),
        panel_url: panel(shop, number)?,
        delivery: order.delivery_address.into_value().map(Recipient::from),
        items,
        parcels: parcels
            .iter()
            .map(|parcel| parcel.detail(shop, &shippings))
            .collect(),
    })
}

/// The order's page for the shop's staff. The form of the link comes from tools that work inside the
/// panel.
fn panel(shop: &Shop, number: &Number) -> Result<Option<Url>, Failure> {
    let origin = address::origin(shop.settings().address.as_str())?;
    let number = number.as_str();
    Ok(Url::parse(format!(
        "{origin}/admin/orders/view/id/{number}"
    )))
}

/// Loads all lines of an order.
fn lines(shop: &Shop, number: &Number) -> Result<Vec<Line>, Failure> {
    let mut lines: Vec<Line> = api::all(shop, || {
        shop.get("webapi/rest/order-products")
            .query("filters", number.filter())
    })?;
    lines.retain(|line| {
        line.order_id
            .value()
            .is_some_and(|own| own == number.as_str())
    });
    Ok(lines)
}

impl Line {
    fn item(&self, currency: &str) -> OrderItem {
        OrderItem {
            name: self.name.text(),
            code: self.code.text(),
            option: self.option.text(),
            quantity: self.quantity.value().copied().map(amount::exact_quantity),
            unit: self.unit.text(),
            price: self
                .price
                .value()
                .map(|price| amount::exact(*price, currency)),
        }
    }
}
