//! Parameters and settings: what comes in.

use crate::contract::{ChoicesSource, NamedValue, Parameter, Setting, Value, texts};
use crate::typed::{Input, Json, Output};
use crate::{Failure, Texts};

/// The parameters of a function. Derive it.
///
/// ```
/// use krabice_plugin::{Choice, Decimal, Email, Params};
///
/// #[derive(Params)]
/// struct Refund {
///     #[param(label(en = "Order number", cs = "Číslo objednávky"))]
///     order: String,
///     #[param(label(en = "E-mail", cs = "E-mail"), personal)]
///     email: Option<Email>,
///     #[param(label(en = "How fast", cs = "Jak rychle"), default = Pace::Slow)]
///     pace: Pace,
///     #[param(label(en = "Items", cs = "Položky"))]
///     items: Vec<Item>, // nested parameters: `items.code`, `items.amount`
/// }
///
/// #[derive(Params)]
/// struct Item {
///     #[param(label(en = "Code", cs = "Kód"))]
///     code: String,
///     #[param(label(en = "Amount", cs = "Částka"), help(en = "With VAT.", cs = "S DPH."))]
///     amount: Decimal,
/// }
///
/// #[derive(Choice)]
/// enum Pace {
///     #[choice(label(en = "Slow", cs = "Pomalu"))]
///     Slow,
///     #[choice(label(en = "Fast", cs = "Rychle"))]
///     Fast,
/// }
/// ```
///
/// A default may be any expression that the field's type is made from by `From`,
/// so `default = "x"` for a `String` or an [`Email`](crate::Email), too.
///
/// What the contract forbids does not compile. A label is missing:
///
/// ```compile_fail
/// #[derive(krabice_plugin::Params)]
/// struct Asked {
///     #[param(help(en = "As it stands in the e-mail."))]
///     order: String,
/// }
/// ```
///
/// A type stands for no kind:
///
/// ```compile_fail,E0277
/// #[derive(krabice_plugin::Params)]
/// struct Asked {
///     #[param(label(en = "Weight"))]
///     weight: f64,
/// }
/// ```
///
/// A default is of another type:
///
/// ```compile_fail,E0277
/// #[derive(krabice_plugin::Params)]
/// struct Asked {
///     #[param(label(en = "Notify"), default = "yes")]
///     notify: bool,
/// }
/// ```
///
/// A name breaks the contract:
///
/// ```compile_fail
/// #[derive(krabice_plugin::Params)]
/// struct Asked {
///     #[param(name = "Order.Number", label(en = "Order"))]
///     order: String,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no parameters",
    note = "derive `krabice_plugin::Params` for it"
)]
pub trait Params: Sized {
    /// The fields.
    #[doc(hidden)]
    const MEMBERS: &'static [Member];

    /// Adds the parameters, below `prefix` if it is not empty.
    #[doc(hidden)]
    fn describe(prefix: &str, parameters: &mut Vec<Parameter>);

    /// Takes the parameters out of a call.
    #[doc(hidden)]
    fn take(prefix: &str, take: &mut Take<'_>) -> Result<Self, Failure>;
}

/// A field of a struct of parameters.
#[doc(hidden)]
pub enum Member {
    /// A parameter.
    One {
        /// The field's Rust name.
        field: &'static str,
        /// The parameter's name.
        name: &'static str,
        /// Whether its choices are live.
        live: bool,
    },
    /// Parameters that stand among the others.
    Flat(&'static [Member]),
}

/// A function without parameters.
impl Params for () {
    const MEMBERS: &'static [Member] = &[];

    fn describe(_: &str, _: &mut Vec<Parameter>) {}

    fn take(_: &str, _: &mut Take<'_>) -> Result<Self, Failure> {
        Ok(())
    }
}

/// The settings of a connection. Derive it.
///
/// ```
/// use krabice_plugin::{Secret, Settings, Url};
///
/// #[derive(Settings)]
/// struct Account {
///     #[setting(address, label(en = "Address", cs = "Adresa"))]
///     address: Url,
///     #[setting(label(en = "Key", cs = "Klíč"), help(en = "Settings > API", cs = "Nastavení > API"))]
///     key: Secret,
///     #[setting(label(en = "Store", cs = "Sklad"), default = "main")]
///     store: String,
/// }
/// ```
///
/// The address of the back end is a `Url`:
///
/// ```compile_fail,E0080
/// #[derive(krabice_plugin::Settings)]
/// struct Account {
///     #[setting(address, label(en = "Address"))]
///     address: String,
/// }
/// const _: () = assert!(<Account as krabice_plugin::Settings>::ADDRESS.is_some());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no settings",
    note = "derive `krabice_plugin::Settings` for it"
)]
pub trait Settings: Sized {
    /// The setting that holds the back end's address.
    const ADDRESS: Option<&'static str>;

    /// Describes the settings.
    #[doc(hidden)]
    fn describe() -> Vec<Setting>;

    /// Takes the settings out of a context.
    #[doc(hidden)]
    fn take(take: &mut Take<'_>) -> Result<Self, Failure>;
}

/// A plugin without settings.
impl Settings for () {
    const ADDRESS: Option<&'static str> = None;

    fn describe() -> Vec<Setting> {
        Vec::new()
    }

    fn take(_: &mut Take<'_>) -> Result<Self, Failure> {
        Ok(())
    }
}

/// Gives the value of a name, once.
#[doc(hidden)]
pub type Take<'a> = dyn FnMut(&str) -> Option<Json> + 'a;

/// Takes values by name out of what the host gave.
pub(crate) fn by_name(mut values: Vec<NamedValue>) -> impl FnMut(&str) -> Option<Json> {
    move |name| {
        let at = values.iter().position(|value| value.name == name)?;
        values.swap_remove(at).value.into_json()
    }
}

fn path(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

/// Describes one parameter and what lies inside it.
#[doc(hidden)]
pub fn parameter<T: Input>(
    prefix: &str,
    name: &str,
    label: Texts,
    help: Texts,
    personal: bool,
    default: Option<Value>,
    parameters: &mut Vec<Parameter>,
) {
    let path = path(prefix, name);
    parameters.push(Parameter {
        name: path.clone(),
        kind: T::KIND,
        items: T::ITEMS,
        label: texts(label),
        help: texts(help),
        required: !T::OPTIONAL && default.is_none(),
        default,
        choices: match (T::LIVE, T::choices()) {
            (true, _) => ChoicesSource::Live,
            (false, choices) if choices.is_empty() => ChoicesSource::None,
            (false, choices) => ChoicesSource::Fixed(choices),
        },
        personal,
    });
    T::parts(&path, parameters);
}

/// A default as the contract carries it.
#[doc(hidden)]
pub fn value<T: Output>(value: T) -> Option<Value> {
    Value::from_written(T::KIND, value.write()?)
}

/// A default as a value of its parameter's type.
#[doc(hidden)]
pub fn made<T: From<U>, U>(value: U) -> T {
    T::from(value)
}

/// Describes one setting.
#[doc(hidden)]
pub fn setting<T: Input>(name: &str, label: Texts, help: Texts, default: Option<&str>) -> Setting {
    Setting {
        name: name.to_owned(),
        kind: T::KIND,
        secret: T::SECRET,
        required: !T::OPTIONAL && default.is_none(),
        default: default.map(str::to_owned),
        choices: T::choices(),
        label: texts(label),
        help: texts(help),
    }
}

/// Takes one parameter or setting.
#[doc(hidden)]
pub fn member<T: Input>(
    prefix: &str,
    name: &str,
    take: &mut Take<'_>,
    default: impl FnOnce() -> Option<T>,
) -> Result<T, Failure> {
    let path = path(prefix, name);
    match take(name) {
        Some(json) => T::read(json, &path),
        None => default()
            .or_else(T::absent)
            .ok_or_else(|| Failure::invalid_parameter(path, "is missing")),
    }
}

/// Reads a record inside a list or a record.
#[doc(hidden)]
pub fn record<P: Params>(json: Json, path: &str) -> Result<P, Failure> {
    match json {
        Json::Object(mut members) => P::take(path, &mut |name| members.remove(name)),
        _ => Err(Failure::invalid_parameter(path, "is not a record")),
    }
}
