//! Redaction of hidden and personal values in the logs and the failures of a call.
//!
//! A plugin needs the values of its parameters, hidden ones included. If it writes one to
//! its log or into the text of a failure, the operator would read it there. Redaction
//! protects against a careless plugin, not against one that encodes what it knows.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use krabice_scenario::Value;

/// The text that replaces a value.
pub(crate) const MASK: &str = "•••";

/// The shortest value that is masked, in characters: masking every `5` would make a log
/// unreadable and hide nothing.
const SHORTEST: usize = 4;

/// The longest text that is searched for in one piece, in characters. Building the
/// automaton takes the square of it where a text repeats itself, and a customer may type
/// the same letter 60,000 times.
const PIECE: usize = 256;

/// The texts of one call to mask.
#[derive(Debug, Default)]
pub(crate) struct Redaction {
    texts: Vec<String>,
    /// All texts in one automaton, because a hidden list can have thousands. Made on the
    /// first use: most calls write no log.
    automaton: OnceLock<AhoCorasick>,
}

impl Redaction {
    /// Makes a redaction of all texts and numbers in some values.
    pub(crate) fn of<'a>(values: impl IntoIterator<Item = &'a Value>) -> Redaction {
        let mut texts = Vec::new();
        for value in values {
            collect(value, &mut texts);
        }
        Redaction {
            texts,
            automaton: OnceLock::new(),
        }
    }

    /// Masks each value in a text.
    pub(crate) fn mask(&self, text: &str) -> String {
        if self.texts.is_empty() {
            return text.to_owned();
        }
        let automaton = self.automaton.get_or_init(|| {
            AhoCorasick::builder()
                // The whole value is masked, not a shorter one with which it begins.
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.texts)
                .expect("parameters are far smaller than the gigabytes that cannot be built")
        });
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
    // A piece is cut off only where the rest is long enough to be searched for.
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
    fn a_long_text_is_masked_piece_by_piece_and_quickly() {
        let long = Value::from("k".repeat(60_000));
        let odd = Value::from("Žluťoučký kůň. ".repeat(50));
        let started = std::time::Instant::now();
        let redaction = Redaction::of([&long, &odd]);
        let text = format!("before {}after", "Žluťoučký kůň. ".repeat(50));
        let masked = redaction.mask(&text);
        assert_eq!(masked.replace(MASK, ""), "before after");
        assert_eq!(redaction.mask(&"k".repeat(60_000)).replace(MASK, ""), "");
        // Quadratic time would be minutes.
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
        let redaction = Redaction::of([&value, &other]);
        assert_eq!(
            redaction.mask("jana@example.cz, jana and 12345 of 5"),
            "•••, ••• and ••• of 5"
        );
    }
}
