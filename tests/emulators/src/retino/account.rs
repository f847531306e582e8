//! The account's state: settings, tickets, code lists, and the e-mails that it has sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::settings::Settings;
use crate::state::{Keyed, parsed, set};

/// The number of demo tickets that mention an order that is not theirs: together with
/// the order's own ticket more than a page of 100.
const MENTIONS: u32 = 120;

/// All data of the account. Tickets and code lists have the form in which the API
/// shows them by default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Account {
    pub(super) settings: Settings,
    pub(super) states: Vec<Value>,
    pub(super) types: Vec<Value>,
    /// The states that tickets of a type can take, by the type's id.
    /// Ticket states and processes: each type has its own process.
    pub(super) processes: BTreeMap<String, Vec<String>>,
    /// The text of the e-mail that a change to a state sends to the customer, by the
    /// state's id. Automation: a change of the state can send one.
    pub(super) automations: BTreeMap<String, String>,
    pub(super) tickets: Vec<Value>,
    pub(super) tags: Vec<Value>,
    pub(super) users: Vec<Value>,
    pub(super) custom_fields: Vec<Value>,
    pub(super) product_custom_fields: Vec<Value>,
    pub(super) refund_accounts: Vec<Value>,
    /// The e-mails that the account has sent.
    pub(super) emails: Vec<Sent>,
}

/// An e-mail that the account has sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    pub(super) ticket: String,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) at: String,
}

/// A read-only list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    States,
    Types,
    Tags,
    Users,
    CustomFields,
    ProductCustomFields,
    RefundAccounts,
}

impl List {
    /// The list by the name of its path.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "states" => Self::States,
            "types" => Self::Types,
            "tags" => Self::Tags,
            "users" => Self::Users,
            "custom-fields" => Self::CustomFields,
            "product-custom-fields" => Self::ProductCustomFields,
            "refund-accounts" => Self::RefundAccounts,
            _ => return None,
        })
    }
}

/// The lists, each with the key that identifies an item.
pub(super) const KEYED: Keyed = &[
    ("states", "id"),
    ("types", "id"),
    ("tickets", "id"),
    ("tags", "id"),
    ("users", "id"),
    ("custom_fields", "id"),
    ("product_custom_fields", "id"),
    ("refund_accounts", "id"),
];

macro_rules! data {
    ($file:literal) => {
        parsed(include_str!(concat!("../../data/retino/", $file)))
    };
}

impl Account {
    /// The demo data.
    pub(super) fn demo() -> Self {
        // First, so that the order that they mention is after a page of 100.
        let mut tickets: Vec<Value> = mentions(&data!("mention.json")).collect();
        tickets.extend(parsed::<Vec<Value>>(include_str!(
            "../../data/retino/tickets.json"
        )));
        Self {
            settings: Settings::default(),
            states: data!("states.json"),
            types: data!("types.json"),
            processes: data!("processes.json"),
            automations: data!("automations.json"),
            tickets,
            tags: data!("tags.json"),
            users: data!("users.json"),
            custom_fields: data!("custom-fields.json"),
            product_custom_fields: data!("product-custom-fields.json"),
            refund_accounts: data!("refund-accounts.json"),
            emails: Vec::new(),
        }
    }

    /// The items of a list.
    pub(super) fn list(&self, list: List) -> &[Value] {
        match list {
            List::States => &self.states,
            List::Types => &self.types,
            List::Tags => &self.tags,
            List::Users => &self.users,
            List::CustomFields => &self.custom_fields,
            List::ProductCustomFields => &self.product_custom_fields,
            List::RefundAccounts => &self.refund_accounts,
        }
    }

    /// The index of the ticket with this id.
    pub(super) fn place_of(&self, id: &str) -> Option<usize> {
        self.tickets.iter().position(|ticket| ticket["id"] == id)
    }
}

/// Tickets of one customer, each for an order of its own, with notes that name another
/// order.
fn mentions(first: &Value) -> impl Iterator<Item = Value> {
    (1..=MENTIONS).map(move |number| {
        let mut ticket = first.clone();
        set(
            &mut ticket,
            json!({
                "id": format!("6f3a0000-0000-4000-8000-{number:012}"),
                "code": format!("2025{number:04}"),
                "bound_order": {
                    "id": format!("6f3a0000-0000-4000-9000-{number:012}"),
                    "code": format!("V25{number:04}"),
                    "remote_id": format!("{}", 25_000 + number),
                },
            }),
        );
        ticket
    })
}
