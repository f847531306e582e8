//! The helpers of the language: their names, arguments and what they mean.

use crate::Kind;

/// A helper that stands in a tag of its own or in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Helper {
    Date,
    Inflect,
    Money,
    Mask,
    Reveal,
    Json,
    Default,
    Len,
    Equal,
    NotEqual,
    Greater,
    AtLeast,
    Less,
    AtMost,
    And,
    Or,
    Not,
}

/// Inline helpers by name, with the fewest and the most arguments and an example.
const INLINE: [(&str, Helper, usize, usize, &str); 17] = [
    (
        "date",
        Helper::Date,
        1,
        2,
        r#"{{date order.created "D. M. YYYY"}}"#,
    ),
    (
        "inflect",
        Helper::Inflect,
        3,
        5,
        r#"{{inflect count "objednávka" "objednávky" "objednávek"}}"#,
    ),
    (
        "money",
        Helper::Money,
        1,
        2,
        "{{money order.topay order.currency}}",
    ),
    ("mask", Helper::Mask, 1, 1, "{{mask $email}}"),
    ("reveal", Helper::Reveal, 1, 1, "{{reveal $email}}"),
    ("json", Helper::Json, 1, 1, "{{json order}}"),
    (
        "default",
        Helper::Default,
        2,
        2,
        r#"{{default order.tracking "none yet"}}"#,
    ),
    ("len", Helper::Len, 1, 1, "{{len order.items}}"),
    (
        "eq",
        Helper::Equal,
        2,
        2,
        r#"{{#if (eq order.status "sent")}}"#,
    ),
    (
        "ne",
        Helper::NotEqual,
        2,
        2,
        r#"{{#if (ne order.status "sent")}}"#,
    ),
    ("gt", Helper::Greater, 2, 2, "{{#if (gt order.topay 1000)}}"),
    (
        "gte",
        Helper::AtLeast,
        2,
        2,
        "{{#if (gte order.topay 1000)}}",
    ),
    ("lt", Helper::Less, 2, 2, "{{#if (lt order.topay 1000)}}"),
    (
        "lte",
        Helper::AtMost,
        2,
        2,
        "{{#if (lte order.topay 1000)}}",
    ),
    (
        "and",
        Helper::And,
        2,
        8,
        "{{#if (and order.paid order.tracking)}}",
    ),
    (
        "or",
        Helper::Or,
        2,
        8,
        "{{#if (or order.paid order.tracking)}}",
    ),
    ("not", Helper::Not, 1, 1, "{{#if (not order.paid)}}"),
];

/// The blocks by name, with an example.
const BLOCKS: [(&str, Block, &str); 6] = [
    ("if", Block::If, "{{#if order.paid}}…{{else}}…{{/if}}"),
    (
        "unless",
        Block::Unless,
        "{{#unless order.paid}}…{{/unless}}",
    ),
    ("exist", Block::Exist, "{{#exist email}}…{{/exist}}"),
    (
        "notexist",
        Block::NotExist,
        "{{#notexist email}}…{{/notexist}}",
    ),
    (
        "each",
        Block::Each,
        "{{#each order.items}}{{name}}{{/each}}",
    ),
    ("with", Block::With, "{{#with order}}{{status}}{{/with}}"),
];

/// A helper that encloses a part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    If,
    Unless,
    Exist,
    NotExist,
    Each,
    With,
}

impl Helper {
    pub(super) fn named(name: &str) -> Option<Self> {
        INLINE.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    fn row(self) -> &'static (&'static str, Helper, usize, usize, &'static str) {
        // Every helper has its row; the test below goes through them.
        INLINE
            .iter()
            .find(|row| row.1 == self)
            .unwrap_or(&INLINE[0])
    }

    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// The fewest and the most arguments.
    pub(super) fn arity(self) -> (usize, usize) {
        (self.row().2, self.row().3)
    }

    pub(super) fn example(self) -> &'static str {
        self.row().4
    }

    /// Whether it only compares or combines truths.
    pub(super) fn is_test(self) -> bool {
        matches!(
            self,
            Helper::Equal
                | Helper::NotEqual
                | Helper::Greater
                | Helper::AtLeast
                | Helper::Less
                | Helper::AtMost
                | Helper::And
                | Helper::Or
                | Helper::Not
        )
    }

    /// Whether a bare number among its arguments is a number; with the others
    /// a number as the first argument is a variable of that name.
    pub(super) fn compares(self) -> bool {
        self.is_test() && !matches!(self, Helper::And | Helper::Or | Helper::Not)
    }
}

impl Block {
    pub(super) fn named(name: &str) -> Option<Self> {
        BLOCKS.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    pub(super) fn example(self) -> &'static str {
        BLOCKS
            .iter()
            .find(|row| row.1 == self)
            .map_or("", |row| row.2)
    }

    #[cfg(test)]
    fn name(self) -> &'static str {
        BLOCKS
            .iter()
            .find(|row| row.1 == self)
            .map_or("", |row| row.0)
    }
}

/// The names of the helpers that stand in a tag of their own or in parentheses.
pub fn inline_helpers() -> impl Iterator<Item = &'static str> {
    INLINE.iter().map(|row| row.0).chain(["lookup"])
}

/// The names of the helpers that enclose a part of the text, after `#`.
pub fn block_helpers() -> impl Iterator<Item = &'static str> {
    BLOCKS.iter().map(|row| row.0)
}

/// The kinds that a helper's argument may have, counted from 0; none where
/// every kind will do. For the check of a [`Position::Argument`](super::Position::Argument).
///
/// `date` takes a text too, for back ends that give dates as ISO text, and
/// `inflect` and `money` numbers alone.
#[must_use]
pub fn argument_kinds(helper: &str, index: usize) -> Option<&'static [Kind]> {
    const NUMBERS: &[Kind] = &[Kind::Integer, Kind::Decimal];
    const TEXTS: &[Kind] = &[Kind::Text, Kind::Choice];
    const SINGLE: &[Kind] = &[
        Kind::Boolean,
        Kind::Integer,
        Kind::Decimal,
        Kind::Text,
        Kind::Email,
        Kind::Phone,
        Kind::Url,
        Kind::Timestamp,
        Kind::Choice,
    ];
    Some(match (helper, index) {
        ("date", 0) => &[Kind::Timestamp, Kind::Text],
        ("inflect" | "money", 0) => NUMBERS,
        ("date" | "money", 1) | ("inflect", 1..=4) => TEXTS,
        ("len", 0) => &[Kind::List, Kind::Text],
        ("gt" | "gte" | "lt" | "lte", 0 | 1) => &[Kind::Integer, Kind::Decimal, Kind::Timestamp],
        ("mask", 0) => SINGLE,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_helper_has_a_row_and_its_example_compiles() {
        for (name, helper, fewest, most, example) in INLINE {
            assert_eq!(helper.name(), name);
            assert!(fewest <= most);
            let example = if helper.is_test() {
                format!("{example}x{{{{/if}}}}")
            } else {
                example.to_owned()
            };
            crate::Template::parse(&example).unwrap();
        }
        for (name, block, example) in BLOCKS {
            assert_eq!(block.name(), name);
            crate::Template::parse(example).unwrap();
        }
    }
}
