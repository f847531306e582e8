//! The shop's state: settings, data, and what it has sent.

use std::collections::BTreeMap;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::settings::Settings;
use super::time;
use crate::back_end::StateError;

/// How many orders the wholesale customer of the demo has: enough for two
/// pages.
const WHOLESALE_ORDERS: u32 = 130;

/// All that the shop holds. Orders and the rest are kept as the API shows
/// them, key by key, so that a test can leave out what older servers lack.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Shop {
    pub(super) settings: Settings,
    pub(super) order_statuses: Vec<Value>,
    /// What is sent when an order takes a status, by the status's number.
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
/// Upgates API v2, blueprint: Objednávky, Aktualizace objednávek: they go out
/// on a change of status where one is configured.
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

/// The lists and what identifies an item in each.
const KEYED: [(&str, &str); 5] = [
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

/// Reads an embedded file. Tests read every one of them.
fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> T {
    match serde_json::from_str(text) {
        Ok(data) => data,
        Err(error) => panic!("the embedded demo data do not fit: {error}"),
    }
}

impl Shop {
    /// The shop of the demo.
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

    /// Changes the state in places.
    pub(super) fn patched(&self, patch: Value) -> Result<Self, StateError> {
        let Value::Object(patch) = patch else {
            return Err(StateError::NotAnObject);
        };
        let mut state = serde_json::to_value(self)?;
        for (name, patch) in patch {
            match KEYED.iter().find(|(list, _)| *list == name) {
                Some((list, key)) => patch_list(&mut state[*list], patch, list, key)?,
                None => merge(&mut state[name.as_str()], patch),
            }
        }
        Self::read(state)
    }

    /// Reads a state, in which every item says what it is.
    pub(super) fn read(state: Value) -> Result<Self, StateError> {
        for (list, key) in KEYED {
            let items = state[list]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            if items.iter().any(|item| item.get(key).is_none()) {
                return Err(StateError::NoIdentity { list, key });
            }
        }
        Ok(serde_json::from_value(state)?)
    }
}

/// Changes, adds and removes items of a list.
fn patch_list(
    items: &mut Value,
    patch: Value,
    list: &'static str,
    key: &'static str,
) -> Result<(), StateError> {
    let (Value::Array(items), Value::Object(patch)) = (items, patch) else {
        return Err(StateError::NotKeyed { list, key });
    };
    for (name, change) in patch {
        // A status, a customer and a product are identified by a number.
        let identity = |item: &Value| {
            item[key] == name.as_str()
                || item[key].as_i64().is_some_and(|id| id.to_string() == name)
        };
        let place = items.iter().position(identity);
        match (place, change) {
            (Some(place), Value::Null) => drop(items.remove(place)),
            (None, Value::Null) => {}
            (Some(place), change) => set(&mut items[place], change),
            (None, change) => {
                let id = name.parse::<i64>().ok().filter(|_| key.ends_with("id"));
                let mut item =
                    json!({ key: id.map_or_else(|| Value::from(name.as_str()), Value::from) });
                set(&mut item, change);
                items.push(item);
            }
        }
    }
    Ok(())
}

/// Sets what is given, objects in depth; null is a value like any other.
fn set(target: &mut Value, change: Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (key, change) in change {
                set(target.entry(key).or_insert(Value::Null), change);
            }
        }
        (target, change) => *target = change,
    }
}

/// Merges by RFC 7396: null removes a key.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (key, patch) in patch {
            if patch.is_null() {
                target.remove(&key);
            } else {
                merge(target.entry(key).or_insert(Value::Null), patch);
            }
        }
    }
}

/// One order every other day, of one to three packets of coffee.
fn wholesale_orders(first: &Value) -> impl Iterator<Item = Value> {
    const WITHOUT_VAT: [f64; 3] = [491.07, 982.14, 1473.21];
    let start =
        time::read("2025-06-02T07:00:00+02:00").map_or(Timestamp::UNIX_EPOCH, |(start, _)| start);
    debug_assert_eq!(time::local(start).date(), date(2025, 6, 2));
    (0..WHOLESALE_ORDERS).map(move |index| {
        let day = |days: u32| {
            let hours = SignedDuration::from_hours(i64::from(24 * days));
            time::written(start.checked_add(hours).unwrap_or(start))
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
