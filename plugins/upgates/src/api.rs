//! Requests to the API, and the status of an API user.

use krabice_plugin::json::Loose;
use krabice_plugin::{Failure, Request, Response, Url, localised};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Shop;

/// Sends a request and reads the JSON of its answer.
pub(crate) fn read<T: DeserializeOwned>(request: Request<'_>) -> Result<T, Failure> {
    answer(request)?.json()
}

/// Sends a request.
///
/// A shop that has moved to another server answers 301, with the new address in the body (blueprint
/// of May 2025) or in `Location` (September 2025). The credentials are not sent there; the failure
/// gives the operator the new address.
pub(crate) fn answer(request: Request<'_>) -> Result<Response, Failure> {
    let response = request.allow(301).send()?;
    if response.status() != 301 {
        return Ok(response);
    }
    let new = response.header("location").map(str::to_owned);
    let new = new.or_else(|| Some(response.json::<Moved>().ok()?.api_url.text()));
    let new = new
        .and_then(server)
        .map_or_else(String::new, |server| format!(": {server}"));
    Err(response.unexpected(&format!("the address of the shop's API has changed{new}")))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Moved {
    api_url: Loose<String>,
}

/// The scheme and host of an address. The rest may repeat a customer's value from the request.
fn server(address: String) -> Option<String> {
    let address = Url::parse(address)?;
    let (scheme, rest) = address.as_str().split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.contains('@')).then(|| format!("{scheme}://{host}"))
}

/// The rights of an API user, and the requests that it has left.
pub(crate) struct UserStatus {
    /// The remaining requests of this hour and of today.
    left: Option<(String, String)>,
    /// The parts of the API that functions need and that the user may not read.
    denied: Vec<String>,
    /// Whether the user may not change orders.
    reads_only: bool,
}

/// The parts of the API that functions need.
const NEEDED: [&str; 4] = ["orders", "order-statuses", "invoices", "products"];

#[derive(Deserialize)]
struct Status {
    services: Vec<Service>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Service {
    service: Loose<String>,
    privilege: Loose<String>,
}

impl UserStatus {
    /// Loads the status, by `GET /status`, which needs no right.
    pub(crate) fn load(shop: &Shop) -> Result<Self, Failure> {
        let response = answer(shop.get("status"))?;
        let status: Status = response.json()?;
        let privilege = |name: &str| {
            let mut services = status.services.iter();
            services
                .find(|service| service.service.value().is_some_and(|path| path == name))
                .map(|service| service.privilege.text())
        };
        let left = |name| response.header(name).map(str::to_owned);
        let denied = |name: &&&str| privilege(name).is_some_and(|privilege| privilege == "deny");
        Ok(Self {
            left: left("x-rate-limit-hour-remaining").zip(left("x-rate-limit-day-remaining")),
            denied: NEEDED
                .iter()
                .filter(denied)
                .map(|name| (*name).to_owned())
                .collect(),
            reads_only: privilege("orders").is_some_and(|privilege| privilege == "readonly"),
        })
    }

    /// One line for the operator.
    pub(crate) fn line(&self, language: &str) -> String {
        let mut parts = Vec::new();
        if let Some((hour, day)) = &self.left {
            parts.push(localised!(
                language,
                "probe.requests-left",
                "requests left: {hour} this hour, {day} today"
            ));
        }
        if self.reads_only {
            parts.push(localised!(
                language,
                "probe.orders-read-only",
                "orders cannot be changed"
            ));
        }
        if !self.denied.is_empty() {
            let denied = self.denied.join(", ");
            parts.push(localised!(
                language,
                "probe.no-right",
                "no right to: {denied}"
            ));
        }
        parts.join("; ")
    }
}
