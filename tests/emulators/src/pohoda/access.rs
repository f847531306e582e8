//! Who may call.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};

use super::answer::Refusal;
use super::rules;
use super::settings::Settings;
use crate::back_end::Call;
use crate::log::Credential;

/// POHODA mServer, Pro vývojáře.
const HEADER: &str = "stw-authorization";

/// Judges `STW-Authorization`: Basic, the only scheme, with a user of POHODA. The
/// encoding of letters beyond ASCII is not documented, so the demo has none.
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

/// Lets a caller in.
pub(super) fn log_in(call: &Call, settings: &Settings) -> Result<(), Refusal> {
    let refuse = |rule, message: &str| Err(Refusal::new(rule, StatusCode::UNAUTHORIZED, message));
    match judge(&call.headers, settings) {
        Credential::Right => Ok(()),
        Credential::Absent => refuse(&rules::NO_LOGIN, "no `STW-Authorization`"),
        Credential::Wrong => refuse(&rules::WRONG_LOGIN, "no such user, or a wrong password"),
    }
}

/// Whether the user may open the unit.
pub(super) fn may_open(settings: &Settings) -> Result<(), Refusal> {
    if settings.may_open {
        return Ok(());
    }
    let message = "the user may not open the unit";
    Err(Refusal::new(
        &rules::NO_UNIT,
        StatusCode::FORBIDDEN,
        message,
    ))
}

/// `/xml` has no query.
pub(super) fn no_query(call: &Call) -> Result<(), Refusal> {
    match &call.query {
        None => Ok(()),
        Some(_) => Err(Refusal::bad(
            &rules::UNKNOWN_PARAMETER,
            "`/xml` has no query",
        )),
    }
}
