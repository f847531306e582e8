//! Sessions: one customer's run through a scenario.

use indexmap::IndexMap;
use krabice_scenario::{Kind, Value, Variable, Variables};
use serde::{Deserialize, Serialize};

use crate::Library;
use crate::view::VisibleVariables;

/// The version of the stored form. A stored session of another version is refused.
const VERSION: u32 = 1;

/// One customer's run through a scenario.
///
/// It holds hidden values, so it cannot be serialised by itself: storage takes
/// a [`StoredSession`], a browser gets what a [`Turn`](crate::Turn) shows and
/// [`Session::visible_variables`].
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

/// What a session knows.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct State {
    /// Unique among the sessions of a host.
    pub(crate) id: String,
    /// Keys the tokens of the trace, so that nobody can try values against them.
    pub(crate) secret: String,
    /// The language that the customer is spoken to in.
    pub(crate) language: String,
    /// The scenarios under way: the one that was started, then those that were jumped to.
    pub(crate) frames: Vec<Frame>,
    /// What the session waits for.
    pub(crate) waits: Waits,
    /// How many answers to the waiting box did not fit.
    pub(crate) misfits: u32,
    /// How many boxes the turn went through, calls included.
    pub(crate) turn_boxes: u32,
    /// How many boxes and inputs the session went through.
    pub(crate) boxes: u32,
    /// How many calls were made.
    pub(crate) calls: u32,
    /// The hidden texts that the author made visible.
    pub(crate) revealed: Vec<String>,
}

/// One scenario under way.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Frame {
    /// Its name.
    pub(crate) scenario: String,
    /// The box where it stands.
    pub(crate) at: String,
    /// Its variables.
    pub(crate) variables: Variables,
    /// The box of the scenario below where its end leads.
    pub(crate) returns_to: Option<String>,
}

/// What a session waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Waits {
    /// To begin.
    Begin,
    /// For the customer.
    Customer,
    /// For the end of a call, by its key.
    Call(String),
    /// For nothing.
    Finished(Reason),
}

/// Why a session is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// An `end` box.
    End,
    /// A `handover` box: a person goes on.
    Handover,
    /// A limit was reached, or the scenario is not what it was.
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

/// Why a session cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The library has no such scenario.
    #[error("there is no scenario `{0}`")]
    NoScenario(String),
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
        /// The kind that the scenario says.
        expected: Kind,
        /// The kind of the value.
        found: Kind,
    },
}

impl Session {
    /// A session at the start of a scenario, ready for [`Input::Begin`](crate::Input::Begin).
    ///
    /// `id` names the session: unique on the host, part of the keys of its
    /// calls. `secret` is known to the host alone and keys the trace's tokens; 16
    /// random bytes as text are enough. `language` is the customer's wish: the
    /// session speaks it if the scenario does, else its base (`cs` for
    /// `cs-CZ`), else the scenario's first. Inputs may be left out.
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
                let scenario = scenario.name.clone();
                return Err(StartError::NoInput {
                    scenario,
                    input: name,
                });
            };
            if !expected.accepts(value.kind()) {
                let found = value.kind();
                return Err(StartError::OtherKind {
                    input: name,
                    expected: *expected,
                    found,
                });
            }
            variables.set(name, Variable::visible(value));
        }
        let base = language.split('-').next().unwrap_or(language);
        let spoken = |wish: &str| {
            scenario
                .languages
                .iter()
                .find(|known| known.eq_ignore_ascii_case(wish))
        };
        let language = spoken(language)
            .or_else(|| spoken(base))
            .or(scenario.languages.first());
        Ok(Self {
            state: State {
                id: id.into(),
                secret: secret.into(),
                language: language.cloned().unwrap_or_default(),
                frames: vec![Frame {
                    scenario: scenario.name.clone(),
                    at: scenario.start.clone(),
                    variables,
                    returns_to: None,
                }],
                waits: Waits::Begin,
                misfits: 0,
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

    /// The language that the customer is spoken to in.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.state.language
    }

    /// The scenario and the box where the session stands.
    #[must_use]
    pub fn place(&self) -> (&str, &str) {
        self.state
            .frames
            .last()
            .map_or(("", ""), |frame| (&frame.scenario, &frame.at))
    }

    /// Why the session is finished, if it is.
    #[must_use]
    pub fn finished(&self) -> Option<Reason> {
        match self.state.waits {
            Waits::Finished(reason) => Some(reason),
            _ => None,
        }
    }

    /// The variables that anybody may see: those of the scenario that was
    /// started, without the hidden ones.
    #[must_use]
    pub fn visible_variables(&self) -> VisibleVariables {
        VisibleVariables::of(&self.state)
    }
}

/// Says where the session stands, and no value.
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

/// A session as it is stored, hidden values included: for a store that only
/// the host reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSession {
    version: u32,
    session: State,
}

/// Why a stored session cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It was stored by another version of the engine.
    #[error("the session is stored in version {found}, not {VERSION}")]
    OtherVersion {
        /// The version it says.
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
        if stored.version == VERSION {
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
