//! Outcomes and answers: the output of a function.

use crate::contract::{self, AnswerValue, Field, Kind, NamedValue, Texts, Value, texts};
use crate::name::equal;
use crate::typed::{Json, Output, Written};

/// The result of a function that worked.
///
/// A function that could not find out returns a [`Failure`](crate::Failure) instead: *false* needs
/// proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome<A = ()> {
    /// *False*, on proof: the order does not exist, the e-mail is another.
    False,
    /// *True*, with the function's answer.
    True(A),
}

impl From<bool> for Outcome {
    fn from(value: bool) -> Self {
        if value {
            Outcome::True(())
        } else {
            Outcome::False
        }
    }
}

impl<A: Answer> Outcome<A> {
    pub(crate) fn into_contract(self) -> contract::Outcome {
        match self {
            Outcome::False => contract::Outcome::False,
            Outcome::True(answer) => answer.outcome(),
        }
    }
}

/// The content of a *true* outcome: `()` for nothing, a struct with `#[derive(Answer)]` for one
/// value, a struct with `#[derive(Fields)]` for fields.
///
/// ```
/// use krabice_plugin::{Answer, Email};
///
/// /// E-mail of the customer
/// #[derive(Answer)]
/// #[answer(personal)]
/// struct Address(Email);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an answer",
    note = "answer `()`, or derive `krabice_plugin::Answer` or `krabice_plugin::Fields`"
)]
pub trait Answer: Sized {
    /// Its fields.
    #[doc(hidden)]
    const PARTS: &'static [Part] = &[];
    /// The kind of its one value.
    #[doc(hidden)]
    const VALUE: Option<Kind> = None;

    /// Describes the answer.
    #[doc(hidden)]
    fn describe() -> contract::Answer;

    /// The outcome that carries it.
    #[doc(hidden)]
    fn outcome(self) -> contract::Outcome;
}

impl Answer for () {
    fn describe() -> contract::Answer {
        contract::Answer::Nothing
    }

    fn outcome(self) -> contract::Outcome {
        contract::Outcome::True
    }
}

/// The fields of a *true* outcome. Derive it.
///
/// ```
/// use krabice_plugin::{Decimal, Fields, Timestamp};
///
/// #[derive(Fields)]
/// struct Orders {
///     /// Number of orders
///     count: i64,
///     /// Orders
///     orders: Vec<Order>, // nested fields: `orders.number`, `orders.date`, `orders.price`
/// }
///
/// #[derive(Fields)]
/// struct Order {
///     /// Number
///     number: String,
///     /// Date
///     date: Option<Timestamp>,
///     /// Price
///     ///
///     /// With VAT.
///     price: Decimal,
/// }
/// ```
///
/// ```compile_fail
/// #[derive(krabice_plugin::Fields)]
/// struct Order {
///     number: String, // no label
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold fields",
    note = "derive `krabice_plugin::Fields` for it"
)]
pub trait Fields: Sized {
    /// The fields.
    #[doc(hidden)]
    const PARTS: &'static [Part];

    /// Adds the fields, below `prefix` if it is not empty.
    #[doc(hidden)]
    fn describe(prefix: &str, fields: &mut Vec<Field>);

    /// Gives the values of the fields.
    #[doc(hidden)]
    fn give(self, give: &mut Give<'_>);
}

/// A field of a struct of fields.
#[doc(hidden)]
pub enum Part {
    /// A field.
    One {
        /// Its Rust name.
        field: &'static str,
        /// Its name.
        name: &'static str,
        /// Its kind.
        kind: Kind,
        /// Whether it may be absent.
        optional: bool,
        /// The members of a record, or of the records of a list.
        parts: &'static [Part],
    },
    /// The members of a flattened struct.
    Flat(&'static [Part]),
}

/// A field, as the checks of a definition see it.
#[derive(Clone, Copy)]
pub(crate) struct FieldOf {
    field: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) parts: &'static [Part],
}

/// The number of fields, with those of flattened structs.
pub(crate) const fn count(parts: &[Part]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < parts.len() {
        sum += match &parts[at] {
            Part::One { .. } => 1,
            Part::Flat(parts) => count(parts),
        };
        at += 1;
    }
    sum
}

/// The field of this place among all of them.
pub(crate) const fn nth(parts: &[Part], place: usize) -> FieldOf {
    let (mut before, mut at) = (0, 0);
    loop {
        match &parts[at] {
            Part::One {
                field,
                name,
                kind,
                optional,
                parts,
            } => {
                if before == place {
                    return FieldOf {
                        field,
                        name,
                        kind: *kind,
                        optional: *optional,
                        parts,
                    };
                }
                before += 1;
            }
            Part::Flat(parts) => {
                let inside = count(parts);
                if place < before + inside {
                    return nth(parts, place - before);
                }
                before += inside;
            }
        }
        at += 1;
    }
}

/// The name of a field, for the item of the attribute that names it by its Rust name.
#[doc(hidden)]
#[must_use]
pub const fn part_of(item: &'static str, parts: &[Part], field: &str) -> &'static str {
    let mut at = 0;
    while at < count(parts) {
        let part = nth(parts, at);
        if equal(part.field, field) {
            return part.name;
        }
        at += 1;
    }
    // A constant can only fill in a whole text.
    panic!("{}", item)
}

/// The members of the records of the list that a field holds.
#[doc(hidden)]
#[must_use]
pub const fn items_of(parts: &[Part], list: &str) -> &'static [Part] {
    let mut at = 0;
    while at < count(parts) {
        let part = nth(parts, at);
        if equal(part.field, list) && matches!(part.kind, Kind::List) && !part.parts.is_empty() {
            return part.parts;
        }
        at += 1;
    }
    panic!("`listing` names a field of the answer that is not a list of records")
}

/// Refuses files, which a list or a record cannot hold.
#[doc(hidden)]
#[must_use]
pub const fn without_files(parts: &'static [Part]) -> &'static [Part] {
    let mut at = 0;
    while at < count(parts) {
        assert!(
            !matches!(nth(parts, at).kind, Kind::File),
            "a list or a record cannot hold a file"
        );
        at += 1;
    }
    parts
}

/// Receives a field's name, kind and value.
#[doc(hidden)]
pub type Give<'a> = dyn FnMut(&'static str, contract::Kind, Written) + 'a;

/// Describes one field and the members inside it.
#[doc(hidden)]
pub fn field<T: Output>(
    prefix: &str,
    name: &str,
    label: Texts,
    help: Texts,
    personal: bool,
    fields: &mut Vec<Field>,
) {
    // Looks for files inside a list or a record, while it is compiled.
    const { T::PARTS.len() };
    let path = if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    };
    fields.push(Field {
        path: path.clone(),
        kind: T::KIND,
        items: T::ITEMS,
        optional: T::OPTIONAL,
        personal,
        choices: T::choices(),
        label: texts(label),
        help: texts(help),
    });
    T::parts(&path, fields);
}

/// Gives one field.
#[doc(hidden)]
pub fn give<T: Output>(name: &'static str, value: T, give: &mut Give<'_>) {
    if let Some(written) = value.write() {
        give(name, T::KIND, written);
    }
}

/// A record inside a list or a record.
#[doc(hidden)]
pub fn object(fields: impl Fields) -> Written {
    let mut object = serde_json::Map::new();
    fields.give(&mut |name, _, written| {
        if let Some(json) = written.json() {
            object.insert(name.to_owned(), json);
        }
    });
    Written::Json(Json::Object(object))
}

/// The description of an answer with fields.
#[doc(hidden)]
pub fn answer_fields<F: Fields>() -> contract::Answer {
    let mut fields = Vec::new();
    F::describe("", &mut fields);
    contract::Answer::Fields(fields)
}

/// The description of an answer of one value.
#[doc(hidden)]
pub fn answer_value<T: Output>(label: Texts, help: Texts, personal: bool) -> contract::Answer {
    const {
        assert!(
            !matches!(T::KIND, contract::Kind::List | contract::Kind::Record) && !T::OPTIONAL,
            "an answer is one value that is always there: not a list, a record or an `Option`"
        );
    }
    contract::Answer::Value(AnswerValue {
        kind: T::KIND,
        label: texts(label),
        help: texts(help),
        personal,
    })
}

/// A *true* outcome with fields.
#[doc(hidden)]
pub fn true_with_fields(fields: impl Fields) -> contract::Outcome {
    let mut values = Vec::new();
    fields.give(&mut |name, kind, written| {
        if let Some(value) = Value::from_written(kind, written) {
            values.push(NamedValue {
                name: name.to_owned(),
                value,
            });
        }
    });
    contract::Outcome::TrueWithFields(values)
}

/// A *true* outcome with one value.
#[doc(hidden)]
pub fn true_with_value<T: Output>(value: T) -> contract::Outcome {
    let value = value
        .write()
        .and_then(|written| Value::from_written(T::KIND, written));
    value.map_or(contract::Outcome::True, contract::Outcome::TrueWithValue)
}
