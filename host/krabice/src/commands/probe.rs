//! `krabice probe`

use std::io::Write;

use serde::Serialize;

use crate::cli::ProbeArguments;
use crate::exchange::{self, Request};
use crate::host::{self, Host};
use crate::redact::Redactor;
use crate::refusal::{Refusal, Verdict};
use crate::reply::{self, FailureReply};

/// What `--json` writes.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Reply<'a> {
    connection: &'a str,
    plugin: &'a str,
    works: bool,
    /// What the plugin says about the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureReply>,
    requests: Vec<Request>,
    milliseconds: f64,
}

pub(crate) async fn probe(
    arguments: &ProbeArguments,
    redactor: &Redactor,
) -> Result<Verdict, Refusal> {
    let context = host::context(&arguments.context)?;
    let host = Host::with_connections(&arguments.plugins, &arguments.connections, redactor).await?;
    let connection = host.connection(&arguments.connection)?;
    let plugin = host.plugin(connection.plugin())?;
    let outlet = host.outlet(plugin.manifest(), Some(connection.name()))?;
    let report = host.runtime.probe(plugin, outlet.as_ref(), &context).await;
    let verdict = if report.result.is_ok() {
        Verdict::Fine
    } else {
        Verdict::No
    };
    let reply = Reply {
        connection: connection.name(),
        plugin: plugin.name(),
        works: report.result.is_ok(),
        said: report
            .result
            .as_ref()
            .ok()
            .filter(|said| !said.is_empty())
            .cloned(),
        failure: report.result.as_ref().err().map(FailureReply::from),
        requests: exchange::requests(&report.exchanges),
        milliseconds: exchange::milliseconds(report.elapsed),
    };
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, &reply)?;
        return Ok(verdict);
    }
    match &reply.failure {
        None => writeln!(out, "`{}` works", reply.connection)?,
        Some(failure) => writeln!(out, "`{}` does not work: {failure}", reply.connection)?,
    }
    if let Some(said) = &reply.said {
        writeln!(out, "{said}")?;
    }
    reply::write_requests(&mut out, &reply.requests, reply.milliseconds)?;
    Ok(verdict)
}
