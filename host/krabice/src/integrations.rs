//! Runs the calls that the engine asks for: functions of plugins, over connections.

use krabice_contract::{Failure, Outcome};
use krabice_engine::{CallRequest, Functions};
use krabice_sessions::integration;

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
        let plugin = self.host.plugins.get(&request.plugin);
        let integration = integration::find(plugin, &request, |plugin, connection| {
            self.host.outlet(plugin.manifest(), connection)
        })?;
        let report = integration.call(&self.host.runtime, &request).await;
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
