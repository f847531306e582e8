//! What a test may change about the shop and its API access.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::route::Area;

/// The emulated shop's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The administrator's login.
    pub(super) login: String,
    /// Its password.
    pub(super) password: String,
    /// Why the administrator may not log in, whatever the password.
    pub(super) login_refused: Option<LoginRefusal>,
    /// How many seconds a token lives.
    pub(super) token_life: i64,
    /// Rights that differ from `all`.
    pub(super) rights: BTreeMap<Area, Right>,
    /// The leaky bucket.
    pub(super) bucket: Bucket,
    /// Whether the shop is not paid for: 402.
    pub(super) blocked: bool,
    /// Whether the shop is locked: 503.
    pub(super) locked: bool,
    /// The orders that another administrator holds open.
    pub(super) held_orders: Vec<String>,
    /// Whether filters are passed over, as some server might do with a key it
    /// does not know.
    pub(super) ignores_filters: bool,
    /// Whether the `email` filter tells capitals from small letters.
    pub(super) email_filter_exact: bool,
    /// Whether changes are confirmed and not made.
    pub(super) ignores_updates: bool,
    /// What a change is answered with.
    pub(super) update_answer: UpdateAnswer,
    /// The word of 404.
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
    /// How many of them run out in a second, from 1.
    pub(super) drain: u32,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { size: 10, drain: 2 }
    }
}

/// shoper-sdk-php: the words of 401.
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
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::IpAddress => "auth_ip_not_allowed",
            Self::Administrator => "auth_admin_access_denied",
            Self::WebApi => "auth_webapi_access_denied",
        }
    }
}

/// What the administrator's group may do in an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Right {
    Deny,
    Readonly,
    All,
}

/// What a change is answered with: recorded for another resource, and what
/// shoper-sdk-php takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UpdateAnswer {
    /// The number 1.
    One,
    /// The object as it is now.
    Object,
}

/// The word of 404: by version of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NotFoundWord {
    InvalidRequest,
    ServerError,
}

impl NotFoundWord {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::ServerError => "server_error",
        }
    }
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
                "login": "krabice", "password": "demo-password-of-the-shoper-emulator", "login_refused": null,
                "token_life": 2_592_000, "rights": {}, "bucket": { "size": 10, "drain": 2 }, "blocked": false,
                "locked": false, "held_orders": [], "ignores_filters": false, "email_filter_exact": false,
                "ignores_updates": false, "update_answer": "one", "not_found_word": "invalid_request",
            })
        );
    }
}
