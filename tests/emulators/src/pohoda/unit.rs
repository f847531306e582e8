//! The accounting unit's state: settings, records, what was imported and sent.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::records::{Import, Invoice, Order, Sent};
use super::settings::Settings;
use crate::back_end::StateError;
use crate::state::{self, parsed};

/// All that the unit holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Unit {
    pub(super) settings: Settings,
    pub(super) orders: Vec<Order>,
    pub(super) invoices: Vec<Invoice>,
    /// Imports by the two ids that the check of duplicity compares.
    pub(super) imports: Vec<Import>,
    /// The e-mails that POHODA has sent.
    pub(super) emails: Vec<Sent>,
}

/// The lists and what identifies a record in each.
const KEYED: state::Keyed = &[("orders", "id"), ("invoices", "id")];

impl Unit {
    /// The unit of the demo.
    pub(super) fn demo() -> Self {
        Self {
            orders: parsed(include_str!("../../data/pohoda/orders.json")),
            invoices: parsed(include_str!("../../data/pohoda/invoices.json")),
            ..Self::default()
        }
    }

    /// Changes the state in places.
    pub(super) fn patched(&self, patch: Value) -> Result<Self, StateError> {
        let state = state::patched(serde_json::to_value(self)?, patch, KEYED)?;
        Self::read(state)
    }

    /// Reads a state, in which every record says which it is.
    pub(super) fn read(state: Value) -> Result<Self, StateError> {
        state::identified(&state, KEYED)?;
        Ok(serde_json::from_value(state)?)
    }

    /// The id of the next order, and the number that follows those of its series.
    pub(super) fn next_order(&self) -> (i64, String) {
        let id = self.orders.iter().map(|order| order.id).max().unwrap_or(0) + 1;
        let numbers = self
            .orders
            .iter()
            .filter_map(|order| order.number.as_deref());
        (id, next(numbers, "26OP", 5))
    }

    /// The same of invoices.
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

/// What the clock of the unit's machine shows, which stands in Prague.
pub(super) fn clock(now: Timestamp) -> String {
    let prague = TimeZone::get("Europe/Prague").unwrap_or(TimeZone::UTC);
    now.to_zoned(prague)
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string()
}

/// Its day.
pub(super) fn day(now: Timestamp) -> String {
    clock(now).chars().take(10).collect()
}
