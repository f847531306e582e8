//! The Shoper REST WebAPI, emulated from its vendor's documentation and
//! libraries, from recorded answers and from independent clients. [`rules`]
//! lists what it insists on.

mod access;
mod lists;
mod query;
mod refusal;
mod route;
mod rules;
mod settings;
mod shop;
mod time;
mod update;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use self::access::Access;
use self::refusal::{Refusal, document};
use self::route::{Endpoint, endpoint};
use self::settings::Right;
use self::shop::Shop;
use crate::back_end::{Answer, BackEnd, Call, Connection, Setting, StateError};
use crate::log::Credential;
use crate::rule::Rule;

/// developers.shoper.pl, entry point.
const ROOT: &str = "/webapi/rest/";

/// Which of the two shops: every connection is a shop of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which {
    Main,
    Outlet,
}

/// An emulated shop.
pub(crate) struct Shoper {
    which: Which,
    open: Mutex<Open>,
}

/// The shop and who is in it.
struct Open {
    shop: Shop,
    access: Access,
}

impl Open {
    fn new(which: Which) -> Self {
        Self {
            shop: Shop::demo(which),
            access: Access::default(),
        }
    }
}

impl Shoper {
    pub(crate) fn new(which: Which) -> Self {
        Self {
            which,
            open: Mutex::new(Open::new(which)),
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_login(call: &Call) -> bool {
    call.method == Method::POST && call.path.strip_prefix(ROOT) == Some("auth")
}

impl BackEnd for Shoper {
    /// A connection holds the shop's own address.
    fn base_path(&self) -> &'static str {
        ""
    }

    fn connection(&self, address: &str) -> Connection {
        let open = self.open();
        let settings = &open.shop.settings;
        Connection {
            name: match self.which {
                Which::Main => "shoper",
                Which::Outlet => "shoper-outlet",
            },
            plugin: "shoper",
            settings: vec![
                ("address", Setting::Text(address.to_owned())),
                ("login", Setting::Text(settings.login.clone())),
                ("password", Setting::Secret(settings.password.clone())),
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
        let open = self.open();
        open.access.judge(call, is_login(call), &open.shop.settings)
    }

    fn answer(&self, call: &Call) -> Answer {
        let mut headers = Vec::new();
        let result = self.open().process(call, &mut headers);
        let (mut response, broken) = match result {
            Ok(response) => (response, Vec::new()),
            Err(refusal) => (refusal.response(), vec![(refusal.rule, refusal.message)]),
        };
        response.headers_mut().extend(headers);
        Answer {
            response,
            broken,
            slot: None,
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
        *self.open() = Open::new(self.which);
    }
}

impl Open {
    /// The way of a request through the API, in the order of [`rules::ALL`].
    fn process(
        &mut self,
        call: &Call,
        headers: &mut Vec<(HeaderName, HeaderValue)>,
    ) -> Result<Response<Bytes>, Refusal> {
        let Self { shop, access } = self;
        let Some(path) = call.path.strip_prefix(ROOT) else {
            let message = format!("the shop's API has no path `{}`", call.path);
            return Err(Refusal::new(
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
        // Who calls comes before what is called: nobody learns the paths.
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
                return Err(Refusal::new(
                    &rules::RIGHTS,
                    StatusCode::FORBIDDEN,
                    "insufficient_scope",
                    "Brak uprawnień",
                ));
            }
        }
        respond(shop, &endpoint, call)
    }
}

fn refuse_closed(shop: &Shop) -> Result<(), Refusal> {
    if shop.settings.blocked {
        return Err(Refusal::new(
            &rules::BLOCKED,
            StatusCode::PAYMENT_REQUIRED,
            "access_denied",
            "Sklep jest zablokowany",
        ));
    }
    if shop.settings.locked {
        return Err(Refusal::new(
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
