//! Access: the token, the extension, and the number of requests.

use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;

use super::answer::refusal;
use super::rules;
use super::settings::Settings;
use crate::log::Credential;
use crate::refusal::Refusal;

/// The requests of the current minute.
#[derive(Debug, Default)]
pub(crate) struct Access {
    minute: i64,
    requests: u32,
}

/// Judges the `Authorization` header: `Token` and the token.
/// Tracking API: the sample request.
pub(super) fn judge(headers: &HeaderMap, settings: &Settings) -> Credential {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Credential::Absent;
    };
    let given = header.to_str().ok().and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        // RFC 9110, section 11.1: the scheme's case does not matter.
        scheme.eq_ignore_ascii_case("token").then_some(token)
    });
    if given == Some(settings.token.as_str()) {
        Credential::Right
    } else {
        Credential::Wrong
    }
}

impl Access {
    /// Admits a caller.
    pub(super) fn enter(
        &mut self,
        headers: &HeaderMap,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<(), Refusal> {
        let unauthorised = |rule, detail: &str| {
            let scheme = HeaderValue::from_static("Token");
            refusal(rule, StatusCode::UNAUTHORIZED, detail, detail)
                .with_header(WWW_AUTHENTICATE, scheme)
        };
        match judge(headers, settings) {
            Credential::Right => {}
            Credential::Absent => {
                let detail = "Authentication credentials were not provided.";
                return Err(unauthorised(&rules::NO_TOKEN, detail));
            }
            Credential::Wrong => return Err(unauthorised(&rules::WRONG_TOKEN, "Invalid token.")),
        }
        if !settings.extension {
            let detail = "You do not have permission to perform this action.";
            let status = StatusCode::FORBIDDEN;
            return Err(refusal(&rules::NO_EXTENSION, status, detail, detail));
        }
        self.spend(now, settings)
    }

    fn spend(&mut self, now: Timestamp, settings: &Settings) -> Result<(), Refusal> {
        let Some(most) = settings.requests_per_minute else {
            return Ok(());
        };
        let second = now.as_second();
        if self.minute != second.div_euclid(60) {
            (self.minute, self.requests) = (second.div_euclid(60), 0);
        }
        if self.requests < most {
            self.requests += 1;
            return Ok(());
        }
        let wait = 60 - second.rem_euclid(60);
        let detail = format!("Request was throttled. Expected available in {wait} seconds.");
        let status = StatusCode::TOO_MANY_REQUESTS;
        let refused = refusal(&rules::THROTTLED, status, &detail, detail.as_str());
        Err(refused.with_header(RETRY_AFTER, HeaderValue::from(wait)))
    }
}
