//! `krabice choices`

use std::io::Write;

use krabice_contract::manifest::{ChoicesSource, text_in};
use krabice_contract::name::nearest;

use crate::cli::ChoicesArguments;
use crate::error::{CliError, Verdict};
use crate::finding::OutputStyle;
use crate::host::{self, Host};
use crate::output::{self, FailureOutput};
use crate::redact::Redactor;

pub(crate) async fn choices(
    arguments: &ChoicesArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    let options = &arguments.common;
    let context = host::context(options)?;
    let host = Host::with_connections(&options.plugins, &options.connections, redactor).await?;
    let (plugin, function) = host.function(&arguments.function)?;
    let name = &arguments.parameter;
    let parameter = function
        .parameters
        .iter()
        .find(|known| known.name == *name)
        .ok_or_else(|| {
            let known = function.parameters.iter().map(|known| known.name.as_str());
            CliError::usage(format!(
                "`{}` has no parameter `{name}`",
                arguments.function
            ))
            .maybe_help(nearest(name, known).map(|near| format!("did you mean `{near}`?")))
        })?;
    let choices = match &parameter.choices {
        ChoicesSource::None => {
            return Err(CliError::usage(format!(
                "the parameter `{name}` of `{}` has no choices",
                arguments.function
            )));
        }
        ChoicesSource::Fixed(choices) => choices.clone(),
        ChoicesSource::Live => {
            let outlet = host.outlet(plugin.manifest(), arguments.connection.as_deref())?;
            let report =
                host.runtime
                    .choices(plugin, &function.name, name, outlet.as_ref(), &context);
            report.await.result.map_err(|failure| {
                CliError::no(format!(
                    "the choices could not be read: {}",
                    FailureOutput::from(&failure)
                ))
            })?
        }
    };
    let mut out = anstream::stdout().lock();
    if options.json {
        output::write_json(&mut out, &choices)?;
        return Ok(Verdict::Fine);
    }
    let rows = choices.iter().map(|choice| {
        let label = text_in(&choice.label, &options.language).unwrap_or_default();
        vec![output::one_line(&choice.value), output::one_line(label)]
    });
    let header = vec!["value".to_owned(), "label".to_owned()];
    let width = OutputStyle::of(&std::io::stdout()).width();
    write!(out, "{}", crate::page::table(header, rows.collect(), width))?;
    Ok(Verdict::Fine)
}
