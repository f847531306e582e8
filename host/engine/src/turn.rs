//! What goes into a turn and what comes out of it.

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use krabice_scenario::{Failure, Outcome, Variable};

use crate::view::{Show, VisibleText};
use crate::{Reason, Session};

/// What happens to a session.
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
        /// What it came to.
        result: Result<Outcome, Failure>,
    },
    /// The host does not make a call, because the customer tried too often: they
    /// are told so and handed to a person.
    TooManyTries {
        /// The key of the [`CallRequest`].
        key: String,
    },
    /// The customer ends the session.
    Leave,
    /// Nothing happened: what is waited for is said again, and a session that
    /// has not begun begins. For a page that was reloaded, or a host that
    /// started anew in the middle of a call.
    Resume,
}

impl Input {
    /// The input's word: `begin`, `answer`, `press`, `call-ended`, `too-many-tries`,
    /// `leave`, `resume`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Input::Begin => "begin",
            Input::Answer(_) => "answer",
            Input::Press(_) => "press",
            Input::CallEnded { .. } => "call-ended",
            Input::TooManyTries { .. } => "too-many-tries",
            Input::Leave => "leave",
            Input::Resume => "resume",
        }
    }
}

/// The word alone: what a customer wrote, or a function answered, may be to hide.
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
    /// What the customer wrote or pressed, as it may be kept beside what was
    /// shown: `•••` where it went into a hidden variable. None where the input
    /// was not the customer's.
    pub said: Option<VisibleText>,
    /// What the customer sees, in order.
    pub show: Vec<Show>,
    /// What is next.
    pub then: Then,
}

/// What is next after a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// The customer is awaited.
    AwaitCustomer,
    /// A function is to be called, then [`Input::CallEnded`].
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
    /// The connection's name; none: the plugin's only one, or none needed.
    pub connection: Option<String>,
    /// The parameters by name; one whose value is absent is left out. Whether
    /// each is hidden is for logs.
    pub parameters: IndexMap<String, Variable>,
    /// The same for the same call of the same session, and for no other: 32
    /// hexadecimal digits.
    pub key: String,
    /// The session's language tag.
    pub language: String,
    /// The scenario's time zone.
    pub time_zone: TimeZone,
    /// The scenario that calls.
    pub scenario: String,
    /// Its box.
    pub box_id: String,
}
