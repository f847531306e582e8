//! What a Rust author writes a Krabice plugin against.
//!
//! A plugin is one constant, a [`Plugin`], and functions that read like the
//! sentences of their documentation. Names, kinds, labels and help stand in
//! attributes beside the Rust code that uses them, so that the manifest and the
//! code cannot disagree. `wit/` describes what this becomes.
//!
//! # A whole plugin
//!
//! ```
//! use krabice_plugin::json::Loose;
//! use krabice_plugin::{
//!     Authorisation, Context, Decimal, Failure, Fields, Outcome, Params, Plugin, Secret, Settings,
//!     Url, export, function, functions,
//! };
//!
//! /// What the operator enters.
//! #[derive(Settings)]
//! struct Account {
//!     #[setting(address, label(en = "Address", cs = "Adresa"))]
//!     address: Url,
//!     #[setting(label(en = "Key", cs = "Klíč"))]
//!     key: Secret, // the host adds it to requests; it never comes here
//! }
//!
//! type Shop = Context<Account>;
//!
//! /// What a scenario gives.
//! #[derive(Params)]
//! struct Asked {
//!     #[param(label(en = "Voucher", cs = "Poukaz"), help(en = "As it is printed.", cs = "Jak je vytištěn."))]
//!     code: String,
//! }
//!
//! /// What a scenario gets.
//! #[derive(Fields)]
//! struct Voucher {
//!     #[field(label(en = "Value", cs = "Hodnota"))]
//!     value: Decimal,
//!     #[field(label(en = "Currency", cs = "Měna"))]
//!     currency: String,
//! }
//!
//! /// What the shop's API answers.
//! #[derive(Default, serde::Deserialize)]
//! #[serde(default)]
//! struct Answer {
//!     amount: Loose<Decimal>,
//!     currency: Loose<String>,
//! }
//!
//! #[function(
//!     reads,
//!     label(en = "Load a voucher", cs = "Načíst poukaz"),
//!     help(en = "True with its value; false when there is no such voucher.",
//!          cs = "Ano s jeho hodnotou; ne, když takový poukaz není."),
//! )]
//! fn load_voucher(shop: &Shop, asked: Asked) -> Result<Outcome<Voucher>, Failure> {
//!     let answer = shop.get("vouchers/{code}").segment("code", &asked.code).allow(404).send()?;
//!     if answer.status() == 404 {
//!         return Ok(Outcome::False);
//!     }
//!     let voucher: Answer = answer.json()?;
//!     Ok(Outcome::True(Voucher {
//!         value: *voucher.amount.required("amount")?,
//!         currency: voucher.currency.text(),
//!     }))
//! }
//!
//! static VOUCHERS: Plugin<Account> =
//!     Plugin::new("vouchers", env!("CARGO_PKG_VERSION"), &[("en", "Vouchers"), ("cs", "Poukazy")])
//!         .authorisation(Authorisation::Header { name: "X-Api-Key", prefix: "", setting: "key" })
//!         .functions(functions![load_voucher]);
//!
//! export!(VOUCHERS);
//!
//! // Its test, on the machine it is written on: [`mock`] plays the host and the shop.
//! use krabice_plugin::mock::{Mock, get};
//! use serde_json::json;
//!
//! let shop = Mock::of(&VOUCHERS);
//! shop.expect(get("vouchers/GIFT%2F7").answers(200, r#"{ "amount": 1230.50, "currency": "CZK" }"#));
//! assert_eq!(
//!     shop.run("load-voucher", [("code", "GIFT/7")]),
//!     Ok(json!({ "value": "1230.50", "currency": "CZK" })),
//! );
//!
//! shop.expect(get("vouchers/NONE").answers(404, ""));
//! assert_eq!(shop.run("load-voucher", [("code", "NONE")]), Ok(json!(false)));
//!
//! shop.expect(get("vouchers/GIFT%2F7").answers(503, ""));
//! assert!(matches!(shop.run("load-voucher", [("code", "GIFT/7")]), Err(Failure::Unavailable(_))));
//! ```
//!
//! The crate of a plugin has `crate-type = ["cdylib", "rlib"]`; `cargo build
//! --profile plugin --target wasm32-wasip2` makes the component. For the target
//! of tests, [`export!`] writes nothing, so the same crate links there.
//!
//! # Where to go on
//!
//! - [`Params`], [`Fields`], [`Answer`], [`Choice`], [`Settings`]: what comes in
//!   and goes out; [`Kinded`] has the table of types.
//! - [`Context`], [`Request`], [`Response`]: the back end.
//! - [`json`][]: reading loosely typed answers without losing a digit.
//! - [`mock`][]: tests.
//! - [`contract`][]: what crosses to the host.

#[doc(hidden)]
#[allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    reason = "generated from wit/"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "plugin",
        pub_export_macro: true,
        default_bindings_module: "krabice_plugin::bindings",
        additional_derives: [PartialEq],
    });
}

mod answer;
mod context;
pub mod contract;
#[doc(hidden)]
pub mod door;
pub mod json;
#[cfg(not(target_family = "wasm"))]
pub mod mock;
mod name;
mod params;
mod plugin;
#[doc(hidden)]
pub mod private;
mod request;
mod response;
mod typed;

pub use answer::{Answer, Fields, Outcome};
pub use context::Context;
pub use contract::{Choice, Effect, Failure, Kind};
pub use krabice_plugin_macros::{Answer, Choice, Fields, Params, Settings, function};
pub use params::{Params, Settings};
pub use plugin::{Authorisation, Credentials, Function, Limits, Login, Plugin};
pub use request::Request;
pub use response::Response;
pub use rust_decimal::Decimal;
pub use typed::{Email, Input, Kinded, LiveChoice, Output, Phone, Secret, Timestamp, Url};

/// Texts by language: BCP 47 tags in lower case, such as `cs`, with plain text.
pub type Texts = &'static [(&'static str, &'static str)];

/// The functions of a plugin, by the names of the Rust functions that carry
/// [`function`](macro@function), for [`Plugin::functions`].
///
/// A function whose live parameter has no source does not compile:
///
/// ```compile_fail,E0080
/// use krabice_plugin::{Context, Failure, LiveChoice, Outcome, Params, Plugin, function, functions};
///
/// #[derive(Params)]
/// struct Asked {
///     #[param(label(en = "Status"))]
///     status: LiveChoice,
/// }
///
/// #[function(writes, label(en = "Change"))] // `choices(status = ...)` is missing
/// fn change(shop: &Context, asked: Asked) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
///
/// static PLUGIN: Plugin = Plugin::new("a", "1.0.0", &[("en", "A")]).functions(functions![change]);
/// ```
///
/// Nor one without its effect:
///
/// ```compile_fail
/// use krabice_plugin::{Context, Failure, Outcome, function};
///
/// #[function(label(en = "Change"))]
/// fn change(shop: &Context) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
/// ```
///
/// Nor one that answers what is no answer:
///
/// ```compile_fail,E0277
/// use krabice_plugin::{Context, Failure, Outcome, Plugin, function, functions};
///
/// #[function(reads, label(en = "Load"))]
/// fn load(shop: &Context) -> Result<Outcome<String>, Failure> {
///     Ok(Outcome::True(String::new()))
/// }
///
/// static PLUGIN: Plugin = Plugin::new("a", "1.0.0", &[("en", "A")]).functions(functions![load]);
/// ```
#[macro_export]
macro_rules! functions {
    ($($function:path),* $(,)?) => {
        &[$(<$function>::FUNCTION),*]
    };
}

/// Makes the crate a plugin: exports a [`Plugin`] as the contract asks. On other
/// targets than WebAssembly it writes nothing.
#[macro_export]
macro_rules! export {
    ($plugin:path) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::contract;

            struct Component;

            impl $crate::bindings::exports::krabice::boxes::integration::Guest for Component {
                fn describe() -> contract::Manifest {
                    $plugin.manifest()
                }

                fn run(call: contract::Call) -> Result<contract::Outcome, contract::Failure> {
                    $plugin.run(call, $crate::door::open())
                }

                fn choices(
                    query: contract::ChoicesQuery,
                ) -> Result<Vec<contract::Choice>, contract::Failure> {
                    $plugin.choices(query, $crate::door::open())
                }

                fn probe(context: contract::Context) -> Result<String, contract::Failure> {
                    $plugin.test(context, $crate::door::open())
                }
            }

    $crate::bindings::export!(Component with_types_in $crate::bindings);
        };
    };
}
