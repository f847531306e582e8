//! The settings by which a test changes the account and its API.

use serde::{Deserialize, Serialize};

/// The emulated account's settings. Most of them are for behaviour that the vendor's
/// public pages leave open: a correct client works with each value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The API token.
    pub(super) token: String,
    /// Whether the account has the extension that the API belongs to.
    pub(super) extension: bool,
    /// The most requests per minute; `None`: no limit.
    pub(super) requests_per_minute: Option<u32>,
    /// The number of items of a page, unless the client asks for another.
    pub(super) page_size: usize,
    /// The most items of a page; a larger number is reduced to it.
    pub(super) page_size_max: usize,
    /// The place of the customer's e-mail in a ticket.
    pub(super) email_at: EmailAt,
    /// Whether lists and the search show the customer. If not, only the ticket itself does.
    pub(super) customer_in_lists: bool,
    /// The form of a ticket's state and type.
    pub(super) references: References,
    /// Whether a ticket accepts a state of another type's process.
    pub(super) foreign_states: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: "demo-token-of-the-retino-emulator".to_owned(),
            extension: true,
            requests_per_minute: None,
            page_size: 10,
            page_size_max: 100,
            email_at: EmailAt::Customer,
            customer_in_lists: true,
            references: References::Id,
            foreign_states: false,
        }
    }
}

/// The place of the customer's e-mail in a ticket, which is not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EmailAt {
    #[serde(rename = "customer.email")]
    Customer,
    #[serde(rename = "customer_email")]
    Ticket,
    #[serde(rename = "bound_order.customer.email")]
    OrderCustomer,
    #[serde(rename = "bound_order.customer_email")]
    Order,
    #[serde(rename = "email")]
    Plain,
    /// In none of the likely places.
    #[serde(rename = "nowhere")]
    Nowhere,
}

/// The form of a ticket's state and type, which is not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum References {
    /// The id alone.
    Id,
    /// The whole item of the list.
    Object,
}
