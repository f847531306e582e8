//! The macros of `krabice-plugin`, which re-exports them and has their documentation with examples.
//!
//! A macro of this crate refuses what can be seen in an attribute alone (a missing label, a name
//! that the contract forbids) at that attribute. What needs types is left to the traits of
//! `krabice-plugin`, so that the compiler names the type that does not fit.

mod answer;
mod attribute;
mod choice;
mod fields;
mod function;
mod locales;
mod marks;
mod members;
mod name;
mod params;
mod settings;
mod text;
mod texts;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemFn, parse_macro_input};

/// Typed parameters of a function, from a struct with named fields.
///
/// The first paragraph of a field's doc comment is its label in English, the rest its help; see
/// the crate's documentation for other languages. `#[param(...)]` takes:
///
/// - `label(en = "...", cs = "...")`: the label by language, instead of the doc comment, which then
///   is for developers alone. A tag with a region is written with an underscore: `pt_br`.
/// - `help(...)`: the same for the help.
/// - `name = "..."`: the parameter's name. Default: the field's name with hyphens (`send_email` is
///   `send-email`).
/// - `personal`: the value is personal data.
/// - `default = ...`: the value where a call gives none.
/// - `flatten`, alone: the field's type derives `Params`, too, and its parameters take the place of
///   the field, so that functions can share them.
///
/// The kind comes from the field's type (see `krabice_plugin::Kinded`); an `Option` makes the
/// parameter optional.
#[proc_macro_derive(Params, attributes(param))]
pub fn params(input: TokenStream) -> TokenStream {
    params::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Typed fields of a *true* outcome, from a struct with named fields.
///
/// Labels and helps are as for parameters. `#[field(...)]` takes `label(...)`, `help(...)`,
/// `name = "..."` and `personal`, or `flatten`. An `Option` makes the field optional.
#[proc_macro_derive(Fields, attributes(field))]
pub fn fields(input: TokenStream) -> TokenStream {
    fields::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// The one value of a *true* outcome, from a struct that wraps it: `struct Address(Email)`.
///
/// Label and help are as for parameters, in the doc comment of the struct or in `#[answer(...)]`,
/// which takes `personal`, too.
#[proc_macro_derive(Answer, attributes(answer))]
pub fn answer(input: TokenStream) -> TokenStream {
    answer::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// A fixed list of choices, from an enum whose variants hold nothing.
///
/// The doc comment of a variant is its label. `#[choice(...)]` takes `label(...)` instead, and
/// `value = "..."`: the value of a variable. Default: the variant's name in lower case with hyphens
/// (`NotFound` is `not-found`).
#[proc_macro_derive(Choice, attributes(choice))]
pub fn choice(input: TokenStream) -> TokenStream {
    choice::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// The settings of a connection, from a struct with named fields.
///
/// Labels and helps are as for parameters. `#[setting(...)]` takes `label(...)`, `help(...)`,
/// `name = "..."`, `default = "..."` (as text), and on one field of type `Url` `address`: the back
/// end's address. A field of type `Secret` is a credential, which the host keeps to itself.
#[proc_macro_derive(Settings, attributes(setting))]
pub fn settings(input: TokenStream) -> TokenStream {
    settings::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a function of the plugin from a Rust function.
///
/// The first paragraph of its doc comment is the label, the rest the help: what the function does,
/// when it is true and when it is false. The attribute takes:
///
/// - `reads`, `writes` or `writes_idempotently`: the effect, required.
/// - `label(...)` and `help(...)`, instead of the doc comment.
/// - `name = "..."`. Default: the Rust function's name with hyphens.
/// - `choices(status = order_statuses)`: the function that lists the choices of a `LiveChoice`
///   parameter, by the Rust name of the parameter's field. Each such parameter needs one.
///
/// and the marks of the contract, by which a host or a chatbot builder can offer the function in the
/// right place:
///
/// - `subject(order = number, field = order_id)`: what it is about: an `order`, a `claim` or a
///   `customer`, the required parameter that names it, and, where there is one, the field of the
///   answer with the back end's own spelling, which the plugin's other functions take.
/// - `listing(order = orders, key = order_id, subject = number)`: the field of the answer that lists
///   orders, claims or customers; the part of an item that tells it from all others; and the part
///   by which other functions take it, where that is another one.
/// - `purposes(verifies_identity, ...)`: what it is good for, in the words of `enum purpose` in
///   `wit/manifest.wit`. Each asks for a certain form of the function.
/// - `exclusive`: calls with one connection and one subject wait for each other, because two at once
///   would lose what one of them wrote; within one server process.
#[proc_macro_attribute]
pub fn function(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::attribute(arguments.into(), &parse_macro_input!(item as ItemFn)).into()
}

/// `texts!("plugin.label", "Orders of a shop")`: an English text with its translations under that
/// key of `locales/`, as `krabice_plugin::Texts`.
#[proc_macro]
pub fn texts(input: TokenStream) -> TokenStream {
    text::texts(&parse_macro_input!(input as text::Keyed)).into()
}

/// `localised!(shop.language(), "probe.statuses", "order statuses: {count}")`: the text in a
/// language, as `format!` makes it. A language that is not in `locales/` gets English.
#[proc_macro]
pub fn localised(input: TokenStream) -> TokenStream {
    text::localised(&parse_macro_input!(input as text::Localised)).into()
}

/// The check of `locales/`, which `krabice_plugin::export!` adds to the crate.
#[doc(hidden)]
#[proc_macro]
pub fn locales(_: TokenStream) -> TokenStream {
    locales::check(&locales::of_this_crate()).into()
}
