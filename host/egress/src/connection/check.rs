//! A connection against its plugin's manifest.

use std::collections::HashMap;

use indexmap::IndexMap;
use krabice_scenario::manifest::{Authorisation, Setting};
use krabice_scenario::name::nearest;
use krabice_scenario::{Kind, Manifest, Value as Typed};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};

use super::{Connection, Form, Given, Value};
use crate::ConnectionProblem;
use crate::address::Reach;
use crate::base_url::BaseUrl;
use crate::credential::Credential;
use crate::hosts::HostEntry;
use crate::origin::Scheme;
use crate::problem::Place;

/// Checks a connection against its plugin's manifest: all problems, in the
/// order of the file. What [`Connections::read`](super::Connections::read)
/// reported already is not repeated.
#[must_use]
pub fn check_connection(manifest: &Manifest, connection: &Connection) -> Vec<ConnectionProblem> {
    checked(manifest, connection).err().unwrap_or_default()
}

/// A connection's settings as its plugin's manifest has them.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// What a call's context carries.
    pub(crate) public: IndexMap<String, Typed>,
    /// The texts of all settings, secret or not, for the credential.
    texts: HashMap<String, SecretString>,
    /// The connection's address.
    pub(crate) base: Option<BaseUrl>,
}

impl Checked {
    pub(crate) fn text(&self, setting: &str) -> Option<SecretString> {
        self.texts.get(setting).cloned()
    }

    /// Whether a setting that has a value is kept from the plugin.
    pub(crate) fn is_secret(&self, setting: &str) -> bool {
        self.texts.contains_key(setting) && !self.public.contains_key(setting)
    }
}

pub(crate) fn checked(
    manifest: &Manifest,
    connection: &Connection,
) -> Result<Checked, Vec<ConnectionProblem>> {
    let mut check = Check {
        manifest,
        connection,
        problems: Vec::new(),
        missing: false,
    };
    let checked = check.all();
    check.problems.sort_by_key(|problem| problem.span.start);
    if check.problems.is_empty() && !check.missing {
        Ok(checked)
    } else {
        Err(check.problems)
    }
}

struct Check<'a> {
    manifest: &'a Manifest,
    connection: &'a Connection,
    problems: Vec<ConnectionProblem>,
    /// Whether a value could not be had, which is reported elsewhere.
    missing: bool,
}

impl Check<'_> {
    fn report(
        &mut self,
        place: &Place,
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.problems.push(place.problem(code, message, help));
    }

    fn all(&mut self) -> Checked {
        let (manifest, connection) = (self.manifest, self.connection);
        if connection.plugin.value != manifest.name {
            self.report(
                &connection.plugin.place,
                "connections::wrong-plugin",
                format!(
                    "`{}` is a connection of `{}`, not of `{}`",
                    connection.name, connection.plugin.value, manifest.name
                ),
                None,
            );
        }
        let mut checked = Checked::default();
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

    fn unknown_setting(&mut self, name: &str, given: &Given) {
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

    fn setting(&mut self, setting: &Setting, checked: &mut Checked) {
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
        if let Value::Written { form, .. } = &given.value {
            if setting.secret {
                let variable = format!("{}_{}", self.connection.name, setting.name)
                    .to_uppercase()
                    .replace('-', "_");
                self.report(
                    &given.place,
                    "connections::inline-secret",
                    format!("`{}` is a secret and stands in the file itself, where everybody who sees the file can read it", setting.name),
                    Some(format!(
                        "write `{0} = {{ env = \"{variable}\" }}` or `{0} = {{ file = \"path\" }}`, and change the secret if the file was shared",
                        setting.name
                    )),
                );
                return;
            }
            if !fits(*form, setting.kind) {
                let help = match form {
                    Form::Integer | Form::Float
                        if setting.kind.is_textual() || setting.kind == Kind::Decimal =>
                    {
                        Some("put it in quotes".to_owned())
                    }
                    _ => None,
                };
                let message = format!(
                    "`{}` is {}, and has to be of kind {}",
                    setting.name,
                    form.words(),
                    setting.kind
                );
                self.report(&given.place, "connections::wrong-kind", message, help);
                return;
            }
        }
        // What is secret is the operator's word as much as the manifest's: a
        // plugin that calls a key an ordinary setting must not get it.
        if matches!(given.value, Value::Kept(_)) && !setting.secret {
            self.report(
                &given.place,
                "connections::not-secret",
                format!(
                    "`{}` is kept as a secret here, and `{}` calls it an ordinary setting, which the plugin itself receives",
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
        let place = self
            .connection
            .settings_place
            .as_ref()
            .unwrap_or(&self.connection.place)
            .clone();
        self.report(
            &place,
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

    /// Reports a text that is not of the setting's kind; without the text, which
    /// may come from where secrets are kept.
    fn unfit(&mut self, setting: &Setting, given: &Given, text: &str) {
        if setting.kind == Kind::Choice {
            let choices = || setting.choices.iter().map(|choice| choice.value.as_str());
            let help = match nearest(text, choices()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("one of `{}`", choices().collect::<Vec<_>>().join("`, `")),
            };
            let message = format!("`{}` is none of its choices", setting.name);
            self.report(
                &given.place,
                "connections::unknown-choice",
                message,
                Some(help),
            );
            return;
        }
        let help =
            (setting.kind == Kind::Url).then(|| "an absolute `https` or `http` address".to_owned());
        let message = format!("`{}` is no {}", setting.name, setting.kind);
        self.report(&given.place, "connections::wrong-kind", message, help);
    }

    fn address(&mut self, name: &str, checked: &Checked) -> Option<BaseUrl> {
        let connection = self.connection;
        let text = checked.text(name)?;
        let place = connection
            .settings
            .get(name)
            .map_or(&connection.place, |given| &given.place);
        let base = match BaseUrl::parse(text.expose_secret()) {
            Ok(base) => base,
            Err(error) => {
                let message = format!("`{name}` cannot be the connection's address");
                self.report(
                    place,
                    "connections::bad-address",
                    message,
                    Some(error.to_string()),
                );
                return None;
            }
        };
        // An address that the operator did not write is no grant: a plugin could
        // open the host's own network with a default.
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
        // What no grant opens is said now, not when a customer waits.
        if let Some(Reach::Never(words)) = base.origin().literal().map(Reach::of) {
            let message = format!("`{name}` is a {words} address, which no connection may use");
            self.report(place, "connections::bad-address", message, None);
            return None;
        }
        if !self.may_be_unencrypted(&base) {
            let origin = base.origin();
            let help = format!(
                "write `https://`; for a server of your own network that has no certificate, \
                 allow it: `[connections.{}.network]` with `allow = [\"{origin}\"]`",
                connection.name
            );
            let message = format!("`{name}` would send the credential unencrypted to `{origin}`");
            self.report(place, "connections::unencrypted", message, Some(help));
            return None;
        }
        Some(base)
    }

    /// Whether an address may carry the credential as it is: encrypted, within networks
    /// that the operator wrote down, or without any.
    fn may_be_unencrypted(&self, base: &BaseUrl) -> bool {
        let origin = base.origin();
        origin.scheme != Scheme::Http
            || matches!(self.manifest.authorisation, Authorisation::None)
            || origin.is_localhost()
            || origin
                .literal()
                .is_some_and(|literal| Reach::of(literal) != Reach::Public)
            || self
                .connection
                .allow
                .iter()
                .any(|grant| grant.value == *origin)
    }

    /// The operator may allow less than the manifest names, not more; and a grant
    /// that opens nothing is a slip, such as a port that was left out.
    fn hosts(&mut self, checked: &Checked) {
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
                    &entry.place,
                    "connections::unnamed-host",
                    format!(
                        "`{}` does not ask for this host, so it cannot be allowed",
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
            // What is wrong with the address is said already.
            return;
        }
        for grant in &self.connection.allow {
            if own != Some(&grant.value) && !named.iter().any(|named| named.allows(&grant.value)) {
                self.report(
                    &grant.place,
                    "connections::unused-grant",
                    format!(
                        "this connection never asks `{}`, so allowing it changes nothing",
                        grant.value
                    ),
                    own.map(|own| format!("its address is `{own}`")),
                );
            }
        }
    }

    fn credential(&mut self, checked: &Checked) {
        let manifest = self.manifest;
        let Err(unusable) =
            Credential::new(&manifest.authorisation, checked, checked.base.as_ref())
        else {
            return;
        };
        match unusable.setting {
            // An address that is wrong was reported as such.
            None if checked.base.is_none() && manifest.address.is_some() => {}
            None => self.manifest_problem(unusable.reason),
            Some(name) => match manifest
                .settings
                .iter()
                .find(|setting| setting.name == name)
            {
                None => self.manifest_problem(unusable.reason),
                Some(setting) => self.unusable(setting, checked, unusable.reason),
            },
        }
    }

    /// Reports a setting of which no credential can be made, unless what is
    /// wrong with it was reported before.
    fn unusable(&mut self, setting: &Setting, checked: &Checked, reason: String) {
        let connection = self.connection;
        match connection.settings.get(&setting.name) {
            Some(given) if checked.text(&setting.name).is_some() => {
                self.report(&given.place, "connections::unusable-secret", reason, None);
            }
            None if !setting.required => self.report(
                &connection.place,
                "connections::missing-setting",
                reason,
                None,
            ),
            _ => {}
        }
    }

    /// A fault of the plugin, which shows when it is connected.
    fn manifest_problem(&mut self, reason: String) {
        self.report(
            &self.connection.place,
            "connections::bad-manifest",
            format!("`{}`: {reason}", self.manifest.name),
            None,
        );
    }
}

/// Whether a value that TOML has in this form may be of that kind at all.
fn fits(form: Form, kind: Kind) -> bool {
    match form {
        Form::Text => !matches!(kind, Kind::Boolean | Kind::Integer),
        Form::Integer => matches!(kind, Kind::Integer | Kind::Decimal),
        // Its digits may not be those that were written.
        Form::Float => kind == Kind::Decimal,
        Form::Boolean => kind == Kind::Boolean,
        Form::Other(_) => false,
    }
}

/// The value of a setting, if its text is of the setting's kind.
fn typed(setting: &Setting, text: &str) -> Option<Typed> {
    let fits = match setting.kind {
        Kind::Boolean => return text.parse().ok().map(Typed::Boolean),
        Kind::Integer => return text.parse().ok().map(Typed::Integer),
        Kind::Decimal => return Decimal::from_str_exact(text).ok().map(Typed::Decimal),
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
    fits.then(|| Typed::Text(text.to_owned()))
}
