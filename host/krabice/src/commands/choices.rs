//! `krabice choices`

use krabice_scenario::manifest::{ChoicesSource, text_in};
use krabice_scenario::name::nearest;
use std::io::Write;

use crate::cli::ChoicesArguments;
use crate::finding::Look;
use crate::host::{self, Host};
use crate::redact::Redactor;
use crate::refusal::{Refusal, Verdict};
use crate::reply::{self, FailureReply};

pub(crate) async fn choices(
    arguments: &ChoicesArguments,
    redactor: &Redactor,
) -> Result<Verdict, Refusal> {
    let context = host::context(&arguments.context)?;
    let host = Host::with_connections(&arguments.plugins, &arguments.connections, redactor).await?;
    let (plugin, function) = host.function(&arguments.function)?;
    let name = &arguments.parameter;
    let parameter = function
        .parameters
        .iter()
        .find(|known| known.name == *name)
        .ok_or_else(|| {
            let known = function.parameters.iter().map(|known| known.name.as_str());
            Refusal::usage(format!(
                "`{}` has no parameter `{name}`",
                arguments.function
            ))
            .maybe_help(nearest(name, known).map(|near| format!("did you mean `{near}`?")))
        })?;
    let choices = match &parameter.choices {
        ChoicesSource::None => {
            return Err(Refusal::usage(format!(
                "the parameter `{name}` of `{}` has no choices",
                arguments.function
            )));
        }
        ChoicesSource::Fixed(choices) => choices.clone(),
        ChoicesSource::Live => {
            let outlet = host.outlet(plugin.manifest(), arguments.connection.as_deref())?;
            let asked =
                host.runtime
                    .choices(plugin, &function.name, name, outlet.as_ref(), &context);
            asked.await.result.map_err(|failure| {
                Refusal::no(format!(
                    "the choices were not learned: {}",
                    FailureReply::from(&failure)
                ))
            })?
        }
    };
    let mut out = anstream::stdout().lock();
    if arguments.json {
        reply::write_json(&mut out, &choices)?;
        return Ok(Verdict::Fine);
    }
    let rows = choices.iter().map(|choice| {
        let label = text_in(&choice.label, &arguments.context.language).unwrap_or_default();
        vec![reply::one_line(&choice.value), reply::one_line(label)]
    });
    let header = vec!["value".to_owned(), "label".to_owned()];
    let width = Look::of(&std::io::stdout()).width();
    write!(out, "{}", crate::page::table(header, rows.collect(), width))?;
    Ok(Verdict::Fine)
}
