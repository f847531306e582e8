//! Runs the calls that the engine asks for: functions of plugins, over connections.

use krabice_contract::{Failure, FailureClass, Outcome};
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
                now: request.now,
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
            for request in output::requests(&report.exchanges) {
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
