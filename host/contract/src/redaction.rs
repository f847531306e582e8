//! Redaction: values that must not be seen, taken out of texts.
//!
//! A plugin needs the values of its parameters, hidden ones included. If it writes one to
//! its log, into a failure or into the path of a request, somebody would read it there.
//! Redaction protects against a careless plugin, not against one that encodes what it
//! knows.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use jiff::tz::TimeZone;

use crate::value::{Value, moment};

/// The mark that replaces a value. Its length tells nothing about the value.
pub const MASK: &str = "•••";

/// The longest text that is searched for in one piece, in characters. Building the
/// automaton takes the square of it where a text repeats itself, and a customer may type
/// the same letter 60,000 times.
const PIECE: usize = 256;

/// Texts that are replaced by [`MASK`] wherever they occur.
///
/// ```
/// use krabice_contract::{Redaction, Value};
///
/// let email = Value::from("jana@example.cz");
/// let redaction = Redaction::of_values(Redaction::IN_LOGS, [&email]);
/// assert_eq!(redaction.mask("no order of jana@example.cz"), "no order of •••");
/// ```
#[derive(Default)]
pub struct Redaction {
    minimum: usize,
    texts: Vec<String>,
    /// All texts in one automaton, because a hidden list can have thousands. Made on the
    /// first use: most calls write no log.
    automaton: OnceLock<AhoCorasick>,
}

/// Prints the number of texts, never a text.
impl std::fmt::Debug for Redaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redaction({} texts)", self.texts.len())
    }
}

impl Redaction {
    /// The shortest text, in characters, that is masked in a log, a failure and a path:
    /// masking every `5` would make a log unreadable and hide nothing.
    pub const IN_LOGS: usize = 4;

    /// The shortest text, in characters, that is masked in what a customer
    /// sees: a shorter one stands there by chance, and masking it would spoil the text and
    /// disclose what is hidden.
    pub const IN_TEXTS: usize = 6;

    /// The shortest credential, in characters, that is masked in an answer: a shorter one
    /// occurs in texts that have nothing to do with it, and masking it would spoil answers
    /// and disclose it.
    pub const OF_SECRETS: usize = 6;

    /// A redaction of texts with at least `minimum` characters.
    pub fn new<T: Into<String>>(minimum: usize, texts: impl IntoIterator<Item = T>) -> Redaction {
        let mut redaction = Redaction {
            minimum,
            ..Redaction::default()
        };
        for text in texts {
            redaction.add(&text.into());
        }
        redaction
    }

    /// A redaction of all texts of values ([`Value::each_text`]).
    pub fn of_values<'a>(minimum: usize, values: impl IntoIterator<Item = &'a Value>) -> Redaction {
        let mut redaction = Redaction::new::<String>(minimum, []);
        for value in values {
            value.each_text(&mut |text| redaction.add(text));
        }
        redaction
    }

    /// Adds the moments of values as a plugin gets them: in the time zone of the call.
    #[must_use]
    pub fn with_moments<'a>(
        mut self,
        values: impl IntoIterator<Item = &'a Value>,
        zone: &TimeZone,
    ) -> Redaction {
        for value in values {
            value.each_moment(&mut |at| self.add(&moment(at, zone)));
        }
        self
    }

    fn add(&mut self, text: &str) {
        let mut rest = text;
        // A piece is cut off only where the rest is long enough to be searched for.
        while let (Some((end, _)), Some(_)) = (
            rest.char_indices().nth(PIECE),
            rest.char_indices().nth(PIECE + self.minimum),
        ) {
            self.texts.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        self.texts.push(rest.to_owned());
    }

    fn automaton(&self) -> &AhoCorasick {
        self.automaton.get_or_init(|| {
            let long = |text: &&String| text.chars().count() >= self.minimum.max(1);
            let texts: BTreeSet<&String> = self.texts.iter().filter(long).collect();
            AhoCorasick::new(texts)
                .expect("values are far smaller than the gigabytes that cannot be built")
        })
    }

    /// The text with each value masked; borrowed when it holds no value.
    #[must_use]
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.mask_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(masked) => {
                Cow::Owned(String::from_utf8(masked).expect("a text was replaced by a text"))
            }
        }
    }

    /// The bytes with each value masked; borrowed when they hold no value. Values that overlap
    /// or touch, as the pieces of a long one do, become one mask.
    #[must_use]
    pub fn mask_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let ranges = self.ranges(bytes);
        if ranges.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut masked = Vec::with_capacity(bytes.len());
        let mut end = 0;
        for range in ranges {
            masked.extend_from_slice(&bytes[end..range.start]);
            masked.extend_from_slice(MASK.as_bytes());
            end = range.end;
        }
        masked.extend_from_slice(&bytes[end..]);
        Cow::Owned(masked)
    }

    /// Where values stand, in order; those that overlap or touch are one range.
    fn ranges(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        if self.texts.is_empty() || !self.automaton().is_match(bytes) {
            return Vec::new();
        }
        let mut found: Vec<_> = self
            .automaton()
            .find_overlapping_iter(bytes)
            .map(|found| found.range())
            .collect();
        found.sort_unstable_by_key(|range| range.start);
        found.dedup_by(|next, before| {
            let touches = next.start <= before.end;
            if touches {
                before.end = before.end.max(next.end);
            }
            touches
        });
        found
    }

    /// The path of a request with every segment masked that is a value, however short, or
    /// that holds a value or a part of one: a value may have slashes in it. `decode` undoes
    /// the percent-encoding of a segment.
    #[must_use]
    pub fn mask_path(&self, path: &str, decode: impl Fn(&str) -> String) -> String {
        let plain: Vec<String> = path.split('/').map(decode).collect();
        let found = self.ranges(plain.join("/").as_bytes());
        let mut start = 0;
        let segments = path.split('/').zip(&plain).map(|(segment, plain)| {
            let here = start..start + plain.len();
            start = here.end + 1;
            let is_value = self
                .texts
                .iter()
                .any(|text| !text.is_empty() && text == plain);
            let holds_value = found
                .iter()
                .any(|range| range.start < here.end && here.start < range.end);
            if is_value || holds_value {
                MASK
            } else {
                segment
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// The value as plain JSON ([`Value::to_plain_json`]), with each value masked by what
    /// its text is: a number, a moment and the name of a file as much as a text.
    #[must_use]
    pub fn mask_value(&self, value: &Value) -> serde_json::Value {
        mask_value(value, &|text| match self.mask(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(masked),
        })
    }
}

/// The value as plain JSON, with each of its texts replaced where `masked` gives another
/// one: numbers and booleans by their text, a file by its name and its media type.
pub fn mask_value(value: &Value, masked: &dyn Fn(&str) -> Option<String>) -> serde_json::Value {
    match value {
        Value::List(items) => items.iter().map(|item| mask_value(item, masked)).collect(),
        Value::Record(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), mask_value(field, masked)))
            .collect(),
        Value::File(file) => {
            let shown = |text: &str| masked(text).unwrap_or_else(|| text.to_owned());
            serde_json::json!({
                "name": shown(&file.name),
                "media-type": shown(&file.media_type),
                "size": file.content.len(),
            })
        }
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Timestamp(_) => {
            let mut shown = None;
            value.each_text(&mut |text| shown = masked(text));
            shown.map_or_else(|| value.to_plain_json(), Into::into)
        }
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
        let redaction = Redaction::of_values(Redaction::IN_LOGS, [&long, &odd]);
        let text = format!("before {}after", "Žluťoučký kůň. ".repeat(50));
        let masked = redaction.mask(&text);
        assert_eq!(masked, "before •••after");
        assert_eq!(redaction.mask(&"k".repeat(60_000)), MASK);
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
        let redaction = Redaction::of_values(Redaction::IN_LOGS, [&value, &other]);
        assert_eq!(
            redaction.mask("jana@example.cz, jana and 12345 of 5"),
            "•••, ••• and ••• of 5"
        );
        assert_eq!(format!("{redaction:?}"), "Redaction(3 texts)");
    }

    #[test]
    fn values_that_overlap_are_masked_together() {
        let redaction = Redaction::new(Redaction::IN_LOGS, ["+420601", "601123456"]);
        assert_eq!(redaction.mask("call +420601123456 now"), "call ••• now");
        let hidden = ["order 2026", "202600147 jana@example.cz"];
        let redaction = Redaction::new(Redaction::IN_LOGS, hidden);
        assert_eq!(redaction.mask("order 202600147 jana@example.cz"), MASK);
    }

    #[test]
    fn a_moment_is_masked_as_a_plugin_gets_it() {
        let value = Value::Timestamp("2026-03-14T08:26:53Z".parse().unwrap());
        let zone = TimeZone::get("Europe/Prague").unwrap();
        let redaction = Redaction::of_values(Redaction::IN_LOGS, [&value]);
        let redaction = redaction.with_moments([&value], &zone);
        for text in ["2026-03-14T08:26:53Z", "2026-03-14T09:26:53+01:00"] {
            assert_eq!(redaction.mask(text), MASK);
        }
    }

    #[test]
    fn a_segment_of_a_path_is_masked_as_a_whole() {
        let redaction = Redaction::new(
            Redaction::IN_LOGS,
            ["petra@example.cz", "42", "true", "2026/0147"],
        );
        let decode = |segment: &str| segment.replace("%40", "@").replace("%2F", "/");
        for (path, masked) in [
            (
                "/api/v2/customers/petra%40example.cz/orders",
                "/api/v2/customers/•••/orders",
            ),
            (
                "/api/v2/customers/id-petra@example.cz",
                "/api/v2/customers/•••",
            ),
            ("/api/v42/customers/42", "/api/v42/customers/•••"),
            ("/api/flags/true", "/api/flags/•••"),
            ("/api/v2/orders", "/api/v2/orders"),
            ("/orders/2026/0147/notes", "/orders/•••/•••/notes"),
            ("/orders/2026%2F0147/notes", "/orders/•••/notes"),
        ] {
            assert_eq!(redaction.mask_path(path, decode), masked);
        }
    }

    #[test]
    fn a_hidden_pdf_does_not_hide_the_type_of_another() {
        let pdf = |name: &str, media_type: &str| {
            Value::File(crate::File {
                name: name.to_owned(),
                media_type: media_type.to_owned(),
                content: b"%PDF".as_slice().into(),
            })
        };
        let hidden = [
            pdf("hidden.pdf", "application/pdf"),
            pdf("hidden-too.pdf", "application/x-canary"),
        ];
        let redaction = Redaction::of_values(Redaction::IN_LOGS, &hidden);
        let shown =
            |media_type| redaction.mask_value(&pdf("a.pdf", media_type))["media-type"].clone();
        assert_eq!(shown("application/pdf"), "application/pdf");
        assert_eq!(shown("application/x-canary"), MASK);
    }

    #[test]
    fn numbers_booleans_and_files_are_masked_as_texts_are() {
        let hidden = [
            Value::from(7_193_846),
            Value::from("canary.mail@hidden.example"),
            Value::from("CanaryWord"),
            Value::from(true),
        ];
        let redaction = Redaction::of_values(Redaction::IN_LOGS, &hidden);
        let file = |name: &str, media_type: &str| {
            Value::File(crate::File {
                name: name.to_owned(),
                media_type: media_type.to_owned(),
                content: b"8 bytes.".as_slice().into(),
            })
        };
        let shown = Value::Record(
            [
                ("id".to_owned(), Value::from(7_193_846)),
                ("paid".to_owned(), Value::from(true)),
                (
                    "label".to_owned(),
                    file("canary.mail@hidden.example.pdf", "application/CanaryWord"),
                ),
                ("size".to_owned(), Value::from(8)),
            ]
            .into_iter()
            .collect(),
        );
        assert_eq!(
            redaction.mask_value(&shown).to_string(),
            r#"{"id":"•••","paid":"•••","label":{"name":"•••.pdf","media-type":"application/•••","size":8},"size":8}"#
        );
    }
}
