//! What the engine asks for, done by the runtime: the functions of plugins, over connections.

use jiff::Timestamp;
use krabice_engine::{CallRequest, Functions};
use krabice_runtime::{CallInput, Context};
use krabice_scenario::manifest::Function;
use krabice_scenario::{Failure, FailureClass, Outcome, Variable};

use crate::exchange::{self, Request};
use crate::host::Host;
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
            .map_err(|refusal| Failure::new(FailureClass::Misconfigured, refusal.to_string()))?;
        let hidden: Vec<String> = request
            .parameters
            .iter()
            .filter(|(_, variable)| variable.hidden)
            .map(|(name, _)| name.clone())
            .collect();
        let confidential = manifest
            .functions
            .get(&request.function)
            .map(|function| confidential(function, &request))
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
            for exchange in &report.exchanges {
                let mut request = Request::from(exchange);
                request.path = discreet(&request.path, &confidential);
                trace.write(&HostEvent::Request {
                    id,
                    request: &request,
                });
            }
            let milliseconds = exchange::milliseconds(report.elapsed);
            trace.write(&HostEvent::Called {
                id,
                key: &request.key,
                milliseconds,
            });
        }
        report.result
    }
}

/// The texts of the parameters that are hidden, or personal by the manifest.
fn confidential(function: &Function, request: &CallRequest) -> Vec<String> {
    let personal = |name: &str| {
        let known = function
            .parameters
            .iter()
            .find(|parameter| parameter.name == name);
        known.is_some_and(|parameter| parameter.personal)
    };
    let mut texts = Vec::new();
    for (name, variable) in &request.parameters {
        if variable.hidden || personal(name) {
            variable
                .value
                .each_text(&mut |text| texts.push(text.to_owned()));
        }
    }
    texts
}

/// A path without the segments that hold something confidential: a plugin may put a parameter
/// there.
fn discreet(path: &str, confidential: &[String]) -> String {
    let holds = |segment: &str| {
        let plain = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
        // What is short occurs by chance in what is long.
        confidential
            .iter()
            .any(|text| plain == *text || text.len() >= 4 && plain.contains(text.as_str()))
    };
    path.split('/')
        .map(|segment| if holds(segment) { "•••" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::discreet;

    #[test]
    fn a_path_does_not_tell_what_is_confidential() {
        let confidential = ["petra@example.cz".to_owned(), "42".to_owned()];
        for (path, told) in [
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
            assert_eq!(discreet(path, &confidential), told);
        }
    }
}
