//! Query parameters, read strictly: only those that the endpoint is known to have, and
//! only values of the known type.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::{bad_field, refusal};
use super::rules;
use super::settings::Settings;
use crate::refusal::Refusal;

/// The type of a parameter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A text that is not empty.
    Text,
    /// A moment by RFC 3339, such as `2026-02-01T08:30:00.000000Z`.
    Moment,
    /// A number from 1.
    Count,
}

/// The parameters that an endpoint is known to have, besides those of pages.
pub(super) type Known = &'static [(&'static str, Kind)];

/// Public client: `page` and `page_size` of every list.
const PAGING: Known = &[("page", Kind::Count), ("page_size", Kind::Count)];

/// The parameters of one request.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of a list.
    pub(super) fn of_list(raw: Option<&str>, known: Known) -> Result<Self, Refusal> {
        Self::read(raw, &[known, PAGING].concat())
    }

    /// Checks that an endpoint without parameters got none.
    pub(super) fn none(raw: Option<&str>) -> Result<(), Refusal> {
        Self::read(raw, &[]).map(drop)
    }

    fn read(raw: Option<&str>, known: &[(&str, Kind)]) -> Result<Self, Refusal> {
        let mut given: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
            let Some((_, kind)) = known.iter().find(|(known, _)| *known == name) else {
                let text = "unknown query parameter";
                return Err(bad_field(&rules::UNKNOWN_PARAMETER, &name, text));
            };
            if given.iter().any(|(earlier, _)| *earlier == name) {
                let text = "query parameter given twice";
                return Err(bad_field(&rules::UNKNOWN_PARAMETER, &name, text));
            }
            if !kind.holds(&value) {
                let text = format!("cannot be `{value}`: expected {}", kind.expected());
                return Err(bad_field(&rules::PARAMETER_VALUE, &name, text));
            }
            given.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(given))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut given = self.0.iter();
        let (_, value) = given.find(|(given, _)| given == name)?;
        Some(value)
    }

    pub(super) fn moment(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.parse().ok()
    }

    fn count(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }

    /// The envelope with the items of the requested page. That an empty list has one
    /// page is inferred.
    /// Public client: `total_pages` and `results`; Tracking API: all four keys.
    pub(super) fn page(&self, items: &[Value], settings: &Settings) -> Result<Value, Refusal> {
        let size = self.count("page_size").unwrap_or(settings.page_size);
        let size = size.min(settings.page_size_max).max(1);
        let total = items.len().div_ceil(size).max(1);
        let current = self.count("page").unwrap_or(1);
        if current > total {
            let message = format!("page {current} of {total}");
            let status = StatusCode::NOT_FOUND;
            return Err(refusal(&rules::PAGE, status, "Invalid page.", message));
        }
        let first = size.saturating_mul(current - 1);
        let results: Vec<&Value> = items.iter().skip(first).take(size).collect();
        Ok(json!({
            "count": items.len(),
            "current_page": current,
            "total_pages": total,
            "results": results,
        }))
    }
}

impl Kind {
    fn holds(self, value: &str) -> bool {
        match self {
            Self::Text => !value.trim().is_empty(),
            Self::Moment => value.parse::<Timestamp>().is_ok(),
            Self::Count => value.parse::<usize>().is_ok_and(|count| count >= 1),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Moment => "a moment with an offset",
            Self::Count => "a number from 1",
        }
    }
}
