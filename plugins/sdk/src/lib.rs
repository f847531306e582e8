#![doc = include_str!("../README.md")]
//!
//! # Where to go on
//!
//! - [`Params`], [`Fields`], [`Answer`], [`Choice`](macro@Choice),
//!   [`Settings`]: what comes in
//!   and goes out; [`Kinded`] has the table of types.
//! - [`Context`], [`Request`], [`Response`]: the back end.
//! - [`json`][]: reading loosely typed answers without losing a digit.
//! - [`Pages`], [`language`][]: lists in pages, and names in several languages.
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
mod file;
pub mod json;
pub mod language;
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
mod typed;

pub use answer::{Answer, Fields, Outcome};
pub use context::Context;
pub use contract::{Choice, Effect, Failure, Kind};
pub use file::File;
pub use krabice_plugin_macros::{Answer, Choice, Fields, Params, Settings, function};
pub use pages::{Page, Pages};
pub use params::{Params, Settings};
pub use plugin::{Authorisation, Bucket, Credentials, Function, Limits, Login, Plugin};
pub use request::Request;
pub use response::Response;
pub use rust_decimal::Decimal;
pub use timestamp::Timestamp;
pub use typed::{Email, Input, Kinded, LiveChoice, Output, Phone, Secret, Url};

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
