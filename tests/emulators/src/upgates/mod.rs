//! The Upgates API v2, emulated from its vendor's blueprint and from recorded
//! answers. [`rules`] lists what it insists on.

mod access;
mod body;
mod history;
mod lists;
mod order_items;
mod order_update;
mod orders;
mod page;
mod query;
mod refusal;
mod route;
mod rules;
mod settings;
mod shop;
mod time;

use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{HOST, LOCATION};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use self::access::Access;
use self::refusal::{Refusal, answer, document};
use self::route::{Endpoint, endpoint};
use self::settings::{NotFound, Right, Settings};
use self::shop::Shop;
use crate::back_end::{Answer, BackEnd, Call, Connection, Setting, StateError};
use crate::log::Credential;
use crate::pdf;
use crate::rule::Rule;

/// Upgates API v2, blueprint: Základní informace.
const BASE_PATH: &str = "/api/v2";

/// The emulated shop.
pub(crate) struct Upgates(Mutex<Open>);

/// The shop and who is in it.
struct Open {
    shop: Shop,
    access: Access,
}

/// What a request gets besides its answer.
#[derive(Default)]
struct Extras {
    /// What is left of the quotas.
    headers: Vec<(HeaderName, HeaderValue)>,
    slot: Option<Box<dyn Any + Send>>,
}

impl Upgates {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Open {
            shop: Shop::demo(),
            access: Access::default(),
        }))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BackEnd for Upgates {
    fn base_path(&self) -> &'static str {
        BASE_PATH
    }

    fn connection(&self, address: &str) -> Connection {
        let open = self.open();
        let Settings { login, key, .. } = &open.shop.settings;
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

    fn credential_headers(&self) -> &'static [&'static str] {
        &["authorization"]
    }

    fn rules(&self) -> &'static [Rule] {
        rules::ALL
    }

    fn judge(&self, call: &Call) -> Credential {
        access::judge(&call.headers, &self.open().shop.settings)
    }

    fn answer(&self, call: &Call) -> Answer {
        let mut extras = Extras::default();
        let result = self.open().process(call, &mut extras);
        let (mut response, broken) = match result {
            Ok(response) => (response, Vec::new()),
            Err(refusal) => (refusal.response(), vec![(refusal.rule, refusal.message)]),
        };
        for (name, value) in extras.headers {
            response.headers_mut().insert(name, value);
        }
        Answer {
            response,
            broken,
            slot: extras.slot,
        }
    }

    fn state(&self) -> Value {
        serde_json::to_value(&self.open().shop).unwrap_or_default()
    }

    fn replace_state(&self, state: Value) -> Result<(), StateError> {
        self.open().shop = Shop::read(state)?;
        Ok(())
    }

    fn patch_state(&self, patch: Value) -> Result<(), StateError> {
        let mut open = self.open();
        open.shop = open.shop.patched(patch)?;
        Ok(())
    }

    fn reset(&self) {
        *self.open() = Open {
            shop: Shop::demo(),
            access: Access::default(),
        };
    }
}

impl Open {
    /// The way of a request through the API, in the order of [`rules::ALL`].
    fn process(&mut self, call: &Call, extras: &mut Extras) -> Result<Response<Bytes>, Refusal> {
        let Self { shop, access } = self;
        let path = call
            .path
            .strip_prefix(BASE_PATH)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(path) = path else {
            let message = format!("the shop has no path `{}`", call.path);
            return Err(Refusal::absent(&rules::UNKNOWN_PATH, message));
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
                return Err(Refusal::new(&rules::RIGHTS, StatusCode::FORBIDDEN, message));
            }
        }
        respond(shop, &endpoint, call)
    }
}

/// Upgates API v2, blueprint: Stavové kódy, 301.
fn refuse_moved(settings: &Settings) -> Result<(), Refusal> {
    let Some(moved) = &settings.moved else {
        return Ok(());
    };
    let refusal = Refusal::new(
        &rules::MOVED,
        StatusCode::MOVED_PERMANENTLY,
        "the shop has moved",
    );
    let refusal = Refusal {
        body: Some(Box::new(json!({ "api_url": moved.api_url }))),
        ..refusal
    };
    match HeaderValue::from_str(&moved.api_url) {
        Ok(location) if moved.location => Err(refusal.with_header(LOCATION, location)),
        _ => Err(refusal),
    }
}

fn respond(shop: &mut Shop, endpoint: &Endpoint, call: &Call) -> Result<Response<Bytes>, Refusal> {
    let query = call.query.as_deref();
    let found = |key: &str, number: &Option<String>, list: Value| {
        let unknown = number
            .as_ref()
            .filter(|_| list[key].as_array().is_some_and(Vec::is_empty));
        match unknown {
            Some(number) if shop.settings.not_found == NotFound::Status404 => Err(Refusal::absent(
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
        return Err(Refusal::absent(
            &rules::NOT_FOUND,
            format!("`{number}` neexistuje."),
        ));
    }
    Ok(answer(
        StatusCode::OK,
        "application/pdf",
        pdf::page(&format!("{title} {number}")),
    ))
}
