//! The Shoper REST WebAPI, emulated from its vendor's documentation and
//! libraries, from recorded answers and from independent clients. [`rules`]
//! lists what it enforces.

mod access;
mod answer;
mod lists;
mod query;
mod route;
mod rules;
mod settings;
mod shop;
mod time;
mod update;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use serde_json::json;

use self::access::Access;
use self::answer::{document, refusal};
use self::route::{Endpoint, endpoint};
use self::settings::Right;
use self::shop::Shop;
use crate::back_end::{Answer, Api, Call, Connection, Setting};
use crate::log::Credential;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::state::Keyed;

/// developers.shoper.pl, entry point.
const ROOT: &str = "/webapi/rest/";

/// An emulated shop.
pub(crate) struct Shoper {
    /// The connection's name.
    connection: &'static str,
    demo: fn() -> Shop,
}

impl Shoper {
    pub(crate) const MAIN: Self = Self {
        connection: "shoper",
        demo: Shop::main,
    };
    /// A second shop, for a host with connections to two of them.
    pub(crate) const OUTLET: Self = Self {
        connection: "shoper-outlet",
        demo: Shop::outlet,
    };
}

fn is_login(call: &Call) -> bool {
    call.method == Method::POST && call.path.strip_prefix(ROOT) == Some("auth")
}

// A connection holds the shop's own address, so there is no base path.
impl Api for Shoper {
    type Data = Shop;
    type Access = Access;

    const RULES: &'static [Rule] = rules::ALL;
    const KEYED: Keyed = shop::KEYED;

    fn demo(&self) -> Shop {
        (self.demo)()
    }

    fn connection(&self, shop: &Shop, address: &str) -> Connection {
        let settings = &shop.settings;
        Connection {
            name: self.connection,
            plugin: "shoper",
            settings: vec![
                ("address", Setting::Text(address.to_owned())),
                ("login", Setting::Text(settings.login.clone())),
                ("password", Setting::Secret(settings.password.clone())),
            ],
        }
    }

    fn judge(&self, shop: &Shop, access: &Access, call: &Call) -> Credential {
        access.judge(call, is_login(call), &shop.settings)
    }

    fn answer(&self, shop: &mut Shop, access: &mut Access, call: &Call) -> Answer {
        let mut headers = Vec::new();
        // The official library counts by HEAD; HTTP sends the answer to GET without its body.
        let get = (call.method == Method::HEAD).then(|| call.with_method(Method::GET));
        let call = get.as_ref().unwrap_or(call);
        let mut answer = Answer::from(process(shop, access, call, &mut headers));
        answer.response.headers_mut().extend(headers);
        answer
    }
}

/// Processes a request. The checks are in the order of [`rules::ALL`]. `headers` are those of
/// the bucket.
fn process(
    shop: &mut Shop,
    access: &mut Access,
    call: &Call,
    headers: &mut Vec<(HeaderName, HeaderValue)>,
) -> Result<Response<Bytes>, Refusal> {
    let Some(path) = call.path.strip_prefix(ROOT) else {
        let message = format!("the shop's API has no path `{}`", call.path);
        return Err(refusal(
            &rules::UNKNOWN_PATH,
            StatusCode::NOT_FOUND,
            "invalid_request",
            message,
        ));
    };
    let taken;
    (*headers, taken) = access.fill(call.at, &shop.settings.bucket);
    taken?;
    refuse_closed(shop)?;
    if is_login(call) {
        return access
            .log_in(call, &shop.settings)
            .map(|answer| document(StatusCode::OK, &answer));
    }
    // Before the path is looked at, so that only callers with a token learn which paths exist.
    access.admit(call, &shop.settings)?;
    let endpoint = endpoint(&call.method, path)?;
    if let Some((area, reads)) = endpoint.right() {
        let right = shop.settings.rights.get(&area).copied();
        let allowed = match right.unwrap_or(Right::All) {
            Right::All => true,
            Right::Readonly => reads,
            Right::Deny => false,
        };
        if !allowed {
            return Err(refusal(
                &rules::RIGHTS,
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                "Brak uprawnień",
            ));
        }
    }
    respond(shop, &endpoint, call)
}

fn refuse_closed(shop: &Shop) -> Result<(), Refusal> {
    if shop.settings.blocked {
        return Err(refusal(
            &rules::BLOCKED,
            StatusCode::PAYMENT_REQUIRED,
            "access_denied",
            "Sklep jest zablokowany",
        ));
    }
    if shop.settings.locked {
        return Err(refusal(
            &rules::LOCKED,
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "Sklep jest tymczasowo niedostępny",
        ));
    }
    Ok(())
}

fn respond(shop: &mut Shop, endpoint: &Endpoint, call: &Call) -> Result<Response<Bytes>, Refusal> {
    let query = call.query.as_deref();
    let answer = match endpoint {
        Endpoint::List(area) => return lists::list(shop, *area, query),
        Endpoint::One(area, id) => lists::one(shop, *area, id, query)?,
        Endpoint::UpdateOrder(id) => update::order(shop, id, call)?,
        // pyshoper asks for both as if they were lists.
        Endpoint::Version => {
            query::Query::read(query, &[])?;
            json!({ "version": shop.version })
        }
        Endpoint::Config => {
            query::Query::read(query, &[])?;
            shop.config.clone()
        }
    };
    Ok(document(StatusCode::OK, &answer))
}
