//! The connection's credential, ready to be added to a request.

use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};
use krabice_contract::manifest::Authorisation;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use crate::base_url::BaseUrl;
use crate::error::{Refusal, Rule};
use crate::headers::{Carriers, basic_pair, basic_value, header_name, secret_value};
use crate::login::{AccessToken, LoginPlan};
use crate::outlet_builder::OutletError;
use crate::path::path_problem;
use crate::policy::{Destination, Target};
use crate::prepared::{Prepared, Sensitive};
use crate::settings::CheckedSettings;
use crate::signature::Signer;

/// The authorisation of requests to the connection's own address.
pub(crate) enum Credential {
    /// Requests carry no credential.
    None,
    /// A header that is always the same.
    Header(HeaderName, HeaderValue),
    /// A query parameter that is always the same.
    Query {
        /// The parameter's name.
        name: String,
        /// `name=value`, encoded.
        pair: SecretString,
    },
    /// A signature of the request.
    Hmac(Signer),
    /// A secret end of the address, with its prefix.
    SecretPath(SecretString),
    /// A token from a login.
    Login(Box<LoginPlan>),
}

/// The shortest part of a secret end of an address that is masked by itself, in bytes.
/// Shorter ones are numbers of accounts and words, which occur in answers for other
/// reasons.
const SECRET_PART: usize = 16;

impl Credential {
    /// Makes the credential that the manifest describes from the connection's settings.
    /// Returns with it the secrets to mask in answers.
    pub(crate) fn new(
        authorisation: &Authorisation,
        settings: &CheckedSettings,
        base: Option<&BaseUrl>,
    ) -> Result<(Self, Vec<SecretString>), OutletError> {
        let text = |setting: &str| {
            settings.text(setting).ok_or_else(|| {
                let reason = format!(
                    "the setting `{setting}` has no value; it is needed to authorise requests"
                );
                OutletError::of_setting(setting, reason)
            })
        };
        let made = match authorisation {
            Authorisation::None => Ok((Credential::None, Vec::new())),
            Authorisation::Basic {
                header,
                username,
                password,
            } => {
                let value = basic_value(&text(username)?, &text(password)?);
                let credential = Credential::Header(header_name(header)?, value);
                Ok((
                    credential,
                    login_secrets(settings, &text, username, password)?,
                ))
            }
            Authorisation::Header {
                name,
                prefix,
                setting,
            } => {
                let secret = text(setting)?;
                // Many back ends show the key with its prefix, and operators copy both.
                let prefix = if secret.expose_secret().starts_with(prefix.as_str()) {
                    ""
                } else {
                    prefix
                };
                let value = secret_value(prefix, &secret).ok_or_else(|| {
                    let reason = format!(
                        "`{setting}` has characters that are not allowed in a header, such as the end of a line"
                    );
                    OutletError::of_setting(setting, reason)
                })?;
                Ok((Credential::Header(header_name(name)?, value), vec![secret]))
            }
            Authorisation::Query { name, setting } => {
                let secret = text(setting)?;
                let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
                let pair = SecretString::from(format!(
                    "{}={}",
                    encode(name),
                    encode(secret.expose_secret())
                ));
                Ok((
                    Credential::Query {
                        name: name.clone(),
                        pair,
                    },
                    vec![secret],
                ))
            }
            Authorisation::Hmac(hmac) => {
                let key = text(&hmac.setting)?;
                let signer = Signer::new(hmac, key.clone())?;
                Ok((Credential::Hmac(signer), vec![key]))
            }
            Authorisation::SecretPath { prefix, setting } => {
                let (end, secrets) = secret_path(prefix, setting, &text(setting)?)?;
                Ok((Credential::SecretPath(end), secrets))
            }
            Authorisation::Login(login) => {
                let base = base.ok_or_else(|| OutletError::new("a login needs an address"))?;
                let path = base.below(&login.path).map_err(|refusal| {
                    OutletError::new(format!(
                        "the manifest's login path cannot be used: {refusal}"
                    ))
                })?;
                let secrets = login_secrets(settings, &text, &login.username, &login.password)?;
                let destination = Destination::Own(Arc::new(base.clone()));
                let plan = LoginPlan {
                    target: Target { destination, path },
                    credentials: login.credentials.clone(),
                    username: text(&login.username)?,
                    password: text(&login.password)?,
                    token: login.token.clone(),
                    expires_in: login.expires_in.clone(),
                    header: header_name(&login.header)?,
                    prefix: login.prefix.clone(),
                };
                Ok((Credential::Login(Box::new(plan)), secrets))
            }
        };
        if base.is_none() && !matches!(authorisation, Authorisation::None) {
            return made.and(Err(OutletError::new(
                "there is an authorisation and no address to send it to",
            )));
        }
        made
    }

    /// What the host adds to one sending of a request. A signature is made later, by
    /// [`Prepared::complete`].
    ///
    /// # Errors
    /// The address is too long with the credential.
    pub(crate) fn sensitive(
        &self,
        request: &Prepared,
        token: Option<&AccessToken>,
    ) -> Result<Sensitive<'_>, Refusal> {
        let mut added = Sensitive::default();
        let Destination::Own(base) = &request.target.destination else {
            return Ok(added);
        };
        match self {
            Credential::None => {}
            Credential::Header(name, value) => {
                added.headers.insert(name, value.clone());
            }
            Credential::Query { pair, .. } => {
                added.path = Some(readable(with_query(&request.target.path, pair))?);
            }
            Credential::Hmac(signer) => added.signer = Some(signer),
            Credential::SecretPath(end) => {
                let path = base.with_end(&request.target.path, end.expose_secret());
                added.path = Some(readable(path)?);
            }
            Credential::Login(plan) => {
                if let Some(token) = token {
                    added.headers.insert(&plan.header, token.value.clone());
                    added.mask = Some(token.mask.clone());
                }
            }
        }
        Ok(added)
    }

    /// The headers that carry the credential.
    pub(crate) fn carriers(&self) -> Carriers<'_> {
        match self {
            Credential::Header(name, _) => [Some(name), None],
            Credential::Hmac(signer) => [Some(&signer.header), signer.timestamp_header.as_ref()],
            Credential::Login(plan) => [Some(&plan.header), None],
            Credential::None | Credential::Query { .. } | Credential::SecretPath(_) => [None, None],
        }
    }
}

/// The secrets of a user name and a password: the pair, the password, and the user name
/// when its setting is secret.
fn login_secrets(
    settings: &CheckedSettings,
    text: &impl Fn(&str) -> Result<SecretString, OutletError>,
    username_setting: &str,
    password_setting: &str,
) -> Result<Vec<SecretString>, OutletError> {
    let (username, password) = (text(username_setting)?, text(password_setting)?);
    let mut secrets = vec![basic_pair(&username, &password), password];
    if settings.is_secret(username_setting) {
        secrets.push(username);
    }
    Ok(secrets)
}

/// Checks and trims the secret end of the address. Returns it with the prefix, and the
/// secrets to mask: as a whole, and each of its longer parts, which a back end may repeat
/// alone.
fn secret_path(
    prefix: &str,
    setting: &str,
    secret: &SecretString,
) -> Result<(SecretString, Vec<SecretString>), OutletError> {
    let secret = secret.expose_secret().trim_matches('/');
    let whole = format!("{prefix}{secret}");
    let is_encoding = |rest: &str| {
        let digits = rest.as_bytes().get(1..3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    // The characters of a segment by RFC 3986, section 3.3.
    let is_allowed = |(at, c): (usize, char)| {
        c.is_ascii_alphanumeric()
            || "-._~!$&'()*+,;=:@/".contains(c)
            || c == '%' && is_encoding(&secret[at..])
    };
    if secret.split('/').any(str::is_empty)
        || !secret.char_indices().all(is_allowed)
        || path_problem(&whole).is_some()
    {
        return Err(OutletError::of_setting(
            setting,
            format!(
                "`{setting}` is not the end of an address: enter only the part after the address, without spaces, `?` and `#`, and without `.`, `..` or nothing between two `/`"
            ),
        ));
    }
    let decoded = percent_decode_str(secret).decode_utf8_lossy();
    let parts = secret.split('/').filter(|part| part.len() >= SECRET_PART);
    let secrets = [secret, &decoded].into_iter().chain(parts);
    let secrets = secrets.map(SecretString::from).collect();
    Ok((whole.into(), secrets))
}

/// Adds the credential to the query of a path.
fn with_query(path: &PathAndQuery, pair: &SecretString) -> String {
    let joint = if path.query().is_some() { '&' } else { '?' };
    format!("{path}{joint}{}", pair.expose_secret())
}

/// Reads a path with the credential, which can be too long.
fn readable(path: String) -> Result<PathAndQuery, Refusal> {
    PathAndQuery::try_from(path).map_err(|_| {
        Refusal::new(
            Rule::Size,
            "the address is too long once the credential is added to it",
        )
    })
}
