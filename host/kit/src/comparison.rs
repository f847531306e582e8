//! What changed between two versions of a plugin, and whether what was built for
//! the old one works with the new one.

use indexmap::IndexMap;
use krabice_scenario::manifest::{
    Answer, Authorisation, Choice, ChoicesSource, Effect, Field, Function, Login, LoginCredentials,
    Parameter, Setting,
};
use krabice_scenario::{Kind, Manifest, Value};
use semver::Version;
use serde::Serialize;

/// What a change means for who uses the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// A scenario or a connection for the old version may not work with the new.
    Breaking,
    /// The plugin wants more than it had: the operator has to agree.
    AsksForMore,
    /// What worked goes on working.
    Compatible,
}

impl Weight {
    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Weight::Breaking => "breaking",
            Weight::AsksForMore => "asks for more",
            Weight::Compatible => "compatible",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// What it means.
    pub weight: Weight,
    /// Where: `functions.load-order.parameters.email`.
    pub at: String,
    /// What changed there.
    pub what: String,
}

/// The least version that the changes ask for, where the new one is lower; none where
/// it is high enough. As `docs/versioning.md` has it: the major version rises where
/// something breaks, the minor one where something is new or the plugin asks for more,
/// the patch otherwise; before 1.0, each of the first two one place further to the right.
#[must_use]
pub fn version_asked(old: &str, new: &str, changes: &[Change]) -> Option<Version> {
    // The runtime lets no manifest pass without one; nothing can be said of another.
    let (old, new) = (Version::parse(old).ok()?, Version::parse(new).ok()?);
    if !old.pre.is_empty() {
        // Before a release anything may change, until the release itself.
        return (new <= old).then(|| Version::new(old.major, old.minor, old.patch));
    }
    let breaks = changes
        .iter()
        .any(|change| change.weight == Weight::Breaking);
    let asked = match (breaks, changes.is_empty(), old.major) {
        (true, _, 1..) => Version::new(old.major + 1, 0, 0),
        (true, _, 0) => Version::new(0, old.minor + 1, 0),
        (false, false, 1..) => Version::new(old.major, old.minor + 1, 0),
        _ => Version::new(old.major, old.minor, old.patch + 1),
    };
    // A pre-release of what is asked for is on its way there.
    let reached = Version::new(new.major, new.minor, new.patch);
    (reached < asked || new <= old).then_some(asked)
}

/// Everything that changed, the weightiest first.
///
/// `imports` are the names of the interfaces that the components import, the old
/// one's and the new one's; versions do not count.
#[must_use]
pub fn compare(old: &Manifest, new: &Manifest, imports: (&[String], &[String])) -> Vec<Change> {
    let mut changes = Changes(Vec::new());
    if old.name != new.name {
        changes.breaking("name", format!("was `{}`, is `{}`", old.name, new.name));
    }
    changes.imports(imports.0, imports.1);
    changes.connection(old, new);
    changes.functions(&old.functions, &new.functions);
    let mut all = changes.0;
    all.sort_by_key(|change| change.weight);
    all
}

struct Changes(Vec<Change>);

/// A parameter or a field, for what both have.
struct Slot<'a> {
    path: &'a str,
    kind: Kind,
    items: Option<Kind>,
    personal: bool,
}

impl Changes {
    fn add(&mut self, weight: Weight, at: impl Into<String>, what: impl Into<String>) {
        self.0.push(Change {
            weight,
            at: at.into(),
            what: what.into(),
        });
    }

    fn breaking(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.add(Weight::Breaking, at, what);
    }

    fn compatible(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.add(Weight::Compatible, at, what);
    }

    fn more(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.add(Weight::AsksForMore, at, what);
    }

    fn imports(&mut self, old: &[String], new: &[String]) {
        let interface = |name: &String| name.split('@').next().unwrap_or(name).to_owned();
        let old: Vec<_> = old.iter().map(interface).collect();
        let new: Vec<_> = new.iter().map(interface).collect();
        for name in new.iter().filter(|name| !old.contains(name)) {
            self.more(format!("imports.{name}"), "is imported now");
        }
        for name in old.iter().filter(|name| !new.contains(name)) {
            self.compatible(format!("imports.{name}"), "is imported no more");
        }
    }

    fn connection(&mut self, old: &Manifest, new: &Manifest) {
        if old.address != new.address {
            self.breaking("address", "is in another setting");
        }
        if old.authorisation != new.authorisation {
            let words = [&old.authorisation, &new.authorisation].map(authorisation);
            self.breaking(
                "authorisation",
                format!("was {}, is {}", words[0], words[1]),
            );
        }
        for host in new.hosts.iter().filter(|host| !old.hosts.contains(host)) {
            self.more(format!("hosts.{host}"), "may be reached now");
        }
        for host in old.hosts.iter().filter(|host| !new.hosts.contains(host)) {
            self.compatible(format!("hosts.{host}"), "is reached no more");
        }
        if old.limits != new.limits {
            self.compatible("limits", "are others");
        }
        for setting in &old.settings {
            let at = format!("settings.{}", setting.name);
            match new.settings.iter().find(|known| known.name == setting.name) {
                None => self.breaking(at, "is gone; connections that give it are refused"),
                Some(new) => self.setting(&at, setting, new),
            }
        }
        for setting in &new.settings {
            if old.settings.iter().any(|known| known.name == setting.name) {
                continue;
            }
            let at = format!("settings.{}", setting.name);
            match setting.required && setting.default.is_none() {
                true => self.breaking(at, "is new, and every connection must give it"),
                false => self.compatible(at, "is new"),
            }
        }
    }

    fn setting(&mut self, at: &str, old: &Setting, new: &Setting) {
        if old.kind != new.kind {
            self.breaking(at, format!("was {}, is {}", old.kind, new.kind));
        }
        if old.secret != new.secret {
            let what = match new.secret {
                true => "is secret now; connections that write it inline are refused",
                false => "is secret no more; connections that keep it as a secret are refused",
            };
            self.breaking(at, what);
        }
        let needed = |setting: &Setting| setting.required && setting.default.is_none();
        match (needed(old), needed(new)) {
            (false, true) => self.breaking(at, "must be given now"),
            (true, false) => self.compatible(at, "need not be given any more"),
            _ => {}
        }
        // A connection without it had the old default; where there was none, and it was
        // needed, every connection gives it.
        let left_out = !old.required || old.default.is_some();
        let words = |setting: &Setting| quoted(setting.default.as_deref());
        self.default(at, left_out, [words(old), words(new)]);
        self.choices(at, &old.choices, &new.choices, false);
    }

    fn functions(&mut self, old: &IndexMap<String, Function>, new: &IndexMap<String, Function>) {
        for (name, function) in old {
            let at = format!("functions.{name}");
            match new.get(name) {
                None => self.breaking(at, "is gone"),
                Some(new) => self.function(&at, function, new),
            }
        }
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            self.compatible(format!("functions.{name}"), "is new");
        }
    }

    fn function(&mut self, at: &str, old: &Function, new: &Function) {
        if old.effect != new.effect {
            let words = |effect| match effect {
                Effect::Reads => "reads",
                Effect::Writes => "writes",
                Effect::WritesIdempotently => "writes-idempotently",
            };
            let what = format!("was `{}`, is `{}`", words(old.effect), words(new.effect));
            let at = format!("{at}.effect");
            match (old.effect, new.effect) {
                (Effect::Reads, _) => self.more(at, format!("{what}: it may change something")),
                (Effect::Writes, _) => {
                    self.more(at, format!("{what}: the host may repeat its requests"));
                }
                _ => self.compatible(at, what),
            }
        }
        for parameter in &old.parameters {
            let at = format!("{at}.parameters.{}", parameter.name);
            let found = new.parameters.iter().find(|new| new.name == parameter.name);
            match found {
                None => self.breaking(at, "is gone"),
                Some(new) => self.parameter(&at, parameter, new),
            }
        }
        for parameter in &new.parameters {
            if old.parameters.iter().any(|old| old.name == parameter.name) {
                continue;
            }
            let at = format!("{at}.parameters.{}", parameter.name);
            match parameter.required {
                true => self.breaking(at, "is new, and every call must give it"),
                false => self.compatible(at, "is new"),
            }
        }
        self.answer(at, &old.answer, &new.answer);
    }

    fn parameter(&mut self, at: &str, old: &Parameter, new: &Parameter) {
        self.slot(at, &of_parameter(old), &of_parameter(new));
        match (old.required, new.required) {
            (false, true) => self.breaking(at, "must be given now"),
            (true, false) => self.compatible(at, "need not be given any more"),
            _ => {}
        }
        let words = |parameter: &Parameter| {
            let value = parameter.default.as_ref().map(Value::to_plain_json);
            quoted(value.map(|value| match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            }))
        };
        self.default(at, !old.required, [words(old), words(new)]);
        match (&old.choices, &new.choices) {
            (ChoicesSource::Fixed(old), ChoicesSource::Fixed(new)) => {
                self.choices(at, old, new, false);
            }
            (old, new) if std::mem::discriminant(old) == std::mem::discriminant(new) => {}
            (ChoicesSource::Fixed(_), ChoicesSource::Live) => {
                self.compatible(at, "has live choices now");
            }
            _ => self.breaking(at, "has its choices from elsewhere"),
        }
    }

    /// Who leaves it out did one thing, and does another with another default.
    fn default(&mut self, at: &str, left_out: bool, [old, new]: [String; 2]) {
        if old == new {
            return;
        }
        let what = format!("had {old} as its default, has {new}");
        match left_out {
            true => self.breaking(at, format!("{what}; who leaves it out gets another")),
            false => self.compatible(at, what),
        }
    }

    fn answer(&mut self, at: &str, old: &Answer, new: &Answer) {
        match (old, new) {
            (Answer::Fields(old), Answer::Fields(new)) => self.fields(at, old, new),
            (
                Answer::Value {
                    kind: old,
                    personal: was,
                    ..
                },
                Answer::Value {
                    kind: new,
                    personal: is,
                    ..
                },
            ) => {
                let slot = |kind, personal| Slot {
                    path: "value",
                    kind,
                    items: None,
                    personal,
                };
                self.slot(&format!("{at}.value"), &slot(*old, *was), &slot(*new, *is));
            }
            (Answer::Nothing, Answer::Nothing) => {}
            // `true` was all that a scenario could know.
            (Answer::Nothing, _) => self.breaking(format!("{at}.answer"), "carries something now"),
            (_, Answer::Nothing) => self.breaking(format!("{at}.answer"), "carries nothing now"),
            _ => self.breaking(
                format!("{at}.answer"),
                "was one value and is fields, or the other way round",
            ),
        }
    }

    fn fields(&mut self, at: &str, old: &[Field], new: &[Field]) {
        for field in old {
            let at = format!("{at}.fields.{}", field.path);
            let Some(new) = new.iter().find(|new| new.path == field.path) else {
                self.breaking(at, "is gone");
                continue;
            };
            self.slot(&at, &of_field(field), &of_field(new));
            match (field.optional, new.optional) {
                (false, true) => self.breaking(&at, "may be absent now"),
                (true, false) => self.compatible(&at, "is always there now"),
                _ => {}
            }
            self.choices(&at, &field.choices, &new.choices, true);
        }
        for field in new {
            if !old.iter().any(|old| old.path == field.path) {
                self.compatible(format!("{at}.fields.{}", field.path), "is new");
            }
        }
    }

    fn slot(&mut self, at: &str, old: &Slot<'_>, new: &Slot<'_>) {
        debug_assert_eq!(old.path, new.path);
        if (old.kind, old.items) != (new.kind, new.items) {
            let words = |slot: &Slot<'_>| match slot.items {
                Some(items) => format!("list of {items}"),
                None => slot.kind.to_string(),
            };
            self.breaking(at, format!("was {}, is {}", words(old), words(new)));
        }
        match (old.personal, new.personal) {
            (false, true) => self.more(at, "is personal data now"),
            (true, false) => self.compatible(at, "is personal data no more"),
            _ => {}
        }
    }

    /// A choice that is gone breaks who gives it; one that is new, who has to know
    /// them all.
    fn choices(&mut self, at: &str, old: &[Choice], new: &[Choice], told: bool) {
        let has = |all: &[Choice], value: &str| all.iter().any(|choice| choice.value == value);
        for choice in old.iter().filter(|choice| !has(new, &choice.value)) {
            let what = format!("has the choice `{}` no more", choice.value);
            match told {
                true => self.compatible(at, what),
                false => self.breaking(at, what),
            }
        }
        for choice in new.iter().filter(|choice| !has(old, &choice.value)) {
            let what = format!("has the new choice `{}`", choice.value);
            match told {
                true => self.breaking(at, what),
                false => self.compatible(at, what),
            }
        }
    }
}

/// A default as it is told.
fn quoted(value: Option<impl AsRef<str>>) -> String {
    match value {
        Some(value) => format!("`{}`", value.as_ref()),
        None => "nothing".to_owned(),
    }
}

/// How requests are authorised, with all that can differ.
fn authorisation(authorisation: &Authorisation) -> String {
    match authorisation {
        Authorisation::None => "none".to_owned(),
        Authorisation::Basic {
            header,
            username,
            password,
        } => format!("HTTP Basic from `{username}` and `{password}` in the header `{header}`"),
        Authorisation::Header {
            name,
            prefix,
            setting,
        } => format!("`{prefix}` and `{setting}` in the header `{name}`"),
        Authorisation::Query { name, setting } => {
            format!("`{setting}` in the query parameter `{name}`")
        }
        Authorisation::Login(login) => {
            let Login {
                path,
                credentials,
                username,
                password,
                token,
                expires_in,
                header,
                prefix,
            } = login;
            let how = match credentials {
                LoginCredentials::Basic => "HTTP Basic".to_owned(),
                LoginCredentials::Form { username, password } => {
                    format!("the form fields `{username}` and `{password}`")
                }
                LoginCredentials::Json { username, password } => {
                    format!("the JSON keys `{username}` and `{password}`")
                }
            };
            let life = quoted(expires_in.as_deref());
            format!(
                "a login at `{path}` with `{username}` and `{password}` by {how}, its token at \
                 `{token}` for as long as {life} says, after `{prefix}` in the header `{header}`"
            )
        }
    }
}

fn of_parameter(parameter: &Parameter) -> Slot<'_> {
    Slot {
        path: &parameter.name,
        kind: parameter.kind,
        items: parameter.items,
        personal: parameter.personal,
    }
}

fn of_field(field: &Field) -> Slot<'_> {
    Slot {
        path: &field.path,
        kind: field.kind,
        items: field.items,
        personal: field.personal,
    }
}
