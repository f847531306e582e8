//! `load-order`: all that Base tells of an order.

use krabice_plugin::{
    Choice, Decimal, Email, Failure, Fields, Outcome, Phone, Timestamp, Url, function,
};

use crate::Shop;
use crate::address::{Address, PickupPoint};
use crate::archive::Rule;
use crate::order::{Line, Order, OrderId, moment};
use crate::parcel::{Parcel, ParcelDetail, of_order};
use crate::summary::{OrderSummary, Summariser};

#[derive(Fields)]
pub(crate) struct OrderDetail {
    #[field(flatten)]
    summary: OrderSummary,
    /// Confirmed
    confirmed: bool,
    /// Confirmed at
    confirmed_at: Option<Timestamp>,
    /// In the status since
    status_since: Option<Timestamp>,
    #[field(flatten)]
    money: Money,
    /// Way of delivery
    delivery_method: String,
    /// E-mail
    #[field(personal)]
    email: Option<Email>,
    /// Phone
    #[field(personal)]
    phone: Option<Phone>,
    /// Customer's login
    #[field(personal)]
    login: String,
    /// Delivery address
    #[field(personal)]
    delivery: Address,
    /// Pick-up point
    ///
    /// Absent where the order goes to an address.
    #[field(personal)]
    point: Option<PickupPoint>,
    /// Billing address
    #[field(personal)]
    billing: Address,
    /// Tax number
    #[field(personal)]
    tax_number: String,
    /// Wants an invoice
    wants_invoice: Option<bool>,
    /// Customer's comments
    #[field(personal)]
    customer_comments: String,
    /// Staff's comments
    ///
    /// Not meant for the customer.
    #[field(personal)]
    staff_comments: String,
    /// Extra field 1
    #[field(name = "extra-field-1", personal)]
    extra_field_1: String,
    /// Extra field 2
    #[field(name = "extra-field-2", personal)]
    extra_field_2: String,
    /// Picking
    ///
    /// A number whose meaning is not documented; empty where Base tells none.
    pick_status: String,
    /// Packing
    ///
    /// A number whose meaning is not documented; empty where Base tells none.
    pack_status: String,
    /// Buyer's page
    ///
    /// Whoever has this link sees the order: show it to its verified buyer alone.
    #[field(personal)]
    buyer_page: Option<Url>,
    /// Items
    items: Vec<OrderItem>,
    /// Parcels
    ///
    /// All of them, those that go back to the shop, too.
    parcels: Vec<OrderParcel>,
}

/// What an order costs.
#[derive(Fields)]
pub(crate) struct Money {
    /// Paid
    paid: Option<Decimal>,
    /// Paid in full
    ///
    /// One hundredth may be missing. Absent where the total is not known.
    paid_in_full: Option<bool>,
    /// Price of delivery
    delivery_price: Option<Decimal>,
    /// Way of payment
    payment_method: String,
    /// Cash on delivery
    cash_on_delivery: bool,
}

/// A line of an order.
#[derive(Fields)]
pub(crate) struct OrderItem {
    /// Name
    name: String,
    /// Attributes
    attributes: String,
    /// SKU
    sku: String,
    /// EAN
    ean: String,
    /// Quantity
    quantity: Option<Decimal>,
    /// Price
    ///
    /// Of one piece, with VAT.
    price: Option<Decimal>,
    /// VAT
    ///
    /// In per cent. Absent for an item that is exempt, not subject to VAT, or under reverse charge.
    vat: Option<Decimal>,
}

/// A parcel, with what is known of its label.
#[derive(Fields)]
pub(crate) struct OrderParcel {
    #[field(flatten)]
    parcel: ParcelDetail,
    /// Goes back
    is_return: bool,
    /// Label
    ///
    /// Whether it is worth asking for one; absent where the connection shows no labels.
    label: Option<LabelHint>,
}

/// What is known of a label before it is asked for.
#[derive(Debug, Clone, Copy, Choice)]
pub(crate) enum LabelHint {
    /// unknown until asked for
    Unknown,
    /// no courier to ask
    None,
}

/// Load an order
///
/// True with all that Base tells of the order; false when there is no such order. It does not ask
/// whose the order is: verify it first.
#[function(reads, subject(order = order, field = order_id))]
pub(crate) fn load_order(shop: &Shop, asked: OrderId) -> Result<Outcome<OrderDetail>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let Some(id) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    let parcels = of_order(shop, id)?;
    let currency = order.currency.text();
    Ok(Outcome::True(OrderDetail {
        summary: Summariser::load(shop, rule)?.summary(&order)?,
        confirmed: order.is_confirmed(),
        confirmed_at: moment(&order.date_confirmed),
        status_since: moment(&order.date_in_status),
        money: money(&order),
        delivery_method: order.delivery_method.text(),
        email: order.email(),
        phone: order.phone.value().and_then(|phone| Phone::parse(phone)),
        login: order.user_login.text(),
        delivery: Address::of_delivery(&order),
        point: PickupPoint::of(&order),
        billing: Address::of_billing(&order),
        tax_number: order.invoice_nip.text(),
        wants_invoice: order.want_invoice.value().copied(),
        customer_comments: order.user_comments.text(),
        staff_comments: order.admin_comments.text(),
        extra_field_1: order.extra_field_1.text(),
        extra_field_2: order.extra_field_2.text(),
        pick_status: order.picked(),
        pack_status: order.packed(),
        buyer_page: Url::parse(order.order_page.text()),
        items: order.lines().map(|line| item(line, &currency)).collect(),
        parcels: parcels.iter().filter_map(|it| parcel(shop, it)).collect(),
    }))
}

fn money(order: &Order) -> Money {
    Money {
        paid: order.paid(),
        paid_in_full: order.is_paid(),
        delivery_price: order.delivery_price(),
        payment_method: order.payment_method.text(),
        cash_on_delivery: order.payment_method_cod.value() == Some(&true),
    }
}

fn item(line: &Line, currency: &str) -> OrderItem {
    OrderItem {
        name: line.name.text(),
        attributes: line.attributes.text(),
        sku: line.sku.text(),
        ean: line.ean.text(),
        quantity: line.quantity(),
        price: line.price(currency),
        vat: line.vat(),
    }
}

/// A parcel; `None` for one without a number in Base.
fn parcel(shop: &Shop, parcel: &Parcel) -> Option<OrderParcel> {
    let label = match parcel.courier_code.value() {
        Some(_) => LabelHint::Unknown,
        None => LabelHint::None,
    };
    Some(OrderParcel {
        parcel: parcel.detail(shop.language()).ok()?,
        is_return: parcel.is_return(),
        label: shop.settings().show_labels.then_some(label),
    })
}
