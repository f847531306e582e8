#![doc = include_str!("../README.md")]
//!
//! # Where to go on
//!
//! - [`Params`], [`Fields`], [`Answer`], [`Choice`](macro@Choice), [`Settings`]: input and output;
//!   [`Kinded`] has the table of types.
//! - [`texts!`], [`localised!`]: texts of the plugin's own code in several languages.
//! - [`Context`], [`Request`], [`Response`]: the back end.
//! - [`json`][]: reading loosely typed answers without losing a digit; [`amount`][]: amounts without
//!   the noise of binary numbers.
//! - [`compare`][]: e-mails, telephone numbers and order numbers, as people write them.
//! - [`Pages`], [`language`][]: lists in pages, and names in several languages.
//! - [`mock`][]: tests.
//! - [`contract`][]: the types that cross to the host.

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

pub mod amount;
mod answer;
pub mod compare;
mod context;
pub mod contract;
mod file;
pub mod json;
pub mod language;
mod marks;
#[cfg(not(target_family = "wasm"))]
pub mod mock;
mod name;
mod pages;
mod params;
mod plugin;
#[doc(hidden)]
pub mod private;
mod request;
mod response;
mod timestamp;
#[doc(hidden)]
pub mod transport;
mod typed;

pub use answer::{Answer, Fields, Outcome};
pub use context::Context;
pub use contract::{Choice, Effect, Failure, HmacAlgorithm, HmacEncoding, Kind, Texts};
pub use file::File;
#[doc(hidden)]
pub use krabice_plugin_macros::locales;
pub use krabice_plugin_macros::{
    Answer, Choice, Fields, Params, Settings, function, localised, texts,
};
pub use marks::{Cursor, Feed};
pub use pages::{Page, Pages};
pub use params::{Params, Settings};
pub use plugin::{
    Authorisation, Bucket, Credentials, Function, Hmac, HmacTimestamp, Limits, Login, Plugin,
};
pub use request::Request;
pub use response::Response;
pub use rust_decimal::Decimal;
pub use timestamp::Timestamp;
pub use typed::{Email, Input, Kinded, LiveChoice, Output, Phone, Secret, Url};

/// The functions of a plugin for [`Plugin::functions`], by the names of the Rust functions with the
/// attribute [`function`](macro@function).
///
/// A function whose live parameter has no source does not compile:
///
/// ```compile_fail,E0080
/// use krabice_plugin::{Context, Failure, LiveChoice, Outcome, Params, Plugin, function, functions};
///
/// #[derive(Params)]
/// struct Asked {
///     /// Status
///     status: LiveChoice,
/// }
///
/// /// Change
/// #[function(writes)] // `choices(status = ...)` is missing
/// fn change(shop: &Context, asked: Asked) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
///
/// static PLUGIN: Plugin = Plugin::new("a", "1.0.0", &[("en", "A")]).functions(functions![change]);
/// ```
///
/// A function without its effect does not compile:
///
/// ```compile_fail
/// use krabice_plugin::{Context, Failure, Outcome, function};
///
/// /// Change
/// #[function()]
/// fn change(shop: &Context) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
/// ```
///
/// Marks say what a function is about and what it is good for, so that a host can offer it in the
/// right place. They name fields of parameters and answers by their Rust names:
///
/// ```
/// use krabice_plugin::{
///     Context, Email, Failure, Fields, Outcome, Params, Plugin, function, functions,
/// };
///
/// #[derive(Params)]
/// struct NumberAndEmail {
///     /// Order number
///     number: String,
///     /// E-mail
///     #[param(personal)]
///     email: Email,
/// }
///
/// #[derive(Fields)]
/// struct Verified {
///     /// Order ID
///     order_id: String,
/// }
///
/// /// Verify an order
/// #[function(reads, purposes(verifies_identity), subject(order = number, field = order_id))]
/// fn verify_order(shop: &Context, asked: NumberAndEmail) -> Result<Outcome<Verified>, Failure> {
///     Ok(Outcome::False)
/// }
///
/// #[derive(Params)]
/// struct ByEmail {
///     /// E-mail
///     #[param(personal)]
///     email: Email,
/// }
///
/// #[derive(Fields)]
/// struct Orders {
///     /// Orders
///     orders: Vec<Verified>,
/// }
///
/// /// List the customer's orders
/// #[function(
///     reads,
///     purposes(customer_orders_by_email),
///     subject(customer = email),
///     listing(order = orders, key = order_id),
/// )]
/// fn list_orders(shop: &Context, asked: ByEmail) -> Result<Outcome<Orders>, Failure> {
///     Ok(Outcome::False)
/// }
///
/// /// Forget the customer
/// #[function(writes_idempotently, subject(customer = email), exclusive)]
/// fn forget(shop: &Context, asked: ByEmail) -> Result<Outcome, Failure> {
///     Ok(Outcome::False)
/// }
///
/// static PLUGIN: Plugin = Plugin::new("a", "1.0.0", &[("en", "A")])
///     .functions(functions![verify_order, list_orders, forget]);
/// ```
///
/// A mark that the function does not fit does not compile. This one would prove nothing, because
/// it may be called without the e-mail:
///
/// ```compile_fail,E0080
/// use krabice_plugin::{Context, Email, Failure, Outcome, Params, Plugin, function, functions};
///
/// #[derive(Params)]
/// struct Asked {
///     /// Order number
///     number: String,
///     /// E-mail
///     #[param(personal)]
///     email: Option<Email>,
/// }
///
/// /// Verify an order
/// #[function(reads, purposes(verifies_identity), subject(order = number))]
/// fn verify(shop: &Context, asked: Asked) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
///
/// static PLUGIN: Plugin = Plugin::new("a", "1.0.0", &[("en", "A")]).functions(functions![verify]);
/// ```
///
/// There is no such parameter:
///
/// ```compile_fail,E0080
/// use krabice_plugin::{Context, Failure, Outcome, Params, Plugin, function, functions};
///
/// #[derive(Params)]
/// struct Asked {
///     /// Order number
///     number: String,
/// }
///
/// /// Cancel
/// #[function(writes, subject(order = order))]
/// fn cancel(shop: &Context, asked: Asked) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
///
/// static PLUGIN: Plugin = Plugin::new("a", "1.0.0", &[("en", "A")]).functions(functions![cancel]);
/// ```
///
/// There is no such field in the answer:
///
/// ```compile_fail,E0080
/// use krabice_plugin::{Context, Failure, Outcome, Params, Plugin, function, functions};
///
/// #[derive(Params)]
/// struct Asked {
///     /// Order number
///     number: String,
/// }
///
/// /// Cancel
/// #[function(writes, subject(order = number, field = number))]
/// fn cancel(shop: &Context, asked: Asked) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
///
/// static PLUGIN: Plugin = Plugin::new("a", "1.0.0", &[("en", "A")]).functions(functions![cancel]);
/// ```
///
/// Two calls that read lose nothing:
///
/// ```compile_fail,E0080
/// use krabice_plugin::{Context, Failure, Outcome, Params, Plugin, function, functions};
///
/// #[derive(Params)]
/// struct Asked {
///     /// Order number
///     number: String,
/// }
///
/// /// Look
/// #[function(reads, subject(order = number), exclusive)]
/// fn look(shop: &Context, asked: Asked) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
///
/// static PLUGIN: Plugin = Plugin::new("a", "1.0.0", &[("en", "A")]).functions(functions![look]);
/// ```
///
/// An unknown purpose:
///
/// ```compile_fail
/// use krabice_plugin::{Context, Failure, Outcome, function};
///
/// /// Look
/// #[function(reads, purposes(verify_identity))] // `verifies_identity`
/// fn look(shop: &Context) -> Result<Outcome, Failure> {
///     Ok(Outcome::True(()))
/// }
/// ```
///
/// A function whose outcome carries something else than an answer does not compile:
///
/// ```compile_fail,E0277
/// use krabice_plugin::{Context, Failure, Outcome, Plugin, function, functions};
///
/// /// Load
/// #[function(reads)]
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

/// Makes the crate a plugin: exports a [`Plugin`] as the contract asks, and checks the files of
/// `locales/`. It is called in the crate's root. On other targets than WebAssembly nothing is
/// exported.
#[macro_export]
macro_rules! export {
    ($plugin:path) => {
        $crate::locales!();

        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::contract;

            struct Component;

            impl $crate::bindings::exports::krabice::boxes::integration::Guest for Component {
                fn describe() -> contract::Manifest {
                    $plugin.manifest()
                }

                fn run(call: contract::Call) -> Result<contract::Outcome, contract::Failure> {
                    $plugin.run(call, $crate::transport::of_component())
                }

                fn choices(
                    query: contract::ChoicesQuery,
                ) -> Result<Vec<contract::Choice>, contract::Failure> {
                    $plugin.choices(query, $crate::transport::of_component())
                }

                fn probe(context: contract::Context) -> Result<String, contract::Failure> {
                    $plugin.test(context, $crate::transport::of_component())
                }
            }

    $crate::bindings::export!(Component with_types_in $crate::bindings);
        };
    };
}
