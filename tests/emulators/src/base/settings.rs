//! What a test may change about the account and its API.

use serde::{Deserialize, Serialize};

/// The emulated account's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The API token.
    pub(super) token: String,
    /// Whether the account is blocked.
    pub(super) account_blocked: bool,
    /// The most requests in a minute.
    pub(super) requests_per_minute: usize,
    /// How long a token is blocked that made more of them.
    pub(super) block_minutes: i64,
    /// What writing methods make of numbers that they do not know.
    pub(super) unknown_ids: UnknownIds,
    /// Whether a change of status that succeeds changes nothing.
    pub(super) changes_get_lost: bool,
    /// In which form numbers and flags are written.
    pub(super) scalars: Scalars,
    /// Whether the filter by e-mail tells capitals from small letters.
    pub(super) email_filter_exact: bool,
    /// Whether `getOrders` lists orders that stand in the state's `archive`. By its
    /// number it gives them always.
    pub(super) archive_is_listed: bool,
    /// How answers are labelled.
    pub(super) content_type: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: "1234-56789-DEMOTOKENOFTHEBASEEMULATOR".to_owned(),
            account_blocked: false,
            // api.base.com, introduction.
            requests_per_minute: 100,
            // Not documented; clients wait between one minute and twelve.
            block_minutes: 5,
            unknown_ids: UnknownIds::Refused,
            changes_get_lost: false,
            scalars: Scalars::AsRecorded,
            email_filter_exact: true,
            archive_is_listed: true,
            // A connector project's live tests: JSON under this label.
            content_type: "text/html; charset=UTF-8".to_owned(),
        }
    }
}

/// What `setOrderStatus` and its like make of numbers that they do not know. The
/// vendor does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UnknownIds {
    /// An error.
    Refused,
    /// A success that changes nothing.
    Ignored,
}

/// The form of numbers and flags, which differs by method and by year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scalars {
    /// As the state holds them.
    AsRecorded,
    /// All as texts, flags as `"1"` and `"0"`: as before 2023-08-16.
    Texts,
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
                "token": "1234-56789-DEMOTOKENOFTHEBASEEMULATOR", "account_blocked": false,
                "requests_per_minute": 100, "block_minutes": 5, "unknown_ids": "refused",
                "changes_get_lost": false, "scalars": "as-recorded", "email_filter_exact": true,
                "archive_is_listed": true, "content_type": "text/html; charset=UTF-8",
            })
        );
    }
}
