//! The parts of a session that a customer may see. The engine builds them only here, so that
//! no hidden value leaves a session: templates withhold hidden values, and `mask` replaces
//! those that reach a text in another way, for example because a plugin repeats a parameter
//! in its answer.
//!
//! `mask` does not find a hidden text of fewer than six characters, nor one that was
//! changed on its way.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use krabice_contract::{MASK, Redaction, Value, mask_value};
use krabice_scenario::Variable;
use krabice_scenario::document::Expect;
use serde::Serialize;

use crate::limits::REVEALED;
use crate::session::State;

/// A text that may be shown. Only the engine makes one: from a template that withholds hidden
/// values, and then with any hidden value masked that is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct VisibleText(String);

impl VisibleText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text that the program itself contains.
    pub(crate) fn of_ours(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// A text that the program itself contains, with a time in it.
    pub(crate) fn of_ours_with(text: &'static str, time: &str) -> Self {
        Self(text.replace("{time}", time))
    }

    /// The customer's own words.
    pub(crate) fn of_customer(words: String) -> Self {
        Self(words)
    }

    /// The dots that replace a hidden text.
    pub(crate) fn dots() -> Self {
        Self(MASK.to_owned())
    }

    /// A text with its hidden values masked, and the names of their variables. `said` are the
    /// customer's own words in it, which stay; `source` is what the author wrote.
    pub(crate) fn masked(
        text: String,
        said: &[Range<usize>],
        source: &str,
        state: &State,
    ) -> (Self, Vec<String>) {
        let (text, masked) = mask_around(text, said, source, state);
        (Self(text), masked)
    }
}

impl std::fmt::Display for VisibleText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::ops::Deref for VisibleText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Something that a customer sees. A turn can show nothing else.
///
/// The serde form is one object with `event`: `{"event":"message","text":"…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Show {
    /// A message.
    Message {
        /// The message.
        text: VisibleText,
    },
    /// A file that the customer can download.
    File(OfferedFile),
    /// A question; the session waits for the customer.
    Ask {
        /// The question, or the text after an answer that did not fit.
        text: VisibleText,
        /// The form that the answer must have.
        expect: Expect,
        /// The choices of [`Expect::Choice`].
        #[serde(skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Offer>,
        /// Whether it is asked again because the last answer did not fit.
        again: bool,
    },
    /// Buttons; the session waits for the customer.
    Buttons {
        /// The text above them.
        text: VisibleText,
        /// The buttons, at least one.
        buttons: Vec<Offer>,
        /// Whether they are offered again because the last answer was none of them.
        again: bool,
    },
    /// A person takes over; the session is finished.
    Handover {
        /// The text, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<VisibleText>,
    },
    /// The session is finished.
    End {
        /// The text, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<VisibleText>,
    },
}

/// A file that the customer may have. Its serde form lacks the bytes, which are sent
/// separately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OfferedFile {
    /// The name to save it under, which stays within any folder.
    pub name: VisibleText,
    /// Its media type without parameters, such as `application/pdf`.
    pub media_type: String,
    /// Its size in bytes.
    pub size: usize,
    /// The bytes.
    #[serde(skip)]
    pub content: Arc<[u8]>,
}

/// A button, or a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The button's id or the choice's value, for [`Input::Press`](crate::Input::Press).
    pub id: String,
    /// The text on it.
    pub label: VisibleText,
}

/// The visible variables as plain JSON: decimals as strings with their digits, timestamps in
/// RFC 3339.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct VisibleVariables(IndexMap<String, serde_json::Value>);

impl VisibleVariables {
    pub(crate) fn of(state: &State) -> Self {
        let variables = state
            .frames
            .first()
            .into_iter()
            .flat_map(|frame| frame.variables.iter());
        Self(
            variables
                .filter(|(_, variable)| !variable.hidden)
                .map(|(name, variable)| (name.to_owned(), masked_variable(variable, state)))
                .collect(),
        )
    }

    /// The variable of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&serde_json::Value> {
        self.0.get(name)
    }

    /// Each variable with its name, in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &serde_json::Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// A visible variable as plain JSON, with hidden values masked in what back ends gave.
fn masked_variable(variable: &Variable, state: &State) -> serde_json::Value {
    if let Value::Text(text) = &variable.value {
        return mask_around(text.clone(), &variable.said, "", state)
            .0
            .into();
    }
    if variable.said.is_empty() {
        masked_value(&variable.value, state)
    } else {
        variable.value.to_plain_json()
    }
}

/// Masks a text around the customer's own words in it, which are shown as they were typed.
fn mask_around(
    text: String,
    said: &[Range<usize>],
    source: &str,
    state: &State,
) -> (String, Vec<String>) {
    if said.is_empty() {
        return mask(text, source, state);
    }
    let (mut whole, mut names) = (String::with_capacity(text.len()), Vec::new());
    let mut add = |part: &str, whole: &mut String| {
        let (part, masked) = mask(part.to_owned(), source, state);
        whole.push_str(&part);
        names.extend(masked);
    };
    let mut end = 0;
    for part in said {
        add(&text[end..part.start], &mut whole);
        whole.push_str(&text[part.clone()]);
        end = part.end;
    }
    add(&text[end..], &mut whole);
    names.sort();
    names.dedup();
    (whole, names)
}

/// A visible value as plain JSON, with hidden values masked in what its texts, numbers,
/// moments and files show.
pub(crate) fn masked_value(value: &Value, state: &State) -> serde_json::Value {
    mask_value(value, &|text| {
        let (masked, names) = mask(text.to_owned(), "", state);
        (!names.is_empty()).then_some(masked)
    })
}

/// Replaces every occurrence of a hidden text by dots, if it is long enough
/// ([`Redaction::IN_TEXTS`]). Returns the names of the variables that the hidden texts
/// belong to.
///
/// A hidden text that the author wrote into the text (`source`) or revealed on purpose stays.
pub(crate) fn mask(text: String, source: &str, state: &State) -> (String, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    let mut found: Vec<String> = Vec::new();
    for frame in &state.frames {
        for (name, variable) in frame
            .variables
            .iter()
            .filter(|(_, variable)| variable.hidden)
        {
            variable.value.each_text(&mut |hidden| {
                if is_looked_for(hidden)
                    && text.contains(hidden)
                    && !source.contains(hidden)
                    && !state
                        .revealed
                        .iter()
                        .any(|revealed| revealed.contains(hidden))
                {
                    found.push(hidden.to_owned());
                    if !names.iter().any(|known| known == name) {
                        names.push(name.to_owned());
                    }
                }
            });
        }
    }
    if found.is_empty() {
        return (text, names);
    }
    let redaction = Redaction::new(Redaction::IN_TEXTS, found);
    (redaction.mask(&text).into_owned(), names)
}

/// Remembers texts that an author revealed.
pub(crate) fn note_revealed(state: &mut State, texts: Vec<String>) {
    for text in texts.into_iter().filter(|text| is_looked_for(text)) {
        if !state.revealed.contains(&text) {
            if state.revealed.len() == REVEALED {
                state.revealed.remove(0);
            }
            state.revealed.push(text);
        }
    }
}

fn is_looked_for(text: &str) -> bool {
    text.chars().count() >= Redaction::IN_TEXTS
}
