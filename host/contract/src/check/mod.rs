//! The check of manifests.
//!
//! A plugin may give any manifest, and everything else relies on it. So [`check_manifest`] reports
//! all problems at once, each with its path. A manifest without problems has the
//! properties that `wit/manifest.wit` requires: names are valid and unique, every part has
//! its parent, every choice its choices, defaults are of their kind, and the authorisation
//! refers to settings that exist.

mod authorisation;
mod choices;
mod feeds;
mod purposes;
mod settings;
mod slots;
mod texts;

use std::fmt;

use indexmap::IndexMap;

use crate::kind::Kind;
use crate::manifest::{self as model, Manifest};
use crate::name::is_name;
use crate::raw;
use crate::value::Sizes;

/// One problem of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestProblem {
    /// The path: `functions.verify-order.parameters.email.kind`.
    pub at: String,
    /// The fault, and what would be valid.
    pub message: String,
}

impl ManifestProblem {
    /// A problem at a path.
    #[must_use]
    pub fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            at: shortened(at.into()),
            message: shortened(message.into()),
        }
    }
}

impl fmt::Display for ManifestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.at, self.message)
    }
}

/// The most problems that are reported: more than an author fixes at once.
const PROBLEMS: usize = 100;

/// The longest path and the longest message of a problem, in characters. A manifest may have
/// names of megabytes.
const LENGTH: usize = 400;

/// The most parameters or fields of one function: comparing their paths takes the square of
/// it. The largest shipped function has 60.
const ROWS: usize = 1_000;

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LENGTH) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Collects the problems of a manifest.
pub(crate) struct Problems {
    found: Vec<ManifestProblem>,
    sizes: Sizes,
}

impl Problems {
    fn add(&mut self, at: impl Into<String>, message: impl Into<String>) {
        if self.found.len() < PROBLEMS {
            self.found.push(ManifestProblem::new(at, message));
        }
    }

    /// Checks that a name is valid.
    fn name(&mut self, at: &str, name: &str) {
        if !is_name(name) {
            self.add(at, NAME_RULE);
        }
    }

    /// Reports names that occur more than once.
    fn unique<'a>(&mut self, at: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = std::collections::HashSet::new();
        let mut reported = std::collections::HashSet::new();
        for name in names {
            if !seen.insert(name) && reported.insert(name) {
                self.add(path(at, name), "occurs more than once");
            }
        }
    }
}

const NAME_RULE: &str = "is not a valid name: expected lower case ASCII letters, digits and hyphens, \
     beginning with a letter, at most 64 characters";

/// The path of a name below a path, for messages. An invalid name is quoted.
fn path(at: &str, name: &str) -> String {
    if name.split('.').all(is_name) {
        format!("{at}.{name}")
    } else {
        format!("{at}.{:?}", name.chars().take(64).collect::<String>())
    }
}

/// Checks and converts a manifest.
///
/// # Errors
/// All problems of the manifest.
pub fn check_manifest(
    given: raw::Manifest,
    sizes: Sizes,
) -> Result<Manifest, Vec<ManifestProblem>> {
    checked(sizes, |problems| manifest(given, problems))
}

/// Checks and converts one function of a manifest.
///
/// # Errors
/// All problems of the function.
pub fn check_function(
    given: raw::Function,
    sizes: Sizes,
) -> Result<model::Function, Vec<ManifestProblem>> {
    checked(sizes, |problems| function(given, problems))
}

/// Checks and converts live choices.
///
/// # Errors
/// All problems of the choices.
pub fn check_choices(
    given: Vec<raw::Choice>,
    sizes: Sizes,
) -> Result<Vec<model::Choice>, Vec<ManifestProblem>> {
    checked(sizes, |problems| {
        choices::choices("choices", given, problems)
    })
}

fn checked<T>(
    sizes: Sizes,
    check: impl FnOnce(&mut Problems) -> T,
) -> Result<T, Vec<ManifestProblem>> {
    let mut problems = Problems {
        found: Vec::new(),
        sizes,
    };
    let checked = check(&mut problems);
    if problems.found.is_empty() {
        Ok(checked)
    } else {
        Err(problems.found)
    }
}

fn manifest(given: raw::Manifest, problems: &mut Problems) -> Manifest {
    problems.name("name", &given.name);
    if let Err(error) = semver::Version::parse(&given.version) {
        problems.add(
            "version",
            format!("is not a version as of semver.org: {error}"),
        );
    }
    let label = texts::label("label", given.label, problems);
    let help = texts::help("help", given.help, problems);
    let settings = settings::settings(given.settings, problems);
    settings::check_address(given.address.as_deref(), &settings, problems);
    settings::check_hosts(&given.hosts, problems);
    let authorisation = given.authorisation;
    authorisation::check(&authorisation, &settings, problems);
    if authorisation != model::Authorisation::None && given.address.is_none() {
        problems.add(
            "authorisation",
            "needs an address: requests to other hosts carry no credential",
        );
    }
    authorisation::check_secrets_are_used(&authorisation, &settings, problems);
    let limits = given.limits;
    if let Some(bucket) = &limits.bucket {
        for (at, name) in [
            ("fill", &bucket.fill),
            ("size", &bucket.size),
            ("drain", &bucket.drain),
        ] {
            if http::HeaderName::try_from(name.as_str()).is_err() {
                problems.add(format!("limits.bucket.{at}"), "is not a valid header name");
            }
        }
    }
    if limits.requests_at_once == Some(0) {
        problems.add("limits.requests-at-once", "is 0; the least is 1");
    }
    if limits.requests_per_minute == Some(0) {
        problems.add("limits.requests-per-minute", "is 0; the least is 1");
    }
    if given.functions.is_empty() {
        problems.add("functions", "is empty; a plugin has at least one function");
    }
    problems.unique(
        "functions",
        given
            .functions
            .iter()
            .map(|function| function.name.as_str()),
    );
    let functions = given
        .functions
        .into_iter()
        .map(|given| function(given, problems))
        .map(|function| (function.name.clone(), function))
        .collect::<IndexMap<_, _>>();
    let feeds = feeds::feeds(given.feeds, &functions, problems);
    Manifest {
        name: given.name,
        version: given.version,
        label,
        help,
        settings,
        address: given.address,
        authorisation,
        hosts: given.hosts,
        limits,
        functions,
        feeds,
    }
}

fn function(given: raw::Function, problems: &mut Problems) -> model::Function {
    let at = path("functions", &given.name);
    problems.name(&at, &given.name);
    let label = texts::label(&format!("{at}.label"), given.label, problems);
    let help = texts::help(&format!("{at}.help"), given.help, problems);
    let parameters = slots::parameters(&format!("{at}.parameters"), given.parameters, problems);
    let answer = match given.answer {
        raw::Answer::Nothing => model::Answer::Nothing,
        raw::Answer::Value(value) => {
            let at = format!("{at}.value");
            let kind = value.kind;
            if matches!(kind, Kind::List | Kind::Record) {
                problems.add(
                    format!("{at}.kind"),
                    format!(
                        "is {kind}; use fields, because one value is neither a list nor a record"
                    ),
                );
            }
            model::Answer::Value {
                kind,
                label: texts::label(&format!("{at}.label"), value.label, problems),
                help: texts::help(&format!("{at}.help"), value.help, problems),
                personal: value.personal,
            }
        }
        raw::Answer::Fields(fields) => {
            let at = format!("{at}.fields");
            if fields.is_empty() {
                problems.add(
                    &*at,
                    "is empty; write `nothing` for an answer without fields",
                );
            }
            model::Answer::Fields(slots::fields(&at, fields, problems))
        }
    };
    let function = model::Function {
        name: given.name,
        label,
        help,
        parameters,
        answer,
        effect: given.effect,
        purposes: given.purposes,
        subject: given.subject,
        listing: given.listing,
        exclusive: given.exclusive,
    };
    purposes::check(&at, &function, problems);
    function
}

#[cfg(test)]
mod tests;
