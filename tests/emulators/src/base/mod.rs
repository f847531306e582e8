//! The API of Base (formerly BaseLinker), emulated from its vendor's method pages
//! and, where they are silent, from independent clients. [`rules`] lists what it
//! insists on.

mod access;
mod account;
mod files;
mod orders;
mod refusal;
mod request;
mod returns;
mod rules;
mod settings;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use self::access::Access;
use self::account::Account;
use self::orders::{Carried, carrying};
use self::refusal::{Refusal, success};
use self::request::Request;
use crate::back_end::{Answer, BackEnd, Call, Connection, Setting, StateError};
use crate::log::Credential;
use crate::rule::Rule;

/// The emulated account.
pub(crate) struct Base(Mutex<Open>);

/// The account and who calls it.
struct Open {
    account: Account,
    access: Access,
}

impl Base {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Open::demo()))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BackEnd for Base {
    fn base_path(&self) -> &'static str {
        ""
    }

    fn connection(&self, address: &str) -> Connection {
        let open = self.open();
        Connection {
            name: "base",
            plugin: "base",
            settings: vec![
                ("address", Setting::Text(address.to_owned())),
                (
                    "token",
                    Setting::Secret(open.account.settings.token.clone()),
                ),
                ("show-labels", Setting::Flag(true)),
                ("archive-statuses", Setting::Text("55190".to_owned())),
            ],
        }
    }

    fn credential_headers(&self) -> &'static [&'static str] {
        &[access::TOKEN]
    }

    fn rules(&self) -> &'static [Rule] {
        rules::ALL
    }

    fn judge(&self, call: &Call) -> Credential {
        access::judge(&call.headers, &self.open().account.settings)
    }

    fn answer(&self, call: &Call) -> Answer {
        let mut open = self.open();
        let (response, broken) = match open.process(call) {
            Ok(response) => (response, Vec::new()),
            Err(refusal) => (
                refusal.response(&open.account.settings),
                vec![(refusal.rule, refusal.message)],
            ),
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
    fn demo() -> Self {
        Self {
            account: Account::demo(),
            access: Access::default(),
        }
    }

    /// The way of a request through the API, in the order of [`rules::ALL`].
    fn process(&mut self, call: &Call) -> Result<Response<Bytes>, Refusal> {
        request::check_place(call)?;
        self.access.enter(call, &self.account.settings)?;
        let request = request::read(call)?;
        let carried = self.carry_out(&request, call)?;
        Ok(success(carried, &self.account.settings))
    }

    fn carry_out(&mut self, request: &Request, call: &Call) -> Result<Carried, Refusal> {
        let account = &mut self.account;
        let list = |name: &str, items: &[Value]| Ok(carrying(name, items.to_vec().into()));
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
            // `request::METHODS` lists no other.
            other => Err(request::bad(format!("`{other}` does nothing"))),
        }
    }
}
