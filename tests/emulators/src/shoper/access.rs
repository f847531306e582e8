//! Access: the login, the tokens that it gives, and the leaky bucket.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::refusal;
use super::rules;
use super::settings::{Bucket, Settings};
use crate::back_end::Call;
use crate::log::Credential;
use crate::refusal::Refusal;

/// The tokens handed out and the requests counted.
#[derive(Default)]
pub(crate) struct Access {
    /// The tokens and when they expire.
    tokens: HashMap<String, Timestamp>,
    fill: Fill,
}

impl Access {
    /// Judges the credential of a request: user name and password at the login, else a token.
    pub(super) fn judge(&self, call: &Call, login: bool, settings: &Settings) -> Credential {
        if login {
            return judge_login(call, settings);
        }
        let Some(header) = call.headers.get(AUTHORIZATION) else {
            return Credential::Absent;
        };
        let given = header.to_str().ok().and_then(|it| it.split_once(' '));
        // RFC 7235, section 2.1: the scheme's case does not matter.
        let token = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let until = token.and_then(|(_, token)| self.tokens.get(token.trim()));
        match until {
            Some(until) if call.at < *until => Credential::Right,
            _ => Credential::Wrong,
        }
    }

    /// Admits a caller with a valid token.
    pub(super) fn admit(&self, call: &Call, settings: &Settings) -> Result<(), Refusal> {
        let refused = |rule, message| {
            refusal(
                rule,
                StatusCode::UNAUTHORIZED,
                "unauthorized_client",
                message,
            )
        };
        match self.judge(call, false, settings) {
            Credential::Right => Ok(()),
            Credential::Absent => Err(refused(&rules::NO_TOKEN, "Brak tokena dostępu")),
            Credential::Wrong => Err(refused(
                &rules::WRONG_TOKEN,
                "Nieprawidłowy token dostępu lub token wygasł",
            )),
        }
    }

    /// Answers a login with a token.
    pub(super) fn log_in(&mut self, call: &Call, settings: &Settings) -> Result<Value, Refusal> {
        let refused = |rule, code, message| refusal(rule, StatusCode::UNAUTHORIZED, code, message);
        if judge_login(call, settings) != Credential::Right {
            return Err(refused(
                &rules::LOGIN,
                "auth_failure",
                "Nieprawidłowy login lub hasło",
            ));
        }
        if let Some(reason) = settings.login_refused {
            return Err(refused(
                &rules::LOGIN_REFUSED,
                reason.code(),
                "Brak dostępu",
            ));
        }
        let token = token();
        let life = SignedDuration::from_secs(settings.token_life);
        let until = call.at.checked_add(life).unwrap_or(Timestamp::MAX);
        self.tokens.insert(token.clone(), until);
        Ok(
            json!({ "access_token": token, "expires_in": settings.token_life, "token_type": "bearer" }),
        )
    }

    /// Puts one request into the bucket. Also returns the headers that tell its fill,
    /// which both answers and refusals have.
    pub(super) fn fill(
        &mut self,
        now: Timestamp,
        bucket: &Bucket,
    ) -> (Vec<(HeaderName, HeaderValue)>, Result<(), Refusal>) {
        let wait = self.fill.take(now, bucket);
        let header = |name, value: u32| (HeaderName::from_static(name), HeaderValue::from(value));
        let headers = vec![
            header("x-shop-api-calls", self.fill.requests()),
            header("x-shop-api-limit", bucket.size),
            header("x-shop-api-bandwidth", bucket.drain),
        ];
        let taken = wait.map_or(Ok(()), |seconds| {
            let refused = refusal(
                &rules::BUCKET,
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "Przekroczono limit zapytań",
            );
            Err(refused.with_header(RETRY_AFTER, HeaderValue::from(seconds)))
        });
        (headers, taken)
    }
}

/// Judges a login: HTTP Basic (shoper-sdk-php), else the query (shop-appstore-lib,
/// pyshoper).
fn judge_login(call: &Call, settings: &Settings) -> Credential {
    let right = |login: &str, password: &str| {
        if login == settings.login && password == settings.password {
            Credential::Right
        } else {
            Credential::Wrong
        }
    };
    if let Some(header) = call.headers.get(AUTHORIZATION) {
        let given = header.to_str().ok().and_then(|it| it.split_once(' '));
        let encoded = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let decoded = encoded.and_then(|(_, it)| STANDARD.decode(it.trim()).ok());
        let decoded = decoded.and_then(|it| String::from_utf8(it).ok());
        return decoded
            .as_deref()
            .and_then(|it| it.split_once(':'))
            .map_or(Credential::Wrong, |(login, password)| {
                right(login, password)
            });
    }
    let query: HashMap<_, _> =
        form_urlencoded::parse(call.query.as_deref().unwrap_or_default().as_bytes()).collect();
    match (query.get("client_id"), query.get("client_secret")) {
        (Some(login), Some(password)) => right(login, password),
        _ => Credential::Absent,
    }
}

/// A random token of 40 hexadecimal characters. Recorded.
fn token() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let text = format!("{:016x}{:016x}{:016x}", random(), random(), random());
    text[..40].to_owned()
}

/// The fill of the bucket, in thousandths of a request.
#[derive(Default)]
struct Fill {
    thousandths: i64,
    at: Option<Timestamp>,
}

impl Fill {
    /// Puts a request in, or returns for how many seconds the bucket is still full.
    fn take(&mut self, now: Timestamp, bucket: &Bucket) -> Option<u32> {
        let drain = i64::from(bucket.drain.max(1));
        let passed = self.at.map_or(0, |at| now.duration_since(at).as_millis());
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        self.thousandths = (self.thousandths - passed.saturating_mul(drain)).max(0);
        self.at = Some(now);
        let over = self.thousandths + 1000 - i64::from(bucket.size) * 1000;
        if over <= 0 {
            self.thousandths += 1000;
            return None;
        }
        let seconds = (over + 1000 * drain - 1) / (1000 * drain);
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    fn requests(&self) -> u32 {
        u32::try_from((self.thousandths + 999) / 1000).unwrap_or(u32::MAX)
    }
}
