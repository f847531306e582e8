//! The parts of a session that a customer may see. The engine builds them only here, so that
//! no hidden value leaves a session: templates withhold hidden values, and `mask` replaces
//! those that reach a text in another way, for example because a plugin repeats a parameter
//! in its answer.
//!
//! `mask` does not find a hidden text of fewer than six characters, nor one that was
//! changed on its way.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::Time;
use krabice_contract::{MASK, Redaction, TimeZone, Value, mask_value};
use krabice_scenario::scenario::Expect;
use krabice_scenario::{Variable, Variables};
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
        expect: Expected,
        /// The choices of [`Expected::Choice`].
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

/// The form that an answer must have: the words of `expect`.
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
    /// A text that a pattern matches.
    Pattern,
}

impl From<&Expect> for Expected {
    fn from(expect: &Expect) -> Self {
        match expect {
            Expect::Text => Expected::Text,
            Expect::OrderNumber(_) => Expected::OrderNumber,
            Expect::Email => Expected::Email,
            Expect::Phone => Expected::Phone,
            Expect::Number => Expected::Number,
            Expect::Date => Expected::Date,
            Expect::Choice(_) => Expected::Choice,
            Expect::Pattern(_) => Expected::Pattern,
        }
    }
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
    let mut note = |hidden: &str, name: &str| {
        found.push(hidden.to_owned());
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    let moments = moments_in(&text);
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
                    note(hidden, name);
                }
            });
            variable.value.each_moment(&mut |hidden| {
                for (word, at) in &moments {
                    if *at == hidden
                        && !source.contains(word)
                        && !state.revealed.contains(&hidden.to_string())
                    {
                        note(word, name);
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

/// The visible variables' copies of hidden moments replaced by dots, and the names of the hidden
/// variables; none if there are no such copies. A text shows a moment in a form of its own, in which
/// [`mask`] does not find it. A day without a time is no such moment: two of them are the same by chance.
pub(crate) fn without_hidden_moments(
    variables: &Variables,
    state: &State,
    zone: &TimeZone,
) -> Option<(Variables, Vec<String>)> {
    let mut hidden: BTreeMap<Timestamp, &str> = BTreeMap::new();
    for (name, variable) in state.frames.iter().flat_map(|frame| frame.variables.iter()) {
        if variable.hidden {
            variable.value.each_moment(&mut |at| {
                let is_day = at.to_zoned(zone.clone()).time() == Time::midnight();
                if !is_day && !state.revealed.contains(&at.to_string()) {
                    hidden.entry(at).or_insert(name);
                }
            });
        }
    }
    if hidden.is_empty() {
        return None;
    }
    let mut names = BTreeSet::new();
    let replaced = variables.iter().map(|(name, variable)| {
        let mut variable = variable.clone();
        if !variable.hidden && variable.said.is_empty() {
            dot_moments(&mut variable.value, &mut |at| {
                let found = hidden.get(&at);
                names.extend(found);
                found.is_some()
            });
        }
        (name, variable)
    });
    let replaced: Variables = replaced.collect();
    (!names.is_empty()).then(|| (replaced, names.into_iter().map(str::to_owned).collect()))
}

/// Replaces moments by dots, also those in texts that a helper would read.
fn dot_moments(value: &mut Value, is_hidden: &mut dyn FnMut(Timestamp) -> bool) {
    let moment = match value {
        Value::Timestamp(at) => Some(*at),
        Value::Text(text) => text.parse().ok(),
        Value::List(items) => {
            items
                .iter_mut()
                .for_each(|item| dot_moments(item, is_hidden));
            None
        }
        Value::Record(fields) => {
            fields
                .values_mut()
                .for_each(|field| dot_moments(field, is_hidden));
            None
        }
        Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) | Value::File(_) => None,
    };
    if moment.is_some_and(is_hidden) {
        *value = MASK.into();
    }
}

/// The moments in RFC 3339 within a text, in the time zone in which a plugin got them.
fn moments_in(text: &str) -> Vec<(&str, Timestamp)> {
    if !text.contains('T') {
        return Vec::new();
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+-:.".contains(c);
    let words = text.split(|c| !is_part(c));
    let words = words.map(|word| word.trim_end_matches(['.', ':', '-']));
    words
        .filter_map(|word| Some((word, word.parse().ok()?)))
        .collect()
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
