//! The Retino API v2, emulated from its vendor's help articles and from what
//! public clients send and read. [`rules`] lists what it insists on; what nobody
//! could tell is a setting.

mod access;
mod account;
mod change;
mod query;
mod refusal;
mod route;
mod rules;
mod settings;
mod tickets;

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use serde_json::Value;

use self::access::Access;
use self::account::Account;
use self::query::Query;
use self::refusal::{Refusal, document};
use self::route::{Endpoint, endpoint};
use crate::back_end::{Answer, BackEnd, Call, Connection, Setting, StateError};
use crate::log::Credential;
use crate::rule::Rule;

/// Tickets API: the address.
const BASE_PATH: &str = "/api/v2";

/// The emulated account.
pub(crate) struct Retino(Mutex<Open>);

/// The account and who is in it.
struct Open {
    account: Account,
    access: Access,
}

impl Open {
    fn demo() -> Self {
        Self {
            account: Account::demo(),
            access: Access::default(),
        }
    }
}

impl Retino {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Open::demo()))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BackEnd for Retino {
    fn base_path(&self) -> &'static str {
        BASE_PATH
    }

    fn connection(&self, address: &str) -> Connection {
        let token = self.open().account.settings.token.clone();
        Connection {
            name: "claims",
            plugin: "retino",
            settings: vec![
                ("address", Setting::Text(address.to_owned())),
                ("token", Setting::Secret(token)),
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
        access::judge(&call.headers, &self.open().account.settings)
    }

    fn answer(&self, call: &Call) -> Answer {
        let (response, broken) = match self.open().process(call) {
            Ok(answer) => (document(StatusCode::OK, &answer), Vec::new()),
            Err(refusal) => (refusal.response(), vec![(refusal.rule, refusal.message)]),
        };
        Answer {
            response,
            broken,
            slot: None,
        }
    }

    fn state(&self) -> Value {
        serde_json::to_value(&self.open().account).unwrap_or_default()
    }

    fn replace_state(&self, state: Value) -> Result<(), StateError> {
        self.open().account = Account::read(state)?;
        Ok(())
    }

    fn patch_state(&self, patch: Value) -> Result<(), StateError> {
        let mut open = self.open();
        open.account = open.account.patched(patch)?;
        Ok(())
    }

    fn reset(&self) {
        *self.open() = Open::demo();
    }
}

impl Open {
    /// The way of a request through the API, in the order of [`rules::ALL`].
    fn process(&mut self, call: &Call) -> Result<Value, Refusal> {
        let Self { account, access } = self;
        let path = call
            .path
            .strip_prefix(BASE_PATH)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(path) = path else {
            let message = format!("there is no path `{}`", call.path);
            return Err(Refusal::absent(&rules::UNKNOWN_PATH, message));
        };
        let endpoint = match endpoint(&call.method, path) {
            // A path that is not there is not there for anybody.
            Err(refusal) if refusal.rule.name == rules::UNKNOWN_PATH.name => return Err(refusal),
            endpoint => endpoint,
        };
        access.enter(&call.headers, call.at, &account.settings)?;
        let raw = call.query.as_deref();
        match endpoint? {
            Endpoint::Tickets => tickets::list(account, raw),
            Endpoint::Search => tickets::search(account, raw),
            Endpoint::Ticket(id) => {
                Query::none(raw)?;
                let place = change::place(account, &id)?;
                Ok(tickets::shown(account, &account.tickets[place], true))
            }
            Endpoint::Change(id) => change::change(account, &id, call),
            Endpoint::Close(id) => change::close(account, &id, call),
            Endpoint::List(list) => {
                Query::of_list(raw, &[])?.page(account.list(list), &account.settings)
            }
        }
    }
}
