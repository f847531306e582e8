//! Finds the endpoint of a method and a path.

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::answer::{not_found, refusal};
use super::rules;
use super::settings::Service;
use crate::back_end::Call;
use crate::refusal::Refusal;

/// An emulated endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Status,
    Orders(Option<String>),
    UpdateOrders,
    OrderPdf(String),
    History(String),
    AddHistory(String),
    OrderStatuses(Option<String>),
    Invoices(Option<String>),
    InvoicePdf(String),
    Customers,
    Products(Option<String>),
}

impl Endpoint {
    /// The service for which a right is needed, and whether the endpoint only reads.
    pub(super) fn right(&self) -> Option<(Service, bool)> {
        match self {
            Self::Status => None,
            Self::Orders(_) | Self::OrderPdf(_) | Self::History(_) => Some((Service::Orders, true)),
            Self::UpdateOrders | Self::AddHistory(_) => Some((Service::Orders, false)),
            Self::OrderStatuses(_) => Some((Service::OrderStatuses, true)),
            Self::Invoices(_) | Self::InvoicePdf(_) => Some((Service::Invoices, true)),
            Self::Customers => Some((Service::Customers, true)),
            Self::Products(_) => Some((Service::Products, true)),
        }
    }
}

/// The services of the API that are not emulated.
/// Upgates API v2, blueprint: the titles of its groups.
const OTHER_SERVICES: &[&str] = &[
    "labels",
    "availabilities",
    "manufacturers",
    "parameters",
    "stocks",
    "categories",
    "groups",
    "carts",
    "redirections",
    "vouchers",
    "news",
    "articles",
    "advisor",
    "files",
    "shipments",
    "payments",
    "conversion-codes",
    "webhooks",
    "config",
    "pricelists",
    "languages",
    "owner",
    "graphics",
    "metas",
];

/// Finds the endpoint of a request. `path` is what follows the base path.
pub(super) fn endpoint(call: &Call, path: &str) -> Result<Endpoint, Refusal> {
    let method = method(call)?;
    let decoded = |segment: &str| {
        percent_decode_str(segment)
            .decode_utf8()
            .map(|text| text.into_owned())
    };
    // The blueprint and public clients write paths with and without a slash at
    // the end.
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Result<Vec<String>, _> = path.split('/').skip(1).map(decoded).collect();
    let unknown = || {
        not_found(
            &rules::UNKNOWN_PATH,
            format!("the API has no path `{path}`"),
        )
    };
    let segments = segments.map_err(|_| unknown())?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let refused = || {
        let message = format!("`{path}` has no method {method}");
        refusal(&rules::METHOD, StatusCode::METHOD_NOT_ALLOWED, message)
    };
    let not_emulated = || {
        let message = format!("{method} `{path}` is not emulated");
        refusal(&rules::NOT_EMULATED, StatusCode::NOT_IMPLEMENTED, message)
    };
    let owned = |text: &str| text.to_owned();
    match (method.as_str(), segments.as_slice()) {
        (_, parts) if parts.contains(&"") => Err(unknown()),
        ("GET", ["status"]) => Ok(Endpoint::Status),
        ("GET", ["orders"]) => Ok(Endpoint::Orders(None)),
        ("PUT", ["orders"]) => Ok(Endpoint::UpdateOrders),
        ("POST" | "DELETE", ["orders"]) => Err(not_emulated()),
        ("GET", ["orders", number]) => Ok(Endpoint::Orders(Some(owned(number)))),
        ("GET", ["orders", number, "pdf"]) => Ok(Endpoint::OrderPdf(owned(number))),
        ("GET", ["orders", number, "history"]) => Ok(Endpoint::History(owned(number))),
        ("POST", ["orders", number, "history"]) => Ok(Endpoint::AddHistory(owned(number))),
        ("POST", ["orders", _, "file" | "urls"]) | ("DELETE", ["orders", _, "attachments"]) => {
            Err(not_emulated())
        }
        ("GET", ["order-statuses"]) => Ok(Endpoint::OrderStatuses(None)),
        ("GET", ["order-statuses", id]) => Ok(Endpoint::OrderStatuses(Some(owned(id)))),
        ("POST" | "PUT", ["order-statuses"]) | ("DELETE", ["order-statuses", _]) => {
            Err(not_emulated())
        }
        ("GET", ["invoices"]) => Ok(Endpoint::Invoices(None)),
        ("GET", ["invoices", number]) => Ok(Endpoint::Invoices(Some(owned(number)))),
        ("GET", ["invoices", number, "pdf"]) => Ok(Endpoint::InvoicePdf(owned(number))),
        ("GET", ["customers"]) => Ok(Endpoint::Customers),
        ("POST" | "PUT" | "DELETE", ["customers"])
        | ("GET", ["customers", _, "agreements"])
        | ("POST", ["customers", "login"]) => Err(not_emulated()),
        ("GET", ["products", "simple"]) => Ok(Endpoint::Products(None)),
        ("GET", ["products", code, "simple"]) => Ok(Endpoint::Products(Some(owned(code)))),
        (_, ["status" | "orders" | "order-statuses" | "invoices" | "customers"])
        | (_, ["orders" | "order-statuses" | "invoices", _])
        | (
            _,
            [
                "orders",
                _,
                "pdf" | "history" | "file" | "urls" | "attachments",
            ],
        )
        | (_, ["invoices", _, "pdf"])
        | (_, ["products", "simple"])
        | (_, ["products", _, "simple"]) => Err(refused()),
        (_, ["products", ..]) => Err(not_emulated()),
        (_, [service, ..]) if OTHER_SERVICES.contains(service) => Err(not_emulated()),
        _ => Err(unknown()),
    }
}

/// The method, or the one that a header replaces it by.
/// Upgates API v2, blueprint: HTTP metody.
fn method(call: &Call) -> Result<Method, Refusal> {
    let name = call
        .header("x-http-method-override")
        .unwrap_or(call.method.as_str());
    match name {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "DELETE" => Ok(Method::DELETE),
        _ => {
            let message = format!("the API has no method {name}");
            Err(refusal(
                &rules::METHOD,
                StatusCode::METHOD_NOT_ALLOWED,
                message,
            ))
        }
    }
}
