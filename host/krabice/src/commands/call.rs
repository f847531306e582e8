//! `krabice call`

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use krabice_contract::manifest::Function;
use krabice_contract::name::nearest;
use krabice_contract::{Outcome, Value};
use krabice_runtime::{CallInput, CallReport, Plugin};
use serde::Serialize;

use crate::cli::{Assignment, CallArguments};
use crate::error::{CliError, Verdict};
use crate::host::{self, Host};
use crate::output::{self, FailureOutput, RequestOutput};
use crate::output_folder::OutputFolder;
use crate::redact::Redactor;
use crate::watch::Watch;
use crate::{paths, terminal};

/// The JSON that `--json` writes.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct CallOutput {
    function: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    outcome: OutcomeWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<serde_json::Value>,
    /// The paths of the saved files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureOutput>,
    requests: Vec<RequestOutput>,
    milliseconds: f64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum OutcomeWord {
    True,
    False,
    Failure,
}

pub(crate) async fn call(
    arguments: &CallArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    if !arguments.watch {
        return call_once(arguments, redactor).await;
    }
    let mut watch = Watch::new(paths::plugin_folders(&arguments.common.plugins));
    loop {
        terminal::clear();
        // An error does not end the loop: the next version of the component may mend it.
        if let Err(error) = call_once(arguments, redactor).await {
            error.report();
        }
        terminal::note("waiting for a component to change; Ctrl-C ends it");
        watch.changed().await;
    }
}

async fn call_once(arguments: &CallArguments, redactor: &Redactor) -> Result<Verdict, CliError> {
    let options = &arguments.common;
    let context = host::context(options)?;
    let host = Host::with_connections(&options.plugins, &options.connections, redactor).await?;
    let (plugin, function) = host.function(&arguments.function)?;
    let parameters = parameters(plugin, function, &arguments.params)?;
    let outlet = host.outlet(plugin.manifest(), arguments.connection.as_deref())?;
    let input = CallInput {
        parameters,
        // Who typed the values may see them; those that the manifest calls personal are
        // masked in the log and in the paths of requests.
        hidden: Vec::new(),
        context,
        key: crate::key::fresh()?,
    };
    let report = host
        .runtime
        .call(plugin, &function.name, outlet.as_ref(), input)
        .await;
    let connection = outlet.and_then(|outlet| outlet.connection().map(str::to_owned));
    let files = match &arguments.files {
        Some(folder) => save_files(&OutputFolder::new(folder), &report)?,
        None => Vec::new(),
    };
    let output = call_output(arguments.function.to_string(), connection, files, report);
    let mut out = anstream::stdout().lock();
    if options.json {
        output::write_json(&mut out, &output)?;
    } else {
        write_for_people(&mut out, &output)?;
    }
    Ok(if output.outcome == OutcomeWord::True {
        Verdict::Fine
    } else {
        Verdict::No
    })
}

/// The parameters, each read as the kind that the manifest gives it.
fn parameters(
    plugin: &Arc<Plugin>,
    function: &Function,
    given: &[Assignment],
) -> Result<IndexMap<String, Value>, CliError> {
    let name = format!("{}/{}", plugin.name(), function.name);
    // Nested parameters are given as a part of their list or record.
    let top_level = || {
        function
            .parameters
            .iter()
            .filter(|parameter| !parameter.name.contains('.'))
    };
    let mut parameters = IndexMap::new();
    for Assignment { name: given, value } in given {
        let parameter = top_level()
            .find(|parameter| parameter.name == *given)
            .ok_or_else(|| {
                let known = top_level().map(|parameter| parameter.name.as_str());
                let help = match nearest(given, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "`krabice plugins show {}` lists the parameters",
                        plugin.name()
                    ),
                };
                CliError::usage(format!("`{name}` has no parameter `{given}`")).help(help)
            })?;
        let value = Value::parse(parameter.kind, value).map_err(|error| {
            CliError::usage(format!("the value of the parameter `{given}` is invalid"))
                .because(&error)
        })?;
        if parameters.insert(given.clone(), value).is_some() {
            return Err(CliError::usage(format!(
                "the parameter `{given}` is given twice"
            )));
        }
    }
    let missing: Vec<_> = top_level()
        .filter(|parameter| parameter.required && !parameters.contains_key(&parameter.name))
        .map(|parameter| &parameter.name)
        .collect();
    if !missing.is_empty() {
        let missing = output::quoted_list(missing);
        return Err(CliError::usage(format!("`{name}` needs {missing}"))
            .help("write each parameter as `name=value`"));
    }
    Ok(parameters)
}

/// Saves the files of an outcome, and returns their paths.
fn save_files(folder: &OutputFolder, report: &CallReport) -> std::io::Result<Vec<PathBuf>> {
    let values: Vec<&Value> = match &report.result {
        Ok(Outcome::TrueWithValue(value)) => vec![value],
        Ok(Outcome::TrueWithFields(fields)) => fields.values().collect(),
        Ok(Outcome::True | Outcome::False) | Err(_) => Vec::new(),
    };
    let mut paths = Vec::new();
    for value in values {
        if let Value::File(file) = value {
            paths.push(folder.save(&file.name, &file.content)?);
        }
    }
    Ok(paths)
}

fn call_output(
    function: String,
    connection: Option<String>,
    files: Vec<PathBuf>,
    report: CallReport,
) -> CallOutput {
    let mut output = CallOutput {
        function,
        connection,
        outcome: OutcomeWord::True,
        value: None,
        fields: None,
        files,
        failure: None,
        requests: output::requests(&report.exchanges),
        milliseconds: output::milliseconds(report.elapsed),
    };
    match report.result {
        Ok(Outcome::True) => {}
        Ok(Outcome::False) => output.outcome = OutcomeWord::False,
        Ok(Outcome::TrueWithValue(value)) => output.value = Some(value.to_plain_json()),
        Ok(Outcome::TrueWithFields(fields)) => {
            output.fields = Some(Value::Record(fields).to_plain_json());
        }
        Err(failure) => {
            output.outcome = OutcomeWord::Failure;
            output.failure = Some((&failure).into());
        }
    }
    output
}

fn write_for_people(out: &mut dyn Write, output: &CallOutput) -> std::io::Result<()> {
    match (output.outcome, &output.failure) {
        (OutcomeWord::False, _) => writeln!(out, "false")?,
        (OutcomeWord::Failure, Some(failure)) => writeln!(out, "failure: {failure}")?,
        _ => writeln!(out, "true")?,
    }
    if let Some(value) = &output.value {
        writeln!(out, "  {}", output::plain(value))?;
    }
    if let Some(serde_json::Value::Object(fields)) = &output.fields {
        // Values are not wrapped, so that they can be copied.
        let longest = fields
            .keys()
            .map(|name| name.chars().count())
            .max()
            .unwrap_or_default();
        for (name, value) in fields {
            let line = format!("  {name:longest$}  {}", output::plain(value));
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    for path in &output.files {
        writeln!(out, "  saved as {}", path.display())?;
    }
    output::write_requests(out, &output.requests, output.milliseconds)
}
