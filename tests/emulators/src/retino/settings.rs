//! What a test may change about the account and its API.

use serde::{Deserialize, Serialize};

/// The emulated account's settings. Most of them stand for something that the
/// vendor's public pages leave open: a good client works with each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The API token.
    pub(super) token: String,
    /// Whether the account has the extension that the API belongs to.
    pub(super) extension: bool,
    /// The most requests in a minute; `None`: any number.
    pub(super) requests_per_minute: Option<u32>,
    /// How many items a page has where the client does not say.
    pub(super) page_size: usize,
    /// The most items of a page; a larger wish is cut to it.
    pub(super) page_size_max: usize,
    /// Where a ticket has the customer's e-mail.
    pub(super) email_at: EmailAt,
    /// Whether lists and the search show the customer, or the ticket alone does.
    pub(super) customer_in_lists: bool,
    /// How a ticket shows its state and its type.
    pub(super) references: References,
    /// Whether a ticket can take a state of another type's process.
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

/// Where a ticket has the customer's e-mail: not documented.
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

/// How a ticket shows its state and its type on reading: not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum References {
    /// The id alone.
    Id,
    /// The item of its list.
    Object,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Settings;

    #[test]
    fn documented_defaults_hold() {
        let settings: Settings = serde_json::from_value(json!({})).unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(
            serde_json::to_value(settings).unwrap(),
            json!({
                "token": "demo-token-of-the-retino-emulator", "extension": true, "requests_per_minute": null,
                "page_size": 10, "page_size_max": 100, "email_at": "customer.email", "customer_in_lists": true,
                "references": "id", "foreign_states": false,
            })
        );
    }
}
