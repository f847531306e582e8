//! A call on an instance that is already there, for the benchmarks: what of a
//! call's cost is the fresh instance. Not for anything else, since an instance
//! that is used twice could carry one customer's data to the next.

use std::sync::Arc;

use krabice_egress::Outlet;
use krabice_scenario::manifest::Effect;
use krabice_scenario::{Failure, Outcome};
use tokio::time::Instant;
use wasmtime::UpdateDeadline;

use super::{Guard, Runtime, Task, check, values_of_call};
use crate::bindings::Plugin as World;
use crate::call::CallInput;
use crate::redaction::Redaction;
use crate::plugin::Plugin;

/// A live instance.
#[doc(hidden)]
pub struct Warm<'a> {
    runtime: &'a Runtime,
    plugin: &'a Plugin,
    outlet: Option<Arc<Outlet>>,
    guard: Guard,
    world: World,
}

impl Runtime {
    /// Makes an instance that stays. It holds no place among the calls.
    #[doc(hidden)]
    pub async fn warm<'a>(
        &'a self,
        plugin: &'a Plugin,
        outlet: Option<&Arc<Outlet>>,
    ) -> Option<Warm<'a>> {
        let task = Task {
            pre: &plugin.pre,
            places: &plugin.places,
            plugin: Arc::clone(&plugin.name),
            function: "warm".into(),
            key: "warm",
            effect: Effect::Reads,
            outlet: outlet.cloned(),
            redaction: Redaction::default(),
        };
        let far = Instant::now() + std::time::Duration::from_secs(24 * 3600);
        let mut guard = Guard::new(&self.shared, task, far, tracing::Span::none());
        guard
            .store
            .epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(1)));
        let world = guard.pre.instantiate_async(&mut guard.store).await.ok()?;
        Some(Warm {
            runtime: self,
            plugin,
            outlet: outlet.cloned(),
            guard,
            world,
        })
    }
}

impl Warm<'_> {
    /// Calls a function on the live instance, with the same checks as a fresh
    /// one.
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
            world,
        } = self;
        let function = runtime.function(plugin, function, outlet.as_ref()).ok()?;
        let zone = &input.context.time_zone;
        let parameters =
            check::parameters(plugin, function, &input.parameters, runtime.sizes(), zone).ok()?;
        let call = values_of_call(function, parameters, outlet.as_ref(), &input);
        let said = world
            .krabice_boxes_integration()
            .call_run(&mut guard.store, &call)
            .await
            .ok()?;
        Some(match said {
            Ok(said) => check::outcome(plugin, function, said, runtime.sizes()),
            Err(failure) => Err(check::failure(failure, &Redaction::default())),
        })
    }
}
