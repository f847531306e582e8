//! The accounting unit's state: settings, records, imports and sent e-mails.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::records::{Import, Invoice, Order, Sent};
use super::settings::Settings;
use crate::clock;
use crate::state::{Keyed, parsed};

/// All data of the unit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Unit {
    pub(super) settings: Settings,
    pub(super) orders: Vec<Order>,
    pub(super) invoices: Vec<Invoice>,
    /// The imports, whose ids the check of duplicity compares.
    pub(super) imports: Vec<Import>,
    /// The e-mails that POHODA has sent.
    pub(super) emails: Vec<Sent>,
}

/// The lists, each with the key that identifies a record.
pub(super) const KEYED: Keyed = &[("orders", "id"), ("invoices", "id")];

impl Unit {
    /// The demo data.
    pub(super) fn demo() -> Self {
        Self {
            orders: parsed(include_str!("../../data/pohoda/orders.json")),
            invoices: parsed(include_str!("../../data/pohoda/invoices.json")),
            ..Self::default()
        }
    }

    /// The id of the next order, and the next number of its series.
    pub(super) fn next_order(&self) -> (i64, String) {
        let id = self.orders.iter().map(|order| order.id).max().unwrap_or(0) + 1;
        let numbers = self
            .orders
            .iter()
            .filter_map(|order| order.number.as_deref());
        (id, next(numbers, "26OP", 5))
    }

    /// The id of the next invoice, and the next number of its series.
    pub(super) fn next_invoice(&self) -> (i64, String) {
        let id = self.invoices.iter().map(|it| it.id).max().unwrap_or(0) + 1;
        let numbers = self.invoices.iter().filter_map(|it| it.number.as_deref());
        (id, next(numbers, "2601", 5))
    }

    pub(super) fn order(&self, id: i64) -> Option<&Order> {
        self.orders.iter().find(|order| order.id == id)
    }
}

fn next<'a>(numbers: impl Iterator<Item = &'a str>, series: &str, digits: usize) -> String {
    let count = |number: &str| number.strip_prefix(series)?.parse::<u32>().ok();
    let last = numbers.filter_map(count).max().unwrap_or(0);
    format!("{series}{:0digits$}", last + 1)
}

/// A moment as a clock in Prague shows it, where the unit's machine is.
pub(super) fn local_time(now: Timestamp) -> String {
    now.to_zoned(clock::zone("Europe/Prague"))
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string()
}

/// The day of a moment, in Prague.
pub(super) fn day(now: Timestamp) -> String {
    local_time(now).chars().take(10).collect()
}
