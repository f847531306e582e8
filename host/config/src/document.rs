//! The reader of a configuration: a file, then the environment, then options.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use krabice_contract::name::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::spec::{Given, Table, Wrong};

/// A mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable code.
    pub code: &'static str,
    /// What is wrong: the key's path, the value found, and what is expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The key's path, such as `limits.turns`.
    pub path: String,
    /// The file's name; `environment` or `options` for what was given there.
    pub source: String,
    /// The text that the position is in: the file's, or `NAME=VALUE`.
    pub text: Arc<str>,
    /// The range in the text, in bytes.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A key that has another name now.
#[derive(Debug, Clone, Copy)]
pub struct Renamed {
    /// The path of the old key.
    pub old: &'static str,
    /// The path of the new one.
    pub new: &'static str,
    /// The unit that the old key's whole number had, as the new key writes it.
    pub unit: &'static str,
}

/// A configuration that is being read into tables.
pub struct Document {
    name: String,
    text: Arc<str>,
    environment: BTreeMap<String, String>,
    options: Vec<(String, String)>,
    problems: Vec<Problem>,
    /// The keys of each table that was read.
    known: BTreeMap<String, Vec<String>>,
    /// The environment variables of keys that were read.
    variables: BTreeSet<String>,
}

impl Document {
    /// A file with its name, as the user wrote it.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Document {
        Document {
            name: name.into(),
            text: text.into(),
            environment: BTreeMap::new(),
            options: Vec::new(),
            problems: Vec::new(),
            known: BTreeMap::new(),
            variables: BTreeSet::new(),
        }
    }

    /// The variables of the environment. A key's variable is `KRABICE_` and its path in capitals, with
    /// `_` for `.` and `-`: `KRABICE_LIMITS_TURNS`. It takes precedence over the file.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = variables
            .into_iter()
            .filter(|(name, _)| name.starts_with("KRABICE_"))
            .collect();
        self
    }

    /// Paths of keys with their values, which take precedence over the file and the environment.
    #[must_use]
    pub fn options(mut self, options: impl IntoIterator<Item = (String, String)>) -> Self {
        self.options.extend(options);
        self
    }

    /// Reads a table: `path` is empty for the keys of the document itself. Mistakes are kept for
    /// [`Document::finish`]. Two tables may be read from one path.
    pub fn read<T: Table>(&mut self, path: &str, table: &mut T) {
        self.read_table(path, table, true);
    }

    /// Reads a table from the file alone, for keys whose variables and options are read elsewhere.
    pub fn read_file<T: Table>(&mut self, path: &str, table: &mut T) {
        self.read_table(path, table, false);
    }

    /// The names of the tables in a table of the file whose names the user chooses, such as
    /// `[signed.shop]`. Each is then read by itself.
    pub fn tables(&mut self, path: &str) -> Vec<String> {
        let text = Arc::clone(&self.text);
        let (document, _) = DeTable::parse_recoverable(&text);
        self.known.entry(path.to_owned()).or_default();
        match document.get_ref().get(path).map(Spanned::get_ref) {
            Some(DeValue::Table(table)) => {
                table.keys().map(|key| key.get_ref().to_string()).collect()
            }
            // Another type is reported at the end.
            Some(_) | None => Vec::new(),
        }
    }

    fn read_table<T: Table>(&mut self, path: &str, table: &mut T, outside: bool) {
        let text = Arc::clone(&self.text);
        let (document, _) = DeTable::parse_recoverable(&text);
        let mut given = Some(document.get_ref());
        for part in path.split('.').filter(|part| !part.is_empty()) {
            given = given.and_then(|table| match table.get(part).map(Spanned::get_ref) {
                Some(DeValue::Table(table)) => Some(table),
                // Another type is reported at the end.
                Some(_) | None => None,
            });
        }
        for key in T::keys() {
            let full = joined(path, &key.name);
            if let Some(value) = given.and_then(|table| table.get(&*key.name))
                && let Err(wrong) = key.set(table, &Given::Toml(value.get_ref()))
            {
                self.report_value(&full, value.span(), wrong);
            }
            self.known
                .entry(path.to_owned())
                .or_default()
                .push(key.name.clone());
            if !outside {
                continue;
            }
            let variable = variable_of(&full);
            if let Some(value) = self.environment.get(&variable).cloned()
                && let Err(wrong) = key.set(table, &Given::Text(&value))
            {
                let message = format!("`{variable}` {}", wrong.message);
                self.report_outside("environment", message, wrong.help, &full, &variable, &value);
            }
            self.variables.insert(variable);
            let options: Vec<_> = self
                .options
                .iter()
                .filter(|(name, _)| *name == full)
                .cloned()
                .collect();
            for (_, value) in options {
                if let Err(wrong) = key.set(table, &Given::Text(&value)) {
                    let message = format!("`{full}` {}", wrong.message);
                    self.report_outside("options", message, wrong.help, &full, &full, &value);
                }
            }
        }
    }

    /// All mistakes, those of the file in its order. What was in no table that was read is a mistake.
    #[must_use]
    pub fn finish(mut self, renamed: &[Renamed]) -> Vec<Problem> {
        let text = Arc::clone(&self.text);
        let (document, errors) = DeTable::parse_recoverable(&text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let message = format!("this is no TOML: {}", error.message());
            self.report("configuration::syntax", message, None, String::new(), span);
        }
        self.unknown_keys("", document.get_ref(), renamed);
        self.problems.sort_by_key(|problem| problem.span.start);
        self.unknown_variables();
        for (name, value) in std::mem::take(&mut self.options) {
            if !self.paths().any(|path| path == name) {
                let help = self.similar(&name);
                let message = format!("there is no setting `{name}`");
                self.report_outside("options", message, Some(help), &name, &name, &value);
            }
        }
        self.problems
    }

    fn unknown_keys(&mut self, path: &str, table: &DeTable<'_>, renamed: &[Renamed]) {
        let known = self.known.get(path).cloned().unwrap_or_default();
        for (key, value) in table {
            let name: &str = key.get_ref();
            let full = joined(path, name);
            if known.iter().any(|known| known == name) {
                continue;
            }
            let is_table = self.known.keys().any(|known| {
                *known == full
                    || known
                        .strip_prefix(&full)
                        .is_some_and(|rest| rest.starts_with('.'))
            });
            if is_table {
                match value.get_ref() {
                    DeValue::Table(table) => self.unknown_keys(&full, table, renamed),
                    other @ (DeValue::String(_)
                    | DeValue::Integer(_)
                    | DeValue::Float(_)
                    | DeValue::Boolean(_)
                    | DeValue::Datetime(_)
                    | DeValue::Array(_)) => {
                        let found = Given::Toml(other).found();
                        let message = format!("`{full}` is {found}; expected a table");
                        self.report("configuration::value", message, None, full, value.span());
                    }
                }
                continue;
            }
            if let Some(renamed) = renamed.iter().find(|renamed| renamed.old == full) {
                let (_, new) = renamed.new.rsplit_once('.').unwrap_or(("", renamed.new));
                let help = match Given::Toml(value.get_ref()).number() {
                    Some(number) => format!("write `{new} = \"{number}{}\"`", renamed.unit),
                    None => format!("write `{new}`, with the unit in the value"),
                };
                let message = format!("`{full}` is called `{}` now", renamed.new);
                self.report(
                    "configuration::renamed",
                    message,
                    Some(help),
                    full,
                    key.span(),
                );
                continue;
            }
            let help = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => self.similar(&full),
            };
            let message = format!("there is no setting `{full}`");
            self.report(
                "configuration::unknown-key",
                message,
                Some(help),
                full,
                key.span(),
            );
        }
    }

    /// Variables of the environment that look like those of a table, but are none.
    fn unknown_variables(&mut self) {
        let tables: Vec<String> = self
            .known
            .keys()
            .filter(|path| !path.is_empty())
            .map(|path| variable_of(path) + "_")
            .collect();
        for (name, value) in std::mem::take(&mut self.environment) {
            let of_a_table = tables.iter().any(|table| name.starts_with(table));
            if of_a_table && !self.variables.contains(&name) {
                let near = nearest(&name, self.variables.iter().map(String::as_str));
                let help = near.map(|near| format!("did you mean `{near}`?"));
                let message = format!("there is no setting for the variable `{name}`");
                self.report_outside("environment", message, help, "", &name, &value);
            }
        }
    }

    /// The paths of all keys that were read.
    fn paths(&self) -> impl Iterator<Item = String> {
        self.known
            .iter()
            .flat_map(|(path, keys)| keys.iter().map(|key| joined(path, key)))
    }

    /// Names the setting that was probably meant: a similar path, or the same key in another table.
    fn similar(&self, path: &str) -> String {
        let (table, name) = path.rsplit_once('.').unwrap_or(("", path));
        let paths: Vec<_> = self.paths().collect();
        let elsewhere = paths
            .iter()
            .find(|path| path.rsplit_once('.').is_some_and(|(_, key)| key == name));
        let near = nearest(path, paths.iter().map(String::as_str));
        match (
            near.or(elsewhere.map(String::as_str)),
            self.known.get(table),
        ) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(known)) => format!("known here: `{}`", known.join("`, `")),
            (None, None) => "docs/configuration.md lists all settings".to_owned(),
        }
    }

    /// Reports a value of the file, or each part of it that is wrong.
    fn report_value(&mut self, path: &str, span: Range<usize>, wrong: Wrong) {
        const CODE: &str = "configuration::value";
        if wrong.parts.is_empty() {
            let message = format!("`{path}` {}", wrong.message);
            self.report(CODE, message, wrong.help, path.to_owned(), span);
        }
        for part in wrong.parts {
            let full = match &part.key {
                Some(key) => joined(path, key),
                None => path.to_owned(),
            };
            let message = format!("`{full}` {}", part.message);
            self.report(CODE, message, None, full, part.span);
        }
    }

    fn report(
        &mut self,
        code: &'static str,
        message: String,
        help: Option<String>,
        path: String,
        span: Range<usize>,
    ) {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        self.problems.push(Problem {
            code,
            message,
            help,
            path,
            source: self.name.clone(),
            text: Arc::clone(&self.text),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span,
        });
    }

    fn report_outside(
        &mut self,
        source: &str,
        message: String,
        help: Option<String>,
        path: &str,
        name: &str,
        value: &str,
    ) {
        self.problems.push(Problem {
            code: "configuration::value",
            message,
            help,
            path: path.to_owned(),
            source: source.to_owned(),
            text: format!("{name}={value}").into(),
            span: name.len() + 1..name.len() + 1 + value.len(),
            line: 1,
            column: name.chars().count() + 2,
        });
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The environment variable of a key.
fn variable_of(path: &str) -> String {
    let name: String = path
        .chars()
        .map(|letter| match letter {
            '.' | '-' => '_',
            letter => letter.to_ascii_uppercase(),
        })
        .collect();
    format!("KRABICE_{name}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{count, list, lists, optional, settings, size, time};

    settings! {
        #[derive(Debug, PartialEq)]
        struct Limits {
            /// Turns at once. Default 10, enough.
            turns: u32 = count(10, 1, 1_000);
            /// The longest wait.
            wait: Duration = time("30s", "1s", "1h");
            /// The largest body.
            body_bytes: usize = size("16KiB", "1KiB", "1MiB");
        }
    }

    settings! {
        #[derive(Debug, PartialEq)]
        struct Top {
            /// The name.
            name: Option<String> = optional("none", "a text");
            /// The ports.
            ports: Vec<u16> = list("none", "a list of ports");
        }
    }

    fn read(
        text: &str,
        environment: &[(&str, &str)],
        options: &[(&str, &str)],
    ) -> (Top, Limits, Vec<Problem>) {
        let owned = |pairs: &[(&str, &str)]| -> Vec<_> {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let mut document = Document::new("serve.toml", text)
            .environment(owned(environment))
            .options(owned(options));
        let (mut top, mut limits) = (Top::default(), Limits::default());
        document.read("", &mut top);
        document.read("limits", &mut limits);
        let renamed = Renamed {
            old: "limits.wait-seconds",
            new: "limits.wait",
            unit: "s",
        };
        (top, limits, document.finish(&[renamed]))
    }

    #[test]
    fn an_option_takes_precedence_over_the_environment_and_that_over_the_file() {
        let text = "name = \"a\"\nports = [\"1\", \"2\"]\n[limits]\nturns = 1\nwait = \"2s\"\nbody-bytes = \"2KiB\"\n";
        let environment = [
            ("KRABICE_LIMITS_TURNS", "2"),
            ("KRABICE_LIMITS_WAIT", "3s"),
            ("KRABICE_PORTS", "7,8"),
        ];
        let (top, limits, problems) = read(text, &environment, &[("limits.turns", "3")]);
        assert_eq!(problems, []);
        assert_eq!(
            top,
            Top {
                name: Some("a".to_owned()),
                ports: vec![7, 8]
            }
        );
        let wait = Duration::from_secs(3);
        assert_eq!(
            limits,
            Limits {
                turns: 3,
                wait,
                body_bytes: 2048
            }
        );
    }

    #[test]
    fn all_mistakes_are_reported_with_place_value_expectation_and_help() {
        let text = "nam = \"a\"\nturns = 3\nports = 80\n[limits]\nturns = 0\nwait = 20\nwait-seconds = 20\n\
                    body-bytes = 2048\ntruns = 1\n[other]\nx = 1\n";
        let environment = [
            ("KRABICE_LIMITS_TURNS", "many"),
            ("KRABICE_LIMITS_TRUNS", "1"),
            ("KRABICE_UNRELATED", "x"),
        ];
        let (_, limits, problems) = read(
            text,
            &environment,
            &[("limits.wait", "soon"), ("limits.turn", "1")],
        );
        assert_eq!(limits, Limits::default());
        let lines: Vec<_> = problems
            .iter()
            .map(|problem| {
                let Problem {
                    source,
                    line,
                    column,
                    path,
                    message,
                    help,
                    ..
                } = problem;
                format!(
                    "{source}:{line}:{column} {path}: {message} ({})",
                    help.as_deref().unwrap_or("-")
                )
            })
            .collect();
        let expected = [
            "serve.toml:1:1 nam: there is no setting `nam` (did you mean `name`?)",
            "serve.toml:2:1 turns: there is no setting `turns` (did you mean `limits.turns`?)",
            "serve.toml:3:9 ports: `ports` is 80; expected a list of ports (-)",
            "serve.toml:5:9 limits.turns: `limits.turns` is 0; expected a whole number from 1 to 1,000 (-)",
            "serve.toml:6:8 limits.wait: `limits.wait` is 20; expected a duration from 1s to 1h, such as \"30s\" (write the unit, one of `ms`, `s`, `m`, `h` and `d`: `\"20s\"` are seconds)",
            "serve.toml:7:1 limits.wait-seconds: `limits.wait-seconds` is called `limits.wait` now (write `wait = \"20s\"`)",
            "serve.toml:8:14 limits.body-bytes: `limits.body-bytes` is 2048; expected a size from 1KiB to 1MiB, such as \"16KiB\" (write `\"2KiB\"`)",
            "serve.toml:9:1 limits.truns: there is no setting `limits.truns` (did you mean `turns`?)",
            "serve.toml:10:2 other: there is no setting `other` (known here: `name`, `ports`)",
            "environment:1:22 limits.turns: `KRABICE_LIMITS_TURNS` is \"many\"; expected a whole number from 1 to 1,000 (-)",
            "environment:1:22 : there is no setting for the variable `KRABICE_LIMITS_TRUNS` (did you mean `KRABICE_LIMITS_TURNS`?)",
            "options:1:13 limits.wait: `limits.wait` is \"soon\"; expected a duration from 1s to 1h, such as \"30s\" (-)",
            "options:1:13 limits.turn: there is no setting `limits.turn` (did you mean `limits.turns`?)",
        ];
        let mut sorted: Vec<_> = lines.iter().map(String::as_str).collect();
        sorted.sort_by_key(|line| expected.iter().position(|known| known == line));
        assert_eq!(sorted, expected);
    }

    #[test]
    fn each_wrong_item_of_a_list_is_reported_at_its_own_place() {
        settings! {
            #[derive(Debug, PartialEq)]
            struct Tables {
                /// The ports of each host.
                ports: BTreeMap<String, Vec<u16>> = lists("none", "a table of lists of ports");
                /// More ports.
                more: Vec<u16> = list("none", "a list of ports");
            }
        }
        let text = "more = [\"1\", \"x\", 2]\n[ports]\na = [\"1\"]\nb = [\"2\",\n  \"70000\", 3]\nc = \"4\"\n";
        let mut document = Document::new("serve.toml", text);
        document.read("", &mut Tables::default());
        let places: Vec<_> = document
            .finish(&[])
            .into_iter()
            .map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.message))
            .collect();
        assert_eq!(
            places,
            [
                "1:14 `more` has \"x\"; invalid digit found in string",
                "1:19 `more` has 2; expected a text",
                "5:3 `ports.b` has \"70000\"; number too large to fit in target type",
                "5:12 `ports.b` has 3; expected a text",
                "6:5 `ports.c` is \"4\"; expected a list",
            ]
        );
    }

    #[test]
    fn a_text_that_is_no_toml_is_a_mistake_with_its_place() {
        let (_, limits, problems) = read("[limits]\nturns = 5\nwait = \n", &[], &[]);
        assert_eq!(limits.turns, 5);
        assert!(
            problems
                .iter()
                .any(|problem| problem.code == "configuration::syntax" && problem.line == 3),
            "{problems:?}"
        );
    }

    #[test]
    fn the_page_has_meaning_default_and_range() {
        let page = crate::page::<Limits>("limits", "The limits.");
        assert_eq!(
            page,
            "## `[limits]`\n\nThe limits.\n\n| key | default | range | meaning |\n|---|---|---|---|\n\
             | `turns` | 10 | 1 to 1,000 | Turns at once. Enough. |\n\
             | `wait` | 30s | 1s to 1h | The longest wait. |\n\
             | `body-bytes` | 16KiB | 1KiB to 1MiB | The largest body. |\n"
        );
    }
}
