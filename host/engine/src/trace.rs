//! The trace of a session, box by box, for the operator.
//!
//! Events hold no hidden and no personal values. A stable token replaces each:
//! `«hidden:9f3a1c»` or `«personal:0b77d2»`. Equal values have equal tokens within a session,
//! and nobody can guess a value by its token without the session's secret. A value is
//! personal if a manifest calls it so. Where no manifest tells (a customer's own words, a text
//! computed by `set`, a function without a manifest), every text counts as personal.

use indexmap::IndexMap;
use krabice_contract::shape::{Parts, Shape};
use krabice_contract::{Failure, Kind, Value, hex};
use krabice_scenario::Variable;
use krabice_scenario::document::Expect;
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::session::State;
use crate::view::{self, Show};

/// The longest text in an event, in characters; a longer one is cut.
const TEXT_CHARACTERS: usize = 500;

/// The most items of a list in an event; the number of the others is added at its end.
const ITEMS: usize = 50;

/// Receives what a session shows, and its trace.
pub trait Watcher {
    /// Something is shown to the customer.
    fn shown(&mut self, show: &Show) {
        let _ = show;
    }

    /// Whether the watcher wants [`Watcher::event`]; otherwise no event is made.
    fn wants_events(&self) -> bool {
        false
    }

    /// Something happened.
    fn event(&mut self, event: Event) {
        let _ = event;
    }
}

/// Ignores everything.
impl Watcher for () {}

/// Keeps every event.
impl Watcher for Vec<Event> {
    fn wants_events(&self) -> bool {
        true
    }

    fn event(&mut self, event: Event) {
        self.push(event);
    }
}

/// Something that happened in a session. Values are tokens or plain JSON.
///
/// The serde form is one object with `event`, such as
/// `{"event":"box","scenario":"order-status","box":"load","type":"call"}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
#[non_exhaustive]
pub enum Event {
    /// A box was entered.
    Box {
        /// The scenario.
        scenario: String,
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// The box's type: `message`, `call`, ….
        r#type: &'static str,
    },
    /// The customer answered an `answer` box.
    Answer {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// Whether the answer fits.
        fits: bool,
        /// What was saved.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Json>,
    },
    /// The customer pressed a button, or wrote something at a `buttons` box.
    Button {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// The button's id; none if there is no such button.
        button: Option<String>,
    },
    /// A variable was set.
    Set {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// The variable.
        variable: String,
        /// Its value; none if it is absent.
        value: Option<Json>,
    },
    /// A function is called.
    Call {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// `plugin/function`.
        function: String,
        /// The connection that the box names.
        #[serde(skip_serializing_if = "Option::is_none")]
        connection: Option<String>,
        /// The call's key.
        key: String,
        /// The parameters.
        parameters: IndexMap<String, Json>,
    },
    /// A function answered.
    Outcome {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// `plugin/function`.
        function: String,
        /// `true` or `false`.
        outcome: bool,
        /// The single value, or the fields.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Json>,
    },
    /// A function failed.
    Failure {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// `plugin/function`.
        function: String,
        /// The failure's class.
        class: &'static str,
        /// What happened.
        detail: String,
        /// The parameter that was refused.
        #[serde(skip_serializing_if = "Option::is_none")]
        parameter: Option<String>,
        /// The wait that the back end asked for, in seconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// A box was left.
    Exit {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// `next`, `true`, `false`, `failure`, `unknown`, `limited`, `exhausted` or
        /// `button`.
        exit: &'static str,
        /// The box after it.
        next: String,
    },
    /// Another scenario continues.
    Jump {
        /// Its name.
        scenario: String,
        /// The number of scenarios that wait for it to return.
        depth: usize,
    },
    /// Dots replaced hidden variables in a text, or a hidden file was not offered.
    Withheld {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// The variables.
        variables: Vec<String>,
    },
    /// A hidden value in a shown text was masked: an error of the scenario or of a plugin.
    Masked {
        /// The box's id.
        #[serde(rename = "box")]
        id: String,
        /// The variables whose value it is.
        variables: Vec<String>,
    },
    /// An input was ignored because the session does not wait for it.
    Ignored {
        /// `begin`, `answer`, `press`, `call-ended`, `limited` or `leave`.
        input: &'static str,
    },
    /// The session is finished.
    Finished {
        /// `end`, `handover` or `fault`.
        reason: &'static str,
        /// The description of the fault.
        #[serde(skip_serializing_if = "Option::is_none")]
        fault: Option<String>,
    },
}

/// Removes hidden and personal values from events.
pub(crate) struct Redaction<'a> {
    pub(crate) state: &'a State,
}

impl Redaction<'_> {
    /// A variable's value. Without a shape, every text in it counts as personal.
    pub(crate) fn variable(&self, variable: &Variable, shape: Option<&Shape>) -> Json {
        self.value(&variable.value, variable.hidden, shape)
    }

    pub(crate) fn value(&self, value: &Value, hidden: bool, shape: Option<&Shape>) -> Json {
        if hidden {
            return self.hidden(value).into();
        }
        match (shape, value) {
            (Some(shape), value) if shape.personal => self.token("personal", value).into(),
            (None, Value::Text(_) | Value::File(_)) => self.token("personal", value).into(),
            (_, Value::List(items)) => {
                let of = match shape.map(|shape| &shape.parts) {
                    Some(Parts::Items(items)) => Some(&**items),
                    _ => None,
                };
                let mut shown: Vec<Json> = items
                    .iter()
                    .take(ITEMS)
                    .map(|item| self.value(item, false, of))
                    .collect();
                if items.len() > ITEMS {
                    shown.push(format!("… {} more", items.len() - ITEMS).into());
                }
                shown.into()
            }
            (_, Value::Record(fields)) => fields
                .iter()
                .map(|(name, field)| {
                    let of = shape
                        .and_then(|shape| shape.field(name))
                        .map(|part| &part.shape);
                    (name.clone(), self.value(field, false, of))
                })
                .collect(),
            (_, value) => {
                let shown = view::masked_value(value, self.state);
                if let Json::String(text) = shown {
                    shortened(text).into()
                } else {
                    shown
                }
            }
        }
    }

    /// The event of a failure.
    pub(crate) fn failure(&self, id: &str, function: String, failure: &Failure) -> Event {
        Event::Failure {
            id: id.to_owned(),
            function,
            class: failure.class.word(),
            detail: self.text(failure.detail.clone()),
            parameter: failure.parameter.clone(),
            retry_after: failure.retry_after.map(|wait| wait.as_secs()),
        }
    }

    /// A text with hidden values masked, cut to its longest length.
    fn text(&self, text: String) -> String {
        shortened(view::mask(text, "", self.state).0)
    }

    /// The token of a hidden value.
    pub(crate) fn hidden(&self, value: &Value) -> String {
        self.token("hidden", value)
    }

    /// The token that replaces a value: equal for equal values within a session.
    fn token(&self, what: &str, value: &Value) -> String {
        let plain = if let Value::Text(text) = value {
            text.clone()
        } else {
            value.to_plain_json().to_string()
        };
        let mut hash = Sha256::new();
        hash.update((self.state.secret.len() as u64).to_be_bytes());
        hash.update(&self.state.secret);
        hash.update(&plain);
        let hash = hash.finalize();
        format!("«{what}:{}»", hex(&hash[..3]))
    }
}

/// A text cut to its longest length.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TEXT_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The shape of a customer's answer that is not personal: a number, a date, a choice, or the
/// order number that a session is about. None for a personal one.
pub(crate) fn answer_shape(expect: Expect) -> Option<Shape> {
    match expect {
        Expect::OrderNumber | Expect::Number | Expect::Date | Expect::Choice => {
            Some(Shape::any(Kind::Text))
        }
        Expect::Text | Expect::Email | Expect::Phone | Expect::Pattern => None,
    }
}
