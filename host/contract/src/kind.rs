//! The kinds of values, with one word each in manifests, scenarios and diagnostics.

use serde::{Deserialize, Serialize};

/// The kind of a parameter, a field, a setting, an input or a function's one
/// value. Mirrors `krabice:boxes/values.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// True or false.
    Boolean,
    /// A whole number, -2^63 to 2^63 - 1.
    Integer,
    /// An exact decimal number of up to 28 significant digits.
    Decimal,
    /// Any Unicode text.
    Text,
    /// One e-mail address.
    Email,
    /// One telephone number.
    Phone,
    /// An absolute `http` or `https` address.
    Url,
    /// A moment.
    Timestamp,
    /// One of a list of choices.
    Choice,
    /// An ordered list.
    List,
    /// Named fields.
    Record,
    /// A file: its name, its media type and its bytes.
    File,
}

impl Kind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Kind; 12] = [
        Kind::Boolean,
        Kind::Integer,
        Kind::Decimal,
        Kind::Text,
        Kind::Email,
        Kind::Phone,
        Kind::Url,
        Kind::Timestamp,
        Kind::Choice,
        Kind::List,
        Kind::Record,
        Kind::File,
    ];

    /// The kind's word in documents: `boolean`, `email`, ….
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Decimal => "decimal",
            Kind::Text => "text",
            Kind::Email => "email",
            Kind::Phone => "phone",
            Kind::Url => "url",
            Kind::Timestamp => "timestamp",
            Kind::Choice => "choice",
            Kind::List => "list",
            Kind::Record => "record",
            Kind::File => "file",
        }
    }

    /// How to write a value of this kind: the help of an error.
    #[must_use]
    pub fn form(self) -> &'static str {
        match self {
            Kind::Boolean => "write `true` or `false`",
            Kind::Integer => "write a whole number such as `12`",
            Kind::Decimal => "write a number such as `1230.50`",
            Kind::Text => "write any text",
            Kind::Email => "write an address such as `jana@example.com`",
            Kind::Phone => "write a telephone number such as `+420 601 123 456`",
            Kind::Url => "write an address such as `https://example.com/`",
            Kind::Timestamp => "write a moment such as `2026-03-14T09:26:53+01:00`",
            Kind::Choice => "write the value of a choice",
            Kind::List => "write a JSON array such as `[1, 2]`",
            Kind::Record => "write a JSON object such as `{\"name\": 1}`",
            Kind::File => "a file comes from a function and cannot be written",
        }
    }

    /// Whether values of this kind are held as [`Value::Text`](crate::value::Value::Text).
    #[must_use]
    pub fn is_textual(self) -> bool {
        matches!(
            self,
            Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice
        )
    }

    /// Whether a value of the kind `given` can be used as one of this kind: any textual
    /// kind as any other, an integer as a decimal.
    #[must_use]
    pub fn includes(self, given: Kind) -> bool {
        self == given
            || self.is_textual() && given.is_textual()
            || self == Kind::Decimal && given == Kind::Integer
    }

    /// Whether a parameter of this kind takes a value of the kind `given`: one that this
    /// kind includes, or a number whose digits are used as a text.
    #[must_use]
    pub fn accepts(self, given: Kind) -> bool {
        self.includes(given)
            || matches!(self, Kind::Text | Kind::Choice | Kind::Phone) && given.is_numeric()
    }

    /// Whether values of this kind are numbers.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::Integer | Kind::Decimal)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
