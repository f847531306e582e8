//! The form of a ticket, with everything that the vendor's public pages leave unclear about it.
//!
//! | question | assumption | reason |
//! |---|---|---|
//! | the parameter of the search | [`SEARCH`] | its name in the tracking part of the API |
//! | the place of the customer's e-mail | [`EMAIL`], the first place with one | no client was seen reading it |
//! | the place of the order number | [`ORDER`] | clients read it; it is the number and not a code of Retino's own, because the orders part calls the number `code` |
//! | moments of creation, change and closing | [`CREATED`], [`UPDATED`], [`CLOSED`] | the names of the list's filters, without `_from` and `_to` |
//! | whether a case is open | [`CLOSED`] is empty or missing | closing does not depend on the state |
//! | state and type in an answer | an ID, or an object with one ([`Reference`]) | clients write IDs and were not seen reading |
//! | the name of a state or a type | by language, or one text ([`names`]) | clients read names by language |
//!
//! An empty place of a ticket is distinguished from a missing one, which proves nothing.

use krabice_plugin::compare::same_number;
use krabice_plugin::json::Loose;
use krabice_plugin::{Email, Failure, Timestamp};
use serde_json::{Value, json};

/// The parameter of the search.
pub(crate) const SEARCH: &str = "search";

/// A place in a ticket: keys from the outside in.
type Place = &'static [&'static str];

const ID: Place = &["id"];
const CODE: Place = &["code"];
const STATE: &str = "state";
const TYPE: &str = "type";
const ORDER: Place = &["bound_order", "code"];
const EMAIL: [Place; 5] = [
    &["customer", "email"],
    &["customer_email"],
    &["bound_order", "customer", "email"],
    &["bound_order", "customer_email"],
    &["email"],
];
const CREATED: Place = &["created_at"];
const UPDATED: Place = &["updated_at"];
const CLOSED: Place = &["closed_at"];

/// A ticket, as lists, the detail or a change answer it.
pub(crate) struct Ticket(Value);

impl Ticket {
    /// Reads an item of a list or an answer.
    pub(crate) fn read(value: Value) -> Result<Self, Failure> {
        if value.is_object() {
            return Ok(Self(value));
        }
        Err(Failure::unexpected_answer("a ticket is not an object"))
    }

    /// The ID for paths.
    pub(crate) fn id(&self) -> Result<String, Failure> {
        Ok(text(&self.0, ID).required("id")?.clone())
    }

    /// The number that people see; empty without one.
    pub(crate) fn code(&self) -> String {
        text(&self.0, CODE).text()
    }

    /// Whether it is about this order; `None` if the answer does not say.
    pub(crate) fn is_of_order(&self, number: &str) -> Option<bool> {
        match text(&self.0, ORDER) {
            Loose::Missing | Loose::Odd => None,
            Loose::Empty => Some(false),
            Loose::Value(own) => Some(same_number(&own, number)),
        }
    }

    /// Whether it is from the customer with this e-mail; `None` if the answer does not say.
    pub(crate) fn is_of_customer(&self, email: &Email) -> Option<bool> {
        let mut says = None;
        for place in EMAIL {
            match text(&self.0, place) {
                Loose::Missing | Loose::Odd => {}
                Loose::Empty => says = Some(false),
                Loose::Value(own) => return Some(email.is_in(&own)),
            }
        }
        says
    }

    /// Whether it has not been closed.
    pub(crate) fn is_open(&self) -> Result<bool, Failure> {
        match text(&self.0, CLOSED) {
            Loose::Missing | Loose::Empty => Ok(true),
            Loose::Value(_) => Ok(false),
            Loose::Odd => Err(not_documented("closed_at")),
        }
    }

    /// The moment of its creation.
    pub(crate) fn created(&self) -> Result<Timestamp, Failure> {
        moment(text(&self.0, CREATED).required("created_at")?, "created_at")
    }

    /// The moment of its last change; that of its creation for a ticket that was never changed, or does
    /// not say when.
    pub(crate) fn updated(&self) -> Result<Timestamp, Failure> {
        let updated = text(&self.0, UPDATED);
        let updated = updated.value().and_then(|it| moment(it, "updated_at").ok());
        updated.map_or_else(|| self.created(), Ok)
    }

    pub(crate) fn state(&self) -> Option<Reference> {
        Reference::read(&self.0, STATE)
    }

    pub(crate) fn kind(&self) -> Option<Reference> {
        Reference::read(&self.0, TYPE)
    }
}

/// The state or the type of a ticket.
pub(crate) struct Reference {
    pub(crate) id: String,
    /// The names, if the ticket has them.
    pub(crate) names: Vec<(String, String)>,
}

impl Reference {
    /// Reads the state or the type; `None` for a ticket that tells none.
    fn read(ticket: &Value, key: &'static str) -> Option<Self> {
        let reference = ticket.get(key)?;
        let (id, names) = if reference.is_object() {
            (text(reference, ID), names(reference))
        } else {
            (scalar(reference), Vec::new())
        };
        let id = id.value()?.clone();
        Some(Self { id, names })
    }
}

/// The names of a state or a type by language. The language of a name without one is empty.
pub(crate) fn names(item: &Value) -> Vec<(String, String)> {
    match item.get("name") {
        Some(Value::String(name)) => vec![(String::new(), name.clone())],
        Some(Value::Object(names)) => {
            let named = |(language, name): (&String, &Value)| {
                Some((language.clone(), name.as_str()?.to_owned()))
            };
            names.iter().filter_map(named).collect()
        }
        None | Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
            Vec::new()
        }
    }
}

/// The ID of an item of a list.
pub(crate) fn id(item: &Value) -> Result<String, Failure> {
    Ok(text(item, ID).required("id")?.clone())
}

/// The body that sets a state. Clients of the API send its ID as a text.
pub(crate) fn change_of_state(id: &str) -> Value {
    json!({ STATE: id })
}

/// Whether the answer to a change has another state than the wanted one. An answer that tells no state
/// proves nothing.
pub(crate) fn is_in_another_state(answer: &Value, id: &str) -> bool {
    let state = Reference::read(answer, STATE);
    state.is_some_and(|state| !state.id.eq_ignore_ascii_case(id))
}

/// The text in a place of a ticket. A part may be a bare reference to it, which tells nothing.
fn text(value: &Value, place: Place) -> Loose<String> {
    let mut value = value;
    for key in place {
        match value {
            Value::Object(fields) => match fields.get(*key) {
                Some(inner) => value = inner,
                None => return Loose::Missing,
            },
            // A part that is empty has no fields.
            Value::Null => return Loose::Empty,
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Loose::Missing;
            }
        }
    }
    scalar(value)
}

/// A single value as text.
fn scalar(value: &Value) -> Loose<String> {
    match value {
        Value::Null => Loose::Empty,
        Value::String(text) if text.trim().is_empty() => Loose::Empty,
        Value::String(text) => Loose::Value(text.clone()),
        Value::Number(number) => Loose::Value(number.to_string()),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Loose::Odd,
    }
}

fn moment(text: &str, name: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse(text)
        .ok_or_else(|| Failure::unexpected_answer(format!("`{name}` is not a moment")))
}

fn not_documented(name: &str) -> Failure {
    Failure::unexpected_answer(format!("`{name}` is not as documented"))
}
