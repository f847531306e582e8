//! The Retino API v2, emulated from its vendor's help articles and from what
//! public clients send and read. [`rules`] lists what it enforces; what neither of
//! them shows is a setting.

mod access;
mod account;
mod answer;
mod change;
mod query;
mod route;
mod rules;
mod settings;
mod tickets;

use http::StatusCode;
use serde_json::Value;

use self::access::Access;
use self::account::Account;
use self::answer::{document, not_found};
use self::query::Query;
use self::route::{Endpoint, endpoint};
use crate::back_end::{Answer, Api, Call, Connection, Setting};
use crate::log::Credential;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::state::Keyed;

/// Tickets API: the address.
const BASE_PATH: &str = "/api/v2";

/// An emulated account.
pub(crate) struct Retino;

impl Api for Retino {
    type Data = Account;
    type Access = Access;

    const BASE_PATH: &'static str = BASE_PATH;
    const RULES: &'static [Rule] = rules::ALL;
    const KEYED: Keyed = account::KEYED;

    fn demo(&self) -> Account {
        Account::demo()
    }

    fn connection(&self, account: &Account, address: &str) -> Connection {
        let token = account.settings.token.clone();
        Connection {
            name: "claims",
            plugin: "retino",
            settings: vec![
                ("address", Setting::Text(address.to_owned())),
                ("token", Setting::Secret(token)),
            ],
        }
    }

    fn judge(&self, account: &Account, _access: &Access, call: &Call) -> Credential {
        access::judge(&call.headers, &account.settings)
    }

    fn answer(&self, account: &mut Account, access: &mut Access, call: &Call) -> Answer {
        let result = process(account, access, call);
        Answer::from(result.map(|answer| document(StatusCode::OK, &answer)))
    }
}

/// Processes a request. The checks are in the order of [`rules::ALL`].
fn process(account: &mut Account, access: &mut Access, call: &Call) -> Result<Value, Refusal> {
    let path = call
        .path
        .strip_prefix(BASE_PATH)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(path) = path else {
        let message = format!("there is no path `{}`", call.path);
        return Err(not_found(&rules::UNKNOWN_PATH, message));
    };
    let endpoint = match endpoint(&call.method, path) {
        // An unknown path is 404 also without a credential.
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
