//! The Rust types of the kinds of the contract.

use rust_decimal::Decimal;

use crate::answer::Part;
use crate::compare::{same_email, same_phone};
use crate::contract::{self, Choice, Failure, Field, Kind, Parameter, Value};
use crate::params::Member;

/// The one form in which values are read and written, alone or inside a list.
pub(crate) type Json = serde_json::Value;

/// A value that came in.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A value of any kind but `file`, and all values inside a list or a record.
    Json(Json),
    /// A file.
    File(contract::File),
}

impl Given {
    /// The value in JSON; `None` for a file.
    #[must_use]
    pub fn json(self) -> Option<Json> {
        match self {
            Given::Json(json) => Some(json),
            Given::File(_) => None,
        }
    }
}

impl<T: Into<Json>> From<T> for Given {
    fn from(value: T) -> Self {
        Given::Json(value.into())
    }
}

/// A value that goes out.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// A value of any kind but `file`.
    Json(Json),
    /// A file, whose bytes JSON would only make longer.
    File(contract::File),
}

impl Written {
    /// The value in JSON; `None` for a file, which a list or a record cannot hold.
    #[must_use]
    pub fn json(self) -> Option<Json> {
        match self {
            Written::Json(json) => Some(json),
            Written::File(_) => None,
        }
    }
}

impl<T: Into<Json>> From<T> for Written {
    fn from(value: T) -> Self {
        Written::Json(value.into())
    }
}

impl Value {
    /// The value of `kind` that is written; `None` for a value of another kind.
    pub(crate) fn from_written(kind: Kind, written: Written) -> Option<Self> {
        match (kind, written) {
            (Kind::File, Written::File(file)) => Some(Value::File(file)),
            (kind, Written::Json(json)) => Self::from_json(kind, json),
            _ => None,
        }
    }

    /// The value of `kind` that the JSON stands for; `None` for JSON of another kind.
    pub(crate) fn from_json(kind: Kind, json: Json) -> Option<Self> {
        Some(match (kind, json) {
            (Kind::Boolean, Json::Bool(value)) => Value::Boolean(value),
            (Kind::Integer, Json::Number(value)) => Value::Integer(value.as_i64()?),
            (Kind::Decimal, Json::String(digits)) => Value::Decimal(digits),
            (Kind::Timestamp, Json::String(moment)) => Value::Timestamp(moment),
            (
                Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice,
                Json::String(text),
            ) => Value::Text(text),
            (Kind::List, json @ Json::Array(_)) | (Kind::Record, json @ Json::Object(_)) => {
                Value::Json(json.to_string())
            }
            _ => return None,
        })
    }

    /// The value as it is read; `None` for a list or a record whose text is not JSON.
    pub(crate) fn given(self) -> Option<Given> {
        Some(match self {
            Value::Boolean(value) => value.into(),
            Value::Integer(value) => value.into(),
            Value::Decimal(text) | Value::Text(text) | Value::Timestamp(text) => text.into(),
            Value::Json(text) => Given::Json(serde_json::from_str(&text).ok()?),
            Value::File(file) => Given::File(file),
        })
    }
}

/// A Rust type of a kind of the contract.
///
/// | Rust | kind |
/// |---|---|
/// | `bool` | boolean |
/// | `i64`; for the length of a list also `usize` (fields and answers) | integer |
/// | [`Decimal`] | decimal, with the digits it was written with |
/// | `String` | text |
/// | [`Email`], [`Phone`], [`Url`], [`Timestamp`](crate::Timestamp) | email, phone, url, timestamp |
/// | an enum with `#[derive(Choice)]` | choice, fixed |
/// | [`LiveChoice`] | choice, asked from the back end (parameters) |
/// | `Vec<T>` | list, of single values or of records |
/// | a struct with `#[derive(Params)]` or `#[derive(Fields)]` | record |
/// | [`File`](crate::File) | file (parameters, fields and answers, not inside a list or a record) |
/// | `Option<T>` | the kind of `T`, and may be absent |
/// | [`Secret`] | text, kept by the host (settings) |
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of a parameter, a field or a setting",
    note = "see `krabice_plugin::Kinded` for the types that are"
)]
pub trait Kinded: Sized {
    /// The kind.
    const KIND: Kind;
    /// For a list of single values, the kind of its items.
    const ITEMS: Option<Kind> = None;
    /// Whether a value may be absent.
    const OPTIONAL: bool = false;
    /// Whether its choices are asked from the back end.
    const LIVE: bool = false;
    /// Whether it is a credential, which the plugin never gets.
    const SECRET: bool = false;

    /// The choices of a type with a fixed list of them.
    #[must_use]
    fn choices() -> Vec<Choice> {
        Vec::new()
    }
}

/// A [`Kinded`] type that parameters and settings can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter or a setting",
    note = "see `krabice_plugin::Kinded` for the types that can; a record needs `#[derive(Params)]`"
)]
pub trait Input: Kinded {
    /// The members of a record, or of the records of a list.
    #[doc(hidden)]
    const PARTS: &'static [Member] = &[];

    /// Describes the members of a record, below `path`.
    #[doc(hidden)]
    fn parts(_path: &str, _parameters: &mut Vec<Parameter>) {}

    /// Reads a value.
    ///
    /// # Errors
    /// [`Failure::InvalidParameter`], with `path` as its name, for a value of another kind. The host
    /// has checked before; this is defence in depth.
    #[doc(hidden)]
    fn read(given: Given, path: &str) -> Result<Self, Failure>;

    /// The value in the place of one that was not given; `None` for a type that needs one.
    #[doc(hidden)]
    fn absent() -> Option<Self> {
        None
    }
}

/// A [`Kinded`] type that fields and answers can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field or an answer",
    note = "see `krabice_plugin::Kinded` for the types that can; a record needs `#[derive(Fields)]`"
)]
pub trait Output: Kinded {
    /// The members of a record, or of the records of a list.
    #[doc(hidden)]
    const PARTS: &'static [Part] = &[];

    /// Describes the members of a record, below `path`.
    #[doc(hidden)]
    fn parts(_path: &str, _fields: &mut Vec<Field>) {}

    /// Writes the value; `None` for an absent one.
    #[doc(hidden)]
    fn write(self) -> Option<Written>;
}

/// The failure for a parameter that is not of its kind.
pub(crate) fn not_of_kind(path: &str, kind: Kind) -> Failure {
    let kind = match kind {
        Kind::Boolean => "a boolean",
        Kind::Integer => "an integer",
        Kind::Decimal => "a decimal number of up to 28 digits",
        Kind::Timestamp => "a moment with an offset",
        Kind::List => "a list",
        Kind::Record => "a record",
        Kind::File => "a file",
        Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice => "a text",
    };
    Failure::invalid_parameter(path, format!("is not {kind}"))
}

impl Kinded for bool {
    const KIND: Kind = Kind::Boolean;
}

impl Input for bool {
    fn read(given: Given, path: &str) -> Result<Self, Failure> {
        let json = given.json();
        json.and_then(|json| json.as_bool())
            .ok_or_else(|| not_of_kind(path, Self::KIND))
    }
}

impl Output for bool {
    fn write(self) -> Option<Written> {
        Some(self.into())
    }
}

impl Kinded for i64 {
    const KIND: Kind = Kind::Integer;
}

impl Input for i64 {
    fn read(given: Given, path: &str) -> Result<Self, Failure> {
        let json = given.json();
        json.and_then(|json| json.as_i64())
            .ok_or_else(|| not_of_kind(path, Self::KIND))
    }
}

impl Output for i64 {
    fn write(self) -> Option<Written> {
        Some(self.into())
    }
}

impl Kinded for usize {
    const KIND: Kind = Kind::Integer;
}

impl Output for usize {
    fn write(self) -> Option<Written> {
        Some(self.into())
    }
}

impl Kinded for Decimal {
    const KIND: Kind = Kind::Decimal;
}

impl Input for Decimal {
    fn read(given: Given, path: &str) -> Result<Self, Failure> {
        let decimal = given.json().and_then(|json| match &json {
            Json::String(digits) => Decimal::from_str_exact(digits).ok(),
            Json::Number(number) => Decimal::from_str_exact(&number.to_string()).ok(),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
        });
        decimal.ok_or_else(|| not_of_kind(path, Self::KIND))
    }
}

impl Output for Decimal {
    fn write(self) -> Option<Written> {
        Some(self.to_string().into())
    }
}

impl Kinded for String {
    const KIND: Kind = Kind::Text;
}

impl Input for String {
    fn read(given: Given, path: &str) -> Result<Self, Failure> {
        if let Given::Json(Json::String(text)) = given {
            return Ok(text);
        }
        Err(not_of_kind(path, Self::KIND))
    }
}

impl Output for String {
    /// Without the NUL character, which the contract's texts do not have and a back end may.
    fn write(self) -> Option<Written> {
        Some(self.replace('\0', "").into())
    }
}

/// A type around a text whose kind is not `text`.
macro_rules! textual {
    ($(#[$documentation:meta])* $name:ident: $kind:ident $(, live = $live:literal)?) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl Kinded for $name {
            const KIND: Kind = Kind::$kind;
            $(const LIVE: bool = $live;)?
        }

        impl Input for $name {
            fn read(given: Given, path: &str) -> Result<Self, Failure> {
                String::read(given, path).map(Self)
            }
        }
    };
}

/// Makes the type an output; with `from any text`, also makes it from a text.
macro_rules! written {
    ($name:ident) => {
        impl Output for $name {
            fn write(self) -> Option<Written> {
                Some(Written::Json(self.0.into()))
            }
        }
    };
    ($name:ident from any text) => {
        written!($name);

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

textual! {
    /// An e-mail address, as it was written. The host checks its form. A text of a back end may be
    /// anything: read it with [`Email::parse`].
    Email: Email
}
written!(Email from any text);

impl Email {
    /// Reads an address of a back end, without white space around it; `None` for a text that is not
    /// one address. Staff and marketplaces write anything there, and the host refuses an answer with
    /// an e-mail that is none.
    ///
    /// ```
    /// use krabice_plugin::Email;
    ///
    /// assert_eq!(Email::parse(" jana@example.com\n").unwrap().as_str(), "jana@example.com");
    /// for none in ["", "-", "brak", "a@b.cz; c@d.cz", "a@b.cz,c@d.cz", "Jan <jan@x.cz>", "jan@", "a@b@c"] {
    ///     assert_eq!(Email::parse(none), None, "{none}");
    /// }
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        /// The longest address that mail takes (RFC 5321), and that the host compares.
        const LONGEST: usize = 320;
        let text = text.trim();
        let foreign = |letter: char| {
            letter.is_whitespace() || letter.is_control() || ",;:<>()[]\\\"".contains(letter)
        };
        let (name, domain) = text.split_once('@')?;
        let one = !name.is_empty()
            && !domain.contains('@')
            && !domain.split('.').any(str::is_empty)
            && text.len() <= LONGEST
            && !text.contains(foreign);
        one.then(|| Self(text.to_owned()))
    }

    /// Whether both addresses are the same to an ordinary mail system: see
    /// [`same_email`].
    ///
    /// ```
    /// use krabice_plugin::Email;
    ///
    /// assert!(Email::from("Petra.Vlkova@example.cz").is(" petra.vlkova@EXAMPLE.cz"));
    /// assert!(!Email::from("").is(" "), "an empty address belongs to nobody");
    /// ```
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        same_email(&self.0, other)
    }

    /// Whether this address stands in a back end's field, which may hold several addresses, or a
    /// name with one.
    ///
    /// ```
    /// use krabice_plugin::Email;
    ///
    /// let email = Email::from("jana@example.com");
    /// for field in ["Jana@Example.com", "office@example.com; jana@example.com", "Jana <jana@example.com>"] {
    ///     assert!(email.is_in(field), "{field}");
    /// }
    /// assert!(!email.is_in("xjana@example.com"));
    /// ```
    #[must_use]
    pub fn is_in(&self, field: &str) -> bool {
        let between = |letter: char| letter.is_whitespace() || ",;<>()[]\"".contains(letter);
        self.is(field) || field.split(between).any(|part| self.is(part))
    }
}

textual! {
    /// A telephone number, as the back end or the customer wrote it. A text of a back end may be
    /// anything: read it with [`Phone::parse`].
    Phone: Phone
}
written!(Phone from any text);

impl Phone {
    /// Reads a number of a back end, without white space around it; `None` for a text without the
    /// digits of one.
    ///
    /// ```
    /// use krabice_plugin::Phone;
    ///
    /// assert_eq!(Phone::parse(" +420 601222333 ").unwrap().as_str(), "+420 601222333");
    /// for none in ["", "-", "brak", "0", "není\0"] {
    ///     assert_eq!(Phone::parse(none), None, "{none}");
    /// }
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        /// The fewest digits of a number that somebody can be called by.
        const DIGITS: usize = 5;
        let text = text.trim();
        let digits = text.chars().filter(char::is_ascii_digit).count();
        (digits >= DIGITS && !text.contains(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// Whether both are the same telephone number: see [`same_phone`].
    ///
    /// ```
    /// use krabice_plugin::Phone;
    ///
    /// assert!(Phone::from("+420 601 123 456").is("601123456"));
    /// assert!(!Phone::from("").is(""), "an empty number belongs to nobody");
    /// ```
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        same_phone(&self.0, other)
    }
}

textual! {
    /// An absolute `http` or `https` address.
    Url: Url
}
written!(Url);

impl Url {
    /// Reads an address; `None` for a text that is not one.
    ///
    /// ```
    /// use krabice_plugin::Url;
    ///
    /// assert!(Url::parse("https://www.example.cz/doc/F260091.pdf?k=0f3a").is_some());
    /// for text in ["", "/doc/F260091.pdf", "javascript:alert(1)", "https://", "https://a b/", "https://a:x"] {
    ///     assert_eq!(Url::parse(text), None);
    /// }
    /// ```
    #[must_use]
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let (scheme, rest) = text.split_once("://")?;
        let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        let host = is_host(host);
        let plain = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
        (web && host && plain).then_some(Self(text))
    }
}

/// Whether a text is a host with or without a port, as every reader of addresses takes it.
fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let label = |label: &str| {
        let letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
        !label.is_empty() && label.chars().all(letter)
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    let end = host.rsplit('.').next().unwrap_or_default();
    // A name that ends with a number is read as an address of version 4.
    let number = end.starts_with(|letter: char| letter.is_ascii_digit());
    host.split('.').all(label)
        && port.parse::<u16>().is_ok()
        && (!number || host.parse::<std::net::Ipv4Addr>().is_ok())
}

textual! {
    /// A choice from a list that the back end gives, such as an order status. The function names
    /// what lists it: `choices(status = order_statuses)`.
    LiveChoice: Choice, live = true
}

/// A credential. The host keeps it; the plugin gets this mark that there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Secret;

impl Kinded for Secret {
    const KIND: Kind = Kind::Text;
    const SECRET: bool = true;
}

impl Input for Secret {
    fn read(_: Given, _: &str) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn absent() -> Option<Self> {
        Some(Self)
    }
}

impl<T: Kinded> Kinded for Option<T> {
    const KIND: Kind = T::KIND;
    const ITEMS: Option<Kind> = T::ITEMS;
    const OPTIONAL: bool = true;
    const LIVE: bool = T::LIVE;
    const SECRET: bool = T::SECRET;

    fn choices() -> Vec<Choice> {
        T::choices()
    }
}

impl<T: Input> Input for Option<T> {
    const PARTS: &'static [Member] = T::PARTS;

    fn parts(path: &str, parameters: &mut Vec<Parameter>) {
        T::parts(path, parameters);
    }

    fn read(given: Given, path: &str) -> Result<Self, Failure> {
        T::read(given, path).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Output> Output for Option<T> {
    const PARTS: &'static [Part] = T::PARTS;

    fn parts(path: &str, fields: &mut Vec<Field>) {
        T::parts(path, fields);
    }

    fn write(self) -> Option<Written> {
        self.and_then(T::write)
    }
}

impl<T: Kinded> Kinded for Vec<T> {
    const KIND: Kind = Kind::List;
    const ITEMS: Option<Kind> = match T::KIND {
        Kind::Record => None,
        Kind::File => panic!("a list cannot hold files"),
        Kind::Boolean
        | Kind::Integer
        | Kind::Decimal
        | Kind::Timestamp
        | Kind::Text
        | Kind::Email
        | Kind::Phone
        | Kind::Url
        | Kind::Choice
        | Kind::List => Some(T::KIND),
    };
}

impl<T: Input> Input for Vec<T> {
    const PARTS: &'static [Member] = T::PARTS;

    fn parts(path: &str, parameters: &mut Vec<Parameter>) {
        T::parts(path, parameters);
    }

    fn read(given: Given, path: &str) -> Result<Self, Failure> {
        let Given::Json(Json::Array(items)) = given else {
            return Err(not_of_kind(path, Self::KIND));
        };
        let items = items.into_iter();
        items.map(|item| T::read(Given::Json(item), path)).collect()
    }
}

impl<T: Output> Output for Vec<T> {
    const PARTS: &'static [Part] = T::PARTS;

    fn parts(path: &str, fields: &mut Vec<Field>) {
        T::parts(path, fields);
    }

    fn write(self) -> Option<Written> {
        let items = self.into_iter().filter_map(T::write);
        Some(Written::Json(items.filter_map(Written::json).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_decimal_keeps_its_digits() {
        let read = |json: Json| Decimal::read(json.into(), "price");
        assert_eq!(read(json!("1230.50")).unwrap().to_string(), "1230.50");
        assert_eq!(read(json!("-0.10")).unwrap().to_string(), "-0.10");
        assert_eq!(read(json!(12)).unwrap().to_string(), "12");
        assert_eq!(
            Decimal::new(123_050, 2).write(),
            Some(json!("1230.50").into())
        );
    }

    #[test]
    fn the_failure_of_a_wrong_kind_names_the_parameter_and_not_its_value() {
        let failure = Decimal::read("tajemství".into(), "items.price").unwrap_err();
        assert_eq!(
            failure,
            Failure::invalid_parameter("items.price", "is not a decimal number of up to 28 digits"),
        );
        assert!(bool::read("true".into(), "a").is_err());
        assert!(i64::read(1.5.into(), "a").is_err());
        assert!(String::read(1.into(), "a").is_err());
        assert!(Vec::<i64>::read(json!([1, "2"]).into(), "a").is_err());
        let file = contract::File {
            name: "a.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            content: b"a".to_vec(),
        };
        assert!(String::read(Given::File(file), "a").is_err());
    }

    #[test]
    fn a_list_of_records_has_no_kind_of_items() {
        assert_eq!(<Vec<Email> as Kinded>::ITEMS, Some(Kind::Email));
        struct Line;
        impl Kinded for Line {
            const KIND: Kind = Kind::Record;
        }
        assert_eq!(<Vec<Line> as Kinded>::ITEMS, None);
    }

    #[test]
    fn an_absent_item_is_left_out_of_its_list() {
        assert_eq!(vec![Some(1_i64), None].write(), Some(json!([1]).into()));
        assert_eq!(None::<bool>.write(), None);
    }
}
