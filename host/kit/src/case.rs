//! Cases: tests of a plugin that are data.
//!
//! A case is a folder:
//!
//! | file | content |
//! |---|---|
//! | `case.json` | the function and its parameters: [`Case`] |
//! | `exchanges.json` | the requests that the plugin must make, in order, and their answers; may be missing |
//! | `outcome.json` | the expected outcome |
//!
//! Playing is strict: another request, one more, one less, another order or another body is a
//! difference, and so is another outcome.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::manifest::{Choice, Function};
use krabice_contract::{Failure, Outcome, Value};
use krabice_egress::Outlet;
use krabice_runtime::{CallInput, Context, Plugin, Runtime};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use crate::difference;
use crate::exchange::{Address, RecordedExchange};
use crate::milliseconds;
pub use crate::record::{OtherHostError, Recorder};
use crate::replay::Replay;
use crate::test_connection::{self, TestConnection, TestConnectionError, TimeoutProfile};

const CASE: &str = "case.json";
const EXCHANGES: &str = "exchanges.json";
const OUTCOME: &str = "outcome.json";

/// The content of `case.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// What the case shows, in one sentence.
    pub about: String,
    /// The function; None when `probe` is true.
    #[serde(default)]
    pub function: Option<String>,
    /// A parameter of the function: its live choices are asked for, and the function is not run.
    #[serde(default)]
    pub choices_of: Option<String>,
    /// Whether the connection is tested, and no function is run.
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

/// The result of playing or recording a case.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CaseReport {
    /// The folder.
    pub case: PathBuf,
    /// What the case shows.
    pub about: String,
    /// All differences from the recording; a case without differences passes.
    pub differences: Vec<Difference>,
    /// The outcome, as `outcome.json` holds it.
    pub outcome: Json,
    /// The time that the call took.
    pub milliseconds: f64,
}

impl CaseReport {
    /// The class of the failure; None for another outcome.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.outcome.get("class").and_then(Json::as_str)
    }
}

/// A difference of a case from its recording.
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
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not JSON of its form.
    #[error("`{}` is not valid", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The case is not valid, or not for this plugin.
    #[error("`{}`: {what}", path.display())]
    Content {
        /// The folder or the file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The settings of the case do not make a connection of the plugin.
    #[error("`{}`: the settings do not make a connection of the plugin", path.display())]
    Settings {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: TestConnectionError,
    },
    /// A request cannot be played again.
    #[error(transparent)]
    OtherHost(#[from] OtherHostError),
    /// The recording would hold a credential.
    #[error("`{}` was not written, because it would hold a credential", .0.display())]
    Credential(PathBuf),
    /// The back end of the case cannot start.
    #[error("a back end cannot be started on 127.0.0.1")]
    Loopback(#[source] std::io::Error),
}

/// The cases of a folder: the folder itself if it is a case, else the subfolders that are cases, in
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

/// Plays a case against a back end on loopback that answers as recorded.
///
/// # Errors
/// The case cannot be played. Differences are in the result.
pub async fn play(
    runtime: &Runtime,
    plugin: &Arc<Plugin>,
    folder: &Path,
) -> Result<CaseReport, CaseError> {
    let case = read(folder)?;
    let exchanges = recorded_exchanges(&folder.join(EXCHANGES))?;
    let outcome_file = folder.join(OUTCOME);
    let expected = outcome_file
        .is_file()
        .then(|| read_json::<Json>(&outcome_file))
        .transpose()?;
    let replay = Replay::start(plugin.manifest(), exchanges)
        .await
        .map_err(CaseError::Loopback)?;
    let settings = |source| CaseError::Settings {
        path: folder.to_owned(),
        source,
    };
    let outlet = TestConnection::new(plugin.manifest(), &case.settings)
        .outlet(replay.address, TimeoutProfile::Standard)
        .map_err(settings)?;
    let started = Instant::now();
    let outcome = ask(runtime, plugin, folder, &case, outlet.as_ref()).await?;
    let milliseconds = milliseconds(started.elapsed());
    let outcome = change_texts(&outcome, |text| replay.without_address(text));
    let in_outcome = match &expected {
        Some(expected) => difference::json(expected, &outcome),
        None => vec![format!("there is no `{OUTCOME}`")],
    };
    let in_requests = replay.finish().into_iter().map(Difference::Request);
    let differences = in_requests
        .chain(in_outcome.into_iter().map(Difference::Outcome))
        .collect();
    Ok(CaseReport {
        case: folder.to_owned(),
        about: case.about,
        differences,
        outcome,
        milliseconds,
    })
}

/// Writes the outcome of a case as the expected one, unless a request differs from the recording:
/// the outcome of other requests proves nothing.
///
/// # Errors
/// The file cannot be written.
pub fn accept(report: &mut CaseReport) -> Result<(), CaseError> {
    let in_request = |difference: &Difference| matches!(difference, Difference::Request(_));
    if !report.differences.iter().any(in_request) {
        write(&report.case.join(OUTCOME), &pretty(&report.outcome))?;
        report.differences.clear();
    }
    Ok(())
}

/// Makes the call of a case through a live connection, and writes the exchanges and the outcome of
/// the case. `recorder` is the observer of the network of `outlet`. `masks` finds the credentials of
/// all connections.
///
/// Only credentials are left out. Everything else that the back end answers is written as it is:
/// record from a test account.
///
/// # Errors
/// The case cannot be recorded. Nothing is written then.
pub async fn record(
    runtime: &Runtime,
    plugin: &Arc<Plugin>,
    folder: &Path,
    outlet: Option<&Arc<Outlet>>,
    recorder: &Recorder,
    masks: &krabice_egress::SecretMask,
) -> Result<CaseReport, CaseError> {
    let case = read(folder)?;
    let address = outlet.and_then(|outlet| {
        let setting = plugin.manifest().address.as_ref()?;
        match outlet.public_settings().get(setting) {
            Some(Value::Text(address)) => Some(address.as_str()),
            Some(_) | None => None,
        }
    });
    let address = Address::new(address.unwrap_or_default());
    let started = Instant::now();
    let outcome = ask(runtime, plugin, folder, &case, outlet).await;
    let milliseconds = milliseconds(started.elapsed());
    // Taken also when the call was not possible: the next case must not find them.
    let exchanges = recorder.take(&address);
    let (outcome, exchanges) = (outcome?, exchanges?);
    let outcome = change_texts(&outcome, |text| address.hidden_in(text));
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
    Ok(CaseReport {
        case: folder.to_owned(),
        about: case.about,
        differences: Vec::new(),
        outcome,
        milliseconds,
    })
}

fn read(folder: &Path) -> Result<Case, CaseError> {
    read_json(&folder.join(CASE))
}

/// The exchanges of a file; none without a file.
fn recorded_exchanges(path: &Path) -> Result<Vec<RecordedExchange>, CaseError> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let exchanges: Vec<RecordedExchange> = read_json(path)?;
    for (index, exchange) in exchanges.iter().enumerate() {
        exchange
            .response
            .check()
            .map_err(|what| CaseError::Content {
                path: path.to_owned(),
                what: format!("in the answer to request {}, {what}", index + 1),
            })?;
    }
    Ok(exchanges)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, CaseError> {
    let text = std::fs::read_to_string(path).map_err(|source| CaseError::File {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|source| CaseError::Json {
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

/// Removes a file, if there is one.
fn remove(path: &Path) -> Result<(), CaseError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CaseError::File {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// The text of a document in a file.
fn pretty(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("`Body::of` takes no JSON that is nested too deep, and all keys are texts");
    text.push('\n');
    text
}

/// Makes the call of a case; returns its outcome as `outcome.json` holds it.
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
            Err(failure) => failure_json(&failure),
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
            Err(failure) => failure_json(&failure),
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
        Ok(Outcome::TrueWithValue(value)) => {
            json!({ "outcome": "true", "value": value_json(&value) })
        }
        Ok(Outcome::TrueWithFields(fields)) => {
            let fields: serde_json::Map<_, _> = fields
                .iter()
                .map(|(name, value)| (name.clone(), value_json(value)))
                .collect();
            json!({ "outcome": "true", "fields": fields })
        }
        Err(failure) => failure_json(&failure),
    })
}

fn context(case: &Case) -> Result<Context, String> {
    let mut context = test_connection::context();
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

/// The parameters by their kinds, numbers with their digits. A parameter that the function does not
/// have becomes a text, and the host refuses it.
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

/// A value as JSON; a file with the digest of its content.
fn value_json(value: &Value) -> Json {
    let mut json = value.to_plain_json();
    if let (Value::File(file), Json::Object(members)) = (value, &mut json) {
        members.insert("sha256".to_owned(), crate::sha256(&file.content).into());
    }
    json
}

fn choice(choice: &Choice) -> Json {
    json!({ "value": choice.value, "label": choice.label })
}

/// A failure as JSON, without its detail, which is for operators and may change.
fn failure_json(failure: &Failure) -> Json {
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
fn change_texts(document: &Json, change: impl Fn(&str) -> String + Copy) -> Json {
    match document {
        Json::String(text) => change(text).into(),
        Json::Array(items) => items
            .iter()
            .map(|item| change_texts(item, change))
            .collect(),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), change_texts(value, change)))
            .collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) => document.clone(),
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
        let digits = |value: &Value| {
            let Value::Decimal(number) = value else {
                panic!("{value:?}");
            };
            number.to_string()
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
        let mut report = CaseReport {
            case: folder.path().to_owned(),
            about: String::new(),
            differences: vec![other.clone(), outcome.clone()],
            outcome: json!({ "outcome": "false" }),
            milliseconds: 0.0,
        };
        accept(&mut report).unwrap();
        assert!(!file.exists());
        assert_eq!(report.differences, [other, outcome.clone()]);
        report.differences = vec![outcome];
        accept(&mut report).unwrap();
        assert!(report.differences.is_empty());
        assert_eq!(read_json::<Json>(&file).unwrap(), report.outcome);
    }

    #[test]
    fn removing_a_missing_file_is_not_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(EXCHANGES);
        std::fs::write(&file, "[]").unwrap();
        remove(&file).unwrap();
        remove(&file).unwrap();
        assert!(!file.exists());
        assert!(remove(folder.path()).is_err());
    }
}
