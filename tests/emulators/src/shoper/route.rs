//! Finds the endpoint of a method and a path.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::answer::refusal;
use super::rules;
use crate::refusal::Refusal;

/// An emulated endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    List(Area),
    One(Area, String),
    UpdateOrder(String),
    Version,
    Config,
}

/// The areas, each with a right of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Area {
    Orders,
    OrderProducts,
    Parcels,
    Statuses,
    Shippings,
    Payments,
    Currencies,
    Users,
    ApplicationConfig,
}

impl Area {
    /// The area of a list's path.
    fn of(path: &str) -> Option<Self> {
        Some(match path {
            "orders" => Self::Orders,
            "order-products" => Self::OrderProducts,
            "parcels" => Self::Parcels,
            "statuses" => Self::Statuses,
            "shippings" => Self::Shippings,
            "payments" => Self::Payments,
            "currencies" => Self::Currencies,
            "users" => Self::Users,
            _ => return None,
        })
    }
}

impl Endpoint {
    /// The area for which a right is needed, and whether the endpoint only reads.
    pub(super) fn right(&self) -> Option<(Area, bool)> {
        match self {
            Self::Version => None,
            Self::List(area) | Self::One(area, _) => Some((*area, true)),
            Self::UpdateOrder(_) => Some((Area::Orders, false)),
            Self::Config => Some((Area::ApplicationConfig, true)),
        }
    }
}

/// Resources reserved for selected applications. shoper-sdk-php.
const RESERVED: &[&str] = &["order-refunds", "order-transactions"];

/// The other resources of the API. pyshoper 0.1.2, table of resources; shoper-sdk-php.
const OTHERS: &[&str] = &[
    "aboutpages",
    "additional-fields",
    "application-lock",
    "attribute-groups",
    "attributes",
    "auction-houses",
    "auction-orders",
    "auctions",
    "availabilities",
    "bulk",
    "categories",
    "categories-tree",
    "dashboard-activities",
    "dashboard-stats",
    "deliveries",
    "gauges",
    "geolocation-countries",
    "geolocation-regions",
    "geolocation-subregions",
    "languages",
    "metafields",
    "metafield-values",
    "news",
    "object-mtime",
    "option-groups",
    "option-values",
    "options",
    "producers",
    "product-files",
    "product-images",
    "product-stocks",
    "products",
    "progresses",
    "promotion-codes",
    "redirects",
    "shipping-zones",
    "specialoffers",
    "subscriber-groups",
    "subscribers",
    "taxes",
    "units",
    "user-addresses",
    "user-groups",
    "user-tags",
    "webhooks",
    "zones",
];

/// Finds the endpoint of a request. `path` is what follows `/webapi/rest/`.
pub(super) fn endpoint(method: &Method, path: &str) -> Result<Endpoint, Refusal> {
    let segments: Vec<&str> = path.split('/').collect();
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let refused = |rule, status, code, what: &str| {
        refusal(rule, status, code, format!("{method} `{path}` {what}"))
    };
    let not_emulated = || {
        refused(
            &rules::NOT_EMULATED,
            StatusCode::NOT_IMPLEMENTED,
            "server_error",
            "is not emulated",
        )
    };
    let unknown = || {
        refused(
            &rules::UNKNOWN_PATH,
            StatusCode::NOT_FOUND,
            "invalid_request",
            "is nothing that the API has",
        )
    };
    let no_method = || {
        refused(
            &rules::METHOD,
            StatusCode::METHOD_NOT_ALLOWED,
            "invalid_request",
            "is not allowed",
        )
    };
    match (method.as_str(), segments.as_slice()) {
        ("GET", ["application-version"]) => Ok(Endpoint::Version),
        ("GET", ["application-config"]) => Ok(Endpoint::Config),
        (_, ["auth" | "application-version" | "application-config"]) => Err(no_method()),
        ("PUT", ["orders", id]) if number(id) => Ok(Endpoint::UpdateOrder((*id).to_owned())),
        (_, [list]) | (_, [list, _]) if Area::of(list).is_some() => {
            let area = Area::of(list).ok_or_else(unknown)?;
            match (method.as_str(), segments.get(1)) {
                (_, Some(id)) if !number(id) => Err(unknown()),
                ("GET", None) => Ok(Endpoint::List(area)),
                ("GET", Some(id)) => Ok(Endpoint::One(area, (*id).to_owned())),
                ("POST", None) | ("PUT" | "DELETE", Some(_)) => Err(not_emulated()),
                _ => Err(no_method()),
            }
        }
        (_, [list, ..]) if RESERVED.contains(list) => Err(refused(
            &rules::RESERVED,
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "is for selected applications",
        )),
        (_, [list, ..]) if OTHERS.contains(list) => Err(not_emulated()),
        _ => Err(unknown()),
    }
}
