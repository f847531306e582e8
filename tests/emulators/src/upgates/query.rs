//! Query parameters, read strictly: only those that the endpoint documents, and only
//! values of the documented type.

use jiff::Timestamp;
use url::form_urlencoded;

use super::answer::bad_request;
use super::{rules, time};
use crate::refusal::Refusal;

/// The type of a parameter.
/// Upgates API v2, blueprint: Datové typy.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// Text that may be empty.
    AnyText,
    /// Values separated by semicolons.
    List,
    Bool,
    Int,
    Date,
    /// A telephone number in MSISDN form: digits with the country's prefix.
    Phone,
    /// A page number, from 1.
    Page,
    OneOf(&'static [&'static str]),
}

/// The parameters that an endpoint documents.
pub(super) type Known = &'static [(&'static str, Kind)];

/// The parameters of one request.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query. Parameters in `ignored` are allowed and have no effect.
    pub(super) fn read(raw: Option<&str>, known: Known, ignored: &[&str]) -> Result<Self, Refusal> {
        let mut given: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
            if ignored.contains(&name.as_ref()) {
                continue;
            }
            let Some((_, kind)) = known.iter().find(|(known, _)| *known == name) else {
                return Err(bad_request(
                    &rules::UNKNOWN_PARAMETER,
                    format!("unknown query parameter `{name}`"),
                ));
            };
            if given.iter().any(|(earlier, _)| *earlier == name) {
                return Err(bad_request(
                    &rules::UNKNOWN_PARAMETER,
                    format!("query parameter `{name}` given twice"),
                ));
            }
            if !kind.holds(&value) {
                let message = format!(
                    "query parameter `{name}` cannot be `{value}`: expected {}",
                    kind.expected()
                );
                return Err(bad_request(&rules::PARAMETER_VALUE, message));
            }
            given.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(given))
    }

    /// A parameter's text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The values of a list.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.text(name)
            .map(|text| text.split(';').filter(|item| !item.is_empty()).collect())
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| matches!(text, "1" | "true"))
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// The first moment that a date can mean.
    pub(super) fn from(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(time::read).map(|(first, _)| first)
    }

    /// The last moment that a date can mean: a date without a time includes the whole day.
    pub(super) fn until(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(time::read).map(|(_, last)| last)
    }

    pub(super) fn page(&self) -> usize {
        self.text("page")
            .and_then(|text| text.parse().ok())
            .unwrap_or(1)
    }
}

impl Kind {
    fn holds(self, value: &str) -> bool {
        match self {
            Self::AnyText => true,
            Self::Text => !value.is_empty(),
            Self::List => value.split(';').any(|item| !item.is_empty()),
            Self::Bool => matches!(value, "0" | "1" | "true" | "false"),
            Self::Int => value.parse::<i64>().is_ok(),
            Self::Date => time::read(value).is_some(),
            Self::Phone => {
                let digits = value.strip_prefix('+').unwrap_or(value);
                (6..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            }
            Self::Page => value.parse::<usize>().is_ok_and(|page| page >= 1),
            Self::OneOf(values) => values.contains(&value),
        }
    }

    fn expected(self) -> String {
        match self {
            Self::AnyText | Self::Text => "a text".to_owned(),
            Self::List => "values separated by `;`".to_owned(),
            Self::Bool => "1 or 0".to_owned(),
            Self::Int => "a whole number".to_owned(),
            Self::Date => "a date by ISO 8601".to_owned(),
            Self::Phone => "a telephone number in MSISDN form".to_owned(),
            Self::Page => "a page's number from 1".to_owned(),
            Self::OneOf(values) => values.join(", "),
        }
    }
}
