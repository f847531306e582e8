//! Understanding what a customer typed as what an `answer` box expects.
//!
//! The rule: a right answer in a human spelling is never denied, and nothing is guessed in
//! silence. Each kind of answer has its module; `words` has the words of each language.

mod choice;
mod date;
mod email;
mod fold;
mod number;
mod order_number;
mod phone;
mod text;
mod words;
mod yes_no;

use krabice_contract::Value;
use serde::{Deserialize, Serialize};

pub use choice::{Offered, chosen};
pub use text::{clean, transcript};
pub use yes_no::yes_no;

use crate::moment;
use crate::scenario::Expect;
use crate::template::Scope;
pub(crate) use words::lexicon;

/// The longest answer, in characters.
pub const ANSWER_CHARACTERS: usize = 2_000;

/// The most readings of one answer that a customer is asked about.
const READINGS: usize = 5;

/// What was understood of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Understood {
    /// The value.
    Value(Value),
    /// Probably this; the customer is asked "Did you mean …?".
    Meant {
        /// The value after a yes.
        reading: Reading,
        /// What the answer is when the customer says no. Without it the customer is asked again.
        otherwise: Option<Value>,
    },
    /// Two to five readings; the customer is asked which one.
    OneOf(Vec<Reading>),
    /// Nothing of the expected kind.
    Nothing,
}

/// A reading of an answer that the customer is asked about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reading {
    /// The text that names it for the customer.
    pub label: String,
    /// The value.
    pub value: Value,
}

impl Understood {
    /// The value of several candidates: of one it is the value, of several the question which.
    fn of(mut readings: Vec<Reading>) -> Understood {
        match readings.len() {
            0 => Understood::Nothing,
            1 => Understood::Value(readings.remove(0).value),
            2..=READINGS => Understood::OneOf(readings),
            _ => Understood::Nothing,
        }
    }
}

impl Reading {
    /// Whether the label tells the whole value, so that it tells as much as the value.
    #[must_use]
    pub fn tells_all(&self) -> bool {
        match &self.value {
            Value::Text(text) => self.label.contains(text),
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Timestamp(_)
            | Value::List(_)
            | Value::Record(_)
            | Value::File(_) => true,
        }
    }

    fn text(text: String) -> Reading {
        Reading {
            label: text.clone(),
            value: Value::Text(text),
        }
    }
}

impl Expect {
    /// What is understood of an answer.
    ///
    /// `scope` gives the language, the time zone, the time that decides which day is today, and
    /// the variables of the choices' labels.
    #[must_use]
    pub fn understand(&self, answer: &str, scope: &Scope<'_>) -> Understood {
        let Some(answer) = clean(answer, Some(self)) else {
            return Understood::Nothing;
        };
        let words = lexicon(scope.language);
        match self {
            Expect::Text => Understood::Value(Value::Text(answer)),
            Expect::OrderNumber(pattern) => {
                let numbers = order_number::read(&answer, scope.language, words, pattern.as_ref());
                Understood::of(numbers.into_iter().map(Reading::text).collect())
            }
            Expect::Email => email::read(&answer, words),
            Expect::Phone => {
                let phones = phone::read(&answer, scope.language);
                Understood::of(phones.into_iter().map(Reading::text).collect())
            }
            Expect::Number => number::read(&answer, words),
            Expect::Date => {
                let today = scope.now.moment().to_zoned(scope.time_zone.clone()).date();
                let start = |date| moment::day_start(date, scope.time_zone).map(Value::Timestamp);
                date::read(&answer, scope.language, words, today).understood(words, start)
            }
            Expect::Choice(choices) => {
                let offered: Vec<Offered<'_>> = choices
                    .iter()
                    .map(|choice| {
                        Offered::of(
                            &choice.value,
                            &choice.label,
                            choice.keywords.as_ref(),
                            scope,
                        )
                    })
                    .collect();
                let index = chosen(&answer, &offered, scope.language);
                let chosen = index.and_then(|index| choices.get(index));
                chosen.map_or(Understood::Nothing, |choice| {
                    Understood::Value(Value::Text(choice.value.clone()))
                })
            }
            Expect::Pattern(pattern) => {
                let whole = pattern
                    .find(&answer)
                    .is_some_and(|found| found.as_str() == answer);
                if whole {
                    Understood::Value(Value::Text(answer))
                } else {
                    Understood::Nothing
                }
            }
        }
    }

    /// The text after an answer that does not fit, if the author gave none; English for a
    /// language that the host has no texts for.
    #[must_use]
    pub fn usual_reask(&self, language: &str) -> &'static str {
        let texts = crate::texts::of(language);
        match self {
            Expect::Text => texts.text,
            Expect::OrderNumber(_) => texts.order_number,
            Expect::Email => texts.email,
            Expect::Phone => texts.phone,
            Expect::Number => texts.number,
            Expect::Date => texts.date,
            Expect::Choice(_) => texts.choice,
            Expect::Pattern(_) => texts.pattern,
        }
    }
}
