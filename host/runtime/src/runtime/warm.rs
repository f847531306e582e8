//! Calls on an instance that is used again, for the benchmarks alone: they show the cost of
//! a fresh instance. An instance that is used twice could carry one customer's data to the
//! next, so the module exists only with the feature `bench`.

use std::sync::Arc;

use krabice_contract::{Failure, Outcome};
use krabice_egress::Outlet;
use tokio::time::Instant;
use wasmtime::UpdateDeadline;

use super::{CallGuard, CallTarget, Runtime, check, guest_call};
use crate::call::CallInput;
use crate::contract::Instance;
use crate::plugin::Plugin;

/// A live instance.
pub struct Warm<'a> {
    runtime: &'a Runtime,
    plugin: &'a Plugin,
    outlet: Option<Arc<Outlet>>,
    guard: CallGuard,
    instance: Instance,
}

impl Runtime {
    /// Makes an instance that stays, without a permit among the calls. `None` when it cannot
    /// be made.
    pub async fn warm<'a>(
        &'a self,
        plugin: &'a Plugin,
        outlet: Option<&Arc<Outlet>>,
    ) -> Option<Warm<'a>> {
        let target = CallTarget::of_plugin(plugin, "warm", outlet, "en");
        let far = Instant::now() + std::time::Duration::from_secs(24 * 3600);
        let mut guard = CallGuard::prepare(&self.shared, target, far, tracing::Span::none());
        guard
            .store
            .epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(1)));
        let instance = guard.instantiate().await.ok()?;
        Some(Warm {
            runtime: self,
            plugin,
            outlet: outlet.cloned(),
            guard,
            instance,
        })
    }
}

impl Warm<'_> {
    /// Calls a function with the same checks as on a fresh instance. `None` when the call
    /// cannot be made or traps.
    pub async fn call(
        &mut self,
        function: &str,
        input: CallInput,
    ) -> Option<Result<Outcome, Failure>> {
        let Warm {
            runtime,
            plugin,
            outlet,
            guard,
            instance,
        } = self;
        let function = runtime.function(plugin, function, outlet.as_ref()).ok()?;
        let (parameters, redaction) =
            check::parameters(plugin, function, &input, runtime.sizes()).ok()?;
        let call = guest_call(function, parameters, outlet.as_ref(), &input);
        let reply = instance.run(&mut guard.store, call).await.ok()?;
        Some(match reply {
            Ok(outcome) => check::outcome(plugin, function, outcome, runtime.sizes()),
            Err(failure) => Err(check::failure(failure, &redaction)),
        })
    }
}
