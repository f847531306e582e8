//! Sessions: the run of one customer through a scenario.

use std::ops::RangeInclusive;

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_contract::name::best_language;
use krabice_contract::{Kind, Value};
use krabice_scenario::document::{InputFrom, Scenario};
use krabice_scenario::understand::Reading;
use krabice_scenario::{Variable, Variables};
use serde::{Deserialize, Serialize};

use crate::library::Library;
use crate::view::VisibleVariables;

/// The version of the stored form. Version 2 has the turn's time, and of a call its
/// evaluated parameters.
const VERSION: u32 = 2;

/// The versions that can be read. A session stored in another one is refused.
const READABLE: RangeInclusive<u32> = 1..=VERSION;

/// The run of one customer through a scenario.
///
/// It holds hidden values, so it cannot be serialised: storage takes a [`StoredSession`], a
/// browser gets what a [`Turn`](crate::Turn) shows and [`Session::visible_variables`].
///
/// ```compile_fail
/// fn send(session: &krabice_engine::Session) -> String {
///     serde_json::to_string(session).unwrap()
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub(crate) state: State,
}

/// The state of a session.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct State {
    /// Unique among the sessions of a host.
    pub(crate) id: String,
    /// The key of the trace's tokens, so that nobody can guess a value by its token.
    pub(crate) secret: String,
    /// The language of the texts that the customer sees.
    pub(crate) language: String,
    /// The running scenarios: the one that was started, then those that were jumped to.
    pub(crate) frames: Vec<Frame>,
    /// What the session waits for.
    pub(crate) waits: Waits,
    /// The time of the turn under way: that of its first input. None between two turns, and
    /// for a turn that was stored in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) now: Option<Timestamp>,
    /// The number of answers to the waiting box that did not fit.
    pub(crate) misfits: u32,
    /// What the customer is asked about the last answer to the waiting box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<Asked>,
    /// Whether the customer was asked at the waiting box if another spelling was meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) corrected: bool,
    /// The number of boxes entered since the customer's last input, across calls.
    pub(crate) turn_boxes: u32,
    /// The number of boxes and inputs of the session.
    pub(crate) boxes: u32,
    /// The number of calls.
    pub(crate) calls: u32,
    /// The texts of hidden values that the author revealed.
    pub(crate) revealed: Vec<String>,
}

/// A question of the host's about an answer that may mean something else, or several things.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Asked {
    /// Whether this was meant.
    Meant {
        reading: Reading,
        /// What is saved when the customer says no. Without it the box asks again.
        otherwise: Option<Value>,
    },
    /// Which one of these was meant.
    Which { readings: Vec<Reading> },
}

/// A running scenario.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Frame {
    /// Its name.
    pub(crate) scenario: String,
    /// The current box.
    pub(crate) at: String,
    /// Its variables.
    pub(crate) variables: Variables,
    /// The box of the scenario before it that its end returns to.
    pub(crate) returns_to: Option<String>,
}

/// What a session waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Waits {
    /// The session waits for its beginning.
    Begin,
    /// The session waits for the customer.
    Customer,
    /// The session waits for the end of this call.
    Call(PendingCall),
    /// The session waits for nothing, because it is finished.
    Finished(Reason),
}

/// A call under way.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredCall")]
pub(crate) struct PendingCall {
    /// Its key.
    pub(crate) key: String,
    /// Its parameters as they were evaluated, so that it is repeated with the same ones. None
    /// for a call that was stored in version 1: they are evaluated anew.
    pub(crate) parameters: Option<IndexMap<String, Variable>>,
}

/// A call in one of the forms that it was ever stored in.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum StoredCall {
    /// Version 1.
    Key(String),
    /// Version 2.
    Whole {
        key: String,
        parameters: Option<IndexMap<String, Variable>>,
    },
}

/// Prints the key and no value.
impl std::fmt::Debug for PendingCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.key)
    }
}

impl From<StoredCall> for PendingCall {
    fn from(stored: StoredCall) -> Self {
        match stored {
            StoredCall::Key(key) => PendingCall {
                key,
                parameters: None,
            },
            StoredCall::Whole { key, parameters } => PendingCall { key, parameters },
        }
    }
}

/// The reason why a session is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// An `end` box.
    End,
    /// A `handover` box: a person takes over.
    Handover,
    /// A limit was reached, or the scenario has changed.
    Fault,
}

impl Reason {
    /// The reason's word: `end`, `handover`, `fault`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Reason::End => "end",
            Reason::Handover => "handover",
            Reason::Fault => "fault",
        }
    }
}

/// The reason why a session cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The library has no such scenario.
    #[error("there is no scenario `{0}`")]
    NoScenario(String),
    /// The scenario requires an input.
    #[error("the scenario `{scenario}` requires the input `{input}`")]
    MissingInput {
        /// The scenario.
        scenario: String,
        /// The input.
        input: String,
    },
    /// The scenario has no such input.
    #[error("the scenario `{scenario}` has no input `{input}`")]
    NoInput {
        /// The scenario.
        scenario: String,
        /// The input.
        input: String,
    },
    /// An input's value is of another kind.
    #[error("the input `{input}` is of the kind `{expected}`, not `{found}`")]
    OtherKind {
        /// The input.
        input: String,
        /// The kind that the scenario declares.
        expected: Kind,
        /// The kind of the value.
        found: Kind,
    },
}

impl Session {
    /// A session at the start of a scenario, ready for [`Input::Begin`](crate::Input::Begin).
    ///
    /// `id` is unique on the host and a part of the keys of the session's calls. `secret` is
    /// known only to the host and is the key of the trace's tokens; 16 random bytes as text
    /// are enough. `language` is the customer's choice: the session uses it if the scenario
    /// has it, else its primary language (`cs` for `cs-CZ`), else the scenario's first
    /// language. Who may give which input, the host decides; an input that is not required
    /// may be left out, and then has its default.
    ///
    /// # Errors
    /// The scenario does not exist, or an input does not fit it.
    pub fn start(
        library: &Library,
        scenario: &str,
        id: impl Into<String>,
        secret: impl Into<String>,
        language: &str,
        inputs: IndexMap<String, Value>,
    ) -> Result<Self, StartError> {
        let Some(scenario) = library.get(scenario) else {
            return Err(StartError::NoScenario(scenario.to_owned()));
        };
        let mut variables = Variables::new();
        for (name, value) in inputs {
            let Some(expected) = scenario.inputs.get(&name) else {
                let scenario = scenario.name.to_string();
                return Err(StartError::NoInput {
                    scenario,
                    input: name,
                });
            };
            let (from, expected) = (*expected.from, *expected.kind);
            if !expected.accepts(value.kind()) {
                let found = value.kind();
                return Err(StartError::OtherKind {
                    input: name,
                    expected,
                    found,
                });
            }
            let variable = Variable::visible(value);
            variables.set(
                name,
                if from == InputFrom::Page {
                    variable.said()
                } else {
                    variable
                },
            );
        }
        let required = scenario.inputs.iter().filter(|(_, input)| input.required);
        for (name, _) in required {
            if variables.get(name).is_none() {
                return Err(StartError::MissingInput {
                    scenario: scenario.name.to_string(),
                    input: name.clone(),
                });
            }
        }
        set_defaults(scenario, &mut variables);
        let language = best_language(language, &scenario.languages);
        Ok(Self {
            state: State {
                id: id.into(),
                secret: secret.into(),
                language: language.unwrap_or_default().to_owned(),
                frames: vec![Frame {
                    scenario: scenario.name.to_string(),
                    at: scenario.start.to_string(),
                    variables,
                    returns_to: None,
                }],
                waits: Waits::Begin,
                now: None,
                misfits: 0,
                asked: None,
                corrected: false,
                turn_boxes: 0,
                boxes: 0,
                calls: 0,
                revealed: Vec::new(),
            },
        })
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.state.id
    }

    /// The language of the texts that the customer sees.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.state.language
    }

    /// The current scenario and box.
    #[must_use]
    pub fn place(&self) -> (&str, &str) {
        self.state
            .frames
            .last()
            .map_or(("", ""), |frame| (&frame.scenario, &frame.at))
    }

    /// The reason why the session is finished, if it is.
    #[must_use]
    pub fn finished(&self) -> Option<Reason> {
        match self.state.waits {
            Waits::Finished(reason) => Some(reason),
            Waits::Begin | Waits::Customer | Waits::Call(_) => None,
        }
    }

    /// The visible variables of the scenario that was started.
    #[must_use]
    pub fn visible_variables(&self) -> VisibleVariables {
        VisibleVariables::of(&self.state)
    }
}

/// Gives each input that has no value its default.
pub(crate) fn set_defaults(scenario: &Scenario, variables: &mut Variables) {
    for (name, input) in &scenario.inputs {
        if let (None, Some(default)) = (variables.get(name), &input.default) {
            variables.set(name, Variable::visible(default.clone()));
        }
    }
}

/// Prints the place of the session and no value.
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("language", &self.language)
            .field(
                "at",
                &self
                    .frames
                    .iter()
                    .map(|frame| (&frame.scenario, &frame.at))
                    .collect::<Vec<_>>(),
            )
            .field("waits", &self.waits)
            .finish_non_exhaustive()
    }
}

/// The stored form of a session, including hidden values, for a store that only the host
/// reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSession {
    version: u32,
    session: State,
}

/// The reason why a stored session cannot continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The stored form is of another version.
    #[error(
        "the session is stored in version {found}; this host reads the versions {} to {}",
        READABLE.start(),
        READABLE.end()
    )]
    OtherVersion {
        /// The version of the stored form.
        found: u32,
    },
}

impl From<Session> for StoredSession {
    fn from(session: Session) -> Self {
        Self {
            version: VERSION,
            session: session.state,
        }
    }
}

impl TryFrom<StoredSession> for Session {
    type Error = StoreError;

    fn try_from(stored: StoredSession) -> Result<Self, StoreError> {
        if READABLE.contains(&stored.version) {
            Ok(Self {
                state: stored.session,
            })
        } else {
            Err(StoreError::OtherVersion {
                found: stored.version,
            })
        }
    }
}
