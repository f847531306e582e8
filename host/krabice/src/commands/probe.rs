//! `krabice probe`

use std::io::Write;

use serde::Serialize;

use crate::cli::ProbeArguments;
use crate::error::{CliError, Verdict};
use crate::host::{self, Host};
use crate::output::{self, FailureOutput, RequestOutput};
use crate::redact::Redactor;

/// The JSON that `--json` writes.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ProbeOutput<'a> {
    connection: &'a str,
    plugin: &'a str,
    works: bool,
    /// What the plugin says about the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureOutput>,
    requests: Vec<RequestOutput>,
    milliseconds: f64,
}

pub(crate) async fn probe(
    arguments: &ProbeArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    let options = &arguments.common;
    let context = host::context(options)?;
    let name = &arguments.connection;
    let (plugins, connections) = (&options.plugins, &options.connections);
    let host = Host::with_connection(plugins, connections, name, redactor).await?;
    let connection = host.connection(name)?;
    let plugin = host.plugin(connection.plugin())?;
    let outlet = host.outlet(plugin.manifest(), Some(connection.name()))?;
    let report = host.runtime.probe(plugin, outlet.as_ref(), &context).await;
    let (verdict, said, failure) = match &report.result {
        Ok(said) => (Verdict::Fine, Some(said.clone()), None),
        Err(failure) => (Verdict::No, None, Some(failure.into())),
    };
    let output = ProbeOutput {
        connection: connection.name(),
        plugin: plugin.name(),
        works: failure.is_none(),
        said: said.filter(|said| !said.is_empty()),
        failure,
        requests: output::requests(&report.exchanges),
        milliseconds: output::milliseconds(report.elapsed),
    };
    let mut out = anstream::stdout().lock();
    if options.json {
        output::write_json(&mut out, &output)?;
        return Ok(verdict);
    }
    match &output.failure {
        None => writeln!(out, "`{}` works", output.connection)?,
        Some(failure) => writeln!(out, "`{}` does not work: {failure}", output.connection)?,
    }
    if let Some(said) = &output.said {
        writeln!(out, "{said}")?;
    }
    output::write_requests(&mut out, &output.requests, output.milliseconds)?;
    Ok(verdict)
}
