//! What leaves the server for a browser: a closed set of types. Each is made from
//! what the engine says may be shown, and from nothing else of a session.

use std::sync::Arc;

use jiff::Timestamp;
use krabice_engine::view::Expected;
use krabice_engine::{Offer, Reason, Show, VisibleText, VisibleVariables};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that happened in a session, numbered from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Event {
    /// Its number.
    pub n: u64,
    /// When it happened: RFC 3339, in UTC.
    #[schema(format = DateTime)]
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub(crate) enum What {
    /// The customer said something; `•••` where it went into a hidden variable.
    Said {
        /// What they said.
        text: String,
    },
    /// A message.
    Message {
        /// What it says.
        text: String,
    },
    /// A question.
    Ask {
        /// The question.
        text: String,
        /// What the answer must look like.
        expect: Expect,
        /// The choices, where it is one of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Choice>,
        /// Whether it is asked again because the last answer did not fit.
        again: bool,
    },
    /// Buttons.
    Buttons {
        /// What stands above them.
        text: String,
        /// The buttons.
        buttons: Vec<Choice>,
        /// Whether they are offered again because the last answer was none of them.
        again: bool,
    },
    /// A file to take.
    File {
        /// The name to save it under.
        name: String,
        /// Its media type.
        media_type: String,
        /// Its size in bytes.
        size: u64,
        /// Where it is, relative to the server.
        href: String,
    },
    /// A person goes on; the session is finished.
    Handover {
        /// What is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// The session is finished.
    End {
        /// What is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
}

/// A button or a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Choice {
    /// What `press` takes.
    pub id: String,
    /// What stands on it.
    pub label: String,
}

/// What an answer must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expect {
    /// Any text.
    Text,
    /// An order number.
    OrderNumber,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A number.
    Number,
    /// A date.
    Date,
    /// One of the choices.
    Choice,
    /// A text of a certain form.
    Pattern,
}

/// What a session waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub(crate) enum Waits {
    /// For a typed answer.
    Answer {
        /// What it must look like.
        expect: Expect,
        /// The choices, where it is one of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Choice>,
    },
    /// For a button.
    Button {
        /// The buttons.
        buttons: Vec<Choice>,
    },
    /// For nothing: the session is finished.
    Nothing {
        /// Why.
        reason: Finish,
    },
    /// For the shop's systems: a turn is under way.
    Call,
}

/// Why a session is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Finish {
    /// It came to its end, was ended, or nobody answered for long.
    End,
    /// A person goes on.
    Handover,
    /// It could not go on.
    Fault,
}

/// A session that was started.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Started {
    /// Its public name.
    pub session: String,
    /// What opens it. It is shown here and never again.
    pub token: String,
    /// The language that the customer is spoken to in.
    pub language: String,
    /// What the scenario is called.
    pub title: String,
    /// What happened so far.
    pub events: Vec<Event>,
    /// What it waits for.
    pub waits: Waits,
}

/// A session as its customer may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Resumed {
    /// Its public name.
    pub session: String,
    /// The language that the customer is spoken to in.
    pub language: String,
    /// What the scenario is called.
    pub title: String,
    /// The whole transcript.
    pub events: Vec<Event>,
    /// What it waits for.
    pub waits: Waits,
    /// The variables that are not hidden.
    #[schema(value_type = Object)]
    pub variables: serde_json::Value,
}

/// What came of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Answered {
    /// What happened in this turn.
    pub events: Vec<Event>,
    /// What the session waits for then.
    pub waits: Waits,
}

/// Everything of a session that its customer may have.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Export {
    /// Its public name.
    pub session: String,
    /// The scenario.
    pub scenario: String,
    /// The language that the customer was spoken to in.
    pub language: String,
    /// When it was started.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it was finished, if it is.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// The whole transcript.
    pub events: Vec<Event>,
    /// The variables that are not hidden.
    #[schema(value_type = Object)]
    pub variables: serde_json::Value,
}

/// What anybody may know of a published scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ScenarioFacts {
    /// Its name.
    pub name: String,
    /// What it is called, in its first language or the one that was asked for.
    pub title: String,
    /// The languages it speaks.
    pub languages: Vec<String>,
}

/// A file of an event, with its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub(crate) n: u64,
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) content: Arc<[u8]>,
}

/// Builds the events of a session, each with the next number.
pub(crate) struct Recorder<'a> {
    pub(crate) session: &'a str,
    pub(crate) last: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) files: Vec<Attachment>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn after(session: &'a str, last: u64) -> Recorder<'a> {
        Recorder {
            session,
            last,
            events: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Notes what the customer said.
    pub(crate) fn said(&mut self, text: &VisibleText, at: Timestamp) {
        let text = text.to_string();
        self.push(What::Said { text }, at);
    }

    /// Notes what was shown.
    pub(crate) fn shown(&mut self, show: &Show, at: Timestamp) {
        let what = match show {
            Show::Message { text } => What::Message {
                text: text.to_string(),
            },
            Show::Ask {
                text,
                expect,
                choices,
                again,
            } => What::Ask {
                text: text.to_string(),
                expect: (*expect).into(),
                choices: offers(choices),
                again: *again,
            },
            Show::Buttons {
                text,
                buttons,
                again,
            } => What::Buttons {
                text: text.to_string(),
                buttons: offers(buttons),
                again: *again,
            },
            Show::File(file) => {
                let n = self.last + 1;
                self.files.push(Attachment {
                    n,
                    name: file.name.to_string(),
                    media_type: file.media_type.clone(),
                    content: Arc::clone(&file.content),
                });
                What::File {
                    name: file.name.to_string(),
                    media_type: file.media_type.clone(),
                    size: file.size as u64,
                    href: format!("/api/v1/sessions/{}/files/{n}", self.session),
                }
            }
            Show::Handover { text } => What::Handover {
                text: text.as_ref().map(ToString::to_string),
            },
            Show::End { text } => What::End {
                text: text.as_ref().map(ToString::to_string),
            },
        };
        self.push(what, at);
    }

    fn push(&mut self, what: What, at: Timestamp) {
        self.last += 1;
        let at = format!("{at:.3}");
        self.events.push(Event {
            n: self.last,
            at,
            what,
        });
    }
}

/// What a session waits for after the last question it showed.
pub(crate) fn waits_after(show: &[Show]) -> Option<Waits> {
    show.iter().rev().find_map(|show| match show {
        Show::Ask {
            expect, choices, ..
        } => Some(Waits::Answer {
            expect: (*expect).into(),
            choices: offers(choices),
        }),
        Show::Buttons { buttons, .. } => Some(Waits::Button {
            buttons: offers(buttons),
        }),
        _ => None,
    })
}

/// The visible variables as JSON.
pub(crate) fn variables(variables: &VisibleVariables) -> serde_json::Value {
    variables
        .iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

fn offers(offers: &[Offer]) -> Vec<Choice> {
    offers
        .iter()
        .map(|offer| Choice {
            id: offer.id.clone(),
            label: offer.label.to_string(),
        })
        .collect()
}

impl From<Expected> for Expect {
    fn from(expected: Expected) -> Expect {
        match expected {
            Expected::Text => Expect::Text,
            Expected::OrderNumber => Expect::OrderNumber,
            Expected::Email => Expect::Email,
            Expected::Phone => Expect::Phone,
            Expected::Number => Expect::Number,
            Expected::Date => Expect::Date,
            Expected::Choice => Expect::Choice,
            Expected::Pattern => Expect::Pattern,
        }
    }
}

impl From<Reason> for Finish {
    fn from(reason: Reason) -> Finish {
        match reason {
            Reason::End => Finish::End,
            Reason::Handover => Finish::Handover,
            Reason::Fault => Finish::Fault,
        }
    }
}
