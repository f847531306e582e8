//! What a call holds in confidence, kept out of logs and failures.
//!
//! A plugin receives the values of its parameters, hidden ones too: that is
//! what they are for. What it then writes to its log or into the text of a
//! failure reaches the operator, who should not read them there. This is a last
//! line against carelessness, not against a plugin that encodes what it knows.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use krabice_scenario::Value;

/// What stands in place of a value.
pub(crate) const MASK: &str = "•••";

/// A shorter value is left alone: masking every `5` would make a log
/// unreadable and hide nothing.
const SHORTEST: usize = 4;

/// The texts to keep out.
#[derive(Debug, Default)]
pub(crate) struct Discretion {
    texts: Vec<String>,
    /// All texts in one automaton: a hidden list can have thousands. Made when
    /// there is something to mask, which most calls never have.
    automaton: OnceLock<Option<AhoCorasick>>,
}

impl Discretion {
    /// Of all texts and numbers in some values.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a Value>) -> Discretion {
        let mut texts = Vec::new();
        for value in values {
            collect(value, &mut texts);
        }
        Discretion {
            texts,
            automaton: OnceLock::new(),
        }
    }

    /// The text with each value masked.
    pub(crate) fn mask(&self, text: &str) -> String {
        let automaton = self.automaton.get_or_init(|| {
            let builder = AhoCorasick::builder()
                // The whole is masked, not a shorter text that begins it.
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.texts);
            // Only patterns of gigabytes cannot be built.
            builder.ok().filter(|_| !self.texts.is_empty())
        });
        let Some(automaton) = automaton else {
            return text.to_owned();
        };
        let mut masked = String::with_capacity(text.len());
        automaton.replace_all_with(text, &mut masked, |_, _, out| {
            out.push_str(MASK);
            true
        });
        masked
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    let text = match value {
        Value::Boolean(_) => return,
        Value::Integer(value) => value.to_string(),
        Value::Decimal(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::Timestamp(value) => value.to_string(),
        Value::List(items) => return items.iter().for_each(|item| collect(item, texts)),
        Value::Record(fields) => return fields.values().for_each(|field| collect(field, texts)),
        Value::File(file) => file.name.clone(),
    };
    if text.chars().count() >= SHORTEST {
        texts.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_masked_wherever_they_are_nested() {
        let value = Value::List(vec![Value::Record(
            [
                ("email".to_owned(), Value::from("jana@example.cz")),
                ("n".to_owned(), Value::from(12345)),
            ]
            .into_iter()
            .collect(),
        )]);
        let other = Value::from("jana");
        let discretion = Discretion::of([&value, &other].into_iter());
        assert_eq!(
            discretion.mask("jana@example.cz, jana and 12345 of 5"),
            "•••, ••• and ••• of 5"
        );
    }
}
