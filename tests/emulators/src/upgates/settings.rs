//! The settings by which a test changes the shop and its API access.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The emulated shop's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The API login, the user name of HTTP Basic.
    pub(super) login: String,
    /// The API key, the password of HTTP Basic.
    pub(super) key: String,
    /// Whether the API user is active. If not, every answer is 403.
    pub(super) active: bool,
    /// The rights that are not `all`.
    pub(super) rights: BTreeMap<Service, Right>,
    /// The tariff, which sets the quotas.
    pub(super) tariff: Tariff,
    /// Extra packages of requests, 0 to 60.
    pub(super) packages: u32,
    /// The most requests at once.
    pub(super) parallel: usize,
    /// The answer to an unknown number in the path.
    pub(super) not_found: NotFound,
    /// How the lists of orders and invoices treat `?order_number=`.
    pub(super) order_number_filter: OrderNumberFilter,
    /// Whether the `email` filter is case-sensitive.
    pub(super) email_filter_exact: bool,
    /// The address that the shop has moved to. If set, every answer is 301.
    pub(super) moved: Option<Moved>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            login: "12345678".to_owned(),
            key: "demo-key-of-the-upgates-emulator".to_owned(),
            active: true,
            rights: BTreeMap::new(),
            tariff: Tariff::VerifiedAddOn,
            packages: 0,
            // Upgates API v2, blueprint: Rate Limiting, Souběžné požadavky.
            parallel: 3,
            not_found: NotFound::EmptyList,
            order_number_filter: OrderNumberFilter::Invoices,
            email_filter_exact: false,
            moved: None,
        }
    }
}

impl Settings {
    pub(super) fn right(&self, service: Service) -> Right {
        self.rights.get(&service).copied().unwrap_or(Right::All)
    }
}

/// The emulated services, each with a right of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Service {
    Orders,
    OrderStatuses,
    Invoices,
    Customers,
    Products,
}

impl Service {
    pub(super) const ALL: [Self; 5] = [
        Self::Orders,
        Self::OrderStatuses,
        Self::Invoices,
        Self::Customers,
        Self::Products,
    ];

    /// Its path below the base path.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::OrderStatuses => "order-statuses",
            Self::Invoices => "invoices",
            Self::Customers => "customers",
            Self::Products => "products",
        }
    }
}

/// Upgates API v2, blueprint: Stav API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Right {
    Deny,
    Readonly,
    All,
}

/// Upgates API v2, blueprint: Rate Limiting, Základní limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tariff {
    Bronze,
    Silver,
    Gold,
    Platinum,
    Exclusive,
    /// Upgates API v2, blueprint: Rate Limiting, Zpoplatnění API: verified
    /// partner add-ons have no quotas.
    VerifiedAddOn,
}

impl Tariff {
    /// The quotas of requests per hour and per day, if the tariff has any.
    pub(super) fn quotas(self) -> Option<(u32, u32)> {
        match self {
            Self::Bronze => Some((10, 100)),
            Self::Silver => Some((15, 300)),
            Self::Gold => Some((50, 600)),
            Self::Platinum | Self::Exclusive => Some((100, 1500)),
            Self::VerifiedAddOn => None,
        }
    }
}

/// The answer to an unknown number in the path (`/orders/{order_number}`).
/// The vendor does not document it; public clients expect either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum NotFound {
    /// 200 and a list without items.
    EmptyList,
    /// 404.
    #[serde(rename = "404")]
    Status404,
}

/// How lists treat `?order_number=`, which the blueprint of 2025 documents for
/// none of them and clients of 2026 use for invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OrderNumberFilter {
    /// Invoices filter by it, as newer servers do; orders refuse it.
    Invoices,
    /// Both ignore it and answer with the whole list, as older servers may.
    Ignored,
    /// Both refuse it, as the blueprint of 2025 does not document it.
    Refused,
}

/// Upgates API v2, blueprint: Stavové kódy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moved {
    /// The new address.
    pub(super) api_url: String,
    /// Whether `Location` holds it, too, as the blueprint of 2025-09 says.
    /// Default no, as the blueprint of 2025-05 says.
    #[serde(default)]
    pub(super) location: bool,
}
