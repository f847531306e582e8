//! The account's state: settings and data.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::settings::Settings;
use crate::state::{Keyed, parsed, set};

/// How many orders the wholesale customer of the demo has: enough for two answers.
const WHOLESALE_ORDERS: i64 = 130;

/// All data of the account, as the API shows it. In addition parcels have the
/// `order_id` of their order, and an invoice may have the `file` that is answered for it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Account {
    pub(super) settings: Settings,
    pub(super) order_statuses: Vec<Value>,
    pub(super) orders: Vec<Value>,
    /// The numbers of the orders that were moved to the panel's archive.
    pub(super) archive: Vec<i64>,
    pub(super) packages: Vec<Value>,
    /// By parcel: the file's extension and text.
    pub(super) labels: Vec<Value>,
    pub(super) returns: Vec<Value>,
    pub(super) return_statuses: Vec<Value>,
    pub(super) return_reasons: Vec<Value>,
    pub(super) return_product_statuses: Vec<Value>,
    pub(super) invoices: Vec<Value>,
}

/// The lists, each with the key that identifies an item.
pub(super) const KEYED: Keyed = &[
    ("order_statuses", "id"),
    ("orders", "order_id"),
    ("packages", "package_id"),
    ("labels", "package_id"),
    ("returns", "return_id"),
    ("return_statuses", "id"),
    ("return_reasons", "return_reason_id"),
    ("return_product_statuses", "status_id"),
    ("invoices", "invoice_id"),
];

macro_rules! data {
    ($file:literal) => {
        parsed(include_str!(concat!("../../data/base/", $file)))
    };
}

impl Account {
    /// The demo data.
    pub(super) fn demo() -> Self {
        let mut orders: Vec<Value> = wholesale_orders(&data!("wholesale-order.json")).collect();
        orders.extend::<Vec<Value>>(data!("orders.json"));
        Self {
            settings: Settings::default(),
            order_statuses: data!("order-statuses.json"),
            orders,
            archive: vec![90_149_001],
            packages: data!("packages.json"),
            labels: data!("labels.json"),
            returns: data!("returns.json"),
            return_statuses: data!("return-statuses.json"),
            return_reasons: data!("return-reasons.json"),
            return_product_statuses: data!("return-product-statuses.json"),
            invoices: data!("invoices.json"),
        }
    }
}

/// The index of the item that a number identifies.
pub(super) fn place(items: &[Value], key: &str, id: i64) -> Option<usize> {
    items.iter().position(|item| number(&item[key]) == Some(id))
}

/// A number of the data, written as a number or as a text.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A flag of the data, written as a boolean, as 1 or as "1".
pub(super) fn flag(value: &Value) -> bool {
    value.as_bool() == Some(true) || number(value) == Some(1)
}

/// One order a day from 2 June 2025 on, of ten to thirty cups.
fn wholesale_orders(first: &Value) -> impl Iterator<Item = Value> {
    const START: i64 = 1_748_847_600;
    const DAY: i64 = 86_400;
    (1..=WHOLESALE_ORDERS).map(move |index| {
        let added = START + DAY * index;
        let pieces = (index % 3 + 1) * 10;
        let mut order = first.clone();
        set(
            &mut order,
            json!({
                "order_id": 80_000_000 + index, "date_add": added, "date_confirmed": added + 600,
                "date_in_status": added + 3 * DAY,
            }),
        );
        set(
            &mut order["products"][0],
            json!({ "order_product_id": 200_000 + index, "quantity": pieces }),
        );
        order
    })
}
