//! Finds the endpoint of a method and a path.

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::account::List;
use super::answer::{not_found, refusal};
use super::rules;
use crate::refusal::Refusal;

/// An emulated endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Tickets,
    Search,
    Ticket(String),
    Change(String),
    Close(String),
    List(List),
}

/// Finds the endpoint of a request. `path` is what follows the base path.
/// Tickets API: the list of endpoints.
pub(super) fn endpoint(method: &Method, path: &str) -> Result<Endpoint, Refusal> {
    let decoded = |segment: &str| {
        let text = percent_decode_str(segment).decode_utf8();
        text.map(|text| text.into_owned())
    };
    let unknown = || {
        let message = format!("the API has no path `{path}`");
        not_found(&rules::UNKNOWN_PATH, message)
    };
    let segments: Result<Vec<String>, _> = path.split('/').skip(1).map(decoded).collect();
    let segments = segments.map_err(|_| unknown())?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let refused = || {
        let detail = format!("Method \"{method}\" not allowed.");
        let status = StatusCode::METHOD_NOT_ALLOWED;
        refusal(&rules::METHOD, status, &detail, format!("{method} {path}"))
    };
    let not_emulated = || {
        let message = format!("{method} `{path}` is not emulated");
        let status = StatusCode::NOT_IMPLEMENTED;
        refusal(&rules::NOT_EMULATED, status, &message, message.as_str())
    };
    match (method.as_str(), segments.as_slice()) {
        (_, parts) if parts.contains(&"") => Err(unknown()),
        ("GET", ["tickets"]) => Ok(Endpoint::Tickets),
        ("POST", ["tickets"]) => Err(not_emulated()),
        ("GET", ["tickets", "search"]) => Ok(Endpoint::Search),
        (_, ["tickets", "search"]) => Err(refused()),
        ("GET", ["tickets", id]) => Ok(Endpoint::Ticket((*id).to_owned())),
        ("PATCH", ["tickets", id]) => Ok(Endpoint::Change((*id).to_owned())),
        ("PUT", ["tickets", _]) => Err(not_emulated()),
        ("POST", ["tickets", id, "close"]) => Ok(Endpoint::Close((*id).to_owned())),
        ("GET" | "POST", ["tickets", _, "products"])
        | ("GET" | "PUT" | "PATCH" | "DELETE", ["tickets", _, "products", _])
        | ("POST", ["internal-note"]) => Err(not_emulated()),
        (_, ["tickets"] | ["tickets", _] | ["internal-note"])
        | (_, ["tickets", _, "close" | "products"] | ["tickets", _, "products", _]) => {
            Err(refused())
        }
        (method, [name]) => match (List::named(name), method) {
            (Some(list), "GET") => Ok(Endpoint::List(list)),
            (Some(_), _) => Err(refused()),
            (None, _) => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}
