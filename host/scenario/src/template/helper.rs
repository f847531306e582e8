//! The helpers of the language: one table row for each, with its name, its arguments and
//! the function that renders it.

use std::cmp::Ordering;

use krabice_contract::Kind;

use super::program::Expression;
use super::render::{Computed, Renderer, changed};
use super::{arithmetic, time};
use crate::compare::{equal, order};

/// Renders a helper with its arguments.
type Render = for<'a> fn(&mut Renderer<'a>, &'a [Expression]) -> Computed<'a>;

/// The row of a helper that is used in a tag or in parentheses.
pub(super) struct HelperRow {
    pub(super) name: &'static str,
    /// The fewest and the most arguments.
    pub(super) count: (usize, usize),
    /// The kinds that each argument may have, the last one also those after it; an empty list
    /// for every kind. Of a list's values, the kinds of each.
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
    Plus {
        name: "plus",
        count: (2, 3),
        kinds: &[MOMENTS, NUMBERS, TEXTS],
        render: |r, a| r.shifted(a, 1),
        example: r#"{{plus order.created "14 days"}}"#,
    }
    Minus {
        name: "minus",
        count: (2, 3),
        kinds: &[MOMENTS, NUMBERS, TEXTS],
        render: |r, a| r.shifted(a, -1),
        example: r#"{{minus now "2 hours"}}"#,
    }
    DaysBetween {
        name: "days-between",
        count: (2, 2),
        kinds: &[MOMENTS],
        render: |r, a| r.of_moments(a, time::days_between),
        example: "{{days-between order.created now}}",
    }
    Weekday {
        name: "weekday",
        count: (1, 1),
        kinds: &[MOMENTS],
        render: |r, a| r.of_moments(a, time::weekday),
        example: "{{weekday now}}",
    }
    StartOfDay {
        name: "start-of-day",
        count: (1, 1),
        kinds: &[MOMENTS],
        render: |r, a| r.of_moments(a, time::start_of_day),
        example: "{{start-of-day now}}",
    }
    Add {
        name: "add",
        count: (2, 8),
        kinds: &[NUMBERS],
        render: |r, a| r.folded(a, arithmetic::add),
        example: "{{add order.topay 99}}",
    }
    Subtract {
        name: "sub",
        count: (2, 2),
        kinds: &[NUMBERS],
        render: |r, a| r.folded(a, arithmetic::subtract),
        example: "{{sub order.total order.paid}}",
    }
    Multiply {
        name: "mul",
        count: (2, 8),
        kinds: &[NUMBERS],
        render: |r, a| r.folded(a, arithmetic::multiply),
        example: "{{mul count 1.21}}",
    }
    Divide {
        name: "div",
        count: (2, 2),
        kinds: &[NUMBERS],
        render: |r, a| r.folded(a, arithmetic::divide),
        example: "{{div order.topay 2}}",
    }
    Round {
        name: "round",
        count: (1, 2),
        kinds: &[NUMBERS],
        render: |r, a| r.compute(a, |_, values| arithmetic::round(values)),
        example: "{{round order.topay 2}}",
    }
    Sum {
        name: "sum",
        count: (1, 2),
        kinds: &[NUMBERS],
        render: |r, a| r.compute(a, |_, values| arithmetic::sum(values)),
        example: r#"{{sum order.items "price"}}"#,
    }
    Min {
        name: "min",
        count: (1, 8),
        kinds: &[ORDERED],
        render: |r, a| r.extreme(a, Ordering::Less),
        example: r#"{{min order.items "price"}}"#,
    }
    Max {
        name: "max",
        count: (1, 8),
        kinds: &[ORDERED],
        render: |r, a| r.extreme(a, Ordering::Greater),
        example: "{{max order.topay 0}}",
    }
    CountWhere {
        name: "count-where",
        count: (2, 3),
        kinds: &[],
        render: |r, a| r.count_where(a),
        example: r#"{{count-where order.items "status" "sent"}}"#,
    }
    Join {
        name: "join",
        count: (2, 3),
        kinds: &[SINGLE, TEXTS],
        render: |r, a| r.text(a, Renderer::join),
        example: r#"{{join order.items "name" ", "}}"#,
    }
    Upper {
        name: "upper",
        count: (1, 1),
        kinds: &[TEXTS],
        render: |r, a| r.text(a, |_, first, _| changed(first, str::to_uppercase)),
        example: "{{upper order.code}}",
    }
    Lower {
        name: "lower",
        count: (1, 1),
        kinds: &[TEXTS],
        render: |r, a| r.text(a, |_, first, _| changed(first, str::to_lowercase)),
        example: "{{lower order.code}}",
    }
    Trim {
        name: "trim",
        count: (1, 1),
        kinds: &[TEXTS],
        render: |r, a| r.text(a, |_, first, _| changed(first, |text| text.trim().to_owned())),
        example: "{{trim note}}",
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

/// A helper that leads to an item of a list, as `lookup` does.
pub(super) const ITEMS: [&str; 3] = ["lookup", "first", "last"];

/// The names of all helpers.
pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
    Helper::names().chain(ITEMS)
}

impl Helper {
    /// Whether a bare number as the first argument is a number; of any other helper it is the
    /// variable of that name.
    pub(super) fn begins_with_a_number(self) -> bool {
        matches!(
            self,
            Helper::Equal
                | Helper::NotEqual
                | Helper::Greater
                | Helper::AtLeast
                | Helper::Less
                | Helper::AtMost
                | Helper::Add
                | Helper::Subtract
                | Helper::Multiply
                | Helper::Divide
                | Helper::Round
                | Helper::Min
                | Helper::Max
        )
    }
}

/// The kinds that a helper's argument may have, counted from 0; none if every kind is
/// allowed.
pub(crate) fn argument_kinds(helper: &str, index: usize) -> Option<&'static [Kind]> {
    if (helper, index) == ("lookup", 1) {
        return Some(KEYS);
    }
    let kinds = Helper::named(helper)?.row().kinds;
    let kinds = kinds.get(index).or(kinds.last())?;
    (!kinds.is_empty()).then_some(kinds)
}

/// Whether an argument that may have these kinds may have this one.
pub(crate) fn takes(allowed: &[Kind], kind: Kind) -> bool {
    allowed.contains(&kind) || kind.is_textual() && allowed.contains(&Kind::Text)
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
