//! Access: the token, and how often it may be used.

use std::collections::VecDeque;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use super::answer::refusal;
use super::rules;
use super::settings::Settings;
use crate::back_end::Call;
use crate::clock;
use crate::log::Credential;
use crate::refusal::Refusal;

/// The header of the token.
pub(super) const TOKEN: &str = "x-bltoken";

/// The window of the limit.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// What the API has counted.
#[derive(Default)]
pub(crate) struct Access {
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
    /// Admits a caller and counts the request.
    pub(super) fn enter(&mut self, call: &Call, settings: &Settings) -> Result<(), Refusal> {
        match judge(&call.headers, settings) {
            Credential::Right => {}
            Credential::Absent => {
                return Err(refusal(
                    &rules::NO_TOKEN,
                    "ERROR_BAD_TOKEN",
                    "No user token",
                ));
            }
            Credential::Wrong => {
                return Err(refusal(
                    &rules::BAD_TOKEN,
                    "ERROR_BAD_TOKEN",
                    "Invalid user token",
                ));
            }
        }
        if settings.account_blocked {
            return Err(refusal(
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

/// Recorded answer of 2022: the message ends with the time at which the block ends. That it
/// is Polish time is an inference.
fn blocked(until: Timestamp) -> Refusal {
    let warsaw = clock::zone("Europe/Warsaw");
    let until = until.to_zoned(warsaw).strftime("%Y-%m-%d %H:%M:%S");
    let message = format!("Query limit exceeded, token blocked until {until}");
    refusal(&rules::QUERY_LIMIT, "ERROR_BLOCKED_TOKEN", message)
}
