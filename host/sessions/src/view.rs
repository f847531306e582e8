//! The values that a customer gets, and the stored form of events.
//!
//! They are built from `krabice_engine::view` and from nothing else of a session: that module
//! decides what of a session is visible, this one gives it the API's JSON form and numbers it.

use std::sync::Arc;

use jiff::Timestamp;
use krabice_engine::view::Expected;
use krabice_engine::{Offer, Reason, Show, VisibleText};
use krabice_store::sessions::{Attachment, StoredEvent};
use krabice_store::{StoreError, parse_json, to_json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An event of a session. Events are numbered from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The event's number.
    pub n: u64,
    /// The time of the event, in RFC 3339 and UTC.
    #[schema(format = DateTime)]
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EventKind {
    /// The customer wrote or pressed something.
    Said {
        /// The customer's words; `•••` for an answer that was saved in a hidden variable.
        text: String,
    },
    /// A message.
    Message {
        /// The message.
        text: String,
    },
    /// A question.
    Ask {
        /// The question.
        text: String,
        /// The expected form of the answer.
        expect: Expect,
        /// The choices, if the answer is one of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Choice>,
        /// Whether the question is asked again because the last answer did not fit.
        again: bool,
    },
    /// Buttons.
    Buttons {
        /// The text above the buttons.
        text: String,
        /// The buttons.
        buttons: Vec<Choice>,
        /// Whether the buttons are offered again because the last answer was not one of them.
        again: bool,
    },
    /// A file to download.
    File {
        /// The file's name.
        name: String,
        /// The file's media type.
        #[serde(rename = "media-type")]
        // The API's description ignores `rename_all_fields`.
        media_type: String,
        /// The file's size in bytes.
        size: u64,
        /// The path of the file at the server.
        href: String,
    },
    /// The session is finished, and a person takes over.
    Handover {
        /// The message to the customer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// The session is finished.
    End {
        /// The message to the customer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
}

/// A button or a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    /// The value to send as `press`.
    pub id: String,
    /// The text on the button or of the choice.
    pub label: String,
}

/// The expected form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
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
    /// A text that matches a pattern.
    Pattern,
}

/// What a session waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum Waits {
    /// The session waits for a typed answer.
    Answer {
        /// The expected form of the answer.
        expect: Expect,
        /// The choices, if the answer is one of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Choice>,
    },
    /// The session waits for a button.
    Button {
        /// The buttons.
        buttons: Vec<Choice>,
    },
    /// The session is finished and waits for nothing.
    Nothing {
        /// Why the session is finished.
        reason: Finish,
    },
    /// A turn is under way, and the session waits for a call to one of the shop's systems.
    Call,
}

/// Why a session is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    /// The scenario came to its end, the customer ended the session, or nobody answered for too long.
    End,
    /// A person takes over.
    Handover,
    /// The session ended with a fault.
    Fault,
}

/// A new session.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Started {
    /// The session's public name.
    pub session: String,
    /// The token that opens the session. It is shown only here.
    pub token: String,
    /// The language of the session.
    pub language: String,
    /// The scenario's title.
    pub title: String,
    /// All events so far.
    pub events: Vec<Event>,
    /// What the session waits for.
    pub waits: Waits,
}

/// A session, as its customer may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Resumed {
    /// The session's public name.
    pub session: String,
    /// The language of the session.
    pub language: String,
    /// The scenario's title.
    pub title: String,
    /// All events.
    // Empty until they are sent, which is done in pages.
    pub events: Vec<Event>,
    /// What the session waits for.
    pub waits: Waits,
    /// The values of all variables that are not hidden.
    #[schema(value_type = Object)]
    pub variables: serde_json::Value,
}

/// The result of a turn.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Answered {
    /// The events of the turn.
    pub events: Vec<Event>,
    /// What the session waits for after the turn.
    pub waits: Waits,
}

/// All data of a session that its customer may have.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Export {
    /// The session's public name.
    pub session: String,
    /// The scenario's name.
    pub scenario: String,
    /// The language of the session.
    pub language: String,
    /// The time at which the session was started.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// The time at which the session was finished, if it is.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// All events.
    // Empty until they are sent, which is done in pages.
    pub events: Vec<Event>,
    /// The values of all variables that are not hidden.
    #[schema(value_type = Object)]
    pub variables: serde_json::Value,
}

/// The public facts of a published scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScenarioFacts {
    /// The scenario's name.
    pub name: String,
    /// The scenario's title, in its first language or in the one that was asked for.
    pub title: String,
    /// The languages of the scenario.
    pub languages: Vec<String>,
}

/// The stored form of an event.
pub(crate) fn stored_event(event: &Event) -> StoredEvent {
    StoredEvent {
        n: event.n,
        event: to_json(event),
    }
}

/// Reads stored events.
pub(crate) fn read_events(events: &[StoredEvent]) -> Result<Vec<Event>, StoreError> {
    let events = events.iter();
    events
        .map(|stored| parse_json("event", &stored.event))
        .collect()
}

/// Turns what the engine shows into numbered events and files.
pub(crate) struct TranscriptRecorder {
    session: String,
    /// The number of the last event.
    pub(crate) last: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) files: Vec<Attachment>,
}

impl TranscriptRecorder {
    /// A recorder whose first event has the number `last + 1`.
    pub(crate) fn after(session: &str, last: u64) -> TranscriptRecorder {
        TranscriptRecorder {
            session: session.to_owned(),
            last,
            events: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Records what the customer wrote or pressed.
    pub(crate) fn said(&mut self, text: &VisibleText, at: Timestamp) {
        let text = text.to_string();
        self.push(EventKind::Said { text }, at);
    }

    /// Records what was shown to the customer.
    pub(crate) fn shown(&mut self, show: &Show, at: Timestamp) {
        let kind = match show {
            Show::Message { text } => EventKind::Message {
                text: text.to_string(),
            },
            Show::Ask {
                text,
                expect,
                choices,
                again,
            } => EventKind::Ask {
                text: text.to_string(),
                expect: (*expect).into(),
                choices: offers(choices),
                again: *again,
            },
            Show::Buttons {
                text,
                buttons,
                again,
            } => EventKind::Buttons {
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
                EventKind::File {
                    name: file.name.to_string(),
                    media_type: file.media_type.clone(),
                    size: file.size as u64,
                    href: format!("/api/v1/sessions/{}/files/{n}", self.session),
                }
            }
            Show::Handover { text } => EventKind::Handover {
                text: text.as_ref().map(ToString::to_string),
            },
            Show::End { text } => EventKind::End {
                text: text.as_ref().map(ToString::to_string),
            },
        };
        self.push(kind, at);
    }

    fn push(&mut self, kind: EventKind, at: Timestamp) {
        self.last += 1;
        let at = format!("{at:.3}");
        self.events.push(Event {
            n: self.last,
            at,
            kind,
        });
    }
}

/// What a session waits for after it has shown a question; `None` if it has shown none.
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
        Show::Message { .. } | Show::File(_) | Show::Handover { .. } | Show::End { .. } => None,
    })
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

impl Finish {
    /// The word in metrics and spans.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Finish::End => "end",
            Finish::Handover => "handover",
            Finish::Fault => "fault",
        }
    }
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
