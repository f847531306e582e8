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
        Ok(text(&self.0, ID)?.required("id")?.clone())
    }

    /// The number that people see; empty without one.
    pub(crate) fn code(&self) -> Result<String, Failure> {
        Ok(text(&self.0, CODE)?.text())
    }

    /// Whether it is about this order; `None` if the answer does not say.
    pub(crate) fn is_of_order(&self, number: &str) -> Result<Option<bool>, Failure> {
        Ok(match text(&self.0, ORDER)? {
            Loose::Missing => None,
            Loose::Empty => Some(false),
            Loose::Value(own) => Some(same_number(&own, number)),
        })
    }

    /// Whether it is from the customer with this e-mail; `None` if the answer does not say.
    pub(crate) fn is_of_customer(&self, email: &Email) -> Result<Option<bool>, Failure> {
        let mut says = None;
        for place in EMAIL {
            match text(&self.0, place)? {
                Loose::Missing => {}
                Loose::Empty => says = Some(false),
                Loose::Value(own) => return Ok(Some(email.is(&own))),
            }
        }
        Ok(says)
    }

    /// Whether it has not been closed.
    pub(crate) fn is_open(&self) -> Result<bool, Failure> {
        Ok(text(&self.0, CLOSED)?.value().is_none())
    }

    /// The moment of its creation.
    pub(crate) fn created(&self) -> Result<Timestamp, Failure> {
        moment(
            text(&self.0, CREATED)?.required("created_at")?,
            "created_at",
        )
    }

    /// The moment of its last change; that of its creation for a ticket that was never changed.
    pub(crate) fn updated(&self) -> Result<Timestamp, Failure> {
        match text(&self.0, UPDATED)?.known("updated_at")? {
            Some(updated) => moment(updated, "updated_at"),
            None => self.created(),
        }
    }

    pub(crate) fn state(&self) -> Result<Option<Reference>, Failure> {
        Reference::read(&self.0, STATE)
    }

    pub(crate) fn kind(&self) -> Result<Option<Reference>, Failure> {
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
    /// Reads the state or the type; `None` for a ticket without one.
    fn read(ticket: &Value, key: &'static str) -> Result<Option<Self>, Failure> {
        let Some(reference) = ticket.get(key) else {
            return Err(Failure::unexpected_answer(format!(
                "the answer lacks `{key}`"
            )));
        };
        if reference.is_object() {
            let id = text(reference, ID)?.required("id")?.clone();
            let names = names(reference)?;
            return Ok(Some(Self { id, names }));
        }
        let id = scalar(reference).ok_or_else(|| not_documented(key))?;
        Ok(id.value().map(|id| Self {
            id: id.clone(),
            names: Vec::new(),
        }))
    }
}

/// The names of a state or a type by language. The language of a name without one is empty.
pub(crate) fn names(item: &Value) -> Result<Vec<(String, String)>, Failure> {
    match item.get("name") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(name)) => Ok(vec![(String::new(), name.clone())]),
        Some(Value::Object(names)) => {
            let named = |(language, name): (&String, &Value)| {
                Some((language.clone(), name.as_str()?.to_owned()))
            };
            Ok(names.iter().filter_map(named).collect())
        }
        Some(_) => Err(not_documented("name")),
    }
}

/// The ID of an item of a list.
pub(crate) fn id(item: &Value) -> Result<String, Failure> {
    Ok(text(item, ID)?.required("id")?.clone())
}

/// The body that sets a state. Clients of the API send its ID as a text.
pub(crate) fn change_of_state(id: &str) -> Value {
    json!({ STATE: id })
}

/// Whether the answer to a change has another state than the wanted one. An answer without a state,
/// or with one in another form, proves nothing.
pub(crate) fn is_in_another_state(answer: &Value, id: &str) -> bool {
    matches!(answer.get(STATE), Some(Value::String(own)) if own != id)
}

/// The text in a place of a ticket.
fn text(value: &Value, place: Place) -> Result<Loose<String>, Failure> {
    let mut value = value;
    for key in place {
        match value {
            Value::Object(fields) => match fields.get(*key) {
                Some(inner) => value = inner,
                None => return Ok(Loose::Missing),
            },
            // A part that is empty has no fields.
            Value::Null => return Ok(Loose::Empty),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(not_documented(key));
            }
        }
    }
    let name = place.last().copied().expect("a place has a key");
    scalar(value).ok_or_else(|| not_documented(name))
}

/// A single value as text; `None` for a boolean, a list or an object.
fn scalar(value: &Value) -> Option<Loose<String>> {
    match value {
        Value::Null => Some(Loose::Empty),
        Value::String(text) if text.trim().is_empty() => Some(Loose::Empty),
        Value::String(text) => Some(Loose::Value(text.clone())),
        Value::Number(number) => Some(Loose::Value(number.to_string())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn moment(text: &str, name: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse(text)
        .ok_or_else(|| Failure::unexpected_answer(format!("`{name}` is not a moment")))
}

fn not_documented(name: &str) -> Failure {
    Failure::unexpected_answer(format!("`{name}` is not as documented"))
}
