//! Requests to the API: one path, a form with a method and its parameters, and status 200 for
//! everything.

use krabice_plugin::json::Loose;
use krabice_plugin::{Failure, Request, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use time::PrimitiveDateTime;
use time::macros::format_description;
use tzdb_data::time_zone::europe::WARSAW;

use crate::Shop;

/// The path of all requests.
const PATH: &str = "connector.php";

/// The answer to a request.
pub(crate) enum Reply<T> {
    Success(T),
    /// A refusal for another reason than the token or the limit.
    Refused(Refusal),
}

impl<T> Reply<T> {
    /// The answer; a refusal is a failure.
    fn success(self) -> Result<T, Failure> {
        match self {
            Reply::Success(answer) => Ok(answer),
            Reply::Refused(refusal) => Err(refusal.failure()),
        }
    }
}

/// Why the API refuses a request.
pub(crate) struct Refusal {
    method: &'static str,
    code: String,
}

impl Refusal {
    /// Whether the form of the request was wrong, so that the refusal says nothing about the order
    /// or the file that it asked for.
    pub(crate) fn blames_the_request(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ERROR_PARSE_JSON_PARAMETERS" | "ERROR_UNKNOWN_METHOD"
        )
    }

    /// The failure, without the API's message: it may repeat a customer's value from the request.
    pub(crate) fn failure(&self) -> Failure {
        let Self { method, code } = self;
        Failure::unexpected_answer(format!("POST {PATH} ({method}): refused with {code}"))
    }
}

/// Sends a request that reads, and reads the answer; a refusal is a failure.
pub(crate) fn read<T: DeserializeOwned>(
    shop: &Shop,
    method: &'static str,
    parameters: &Json,
) -> Result<T, Failure> {
    ask(shop, method, parameters)?.success()
}

/// Sends a request that writes; a refusal is a failure.
pub(crate) fn write(shop: &Shop, method: &'static str, parameters: &Json) -> Result<(), Failure> {
    let request = request(shop, method, parameters);
    reply::<Json>(shop, method, request)?.success().map(drop)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    status: Loose<String>,
    error_code: Loose<String>,
    error_message: Loose<String>,
}

/// Sends a request that reads, and reads the answer or the refusal.
pub(crate) fn ask<T: DeserializeOwned>(
    shop: &Shop,
    method: &'static str,
    parameters: &Json,
) -> Result<Reply<T>, Failure> {
    reply(shop, method, request(shop, method, parameters).reads())
}

fn request<'a>(shop: &'a Shop, method: &'static str, parameters: &Json) -> Request<'a> {
    let parameters = parameters.to_string();
    let fields = [("method", method), ("parameters", parameters.as_str())];
    shop.post(PATH).named(method).form(&fields)
}

/// Sends a request and reads the answer or the refusal.
///
/// The answer's `Content-Type` does not matter: JSON also comes as `text/html`.
fn reply<T: DeserializeOwned>(
    shop: &Shop,
    method: &'static str,
    request: Request<'_>,
) -> Result<Reply<T>, Failure> {
    let response = request.send()?;
    let envelope: Envelope = response.json()?;
    if envelope.status.required("status")? == "SUCCESS" {
        return response.json().map(Reply::Success);
    }
    let code = readable(&envelope.error_code.text());
    let message = envelope.error_message.text();
    if is_limit(&code, &message) {
        return Err(limited(method, &message, shop.now()));
    }
    if is_of_the_token(&code) {
        let detail = format!("POST {PATH} ({method}): refused with {code}");
        return Err(Failure::unauthorised(detail));
    }
    Ok(Reply::Refused(Refusal { method, code }))
}

/// The code for a failure; a text that is not a code could be a customer's and is replaced.
fn readable(code: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if code.is_empty() || code.len() > 64 || !code.chars().all(plain) {
        "an unknown code".to_owned()
    } else {
        code.to_owned()
    }
}

/// Whether the limit of requests is reached. The same message was seen with two codes, one of which
/// also means a blocked account. The last three codes are known from single clients, not from a
/// recorded answer.
fn is_limit(code: &str, message: &str) -> bool {
    message.to_lowercase().contains("limit exceeded")
        || matches!(
            code,
            "ERROR_BLOCKED_TOKEN"
                | "ERROR_QUERY_LIMIT"
                | "ERROR_RATE_LIMIT"
                | "ERROR_TOO_MANY_REQUESTS"
        )
}

/// Whether the token was refused.
fn is_of_the_token(code: &str) -> bool {
    code == "ERROR_USER_ACCOUNT_BLOCKED" || code.contains("TOKEN") && !code.contains("BLOCKED")
}

/// The failure of a blocked token, with the seconds until the block ends.
fn limited(method: &str, message: &str, now: &Timestamp) -> Failure {
    let detail = format!("POST {PATH} ({method}): too many requests");
    let Some(end) = end_of_block(message) else {
        return Failure::rate_limited(None, detail);
    };
    // An end in the past means that the guess of the time zone is wrong.
    let wait = now
        .unix()
        .and_then(|now| u32::try_from(end.at - now).ok())
        .filter(|wait| *wait > 0);
    let detail = format!("{detail}; the token is blocked until {}", end.text);
    Failure::rate_limited(wait, detail)
}

/// The end of a block.
struct End {
    /// The API's text.
    text: String,
    /// Seconds since 1970 in UTC.
    at: i64,
}

/// The time at the end of the message, `YYYY-MM-DD HH:MM:SS`. It is read as Polish local time; the
/// API does not give its time zone.
fn end_of_block(message: &str) -> Option<End> {
    const CLOCK: &[time::format_description::BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    /// The length of such a time.
    const LETTERS: usize = 19;
    let message = message.trim_end().trim_end_matches('.');
    let text = message.get(message.len().checked_sub(LETTERS)?..)?;
    let clock = PrimitiveDateTime::parse(text, CLOCK).ok()?;
    let clock = clock.assume_utc().unix_timestamp();
    let offset = |at: i64| {
        let found = WARSAW.find_local_time_type(at).ok()?;
        Some(i64::from(found.ut_offset()))
    };
    // The offset is looked up by a moment: the first lookup gives a moment near the right one.
    let near = clock - offset(clock)?;
    Some(End {
        text: text.to_owned(),
        at: clock - offset(near)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(message: &str) -> Option<i64> {
        end_of_block(message).map(|end| end.at)
    }

    #[test]
    fn the_end_of_a_block_is_polish_time_in_summer_and_in_winter() {
        let message = |time| format!("Query limit exceeded, token blocked until {time}");
        for (polish, utc) in [
            ("2026-07-01 12:00:00", "2026-07-01T10:00:00Z"),
            ("2026-12-01 12:00:00", "2026-12-01T11:00:00Z"),
            // The clocks change at 01:00 UTC.
            ("2026-03-29 01:59:59", "2026-03-29T00:59:59Z"),
            ("2026-03-29 03:00:00", "2026-03-29T01:00:00Z"),
            ("2026-10-25 03:00:00", "2026-10-25T02:00:00Z"),
        ] {
            let expected = Timestamp::parse(utc).unwrap().unix();
            assert_eq!(at(&message(polish)), expected, "{polish}");
            assert_eq!(at(&format!("{}.", message(polish))), expected, "{polish}");
        }
    }

    #[test]
    fn a_message_without_a_time_at_its_end_has_no_end_of_a_block() {
        for message in [
            "",
            "Query limit exceeded",
            "until 2026-07-01 12:00",
            "2026-07-01 12:00:00 is the end",
            "blocked until 2026-02-30 12:00:00",
            "zażółć gęślą jaźń zażółć",
        ] {
            assert_eq!(at(message), None, "{message}");
        }
    }
}
