//! Access: logins, wrong logins, quotas and requests at once.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::civil::{Date, DateTime};
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use super::answer::refusal;
use super::settings::Settings;
use super::{rules, time};
use crate::back_end::Call;
use crate::injection::http_date;
use crate::log::Credential;
use crate::refusal::Refusal;

/// Upgates API v2, blueprint: Rate Limiting, Omezení přihlášení.
const WRONG_LOGINS_MAX: usize = 5;
const WRONG_LOGINS_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// The requests that one extra package adds to the hour and to the day.
/// Upgates API v2, blueprint: Rate Limiting, Individuální limit.
const PACKAGE: (u32, u32) = (25, 400);

/// What the API has counted.
#[derive(Default)]
pub(crate) struct Access {
    wrong_logins: HashMap<IpAddr, VecDeque<Timestamp>>,
    used: Used,
    at_once: Arc<AtomicUsize>,
}

/// A place among the requests at once.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Judges the `Authorization` header: HTTP Basic with the login and the key.
/// Upgates API v2, blueprint: Autentizace.
pub(super) fn judge(headers: &HeaderMap, settings: &Settings) -> Credential {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Credential::Absent;
    };
    let given = header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '));
    // RFC 7235, section 2.1: the scheme's case does not matter.
    let encoded = given
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .map(|(_, encoded)| encoded);
    let given = encoded.and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
    if given == Some(format!("{}:{}", settings.login, settings.key).into_bytes()) {
        Credential::Right
    } else {
        Credential::Wrong
    }
}

impl Access {
    /// Admits a caller, or counts a wrong login.
    pub(super) fn log_in(&mut self, call: &Call, settings: &Settings) -> Result<(), Refusal> {
        let wrong = self.wrong_logins.entry(call.peer).or_default();
        while wrong
            .front()
            .is_some_and(|at| call.at.duration_since(*at) >= WRONG_LOGINS_WITHIN)
        {
            wrong.pop_front();
        }
        if wrong.len() >= WRONG_LOGINS_MAX {
            let message = "Byl překročen maximální počet pokusů o přihlášení.";
            return Err(refusal(
                &rules::WRONG_LOGINS,
                StatusCode::FORBIDDEN,
                message,
            ));
        }
        let unauthorised = |rule, message: &str| {
            let realm = HeaderValue::from_static("Basic realm=\"Upgates API\"");
            refusal(rule, StatusCode::UNAUTHORIZED, message).with_header(WWW_AUTHENTICATE, realm)
        };
        match judge(&call.headers, settings) {
            Credential::Right if settings.active => Ok(()),
            Credential::Right => Err(refusal(
                &rules::INACTIVE,
                StatusCode::FORBIDDEN,
                "API uživatel není aktivní.",
            )),
            Credential::Absent => Err(unauthorised(&rules::NO_LOGIN, "Chybí přihlašovací údaje.")),
            Credential::Wrong => {
                wrong.push_back(call.at);
                Err(unauthorised(
                    &rules::WRONG_LOGIN,
                    "Špatné přihlašovací údaje.",
                ))
            }
        }
    }

    /// Takes a place among the requests at once. Dropping the returned value
    /// frees it.
    pub(super) fn enter(
        &self,
        call: &Call,
        settings: &Settings,
    ) -> Result<Box<dyn Any + Send>, Refusal> {
        let others = self.at_once.fetch_add(1, Ordering::AcqRel);
        let place = Box::new(Place(Arc::clone(&self.at_once)));
        if others < settings.parallel {
            return Ok(place);
        }
        let message = format!(
            "Překročen počet souběžných požadavků: {} z {}.",
            others + 1,
            settings.parallel
        );
        let again = http_date(
            call.at
                .checked_add(SignedDuration::from_secs(1))
                .unwrap_or(Timestamp::MAX),
        );
        Err(
            refusal(&rules::PARALLEL, StatusCode::TOO_MANY_REQUESTS, message)
                .with_header(RETRY_AFTER, again),
        )
    }

    /// Takes one request from the quotas. Returns the headers that tell what
    /// is left; a refusal has them, too.
    pub(super) fn spend(
        &mut self,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
        let Some((hour, day)) = settings.tariff.quotas() else {
            return Ok(Vec::new());
        };
        let hour = hour + PACKAGE.0 * settings.packages;
        let day = day + PACKAGE.1 * settings.packages;
        let enough = self.used.take(now, hour, day);
        let left = self.used.left(now, hour, day);
        if enough {
            return Ok(left);
        }
        let message = "Byl překročen maximální počet požadavků.";
        let again = http_date(next_hour(now));
        let refused = refusal(&rules::QUOTA, StatusCode::TOO_MANY_REQUESTS, message)
            .with_header(RETRY_AFTER, again);
        Err(left.into_iter().fold(refused, |refused, (name, value)| {
            refused.with_header(name, value)
        }))
    }
}

/// Requests taken from the current hour's and day's quotas.
/// Upgates API v2, blueprint: Rate Limiting, Uplatnění limitu: clock hours and
/// calendar days; the hour's quota first, what goes beyond it from the day's.
#[derive(Default)]
struct Used {
    hour: Option<DateTime>,
    in_hour: u32,
    day: Option<Date>,
    in_day: u32,
}

impl Used {
    fn take(&mut self, now: Timestamp, hour: u32, day: u32) -> bool {
        let local = time::local(now).datetime();
        let this_hour = local.date().at(local.hour(), 0, 0, 0);
        if self.hour != Some(this_hour) {
            (self.hour, self.in_hour) = (Some(this_hour), 0);
        }
        if self.day != Some(local.date()) {
            (self.day, self.in_day) = (Some(local.date()), 0);
        }
        if self.in_hour < hour {
            self.in_hour += 1;
            true
        } else if self.in_day < day {
            self.in_day += 1;
            true
        } else {
            false
        }
    }

    fn left(&self, now: Timestamp, hour: u32, day: u32) -> Vec<(HeaderName, HeaderValue)> {
        let of_hour = hour.saturating_sub(self.in_hour);
        let of_day = day.saturating_sub(self.in_day);
        // "Celkem" of the tariffs is 24 hours and the day, so what is left in
        // total also counts the hours to come: an inference.
        let to_come = u32::try_from(23 - time::local(now).hour()).expect("an hour is at most 23");
        let total = of_hour + of_day + hour * to_come;
        let header = |name, value: u32| (HeaderName::from_static(name), HeaderValue::from(value));
        vec![
            header("x-rate-limit-hour", hour),
            header("x-rate-limit-day", day),
            header("x-rate-limit-hour-remaining", of_hour),
            header("x-rate-limit-day-remaining", of_day),
            header("x-rate-limit-total-remaining", total),
        ]
    }
}

/// The beginning of the next clock hour, when a request succeeds again.
/// Prague's offset is a whole number of hours, so its hours are those of UTC.
fn next_hour(now: Timestamp) -> Timestamp {
    let down = TimestampRound::new()
        .smallest(Unit::Hour)
        .mode(RoundMode::Trunc);
    let hour = now.round(down).expect("an hour divides a day");
    hour.checked_add(SignedDuration::from_hours(1))
        .unwrap_or(Timestamp::MAX)
}
