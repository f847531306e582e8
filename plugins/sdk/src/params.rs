//! Parameters and settings: the input of a function.

use crate::contract::{
    ChoicesSource, Failure, Kind, NamedValue, Parameter, Setting, Texts, Value, texts,
};
use crate::name::equal;
use crate::typed::{Given, Input, Json, Output};

/// The parameters of a function. Derive it.
///
/// ```
/// use krabice_plugin::{Choice, Decimal, Email, Params};
///
/// #[derive(Params)]
/// struct Refund {
///     /// Order number
///     order: String,
///     /// E-mail
///     #[param(personal)]
///     email: Option<Email>,
///     /// How fast
///     #[param(default = Pace::Slow)]
///     pace: Pace,
///     /// Items
///     items: Vec<Item>, // nested parameters: `items.code`, `items.amount`
/// }
///
/// #[derive(Params)]
/// struct Item {
///     /// Code
///     code: String,
///     /// Amount
///     ///
///     /// With VAT.
///     amount: Decimal,
/// }
///
/// #[derive(Choice)]
/// enum Pace {
///     /// Slow
///     Slow,
///     #[choice(label(en = "Fast", cs = "Rychle"))] // without a file of `locales/`
///     Fast,
/// }
/// ```
///
/// A default may be any expression that the field's type is made from by `From`, for example
/// `default = "x"` for a `String` or an [`Email`](crate::Email).
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
/// A type is not of any kind of the contract:
///
/// ```compile_fail,E0277
/// #[derive(krabice_plugin::Params)]
/// struct Asked {
///     /// Weight
///     weight: f64,
/// }
/// ```
///
/// A default is of another type:
///
/// ```compile_fail,E0277
/// #[derive(krabice_plugin::Params)]
/// struct Asked {
///     /// Notify
///     #[param(default = "yes")]
///     notify: bool,
/// }
/// ```
///
/// A name breaks the contract:
///
/// ```compile_fail
/// #[derive(krabice_plugin::Params)]
/// struct Asked {
///     /// Order
///     #[param(name = "Order.Number")]
///     order: String,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold parameters",
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
        /// Its kind.
        kind: Kind,
        /// Whether a call must give it.
        required: bool,
        /// Whether it is personal data.
        personal: bool,
        /// Whether its choices are live.
        live: bool,
    },
    /// The members of a flattened struct.
    Flat(&'static [Member]),
}

/// The parameters of a function without any.
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
///     /// Address
///     #[setting(address)]
///     address: Url,
///     /// Key
///     ///
///     /// Settings > API
///     key: Secret,
///     /// Store
///     #[setting(default = "main")]
///     store: String,
/// }
/// ```
///
/// The address of the back end is a `Url`:
///
/// ```compile_fail,E0080
/// #[derive(krabice_plugin::Settings)]
/// struct Account {
///     /// Address
///     #[setting(address)]
///     address: String,
/// }
/// const _: () = assert!(<Account as krabice_plugin::Settings>::ADDRESS.is_some());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold settings",
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

/// The settings of a plugin without any.
impl Settings for () {
    const ADDRESS: Option<&'static str> = None;

    fn describe() -> Vec<Setting> {
        Vec::new()
    }

    fn take(_: &mut Take<'_>) -> Result<Self, Failure> {
        Ok(())
    }
}

/// Gives the value of a name, and gives it only once.
#[doc(hidden)]
pub type Take<'a> = dyn FnMut(&str) -> Option<Given> + 'a;

/// Takes values by name out of those that the host gave.
pub(crate) fn by_name(mut values: Vec<NamedValue>) -> impl FnMut(&str) -> Option<Given> {
    move |name| {
        let at = values.iter().position(|value| value.name == name)?;
        values.swap_remove(at).value.given()
    }
}

fn path(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

/// Describes one parameter and the members inside it.
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
    // Looks for files inside a list or a record, while it is compiled.
    const { T::PARTS.len() };
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

/// The default as the contract carries it.
#[doc(hidden)]
pub fn value<T: Output>(value: T) -> Option<Value> {
    Value::from_written(T::KIND, value.write()?)
}

/// The default as a value of the parameter's type.
#[doc(hidden)]
pub fn made<T: From<U>, U>(value: U) -> T {
    T::from(value)
}

/// Describes one setting.
#[doc(hidden)]
pub fn setting<T: Input>(name: &str, label: Texts, help: Texts, default: Option<&str>) -> Setting {
    const {
        assert!(
            !matches!(
                T::KIND,
                Kind::List | Kind::Record | Kind::Timestamp | Kind::File
            ),
            "a setting is one value: not a list, a record, a moment or a file"
        );
    }
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
        Some(given) => T::read(given, &path),
        None => default()
            .or_else(T::absent)
            .ok_or_else(|| Failure::invalid_parameter(path, "is missing")),
    }
}

/// Reads a record inside a list or a record.
#[doc(hidden)]
pub fn record<P: Params>(given: Given, path: &str) -> Result<P, Failure> {
    let Given::Json(Json::Object(mut members)) = given else {
        return Err(Failure::invalid_parameter(path, "is not a record"));
    };
    P::take(path, &mut |name| members.remove(name).map(Given::Json))
}

/// Refuses a live parameter without a source of its choices, and a source for a parameter that is
/// not live.
#[doc(hidden)]
pub const fn check_sources(members: &[Member], sources: &[&str]) {
    let mut at = 0;
    while at < members.len() {
        match &members[at] {
            Member::Flat(members) => check_sources(members, sources),
            Member::One { field, live, .. } => {
                let mut has_source = false;
                let mut source = 0;
                while source < sources.len() {
                    has_source |= equal(field, sources[source]);
                    source += 1;
                }
                assert!(
                    has_source || !*live,
                    "a `LiveChoice` needs a source of its choices: `choices(field = function)`"
                );
                assert!(
                    *live || !has_source,
                    "choices are given for a parameter that is not a `LiveChoice`"
                );
            }
        }
        at += 1;
    }
}

/// The name of the parameter that a field holds, for the item of the attribute that names the field.
#[doc(hidden)]
#[must_use]
pub const fn name_of(item: &'static str, members: &[Member], field: &str) -> &'static str {
    let mut at = 0;
    while at < count(members) {
        let member = nth(members, at);
        if equal(member.field, field) {
            return member.name;
        }
        at += 1;
    }
    // A constant can only fill in a whole text.
    panic!("{}", item)
}

/// Refuses files, which a list or a record cannot hold.
#[doc(hidden)]
#[must_use]
pub const fn without_files(members: &'static [Member]) -> &'static [Member] {
    let mut at = 0;
    while at < count(members) {
        assert!(
            !matches!(nth(members, at).kind, Kind::File),
            "a list or a record cannot hold a file"
        );
        at += 1;
    }
    members
}

/// A parameter, as the checks of a definition see it.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) field: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) personal: bool,
}

/// The number of parameters, with those of flattened structs.
pub(crate) const fn count(members: &[Member]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < members.len() {
        sum += match &members[at] {
            Member::One { .. } => 1,
            Member::Flat(members) => count(members),
        };
        at += 1;
    }
    sum
}

/// The parameter of this place among all of them.
pub(crate) const fn nth(members: &[Member], place: usize) -> Asked {
    let (mut before, mut at) = (0, 0);
    loop {
        match &members[at] {
            Member::One {
                field,
                name,
                kind,
                required,
                personal,
                ..
            } => {
                if before == place {
                    return Asked {
                        field,
                        name,
                        kind: *kind,
                        required: *required,
                        personal: *personal,
                    };
                }
                before += 1;
            }
            Member::Flat(members) => {
                let inside = count(members);
                if place < before + inside {
                    return nth(members, place - before);
                }
                before += inside;
            }
        }
        at += 1;
    }
}
