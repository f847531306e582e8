//! The connection's credential, ready to be added to a request.

use std::sync::Arc;

use krabice_contract::manifest::Authorisation;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use crate::base_url::BaseUrl;
use crate::error::{Refusal, Rule};
use crate::headers::{basic_pair, basic_value, secret_value};
use crate::login::{AccessToken, LoginPlan};
use crate::outlet_builder::OutletError;
use crate::policy::{Destination, Target};
use crate::prepared::{Prepared, Sensitive};
use crate::settings::CheckedSettings;

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
    /// A token from a login.
    Login(Box<LoginPlan>),
}

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

    /// What the host adds to one sending of a request.
    ///
    /// # Errors
    /// The address is too long with the credential.
    pub(crate) fn sensitive(
        &self,
        request: &Prepared,
        token: Option<&AccessToken>,
    ) -> Result<Sensitive, Refusal> {
        let mut added = Sensitive::default();
        if !request.is_own() {
            return Ok(added);
        }
        match self {
            Credential::None => {}
            Credential::Header(name, value) => {
                added.headers.insert(name, value.clone());
            }
            Credential::Query { pair, .. } => {
                added.path = Some(with_query(&request.target.path, pair)?);
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

    /// The header that carries the credential.
    pub(crate) fn carrier(&self) -> Option<&HeaderName> {
        match self {
            Credential::Header(name, _) => Some(name),
            Credential::Login(plan) => Some(&plan.header),
            Credential::None | Credential::Query { .. } => None,
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

fn header_name(name: &str) -> Result<HeaderName, OutletError> {
    HeaderName::try_from(name).map_err(|_| {
        OutletError::new(format!(
            "the manifest's header `{name}` is not a header name"
        ))
    })
}

/// Adds the credential to the query of a path.
///
/// # Errors
/// The address is too long with the credential.
fn with_query(path: &PathAndQuery, pair: &SecretString) -> Result<PathAndQuery, Refusal> {
    let joint = if path.query().is_some() { '&' } else { '?' };
    PathAndQuery::try_from(format!("{path}{joint}{}", pair.expose_secret())).map_err(|_| {
        Refusal::new(
            Rule::Size,
            "the address is too long once the credential is added to its query",
        )
    })
}
