//! The settings by which a test changes the account and its API.

use serde::{Deserialize, Serialize};

/// The emulated account's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The API token.
    pub(super) token: String,
    /// Whether the account is blocked.
    pub(super) account_blocked: bool,
    /// The most requests per minute.
    pub(super) requests_per_minute: usize,
    /// For how many minutes more requests block the token.
    pub(super) block_minutes: i64,
    /// The answer of writing methods to unknown ids.
    pub(super) unknown_ids: UnknownIds,
    /// Whether a change of status succeeds but changes nothing.
    pub(super) changes_get_lost: bool,
    /// The form of numbers and flags in answers.
    pub(super) scalars: Scalars,
    /// Whether the filter by e-mail is case-sensitive.
    pub(super) email_filter_exact: bool,
    /// Whether `getOrders` lists the orders of the state's `archive`. It always finds
    /// them by their number.
    pub(super) archive_is_listed: bool,
    /// The `Content-Type` of answers.
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
            // A connector project's live tests: JSON of this type.
            content_type: "text/html; charset=UTF-8".to_owned(),
        }
    }
}

/// The answer of `setOrderStatus` and similar methods to unknown ids. The vendor does
/// not document it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UnknownIds {
    /// An error.
    Refused,
    /// A success without a change.
    Ignored,
}

/// The form of numbers and flags, which differs by method and by year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scalars {
    /// As the state holds them.
    AsRecorded,
    /// Everything as texts, flags as `"1"` and `"0"`, as before 2023-08-16.
    Texts,
}
