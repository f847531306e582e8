//! A login that exchanges credentials for a token, which is kept and renewed.
//!
//! One login at a time: whoever needs a token while another call fetches one
//! waits for that one. If the other call is cancelled, the next in line fetches
//! it. The lock that is held across the login is never touched by a call that
//! finds a token.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use krabice_scenario::manifest::LoginCredentials;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::credential::{basic, sensitive};
use crate::secret_mask::SecretMask;
use crate::{EgressError, Response};

/// How long before its end a token is renewed, at most: longer than any request
/// takes. A short-lived token is renewed when a tenth of its life is left.
const RENEW_BEFORE_END: Duration = Duration::from_secs(60);

/// The longest life of a token that is believed: no clock overflows.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The login request that the manifest describes, with the credentials.
pub(crate) struct LoginPlan {
    pub(crate) path: PathAndQuery,
    pub(crate) credentials: LoginCredentials,
    pub(crate) username: SecretString,
    pub(crate) password: SecretString,
    pub(crate) token: String,
    pub(crate) expires_in: Option<String>,
    pub(crate) header: HeaderName,
    pub(crate) prefix: String,
}

impl LoginPlan {
    /// Headers and body of the login request.
    pub(crate) fn request(&self) -> (HeaderMap, Option<Bytes>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let (username, password) = (self.username.expose_secret(), self.password.expose_secret());
        let (kind, body) = match &self.credentials {
            LoginCredentials::Basic => {
                if let Some(value) = sensitive("Basic ", &basic(&self.username, &self.password)) {
                    headers.insert(header::AUTHORIZATION, value);
                }
                return (headers, None);
            }
            LoginCredentials::Form {
                username: user_field,
                password: password_field,
            } => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                form.append_pair(user_field, username)
                    .append_pair(password_field, password);
                ("application/x-www-form-urlencoded", form.finish())
            }
            LoginCredentials::Json {
                username: user_field,
                password: password_field,
            } => {
                let object = Json::from_iter([
                    (user_field.as_str(), username),
                    (password_field.as_str(), password),
                ]);
                ("application/json", object.to_string())
            }
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        (headers, Some(Bytes::from(body)))
    }

    /// The token in the answer to a login.
    ///
    /// # Errors
    /// `Unauthorised` when the answer says that the credentials are wrong: 401
    /// and 403, and 400 and 422, which OAuth servers and others use for it.
    pub(crate) fn token(&self, host: &str, answer: &Response) -> Result<Token, EgressError> {
        let unexpected = |what: &str| EgressError::UnexpectedAnswer {
            detail: format!("`{host}` answered the login {what}"),
            source: None,
        };
        match answer.status {
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::BAD_REQUEST
            | StatusCode::UNPROCESSABLE_ENTITY => {
                return Err(EgressError::Unauthorised {
                    detail: format!(
                        "`{host}` refused the connection's login with status {}",
                        answer.status.as_u16()
                    ),
                });
            }
            StatusCode::TOO_MANY_REQUESTS => {
                return Err(EgressError::RateLimited {
                    retry_after: crate::retry::retry_after(
                        &answer.headers,
                        std::time::SystemTime::now(),
                    ),
                    detail: format!("`{host}` takes no more logins for now"),
                });
            }
            status if status.is_server_error() => {
                return Err(EgressError::Unavailable {
                    detail: format!(
                        "`{host}` answered the login with status {}",
                        status.as_u16()
                    ),
                    source: None,
                });
            }
            status if !status.is_success() => {
                return Err(unexpected(&format!("with status {}", status.as_u16())));
            }
            _ => {}
        }
        let json: Json =
            serde_json::from_slice(&answer.body).map_err(|_| unexpected("without JSON"))?;
        let secret = match json.pointer(&self.token) {
            Some(Json::String(token)) if !token.is_empty() => SecretString::from(token.as_str()),
            Some(Json::Number(token)) => SecretString::from(token.to_string()),
            _ => return Err(unexpected(&format!("without a token at `{}`", self.token))),
        };
        let value = sensitive(&self.prefix, &secret)
            .ok_or_else(|| unexpected("with a token that no header can carry"))?;
        let life = self
            .expires_in
            .as_ref()
            .and_then(|pointer| seconds(json.pointer(pointer)?));
        Ok(Token {
            value,
            masks: SecretMask::new([&secret]),
            renew_at: life.map(|life| Instant::now() + renew_after(life)),
        })
    }
}

/// A positive number of seconds, as a number or as its digits.
fn seconds(json: &Json) -> Option<Duration> {
    let seconds = match json {
        Json::Number(number) => number.as_f64()?,
        Json::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let life = Duration::try_from_secs_f64(seconds)
        .unwrap_or(LONGEST_LIFE)
        .min(LONGEST_LIFE);
    (seconds > 0.0 && !life.is_zero()).then_some(life)
}

/// How long a token is used before it is renewed.
fn renew_after(life: Duration) -> Duration {
    life - RENEW_BEFORE_END.min(life / 10)
}

/// A token that a login gave.
pub(crate) struct Token {
    /// The whole header value.
    pub(crate) value: HeaderValue,
    /// What finds the token in an answer.
    pub(crate) masks: SecretMask,
    renew_at: Option<Instant>,
}

/// The token of one connection.
#[derive(Default)]
pub(crate) struct Tokens {
    state: RwLock<State>,
    turn: Mutex<()>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    /// A refused login, and until when it is remembered.
    refused: Option<(Instant, EgressError)>,
    /// Until when a 401 is believed: a fresh token did not help.
    futile_until: Option<Instant>,
}

/// What there is to go by.
pub(crate) enum Found<'a> {
    /// A token.
    Token(Arc<Token>),
    /// None; whoever holds the turn fetches one.
    Turn(MutexGuard<'a, ()>),
}

impl Tokens {
    /// A token that need not be renewed and is not `stale`; or the turn to fetch
    /// one.
    ///
    /// # Errors
    /// The refusal of a login that is still remembered.
    pub(crate) async fn find(&self, stale: Option<&Arc<Token>>) -> Result<Found<'_>, EgressError> {
        if let Some(token) = self.current(stale)? {
            return Ok(Found::Token(token));
        }
        let turn = self.turn.lock().await;
        Ok(match self.current(stale)? {
            Some(token) => Found::Token(token),
            None => Found::Turn(turn),
        })
    }

    fn current(&self, stale: Option<&Arc<Token>>) -> Result<Option<Arc<Token>>, EgressError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, error)) = &state.refused
            && *until > Instant::now()
        {
            return Err(error.clone());
        }
        Ok(state
            .token
            .as_ref()
            .filter(|token| token.renew_at.is_none_or(|at| at > Instant::now()))
            .filter(|token| stale.is_none_or(|stale| !Arc::ptr_eq(stale, token)))
            .cloned())
    }

    /// Keeps what a login gave.
    pub(crate) fn keep(
        &self,
        result: Result<Token, EgressError>,
        remember_for: Duration,
    ) -> Result<Arc<Token>, EgressError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(token) => {
                let token = Arc::new(token);
                *state = State {
                    token: Some(Arc::clone(&token)),
                    refused: None,
                    futile_until: state.futile_until,
                };
                Ok(token)
            }
            Err(error) => {
                if matches!(error, EgressError::Unauthorised { .. }) {
                    state.refused = Some((Instant::now() + remember_for, error.clone()));
                }
                Err(error)
            }
        }
    }

    /// Whether a 401 is worth a new login.
    pub(crate) fn worth_renewing(&self) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state
            .futile_until
            .is_none_or(|until| until <= Instant::now())
    }

    /// Notes that a fresh token was refused, too: it is not the token.
    pub(crate) fn renewed_in_vain(&self, remember_for: Duration) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.futile_until = Some(Instant::now() + remember_for);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_life_of_a_token_is_a_number_or_its_digits() {
        for (json, expected) in [
            (json!(3600), Some(3600.0)),
            (json!("3600"), Some(3600.0)),
            (json!(0.5), Some(0.5)),
            (json!(0), None),
            (json!(-1), None),
            (json!("soon"), None),
            (json!(null), None),
            (json!(1e300), Some(LONGEST_LIFE.as_secs_f64())),
        ] {
            assert_eq!(
                seconds(&json).map(|life| life.as_secs_f64()),
                expected,
                "{json}"
            );
        }
    }

    #[test]
    fn a_token_is_renewed_before_its_end() {
        for (life, used) in [(3600, 3540), (600, 540), (100, 90), (10, 9)] {
            assert_eq!(
                renew_after(Duration::from_secs(life)),
                Duration::from_secs(used)
            );
        }
    }
}
