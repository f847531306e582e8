//! The reader of the connections file: keys, types, ranges, and the secrets that the
//! file refers to.

use std::ops::Range;
use std::path::Path;

use krabice_config::{Given, Table};
use krabice_contract::name::{is_name, nearest};
use secrecy::{ExposeSecret, SecretString};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::{Connection, Connections, GivenSetting, GivenValue, Located, TomlType};
use crate::hosts::HostEntry;
use crate::origin::Origin;
use crate::problem::{ConnectionProblem, Location};
use crate::rules::{NetworkRules, Rules, SharedRules};
use crate::secret::Secrets;

pub(super) fn read(
    network: NetworkRules,
    text: &str,
    directory: &Path,
    secrets: &dyn Secrets,
    only: Option<&str>,
) -> (Connections, Vec<ConnectionProblem>) {
    let mut reader = Reader {
        text,
        directory,
        secrets,
        only,
        fetches: true,
        problems: Vec::new(),
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let location = reader.location("", error.span().unwrap_or(0..0));
        // Only the message: the error's `Display` repeats the line, which may have a
        // secret.
        reader.report(&location, "connections::syntax", error.message(), None);
    }
    let connections = reader.file(network, document.get_ref());
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.span.start);
    (connections, problems)
}

struct Reader<'a> {
    text: &'a str,
    directory: &'a Path,
    secrets: &'a dyn Secrets,
    /// The only connection whose secrets are fetched, if not those of all are.
    only: Option<&'a str>,
    /// Whether the secrets of the connection that is read now are fetched.
    fetches: bool,
    problems: Vec<ConnectionProblem>,
}

/// A key with its value, and the locations of both.
struct Entry<'t, 'i> {
    name: &'t str,
    key: Location,
    location: Location,
    value: &'t DeValue<'i>,
}

impl Reader<'_> {
    fn location(&self, path: &str, span: Range<usize>) -> Location {
        Location::new(self.text, path.to_owned(), span)
    }

    fn report(
        &mut self,
        location: &Location,
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.problems.push(location.problem(code, message, help));
    }

    /// Reports a value of another type.
    fn wrong_type(&mut self, entry: &Entry<'_, '_>, wanted: &str, help: Option<&str>) {
        let message = format!(
            "`{}` is {} and must be {wanted}",
            entry.name,
            toml_type(entry.value).name()
        );
        self.report(
            &entry.location,
            "connections::wrong-kind",
            message,
            help.map(str::to_owned),
        );
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
                    key: self.location(&path, key.span()),
                    location: self.location(&path, value.span()),
                    value: value.get_ref(),
                }
            })
            .collect()
    }

    fn unknown_key(&mut self, entry: &Entry<'_, '_>, known: Vec<String>) {
        let help = match nearest(entry.name, known.iter().map(String::as_str)) {
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
        if let DeValue::Table(table) = entry.value {
            return Some(table);
        }
        self.wrong_type(entry, "a table", None);
        None
    }

    fn file(&mut self, network: NetworkRules, document: &DeTable<'_>) -> Connections {
        let mut connections = Connections {
            network,
            ..Connections::default()
        };
        let entries = self.entries(document, "");
        // The rules for all connections first, wherever they are in the file.
        for entry in entries.iter().filter(|entry| entry.name == "network") {
            let Some(table) = self.table(entry) else {
                continue;
            };
            for entry in self.entries(table, "network") {
                let network = &mut connections.network;
                if !self.rule(&entry, &mut network.shared) && !self.rule(&entry, &mut network.each)
                {
                    let keys = names::<Rules>().chain(names::<SharedRules>());
                    self.unknown_key(&entry, keys.collect());
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
                        if let Some(connection) =
                            self.connection(&entry, table, &connections.network.each)
                        {
                            connections
                                .connections
                                .insert(entry.name.to_owned(), connection);
                        }
                    }
                }
                _ => self.unknown_key(entry, texts(["connections", "network"])),
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
        if !is_name(entry.name) {
            self.report(
                &entry.key,
                "connections::bad-name",
                format!("`{}` is not a valid name of a connection", entry.name),
                Some("use lower case letters, digits and `-`, beginning with a letter; at most 64 characters".to_owned()),
            );
        }
        self.fetches = self.only.is_none_or(|only| only == entry.name);
        let mut plugin = None;
        let mut connection = Connection::new(entry.name, "").with_rules(rules.clone());
        connection.location = entry.key.clone();
        connection.plugin.location = entry.key.clone();
        for part in self.entries(table, &entry.key.path) {
            match part.name {
                "plugin" => {
                    plugin = Some(Located {
                        // Empty after a problem, which is then already reported.
                        value: self.text(&part).unwrap_or_default(),
                        location: part.location,
                    });
                }
                "settings" => self.settings(&part, &mut connection),
                "limits" => self.limits(&part, &mut connection),
                "network" => self.network(&part, &mut connection),
                _ => self.unknown_key(&part, texts(["plugin", "settings", "limits", "network"])),
            }
        }
        let Some(plugin) = plugin else {
            self.report(
                &entry.key,
                "connections::missing-plugin",
                format!("the connection `{}` names no plugin", entry.name),
                Some("add `plugin = \"…\"` with the name of a plugin".to_owned()),
            );
            return None;
        };
        connection.plugin = plugin;
        Some(connection)
    }

    fn settings(&mut self, part: &Entry<'_, '_>, connection: &mut Connection) {
        let Some(table) = self.table(part) else {
            return;
        };
        connection.settings_location = Some(part.key.clone());
        for setting in self.entries(table, &part.key.path) {
            let value = self.setting(&setting);
            connection.settings.insert(
                setting.name.to_owned(),
                GivenSetting {
                    key: setting.key,
                    location: setting.location,
                    value,
                },
            );
        }
    }

    fn limits(&mut self, part: &Entry<'_, '_>, connection: &mut Connection) {
        let Some(table) = self.table(part) else {
            return;
        };
        for limit in self.entries(table, &part.key.path) {
            let (slot, range) = match limit.name {
                "requests-at-once" => (&mut connection.requests_at_once, 1..=1000),
                "requests-per-minute" => (&mut connection.requests_per_minute, 1..=1_000_000),
                _ => {
                    self.unknown_key(&limit, texts(["requests-at-once", "requests-per-minute"]));
                    continue;
                }
            };
            *slot = self.count(&limit, range).map(|most| most as u32);
        }
    }

    fn network(&mut self, part: &Entry<'_, '_>, connection: &mut Connection) {
        let Some(table) = self.table(part) else {
            return;
        };
        for entry in self.entries(table, &part.key.path) {
            match entry.name {
                "allow" => connection.allow = self.allowed_origins(&entry),
                "hosts" => connection.hosts = Some(self.hosts(&entry)),
                _ if self.rule(&entry, &mut connection.rules) => {}
                _ => {
                    let own = texts(["allow", "hosts"]);
                    self.unknown_key(&entry, names::<Rules>().chain(own).collect());
                }
            }
        }
    }

    /// The value of a setting: written in the file, or kept elsewhere.
    fn setting(&mut self, entry: &Entry<'_, '_>) -> GivenValue {
        // The parser puts an empty value where the file has none.
        if entry.location.span.is_empty() {
            return GivenValue::Missing;
        }
        let text = match entry.value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(integer) => {
                number(integer).map_or(integer.as_str().to_owned(), |number| number.to_string())
            }
            DeValue::Float(float) => float.as_str().to_owned(),
            DeValue::Boolean(boolean) => boolean.to_string(),
            DeValue::Table(table) => {
                let kept = self.kept(entry, table);
                return kept.map_or(GivenValue::Missing, GivenValue::Kept);
            }
            DeValue::Datetime(_) | DeValue::Array(_) => String::new(),
        };
        GivenValue::Written {
            text: text.into(),
            toml_type: Some(toml_type(entry.value)),
        }
    }

    /// Fetches a value from the environment or from a file of its own.
    fn kept(&mut self, entry: &Entry<'_, '_>, table: &DeTable<'_>) -> Option<SecretString> {
        const HELP: &str = "write `{ env = \"NAME\" }` or `{ file = \"path\" }`";
        let (sources, unknown): (Vec<_>, Vec<_>) = self
            .entries(table, &entry.location.path)
            .into_iter()
            .partition(|source| matches!(source.name, "env" | "file"));
        for unknown in &unknown {
            self.unknown_key(unknown, texts(["env", "file"]));
        }
        let [source] = &sources[..] else {
            let message = format!("`{}` must name exactly one source", entry.name);
            let help = Some(HELP.to_owned());
            self.report(&entry.location, "connections::wrong-kind", message, help);
            return None;
        };
        let name = self.text(source)?;
        if !self.fetches {
            return None;
        }
        let secret = if source.name == "env" {
            self.variable(source, &name)
        } else {
            self.secret_file(source, &name)
        }?;
        if secret.expose_secret().is_empty() {
            let message = format!("the secret of `{}` is empty", entry.name);
            self.report(&source.location, "connections::empty-secret", message, None);
            return None;
        }
        Some(secret)
    }

    fn variable(&mut self, source: &Entry<'_, '_>, name: &str) -> Option<SecretString> {
        let problem = match self.secrets.env(name) {
            Ok(Some(value)) => return Some(value),
            Ok(None) => "is not set".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        self.report(
            &source.location,
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
                // Some editors of Windows put a byte order mark before the text.
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                let line = text
                    .strip_suffix('\n')
                    .map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
                Some(line.into())
            }
            Err(error) => {
                self.report(
                    &source.location,
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
        let DeValue::String(text) = entry.value else {
            self.wrong_type(entry, "a text", None);
            return None;
        };
        if text.is_empty() {
            let message = format!("`{}` is empty", entry.name);
            self.report(&entry.location, "connections::wrong-kind", message, None);
            return None;
        }
        Some(text.to_string())
    }

    fn count(
        &mut self,
        entry: &Entry<'_, '_>,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let DeValue::Integer(integer) = entry.value else {
            self.wrong_type(entry, "an integer", None);
            return None;
        };
        let number = number(integer)
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!(
                "`{}` must be from {} to {}",
                entry.name,
                range.start(),
                range.end()
            );
            self.report(&entry.location, "connections::out-of-range", message, None);
        }
        number
    }

    /// Reads a key of a table of settings. Returns `false` when it has none of that name.
    fn rule<T: Table>(&mut self, entry: &Entry<'_, '_>, rules: &mut T) -> bool {
        let Some(key) = T::keys().into_iter().find(|key| key.name == entry.name) else {
            return false;
        };
        if let Err(wrong) = key.set(rules, &Given::Toml(entry.value)) {
            let message = format!("`{}` {}", entry.name, wrong.message);
            self.report(
                &entry.location,
                "connections::out-of-range",
                message,
                wrong.help,
            );
        }
        true
    }

    fn hosts(&mut self, entry: &Entry<'_, '_>) -> Vec<Located<HostEntry>> {
        let DeValue::Array(array) = entry.value else {
            self.wrong_type(entry, "a list of texts", None);
            return Vec::new();
        };
        let mut hosts = Vec::new();
        for item in array.iter() {
            let location = self.location(&entry.location.path, item.span());
            let DeValue::String(text) = item.get_ref() else {
                let message = format!("an entry of `{}` must be a text", entry.name);
                self.report(&location, "connections::wrong-kind", message, None);
                continue;
            };
            match HostEntry::parse(text) {
                Ok(value) => hosts.push(Located { value, location }),
                Err(error) => {
                    let message = format!("`{text}` is not a valid host");
                    let help = Some(error.to_string());
                    self.report(&location, "connections::bad-host", message, help);
                }
            }
        }
        hosts
    }

    fn allowed_origins(&mut self, entry: &Entry<'_, '_>) -> Vec<Located<Origin>> {
        let mut origins = Vec::new();
        for Located { value, location } in self.hosts(entry) {
            match value.origin() {
                Some(value) => origins.push(Located { value, location }),
                None => self.report(
                    &location,
                    "connections::bad-host",
                    "private addresses are allowed host by host",
                    Some("write each host and its port without `*`".to_owned()),
                ),
            }
        }
        origins
    }
}

fn toml_type(value: &DeValue<'_>) -> TomlType {
    match value {
        DeValue::String(_) => TomlType::Text,
        DeValue::Integer(_) => TomlType::Integer,
        DeValue::Float(_) => TomlType::Float,
        DeValue::Boolean(_) => TomlType::Boolean,
        DeValue::Datetime(_) => TomlType::Other("a date"),
        DeValue::Array(_) => TomlType::Other("a list"),
        DeValue::Table(_) => TomlType::Other("a table"),
    }
}

fn number(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// The names of the keys of a table of settings.
fn names<T: Table>() -> impl Iterator<Item = String> {
    T::keys().into_iter().map(|key| key.name)
}

fn texts<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).into()
}
