//! Shoper: orders, parcels, statuses, notes and customers of a shop.
//!
//! *False* is said on proof alone: an answer of the API that there is no such
//! order, an order that bears another e-mail, a list that is whole and lacks what
//! was asked for. What a filter found is never a proof: every row is compared
//! again. What proves nothing is a failure.
//!
//! Facts about the API come from the vendor's documentation (developers.shoper.pl)
//! and libraries (shoper-sdk-php 0.5, shop-appstore-lib), from published answers
//! of shops of versions 5.26.35 and 5.26.54, and from independent clients where
//! those are silent.

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
    Url, export, functions,
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

/// What a connection needs.
#[derive(Settings)]
pub struct Account {
    #[setting(
        address,
        label(en = "Address of the shop", cs = "Adresa obchodu", pl = "Adres sklepu"),
        help(
            en = "The shop's own address without a path, such as https://sklep.example. It has to \
                  begin with https://.",
            cs = "Vlastní adresa obchodu bez cesty, například https://sklep.example. Musí začínat \
                  https://.",
            pl = "Własny adres sklepu bez ścieżki, na przykład https://sklep.example. Musi zaczynać \
                  się od https://."
        )
    )]
    address: Url,
    #[setting(
        label(en = "Login", cs = "Přihlašovací jméno", pl = "Login"),
        help(
            en = "The login of an administrator whose group has the access type WebAPI.",
            cs = "Přihlašovací jméno administrátora, jehož skupina má typ přístupu WebAPI.",
            pl = "Login administratora, którego grupa ma typ dostępu WebAPI."
        )
    )]
    login: String,
    #[setting(
        label(en = "Password", cs = "Heslo", pl = "Hasło"),
        help(
            en = "The password of the same administrator. The rights of the group decide which \
                  functions work.",
            cs = "Heslo téhož administrátora. Na právech skupiny záleží, které funkce fungují.",
            pl = "Hasło tego samego administratora. Od uprawnień grupy zależy, które funkcje \
                  działają."
        )
    )]
    password: Secret,
}

/// A shop on Shoper.
type Shop = Context<Account>;

/// The plugin `shoper`.
pub static SHOPER: Plugin<Account> = Plugin::new(
    "shoper",
    env!("CARGO_PKG_VERSION"),
    &[("en", "Shoper"), ("cs", "Shoper"), ("pl", "Shoper")],
)
.help(&[
    (
        "en",
        "Orders, parcels, statuses, notes and customers of a shop on Shoper.",
    ),
    (
        "cs",
        "Objednávky, zásilky, stavy, poznámky a zákazníci obchodu na Shoperu.",
    ),
    (
        "pl",
        "Zamówienia, przesyłki, statusy, notatki i klienci sklepu na Shoperze.",
    ),
])
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
// The host waits before the bucket is full: ten requests, two a second run out.
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
.probe(probe);

export!(SHOPER);

/// Proves address, login and the right to read statuses by one request.
fn probe(shop: &Shop) -> Result<String, Failure> {
    let count = status::count(shop)?;
    Ok(match shop.language().split('-').next() {
        Some("cs") => format!("stavy objednávek: {count}"),
        Some("pl") => format!("statusy zamówień: {count}"),
        _ => format!("statuses of orders: {count}"),
    })
}
