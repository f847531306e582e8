//! Upgates: orders, customers, notes and documents of a shop.
//!
//! The quotas of Upgates are tight (the smallest tariff has 10 requests an hour), so each function
//! makes the fewest requests that prove its answer; the README has the table. *False* needs proof: a
//! complete list without the order, or an order with another e-mail. An answer that proves nothing
//! is a failure.
//!
//! Facts about the API come from the vendor's API blueprint "Upgates API", version 2 (states of May
//! and September 2025), and from answers recorded by public projects where the blueprint is silent.

mod api;
mod customer;
mod document;
mod items;
mod note;
mod order;
mod status;
mod summary;
mod update;

use krabice_plugin::{
    Authorisation, Context, Failure, Limits, Plugin, Secret, Settings, Url, export, functions,
    texts,
};

use customer::{list_customer_orders, load_customer_email, verify_customer};
use document::load_documents;
use items::update_order_items;
use note::{append_note, overwrite_note};
use status::change_order_status;
use summary::{load_order, verify_order};

/// The settings of a connection.
#[derive(Settings)]
#[allow(
    rustdoc::bare_urls,
    reason = "the doc comments are texts for operators"
)]
pub struct Account {
    /// API address
    ///
    /// Shown in the shop's administration under Doplňky > API, such as
    /// https://shop.admin.s12.upgates.com/api/v2
    #[setting(address)]
    address: Url,
    /// API login
    ///
    /// The login of an API user, shown in the same place.
    login: String,
    /// API key
    ///
    /// The key of the same user. Its rights decide which functions work.
    key: Secret,
}

/// A shop on Upgates.
type Shop = Context<Account>;

/// The plugin `upgates`.
pub static UPGATES: Plugin<Account> = Plugin::new(
    "upgates",
    env!("CARGO_PKG_VERSION"),
    texts!("plugin.label", "Upgates"),
)
.help(texts!(
    "plugin.help",
    "Orders, customers, notes and documents of a shop on Upgates."
))
.authorisation(Authorisation::Basic {
    header: "Authorization",
    username: "login",
    password: "key",
})
// The API refuses more than three requests at once with 429.
.limits(Limits {
    requests_at_once: Some(3),
    ..Limits::NONE
})
.functions(functions![
    verify_order,
    load_order,
    load_customer_email,
    change_order_status,
    update_order_items,
    verify_customer,
    append_note,
    overwrite_note,
    load_documents,
    list_customer_orders,
])
.probe(probe);

export!(UPGATES);

/// Proves address and credentials by the one request that every API user may make, and tells the
/// operator which rights that user lacks.
fn probe(shop: &Shop) -> Result<String, Failure> {
    api::UserStatus::load(shop).map(|status| status.line(shop.language()))
}
