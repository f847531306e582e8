//! The connection's credential, ready to be added to a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};
use krabice_scenario::manifest::Authorisation;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use crate::base_url::BaseUrl;
use crate::connection::Checked;
use crate::login::LoginPlan;

/// How requests to the connection's own address are authorised.
pub(crate) enum Credential {
    /// Not at all.
    None,
    /// By a header that is always the same.
    Header(HeaderName, HeaderValue),
    /// By a query parameter that is always the same.
    Query {
        /// The parameter's name.
        name: String,
        /// `name=value`, encoded.
        pair: SecretString,
    },
    /// By a token.
    Login(Box<LoginPlan>),
}

/// What cannot be made into a credential: the setting that is to blame, where
/// there is one, and why.
pub(crate) struct Unusable {
    pub(crate) setting: Option<String>,
    pub(crate) reason: String,
}

impl Unusable {
    fn manifest(reason: impl Into<String>) -> Self {
        Unusable {
            setting: None,
            reason: reason.into(),
        }
    }
}

impl Credential {
    /// Makes the credential that the manifest describes from the connection's
    /// settings, and lists what of it must never come back.
    pub(crate) fn new(
        authorisation: &Authorisation,
        settings: &Checked,
        base: Option<&BaseUrl>,
    ) -> Result<(Self, Vec<SecretString>), Unusable> {
        let text = |setting: &str| {
            settings.text(setting).ok_or_else(|| Unusable {
                setting: Some(setting.to_owned()),
                reason: format!("the plugin authorises its requests by the setting `{setting}`, which has no value"),
            })
        };
        let made = match authorisation {
            Authorisation::None => Ok((Credential::None, Vec::new())),
            Authorisation::Basic {
                header,
                username: name_of_user,
                password,
            } => {
                let (username, secret) = (text(name_of_user)?, text(password)?);
                let value = header_value("Basic ", &basic(&username, &secret), password)?;
                let mut masks = vec![pair(&username, &secret), secret];
                if settings.is_secret(name_of_user) {
                    masks.push(username);
                }
                Ok((Credential::Header(header_name(header)?, value), masks))
            }
            Authorisation::Header {
                name,
                prefix,
                setting,
            } => {
                let secret = text(setting)?;
                // Many back ends show the key with its prefix, and it is copied so.
                let entered = secret.expose_secret();
                let prefix = match !prefix.is_empty() && entered.starts_with(prefix.as_str()) {
                    true => "",
                    false => prefix,
                };
                let value = header_value(prefix, &secret, setting)?;
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
                let base = base.ok_or_else(|| Unusable::manifest("a login needs an address"))?;
                let path = base.below(&login.path).map_err(|refusal| {
                    Unusable::manifest(format!(
                        "the manifest's login path cannot be used: {refusal}"
                    ))
                })?;
                let (username, password) = (text(&login.username)?, text(&login.password)?);
                let mut masks = vec![pair(&username, &password), password.clone()];
                if settings.is_secret(&login.username) {
                    masks.push(username.clone());
                }
                let plan = LoginPlan {
                    path,
                    credentials: login.credentials.clone(),
                    username,
                    password,
                    token: login.token.clone(),
                    expires_in: login.expires_in.clone(),
                    header: header_name(&login.header)?,
                    prefix: login.prefix.clone(),
                };
                Ok((Credential::Login(Box::new(plan)), masks))
            }
        };
        if base.is_none() && !matches!(authorisation, Authorisation::None) {
            return made.and(Err(Unusable::manifest(
                "the manifest has an authorisation and no address to use it at",
            )));
        }
        made
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

/// User name and password as HTTP Basic has them (RFC 7617).
pub(crate) fn basic(username: &SecretString, password: &SecretString) -> SecretString {
    STANDARD
        .encode(pair(username, password).expose_secret())
        .into()
}

/// The pair that HTTP Basic encodes. Masking it masks its base64, too.
fn pair(username: &SecretString, password: &SecretString) -> SecretString {
    format!("{}:{}", username.expose_secret(), password.expose_secret()).into()
}

/// A header's value that nothing prints and no table of HTTP/2 keeps.
pub(crate) fn sensitive(prefix: &str, secret: &SecretString) -> Option<HeaderValue> {
    let text = SecretString::from(format!("{prefix}{}", secret.expose_secret()));
    let mut value = HeaderValue::from_str(text.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn header_value(
    prefix: &str,
    secret: &SecretString,
    setting: &str,
) -> Result<HeaderValue, Unusable> {
    sensitive(prefix, secret).ok_or_else(|| Unusable {
        setting: Some(setting.to_owned()),
        reason: format!(
            "`{setting}` has characters that no header can carry, such as the end of a line"
        ),
    })
}

fn header_name(name: &str) -> Result<HeaderName, Unusable> {
    HeaderName::try_from(name).map_err(|_| {
        Unusable::manifest(format!(
            "the manifest's header `{name}` is no header's name"
        ))
    })
}

/// The same path with the credential in its query.
pub(crate) fn with_query(path: &PathAndQuery, pair: &SecretString) -> Option<PathAndQuery> {
    let joint = if path.query().is_some() { '&' } else { '?' };
    PathAndQuery::try_from(format!("{path}{joint}{}", pair.expose_secret())).ok()
}
