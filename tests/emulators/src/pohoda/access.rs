//! Access: the user of POHODA, and the right to open the unit.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};

use super::answer::{bad_request, refusal};
use super::rules;
use super::settings::Settings;
use crate::back_end::Call;
use crate::log::Credential;
use crate::refusal::Refusal;

/// POHODA mServer, Pro vývojáře.
pub(super) const HEADER: &str = "stw-authorization";

/// Judges `STW-Authorization`: Basic, the only scheme, with a user of POHODA. The
/// encoding of non-ASCII letters is not documented, so the demo user has none.
pub(super) fn judge(headers: &HeaderMap, settings: &Settings) -> Credential {
    let Some(header) = headers.get(HEADER) else {
        return Credential::Absent;
    };
    let encoded = header
        .to_str()
        .ok()
        .and_then(|it| it.strip_prefix("Basic "));
    let given = encoded.and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
    if given == Some(format!("{}:{}", settings.user, settings.password).into_bytes()) {
        Credential::Right
    } else {
        Credential::Wrong
    }
}

/// Admits a caller.
pub(super) fn log_in(call: &Call, settings: &Settings) -> Result<(), Refusal> {
    let refuse = |rule, message| Err(refusal(rule, StatusCode::UNAUTHORIZED, message));
    match judge(&call.headers, settings) {
        Credential::Right => Ok(()),
        Credential::Absent => refuse(&rules::NO_LOGIN, "no `STW-Authorization`"),
        Credential::Wrong => refuse(&rules::WRONG_LOGIN, "no such user, or a wrong password"),
    }
}

/// Refuses a user who may not open the unit.
pub(super) fn may_open(settings: &Settings) -> Result<(), Refusal> {
    if settings.may_open {
        return Ok(());
    }
    let message = "the user may not open the unit";
    Err(refusal(&rules::NO_UNIT, StatusCode::FORBIDDEN, message))
}

/// Refuses a query, because `/xml` has none.
pub(super) fn no_query(call: &Call) -> Result<(), Refusal> {
    match &call.query {
        None => Ok(()),
        Some(_) => Err(bad_request(
            &rules::UNKNOWN_PARAMETER,
            "`/xml` has no query",
        )),
    }
}
