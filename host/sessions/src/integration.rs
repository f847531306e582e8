//! The one way from a call that the engine asks for to a call of the runtime.

use std::fmt::Display;
use std::sync::Arc;

use krabice_contract::{Failure, FailureClass};
use krabice_egress::Outlet;
use krabice_engine::CallRequest;
use krabice_runtime::{CallInput, CallReport, Context, Plugin, Runtime};

/// A plugin and its way out, for one call.
pub struct Integration<'a> {
    /// The plugin.
    pub plugin: &'a Arc<Plugin>,
    outlet: Option<Arc<Outlet>>,
}

/// Finds what a call needs. `outlet` gives the plugin's way out through the connection that the box
/// names, or through its only one; `None` if it needs none.
///
/// # Errors
/// [`FailureClass::Misconfigured`]: there is no such plugin, or the connection does not fit.
pub fn find<'a, E: Display>(
    plugin: Option<&'a Arc<Plugin>>,
    request: &CallRequest,
    outlet: impl FnOnce(&Plugin, Option<&str>) -> Result<Option<Arc<Outlet>>, E>,
) -> Result<Integration<'a>, Failure> {
    let misconfigured = |detail: String| Failure::new(FailureClass::Misconfigured, detail);
    let plugin =
        plugin.ok_or_else(|| misconfigured(format!("there is no plugin `{}`", request.plugin)))?;
    let outlet = outlet(plugin, request.connection.as_deref())
        .map_err(|error| misconfigured(error.to_string()))?;
    Ok(Integration { plugin, outlet })
}

impl Integration<'_> {
    /// Calls the function that the engine asks for.
    pub async fn call(&self, runtime: &Runtime, request: &CallRequest) -> CallReport {
        let parameters = request.parameters.iter();
        let hidden = parameters.clone().filter(|(_, variable)| variable.hidden);
        let input = CallInput {
            hidden: hidden.map(|(name, _)| name.clone()).collect(),
            parameters: parameters
                .map(|(name, variable)| (name.clone(), variable.value.clone()))
                .collect(),
            context: Context {
                language: request.language.clone(),
                time_zone: request.time_zone.clone(),
                now: request.now,
            },
            key: request.key.clone(),
        };
        let outlet = self.outlet.as_ref();
        runtime
            .call(self.plugin, &request.function, outlet, input)
            .await
    }
}
