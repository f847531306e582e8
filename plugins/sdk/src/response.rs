//! Answers of the back end.

use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::contract::Failure;
use crate::timestamp::{Timestamp, second};
use crate::transport::Incoming;

/// An answer, read completely.
#[derive(Debug)]
pub struct Response {
    label: String,
    incoming: Incoming,
    retry_after: Option<u32>,
}

impl Response {
    pub(crate) fn new(label: String, incoming: Incoming, now: &Timestamp) -> Self {
        let mut response = Self {
            label,
            incoming,
            retry_after: None,
        };
        if response.status() == 429 {
            response.retry_after = response
                .header("retry-after")
                .and_then(|value| seconds_until(value, now));
        }
        response
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.incoming.status
    }

    /// The value of the first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.incoming.headers.iter();
        headers
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.incoming.body
    }

    /// The body as text.
    ///
    /// # Errors
    /// [`Failure::UnexpectedAnswer`] for a body that is not UTF-8.
    pub fn text(&self) -> Result<&str, Failure> {
        std::str::from_utf8(self.bytes()).map_err(|_| {
            Failure::unexpected_answer(format!("{}: the answer is not UTF-8", self.label))
        })
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`Failure::UnexpectedAnswer`] for a body that is not JSON, or not the JSON of a `T`. The
    /// detail has the place, but not the value: that could be a customer's.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(self.bytes()).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &serde_json::Error) -> Failure {
        let what = if error.is_data() {
            "is not as documented"
        } else {
            "is not JSON"
        };
        // The only text of an error that holds no value of the answer.
        let missing = error.to_string();
        let missing = missing
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split_once('`'));
        let missing =
            missing.map_or_else(String::new, |(name, _)| format!(", `{name}` is missing"));
        let (line, column) = (error.line(), error.column());
        self.unexpected(&format!(
            "the answer {what} (line {line}, column {column}{missing})"
        ))
    }

    /// The failure of the status:
    ///
    /// | status | failure |
    /// |---|---|
    /// | 401, 403 | unauthorised |
    /// | 408 | unavailable |
    /// | 429 | rate-limited, with `Retry-After` (seconds or a date, RFC 9110 section 10.2.3) |
    /// | 5xx | unavailable |
    /// | any other | unexpected-answer |
    #[must_use]
    pub fn failure(&self) -> Failure {
        let status = self.status();
        let detail = format!("{} answered {status}", self.label);
        match status {
            401 | 403 => Failure::unauthorised(detail),
            429 => Failure::rate_limited(self.retry_after, detail),
            408 | 500..=599 => Failure::unavailable(detail),
            _ => Failure::unexpected_answer(detail),
        }
    }

    /// A failure with the request's name and `what` is wrong with its answer.
    #[must_use]
    pub fn unexpected(&self, what: &str) -> Failure {
        Failure::unexpected_answer(format!("{}: {what}", self.label))
    }
}

/// The seconds to wait by a `Retry-After` header, which holds seconds or a date in one of the forms
/// that back ends use; 0 for a date in the past.
fn seconds_until(value: &str, now: &Timestamp) -> Option<u32> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        return Some(value.parse().unwrap_or(u32::MAX));
    }
    let date = OffsetDateTime::parse(value, &Rfc2822).map(OffsetDateTime::unix_timestamp);
    let date = date.ok().or_else(|| second(value))?;
    let wait = date.saturating_sub(now.unix()?).max(0);
    Some(u32::try_from(wait).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Response::new(
            "GET orders".into(),
            Incoming {
                status,
                headers: headers.collect(),
                body: body.into(),
            },
            &Timestamp::parse("2026-03-14T12:00:00+01:00").unwrap(),
        )
    }

    #[test]
    fn each_status_has_its_failure() {
        let failure = |status| response(status, &[], "").failure();
        let unexpected =
            |status: u16| Failure::unexpected_answer(format!("GET orders answered {status}"));
        assert_eq!(
            failure(401),
            Failure::unauthorised("GET orders answered 401")
        );
        assert_eq!(
            failure(403),
            Failure::unauthorised("GET orders answered 403")
        );
        assert_eq!(
            failure(429),
            Failure::rate_limited(None, "GET orders answered 429")
        );
        assert_eq!(
            failure(408),
            Failure::unavailable("GET orders answered 408")
        );
        assert_eq!(
            failure(500),
            Failure::unavailable("GET orders answered 500")
        );
        assert_eq!(
            failure(503),
            Failure::unavailable("GET orders answered 503")
        );
        for status in [301, 302, 304, 400, 404, 405, 413, 418] {
            assert_eq!(failure(status), unexpected(status));
        }
    }

    #[test]
    fn the_wait_is_in_seconds_whatever_form_the_header_has() {
        let wait = |value| {
            let failure = response(429, &[("Retry-After", value)], "").failure();
            let Failure::RateLimited(limit) = failure else {
                panic!("{failure:?}")
            };
            limit.retry_after
        };
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait(" 0 "), Some(0));
        assert_eq!(wait("99999999999"), Some(u32::MAX));
        assert_eq!(
            wait("Sat, 14 Mar 2026 11:30:00 GMT"),
            Some(1800),
            "noon in Prague is 11 in GMT"
        );
        assert_eq!(wait("Sat, 14 Mar 2026 10:00:00 GMT"), Some(0));
        assert_eq!(wait("2026-03-14T11:00:30Z"), Some(30));
        for nonsense in ["", "soon", "-5", "1.5"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn the_failure_of_an_unreadable_answer_has_the_place_and_no_value() {
        #[derive(Debug, serde::Deserialize)]
        struct Orders {
            #[expect(dead_code, reason = "only its absence is tested")]
            orders: Vec<u8>,
        }
        let detail = |body| {
            let failure = response(200, &[], body).json::<Orders>().unwrap_err();
            let Failure::UnexpectedAnswer(detail) = failure else {
                panic!("{failure:?}")
            };
            detail
        };
        assert_eq!(
            detail("<html>"),
            "GET orders: the answer is not JSON (line 1, column 1)",
        );
        assert_eq!(
            detail("{\"orders\":[1,"),
            "GET orders: the answer is not JSON (line 1, column 13)"
        );
        assert_eq!(
            detail("{\"orders\":\"petra@example.cz\"}"),
            "GET orders: the answer is not as documented (line 1, column 28)",
        );
        assert_eq!(
            detail("{}"),
            "GET orders: the answer is not as documented (line 1, column 2, `orders` is missing)",
        );
    }
}
