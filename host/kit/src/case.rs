//! Cases: tests of a plugin that are data.
//!
//! A case is a folder:
//!
//! | file | what it holds |
//! |---|---|
//! | `case.json` | what is called, with which parameters: [`Case`] |
//! | `exchanges.json` | the requests that the plugin has to make, in order, and their answers: [`Exchange`]; may be missing |
//! | `outcome.json` | the outcome that it has to come to |
//!
//! Playing is strict: another request, one more, one less, another order or another
//! body is a difference, and so is another outcome.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_egress::Outlet;
use krabice_runtime::{CallInput, Context, Plugin, Runtime};
use krabice_scenario::manifest::{Choice, Function};
use krabice_scenario::{Failure, Outcome, Value};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::difference;
use crate::exchange::{Address, Exchange};
pub use crate::record::{ElsewhereError, Recorder};
use crate::replay::Replay;
use crate::stage::{self, Patience, Stage, StageError};

const CASE: &str = "case.json";
const EXCHANGES: &str = "exchanges.json";
const OUTCOME: &str = "outcome.json";

/// What `case.json` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// What the case shows, in one sentence.
    pub about: String,
    /// The function; none where `probe` is true.
    #[serde(default)]
    pub function: Option<String>,
    /// The parameter of the function whose live choices are asked for, instead of
    /// running the function.
    #[serde(default)]
    pub choices_of: Option<String>,
    /// Whether the connection is tested instead.
    #[serde(default)]
    pub probe: bool,
    /// The parameters: texts as they are written on a command line, or JSON.
    #[serde(default)]
    pub parameters: IndexMap<String, Box<RawValue>>,
    /// Settings of the connection, besides its address and its secrets.
    #[serde(default)]
    pub settings: IndexMap<String, String>,
    /// The language of the session. Default: `en`.
    #[serde(default)]
    pub language: Option<String>,
    /// The time zone, by its IANA name. Default: `UTC`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The moment of the call. Default: 2026-03-14T09:26:53Z.
    #[serde(default)]
    pub now: Option<Timestamp>,
}

/// What came of playing a case.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Played {
    /// The folder.
    pub case: PathBuf,
    /// What the case shows.
    pub about: String,
    /// Everything in which it differs from what was recorded; empty: it passes.
    pub differences: Vec<Difference>,
    /// The outcome that it came to, as `outcome.json` holds it.
    pub outcome: Json,
    /// How long it took.
    pub milliseconds: f64,
}

impl Played {
    /// Whether it made the requests that are recorded.
    #[must_use]
    pub fn asked_as_recorded(&self) -> bool {
        let request = |difference: &Difference| matches!(difference, Difference::Request(_));
        !self.differences.iter().any(request)
    }

    /// The class of the failure that it came to.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.outcome.get("class").and_then(Json::as_str)
    }
}

/// In what a case differs from what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// In a request.
    Request(String),
    /// In the outcome.
    Outcome(String),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Difference::Request(text) => f.write_str(text),
            Difference::Outcome(text) => write!(f, "the outcome, {text}"),
        }
    }
}

/// A case that cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// A file or folder cannot be read or written.
    #[error("`{}` cannot be read or written", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("`{}` does not fit", path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The case asks for what the plugin does not have.
    #[error("`{}`: {what}", path.display())]
    Content {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The connection of the case cannot be made up.
    #[error("`{}`: its settings do not fit: {source}", path.display())]
    Settings {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: StageError,
    },
    /// What was asked cannot be played again.
    #[error(transparent)]
    Elsewhere(#[from] ElsewhereError),
    /// A recording holds a credential.
    #[error("`{}` would hold a credential, so it was not written", .0.display())]
    Credential(PathBuf),
    /// There is no back end.
    #[error("no back end can be started on loopback")]
    Loopback(#[source] std::io::Error),
}

/// The cases of a folder: itself where it is one, else its subfolders that are, in
/// the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let failed = |source| CaseError::File {
        path: folder.to_owned(),
        source,
    };
    if folder.join(CASE).is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.join(CASE).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Plays a case: a back end on loopback answers as it is recorded.
///
/// # Errors
/// The case cannot be played; in what it differs is in the result.
pub async fn play(
    runtime: &Runtime,
    plugin: &Arc<Plugin>,
    folder: &Path,
) -> Result<Played, CaseError> {
    let case = read(folder)?;
    let exchanges = match folder.join(EXCHANGES) {
        path if path.is_file() => form::<Vec<Exchange>>(&path)?,
        _ => Vec::new(),
    };
    let expected = match folder.join(OUTCOME) {
        path if path.is_file() => Some(form::<Json>(&path)?),
        _ => None,
    };
    let replay = Replay::start(plugin.manifest(), exchanges)
        .await
        .map_err(CaseError::Loopback)?;
    let settings = |source| CaseError::Settings {
        path: folder.to_owned(),
        source,
    };
    let outlet = Stage::new(plugin.manifest(), &case.settings)
        .outlet(replay.address, Patience::Full)
        .map_err(settings)?;
    let started = Instant::now();
    let outcome = ask(runtime, plugin, folder, &case, outlet.as_ref()).await?;
    let milliseconds = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    let outcome = replaced(&outcome, |text| replay.without_address(text));
    let in_outcome = match &expected {
        Some(expected) => difference::json(expected, &outcome),
        None => vec![format!("there is no `{OUTCOME}`")],
    };
    let in_requests = replay.finish().into_iter().map(Difference::Request);
    let differences = in_requests
        .chain(in_outcome.into_iter().map(Difference::Outcome))
        .collect();
    Ok(Played {
        case: folder.to_owned(),
        about: case.about,
        differences,
        outcome,
        milliseconds,
    })
}

/// Writes the outcome that a case came to as the one that it has to come to, unless it
/// made other requests than the recorded ones: what it came to by those proves nothing.
///
/// # Errors
/// The file cannot be written.
pub fn accept(played: &mut Played) -> Result<(), CaseError> {
    if played.asked_as_recorded() {
        write(&played.case.join(OUTCOME), &pretty(&played.outcome))?;
        played.differences.clear();
    }
    Ok(())
}

/// Calls what a case asks for through a live connection, and writes what was asked
/// and answered as its exchanges and its outcome. `recorder` is the one that was
/// given to the network of `outlet`. `masks` finds the credentials of all
/// connections.
///
/// Only credentials are left out. What else a back end tells is written down as it
/// is told: record from a test account.
///
/// # Errors
/// The case cannot be recorded; nothing is written then.
pub async fn record(
    runtime: &Runtime,
    plugin: &Arc<Plugin>,
    folder: &Path,
    outlet: Option<&Arc<Outlet>>,
    recorder: &Recorder,
    masks: &krabice_egress::SecretMask,
) -> Result<Played, CaseError> {
    let case = read(folder)?;
    let address = outlet
        .and_then(|outlet| {
            let setting = plugin.manifest().address.as_ref()?;
            match outlet.public_settings().get(setting)? {
                Value::Text(address) => Some(address.clone()),
                _ => None,
            }
        })
        .unwrap_or_default();
    let address = Address::new(&address);
    let started = Instant::now();
    let outcome = ask(runtime, plugin, folder, &case, outlet).await;
    // Taken also where the case is at fault: the next one must not find them.
    let exchanges = recorder.take(&address);
    let outcome = outcome?;
    let milliseconds = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    let exchanges = exchanges?;
    let outcome = replaced(&outcome, |text| address.hidden_in(text));
    let mut files = vec![(folder.join(OUTCOME), pretty(&outcome))];
    if !exchanges.is_empty() {
        files.push((folder.join(EXCHANGES), pretty(&exchanges)));
    }
    for (path, text) in &files {
        if masks.mask(text.as_bytes()).as_ref() != text.as_bytes() {
            return Err(CaseError::Credential(path.clone()));
        }
    }
    for (path, text) in &files {
        write(path, text)?;
    }
    if exchanges.is_empty() {
        remove(&folder.join(EXCHANGES))?;
    }
    Ok(Played {
        case: folder.to_owned(),
        about: case.about,
        differences: Vec::new(),
        outcome,
        milliseconds,
    })
}

fn read(folder: &Path) -> Result<Case, CaseError> {
    form(&folder.join(CASE))
}

fn form<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, CaseError> {
    let text = std::fs::read_to_string(path).map_err(|source| CaseError::File {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|source| CaseError::Form {
        path: path.to_owned(),
        source,
    })
}

fn write(path: &Path, text: &str) -> Result<(), CaseError> {
    std::fs::write(path, text).map_err(|source| CaseError::File {
        path: path.to_owned(),
        source,
    })
}

/// Removes a file, where there is one.
fn remove(path: &Path) -> Result<(), CaseError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CaseError::File {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// A document as it stands in a file.
fn pretty(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Asks the plugin what the case says; the answer is as `outcome.json` holds it.
async fn ask(
    runtime: &Runtime,
    plugin: &Arc<Plugin>,
    folder: &Path,
    case: &Case,
    outlet: Option<&Arc<Outlet>>,
) -> Result<Json, CaseError> {
    let wrong = |what: String| CaseError::Content {
        path: folder.to_owned(),
        what,
    };
    let context = context(case).map_err(wrong)?;
    if case.probe {
        let report = runtime.probe(plugin, outlet, &context).await;
        return Ok(match report.result {
            Ok(said) => json!({ "said": said }),
            Err(failure) => failed(&failure),
        });
    }
    let functions = &plugin.manifest().functions;
    let name = case
        .function
        .as_deref()
        .ok_or_else(|| wrong("neither `function` nor `probe` is given".to_owned()))?;
    let function = functions
        .get(name)
        .ok_or_else(|| wrong(format!("`{}` has no function `{name}`", plugin.name())))?;
    if let Some(parameter) = &case.choices_of {
        let report = runtime
            .choices(plugin, name, parameter, outlet, &context)
            .await;
        return Ok(match report.result {
            Ok(choices) => json!({ "choices": choices.iter().map(choice).collect::<Vec<_>>() }),
            Err(failure) => failed(&failure),
        });
    }
    let input = CallInput {
        parameters: parameters(function, &case.parameters).map_err(wrong)?,
        hidden: Vec::new(),
        context,
        key: "case".to_owned(),
    };
    let report = runtime.call(plugin, name, outlet, input).await;
    Ok(match report.result {
        Ok(Outcome::False) => json!({ "outcome": "false" }),
        Ok(Outcome::True) => json!({ "outcome": "true" }),
        Ok(Outcome::TrueWithValue(value)) => json!({ "outcome": "true", "value": plain(&value) }),
        Ok(Outcome::TrueWithFields(fields)) => {
            let fields: serde_json::Map<_, _> = fields
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect();
            json!({ "outcome": "true", "fields": fields })
        }
        Err(failure) => failed(&failure),
    })
}

fn context(case: &Case) -> Result<Context, String> {
    let mut context = stage::context();
    if let Some(language) = &case.language {
        context.language = language.to_lowercase();
    }
    if let Some(zone) = &case.time_zone {
        context.time_zone =
            TimeZone::get(zone).map_err(|_| format!("there is no time zone `{zone}`"))?;
    }
    if let Some(now) = case.now {
        context.now = now;
    }
    Ok(context)
}

/// The parameters by their kinds, numbers with their digits. What the function does
/// not have goes on as a text, for the host to refuse.
fn parameters(
    function: &Function,
    given: &IndexMap<String, Box<RawValue>>,
) -> Result<IndexMap<String, Value>, String> {
    given
        .iter()
        .map(|(name, json)| {
            let text = serde_json::from_str::<String>(json.get());
            let text = text.unwrap_or_else(|_| json.get().to_owned());
            let known = function.parameters.iter().find(|known| known.name == *name);
            let value = match known {
                Some(known) => Value::parse(known.kind, &text)
                    .map_err(|error| format!("the parameter `{name}` is {error}"))?,
                None => text.into(),
            };
            Ok((name.clone(), value))
        })
        .collect()
}

/// A value as JSON; of a file also what it holds, as a digest.
fn plain(value: &Value) -> Json {
    let mut json = value.to_plain_json();
    if let (Value::File(file), Json::Object(members)) = (value, &mut json) {
        let digest: String = Sha256::digest(&file.content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        members.insert("sha256".to_owned(), digest.into());
    }
    json
}

fn choice(choice: &Choice) -> Json {
    json!({ "value": choice.value, "label": choice.label })
}

/// A failure without its words, which are for an operator and may change.
fn failed(failure: &Failure) -> Json {
    let mut json = json!({ "outcome": "failure", "class": failure.class });
    if let Some(parameter) = &failure.parameter {
        json["parameter"] = parameter.as_str().into();
    }
    if let Some(wait) = failure.retry_after {
        json["retry-after-seconds"] = wait.as_secs().into();
    }
    json
}

/// The document with all its texts changed.
fn replaced(document: &Json, change: impl Fn(&str) -> String + Copy) -> Json {
    match document {
        Json::String(text) => change(text).into(),
        Json::Array(items) => items.iter().map(|item| replaced(item, change)).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), replaced(value, change)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn function(parameters: &[(&str, &str)]) -> Function {
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, kind)| {
                json!({
                    "name": name, "kind": kind, "items": null, "label": {}, "help": {},
                    "required": true, "default": null, "choices": "none", "personal": false,
                })
            })
            .collect();
        serde_json::from_value(json!({
            "name": "write", "label": {}, "help": {}, "effect": "writes",
            "parameters": parameters, "answer": "nothing",
        }))
        .unwrap()
    }

    #[test]
    fn a_parameter_keeps_the_digits_that_stand_in_the_file() {
        let case: Case = serde_json::from_str(
            r#"{ "about": "x", "parameters": {
                "total": 1230.50, "long": 0.1234567890123456789012345678, "text": "12\u00b0",
                "items": [ { "price": 9.90 } ], "order": 12.0
            } }"#,
        )
        .unwrap();
        let function = function(&[
            ("total", "decimal"),
            ("long", "decimal"),
            ("text", "text"),
            ("items", "list"),
            ("order", "text"),
        ]);
        let all = parameters(&function, &case.parameters).unwrap();
        let digits = |value: &Value| match value {
            Value::Decimal(number) => number.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(digits(&all["total"]), "1230.50");
        assert_eq!(digits(&all["long"]), "0.1234567890123456789012345678");
        assert_eq!(all["text"], "12°".into());
        assert_eq!(all["order"], "12.0".into());
        let Value::List(items) = &all["items"] else {
            panic!("{:?}", all["items"]);
        };
        let Value::Record(item) = &items[0] else {
            panic!("{items:?}");
        };
        assert_eq!(digits(&item["price"]), "9.90");
        assert_eq!(item["price"], Value::Decimal(Decimal::new(990, 2)));
    }

    #[test]
    fn an_outcome_is_accepted_only_where_the_requests_are_the_recorded_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(OUTCOME);
        let other = Difference::Request("request 1 is missing".to_owned());
        let outcome = Difference::Outcome("/outcome: expected something else".to_owned());
        let mut played = Played {
            case: folder.path().to_owned(),
            about: String::new(),
            differences: vec![other.clone(), outcome.clone()],
            outcome: json!({ "outcome": "false" }),
            milliseconds: 0.0,
        };
        accept(&mut played).unwrap();
        assert!(!file.exists());
        assert_eq!(played.differences, [other, outcome.clone()]);
        played.differences = vec![outcome];
        accept(&mut played).unwrap();
        assert!(played.differences.is_empty());
        assert_eq!(form::<Json>(&file).unwrap(), played.outcome);
    }

    #[test]
    fn a_file_that_is_not_there_is_removed_already() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(EXCHANGES);
        std::fs::write(&file, "[]").unwrap();
        remove(&file).unwrap();
        remove(&file).unwrap();
        assert!(!file.exists());
        assert!(remove(folder.path()).is_err());
    }
}
