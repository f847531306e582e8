//! The changes between two versions of a plugin, and whether scenarios and connections for the old
//! version work with the new one.

use indexmap::IndexMap;
use krabice_contract::manifest::{
    Answer, Authorisation, Choice, ChoicesSource, Effect, Feed, Field, Function, Hmac,
    HmacAlgorithm, HmacEncoding, HmacTimestamp, Login, LoginCredentials, Parameter, Setting,
};
use krabice_contract::{Kind, Manifest, Value};
use semver::Version;
use serde::Serialize;

/// The effect of a change on scenarios and connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// A scenario or a connection for the old version may not work with the new one.
    Breaking,
    /// The plugin may do or reach more than before: the operator has to agree.
    AsksForMore,
    /// Everything that worked still works.
    Compatible,
}

impl Weight {
    /// The weight in words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Weight::Breaking => "breaking",
            Weight::AsksForMore => "asks for more",
            Weight::Compatible => "compatible",
        }
    }
}

/// One change of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// The effect.
    pub weight: Weight,
    /// The place: `functions.load-order.parameters.email`.
    pub at: String,
    /// The change, as the rest of a sentence about the place.
    pub what: String,
}

/// The lowest version that the changes need; None when the new version is high enough. The rules are
/// in `docs/versioning.md`: the major version rises when something breaks, the minor one when
/// something is new or the plugin asks for more, the patch otherwise; before 1.0, the first two are
/// one place further to the right.
#[must_use]
pub fn version_asked(old: &str, new: &str, changes: &[Change]) -> Option<Version> {
    // The runtime refuses a manifest whose version is not one.
    let (old, new) = (Version::parse(old).ok()?, Version::parse(new).ok()?);
    if !old.pre.is_empty() {
        // After a pre-release anything may change until the release.
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
    // A pre-release of the needed version is high enough.
    let reached = Version::new(new.major, new.minor, new.patch);
    (reached < asked || new <= old).then_some(asked)
}

/// All changes, sorted by weight: breaking ones first.
///
/// `imports` are the interfaces that the old and the new component import; their versions do not
/// count.
#[must_use]
pub fn compare(old: &Manifest, new: &Manifest, imports: (&[String], &[String])) -> Vec<Change> {
    let mut changes = Changes(Vec::new());
    if old.name != new.name {
        changes.breaking("name", format!("was `{}`, is `{}`", old.name, new.name));
    }
    changes.imports(imports.0, imports.1);
    changes.connection(old, new);
    changes.functions(&old.functions, &new.functions);
    changes.feeds(&old.feeds, &new.feeds);
    let mut all = changes.0;
    all.sort_by_key(|change| change.weight);
    all
}

struct Changes(Vec<Change>);

/// What parameters, fields and single values have in common.
struct Slot<'a> {
    path: &'a str,
    kind: Kind,
    items: Option<Kind>,
    personal: bool,
}

/// The weights of a removed and of an added choice of a setting or a parameter: callers may still
/// give a removed choice.
const INPUT: [Weight; 2] = [Weight::Breaking, Weight::Compatible];

/// The weights of a removed and of an added choice of a field: scenarios may have to know all
/// choices.
const OUTPUT: [Weight; 2] = [Weight::Compatible, Weight::Breaking];

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
            self.compatible(format!("imports.{name}"), "is no longer imported");
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
            self.more(format!("hosts.{host}"), "can be reached now");
        }
        for host in old.hosts.iter().filter(|host| !new.hosts.contains(host)) {
            self.compatible(format!("hosts.{host}"), "can no longer be reached");
        }
        if old.limits != new.limits {
            self.compatible("limits", "changed");
        }
        for setting in &old.settings {
            let at = format!("settings.{}", setting.name);
            match new.settings.iter().find(|known| known.name == setting.name) {
                None => self.breaking(at, "was removed; connections that have it are refused"),
                Some(new) => self.setting(&at, setting, new),
            }
        }
        for setting in &new.settings {
            if old.settings.iter().any(|known| known.name == setting.name) {
                continue;
            }
            let at = format!("settings.{}", setting.name);
            if is_needed(setting) {
                self.breaking(at, "is new, and every connection must give it");
            } else {
                self.compatible(at, "is new");
            }
        }
    }

    fn setting(&mut self, at: &str, old: &Setting, new: &Setting) {
        if old.kind != new.kind {
            self.breaking(at, format!("was {}, is {}", old.kind, new.kind));
        }
        if old.secret != new.secret {
            let what = if new.secret {
                "is secret now; connections that write it inline are refused"
            } else {
                "is no longer secret; connections that keep it as a secret are refused"
            };
            self.breaking(at, what);
        }
        match (is_needed(old), is_needed(new)) {
            (false, true) => self.breaking(at, "must be given now"),
            (true, false) => self.compatible(at, "no longer has to be given"),
            _ => {}
        }
        let defaults = [old, new].map(|setting| setting.default.clone());
        self.default(at, defaults, is_needed(old));
        self.choices(at, &old.choices, &new.choices, INPUT);
    }

    fn functions(&mut self, old: &IndexMap<String, Function>, new: &IndexMap<String, Function>) {
        for (name, function) in old {
            let at = format!("functions.{name}");
            match new.get(name) {
                None => self.breaking(at, "was removed"),
                Some(new) => self.function(&at, function, new),
            }
        }
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            self.compatible(format!("functions.{name}"), "is new");
        }
    }

    fn function(&mut self, at: &str, old: &Function, new: &Function) {
        if old.effect != new.effect {
            let word = |effect| match effect {
                Effect::Reads => "reads",
                Effect::Writes => "writes",
                Effect::WritesIdempotently => "writes-idempotently",
            };
            let what = format!("was `{}`, is `{}`", word(old.effect), word(new.effect));
            let at = format!("{at}.effect");
            match (old.effect, new.effect) {
                (Effect::Reads, _) => self.more(at, format!("{what}: it may change something")),
                (Effect::Writes, _) => {
                    self.more(at, format!("{what}: the host may repeat its requests"));
                }
                (Effect::WritesIdempotently, _) => self.compatible(at, what),
            }
        }
        for parameter in &old.parameters {
            let at = format!("{at}.parameters.{}", parameter.name);
            let found = new.parameters.iter().find(|new| new.name == parameter.name);
            match found {
                None => self.breaking(at, "was removed"),
                Some(new) => self.parameter(&at, parameter, new),
            }
        }
        for parameter in &new.parameters {
            if old.parameters.iter().any(|old| old.name == parameter.name) {
                continue;
            }
            let at = format!("{at}.parameters.{}", parameter.name);
            if parameter.required {
                self.breaking(at, "is new, and every call must give it");
            } else {
                self.compatible(at, "is new");
            }
        }
        self.answer(at, &old.answer, &new.answer);
        self.marks(at, old, new);
    }

    /// What a function says that it is good for. A scenario or a trigger may rely on it.
    fn marks(&mut self, at: &str, old: &Function, new: &Function) {
        for purpose in &old.purposes {
            if !new.serves(*purpose) {
                self.breaking(
                    format!("{at}.purposes.{}", purpose.word()),
                    "was removed; what relies on it is refused",
                );
            }
        }
        for purpose in &new.purposes {
            if !old.serves(*purpose) {
                self.compatible(format!("{at}.purposes.{}", purpose.word()), "is new");
            }
        }
        self.mark(
            &format!("{at}.subject"),
            old.subject.as_ref(),
            new.subject.as_ref(),
        );
        self.mark(
            &format!("{at}.listing"),
            old.listing.as_ref(),
            new.listing.as_ref(),
        );
        match (old.exclusive, new.exclusive) {
            (true, false) => self.compatible(
                format!("{at}.exclusive"),
                "was removed: calls no longer wait for each other",
            ),
            (false, true) => self.compatible(
                format!("{at}.exclusive"),
                "is new: calls for one subject wait for each other",
            ),
            (true, true) | (false, false) => {}
        }
    }

    fn mark<T: PartialEq>(&mut self, at: &str, old: Option<&T>, new: Option<&T>) {
        match (old, new) {
            (None, Some(_)) => self.compatible(at, "is new"),
            (Some(_), None) => self.breaking(at, "was removed; what relies on it is refused"),
            (Some(old), Some(new)) if old != new => {
                self.breaking(at, "names something else; what relies on it may be refused");
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn feeds(&mut self, old: &IndexMap<String, Feed>, new: &IndexMap<String, Feed>) {
        for (name, feed) in old {
            let at = format!("feeds.{name}");
            match new.get(name) {
                None => self.breaking(at, "was removed"),
                Some(new) => self.feed(&at, feed, new),
            }
        }
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            self.compatible(format!("feeds.{name}"), "is new");
        }
    }

    fn feed(&mut self, at: &str, old: &Feed, new: &Feed) {
        if (&old.function, &old.cursor) != (&new.function, &new.cursor) {
            self.breaking(at, "asks in another way; the stored cursor may not fit");
        }
        if old.changes != new.changes {
            self.breaking(
                format!("{at}.changes"),
                "has other parts; every known item may count as changed",
            );
        }
        if (&old.since, &old.more, &old.reread, old.every)
            != (&new.since, &new.more, &new.reread, new.every)
        {
            self.compatible(at, "is asked at other times");
        }
    }

    fn parameter(&mut self, at: &str, old: &Parameter, new: &Parameter) {
        self.slot(at, &of_parameter(old), &of_parameter(new));
        match (old.required, new.required) {
            (false, true) => self.breaking(at, "must be given now"),
            (true, false) => self.compatible(at, "no longer has to be given"),
            _ => {}
        }
        let defaults = [old, new].map(|parameter| {
            let json = parameter.default.as_ref().map(Value::to_plain_json);
            json.map(|json| {
                json.as_str()
                    .map_or_else(|| json.to_string(), str::to_owned)
            })
        });
        self.default(at, defaults, old.required);
        match (&old.choices, &new.choices) {
            (ChoicesSource::Fixed(old), ChoicesSource::Fixed(new)) => {
                self.choices(at, old, new, INPUT);
            }
            (ChoicesSource::Live, ChoicesSource::Live)
            | (ChoicesSource::None, ChoicesSource::None) => {}
            (ChoicesSource::Fixed(_), ChoicesSource::Live) => {
                self.compatible(at, "has live choices now");
            }
            (ChoicesSource::Live | ChoicesSource::None, _)
            | (ChoicesSource::Fixed(_), ChoicesSource::None) => {
                self.breaking(at, "gets its choices in another way");
            }
        }
    }

    /// Another default changes what happens where the value is left out.
    fn default(&mut self, at: &str, [old, new]: [Option<String>; 2], always_given: bool) {
        if old == new {
            return;
        }
        let words = |default: Option<String>| match default {
            Some(value) => format!("the default `{value}`"),
            None => "no default".to_owned(),
        };
        let what = format!("had {}, has {}", words(old), words(new));
        if always_given {
            self.compatible(at, what);
        } else {
            self.breaking(
                at,
                format!("{what}; where it is left out, another value is used"),
            );
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
            (Answer::Nothing | Answer::Value { .. } | Answer::Fields(_), _) => {
                let what = format!("was {}, is {}", form(old), form(new));
                self.breaking(format!("{at}.answer"), what);
            }
        }
    }

    fn fields(&mut self, at: &str, old: &[Field], new: &[Field]) {
        for field in old {
            let at = format!("{at}.fields.{}", field.path);
            let Some(new) = new.iter().find(|new| new.path == field.path) else {
                self.breaking(at, "was removed");
                continue;
            };
            self.slot(&at, &of_field(field), &of_field(new));
            match (field.optional, new.optional) {
                (false, true) => self.breaking(&at, "may be absent now"),
                (true, false) => self.compatible(&at, "is always there now"),
                _ => {}
            }
            self.choices(&at, &field.choices, &new.choices, OUTPUT);
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
            (true, false) => self.compatible(at, "is no longer personal data"),
            _ => {}
        }
    }

    fn choices(&mut self, at: &str, old: &[Choice], new: &[Choice], [removed, added]: [Weight; 2]) {
        let has = |all: &[Choice], value: &str| all.iter().any(|choice| choice.value == value);
        for choice in old.iter().filter(|choice| !has(new, &choice.value)) {
            let what = format!("no longer has the choice `{}`", choice.value);
            self.add(removed, at, what);
        }
        for choice in new.iter().filter(|choice| !has(old, &choice.value)) {
            let what = format!("has the new choice `{}`", choice.value);
            self.add(added, at, what);
        }
    }
}

/// Whether a connection must give a setting.
fn is_needed(setting: &Setting) -> bool {
    setting.required && setting.default.is_none()
}

/// The form of an answer.
fn form(answer: &Answer) -> &'static str {
    match answer {
        Answer::Nothing => "`true` alone",
        Answer::Value { .. } => "one value",
        Answer::Fields(_) => "fields",
    }
}

/// A signature, with everything that can differ.
fn signature(hmac: &Hmac) -> String {
    let Hmac {
        header,
        prefix,
        algorithm,
        encoding,
        setting,
        timestamp,
    } = hmac;
    let algorithm = match algorithm {
        HmacAlgorithm::Sha256 => "SHA-256",
        HmacAlgorithm::Sha512 => "SHA-512",
    };
    let encoding = match encoding {
        HmacEncoding::Hex => "hexadecimal digits",
        HmacEncoding::Base64 => "Base64",
    };
    let signed = match timestamp {
        None => "the body".to_owned(),
        Some(HmacTimestamp { header, separator }) => {
            format!("the time stamp in the header `{header}`, `{separator}` and the body")
        }
    };
    format!(
        "an HMAC ({algorithm}) by `{setting}` of {signed}, as {encoding} after `{prefix}` in the \
         header `{header}`"
    )
}

/// The authorisation of requests, with everything that can differ.
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
        Authorisation::Hmac(hmac) => signature(hmac),
        Authorisation::SecretPath { prefix, setting } => {
            format!("`{prefix}` and `{setting}` in the path, after the address")
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
            let life = expires_in.as_ref().map_or_else(
                || "for an unknown time".to_owned(),
                |pointer| format!("for the seconds at `{pointer}`"),
            );
            format!(
                "a login at `{path}` with `{username}` and `{password}` by {how}, its token at \
                 `{token}`, valid {life}, after `{prefix}` in the header `{header}`"
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
