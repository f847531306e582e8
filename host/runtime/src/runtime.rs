//! The runtime: one engine, and calls on it.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use krabice_egress::{CallScope, Exchange, Outlet};
use krabice_scenario::manifest::{Choice, ChoicesSource, Effect};
use krabice_scenario::{Failure, FailureClass};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use tracing::instrument::WithSubscriber;
use wasmtime::component::Linker;
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::bindings::{PluginPre, integration, values};
use crate::call::{CallInput, CallReport, Context};
use crate::redaction::Redaction;
use crate::outbound_http::OutboundHttp;
use crate::engine::{self, Pool};
use crate::lane::Lane;
use crate::load::{self, Compiled, LoadError, Reason};
use crate::log::{Log, Summary};
use crate::meter::{Meter, Stopwatch};
use crate::plugin::{Function, Plugin};
use crate::state::CallState;
use crate::verdict::{self, Broken};
use crate::convert::{self, Sizes};
use crate::{Limits, check, outbound_http, lock, manifest};

mod export;
mod warm;

use export::{Choices, Describe, Export, Probe, Run};
pub use warm::Warm;

/// How long before the end of a call its requests end: more than any plugin
/// computes after an answer, and nothing beside the call's 30 s.
const ANSWER_TIME: Duration = Duration::from_millis(500);

/// Why a runtime cannot be made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A limit has a value with which nothing could run.
    #[error("the limit `{setting}` {what}")]
    Limit {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The system does not give what the engine needs.
    #[error("the engine cannot be made: {0}")]
    Engine(String),
}

/// Makes a [`Runtime`].
#[derive(Debug, Clone)]
pub struct RuntimeBuilder {
    limits: Limits,
    cache: Option<PathBuf>,
    pool: Pool,
}

impl RuntimeBuilder {
    /// The limits. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where compiled plugins are kept, so that a second start is fast. The
    /// directory is made if it is missing, for its owner alone; one to which
    /// others may write is not used, for what lies there is run as it is found.
    /// Default: nowhere.
    #[must_use]
    pub fn cache_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache = Some(directory.into());
        self
    }

    /// Where instances are to live. Default: [`Pool::Scanned`], the fastest; where the
    /// system cannot do that or does not give the address space, the next slower one
    /// that it can.
    #[must_use]
    pub fn pool(mut self, pool: Pool) -> Self {
        self.pool = pool;
        self
    }

    /// The runtime.
    ///
    /// # Errors
    /// A limit with which nothing could run, or a system that lacks something.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let limits = self.limits;
        let no = |setting, what| Err(BuildError::Limit { setting, what });
        if limits.concurrent_calls == 0 {
            return no("concurrent-calls", "is 0; the least is 1");
        }
        if limits.calls_per_plugin == 0 {
            return no("calls-per-plugin", "is 0; the least is 1");
        }
        if limits.memory_bytes < 64 * 1024 {
            return no("memory-bytes", "is less than the 64 KiB of one page");
        }
        if limits.stack_bytes < 64 * 1024 {
            return no("stack-bytes", "is less than 64 KiB");
        }
        let (engine, pool) = engine::engine(&limits, self.cache.as_deref(), self.pool)?;
        let linker =
            engine::linker(&engine).map_err(|error| BuildError::Engine(format!("{error:#}")))?;
        let places = Arc::new(Semaphore::new(limits.concurrent_calls as usize));
        let shared = Shared {
            engine,
            linker,
            pool,
            limits,
            places,
            lane: Lane::new(),
            memory: Arc::new(AtomicUsize::new(0)),
        };
        Ok(Runtime {
            shared: Arc::new(shared),
        })
    }
}

/// Loads plugins and calls their functions. Cheap to clone; one is enough for a
/// process.
#[derive(Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    linker: Linker<CallState>,
    pool: Pool,
    limits: Limits,
    places: Arc<Semaphore>,
    /// Where calls go on that compute for long.
    lane: Lane,
    /// The memory of all calls, in bytes.
    memory: Arc<AtomicUsize>,
}

/// What runs, for whom, and how far it may go.
struct Task<'a> {
    pre: &'a PluginPre<CallState>,
    /// Places for calls of this plugin.
    places: &'a Arc<Semaphore>,
    plugin: Arc<str>,
    function: Arc<str>,
    key: &'a str,
    effect: Effect,
    outlet: Option<Arc<Outlet>>,
    redaction: Redaction,
}

impl Runtime {
    /// Starts with the defaults.
    #[must_use]
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder {
            limits: Limits::default(),
            cache: None,
            pool: Pool::Scanned,
        }
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Where instances live.
    #[must_use]
    pub fn pool(&self) -> Pool {
        self.shared.pool
    }

    /// How many more calls could start now.
    #[must_use]
    pub fn free_places(&self) -> usize {
        self.shared.places.available_permits()
    }

    /// The memory of all instances at this moment, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.shared.memory.load(Ordering::Relaxed)
    }

    // --- loading

    /// Loads a plugin from a file: compiles it on a thread of its own, lets it
    /// describe itself and checks its manifest.
    ///
    /// # Errors
    /// Why it is no plugin; of a wrong manifest, everything that is wrong.
    pub async fn load(&self, file: impl AsRef<Path>) -> Result<Arc<Plugin>, LoadError> {
        self.load_under(file.as_ref(), None).await
    }

    /// Loads a plugin as [`Runtime::load`] does, but only if it is the one that the
    /// lock file of its folder names, where there is one ([`lock`]). A file that it
    /// does not name is not compiled.
    ///
    /// # Errors
    /// Why it is no plugin, or not the one that is locked.
    pub async fn load_locked(&self, file: impl AsRef<Path>) -> Result<Arc<Plugin>, LoadError> {
        let file = file.as_ref();
        let refused = |reason| LoadError {
            file: file.to_owned(),
            reason,
        };
        let lock = lock::of(file).map_err(|error| {
            let why = std::error::Error::source(&error);
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            refused(Reason::Lock(format!("{error}{why}")))
        })?;
        let plugin = self.load_under(file, lock.clone()).await?;
        match lock.map(|held| held.lock.check(&plugin)) {
            None | Some(Ok(())) => Ok(plugin),
            Some(Err(mismatch)) => Err(refused(Reason::Locked(mismatch))),
        }
    }

    async fn load_under(
        &self,
        file: &Path,
        lock: Option<lock::Held>,
    ) -> Result<Arc<Plugin>, LoadError> {
        let shared = Arc::clone(&self.shared);
        let path = file.to_owned();
        let compiled = tokio::task::spawn_blocking(move || {
            load::compile_file(&shared.engine, &shared.limits, &path, |sha256| match lock {
                Some(lock) => lock.admit(&path, sha256).map_err(Reason::Locked),
                None => Ok(()),
            })
        });
        self.finish(file.to_owned(), compiled).await
    }

    /// Loads a plugin from its bytes. `file` is what errors call it.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub async fn load_bytes(
        &self,
        file: impl Into<PathBuf>,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<Arc<Plugin>, LoadError> {
        let bytes = bytes.into();
        let shared = Arc::clone(&self.shared);
        let compiled = tokio::task::spawn_blocking(move || {
            load::compile(&shared.engine, &shared.limits, &bytes)
        });
        self.finish(file.into(), compiled).await
    }

    async fn finish(
        &self,
        file: PathBuf,
        compiled: tokio::task::JoinHandle<Result<Compiled, Reason>>,
    ) -> Result<Arc<Plugin>, LoadError> {
        let loaded = match compiled.await {
            Ok(Ok(compiled)) => self.describe(&file, compiled).await,
            Ok(Err(reason)) => Err(reason),
            Err(error) => Err(Reason::Compile(format!("the compiler panicked: {error}"))),
        };
        match loaded {
            Ok(plugin) => {
                tracing::debug!(
                    plugin = plugin.name(),
                    version = plugin.manifest.version,
                    file = %file.display(),
                    digest = plugin.digest,
                    "plugin loaded",
                );
                Ok(Arc::new(plugin))
            }
            Err(reason) => Err(LoadError { file, reason }),
        }
    }

    async fn describe(&self, file: &Path, compiled: Compiled) -> Result<Plugin, Reason> {
        let types = |error: wasmtime::Error| Reason::Types(format!("{error:#}"));
        let pre = self
            .shared
            .linker
            .instantiate_pre(&compiled.component)
            .map_err(types)?;
        let pre = PluginPre::new(pre).map_err(types)?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        // Nobody else can ask it anything yet.
        let alone = Arc::new(Semaphore::new(1));
        let task = Task {
            pre: &pre,
            places: &alone,
            plugin: name.as_ref().into(),
            function: "describe".into(),
            key: "load",
            effect: Effect::Reads,
            // Without a way out, whoever asks for one is refused.
            outlet: None,
            redaction: Redaction::default(),
        };
        let said = self
            .run(task, Describe, Ok)
            .await
            .result
            .map_err(|failure| match failure.class {
                FailureClass::Misconfigured => Reason::Types(failure.detail),
                _ => Reason::Describe(failure),
            })?;
        let short = |text: &str| text.chars().take(100).collect::<String>();
        let (name, version) = (short(&said.name), short(&said.version));
        let manifest = manifest::check(said, self.sizes()).map_err(|problems| {
            let known = load::Known {
                name,
                version,
                contract: compiled.contract.clone(),
                digest: compiled.digest.clone(),
                imports: compiled.imports.clone(),
            };
            Reason::Manifest(problems, Box::new(known))
        })?;
        let calls = self.shared.limits.calls_per_plugin;
        let file = file.to_owned();
        Ok(Plugin::new(manifest, file, compiled, pre, calls))
    }

    // --- calling

    /// Calls a function of a plugin. `outlet` is the way out for this plugin and
    /// one of its connections; a plugin without a connection and without hosts
    /// needs none.
    ///
    /// The call ends within [`Limits::call_timeout`], whatever the plugin does.
    /// Dropping the future ends it at once.
    pub async fn call(
        &self,
        plugin: &Plugin,
        function: &str,
        outlet: Option<&Arc<Outlet>>,
        input: CallInput,
    ) -> CallReport {
        let started = Instant::now();
        let prepared = self
            .function(plugin, function, outlet)
            .and_then(|function| {
                let zone = &input.context.time_zone;
                let parameters =
                    check::parameters(plugin, function, &input.parameters, self.sizes(), zone)?;
                Ok((function, parameters))
            });
        let (function, parameters) = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => return CallReport::refused(failure, started.elapsed()),
        };
        let task = Task {
            pre: &plugin.pre,
            places: &plugin.places,
            plugin: Arc::clone(&plugin.name),
            function: Arc::clone(&function.name),
            key: &input.key,
            effect: function.effect,
            outlet: outlet.cloned(),
            redaction: check::redaction(function, &input.parameters, &input.hidden),
        };
        let call = values_of_call(function, parameters, outlet, &input);
        self.run(task, Run(call), |said| {
            check::outcome(plugin, function, said, self.sizes())
        })
        .await
    }

    /// Asks for the live choices of a parameter.
    pub async fn choices(
        &self,
        plugin: &Plugin,
        function: &str,
        parameter: &str,
        outlet: Option<&Arc<Outlet>>,
        context: &Context,
    ) -> CallReport<Vec<Choice>> {
        let live = self.function(plugin, function, outlet).and_then(|_| {
            let parameters = &plugin.manifest.functions[function].parameters;
            match parameters.iter().find(|known| known.name == parameter) {
                Some(known) if known.choices == ChoicesSource::Live => Ok(()),
                Some(_) => Err("has no live choices"),
                None => Err("is no parameter"),
            }
            .map_err(|what| Failure {
                parameter: Some(parameter.to_owned()),
                ..Failure::new(
                    FailureClass::InvalidParameter,
                    format!("`{}/{function}`: `{parameter}` {what}", plugin.name()),
                )
            })
        });
        if let Err(failure) = live {
            return CallReport::refused(failure, Duration::ZERO);
        }
        let task = self.question(plugin, "choices", outlet);
        let query = integration::ChoicesQuery {
            function: function.to_owned(),
            parameter: parameter.to_owned(),
            context: guest_context(outlet, context),
        };
        self.run(task, Choices(query), |said| {
            let what = format!("{function}, choices of `{parameter}`");
            let most = self.shared.limits.choices;
            if said.len() > most {
                let detail = format!("gave {} choices, more than {most} (`choices`)", said.len());
                return Err(check::contract_broken(plugin, &what, detail));
            }
            manifest::check_choices(said, self.sizes())
                .map_err(|problem| check::contract_broken(plugin, &what, problem.to_string()))
        })
        .await
    }

    /// Tests a connection. The outcome is one line for the operator; it may be
    /// empty.
    pub async fn probe(
        &self,
        plugin: &Plugin,
        outlet: Option<&Arc<Outlet>>,
        context: &Context,
    ) -> CallReport<String> {
        if let Err(failure) = check_outlet(plugin, outlet) {
            return CallReport::refused(failure, Duration::ZERO);
        }
        let task = self.question(plugin, "probe", outlet);
        self.run(task, Probe(guest_context(outlet, context)), |said| {
            Ok(check::clean(&said, &Redaction::default()))
        })
        .await
    }

    /// A task that is asked of the plugin and not of one of its functions.
    fn question<'a>(
        &self,
        plugin: &'a Plugin,
        name: &'static str,
        outlet: Option<&Arc<Outlet>>,
    ) -> Task<'a> {
        Task {
            pre: &plugin.pre,
            places: &plugin.places,
            plugin: Arc::clone(&plugin.name),
            function: name.into(),
            key: name,
            effect: Effect::Reads,
            outlet: outlet.cloned(),
            redaction: Redaction::default(),
        }
    }

    fn function<'a>(
        &self,
        plugin: &'a Plugin,
        function: &str,
        outlet: Option<&Arc<Outlet>>,
    ) -> Result<&'a Function, Failure> {
        check_outlet(plugin, outlet)?;
        plugin.functions.get(function).ok_or_else(|| {
            let detail = format!(
                "the plugin `{}` has no function `{function}`",
                plugin.name()
            );
            Failure::new(FailureClass::Misconfigured, detail)
        })
    }

    fn sizes(&self) -> Sizes {
        Sizes {
            text: self.shared.limits.text_bytes,
            json: self.shared.limits.json_bytes,
            file: self.shared.limits.file_bytes,
        }
    }

    // --- running

    /// Runs an export in a fresh instance, under every limit, and reads what it
    /// said. A reply that breaks the manifest is logged as any other failure.
    async fn run<E: Export, T>(
        &self,
        task: Task<'_>,
        export: E,
        read: impl FnOnce(E::Reply) -> Result<T, Failure>,
    ) -> CallReport<T> {
        let caller = tracing::Span::current();
        let span = tracing::debug_span!(
            "call",
            plugin = %task.plugin,
            function = %task.function,
            call = task.key,
        );
        let report = self
            .run_in_place(task, export, caller)
            .instrument(span.clone())
            .await;
        let _entered = span.entered();
        let report = report.and_then(read);
        match &report.result {
            Ok(_) => tracing::debug!(elapsed = ?report.elapsed, "call ended"),
            Err(failure) => tracing::info!(
                elapsed = ?report.elapsed,
                class = failure.class.word(),
                detail = failure.detail,
                "call failed",
            ),
        }
        report
    }

    async fn run_in_place<E: Export>(
        &self,
        task: Task<'_>,
        export: E,
        caller: tracing::Span,
    ) -> CallReport<E::Reply> {
        let started = Instant::now();
        let deadline = started + self.shared.limits.call_timeout;
        let places = match self.places(task.places, deadline).await {
            Ok(places) => places,
            Err(failure) => return CallReport::refused(failure, started.elapsed()),
        };
        let waited = started.elapsed();
        let guard = Guard::new(&self.shared, task, deadline, caller);
        let stopwatch = Arc::clone(&guard.stopwatch);
        // It may go on on another thread, so it takes with it what belongs to it: the
        // places until it is gone, the span, whoever listens to its log.
        let work = async move {
            let ended = guard.run(export, deadline).await;
            drop(places);
            ended
        };
        let work = work.in_current_span().with_current_subscriber();
        let ended = self.shared.lane.run(stopwatch, work).await;
        CallReport {
            result: ended.result,
            exchanges: ended.exchanges,
            elapsed: started.elapsed(),
            waited,
            computed: ended.computed,
            memory_bytes: ended.memory,
            abandoned_requests: ended.abandoned,
            log_lines: ended.log.lines,
            log_dropped_bytes: ended.log.dropped_bytes,
        }
    }

    /// Waits for a place among the calls of the plugin, then for one among all: in
    /// this order, so that a plugin whose places are all taken takes none of the
    /// others' while it waits.
    async fn places(
        &self,
        of_plugin: &Arc<Semaphore>,
        deadline: Instant,
    ) -> Result<[OwnedSemaphorePermit; 2], Failure> {
        let Shared { places, limits, .. } = &*self.shared;
        if let Ok(own) = Arc::clone(of_plugin).try_acquire_owned()
            && let Ok(place) = Arc::clone(places).try_acquire_owned()
        {
            return Ok([own, place]);
        }
        let until = deadline.min(Instant::now() + limits.queue_wait);
        let wait = async |places: &Arc<Semaphore>, calls: String| {
            match timeout_at(until, Arc::clone(places).acquire_owned()).await {
                Ok(Ok(place)) => Ok(place),
                // The semaphore is never closed, so this is always the wait.
                Ok(Err(_)) | Err(_) => Err(Failure::new(
                    FailureClass::Overloaded,
                    format!(
                        "{calls} and none ended within {:?} (`queue-wait`)",
                        limits.queue_wait
                    ),
                )),
            }
        };
        let calls = limits.calls_per_plugin;
        let own = format!("{calls} calls of this plugin are under way (`calls-per-plugin`)");
        let all = format!(
            "{} calls are under way (`concurrent-calls`)",
            limits.concurrent_calls
        );
        Ok([wait(of_plugin, own).await?, wait(places, all).await?])
    }
}

/// A store, and everything that watches over it.
struct Guard {
    limits: Limits,
    pre: PluginPre<CallState>,
    store: Store<CallState>,
    stopwatch: Arc<Stopwatch>,
    log: Log,
    redaction: Arc<Redaction>,
}

/// What is left when the store is gone.
struct Ended<T> {
    result: Result<T, Failure>,
    exchanges: Vec<Exchange>,
    abandoned: u32,
    computed: Duration,
    memory: usize,
    log: Summary,
}

impl Guard {
    fn new(shared: &Shared, task: Task<'_>, deadline: Instant, caller: tracing::Span) -> Guard {
        let limits = &shared.limits;
        let redaction = Arc::new(task.redaction);
        let log = Log::new(
            Arc::clone(&task.plugin),
            Arc::clone(&task.function),
            task.key.to_owned(),
            Arc::clone(&redaction),
            limits.log_bytes,
        );
        // Requests end a little earlier than the call, so that a plugin can
        // still say that its back end was too slow.
        let requests_end = deadline - ANSWER_TIME.min(limits.call_timeout / 10);
        let scope = CallScope::new(
            task.plugin,
            task.function,
            task.effect,
            requests_end,
            limits.requests,
        )
        .with_body_bytes(limits.body_bytes);
        let outbound_http = OutboundHttp::new(task.outlet, scope, caller);
        let meter = Meter::new(limits, Arc::clone(&shared.memory));
        let stopwatch = Stopwatch::new();
        let mut store = Store::new(&shared.engine, CallState::new(limits, outbound_http, meter, &log));
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(limits.hostcall_bytes);
        store.set_max_component_handles(limits.handles);
        let (watch, cpu_time) = (Arc::clone(&stopwatch), limits.cpu_time);
        store.epoch_deadline_callback(move |_| {
            Ok(if watch.spent() < cpu_time {
                UpdateDeadline::Yield(1)
            } else {
                UpdateDeadline::Interrupt
            })
        });
        store.set_epoch_deadline(1);
        Guard {
            limits: limits.clone(),
            pre: task.pre.clone(),
            store,
            stopwatch,
            log,
            redaction,
        }
    }

    /// Calls the export and judges what came of it, at the deadline at the latest.
    async fn run<E: Export>(mut self, export: E, deadline: Instant) -> Ended<E::Reply> {
        let answered = {
            // The start of an instance runs the plugin's code, too.
            let work = AssertUnwindSafe(self.answer(export)).catch_unwind();
            match timeout_at(deadline, work).await {
                Ok(Ok(Ok(reply))) => Ok(reply),
                Ok(Ok(Err(error))) => Err(Broken::Stopped(error)),
                Ok(Err(_panic)) => Err(Broken::Panicked),
                Err(_late) => Err(Broken::Late),
            }
        };
        self.finish(answered)
    }

    async fn answer<E: Export>(
        &mut self,
        export: E,
    ) -> wasmtime::Result<Result<E::Reply, values::Failure>> {
        let world = self.pre.instantiate_async(&mut self.store).await?;
        export
            .call(world.krabice_boxes_integration(), &mut self.store)
            .await
    }

    /// Judges the call and throws the instance away.
    fn finish<T>(self, answered: Result<Result<T, values::Failure>, Broken>) -> Ended<T> {
        let log = self.log.finish();
        let state = self.store.data();
        let scope = state.outbound_http.scope();
        // What was forbidden stays forbidden, whatever came afterwards.
        let result = match (scope.refusal(), answered) {
            (Some(refusal), _) => Err(Failure::new(
                FailureClass::Forbidden,
                format!("{refusal} (`{}`)", refusal.rule.code()),
            )),
            (None, Ok(Ok(reply))) => Ok(reply),
            (None, Ok(Err(failure))) => {
                let failure = check::failure(failure, &self.redaction);
                Err(outbound_http::explained(failure, state.outbound_http.last_error()))
            }
            (None, Err(broken)) => Err(verdict::failure(
                broken,
                state.meter.denied(),
                &log.last,
                &self.limits,
            )),
        };
        Ended {
            result,
            exchanges: scope.exchanges(),
            abandoned: state.outbound_http.under_way(),
            computed: self.stopwatch.total(),
            memory: state.meter.memory(),
            log,
        }
    }
}

/// A plugin with settings needs a connection of its own.
fn check_outlet(plugin: &Plugin, outlet: Option<&Arc<Outlet>>) -> Result<(), Failure> {
    let misconfigured = |detail: String| Err(Failure::new(FailureClass::Misconfigured, detail));
    match outlet {
        Some(outlet) if outlet.plugin() != plugin.name() => misconfigured(format!(
            "the connection belongs to the plugin `{}`, not to `{}`",
            outlet.plugin(),
            plugin.name()
        )),
        None if !plugin.manifest.settings.is_empty() => {
            misconfigured(format!("the plugin `{}` needs a connection", plugin.name()))
        }
        _ => Ok(()),
    }
}

fn guest_context(outlet: Option<&Arc<Outlet>>, context: &Context) -> integration::Context {
    let settings = outlet.map_or_else(Vec::new, |outlet| {
        outlet
            .public_settings()
            .iter()
            .map(|(name, value)| values::NamedValue {
                name: name.clone(),
                value: convert::setting(value),
            })
            .collect()
    });
    let zone = &context.time_zone;
    integration::Context {
        settings,
        language: context.language.clone(),
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        now: convert::moment(context.now, zone),
    }
}

fn values_of_call(
    function: &Function,
    parameters: Vec<values::NamedValue>,
    outlet: Option<&Arc<Outlet>>,
    input: &CallInput,
) -> integration::Call {
    integration::Call {
        function: function.name.as_ref().to_owned(),
        parameters,
        key: input.key.clone(),
        context: guest_context(outlet, &input.context),
    }
}
