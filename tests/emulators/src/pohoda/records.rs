//! The records of the unit, as a person would write them down. Amounts are texts,
//! exported digit by digit; an absent value is not exported.

use serde::{Deserialize, Serialize};

/// A received order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Order {
    pub(super) id: i64,
    pub(super) number: Option<String>,
    /// The number of the order in the shop, or of the customer.
    pub(super) number_order: Option<String>,
    /// The id in another system, with the system's name.
    pub(super) ext_id: Option<ExtId>,
    pub(super) date: Option<String>,
    pub(super) text: Option<String>,
    pub(super) partner: Option<Partner>,
    pub(super) payment: Option<Payment>,
    pub(super) executed: bool,
    pub(super) delivered: bool,
    pub(super) reserved: bool,
    /// The day of the cancellation, if the order is cancelled.
    pub(super) cancelled: Option<String>,
    pub(super) carrier: Option<String>,
    pub(super) note: Option<String>,
    pub(super) int_note: Option<String>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) items: Vec<Item>,
    pub(super) summary: Option<Summary>,
    pub(super) links: Vec<Link>,
    /// The time of the last change, by the unit's clock.
    pub(super) changed: String,
}

/// An issued invoice.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Invoice {
    pub(super) id: i64,
    pub(super) number: Option<String>,
    pub(super) symbol: Option<String>,
    pub(super) date: Option<String>,
    pub(super) due: Option<String>,
    pub(super) text: Option<String>,
    pub(super) partner: Option<Partner>,
    /// The number of the order.
    pub(super) number_order: Option<String>,
    /// `cancelledDocument` on a cancelled invoice, `cancelDocument` on the one that cancels it.
    pub(super) storno: Option<String>,
    pub(super) liquidation: Option<Liquidation>,
    pub(super) items: Vec<Item>,
    pub(super) summary: Option<Summary>,
    pub(super) links: Vec<Link>,
    pub(super) changed: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtId {
    pub(super) ids: String,
    pub(super) system: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Partner {
    pub(super) id: Option<i64>,
    pub(super) address: Address,
    pub(super) ship_to: Vec<Address>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Address {
    pub(super) company: Option<String>,
    pub(super) name: Option<String>,
    pub(super) city: Option<String>,
    pub(super) street: Option<String>,
    pub(super) zip: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) mobile: Option<String>,
    pub(super) email: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Payment {
    pub(super) ids: Option<String>,
    pub(super) kind: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// The element of the value, such as `textValue`.
    pub(super) kind: String,
    pub(super) value: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Item {
    pub(super) id: i64,
    pub(super) text: Option<String>,
    pub(super) quantity: Option<String>,
    pub(super) delivered: Option<String>,
    pub(super) unit: Option<String>,
    /// Whether prices are with VAT.
    pub(super) pay_vat: bool,
    /// `none`, `high`, `low` or `third`.
    pub(super) rate: Option<String>,
    /// The rate in percent.
    pub(super) percent: Option<String>,
    pub(super) amounts: Option<ItemAmounts>,
    pub(super) foreign: Option<ItemAmounts>,
    /// The code of the stock; a line without one is a text line.
    pub(super) code: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ItemAmounts {
    pub(super) unit_price: Option<String>,
    pub(super) price: Option<String>,
    pub(super) price_vat: Option<String>,
    pub(super) price_sum: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Summary {
    pub(super) none: Option<String>,
    pub(super) low: Rate,
    pub(super) high: Rate,
    pub(super) third: Rate,
    pub(super) round: Option<Round>,
    pub(super) foreign: Option<Foreign>,
}

/// The sums of one rate of VAT.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rate {
    pub(super) base: Option<String>,
    pub(super) vat: Option<String>,
    pub(super) sum: Option<String>,
}

/// A rounding, with VAT or without.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Round {
    Plain(String),
    WithVat {
        rate: String,
        sum: String,
        vat: String,
    },
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Foreign {
    pub(super) currency: String,
    pub(super) rate: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) price_sum: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Liquidation {
    pub(super) date: Option<String>,
    /// The amount left to be paid.
    pub(super) home: Option<String>,
    pub(super) foreign: Option<String>,
}

/// A link to another document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Link {
    pub(super) agenda: String,
    pub(super) id: Option<i64>,
    pub(super) number: Option<String>,
}

/// An import, kept for the check of duplicity of later ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Import {
    pub(super) pack: String,
    pub(super) item: String,
    /// `prijate_objednavky` or `vydane_faktury`.
    pub(super) agenda: String,
    pub(super) date: String,
    pub(super) id: i64,
    pub(super) number: String,
}

/// An e-mail that POHODA has sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    pub(super) to: Vec<String>,
    pub(super) subject: String,
    pub(super) body: String,
    /// The name of the attached PDF.
    pub(super) attachment: String,
    pub(super) at: String,
}
