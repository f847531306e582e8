//! The settings by which a test changes the shop and its API access.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::route::Area;

/// The emulated shop's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The administrator's login.
    pub(super) login: String,
    /// The administrator's password.
    pub(super) password: String,
    /// Why the administrator may not log in, even with the right password.
    pub(super) login_refused: Option<LoginRefusal>,
    /// The lifetime of a token in seconds.
    pub(super) token_life: i64,
    /// The rights that are not `all`.
    pub(super) rights: BTreeMap<Area, Right>,
    /// The leaky bucket.
    pub(super) bucket: Bucket,
    /// Whether the shop is blocked because it is not paid for: 402.
    pub(super) blocked: bool,
    /// Whether the shop is locked: 503.
    pub(super) locked: bool,
    /// The orders that another administrator holds open.
    pub(super) held_orders: Vec<String>,
    /// Whether filters are ignored, as a server might ignore an unknown key.
    pub(super) ignores_filters: bool,
    /// Whether the `email` filter is case-sensitive.
    pub(super) email_filter_exact: bool,
    /// Whether changes are confirmed but not made.
    pub(super) ignores_updates: bool,
    /// The answer to a change.
    pub(super) update_answer: UpdateAnswer,
    /// The code of 404.
    pub(super) not_found_word: NotFoundWord,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            login: "krabice".to_owned(),
            password: "demo-password-of-the-shoper-emulator".to_owned(),
            login_refused: None,
            // Recorded in every published login.
            token_life: 2_592_000,
            rights: BTreeMap::new(),
            bucket: Bucket::default(),
            blocked: false,
            locked: false,
            held_orders: Vec::new(),
            ignores_filters: false,
            email_filter_exact: false,
            ignores_updates: false,
            update_answer: UpdateAnswer::One,
            not_found_word: NotFoundWord::InvalidRequest,
        }
    }
}

/// developers.shoper.pl, rate limit: the defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Bucket {
    /// How many requests it holds.
    pub(super) size: u32,
    /// How many requests leave it per second, from 1.
    pub(super) drain: u32,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { size: 10, drain: 2 }
    }
}

/// The codes of 401. shoper-sdk-php.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LoginRefusal {
    #[serde(rename = "auth_ip_not_allowed")]
    IpAddress,
    #[serde(rename = "auth_admin_access_denied")]
    Administrator,
    #[serde(rename = "auth_webapi_access_denied")]
    WebApi,
}

impl LoginRefusal {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::IpAddress => "auth_ip_not_allowed",
            Self::Administrator => "auth_admin_access_denied",
            Self::WebApi => "auth_webapi_access_denied",
        }
    }
}

/// The right of the administrator's group in an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Right {
    Deny,
    Readonly,
    All,
}

/// The answer to a change: one is recorded for another resource, the other is what
/// shoper-sdk-php accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UpdateAnswer {
    /// The number 1.
    One,
    /// The changed object.
    Object,
}

/// The code of 404, which depends on the shop's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NotFoundWord {
    InvalidRequest,
    ServerError,
}

impl NotFoundWord {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::ServerError => "server_error",
        }
    }
}
