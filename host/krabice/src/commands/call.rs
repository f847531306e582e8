//! `krabice call`

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use krabice_runtime::{CallInput, CallReport, Plugin};
use krabice_scenario::manifest::Function;
use krabice_scenario::name::nearest;
use krabice_scenario::{Outcome, Value};
use serde::Serialize;

use crate::cli::{Assignment, CallArguments};
use crate::exchange::{self, Request};
use crate::folder::Folder;
use crate::host::{self, Host};
use crate::redact::Redactor;
use crate::refusal::{Refusal, Verdict};
use crate::reply::{self, FailureReply};
use crate::watch::Watch;
use crate::{places, refusal, terminal};

/// What `--json` writes.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Reply {
    function: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    outcome: Word,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<serde_json::Value>,
    /// Where files were saved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureReply>,
    requests: Vec<Request>,
    milliseconds: f64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    True,
    False,
    Failure,
}

pub(crate) async fn call(
    arguments: &CallArguments,
    redactor: &Redactor,
) -> Result<Verdict, Refusal> {
    if !arguments.watch {
        return once(arguments, redactor).await;
    }
    let mut watch = Watch::new(places::plugin_folders(&arguments.plugins));
    loop {
        terminal::clear();
        // What does not work now may work when the file has changed.
        if let Err(refusal) = once(arguments, redactor).await {
            refusal.report();
        }
        refusal::note("waiting for a component to change; Ctrl-C ends it");
        watch.changed().await;
    }
}

async fn once(arguments: &CallArguments, redactor: &Redactor) -> Result<Verdict, Refusal> {
    let context = host::context(&arguments.context)?;
    let host = Host::with_connections(&arguments.plugins, &arguments.connections, redactor).await?;
    let (plugin, function) = host.function(&arguments.function)?;
    let parameters = parameters(plugin, function, &arguments.params)?;
    let outlet = host.outlet(plugin.manifest(), arguments.connection.as_deref())?;
    let input = CallInput {
        parameters,
        // What an operator types by hand is on the screen already, but needs no copy in the log.
        hidden: arguments
            .params
            .iter()
            .map(|given| given.name.clone())
            .collect(),
        context,
        key: crate::key::fresh()?,
    };
    let report = host
        .runtime
        .call(plugin, &function.name, outlet.as_ref(), input)
        .await;
    let connection = outlet.and_then(|outlet| outlet.connection().map(str::to_owned));
    let files = match &arguments.files {
        Some(folder) => save(&Folder::new(folder), &report)?,
        None => Vec::new(),
    };
    let reply = reply(arguments.function.to_string(), connection, files, report);
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, &reply)?;
    } else {
        write_for_people(&mut out, &reply)?;
    }
    Ok(if reply.outcome == Word::True {
        Verdict::Fine
    } else {
        Verdict::No
    })
}

/// The parameters by their kinds.
fn parameters(
    plugin: &Arc<Plugin>,
    function: &Function,
    given: &[Assignment],
) -> Result<IndexMap<String, Value>, Refusal> {
    let name = format!("{}/{}", plugin.name(), function.name);
    let own = || {
        function
            .parameters
            .iter()
            .filter(|parameter| !parameter.name.contains('.'))
    };
    let show = || {
        format!(
            "`krabice plugins show {}` lists the parameters",
            plugin.name()
        )
    };
    let mut parameters = IndexMap::new();
    for Assignment { name: given, value } in given {
        let parameter = own()
            .find(|parameter| parameter.name == *given)
            .ok_or_else(|| {
                let near = nearest(given, own().map(|parameter| parameter.name.as_str()));
                Refusal::usage(format!("`{name}` has no parameter `{given}`"))
                    .help(near.map_or_else(show, |near| format!("did you mean `{near}`?")))
            })?;
        let value = Value::parse(parameter.kind, value).map_err(|error| {
            Refusal::usage(format!("the parameter `{given}` does not fit")).because(&error)
        })?;
        if parameters.insert(given.clone(), value).is_some() {
            return Err(Refusal::usage(format!(
                "the parameter `{given}` is given twice"
            )));
        }
    }
    let missing: Vec<_> = own()
        .filter(|parameter| parameter.required && !parameters.contains_key(&parameter.name))
        .map(|parameter| format!("`{}`", parameter.name))
        .collect();
    if !missing.is_empty() {
        return Err(
            Refusal::usage(format!("`{name}` needs {}", missing.join(", ")))
                .help("write each as `name=value`"),
        );
    }
    Ok(parameters)
}

/// Saves the files of an outcome.
fn save(folder: &Folder, report: &CallReport) -> std::io::Result<Vec<PathBuf>> {
    let values: Vec<&Value> = match &report.result {
        Ok(Outcome::TrueWithValue(value)) => vec![value],
        Ok(Outcome::TrueWithFields(fields)) => fields.values().collect(),
        _ => Vec::new(),
    };
    let files = values.into_iter().filter_map(|value| match value {
        Value::File(file) => Some(file),
        _ => None,
    });
    files
        .map(|file| folder.save(&file.name, &file.content))
        .collect()
}

fn reply(
    function: String,
    connection: Option<String>,
    files: Vec<PathBuf>,
    report: CallReport,
) -> Reply {
    let mut reply = Reply {
        function,
        connection,
        outcome: Word::True,
        value: None,
        fields: None,
        files,
        failure: None,
        requests: exchange::requests(&report.exchanges),
        milliseconds: exchange::milliseconds(report.elapsed),
    };
    match report.result {
        Ok(Outcome::True) => {}
        Ok(Outcome::False) => reply.outcome = Word::False,
        Ok(Outcome::TrueWithValue(value)) => reply.value = Some(value.to_plain_json()),
        Ok(Outcome::TrueWithFields(fields)) => {
            reply.fields = Some(Value::Record(fields).to_plain_json());
        }
        Err(failure) => {
            reply.outcome = Word::Failure;
            reply.failure = Some((&failure).into());
        }
    }
    reply
}

fn write_for_people(out: &mut dyn Write, reply: &Reply) -> std::io::Result<()> {
    match (reply.outcome, &reply.failure) {
        (Word::False, _) => writeln!(out, "false")?,
        (Word::Failure, Some(failure)) => writeln!(out, "failure: {failure}")?,
        _ => writeln!(out, "true")?,
    }
    if let Some(value) = &reply.value {
        writeln!(out, "  {}", reply::plain(value))?;
    }
    if let Some(serde_json::Value::Object(fields)) = &reply.fields {
        // Not wrapped: whoever reads a list here wants to copy it.
        let longest = fields
            .keys()
            .map(|name| name.chars().count())
            .max()
            .unwrap_or_default();
        for (name, value) in fields {
            let line = format!("  {name:longest$}  {}", reply::plain(value));
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    for path in &reply.files {
        writeln!(out, "  saved as {}", path.display())?;
    }
    reply::write_requests(out, &reply.requests, reply.milliseconds)
}
