//! The check of a connection against its plugin's manifest.

use krabice_contract::manifest::Setting;
use krabice_contract::name::nearest;
use krabice_contract::{Kind, Manifest, Value};
use rust_decimal::Decimal;
use secrecy::ExposeSecret;

use super::{Connection, GivenSetting, GivenValue, TomlType};
use crate::address::Reach;
use crate::base_url::BaseUrl;
use crate::credential::Credential;
use crate::hosts::HostEntry;
use crate::outlet_builder::may_be_unencrypted;
use crate::problem::{ConnectionProblem, Location};
use crate::settings::CheckedSettings;

/// Checks a connection against its plugin's manifest. Returns all problems in the
/// order of the file, without those that
/// [`Connections::read`](super::Connections::read) reported.
#[must_use]
pub fn check_connection(manifest: &Manifest, connection: &Connection) -> Vec<ConnectionProblem> {
    check_settings(manifest, connection)
        .err()
        .unwrap_or_default()
}

/// Checks a connection and makes its settings.
///
/// # Errors
/// All problems in the order of the file. The list is empty when each problem was
/// reported by [`Connections::read`](super::Connections::read).
pub(crate) fn check_settings(
    manifest: &Manifest,
    connection: &Connection,
) -> Result<CheckedSettings, Vec<ConnectionProblem>> {
    let mut check = ConnectionCheck {
        manifest,
        connection,
        problems: Vec::new(),
        missing: false,
    };
    let settings = check.all();
    check.problems.sort_by_key(|problem| problem.span.start);
    if check.problems.is_empty() && !check.missing {
        Ok(settings)
    } else {
        Err(check.problems)
    }
}

struct ConnectionCheck<'a> {
    manifest: &'a Manifest,
    connection: &'a Connection,
    problems: Vec<ConnectionProblem>,
    /// Whether a value was not readable, which is already reported.
    missing: bool,
}

impl ConnectionCheck<'_> {
    fn report(
        &mut self,
        location: &Location,
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.problems.push(location.problem(code, message, help));
    }

    fn all(&mut self) -> CheckedSettings {
        let (manifest, connection) = (self.manifest, self.connection);
        if connection.plugin.value != manifest.name {
            self.report(
                &connection.plugin.location,
                "connections::wrong-plugin",
                format!(
                    "`{}` is a connection of `{}`, not of `{}`",
                    connection.name, connection.plugin.value, manifest.name
                ),
                None,
            );
        }
        let mut checked = CheckedSettings::default();
        for (name, given) in &connection.settings {
            if manifest
                .settings
                .iter()
                .all(|setting| setting.name != *name)
            {
                self.unknown_setting(name, given);
            }
        }
        for setting in &manifest.settings {
            self.setting(setting, &mut checked);
        }
        if let Some(name) = &manifest.address {
            checked.base = self.address(name, &checked);
        }
        self.hosts(&checked);
        self.credential(&checked);
        checked
    }

    fn unknown_setting(&mut self, name: &str, given: &GivenSetting) {
        let known = self
            .manifest
            .settings
            .iter()
            .map(|setting| setting.name.as_str());
        let help = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: `{}`", known.collect::<Vec<_>>().join("`, `")),
        };
        self.report(
            &given.key,
            "connections::unknown-setting",
            format!(
                "connections of `{}` have no setting `{name}`",
                self.manifest.name
            ),
            Some(help),
        );
    }

    fn setting(&mut self, setting: &Setting, checked: &mut CheckedSettings) {
        let Some(given) = self.connection.settings.get(&setting.name) else {
            match &setting.default {
                Some(default) => match typed(setting, default) {
                    Some(value) => {
                        checked
                            .texts
                            .insert(setting.name.clone(), default.as_str().into());
                        checked.public.insert(setting.name.clone(), value);
                    }
                    None => self.manifest_problem(format!(
                        "the default of the setting `{}` is not of its kind",
                        setting.name
                    )),
                },
                None if setting.required => self.missing_setting(setting),
                None => {}
            }
            return;
        };
        let Some(text) = given.value.text() else {
            self.missing = true;
            return;
        };
        if let GivenValue::Written {
            toml_type: Some(toml_type),
            ..
        } = &given.value
        {
            if setting.secret {
                let variable = format!("{}_{}", self.connection.name, setting.name)
                    .to_uppercase()
                    .replace('-', "_");
                self.report(
                    &given.location,
                    "connections::inline-secret",
                    format!("the secret `{}` is written in the file itself, where everybody who sees the file can read it", setting.name),
                    Some(format!(
                        "write `{0} = {{ env = \"{variable}\" }}` or `{0} = {{ file = \"path\" }}`, and change the secret if the file was shared",
                        setting.name
                    )),
                );
                return;
            }
            if !fits(*toml_type, setting.kind) {
                let is_number = matches!(toml_type, TomlType::Integer | TomlType::Float);
                let help = (is_number
                    && (setting.kind.is_textual() || setting.kind == Kind::Decimal))
                    .then(|| "put it in quotes".to_owned());
                let message = format!(
                    "`{}` is {} and must be of kind {}",
                    setting.name,
                    toml_type.name(),
                    setting.kind
                );
                self.report(&given.location, "connections::wrong-kind", message, help);
                return;
            }
        }
        // The operator decides too what is secret: a plugin whose manifest calls a key an
        // ordinary setting must not get it.
        if matches!(given.value, GivenValue::Kept(_)) && !setting.secret {
            self.report(
                &given.location,
                "connections::not-secret",
                format!(
                    "`{}` is kept as a secret here, but `{}` calls it an ordinary setting, which the plugin itself receives",
                    setting.name, self.manifest.name
                ),
                Some("write the value into the file if the plugin may see it".to_owned()),
            );
            return;
        }
        let Some(value) = typed(setting, text) else {
            self.unfit(setting, given, text);
            return;
        };
        checked.texts.insert(setting.name.clone(), text.into());
        if !setting.secret {
            checked.public.insert(setting.name.clone(), value);
        }
    }

    fn missing_setting(&mut self, setting: &Setting) {
        let value = if setting.secret {
            "{ env = \"NAME\" }"
        } else {
            "…"
        };
        let location = self.connection.settings_location.as_ref();
        self.report(
            location.unwrap_or(&self.connection.location),
            "connections::missing-setting",
            format!(
                "the connection `{}` lacks the setting `{}`",
                self.connection.name, setting.name
            ),
            Some(format!(
                "add `{} = {value}` under `[connections.{}.settings]`",
                setting.name, self.connection.name
            )),
        );
    }

    /// Reports a text that is not of the setting's kind. The message does not repeat the
    /// text, which may be a secret.
    fn unfit(&mut self, setting: &Setting, given: &GivenSetting, text: &str) {
        if setting.kind == Kind::Choice {
            let choices = || setting.choices.iter().map(|choice| choice.value.as_str());
            let help = match nearest(text, choices()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("one of `{}`", choices().collect::<Vec<_>>().join("`, `")),
            };
            let message = format!("`{}` is not one of its choices", setting.name);
            self.report(
                &given.location,
                "connections::unknown-choice",
                message,
                Some(help),
            );
            return;
        }
        let help = (setting.kind == Kind::Url)
            .then(|| "write an absolute `https` or `http` address".to_owned());
        let message = format!("`{}` is not a valid {}", setting.name, setting.kind);
        self.report(&given.location, "connections::wrong-kind", message, help);
    }

    fn address(&mut self, name: &str, checked: &CheckedSettings) -> Option<BaseUrl> {
        let connection = self.connection;
        let text = checked.text(name)?;
        let location = connection
            .settings
            .get(name)
            .map_or(&connection.location, |given| &given.location);
        let base = match BaseUrl::parse(text.expose_secret()) {
            Ok(base) => base,
            Err(error) => {
                let message = format!("`{name}` cannot be the connection's address");
                self.report(
                    location,
                    "connections::bad-address",
                    message,
                    Some(error.to_string()),
                );
                return None;
            }
        };
        // A default must not allow a private address, or a plugin could open the host's own
        // network with it.
        let written = connection.settings.contains_key(name);
        if !written
            && (base.origin().is_localhost()
                || base
                    .origin()
                    .literal()
                    .is_some_and(|literal| Reach::of(literal) != Reach::Public))
        {
            self.manifest_problem(format!(
                "the default of the setting `{name}` is not a public address"
            ));
            return None;
        }
        // Reported now and not at the first request, when a customer waits.
        if let Some(reach @ Reach::Never(_)) = base.origin().literal().map(Reach::of) {
            let kind = reach.description();
            let message = format!("`{name}` is a {kind} address, which no connection may use");
            self.report(location, "connections::bad-address", message, None);
            return None;
        }
        let allowed = connection.allow.iter().map(|grant| &grant.value);
        if !may_be_unencrypted(&base, &self.manifest.authorisation, allowed) {
            let origin = base.origin();
            let help = format!(
                "write `https://`; for a server of your own network that has no certificate, \
                 allow it: `[connections.{}.network]` with `allow = [\"{origin}\"]`",
                connection.name
            );
            let message = format!("`{name}` would send the credential unencrypted to `{origin}`");
            self.report(location, "connections::unencrypted", message, Some(help));
            return None;
        }
        Some(base)
    }

    /// Checks `hosts` and `allow`. The operator may allow fewer hosts than the manifest
    /// names, not more. An entry of `allow` without effect is a mistake, such as a port
    /// that was left out.
    fn hosts(&mut self, checked: &CheckedSettings) {
        let mut named = Vec::new();
        for entry in &self.manifest.hosts {
            match HostEntry::parse(entry) {
                Ok(entry) => named.push(entry),
                Err(error) => {
                    self.manifest_problem(format!("the host `{entry}` cannot be read: {error}"))
                }
            }
        }
        for entry in self.connection.hosts.iter().flatten() {
            if !named.iter().any(|named| named.covers(&entry.value)) {
                self.report(
                    &entry.location,
                    "connections::unnamed-host",
                    format!(
                        "the manifest of `{}` does not name this host, so it cannot be allowed",
                        self.manifest.name
                    ),
                    Some(format!(
                        "the manifest names: {}",
                        self.manifest.hosts.join(", ")
                    )),
                );
            }
        }
        let own = checked.base.as_ref().map(BaseUrl::origin);
        if own.is_none() && self.manifest.address.is_some() {
            // The problem of the address is already reported.
            return;
        }
        for grant in &self.connection.allow {
            if own != Some(&grant.value) && !named.iter().any(|named| named.allows(&grant.value)) {
                self.report(
                    &grant.location,
                    "connections::unused-grant",
                    format!(
                        "this connection sends no requests to `{}`, so this entry has no effect",
                        grant.value
                    ),
                    own.map(|own| format!("its address is `{own}`")),
                );
            }
        }
    }

    fn credential(&mut self, checked: &CheckedSettings) {
        let manifest = self.manifest;
        let Err(error) = Credential::new(&manifest.authorisation, checked, checked.base.as_ref())
        else {
            return;
        };
        match error.setting {
            // The problem of the address is already reported.
            None if checked.base.is_none() && manifest.address.is_some() => {}
            None => self.manifest_problem(error.reason),
            Some(name) => match manifest
                .settings
                .iter()
                .find(|setting| setting.name == name)
            {
                None => self.manifest_problem(error.reason),
                Some(setting) => self.unusable(setting, checked, error.reason),
            },
        }
    }

    /// Reports a setting that makes no credential, unless its problem is already
    /// reported.
    fn unusable(&mut self, setting: &Setting, checked: &CheckedSettings, reason: String) {
        let connection = self.connection;
        match connection.settings.get(&setting.name) {
            Some(given) if checked.text(&setting.name).is_some() => {
                self.report(
                    &given.location,
                    "connections::unusable-secret",
                    reason,
                    None,
                );
            }
            None if !setting.required => self.report(
                &connection.location,
                "connections::missing-setting",
                reason,
                None,
            ),
            _ => {}
        }
    }

    /// Reports a problem of the manifest, which only a connection can show.
    fn manifest_problem(&mut self, reason: String) {
        self.report(
            &self.connection.location,
            "connections::bad-manifest",
            format!("`{}`: {reason}", self.manifest.name),
            None,
        );
    }
}

/// Whether a value of a TOML type may be of a kind.
fn fits(toml_type: TomlType, kind: Kind) -> bool {
    match toml_type {
        TomlType::Text => !matches!(kind, Kind::Boolean | Kind::Integer),
        TomlType::Integer => matches!(kind, Kind::Integer | Kind::Decimal),
        TomlType::Float => kind == Kind::Decimal,
        TomlType::Boolean => kind == Kind::Boolean,
        TomlType::Other(_) => false,
    }
}

/// The value of a setting; `None` when its text is not of the setting's kind.
fn typed(setting: &Setting, text: &str) -> Option<Value> {
    let fits = match setting.kind {
        Kind::Boolean => return text.parse().ok().map(Value::Boolean),
        Kind::Integer => return text.parse().ok().map(Value::Integer),
        Kind::Decimal => return Decimal::from_str_exact(text).ok().map(Value::Decimal),
        Kind::Text => true,
        Kind::Email => text
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
        Kind::Phone => text.contains(|c: char| c.is_ascii_digit()),
        Kind::Url => url::Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()),
        Kind::Choice => setting.choices.iter().any(|choice| choice.value == text),
        Kind::Timestamp | Kind::List | Kind::Record | Kind::File => false,
    };
    fits.then(|| Value::Text(text.to_owned()))
}
