//! `krabice plugin check`

use std::io::Write;

use crate::cli::plugin::ConformanceArguments;
use crate::commands::plugins;
use crate::host;
use crate::refusal::{Refusal, Verdict};

pub(crate) async fn check(arguments: &ConformanceArguments) -> Result<Verdict, Refusal> {
    let runtime = host::runtime(&arguments.plugins)?;
    let plugin = plugins::load(&runtime, &arguments.file).await?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        crate::reply::write_json(&mut out, plugin.manifest())?;
    } else {
        writeln!(out, "{} {}", plugin.name(), plugin.manifest().version)?;
    }
    Ok(Verdict::Fine)
}
