//! Shoper: orders, parcels, statuses, notes and customers of a shop.
//!
//! *False* needs proof: an answer of the API that there is no such order, an order with another
//! e-mail, or a list that was read to its end without the order. A filter of the API proves nothing:
//! every row is compared again. An answer that proves nothing is a failure.
//!
//! Facts about the API come from the vendor's documentation (developers.shoper.pl) and libraries
//! (shoper-sdk-php 0.5, shop-appstore-lib), from published answers of shops of versions 5.26.35 and
//! 5.26.54, and from independent clients where those are silent.

mod address;
mod api;
mod change;
mod changed;
mod customer;
mod detail;
mod list;
mod method;
mod note;
mod order;
mod parcel;
mod payment;
mod status;
mod verify;

use krabice_plugin::{
    Authorisation, Bucket, Context, Credentials, Failure, Limits, Login, Plugin, Secret, Settings,
    Url, export, functions, localised, texts,
};

use change::change_order_status;
use changed::list_orders_changed_since;
use customer::{find_customer, list_customer_orders};
use detail::load_order;
use note::append_note;
use parcel::track_parcel;
use payment::is_order_paid;
use status::{is_order_in_status, list_statuses};
use verify::verify_order;

/// The settings of a connection.
#[derive(Settings)]
#[allow(
    rustdoc::bare_urls,
    reason = "the doc comments are texts for operators"
)]
pub struct Account {
    /// Address of the shop
    ///
    /// The shop's own address without a path, such as https://sklep.example. It has to begin with
    /// https://.
    #[setting(address)]
    address: Url,
    /// Login
    ///
    /// The login of an administrator whose group has the access type WebAPI.
    login: String,
    /// Password
    ///
    /// The password of the same administrator. The rights of the group decide which functions work.
    password: Secret,
}

/// A shop on Shoper.
type Shop = Context<Account>;

/// The plugin `shoper`.
pub static SHOPER: Plugin<Account> = Plugin::new(
    "shoper",
    env!("CARGO_PKG_VERSION"),
    texts!("plugin.label", "Shoper"),
)
.help(texts!(
    "plugin.help",
    "Orders, parcels, statuses, notes and customers of a shop on Shoper."
))
.authorisation(Authorisation::Login(Login {
    path: "webapi/rest/auth",
    credentials: Credentials::Basic,
    username: "login",
    password: "password",
    token: "/access_token",
    expires_in: Some("/expires_in"),
    header: "Authorization",
    prefix: "Bearer ",
}))
// The bucket holds ten requests, and two leave it in a second. The host waits before it is full.
.limits(Limits {
    bucket: Some(Bucket {
        fill: "X-Shop-Api-Calls",
        size: "X-Shop-Api-Limit",
        drain: "X-Shop-Api-Bandwidth",
    }),
    ..Limits::NONE
})
.functions(functions![
    verify_order,
    load_order,
    is_order_paid,
    is_order_in_status,
    list_statuses,
    change_order_status,
    list_customer_orders,
    track_parcel,
    append_note,
    find_customer,
    list_orders_changed_since,
])
.feeds(&[changed::ORDERS])
.probe(probe);

export!(SHOPER);

/// Proves address, login and the right to read statuses by one request.
fn probe(shop: &Shop) -> Result<String, Failure> {
    let count = status::count(shop)?;
    Ok(localised!(
        shop.language(),
        "probe.statuses",
        "statuses of orders: {count}"
    ))
}
