//! The shop's state: settings, data, and the messages that it has sent.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::settings::Settings;
use super::time;
use crate::state::{Keyed, parsed, set};

/// How many orders the wholesale customer of the demo has: enough for two
/// pages.
const WHOLESALE_ORDERS: u32 = 130;

/// All data of the shop. Orders and the other lists have the form of the API, so
/// that a test can leave out keys that older servers lack.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Shop {
    pub(super) settings: Settings,
    pub(super) order_statuses: Vec<Value>,
    /// The messages that a change to a status sends, by the status's id.
    pub(super) status_messages: BTreeMap<String, StatusMessages>,
    pub(super) orders: Vec<Value>,
    pub(super) invoices: Vec<Value>,
    pub(super) customers: Vec<Value>,
    pub(super) products: Vec<Value>,
    /// Events by the order's number.
    pub(super) history: BTreeMap<String, Vec<Value>>,
    /// The e-mails that the shop has sent.
    pub(super) emails: Vec<Sent>,
    /// The text messages that the shop has sent.
    pub(super) sms: Vec<Sent>,
}

/// The messages of a status.
/// Upgates API v2, blueprint: Objednávky, Aktualizace objednávek: a change of
/// status sends them if they are configured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StatusMessages {
    /// The e-mail's subject.
    pub(super) email: Option<String>,
    /// The text message.
    pub(super) sms: Option<String>,
}

/// A message that the shop has sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    pub(super) order_number: String,
    pub(super) status_id: i64,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) at: String,
}

/// The lists, each with the key that identifies an item.
pub(super) const KEYED: Keyed = &[
    ("order_statuses", "id"),
    ("orders", "order_number"),
    ("invoices", "invoice_number"),
    ("customers", "customer_id"),
    ("products", "product_id"),
];

macro_rules! data {
    ($file:literal) => {
        parsed(include_str!(concat!("../../data/upgates/", $file)))
    };
}

impl Shop {
    /// The demo data.
    pub(super) fn demo() -> Self {
        let mut orders: Vec<Value> = data!("orders.json");
        orders.extend(wholesale_orders(&data!("wholesale-order.json")));
        Self {
            settings: Settings::default(),
            order_statuses: data!("order-statuses.json"),
            status_messages: data!("status-messages.json"),
            orders,
            invoices: data!("invoices.json"),
            customers: data!("customers.json"),
            products: data!("products.json"),
            history: data!("history.json"),
            emails: Vec::new(),
            sms: Vec::new(),
        }
    }

    pub(super) fn order(&self, number: &str) -> Option<&Value> {
        self.orders
            .iter()
            .find(|order| order["order_number"] == number)
    }
}

/// One order every other day, of one to three packets of coffee.
fn wholesale_orders(first: &Value) -> impl Iterator<Item = Value> {
    const WITHOUT_VAT: [f64; 3] = [491.07, 982.14, 1473.21];
    let start: Timestamp = "2025-06-02T07:00:00+02:00".parse().expect("a moment");
    (0..WHOLESALE_ORDERS).map(move |index| {
        let day = |days: u32| {
            let hours = SignedDuration::from_hours(i64::from(24 * days));
            time::written(start + hours)
        };
        let (created, paid) = (day(2 * index), day(2 * index + 1));
        let number = format!("V26{:04}", index + 1);
        let packets = index % 3 + 1;
        let total = 550 * packets;
        let mut order = first.clone();
        set(
            &mut order,
            json!({
                "order_number": number, "order_id": 1001 + index, "case_number": format!("B26{:04}", index + 1),
                "uuid": format!("00000000-0000-4000-8000-{index:012}"), "variable_symbol": format!("26{:04}", index + 1),
                "creation_time": created, "last_update_time": created, "paid_date": paid,
                "total_weight": 500 * packets, "order_total": total, "order_total_before_round": total,
                "admin_url": format!("https://kavarna.admin.example/orders/edit-order/default/{}", 1001 + index),
            }),
        );
        set(
            &mut order["products"][0],
            json!({
                "uuid": format!("00000000-0000-4000-9000-{index:012}"), "quantity": packets, "price": total,
                "price_with_vat": total, "price_without_vat": WITHOUT_VAT[(packets - 1) as usize],
            }),
        );
        order
    })
}
