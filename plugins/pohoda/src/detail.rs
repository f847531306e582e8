//! `verify-order`, `load-order`, `is-order-in-state` and `load-order-parameter`.

use krabice_plugin::{
    Answer, Decimal, Email, Failure, Fields, Outcome, Params, Phone, Timestamp, function,
};

use crate::Unit;
use crate::changes::fingerprint;
use crate::number::{OrderNumber, Search};
use crate::order::{self, Found, Line, Order, OrderState};

/// The most characters of a parameter's name in the database.
const PARAMETER_MAX: usize = 16;

#[derive(Params)]
pub(crate) struct OrderAndEmail {
    #[param(flatten)]
    order: OrderNumber,
    /// E-mail
    ///
    /// An e-mail on the order. Capitals do not matter.
    #[param(personal)]
    email: Email,
}

#[derive(Fields)]
pub(crate) struct Identity {
    /// Id in POHODA
    id: i64,
    /// Number in POHODA
    number: String,
    /// Order number
    ///
    /// The number that customers know, by the connection's setting: what the other functions take.
    /// Absent where the order has none.
    order: Option<String>,
}

impl Identity {
    pub(crate) fn of(unit: &Unit, order: &Order) -> Result<Self, Failure> {
        Ok(Self {
            id: order.id,
            number: order.number()?.to_owned(),
            order: order.known_number(&Search::of(unit)?)?,
        })
    }
}

/// Verify an order
///
/// True when there is one order of this number and it bears this e-mail; false when there is none
/// or more than one, and when it bears another e-mail or none.
#[function(
    reads,
    purposes(verifies_identity),
    subject(order = order, field = order)
)]
pub(crate) fn verify_order(
    unit: &Unit,
    asked: OrderAndEmail,
) -> Result<Outcome<Identity>, Failure> {
    match order::search(unit, &asked.order.read()?)? {
        Found::One(order) if order.belongs_to(&asked.email) => {
            Identity::of(unit, &order).map(Outcome::True)
        }
        Found::One(_) | Found::Nothing | Found::Several => Ok(Outcome::False),
    }
}

#[derive(Fields)]
pub(crate) struct OrderDetail {
    #[field(flatten)]
    identity: Identity,
    /// Number of the shop
    ///
    /// Empty without one.
    #[field(name = "shop-number")]
    shop_number: String,
    /// Date
    date: Option<Timestamp>,
    /// State
    state: OrderState,
    /// Cancelled on
    #[field(name = "cancelled-on")]
    cancelled_on: Option<Timestamp>,
    /// Total
    ///
    /// With VAT and rounding; absent where POHODA tells no amounts, as on some cancelled orders.
    total: Option<Decimal>,
    /// Currency
    ///
    /// The code of the currency; absent with the total.
    currency: Option<String>,
    /// Items
    ///
    /// All lines but the one that rounds. An order may have none.
    items: Vec<OrderItem>,
    /// Not delivered yet
    ///
    /// The items of which something is still to be delivered, and how much.
    waiting: Vec<WaitingItem>,
    /// Payment
    ///
    /// The unit's name of the way of payment; empty without one.
    payment: String,
    /// Carrier
    ///
    /// Empty without one.
    carrier: String,
    /// Name
    #[field(personal)]
    name: String,
    /// Company
    #[field(personal)]
    company: String,
    /// Street
    #[field(personal)]
    street: String,
    /// City
    #[field(personal)]
    city: String,
    /// Postal code
    #[field(personal)]
    zip: String,
    /// Phone
    #[field(personal)]
    phone: Option<Phone>,
    /// E-mail
    ///
    /// The first one on the order.
    #[field(personal)]
    email: Option<Email>,
    /// Parameters
    ///
    /// What the unit's users have added to orders, where it has a value.
    #[field(personal)]
    parameters: Vec<OrderParameter>,
    /// Fingerprint
    ///
    /// Changes with the order's state, items and total, and with nothing else.
    fingerprint: String,
}

#[derive(Fields)]
pub(crate) struct OrderItem {
    /// Name
    name: String,
    /// Code
    ///
    /// Empty for a line without stock, such as shipping.
    code: String,
    /// Quantity
    quantity: Option<Decimal>,
    /// Unit
    ///
    /// Empty without one.
    unit: String,
    /// Price
    ///
    /// Of the whole line, with VAT and discount, in the order's currency.
    price: Option<Decimal>,
    /// VAT in percent
    vat: Option<Decimal>,
}

#[derive(Fields)]
pub(crate) struct WaitingItem {
    /// Name
    name: String,
    /// Code
    code: String,
    /// Quantity
    quantity: Decimal,
}

#[derive(Fields)]
pub(crate) struct OrderParameter {
    /// Name in the database
    name: String,
    /// Value
    value: String,
}

impl OrderDetail {
    fn of(unit: &Unit, order: &Order) -> Result<Self, Failure> {
        let total = order.total(unit);
        let lines = order.lines()?;
        let waiting = lines.iter().filter_map(|line| {
            let left = line.quantity?.checked_sub(line.delivered)?;
            (left > Decimal::ZERO).then(|| WaitingItem {
                name: line.name.clone(),
                code: line.code.clone(),
                quantity: left,
            })
        });
        let header = |path: &[&str]| order.header(path).unwrap_or_default().to_owned();
        let address = |name: &str| order.address(name).to_owned();
        let mobile = order.address("typ:mobilPhone");
        let phone = [mobile, order.address("typ:phone")];
        Ok(Self {
            identity: Identity::of(unit, order)?,
            shop_number: order.shop_number().to_owned(),
            date: order.date(unit, "ord:date"),
            state: order.state()?,
            cancelled_on: order.date(unit, "ord:dateCancellation"),
            total: total.as_ref().map(|total| total.amount),
            currency: total.map(|total| total.currency),
            waiting: waiting.collect(),
            items: lines.into_iter().map(OrderItem::from).collect(),
            payment: header(&["ord:paymentType", "typ:ids"]),
            carrier: header(&["ord:carrier", "typ:ids"]),
            name: address("typ:name"),
            company: address("typ:company"),
            street: address("typ:street"),
            city: address("typ:city"),
            zip: address("typ:zip"),
            phone: phone.into_iter().find_map(Phone::parse),
            email: order.emails().next(),
            parameters: parameters(order),
            fingerprint: fingerprint(unit, order)?,
        })
    }
}

impl From<Line> for OrderItem {
    fn from(line: Line) -> Self {
        Self {
            name: line.name,
            code: line.code,
            quantity: line.quantity,
            unit: line.unit,
            price: line.price,
            vat: line.vat,
        }
    }
}

fn parameters(order: &Order) -> Vec<OrderParameter> {
    let parameters = order.parameters().into_iter();
    parameters
        .map(|(name, value)| OrderParameter {
            name: name.to_owned(),
            value: value.to_owned(),
        })
        .collect()
}

/// Load an order
///
/// True with the order's details; false when there is no such order. It asks for no e-mail: verify
/// the order first where a customer is to see it.
#[function(reads, subject(order = order, field = order))]
pub(crate) fn load_order(unit: &Unit, asked: OrderNumber) -> Result<Outcome<OrderDetail>, Failure> {
    match order::find(unit, &asked.read()?)? {
        Some(order) => OrderDetail::of(unit, &order).map(Outcome::True),
        None => Ok(Outcome::False),
    }
}

#[derive(Params)]
pub(crate) struct OrderAndState {
    #[param(flatten)]
    order: OrderNumber,
    /// State
    ///
    /// Where the order should stand.
    state: OrderState,
}

#[derive(Fields)]
pub(crate) struct CurrentState {
    /// State
    state: OrderState,
    /// Cancelled on
    #[field(name = "cancelled-on")]
    cancelled_on: Option<Timestamp>,
}

/// Is an order in a state?
///
/// True when the order stands so; false when it stands otherwise, and when there is no such order.
#[function(reads, subject(order = order))]
pub(crate) fn is_order_in_state(
    unit: &Unit,
    asked: OrderAndState,
) -> Result<Outcome<CurrentState>, Failure> {
    let Some(order) = order::find(unit, &asked.order.read()?)? else {
        return Ok(Outcome::False);
    };
    let state = order.state()?;
    if state != asked.state {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(CurrentState {
        state,
        cancelled_on: order.date(unit, "ord:dateCancellation"),
    }))
}

#[derive(Params)]
pub(crate) struct OrderAndParameter {
    #[param(flatten)]
    order: OrderNumber,
    /// Parameter
    ///
    /// Its name in the database, such as VPrTracking, at most 16 characters.
    parameter: String,
}

/// Value
///
/// As text, whatever the parameter's type.
#[derive(Answer)]
#[answer(personal)]
pub(crate) struct ParameterValue(String);

/// Load a parameter of an order
///
/// True with the value; false when it is empty, when the order has no such parameter, and when
/// there is no such order.
#[function(reads, subject(order = order))]
pub(crate) fn load_order_parameter(
    unit: &Unit,
    asked: OrderAndParameter,
) -> Result<Outcome<ParameterValue>, Failure> {
    let parameter = asked.parameter.trim();
    if parameter.is_empty() || parameter.chars().count() > PARAMETER_MAX {
        return Err(Failure::invalid_parameter(
            "parameter",
            "is empty or longer than 16 characters",
        ));
    }
    let Some(order) = order::find(unit, &asked.order.read()?)? else {
        return Ok(Outcome::False);
    };
    let parameters = order.parameters();
    let found = parameters.iter().find(|(name, _)| *name == parameter);
    Ok(match found {
        Some((_, value)) => Outcome::True(ParameterValue((*value).to_owned())),
        None => Outcome::False,
    })
}
