//! The account's state: settings, tickets, code lists, and what it has sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::settings::Settings;
use crate::back_end::StateError;
use crate::state::{self, parsed, set};

/// How many tickets of the demo mention one order that is not theirs: with the
/// one that is its own, more than a page of a hundred.
const MENTIONS: u32 = 120;

/// All that the account holds. Tickets and code lists are kept as the API shows
/// them by default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Account {
    pub(super) settings: Settings,
    pub(super) states: Vec<Value>,
    pub(super) types: Vec<Value>,
    /// The states that tickets of a type can take, by the type's id.
    /// Ticket states and processes: each type has its own process.
    pub(super) processes: BTreeMap<String, Vec<String>>,
    /// The e-mail to the customer that a change to a state sends, by its id.
    /// Automation: a change of the state can send one.
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

/// A list that is only read.
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

const KEYED: state::Keyed = &[
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
    /// The account of the demo.
    pub(super) fn demo() -> Self {
        // First, so that what they mention stands behind a page of a hundred.
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

    /// Changes the state in places.
    pub(super) fn patched(&self, patch: Value) -> Result<Self, StateError> {
        Self::read(state::patched(serde_json::to_value(self)?, patch, KEYED)?)
    }

    /// Reads a state, in which every item says what it is.
    pub(super) fn read(state: Value) -> Result<Self, StateError> {
        state::identified(&state, KEYED)?;
        Ok(serde_json::from_value(state)?)
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

    /// Where the ticket of this id stands.
    pub(super) fn place_of(&self, id: &str) -> Option<usize> {
        self.tickets.iter().position(|ticket| ticket["id"] == id)
    }
}

/// Tickets of one customer, each of an order of its own, whose notes name another
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
