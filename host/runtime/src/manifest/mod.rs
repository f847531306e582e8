//! From what a plugin says about itself to a manifest that everybody else can
//! rely on.
//!
//! Everything that is wrong is found in one go, each with its place. A manifest
//! that comes out of [`check`] keeps the promises of `wit/manifest.wit`: names
//! are names and stand once, every part has its parent, every choice has its
//! choices, defaults are of their kind, and the authorisation refers to settings
//! that exist.

mod authorisation;
mod choices;
mod settings;
mod slots;
mod texts;

use std::fmt;

use indexmap::IndexMap;
use krabice_scenario::manifest as model;
use krabice_scenario::{Kind, Manifest};

use crate::bindings::manifest as wit;
use crate::bindings::values;
use crate::convert::Sizes;

/// Something that is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestProblem {
    /// Where: `functions.verify-order.parameters.email.kind`.
    pub at: String,
    /// What is wrong there, and what would be right.
    pub message: String,
}

impl fmt::Display for ManifestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.at, self.message)
    }
}

/// Collects the problems of a manifest.
pub(crate) struct Problems {
    found: Vec<ManifestProblem>,
    sizes: Sizes,
}

impl Problems {
    fn add(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.found.push(ManifestProblem {
            at: at.into(),
            message: message.into(),
        });
    }

    /// Checks a name: what it may hold, and that it stands once.
    fn name(&mut self, at: &str, name: &str) {
        if !is_name(name) {
            self.add(at, NAME_RULE);
        }
    }

    /// Adds what stands more than once.
    fn unique<'a>(&mut self, at: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = std::collections::HashSet::new();
        let mut reported = std::collections::HashSet::new();
        for name in names {
            if !seen.insert(name) && reported.insert(name) {
                self.add(place(at, name), "stands more than once");
            }
        }
    }
}

const NAME_RULE: &str = "is no name: lower case ASCII letters, digits and hyphens, beginning with \
     a letter, at most 64 characters";

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A place below a place, for people: a name that is none is quoted.
fn place(at: &str, name: &str) -> String {
    if name.split('.').all(is_name) {
        format!("{at}.{name}")
    } else {
        format!("{at}.{:?}", name.chars().take(64).collect::<String>())
    }
}

/// Checks and converts what a plugin said.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn check(said: wit::Manifest, sizes: Sizes) -> Result<Manifest, Vec<ManifestProblem>> {
    let mut problems = Problems {
        found: Vec::new(),
        sizes,
    };
    let manifest = manifest(said, &mut problems);
    if problems.found.is_empty() {
        Ok(manifest)
    } else {
        Err(problems.found)
    }
}

/// Checks and converts live choices.
///
/// # Errors
/// The first thing that is wrong with them.
pub(crate) fn check_choices(
    said: Vec<wit::Choice>,
    sizes: Sizes,
) -> Result<Vec<model::Choice>, ManifestProblem> {
    let mut problems = Problems {
        found: Vec::new(),
        sizes,
    };
    let choices = choices::choices("choices", said, &mut problems);
    match problems.found.into_iter().next() {
        Some(problem) => Err(problem),
        None => Ok(choices),
    }
}

fn manifest(said: wit::Manifest, problems: &mut Problems) -> Manifest {
    problems.name("name", &said.name);
    if let Err(error) = semver::Version::parse(&said.version) {
        problems.add("version", format!("is no version by semver.org: {error}"));
    }
    let label = texts::label("label", said.label, problems);
    let help = texts::help("help", said.help, problems);
    let settings = settings::settings(said.settings, problems);
    settings::check_address(said.address.as_deref(), &settings, problems);
    settings::check_hosts(&said.hosts, problems);
    let authorisation = authorisation::authorisation(said.authorisation, &settings, problems);
    if authorisation != model::Authorisation::None && said.address.is_none() {
        problems.add(
            "authorisation",
            "needs an address: requests to other hosts carry no credential",
        );
    }
    authorisation::check_secrets_are_used(&authorisation, &settings, problems);
    let limits = model::Limits {
        requests_at_once: said.limits.requests_at_once,
        requests_per_minute: said.limits.requests_per_minute,
        bucket: said.limits.bucket.map(|said| model::Bucket {
            fill: said.fill,
            size: said.size,
            drain: said.drain,
        }),
    };
    if let Some(bucket) = &limits.bucket {
        for (at, name) in [
            ("fill", &bucket.fill),
            ("size", &bucket.size),
            ("drain", &bucket.drain),
        ] {
            if http::HeaderName::try_from(name.as_str()).is_err() {
                problems.add(format!("limits.bucket.{at}"), "is no name of a header");
            }
        }
    }
    if limits.requests_at_once == Some(0) {
        problems.add("limits.requests-at-once", "is 0; the least is 1");
    }
    if limits.requests_per_minute == Some(0) {
        problems.add("limits.requests-per-minute", "is 0; the least is 1");
    }
    if said.functions.is_empty() {
        problems.add("functions", "is empty; a plugin has at least one");
    }
    problems.unique(
        "functions",
        said.functions.iter().map(|function| function.name.as_str()),
    );
    let functions = said
        .functions
        .into_iter()
        .map(|function| function_of(function, problems))
        .map(|function| (function.name.clone(), function))
        .collect::<IndexMap<_, _>>();
    Manifest {
        name: said.name,
        version: said.version,
        label,
        help,
        settings,
        address: said.address,
        authorisation,
        hosts: said.hosts,
        limits,
        functions,
    }
}

fn function_of(said: wit::Function, problems: &mut Problems) -> model::Function {
    let at = place("functions", &said.name);
    problems.name(&at, &said.name);
    let label = texts::label(&format!("{at}.label"), said.label, problems);
    let help = texts::help(&format!("{at}.help"), said.help, problems);
    let parameters = slots::parameters(&format!("{at}.parameters"), said.parameters, problems);
    let answer = match said.answer {
        wit::Answer::Nothing => model::Answer::Nothing,
        wit::Answer::Value(value) => {
            let at = format!("{at}.value");
            let kind = kind(value.kind);
            if matches!(kind, Kind::List | Kind::Record) {
                problems.add(
                    format!("{at}.kind"),
                    format!("is {kind}; one value is neither list nor record, use fields"),
                );
            }
            model::Answer::Value {
                kind,
                label: texts::label(&format!("{at}.label"), value.label, problems),
                help: texts::help(&format!("{at}.help"), value.help, problems),
                personal: value.personal,
            }
        }
        wit::Answer::Fields(fields) => {
            let at = format!("{at}.fields");
            if fields.is_empty() {
                problems.add(&*at, "is empty; an answer without fields is `nothing`");
            }
            model::Answer::Fields(slots::fields(&at, fields, problems))
        }
    };
    let effect = match said.effect {
        wit::Effect::Reads => model::Effect::Reads,
        wit::Effect::Writes => model::Effect::Writes,
        wit::Effect::WritesIdempotently => model::Effect::WritesIdempotently,
    };
    model::Function {
        name: said.name,
        label,
        help,
        parameters,
        answer,
        effect,
    }
}

/// The contract's kind as ours.
pub(crate) fn kind(kind: values::Kind) -> Kind {
    match kind {
        values::Kind::Boolean => Kind::Boolean,
        values::Kind::Integer => Kind::Integer,
        values::Kind::Decimal => Kind::Decimal,
        values::Kind::Text => Kind::Text,
        values::Kind::Email => Kind::Email,
        values::Kind::Phone => Kind::Phone,
        values::Kind::Url => Kind::Url,
        values::Kind::Timestamp => Kind::Timestamp,
        values::Kind::Choice => Kind::Choice,
        values::Kind::List => Kind::List,
        values::Kind::Record => Kind::Record,
        values::Kind::File => Kind::File,
    }
}

#[cfg(test)]
mod tests;
