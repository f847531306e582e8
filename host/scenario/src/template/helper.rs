//! The helpers of the language: one table row for each, with its name, its arguments and
//! the function that renders it.

use std::cmp::Ordering;

use krabice_contract::Kind;

use super::program::Expression;
use super::render::{Computed, Renderer};
use crate::compare::{equal, order};

/// Renders a helper with its arguments.
type Render = for<'a> fn(&mut Renderer<'a>, &'a [Expression]) -> Computed<'a>;

/// The row of a helper that is used in a tag or in parentheses.
pub(super) struct HelperRow {
    pub(super) name: &'static str,
    /// The fewest and the most arguments.
    pub(super) count: (usize, usize),
    /// The kinds that each argument may have; an empty list or none for every kind.
    kinds: &'static [&'static [Kind]],
    pub(super) render: Render,
    pub(super) example: &'static str,
}

/// The row of a helper that encloses a part of the text.
pub(super) struct BlockRow {
    pub(super) name: &'static str,
    pub(super) example: &'static str,
}

/// Declares an enum together with its table, so that no variant is without a row.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident of $row:ident: $($variant:ident { $($field:ident: $value:expr),+ $(,)? })+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name {
            $($variant,)+
        }

        impl $name {
            const ALL: &'static [$name] = &[$($name::$variant,)+];

            pub(super) fn row(self) -> &'static $row {
                match self {
                    $($name::$variant => {
                        const ROW: $row = $row { $($field: $value,)+ };
                        &ROW
                    })+
                }
            }

            pub(super) fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.row().name == name)
            }

            /// The names of all.
            pub(super) fn names() -> impl Iterator<Item = &'static str> {
                Self::ALL.iter().map(|each| each.row().name)
            }
        }
    };
}

const NUMBERS: &[Kind] = &[Kind::Integer, Kind::Decimal];
const ORDERED: &[Kind] = &[Kind::Integer, Kind::Decimal, Kind::Timestamp];
/// A back end may give a date as ISO text.
const MOMENTS: &[Kind] = &[Kind::Timestamp, Kind::Text];
const TEXTS: &[Kind] = &[Kind::Text, Kind::Choice];
/// The key of `lookup`.
const KEYS: &[Kind] = &[Kind::Integer, Kind::Decimal, Kind::Text, Kind::Choice];
const COUNTED: &[Kind] = &[Kind::List, Kind::Text];
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

table! {
    /// A helper that is used in a tag or in parentheses.
    Helper of HelperRow:
    Date {
        name: "date",
        count: (1, 2),
        kinds: &[MOMENTS, TEXTS],
        render: |r, a| r.text(a, Renderer::date),
        example: r#"{{date order.created "D. M. YYYY"}}"#,
    }
    Inflect {
        name: "inflect",
        count: (3, 5),
        kinds: &[NUMBERS, TEXTS, TEXTS, TEXTS, TEXTS],
        render: |r, a| r.text(a, Renderer::inflect),
        example: r#"{{inflect count "objednávka" "objednávky" "objednávek"}}"#,
    }
    Money {
        name: "money",
        count: (1, 2),
        kinds: &[NUMBERS, TEXTS],
        render: |r, a| r.text(a, Renderer::money),
        example: "{{money order.topay order.currency}}",
    }
    Mask {
        name: "mask",
        count: (1, 1),
        kinds: &[SINGLE],
        render: |r, a| r.mask(a),
        example: "{{mask $email}}",
    }
    Reveal {
        name: "reveal",
        count: (1, 1),
        kinds: &[],
        render: |r, a| r.reveal(a),
        example: "{{reveal $email}}",
    }
    Json {
        name: "json",
        count: (1, 1),
        kinds: &[],
        render: |r, a| r.text(a, Renderer::json),
        example: "{{json order}}",
    }
    Default {
        name: "default",
        count: (2, 2),
        kinds: &[],
        render: |r, a| r.default(a),
        example: r#"{{default order.tracking "none yet"}}"#,
    }
    Len {
        name: "len",
        count: (1, 1),
        kinds: &[COUNTED],
        render: |r, a| r.text(a, Renderer::len),
        example: "{{len order.items}}",
    }
    Equal {
        name: "eq",
        count: (2, 2),
        kinds: &[],
        render: |r, a| r.compare(a, equal),
        example: r#"{{#if (eq order.status "sent")}}"#,
    }
    NotEqual {
        name: "ne",
        count: (2, 2),
        kinds: &[],
        render: |r, a| r.compare(a, equal).negated(),
        example: r#"{{#if (ne order.status "sent")}}"#,
    }
    Greater {
        name: "gt",
        count: (2, 2),
        kinds: &[ORDERED, ORDERED],
        render: |r, a| r.compare(a, |x, y, o| order(x, y, o).is_some_and(Ordering::is_gt)),
        example: "{{#if (gt order.topay 1000)}}",
    }
    AtLeast {
        name: "gte",
        count: (2, 2),
        kinds: &[ORDERED, ORDERED],
        render: |r, a| r.compare(a, |x, y, o| order(x, y, o).is_some_and(Ordering::is_ge)),
        example: "{{#if (gte order.topay 1000)}}",
    }
    Less {
        name: "lt",
        count: (2, 2),
        kinds: &[ORDERED, ORDERED],
        render: |r, a| r.compare(a, |x, y, o| order(x, y, o).is_some_and(Ordering::is_lt)),
        example: "{{#if (lt order.topay 1000)}}",
    }
    AtMost {
        name: "lte",
        count: (2, 2),
        kinds: &[ORDERED, ORDERED],
        render: |r, a| r.compare(a, |x, y, o| order(x, y, o).is_some_and(Ordering::is_le)),
        example: "{{#if (lte order.topay 1000)}}",
    }
    And {
        name: "and",
        count: (2, 8),
        kinds: &[],
        render: |r, a| r.first_that(a, false),
        example: "{{#if (and order.paid order.tracking)}}",
    }
    Or {
        name: "or",
        count: (2, 8),
        kinds: &[],
        render: |r, a| r.first_that(a, true),
        example: "{{#if (or order.paid order.tracking)}}",
    }
    Not {
        name: "not",
        count: (1, 1),
        kinds: &[],
        render: |r, a| r.not(a),
        example: "{{#if (not order.paid)}}",
    }
}

table! {
    /// A helper that encloses a part of the text.
    Block of BlockRow:
    If { name: "if", example: "{{#if order.paid}}…{{else}}…{{/if}}" }
    Unless { name: "unless", example: "{{#unless order.paid}}…{{/unless}}" }
    Exist { name: "exist", example: "{{#exist email}}…{{/exist}}" }
    NotExist { name: "notexist", example: "{{#notexist email}}…{{/notexist}}" }
    Each { name: "each", example: "{{#each order.items}}{{name}}{{/each}}" }
    With { name: "with", example: "{{#with order}}{{status}}{{/with}}" }
}

impl Helper {
    /// Whether the helper compares two values. A bare number among its arguments is a
    /// number; as the first argument of any other helper it is the variable of that name.
    pub(super) fn compares(self) -> bool {
        matches!(
            self,
            Helper::Equal
                | Helper::NotEqual
                | Helper::Greater
                | Helper::AtLeast
                | Helper::Less
                | Helper::AtMost
        )
    }
}

/// The kinds that a helper's argument may have, counted from 0; none if every kind is
/// allowed.
pub(crate) fn argument_kinds(helper: &str, index: usize) -> Option<&'static [Kind]> {
    if (helper, index) == ("lookup", 1) {
        return Some(KEYS);
    }
    let kinds = Helper::named(helper)?.row().kinds.get(index)?;
    (!kinds.is_empty()).then_some(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    #[test]
    fn every_example_compiles() {
        for helper in Helper::ALL {
            let row = helper.row();
            assert!(row.count.0 <= row.count.1, "{}", row.name);
            let end = if row.example.starts_with("{{#if") {
                "x{{/if}}"
            } else {
                ""
            };
            Template::parse(&format!("{}{end}", row.example)).unwrap();
        }
        for block in Block::ALL {
            Template::parse(block.row().example).unwrap();
        }
    }
}
