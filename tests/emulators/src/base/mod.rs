//! The API of Base (formerly BaseLinker), emulated from its vendor's method pages
//! and, where they are silent, from independent clients. [`rules`] lists what it
//! enforces.

mod access;
mod account;
mod answer;
mod files;
mod orders;
mod request;
mod returns;
mod rules;
mod settings;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde_json::Value;

use self::access::Access;
use self::account::Account;
use self::answer::success;
use self::orders::{Content, content_of};
use self::request::Request;
use crate::back_end::{Answer, Api, Call, Connection, Setting};
use crate::log::Credential;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::state::Keyed;

/// An emulated account.
pub(crate) struct Base;

impl Api for Base {
    type Data = Account;
    type Access = Access;

    const CREDENTIAL_HEADERS: &'static [&'static str] = &[access::TOKEN];
    const RULES: &'static [Rule] = rules::ALL;
    const KEYED: Keyed = account::KEYED;

    fn demo(&self) -> Account {
        Account::demo()
    }

    fn connection(&self, account: &Account, address: &str) -> Connection {
        let token = account.settings.token.clone();
        Connection {
            name: "base",
            plugin: "base",
            settings: vec![
                ("address", Setting::Text(address.to_owned())),
                ("token", Setting::Secret(token)),
                ("show-labels", Setting::Flag(true)),
                ("archive-statuses", Setting::Text("55190".to_owned())),
            ],
        }
    }

    fn judge(&self, account: &Account, _access: &Access, call: &Call) -> Credential {
        access::judge(&call.headers, &account.settings)
    }

    fn answer(&self, account: &mut Account, access: &mut Access, call: &Call) -> Answer {
        let mut answer = Answer::from(process(account, access, call));
        if let Ok(content_type) = HeaderValue::from_str(&account.settings.content_type) {
            let headers = answer.response.headers_mut();
            headers.insert(CONTENT_TYPE, content_type);
        }
        answer
    }
}

/// Processes a request. The checks are in the order of [`rules::ALL`].
fn process(
    account: &mut Account,
    access: &mut Access,
    call: &Call,
) -> Result<Response<Bytes>, Refusal> {
    request::check_place(call)?;
    access.enter(call, &account.settings)?;
    let request = request::read(call)?;
    let content = carry_out(account, &request, call)?;
    Ok(success(content, &account.settings))
}

fn carry_out(account: &mut Account, request: &Request, call: &Call) -> Result<Content, Refusal> {
    let list = |name: &str, items: &[Value]| Ok(content_of(name, items.to_vec().into()));
    match request.method {
        "getOrders" => Ok(orders::list(account, request)),
        "getOrdersByEmail" => Ok(orders::by_email(account, request)),
        "getOrdersByPhone" => Ok(orders::by_phone(account, request)),
        "getOrderStatusList" => list("statuses", &account.order_statuses),
        "setOrderStatus" => orders::set_status(account, request, call.at),
        "setOrderFields" => orders::set_fields(account, request),
        "getOrderPackages" => Ok(orders::packages(account, request)),
        "getLabel" => files::label(account, request),
        "getOrderReturns" => Ok(returns::list(account, request)),
        "getOrderReturnStatusList" => list("statuses", &account.return_statuses),
        "getOrderReturnReasonsList" => list("return_reasons", &account.return_reasons),
        "getOrderReturnProductStatuses" => list(
            "order_return_product_statuses",
            &account.return_product_statuses,
        ),
        "setOrderReturnStatus" => returns::set_status(account, request, call.at),
        "getInvoices" => Ok(files::invoices(account, request)),
        "getInvoiceFile" => files::invoice_file(account, request),
        other => unreachable!("`request::METHODS` has no `{other}`"),
    }
}
