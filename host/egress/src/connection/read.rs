//! The connections file by itself: keys, kinds, limits, and the secrets it
//! refers to.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::SignedDuration;
use krabice_scenario::name::{is_scenario_name, nearest};
use secrecy::{ExposeSecret, SecretString};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::{Connection, Connections, Form, Given, Placed, Value};
use crate::hosts::HostEntry;
use crate::origin::Origin;
use crate::problem::Place;
use crate::rules::{SETTINGS, Slot};
use crate::{ConnectionProblem, Rules, Secrets};

pub(super) fn read(
    text: &str,
    directory: &Path,
    secrets: &dyn Secrets,
) -> (Connections, Vec<ConnectionProblem>) {
    let mut reader = Reader {
        text,
        directory,
        secrets,
        problems: Vec::new(),
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let place = reader.place("", error.span().unwrap_or(0..0));
        // The message alone: the error's own display repeats the line, and the
        // line may hold a secret.
        reader.problems.push(place.problem(
            "connections::syntax",
            error.message().to_owned(),
            None,
        ));
    }
    let connections = reader.file(document.get_ref());
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.span.start);
    (connections, problems)
}

struct Reader<'a> {
    text: &'a str,
    directory: &'a Path,
    secrets: &'a dyn Secrets,
    problems: Vec<ConnectionProblem>,
}

/// A key with its value, and where both stand.
struct Entry<'t, 'i> {
    name: &'t str,
    key: Place,
    place: Place,
    value: &'t DeValue<'i>,
}

impl Reader<'_> {
    fn place(&self, path: &str, span: Range<usize>) -> Place {
        Place::new(self.text, path.to_owned(), span)
    }

    fn report(
        &mut self,
        place: &Place,
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.problems.push(place.problem(code, message, help));
    }

    /// The entries of a table in the order of the file.
    fn entries<'t, 'i>(&self, table: &'t DeTable<'i>, path: &str) -> Vec<Entry<'t, 'i>> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value): (&Spanned<_>, &Spanned<DeValue<'i>>)| {
                let name: &str = key.get_ref();
                let path = if path.is_empty() {
                    name.to_owned()
                } else {
                    format!("{path}.{name}")
                };
                Entry {
                    name,
                    key: self.place(&path, key.span()),
                    place: self.place(&path, value.span()),
                    value: value.get_ref(),
                }
            })
            .collect()
    }

    fn unknown_key<'k>(&mut self, entry: &Entry<'_, '_>, known: impl IntoIterator<Item = &'k str>) {
        let known: Vec<_> = known.into_iter().collect();
        let help = match nearest(entry.name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: `{}`", known.join("`, `")),
        };
        self.report(
            &entry.key,
            "connections::unknown-key",
            format!("unknown key `{}`", entry.name),
            Some(help),
        );
    }

    fn table<'t, 'i>(&mut self, entry: &Entry<'t, 'i>) -> Option<&'t DeTable<'i>> {
        match entry.value {
            DeValue::Table(table) => Some(table),
            other => {
                let message = format!(
                    "`{}` is {}, and has to be a table",
                    entry.name,
                    form(other).words()
                );
                self.report(&entry.place, "connections::wrong-kind", message, None);
                None
            }
        }
    }

    fn file(&mut self, document: &DeTable<'_>) -> Connections {
        let mut connections = Connections::default();
        let entries = self.entries(document, "");
        // First what holds for all connections, wherever it stands.
        for entry in entries.iter().filter(|entry| entry.name == "network") {
            let Some(table) = self.table(entry) else {
                continue;
            };
            for entry in self.entries(table, "network") {
                if entry.name == "requests-at-once" {
                    if let Some(most) = self.count(&entry, 1..=10_000) {
                        connections.requests_at_once = most as u32;
                    }
                } else if !self.rule(&entry, &mut connections.rules) {
                    self.unknown_key(
                        &entry,
                        SETTINGS
                            .iter()
                            .map(|setting| setting.key)
                            .chain(["requests-at-once"]),
                    );
                }
            }
        }
        for entry in &entries {
            match entry.name {
                "network" => {}
                "connections" => {
                    let Some(table) = self.table(entry) else {
                        continue;
                    };
                    for entry in self.entries(table, "connections") {
                        let Some(table) = self.table(&entry) else {
                            continue;
                        };
                        if let Some(connection) = self.connection(&entry, table, &connections.rules)
                        {
                            connections
                                .connections
                                .insert(entry.name.to_owned(), connection);
                        }
                    }
                }
                _ => self.unknown_key(entry, ["connections", "network"]),
            }
        }
        connections
    }

    fn connection(
        &mut self,
        entry: &Entry<'_, '_>,
        table: &DeTable<'_>,
        rules: &Rules,
    ) -> Option<Connection> {
        if !is_scenario_name(entry.name) {
            self.report(
                &entry.key,
                "connections::bad-name",
                format!("`{}` cannot be a connection's name", entry.name),
                Some("lower case letters, digits and `-`, beginning with a letter; at most 64 characters".to_owned()),
            );
        }
        let mut plugin = None;
        let mut settings_place = None;
        let mut settings = IndexMap::new();
        let (mut requests_at_once, mut requests_per_minute) = (None, None);
        let mut rules = rules.clone();
        let (mut allow, mut hosts) = (Vec::new(), None);
        for part in self.entries(table, &entry.key.path) {
            match part.name {
                "plugin" => {
                    plugin = self.text(&part).map(|value| Placed {
                        value,
                        place: part.place.clone(),
                    });
                    // Said already, if it is no text.
                    plugin.get_or_insert_with(|| Placed {
                        value: String::new(),
                        place: part.place.clone(),
                    });
                }
                "settings" => {
                    let Some(table) = self.table(&part) else {
                        continue;
                    };
                    settings_place = Some(part.key.clone());
                    for setting in self.entries(table, &part.key.path) {
                        let value = self.setting(&setting);
                        settings.insert(
                            setting.name.to_owned(),
                            Given {
                                key: setting.key,
                                place: setting.place,
                                value,
                            },
                        );
                    }
                }
                "limits" => {
                    let Some(table) = self.table(&part) else {
                        continue;
                    };
                    for limit in self.entries(table, &part.key.path) {
                        match limit.name {
                            "requests-at-once" => {
                                requests_at_once =
                                    self.count(&limit, 1..=1000).map(|most| most as u32)
                            }
                            "requests-per-minute" => {
                                requests_per_minute =
                                    self.count(&limit, 1..=1_000_000).map(|most| most as u32);
                            }
                            _ => self
                                .unknown_key(&limit, ["requests-at-once", "requests-per-minute"]),
                        }
                    }
                }
                "network" => {
                    let Some(table) = self.table(&part) else {
                        continue;
                    };
                    for entry in self.entries(table, &part.key.path) {
                        match entry.name {
                            "allow" => allow = self.grants(&entry),
                            "hosts" => hosts = Some(self.hosts(&entry)),
                            _ if self.rule(&entry, &mut rules) => {}
                            _ => self.unknown_key(
                                &entry,
                                SETTINGS
                                    .iter()
                                    .map(|setting| setting.key)
                                    .chain(["allow", "hosts"]),
                            ),
                        }
                    }
                }
                _ => self.unknown_key(&part, ["plugin", "settings", "limits", "network"]),
            }
        }
        let Some(plugin) = plugin else {
            self.report(
                &entry.key,
                "connections::missing-plugin",
                format!("the connection `{}` does not say whose it is", entry.name),
                Some("add `plugin = \"…\"`, the name of a plugin".to_owned()),
            );
            return None;
        };
        Some(Connection {
            name: entry.name.to_owned(),
            place: entry.key.clone(),
            plugin,
            settings_place,
            settings,
            requests_at_once,
            requests_per_minute,
            rules,
            allow,
            hosts,
        })
    }

    /// A setting's value: written, or where it is kept.
    fn setting(&mut self, entry: &Entry<'_, '_>) -> Value {
        // What the parser put where nothing stands.
        if entry.place.span.is_empty() {
            return Value::Missing;
        }
        let written = |text: &str, form| Value::Written {
            text: text.into(),
            form,
        };
        match entry.value {
            DeValue::String(text) => written(text, Form::Text),
            DeValue::Integer(integer) => match number(integer) {
                Some(number) => written(&number.to_string(), Form::Integer),
                None => written(integer.as_str(), Form::Integer),
            },
            DeValue::Float(float) => written(float.as_str(), Form::Float),
            DeValue::Boolean(boolean) => {
                written(if *boolean { "true" } else { "false" }, Form::Boolean)
            }
            DeValue::Table(table) => self.kept(entry, table).map_or(Value::Missing, Value::Kept),
            other => written("", form(other)),
        }
    }

    /// Fetches a value from where it is kept.
    fn kept(&mut self, entry: &Entry<'_, '_>, table: &DeTable<'_>) -> Option<SecretString> {
        const HELP: &str = "write `{ env = \"NAME\" }` or `{ file = \"path\" }`";
        let entries = self.entries(table, &entry.place.path);
        for unknown in entries
            .iter()
            .filter(|source| !matches!(source.name, "env" | "file"))
        {
            self.unknown_key(unknown, ["env", "file"]);
        }
        let sources: Vec<_> = entries
            .iter()
            .filter(|source| matches!(source.name, "env" | "file"))
            .collect();
        let [source] = sources[..] else {
            let message = format!("`{}` has to be kept in one place", entry.name);
            self.report(
                &entry.place,
                "connections::wrong-kind",
                message,
                Some(HELP.to_owned()),
            );
            return None;
        };
        let name = self.text(source)?;
        let found = if source.name == "env" {
            self.variable(source, &name)
        } else {
            self.secret_file(source, &name)
        }?;
        if found.expose_secret().is_empty() {
            self.report(
                &source.place,
                "connections::empty-secret",
                format!("what `{}` refers to is empty", entry.name),
                None,
            );
            return None;
        }
        Some(found)
    }

    fn variable(&mut self, source: &Entry<'_, '_>, name: &str) -> Option<SecretString> {
        let problem = match self.secrets.env(name) {
            Ok(Some(value)) => return Some(value),
            Ok(None) => "is not set".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        self.report(
            &source.place,
            "connections::missing-variable",
            format!("the environment variable `{name}` {problem}"),
            Some("set it in the environment of this process".to_owned()),
        );
        None
    }

    fn secret_file(&mut self, source: &Entry<'_, '_>, name: &str) -> Option<SecretString> {
        let path = self.directory.join(name);
        match self.secrets.file(&path) {
            Ok(content) => {
                let text = content.expose_secret();
                let line = text
                    .strip_suffix('\n')
                    .map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
                Some(line.into())
            }
            Err(error) => {
                self.report(
                    &source.place,
                    "connections::unreadable-file",
                    format!("the file `{name}` cannot be read: {error}"),
                    Some(format!(
                        "the path is relative to the connections file; that is `{}`",
                        path.display()
                    )),
                );
                None
            }
        }
    }

    fn text(&mut self, entry: &Entry<'_, '_>) -> Option<String> {
        match entry.value {
            DeValue::String(text) if !text.is_empty() => return Some(text.to_string()),
            DeValue::String(_) => {
                let message = format!("`{}` is empty", entry.name);
                self.report(&entry.place, "connections::wrong-kind", message, None);
                return None;
            }
            _ => {}
        }
        let message = format!(
            "`{}` is {}, and has to be a text",
            entry.name,
            form(entry.value).words()
        );
        self.report(&entry.place, "connections::wrong-kind", message, None);
        None
    }

    fn count(
        &mut self,
        entry: &Entry<'_, '_>,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let DeValue::Integer(integer) = entry.value else {
            let message = format!(
                "`{}` is {}, and has to be an integer",
                entry.name,
                form(entry.value).words()
            );
            self.report(&entry.place, "connections::wrong-kind", message, None);
            return None;
        };
        let number = number(integer)
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!(
                "`{}` has to be from {} to {}",
                entry.name,
                range.start(),
                range.end()
            );
            self.report(&entry.place, "connections::out-of-range", message, None);
        }
        number
    }

    fn time(
        &mut self,
        entry: &Entry<'_, '_>,
        range: &std::ops::RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let example = "write a time with its unit, such as \"5s\" or \"500ms\"";
        let DeValue::String(text) = entry.value else {
            let message = format!(
                "`{}` is {}, and has to be a time",
                entry.name,
                form(entry.value).words()
            );
            self.report(
                &entry.place,
                "connections::wrong-kind",
                message,
                Some(example.to_owned()),
            );
            return None;
        };
        let Some(time) = text
            .parse::<SignedDuration>()
            .ok()
            .and_then(|time| Duration::try_from(time).ok())
        else {
            let message = format!("`{}` is no time", entry.name);
            self.report(
                &entry.place,
                "connections::wrong-kind",
                message,
                Some(example.to_owned()),
            );
            return None;
        };
        if !range.contains(&time) {
            let message = format!(
                "`{}` has to be from {:?} to {:?}",
                entry.name,
                range.start(),
                range.end()
            );
            self.report(&entry.place, "connections::out-of-range", message, None);
            return None;
        }
        Some(time)
    }

    /// Reads one of [`SETTINGS`]; false when there is none of that name.
    fn rule(&mut self, entry: &Entry<'_, '_>, rules: &mut Rules) -> bool {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == entry.name) else {
            return false;
        };
        match &setting.slot {
            Slot::Time(range, slot) => {
                if let Some(time) = self.time(entry, range) {
                    *slot(rules) = time;
                }
            }
            Slot::Count(range, slot) => {
                if let Some(count) = self.count(entry, range.clone()) {
                    *slot(rules) = count as usize;
                }
            }
            Slot::Times(range, slot) => {
                if let Some(count) = self.count(entry, range.clone()) {
                    *slot(rules) = count as u32;
                }
            }
        }
        true
    }

    fn hosts(&mut self, entry: &Entry<'_, '_>) -> Vec<Placed<HostEntry>> {
        let DeValue::Array(array) = entry.value else {
            let message = format!(
                "`{}` is {}, and has to be a list of texts",
                entry.name,
                form(entry.value).words()
            );
            self.report(&entry.place, "connections::wrong-kind", message, None);
            return Vec::new();
        };
        let mut hosts = Vec::new();
        for item in array.iter() {
            let place = self.place(&entry.place.path, item.span());
            let DeValue::String(text) = item.get_ref() else {
                let message = format!("an entry of `{}` has to be a text", entry.name);
                self.report(&place, "connections::wrong-kind", message, None);
                continue;
            };
            match HostEntry::parse(text) {
                Ok(value) => hosts.push(Placed { value, place }),
                Err(error) => {
                    self.report(
                        &place,
                        "connections::bad-host",
                        format!("`{text}` is no host"),
                        Some(error.to_string()),
                    );
                }
            }
        }
        hosts
    }

    fn grants(&mut self, entry: &Entry<'_, '_>) -> Vec<Placed<Origin>> {
        let mut grants = Vec::new();
        for host in self.hosts(entry) {
            match host.value.origin() {
                Some(value) => grants.push(Placed {
                    value,
                    place: host.place,
                }),
                None => self.report(
                    &host.place,
                    "connections::bad-host",
                    "a private network is allowed host by host",
                    Some("write the host and the port without `*`".to_owned()),
                ),
            }
        }
        grants
    }
}

fn form(value: &DeValue<'_>) -> Form {
    match value {
        DeValue::String(_) => Form::Text,
        DeValue::Integer(_) => Form::Integer,
        DeValue::Float(_) => Form::Float,
        DeValue::Boolean(_) => Form::Boolean,
        DeValue::Datetime(_) => Form::Other("a date"),
        DeValue::Array(_) => Form::Other("a list"),
        DeValue::Table(_) => Form::Other("a table"),
    }
}

fn number(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
