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

/// The longest text that is looked for in one piece, in characters. Building the
/// automaton takes the square of it where a text repeats itself, and a customer
/// may type 60,000 times the same letter.
const PIECE: usize = 256;

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
    let mut rest = text.as_str();
    // What is left is long enough to be looked for.
    while let (Some((end, _)), Some(_)) = (
        rest.char_indices().nth(PIECE),
        rest.char_indices().nth(PIECE + SHORTEST),
    ) {
        texts.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    if rest.chars().count() >= SHORTEST {
        texts.push(rest.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_masked_piece_by_piece_and_soon() {
        let long = Value::from("k".repeat(60_000));
        let odd = Value::from("Žluťoučký kůň. ".repeat(50));
        let started = std::time::Instant::now();
        let discretion = Discretion::of([&long, &odd].into_iter());
        let text = format!("before {}after", "Žluťoučký kůň. ".repeat(50));
        let masked = discretion.mask(&text);
        assert_eq!(masked.replace(MASK, ""), "before after");
        assert_eq!(discretion.mask(&"k".repeat(60_000)).replace(MASK, ""), "");
        // A square of the length would take minutes.
        assert!(started.elapsed() < std::time::Duration::from_secs(10));
    }

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
