//! Queries of lists, read strictly: only documented parameters.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a JSON value of any other type is refused alike"
)]

use std::cmp::Ordering;

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::answer::bad_request;
use super::rules;
use super::settings::Settings;
use super::time;
use crate::refusal::Refusal;
use crate::rule::Rule;

/// The most items of a page: shop-appstore-lib refuses more.
const LIMIT_MAX: usize = 50;
/// The default number of items of a page. Recorded: eleven statuses are two pages.
const LIMIT: usize = 10;

/// The columns by which a list can be filtered and ordered.
pub(super) type Columns = &'static [(&'static str, Kind)];

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    /// `2026-10-03 14:22:07`, or the day alone.
    Date,
}

/// The query of a list.
pub(super) struct Query {
    pub(super) limit: usize,
    pub(super) page: usize,
    order: Vec<(&'static str, Kind, bool)>,
    filters: Vec<Filter>,
}

struct Filter {
    column: &'static str,
    kind: Kind,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    AtLeast,
    Less,
    AtMost,
    In,
    NotIn,
}

impl Operator {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "=" => Self::Equal,
            "!=" => Self::NotEqual,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            "IN" => Self::In,
            "NOT IN" => Self::NotIn,
            _ => return None,
        })
    }
}

impl Query {
    /// Reads a query.
    pub(super) fn read(raw: Option<&str>, columns: Columns) -> Result<Self, Refusal> {
        let mut query = Self {
            limit: LIMIT,
            page: 1,
            order: Vec::new(),
            filters: Vec::new(),
        };
        let mut given: Vec<String> = Vec::new();
        for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
            if given.contains(&name.to_string()) && name != "order[]" {
                let message = format!("query parameter `{name}` given twice");
                return Err(bad_request(&rules::UNKNOWN_PARAMETER, message));
            }
            given.push(name.to_string());
            match name.as_ref() {
                "limit" => query.limit = whole(&rules::LIMIT, &name, &value, LIMIT_MAX)?,
                "page" => query.page = whole(&rules::PAGE, &name, &value, usize::MAX)?,
                "filters" => query.filters = filters(&value, columns)?,
                "order" | "order[]" => query.order.push(order(&value, columns)?),
                indexed if is_indexed_order(indexed) => query.order.push(order(&value, columns)?),
                _ => {
                    let message = format!("unknown query parameter `{name}`");
                    return Err(bad_request(&rules::UNKNOWN_PARAMETER, message));
                }
            }
        }
        Ok(query)
    }

    /// Whether a row passes all filters.
    pub(super) fn passes(&self, row: &Value, settings: &Settings) -> bool {
        settings.ignores_filters
            || self
                .filters
                .iter()
                .all(|filter| filter.passes(row, settings))
    }

    /// Compares two rows by the columns of `order`.
    pub(super) fn compare(&self, one: &Value, other: &Value) -> Ordering {
        self.order
            .iter()
            .map(|(column, kind, descending)| {
                let by = order_of(*kind, &text(&one[column]), &text(&other[column]));
                if *descending { by.reverse() } else { by }
            })
            .find(|by| by.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl Filter {
    fn passes(&self, row: &Value, settings: &Settings) -> bool {
        let value = &row[self.column];
        if value.is_null() {
            return false;
        }
        let value = text(value);
        let by = |wanted: &String| {
            // Whether case matters is not documented; a setting decides.
            if self.column == "email" && !settings.email_filter_exact {
                value.to_lowercase().cmp(&wanted.to_lowercase())
            } else {
                order_of(self.kind, &value, wanted)
            }
        };
        let mut each = self.values.iter().map(by);
        match self.operator {
            Operator::Equal | Operator::In => each.any(Ordering::is_eq),
            Operator::NotEqual | Operator::NotIn => each.all(Ordering::is_ne),
            Operator::Greater => each.all(Ordering::is_gt),
            Operator::AtLeast => each.all(Ordering::is_ge),
            Operator::Less => each.all(Ordering::is_lt),
            Operator::AtMost => each.all(Ordering::is_le),
        }
    }
}

/// A scalar as text: the API writes numbers as texts and takes both.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn order_of(kind: Kind, one: &str, other: &str) -> Ordering {
    let number = |text: &str| text.parse::<f64>().unwrap_or_default();
    match kind {
        Kind::Number => number(one).total_cmp(&number(other)),
        Kind::Text => one.cmp(other),
        // Digits sort as moments do, and a day alone sorts as its beginning.
        Kind::Date => one.cmp(other),
    }
}

/// `order[0]`, as shop-appstore-lib writes it.
fn is_indexed_order(name: &str) -> bool {
    name.strip_prefix("order[")
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|index| !index.is_empty() && index.bytes().all(|it| it.is_ascii_digit()))
}

fn whole(rule: &'static Rule, name: &str, value: &str, most: usize) -> Result<usize, Refusal> {
    let number = value.parse().ok().filter(|it| (1..=most).contains(it));
    number.ok_or_else(|| bad_request(rule, format!("`{name}` cannot be `{value}`")))
}

fn order(value: &str, columns: Columns) -> Result<(&'static str, Kind, bool), Refusal> {
    let refused = || bad_request(&rules::ORDER, format!("`order` cannot be `{value}`"));
    let (column, direction) = value.split_once(' ').ok_or_else(refused)?;
    let descending = match direction.to_ascii_lowercase().as_str() {
        "asc" => false,
        "desc" => true,
        _ => return Err(refused()),
    };
    let known = columns.iter().find(|(name, _)| *name == column);
    let (column, kind) = known.ok_or_else(refused)?;
    Ok((column, *kind, descending))
}

fn filters(value: &str, columns: Columns) -> Result<Vec<Filter>, Refusal> {
    // pyshoper sends it empty when it filters nothing.
    // An empty array of PHP, which the official library sends, is no filter either.
    if matches!(value.trim(), "" | "[]") {
        return Ok(Vec::new());
    }
    let refused = |message: String| bad_request(&rules::FILTERS, message);
    let object: Map<String, Value> = serde_json::from_str(value)
        .map_err(|error| refused(format!("`filters` is no JSON object: {error}")))?;
    let mut filters = Vec::new();
    for (column, wanted) in &object {
        let known = columns.iter().find(|(name, _)| name == column);
        let Some((column, kind)) = known else {
            return Err(refused(format!("`filters` has no `{column}` here")));
        };
        let mut add = |operator: &str, wanted: &Value| {
            let operator = Operator::read(operator)
                .ok_or_else(|| refused(format!("`filters` has no operator `{operator}`")))?;
            let values = match (operator, wanted) {
                (Operator::In | Operator::NotIn, Value::Array(values)) if !values.is_empty() => {
                    values.iter().map(|value| operand(*kind, value)).collect()
                }
                (Operator::In | Operator::NotIn, _) => None,
                (_, value) => operand(*kind, value).map(|value| vec![value]),
            };
            let values =
                values.ok_or_else(|| refused(format!("`{column}` cannot be `{wanted}`")))?;
            filters.push(Filter {
                column,
                kind: *kind,
                operator,
                values,
            });
            Ok::<_, Refusal>(())
        };
        match wanted {
            Value::Object(operators) if !operators.is_empty() => {
                for (operator, wanted) in operators {
                    add(operator, wanted)?;
                }
            }
            value => add("=", value)?,
        }
    }
    Ok(filters)
}

/// A value to compare with; `None` if it does not fit the column.
fn operand(kind: Kind, value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let fits = match kind {
        Kind::Number => text.parse::<f64>().is_ok(),
        Kind::Text => value.is_string(),
        Kind::Date => time::is_local(&text),
    };
    fits.then_some(text)
}
