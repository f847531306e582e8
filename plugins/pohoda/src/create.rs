//! `create-order`.

use krabice_plugin::{Choice, Decimal, Email, Failure, Fields, Outcome, Params, Phone, function};

use crate::answer::{Item as Imported, Produced};
use crate::number::external_id;
use crate::xml::{Node, node, text};
use crate::{Unit, number, pack};

/// The first of the two ids by which POHODA recognises a repeated import. The other one is the
/// shop's number.
const BUSINESS: &str = "krabice-create-order";

#[derive(Params)]
pub(crate) struct NewOrder {
    /// Number of the shop
    ///
    /// Under which POHODA shall know the order: letters without accents, digits, /, _ and -, at
    /// most 32. An order is created once for each number.
    order: String,
    /// Name
    ///
    /// Of the customer, at most 64 characters.
    #[param(personal)]
    name: String,
    /// Company
    ///
    /// At most 255 characters.
    #[param(personal)]
    company: Option<String>,
    /// E-mail
    ///
    /// At most 98 characters.
    #[param(personal)]
    email: Option<Email>,
    /// Phone
    ///
    /// At most 40 characters.
    #[param(personal)]
    phone: Option<Phone>,
    /// Street
    ///
    /// With the number of the house, at most 64 characters.
    #[param(personal)]
    street: Option<String>,
    /// City
    ///
    /// At most 45 characters.
    #[param(personal)]
    city: Option<String>,
    /// Postal code
    ///
    /// At most 15 characters.
    #[param(personal)]
    zip: Option<String>,
    /// Payment
    ///
    /// The unit's name of the way of payment, at most 32 characters.
    payment: Option<String>,
    /// Carrier
    ///
    /// The unit's short name of the carrier, at most 20 characters.
    carrier: Option<String>,
    /// Note
    ///
    /// Printed with the order.
    #[param(personal)]
    note: Option<String>,
    /// Items
    ///
    /// At least one. Shipping and payment are items, too.
    items: Vec<NewItem>,
}

#[derive(Params)]
pub(crate) struct NewItem {
    /// Name
    ///
    /// At most 90 characters.
    name: String,
    /// Code
    ///
    /// Of the stock in POHODA, at most 64 characters. Left out: a line of text, such as shipping.
    code: Option<String>,
    /// Quantity
    ///
    /// More than 0.
    quantity: Decimal,
    /// Price of one
    ///
    /// With VAT, in the home currency.
    price: Decimal,
    /// Rate of VAT
    ///
    /// How the unit calls the rate.
    #[param(default = VatRate::High)]
    vat: VatRate,
}

/// The rates of VAT that POHODA knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum VatRate {
    /// Basic
    High,
    /// Reduced
    Low,
    /// Second reduced
    Third,
    /// None
    None,
}

impl VatRate {
    fn as_str(self) -> &'static str {
        match self {
            VatRate::High => "high",
            VatRate::Low => "low",
            VatRate::Third => "third",
            VatRate::None => "none",
        }
    }
}

#[derive(Fields)]
pub(crate) struct CreatedOrder {
    /// Created now
    ///
    /// False where the order was created before and is there already.
    created: bool,
    /// Id in POHODA
    id: i64,
    /// Number in POHODA
    ///
    /// Empty where POHODA does not tell it.
    number: String,
    /// Warnings
    ///
    /// What POHODA changed on its own, in its words.
    #[field(personal)]
    warnings: Vec<String>,
}

/// Create an order
///
/// True with the received order, also when it was created before under the same number; false when
/// it was created before and deleted since.
#[function(
    // POHODA takes each number once.
    writes_idempotently,
)]
pub(crate) fn create_order(unit: &Unit, asked: NewOrder) -> Result<Outcome<CreatedOrder>, Failure> {
    let number = number::exactly(&asked.order)?;
    check(&asked)?;
    let document = document(unit, number.as_str(), &asked);
    let created = |created, Produced { id, number }, warnings| {
        Ok(Outcome::True(CreatedOrder {
            created,
            id,
            number: number.unwrap_or_default(),
            warnings,
        }))
    };
    match pack::import(unit, BUSINESS, number.as_str(), document)? {
        Imported::Done(reply) => created(true, reply.produced()?, reply.warnings),
        Imported::Duplicate(record) => match record.id {
            Some(id) => {
                let number = record.number;
                created(false, Produced { id, number }, Vec::new())
            }
            None => Ok(Outcome::False),
        },
    }
}

/// Refuses what POHODA's schemas would refuse, by the name of the parameter.
fn check(order: &NewOrder) -> Result<(), Failure> {
    let short = |name: &str, value: Option<&str>, most: usize| {
        let length = value.map_or(0, |value| value.trim().chars().count());
        if length > most {
            let detail = format!("is longer than {most} characters");
            return Err(Failure::invalid_parameter(name, detail));
        }
        Ok(())
    };
    if order.name.trim().is_empty() {
        return Err(Failure::invalid_parameter("name", "is empty"));
    }
    short("name", Some(&order.name), 64)?;
    short("company", order.company.as_deref(), 255)?;
    short("email", order.email.as_ref().map(Email::as_str), 98)?;
    short("phone", order.phone.as_ref().map(Phone::as_str), 40)?;
    short("street", order.street.as_deref(), 64)?;
    short("city", order.city.as_deref(), 45)?;
    short("zip", order.zip.as_deref(), 15)?;
    short("payment", order.payment.as_deref(), 32)?;
    short("carrier", order.carrier.as_deref(), 20)?;
    if order.items.is_empty() {
        return Err(Failure::invalid_parameter("items", "is empty"));
    }
    for line in &order.items {
        short("items.name", Some(&line.name), 90)?;
        short("items.code", line.code.as_deref(), 64)?;
        if line.quantity <= Decimal::ZERO {
            return Err(Failure::invalid_parameter(
                "items.quantity",
                "is not above zero",
            ));
        }
    }
    Ok(())
}

fn document(unit: &Unit, number: &str, order: &NewOrder) -> Node {
    let today = unit.now().clock();
    let today = today.split(' ').next().unwrap_or_default();
    let mut header = Vec::new();
    if let Ok(system) = unit.settings().external_system() {
        header.push(external_id("ord:extId", number, system));
    }
    header.extend([
        text("ord:orderType", "receivedOrder"),
        text("ord:numberOrder", number),
        text("ord:date", today),
        node("ord:partnerIdentity").holding([node("typ:address").holding(address(order))]),
    ]);
    header.extend(named("ord:paymentType", order.payment.as_deref()));
    header.push(text("ord:isExecuted", "false"));
    header.extend(filled("ord:note", order.note.as_deref()));
    header.extend(named("ord:carrier", order.carrier.as_deref()));
    node("ord:order").with("version", "2.0").holding([
        node("ord:orderHeader").holding(header),
        node("ord:orderDetail").holding(order.items.iter().map(line)),
    ])
}

fn address(order: &NewOrder) -> Vec<Node> {
    let parts = [
        ("typ:company", order.company.as_deref()),
        ("typ:name", Some(order.name.as_str())),
        ("typ:city", order.city.as_deref()),
        ("typ:street", order.street.as_deref()),
        ("typ:zip", order.zip.as_deref()),
        ("typ:phone", order.phone.as_ref().map(Phone::as_str)),
        ("typ:email", order.email.as_ref().map(Email::as_str)),
    ];
    parts
        .into_iter()
        .filter_map(|(name, value)| filled(name, value))
        .collect()
}

fn line(line: &NewItem) -> Node {
    let mut parts = vec![
        text("ord:text", line.name.trim()),
        text("ord:quantity", line.quantity),
        text("ord:payVAT", "true"),
        text("ord:rateVAT", line.vat.as_str()),
        node("ord:homeCurrency").holding([text("typ:unitPrice", line.price)]),
    ];
    let code = line.code.as_deref().map(str::trim);
    if let Some(code) = code.filter(|code| !code.is_empty()) {
        parts.push(text("ord:code", code));
        let stock = node("typ:stockItem").holding([text("typ:ids", code)]);
        parts.push(node("ord:stockItem").holding([stock]));
    }
    node("ord:orderItem").holding(parts)
}

/// An element with a text; `None` for an empty text.
fn filled(name: &'static str, value: Option<&str>) -> Option<Node> {
    let value = value?.trim();
    (!value.is_empty()).then(|| text(name, value))
}

/// A reference by a name; `None` for an empty name.
fn named(name: &'static str, value: Option<&str>) -> Option<Node> {
    Some(node(name).holding([filled("typ:ids", value)?]))
}
