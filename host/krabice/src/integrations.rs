//! Runs the calls that the engine asks for: functions of plugins, over connections.

use krabice_contract::manifest::Function;
use krabice_contract::{Failure, FailureClass, Outcome};
use jiff::Timestamp;
use krabice_engine::{CallRequest, Functions};
use krabice_runtime::{CallInput, Context};
use krabice_scenario::Variable;

use crate::host::Host;
use crate::output;
use crate::trace::{HostEvent, Trace};

/// The functions of a host's plugins. The requests of each call go to the trace.
pub(crate) struct Integrations<'a> {
    pub(crate) host: &'a Host,
    pub(crate) trace: Option<Trace>,
}

impl Functions for Integrations<'_> {
    async fn call(&self, request: CallRequest) -> Result<Outcome, Failure> {
        let Some(plugin) = self.host.plugins.get(&request.plugin) else {
            let detail = format!("there is no plugin `{}`", request.plugin);
            return Err(Failure::new(FailureClass::Misconfigured, detail));
        };
        let manifest = plugin.manifest();
        let outlet = self
            .host
            .outlet(manifest, request.connection.as_deref())
            .map_err(|error| Failure::new(FailureClass::Misconfigured, error.to_string()))?;
        let hidden: Vec<String> = request
            .parameters
            .iter()
            .filter(|(_, variable)| variable.hidden)
            .map(|(name, _)| name.clone())
            .collect();
        let confidential = manifest
            .functions
            .get(&request.function)
            .map(|function| confidential_texts(function, &request))
            .unwrap_or_default();
        let input = CallInput {
            parameters: request
                .parameters
                .into_iter()
                .map(|(name, Variable { value, .. })| (name, value))
                .collect(),
            hidden,
            context: Context {
                language: request.language,
                time_zone: request.time_zone,
                now: Timestamp::now(),
            },
            key: request.key.clone(),
        };
        let report = self
            .host
            .runtime
            .call(plugin, &request.function, outlet.as_ref(), input)
            .await;
        if let Some(trace) = &self.trace {
            let id = request.box_id.as_str();
            for mut request in output::requests(&report.exchanges) {
                request.path = masked_path(&request.path, &confidential);
                trace.write(&HostEvent::Request {
                    id,
                    request: &request,
                });
            }
            trace.write(&HostEvent::Called {
                id,
                key: &request.key,
                milliseconds: output::milliseconds(report.elapsed),
            });
        }
        report.result
    }
}

/// The texts of the parameters that are hidden, or personal according to the manifest.
fn confidential_texts(function: &Function, request: &CallRequest) -> Vec<String> {
    let is_personal = |name: &str| {
        let mut parameters = function.parameters.iter();
        parameters.any(|parameter| parameter.name == name && parameter.personal)
    };
    let mut texts = Vec::new();
    for (name, variable) in &request.parameters {
        if variable.hidden || is_personal(name) {
            variable
                .value
                .each_text(&mut |text| texts.push(text.to_owned()));
        }
    }
    texts
}

/// A path with every segment masked that holds a confidential text: a plugin may put a parameter
/// into the path.
fn masked_path(path: &str, confidential: &[String]) -> String {
    let is_confidential = |segment: &str| {
        let plain = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
        // A shorter text occurs by chance inside longer ones.
        confidential
            .iter()
            .any(|text| plain == *text || text.len() >= 4 && plain.contains(text.as_str()))
    };
    path.split('/')
        .map(|segment| {
            if is_confidential(segment) {
                "•••"
            } else {
                segment
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::masked_path;

    #[test]
    fn confidential_segments_of_a_path_are_masked() {
        let confidential = ["petra@example.cz".to_owned(), "42".to_owned()];
        for (path, masked) in [
            (
                "/api/v2/customers/petra%40example.cz/orders",
                "/api/v2/customers/•••/orders",
            ),
            (
                "/api/v2/customers/id-petra@example.cz",
                "/api/v2/customers/•••",
            ),
            ("/api/v42/customers/42", "/api/v42/customers/•••"),
            ("/api/v2/orders", "/api/v2/orders"),
        ] {
            assert_eq!(masked_path(path, &confidential), masked);
        }
    }
}
