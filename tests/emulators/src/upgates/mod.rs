//! The Upgates API v2, emulated from its vendor's blueprint and from recorded
//! answers. [`rules`] lists what it enforces.

mod access;
mod answer;
mod body;
mod history;
mod lists;
mod order_items;
mod order_update;
mod orders;
mod page;
mod query;
mod route;
mod rules;
mod settings;
mod shop;
mod time;

use std::any::Any;

use bytes::Bytes;
use http::header::{HOST, LOCATION};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use self::access::Access;
use self::answer::{document, not_found, refusal};
use self::route::{Endpoint, endpoint};
use self::settings::{NotFound, Right, Settings};
use self::shop::Shop;
use crate::back_end::{Answer, Api, Call, Connection, Setting};
use crate::log::Credential;
use crate::pdf;
use crate::refusal::{Refusal, response};
use crate::rule::Rule;
use crate::state::Keyed;

/// Upgates API v2, blueprint: Základní informace.
const BASE_PATH: &str = "/api/v2";

/// An emulated shop.
pub(crate) struct Upgates;

/// What an answer gets besides the response of the endpoint.
#[derive(Default)]
struct Extras {
    /// The headers that tell what is left of the quotas.
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The place among the requests at once.
    slot: Option<Box<dyn Any + Send>>,
}

impl Api for Upgates {
    type Data = Shop;
    type Access = Access;

    const BASE_PATH: &'static str = BASE_PATH;
    const RULES: &'static [Rule] = rules::ALL;
    const KEYED: Keyed = shop::KEYED;

    fn demo(&self) -> Shop {
        Shop::demo()
    }

    fn connection(&self, shop: &Shop, address: &str) -> Connection {
        let Settings { login, key, .. } = &shop.settings;
        Connection {
            name: "shop",
            plugin: "upgates",
            settings: vec![
                ("address", Setting::Text(address.to_owned())),
                ("login", Setting::Text(login.clone())),
                ("key", Setting::Secret(key.clone())),
            ],
        }
    }

    fn judge(&self, shop: &Shop, _access: &Access, call: &Call) -> Credential {
        access::judge(&call.headers, &shop.settings)
    }

    fn answer(&self, shop: &mut Shop, access: &mut Access, call: &Call) -> Answer {
        let mut extras = Extras::default();
        let mut answer = Answer::from(process(shop, access, call, &mut extras));
        answer.response.headers_mut().extend(extras.headers);
        answer.slot = extras.slot;
        answer
    }
}

/// Processes a request. The checks are in the order of [`rules::ALL`].
fn process(
    shop: &mut Shop,
    access: &mut Access,
    call: &Call,
    extras: &mut Extras,
) -> Result<Response<Bytes>, Refusal> {
    let path = call
        .path
        .strip_prefix(BASE_PATH)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(path) = path else {
        let message = format!("the shop has no path `{}`", call.path);
        return Err(not_found(&rules::UNKNOWN_PATH, message));
    };
    refuse_moved(&shop.settings)?;
    access.log_in(call, &shop.settings)?;
    extras.slot = Some(access.enter(call, &shop.settings)?);
    extras.headers = access.spend(call.at, &shop.settings)?;
    let endpoint = endpoint(call, path)?;
    if let Some((service, reads)) = endpoint.right() {
        let allowed = match shop.settings.right(service) {
            Right::All => true,
            Right::Readonly => reads,
            Right::Deny => false,
        };
        if !allowed {
            let message = format!(
                "API uživatel nemá práva na {} /{}.",
                call.method,
                service.path()
            );
            return Err(refusal(&rules::RIGHTS, StatusCode::FORBIDDEN, message));
        }
    }
    respond(shop, &endpoint, call)
}

/// Upgates API v2, blueprint: Stavové kódy, 301.
fn refuse_moved(settings: &Settings) -> Result<(), Refusal> {
    let Some(moved) = &settings.moved else {
        return Ok(());
    };
    let body = json!({ "api_url": moved.api_url });
    let response = document(StatusCode::MOVED_PERMANENTLY, &body);
    let refused = Refusal::new(&rules::MOVED, "the shop has moved", response);
    match HeaderValue::from_str(&moved.api_url) {
        Ok(location) if moved.location => Err(refused.with_header(LOCATION, location)),
        _ => Err(refused),
    }
}

fn respond(shop: &mut Shop, endpoint: &Endpoint, call: &Call) -> Result<Response<Bytes>, Refusal> {
    let query = call.query.as_deref();
    let found = |key: &str, number: &Option<String>, list: Value| {
        let unknown = number
            .as_ref()
            .filter(|_| list[key].as_array().is_some_and(Vec::is_empty));
        match unknown {
            Some(number) if shop.settings.not_found == NotFound::Status404 => Err(not_found(
                &rules::NOT_FOUND,
                format!("`{number}` neexistuje."),
            )),
            _ => Ok(list),
        }
    };
    let list = match endpoint {
        Endpoint::Status => {
            let host = call.header(HOST.as_str()).unwrap_or_default();
            lists::status(&shop.settings, &format!("http://{host}{BASE_PATH}"), query)?
        }
        Endpoint::Orders(number) => found(
            "orders",
            number,
            orders::list(shop, number.as_deref(), query)?,
        )?,
        Endpoint::UpdateOrders => {
            query::Query::read(query, &[], &[])?;
            order_update::update(shop, call)?
        }
        Endpoint::OrderPdf(number) => {
            let known = shop.order(number).is_some();
            return pdf_of(known, "Objednavka", number, query);
        }
        Endpoint::History(number) => history::list(shop, number, query)?,
        Endpoint::AddHistory(number) => history::add(shop, number, call)?,
        Endpoint::OrderStatuses(id) => found(
            "order_statuses",
            id,
            lists::order_statuses(shop, id.as_deref(), query)?,
        )?,
        Endpoint::Invoices(number) => found(
            "invoices",
            number,
            lists::invoices(shop, number.as_deref(), query)?,
        )?,
        Endpoint::InvoicePdf(number) => {
            let known = shop
                .invoices
                .iter()
                .any(|invoice| invoice["invoice_number"] == number.as_str());
            return pdf_of(known, "Faktura", number, query);
        }
        Endpoint::Customers => lists::customers(shop, query)?,
        Endpoint::Products(code) => found(
            "products",
            code,
            lists::products(shop, code.as_deref(), query)?,
        )?,
    };
    Ok(document(StatusCode::OK, &list))
}

/// Upgates API v2, blueprint: Objednávky, Objednávka v PDF; Faktury, PDF
/// faktura.
fn pdf_of(
    known: bool,
    title: &str,
    number: &str,
    query: Option<&str>,
) -> Result<Response<Bytes>, Refusal> {
    query::Query::read(query, &[], &[])?;
    if !known {
        return Err(not_found(
            &rules::NOT_FOUND,
            format!("`{number}` neexistuje."),
        ));
    }
    let page = pdf::page(&format!("{title} {number}"));
    Ok(response(StatusCode::OK, "application/pdf", page))
}
