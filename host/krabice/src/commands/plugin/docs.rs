//! `krabice plugin docs`

use std::io::Write;

use crate::cli::plugin::DocsArguments;
use crate::commands::plugins;
use crate::error::{CliError, Verdict};
use crate::{host, output, page};

pub(crate) async fn docs(arguments: &DocsArguments) -> Result<Verdict, CliError> {
    let runtime = host::runtime(&arguments.plugins)?;
    let plugin = plugins::load(&runtime, &arguments.file).await?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, plugin.manifest())?;
    } else {
        page::warn_of_language(plugin.manifest(), &arguments.language);
        let page = page::markdown(plugin.manifest(), &arguments.language);
        write!(out, "{page}")?;
    }
    Ok(Verdict::Fine)
}
