//! Who may call: the token, and how often.

use std::collections::VecDeque;

use http::HeaderMap;
use jiff::tz::{self, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::refusal::Refusal;
use super::rules;
use super::settings::Settings;
use crate::back_end::Call;
use crate::log::Credential;

/// The header of the token.
pub(super) const TOKEN: &str = "x-bltoken";

/// The window of the limit.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// What has been counted.
#[derive(Default)]
pub(super) struct Access {
    requests: VecDeque<Timestamp>,
    blocked_until: Option<Timestamp>,
}

/// Judges the token.
pub(super) fn judge(headers: &HeaderMap, settings: &Settings) -> Credential {
    match headers.get(TOKEN) {
        None => Credential::Absent,
        Some(token) if token.as_bytes() == settings.token.as_bytes() => Credential::Right,
        Some(_) => Credential::Wrong,
    }
}

impl Access {
    /// Lets a caller in, and counts the request.
    pub(super) fn enter(&mut self, call: &Call, settings: &Settings) -> Result<(), Refusal> {
        match judge(&call.headers, settings) {
            Credential::Right => {}
            Credential::Absent => {
                return Err(Refusal::new(
                    &rules::NO_TOKEN,
                    "ERROR_BAD_TOKEN",
                    "No user token",
                ));
            }
            Credential::Wrong => {
                return Err(Refusal::new(
                    &rules::BAD_TOKEN,
                    "ERROR_BAD_TOKEN",
                    "Invalid user token",
                ));
            }
        }
        if settings.account_blocked {
            return Err(Refusal::new(
                &rules::ACCOUNT_BLOCKED,
                "ERROR_USER_ACCOUNT_BLOCKED",
                "User account blocked",
            ));
        }
        self.count(call.at, settings)
    }

    fn count(&mut self, now: Timestamp, settings: &Settings) -> Result<(), Refusal> {
        if let Some(until) = self.blocked_until {
            if now < until {
                return Err(blocked(until));
            }
            self.blocked_until = None;
            self.requests.clear();
        }
        while self
            .requests
            .front()
            .is_some_and(|at| now.duration_since(*at) >= MINUTE)
        {
            self.requests.pop_front();
        }
        if self.requests.len() < settings.requests_per_minute {
            self.requests.push_back(now);
            return Ok(());
        }
        let block = SignedDuration::from_mins(settings.block_minutes);
        let until = now.checked_add(block).unwrap_or(Timestamp::MAX);
        self.blocked_until = Some(until);
        Err(blocked(until))
    }
}

/// Recorded answer of 2022: the message ends with the time. That it is Polish time is
/// an inference.
fn blocked(until: Timestamp) -> Refusal {
    let warsaw = TimeZone::get("Europe/Warsaw").unwrap_or_else(|_| TimeZone::fixed(tz::offset(1)));
    let until = until.to_zoned(warsaw).strftime("%Y-%m-%d %H:%M:%S");
    let message = format!("Query limit exceeded, token blocked until {until}");
    Refusal::new(&rules::QUERY_LIMIT, "ERROR_BLOCKED_TOKEN", message)
}
