//! The derives and the attribute of `krabice-plugin`, which re-exports them.
//! Documentation with examples stands there; here stands how they read what
//! an author wrote.
//!
//! A macro of this crate refuses what can be seen from the attribute alone (a
//! missing label, a name that the contract forbids) at that attribute. What
//! needs the types is left to the traits of `krabice-plugin`, so that the
//! compiler names the type that does not fit.

mod answer;
mod attribute;
mod choice;
mod fields;
mod function;
mod name;
mod params;
mod settings;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemFn, parse_macro_input};

/// Typed parameters of a function, from a struct with named fields.
///
/// Each field carries `#[param(...)]`:
///
/// - `label(en = "...", cs = "...")`, required: at least one language. A tag
///   with a region is written with an underscore: `pt_br`.
/// - `help(...)`: the same form.
/// - `name = "..."`: the parameter's name. Default: the field's name with
///   hyphens (`send_email` is `send-email`).
/// - `personal`: the value is personal data.
/// - `default = ...`: the value where a call gives none.
/// - `flatten`, alone: the field's type derives `Params`, too, and its parameters
///   stand among the others, so that functions can share them.
///
/// The kind comes from the field's type (see `krabice_plugin::Kinded`); an
/// `Option` makes the parameter optional.
#[proc_macro_derive(Params, attributes(param))]
pub fn params(input: TokenStream) -> TokenStream {
    params::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Typed fields of a *true* outcome, from a struct with named fields.
///
/// Each field carries `#[field(...)]` with `label(...)` (required), `help(...)`,
/// `name = "..."` and `personal`, or `flatten`, as for parameters. An `Option`
/// makes the field optional.
#[proc_macro_derive(Fields, attributes(field))]
pub fn fields(input: TokenStream) -> TokenStream {
    fields::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// The one value of a *true* outcome, from a struct that wraps it:
/// `struct Address(Email)`.
///
/// The struct carries `#[answer(...)]` with `label(...)` (required), `help(...)`
/// and `personal`.
#[proc_macro_derive(Answer, attributes(answer))]
pub fn answer(input: TokenStream) -> TokenStream {
    answer::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// A fixed list of choices, from an enum whose variants hold nothing.
///
/// Each variant carries `#[choice(...)]` with `label(...)` (required) and
/// `value = "..."`: the value that travels. Default: the variant's name in lower
/// case with hyphens (`NotFound` is `not-found`).
#[proc_macro_derive(Choice, attributes(choice))]
pub fn choice(input: TokenStream) -> TokenStream {
    choice::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// The settings of a connection, from a struct with named fields.
///
/// Each field carries `#[setting(...)]` with `label(...)` (required), `help(...)`,
/// `name = "..."`, `default = "..."` (as text), and on one field of type `Url`
/// `address`: the back end's address. A field of type `Secret` is a credential,
/// which the host keeps to itself.
#[proc_macro_derive(Settings, attributes(setting))]
pub fn settings(input: TokenStream) -> TokenStream {
    settings::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a function of the plugin from a Rust function.
///
/// - `reads`, `writes` or `writes_idempotently`: the effect, required.
/// - `label(...)`: required. `help(...)`: what it does, when it is true and when
///   it is false.
/// - `name = "..."`. Default: the Rust function's name with hyphens.
/// - `choices(status = order_statuses)`: where the choices of a `LiveChoice`
///   parameter come from, by the Rust name of its field. Each such parameter
///   needs one.
#[proc_macro_attribute]
pub fn function(arguments: TokenStream, item: TokenStream) -> TokenStream {
    function::attribute(arguments.into(), &parse_macro_input!(item as ItemFn)).into()
}
