//! Base (formerly BaseLinker): orders, parcels, labels, returns and invoices of
//! an account.
//!
//! The API has one path and answers 200 to everything, also to what it refuses; the module `api`
//! distinguishes them. *False* needs proof. An account may make 100 requests a minute, with all its
//! programs together, so each function makes the fewest requests that prove its answer; the README
//! has the table.
//!
//! Facts come from the vendor's method pages (api.base.com) as far as they could be read, and from
//! independent clients where those pages are silent.

mod address;
mod api;
mod archive;
mod change;
mod customer;
mod detail;
mod id;
mod invoice;
mod label;
mod note;
mod order;
mod parcel;
mod returns;
mod since;
mod status;
mod summary;
mod verify;

use krabice_plugin::{
    Authorisation, Context, Failure, Limits, Plugin, Secret, Settings, Url, export, functions,
    localised, texts,
};

use change::{change_order_status, change_return_status};
use customer::{list_customer_orders, list_customer_orders_by_phone};
use detail::load_order;
use invoice::load_invoice_file;
use label::{load_order_label, load_return_label};
use note::append_note;
use parcel::load_parcels;
use returns::list_returns;
use since::list_orders_since;
use status::{is_order_in_status, list_order_statuses, list_return_statuses};
use verify::verify_order;

/// The settings of a connection.
#[derive(Settings)]
pub struct Account {
    /// API address
    ///
    /// Stays as it is, unless Base says otherwise.
    #[setting(address, default = "https://api.baselinker.com")]
    address: Url,
    /// API token
    ///
    /// Made in the Base panel under Account & other > My account > API.
    token: Secret,
    /// Show shipping labels
    ///
    /// A label bears the recipient's name and address. While this is off, both functions that load
    /// a label answer false without a request.
    #[setting(default = "false")]
    show_labels: bool,
    /// Panel address
    ///
    /// Where the account's staff signs in; links to orders begin with it. It differs by account.
    #[setting(default = "https://panel-f.baselinker.com")]
    panel_address: Url,
    /// Statuses of archived orders
    ///
    /// Numbers of statuses, separated by commas, such as 55190, 55191. The API does not show which
    /// orders are archived, so the account's owner says it here.
    archive_statuses: Option<String>,
    /// Archived after days in a status
    ///
    /// An order that has kept its status for longer counts as archived, too.
    archive_days: Option<i64>,
}

/// An account of Base.
type Shop = Context<Account>;

/// The plugin `base`.
pub static BASE: Plugin<Account> = Plugin::new(
    "base",
    env!("CARGO_PKG_VERSION"),
    texts!("plugin.label", "Base (BaseLinker)"),
)
.help(texts!(
    "plugin.help",
    "Orders, parcels, labels, returns and invoices of an account in Base. Which orders are \
     archived is decided by a rule of the account's owner: the API does not tell."
))
.authorisation(Authorisation::Header {
    name: "X-BLToken",
    prefix: "",
    setting: "token",
})
// With more requests the token is blocked for minutes, for every program that uses it.
.limits(Limits {
    requests_at_once: None,
    requests_per_minute: Some(100),
    bucket: None,
})
.functions(functions![
    verify_order,
    load_order,
    is_order_in_status,
    list_order_statuses,
    change_order_status,
    list_customer_orders,
    list_customer_orders_by_phone,
    load_parcels,
    load_order_label,
    load_return_label,
    list_returns,
    list_return_statuses,
    change_return_status,
    list_orders_since,
    append_note,
    load_invoice_file,
])
.feeds(&[since::ORDERS])
.probe(probe);

export!(BASE);

/// Proves address and token by the list of statuses, and checks the archive rule with it.
fn probe(shop: &Shop) -> Result<String, Failure> {
    let rule = archive::Rule::of(shop.settings())?;
    let statuses = status::Statuses::of_orders(shop)?;
    let count = statuses.len();
    let line = localised!(shop.language(), "probe.statuses", "order statuses: {count}");
    let unknown: Vec<_> = rule.statuses().filter(|id| !statuses.has(id)).collect();
    if unknown.is_empty() {
        return Ok(line);
    }
    let unknown = unknown.join(", ");
    Ok(localised!(
        shop.language(),
        "probe.unknown-statuses",
        "{line}; unknown statuses of the archive: {unknown}"
    ))
}
