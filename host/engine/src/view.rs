//! What anybody but the host may see of a session. Everything that leaves it
//! for a customer is built here and nowhere else.

use std::sync::Arc;

use indexmap::IndexMap;
use krabice_scenario::Value;
use krabice_scenario::scenario::Expect;
use krabice_scenario::template::DOTS;
use serde::Serialize;

use crate::limits::{MASKED_CHARACTERS, REVEALED};
use crate::session::State;

/// A text that may be shown. Only the engine makes one: from a template that
/// withheld what is hidden, after the last line masked what was left.
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

    /// What stands for a hidden text.
    pub(crate) fn dots() -> Self {
        Self(DOTS.to_owned())
    }

    /// A text past the last line; `source` is what the author wrote.
    pub(crate) fn masked(text: String, source: &str, state: &State) -> (Self, Vec<String>) {
        let (text, masked) = mask(text, source, state);
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

/// What a customer sees. There is nothing else that a turn can show.
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
        /// What it says.
        text: VisibleText,
    },
    /// A file that the customer can take.
    File(OfferedFile),
    /// A question; the customer is awaited.
    Ask {
        /// The question, or what is said after an answer that did not fit.
        text: VisibleText,
        /// What the answer must look like.
        expect: Expected,
        /// The choices, of [`Expected::Choice`].
        #[serde(skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Offer>,
        /// Whether it is asked again because the last answer did not fit.
        again: bool,
    },
    /// Buttons; the customer is awaited.
    Buttons {
        /// What stands above them.
        text: VisibleText,
        /// The buttons, at least one.
        buttons: Vec<Offer>,
        /// Whether they are offered again because the last answer was none of them.
        again: bool,
    },
    /// A person goes on; the session is finished.
    Handover {
        /// What is said.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<VisibleText>,
    },
    /// The session is finished.
    End {
        /// What is said.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<VisibleText>,
    },
}

/// A file that may be given away. Its serde form has everything but the bytes, which
/// travel their own way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OfferedFile {
    /// The name to save it under; safe within any folder.
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
    /// What [`Input::Press`](crate::Input::Press) takes: the button's id, the choice's value.
    pub id: String,
    /// What stands on it.
    pub label: VisibleText,
}

/// What an answer must look like: the words of `expect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
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

impl From<&Expect> for Expected {
    fn from(expect: &Expect) -> Self {
        match expect {
            Expect::Text => Expected::Text,
            Expect::OrderNumber => Expected::OrderNumber,
            Expect::Email => Expected::Email,
            Expect::Phone => Expected::Phone,
            Expect::Number => Expected::Number,
            Expect::Date => Expected::Date,
            Expect::Choice(_) => Expected::Choice,
            Expect::Pattern(_) => Expected::Pattern,
        }
    }
}

/// The variables that anybody may see, as plain JSON: decimals as strings with
/// their digits, timestamps in RFC 3339.
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
                .map(|(name, variable)| (name.to_owned(), masked_value(&variable.value, state)))
                .collect(),
        )
    }

    /// The variable of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&serde_json::Value> {
        self.0.get(name)
    }

    /// Each variable with its name, in the order they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &serde_json::Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// A visible value as plain JSON, past the last line.
fn masked_value(value: &Value, state: &State) -> serde_json::Value {
    match value {
        Value::List(items) => items.iter().map(|item| masked_value(item, state)).collect(),
        Value::Record(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), masked_value(field, state)))
            .collect(),
        single => match single.to_plain_json() {
            serde_json::Value::String(text) => mask(text, "", state).0.into(),
            other => other,
        },
    }
}

/// The last line: replaces every occurrence of a hidden text of six characters
/// or more by dots, and says the names of the variables that it belonged to.
///
/// Not an occurrence of what the author wrote into the text (`source`), nor of
/// what they revealed on purpose.
pub(crate) fn mask(mut text: String, source: &str, state: &State) -> (String, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
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
                    text = text.replace(hidden, DOTS);
                    if !names.iter().any(|known| known == name) {
                        names.push(name.to_owned());
                    }
                }
            });
        }
    }
    (text, names)
}

/// Notes texts that an author revealed.
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
    text.len() >= MASKED_CHARACTERS && text.chars().count() >= MASKED_CHARACTERS
}
