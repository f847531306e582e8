//! Logins that exchange credentials for a token, and the token that is kept and
//! renewed.
//!
//! There is one login at a time: a call that needs a token while another call logs in
//! waits for that one. If the other call is cancelled, the next one in the queue logs
//! in. A call that finds a token never waits for the lock that is held during a login.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use krabice_contract::manifest::{Effect, LoginCredentials};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::error::EgressError;
use crate::headers::{basic_value, secret_value};
use crate::locked::locked;
use crate::message::{Response, Timeouts};
use crate::policy::Target;
use crate::prepared::Prepared;
use crate::retry::retry_after;
use crate::secret_mask::SecretMask;

/// The time before its end at which a token is renewed: longer than any request
/// takes. A token with a short life is renewed when a tenth of its life is left.
const RENEW_BEFORE_END: Duration = Duration::from_secs(60);

/// The longest life of a token, so that no addition of times overflows.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The login request that the manifest describes, with the credentials.
pub(crate) struct LoginPlan {
    pub(crate) target: Target,
    pub(crate) credentials: LoginCredentials,
    pub(crate) username: SecretString,
    pub(crate) password: SecretString,
    pub(crate) token: String,
    pub(crate) expires_in: Option<String>,
    pub(crate) header: HeaderName,
    pub(crate) prefix: String,
}

impl LoginPlan {
    /// The login request.
    pub(crate) fn request(&self, due: Instant) -> Prepared {
        let mut request = Prepared {
            method: Method::POST,
            target: self.target.clone(),
            headers: HeaderMap::new(),
            body: None,
            timeouts: Timeouts::default(),
            // A login changes nothing that matters to a function that writes.
            effect: Effect::Reads,
            due,
        };
        let headers = &mut request.headers;
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let (username, password) = (self.username.expose_secret(), self.password.expose_secret());
        let (kind, body) = match &self.credentials {
            LoginCredentials::Basic => {
                let value = basic_value(&self.username, &self.password);
                headers.insert(header::AUTHORIZATION, value);
                return request;
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
        request.body = Some(Bytes::from(body));
        request
    }

    /// Reads the token from the answer to a login.
    ///
    /// # Errors
    /// `Unauthorised` when the credentials are wrong: on 401 and 403, and on 400 and
    /// 422, which OAuth servers and others send for it.
    pub(crate) fn token(&self, host: &str, answer: &Response) -> Result<AccessToken, EgressError> {
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
                    retry_after: retry_after(&answer.headers, SystemTime::now()),
                    detail: format!("`{host}` accepts no more logins for now"),
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
            _ => {
                let what = format!("with JSON that has no token at `{}`", self.token);
                return Err(unexpected(&what));
            }
        };
        let value = secret_value(&self.prefix, &secret).ok_or_else(|| {
            unexpected("with a token that has characters that are not allowed in a header")
        })?;
        let life = self
            .expires_in
            .as_ref()
            .and_then(|pointer| seconds(json.pointer(pointer)?));
        Ok(AccessToken {
            value,
            mask: SecretMask::new([&secret]),
            renew_at: life.map(|life| Instant::now() + renew_after(life)),
        })
    }
}

/// A positive number of seconds, as a number or as its digits.
fn seconds(json: &Json) -> Option<Duration> {
    let seconds: f64 = if let Json::String(digits) = json {
        digits.trim().parse().ok()?
    } else {
        json.as_f64()?
    };
    let life = Duration::try_from_secs_f64(seconds)
        .unwrap_or(LONGEST_LIFE)
        .min(LONGEST_LIFE);
    (seconds > 0.0 && !life.is_zero()).then_some(life)
}

/// The time that a token is used before it is renewed.
fn renew_after(life: Duration) -> Duration {
    life - RENEW_BEFORE_END.min(life / 10)
}

/// A token that a login gave.
pub(crate) struct AccessToken {
    /// The whole header value.
    pub(crate) value: HeaderValue,
    /// The mask of the token in answers.
    pub(crate) mask: SecretMask,
    renew_at: Option<Instant>,
}

/// The token of one connection.
#[derive(Default)]
pub(crate) struct TokenStore {
    state: std::sync::Mutex<TokenState>,
    /// Held during a login.
    login: Mutex<()>,
}

#[derive(Default)]
struct TokenState {
    token: Option<Arc<AccessToken>>,
    /// A refused login, and the moment until which it is remembered.
    refused: Option<(Instant, EgressError)>,
    /// Until this moment no new login follows a 401, because the last one did not help.
    renewal_useless_until: Option<Instant>,
}

/// The result of a look-up of the token.
pub(crate) enum TokenLookup<'a> {
    Token(Arc<AccessToken>),
    /// There is no token. The owner of the lock logs in.
    LogIn(MutexGuard<'a, ()>),
}

impl TokenStore {
    /// Finds a token that need not be renewed and is not `stale`, or gives the lock for
    /// a login.
    ///
    /// # Errors
    /// The refusal of an earlier login, while it is remembered.
    pub(crate) async fn find(
        &self,
        stale: Option<&Arc<AccessToken>>,
    ) -> Result<TokenLookup<'_>, EgressError> {
        if let Some(token) = self.current(stale)? {
            return Ok(TokenLookup::Token(token));
        }
        let login = self.login.lock().await;
        Ok(match self.current(stale)? {
            Some(token) => TokenLookup::Token(token),
            None => TokenLookup::LogIn(login),
        })
    }

    fn current(
        &self,
        stale: Option<&Arc<AccessToken>>,
    ) -> Result<Option<Arc<AccessToken>>, EgressError> {
        let state = locked(&self.state);
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

    /// Keeps the result of a login: the token, or the refusal for a while.
    pub(crate) fn keep(
        &self,
        result: Result<AccessToken, EgressError>,
        remember_for: Duration,
    ) -> Result<Arc<AccessToken>, EgressError> {
        let mut state = locked(&self.state);
        match result {
            Ok(token) => {
                let token = Arc::new(token);
                state.token = Some(Arc::clone(&token));
                state.refused = None;
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

    /// Whether a new login may follow a 401.
    pub(crate) fn may_renew(&self) -> bool {
        locked(&self.state)
            .renewal_useless_until
            .is_none_or(|until| until <= Instant::now())
    }

    /// Remembers that a fresh token was refused too, so the token is not the reason.
    pub(crate) fn renewal_was_useless(&self, remember_for: Duration) {
        locked(&self.state).renewal_useless_until = Some(Instant::now() + remember_for);
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
