//! The input and the result of a turn.

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::{Failure, Outcome};
use krabice_scenario::{Guess, Variable};

use crate::session::{Reason, Session};
use crate::view::{Show, VisibleText};

/// An event that advances a session.
#[derive(Clone, PartialEq)]
pub enum Input {
    /// The session begins.
    Begin,
    /// The customer wrote something: an answer, or a button's label or number.
    Answer(String),
    /// The customer pressed a button, by its id; at an `answer` box, a choice by its value.
    Press(String),
    /// A call ended.
    CallEnded {
        /// The key of its [`CallRequest`].
        key: String,
        /// The outcome, or the failure.
        result: Result<Outcome, Failure>,
    },
    /// The host refuses to make a call, because too many guesses have failed. The session
    /// leaves the box by its exit `limited`; without one the customer is told until when, and
    /// the session waits at the box.
    Limited {
        /// The key of the [`CallRequest`].
        key: String,
        /// When the host makes such a call again.
        until: Timestamp,
    },
    /// An [`Answer`](Input::Answer) or a [`Press`](Input::Press) to a session that holds as much as
    /// the host lets it. It is kept for the transcript; then the customer is asked to start
    /// another session, and this one is finished.
    TooLong(Box<Input>),
    /// The customer ends the session.
    Leave,
    /// Repeats the question or the call that the session waits for; starts a session that
    /// has not started yet. For a page that was reloaded, or a host that was restarted
    /// during a call.
    Resume,
}

impl Input {
    /// The input's word: `begin`, `answer`, `press`, `call-ended`, `limited`, `too-long`,
    /// `leave`, `resume`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Input::Begin => "begin",
            Input::Answer(_) => "answer",
            Input::Press(_) => "press",
            Input::CallEnded { .. } => "call-ended",
            Input::Limited { .. } => "limited",
            Input::TooLong(_) => "too-long",
            Input::Leave => "leave",
            Input::Resume => "resume",
        }
    }
}

/// Prints the word only: a customer's text and a function's answer may be hidden values.
impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The session after it.
    pub session: Session,
    /// The text that the customer wrote or pressed, for the transcript: `•••` if it was saved
    /// to a hidden variable. None if the input was not the customer's.
    pub said: Option<VisibleText>,
    /// What the customer sees, in order.
    pub show: Vec<Show>,
    /// The guesses of the `condition` boxes that were passed.
    pub guesses: Vec<Compared>,
    /// The next step.
    pub then: Then,
}

/// A comparison of the customer's words with a hidden value, in a `condition` box.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The scenario.
    pub scenario: String,
    /// The box.
    pub box_id: String,
    /// What was compared.
    pub guess: Guess,
}

/// A `condition` box that the host does not let a session pass, because too many guesses have failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The scenario.
    pub scenario: String,
    /// The box.
    pub box_id: String,
    /// When the host lets such a session pass again.
    pub until: Timestamp,
}

/// The next step after a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// Wait for the customer.
    AwaitCustomer,
    /// Call a function, then continue with [`Input::CallEnded`].
    Call(Box<CallRequest>),
    /// The session is finished.
    Finished(Reason),
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRequest {
    /// The plugin's name.
    pub plugin: String,
    /// The function's name.
    pub function: String,
    /// The connection's name; none if it is the only one of the plugin, or not needed.
    pub connection: Option<String>,
    /// The parameters by name, without those whose value is absent. Logs must not show those
    /// that are hidden.
    pub parameters: IndexMap<String, Variable>,
    /// The key of the call: 32 hexadecimal digits, equal only for the same call of the same
    /// session.
    pub key: String,
    /// The session's language tag.
    pub language: String,
    /// The scenario's time zone.
    pub time_zone: TimeZone,
    /// The time of the turn, which a repetition of the call gets, too.
    pub now: Timestamp,
    /// The scenario that calls.
    pub scenario: String,
    /// Its box.
    pub box_id: String,
}
