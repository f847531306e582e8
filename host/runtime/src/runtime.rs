//! The runtime: one engine, the loading of plugins, and calls.
//!
//! A call goes through these steps: [`Runtime::call`] checks the input, `call_export` waits
//! for permits, `CallGuard::prepare` makes a store under all limits, `CallGuard::invoke`
//! makes an instance and calls the export, and `CallGuard::classify` turns the end of the
//! call into an outcome or a failure. The checks of the reply follow.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use krabice_contract::manifest::{Choice, ChoicesSource, Effect};
use krabice_contract::value::{Sizes, moment};
use krabice_contract::{
    Failure, FailureClass, Kind, ManifestProblem, Redaction, check_choices, check_manifest, raw,
};
use krabice_egress::{CallScope, Exchange, Outlet};
use percent_encoding::percent_decode_str;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use tracing::instrument::WithSubscriber;
use wasmtime::component::Linker;
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::bindings::{integration, values};
use crate::call::{CallInput, CallReport, Context};
use crate::call_failure::{self, CallFailure};
use crate::check;
#[cfg(feature = "bench")]
use crate::contract::Instance;
use crate::contract::{self, PluginPre};
use crate::engine::{self, BuildError, Pool};
use crate::limits::Limits;
use crate::load::{self, Compiled, Known, LoadError, Reason};
use crate::lock;
use crate::log::{LogSummary, PluginLog};
use crate::low_priority::LowPriorityExecutor;
use crate::meter::{ResourceMeter, Stopwatch};
use crate::outbound_http::{self, OutboundHttp};
use crate::plugin::{Callable, Plugin};
use crate::state::CallState;
use crate::turns::{Turn, Turns};

mod export;
#[cfg(feature = "bench")]
mod warm;

use export::{Choices, Describe, Export, Probe, Run};
#[cfg(feature = "bench")]
pub use warm::Warm;

/// The time at the end of a call in which it sends no requests: more than any plugin
/// computes after an answer, and little beside the call's 30 s.
const ANSWER_TIME: Duration = Duration::from_millis(500);

/// Makes a [`Runtime`].
#[derive(Debug, Clone)]
pub struct RuntimeBuilder {
    limits: Limits,
    cache: Option<PathBuf>,
    pool: Pool,
}

impl RuntimeBuilder {
    /// Sets the limits. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the directory of the cache of compiled plugins, which makes a second start fast.
    /// The directory is made if it is missing, with access for its owner alone. One to which
    /// other users can write is not used, because its files are executed without a check.
    /// Default: no cache.
    #[must_use]
    pub fn cache_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache = Some(directory.into());
        self
    }

    /// Sets the pool of instances. Default: [`Pool::Scanned`], the fastest. A system without
    /// that pool, or without the address space for it, gets the next slower one.
    #[must_use]
    pub fn pool(mut self, pool: Pool) -> Self {
        self.pool = pool;
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// A limit with which no call could run, or a system without the resources of the engine.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let limits = self.limits;
        let invalid = |setting, what| Err(BuildError::Limit { setting, what });
        if limits.concurrent_calls == 0 {
            return invalid("concurrent-calls", "is 0; the least is 1");
        }
        if limits.calls_per_plugin == 0 {
            return invalid("calls-per-plugin", "is 0; the least is 1");
        }
        if limits.memory_bytes < 64 * 1024 {
            return invalid("memory-bytes", "is less than the 64 KiB of one page");
        }
        if limits.stack_bytes < 64 * 1024 {
            return invalid("stack-bytes", "is less than 64 KiB");
        }
        let (engine, pool) = engine::build(&limits, self.cache.as_deref(), self.pool)?;
        let linker = engine::linker(&engine)?;
        let permits = Arc::new(Semaphore::new(limits.concurrent_calls as usize));
        let shared = Shared {
            engine,
            linker,
            pool,
            limits,
            permits,
            low_priority: LowPriorityExecutor::new(),
            turns: Turns::default(),
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
    /// Permits for the calls at once of all plugins.
    permits: Arc<Semaphore>,
    low_priority: LowPriorityExecutor,
    turns: Turns,
    /// The memory of all calls, in bytes.
    memory: Arc<AtomicUsize>,
}

/// The plugin and the function of a call, and what the call may use.
struct CallTarget<'a> {
    pre: &'a PluginPre,
    /// Permits for the calls at once of this plugin.
    permits: &'a Arc<Semaphore>,
    plugin: Arc<str>,
    function: Arc<str>,
    key: &'a str,
    effect: Effect,
    outlet: Option<Arc<Outlet>>,
    /// The session's language.
    language: &'a str,
    /// What an exclusive call waits for.
    turn: Option<Turn>,
    redaction: Redaction,
}

impl Runtime {
    /// Makes a builder with the defaults.
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

    /// The pool of instances that the system gives.
    #[must_use]
    pub fn pool(&self) -> Pool {
        self.shared.pool
    }

    /// The number of further calls that could start now.
    #[must_use]
    pub fn free_permits(&self) -> usize {
        self.shared.permits.available_permits()
    }

    /// The current memory of all instances, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.shared.memory.load(Ordering::Relaxed)
    }

    // --- loading

    /// Loads a plugin from a file: compiles it on a blocking thread, calls `describe` and
    /// checks the manifest.
    ///
    /// # Errors
    /// The reason why the file is not a plugin; all problems of its manifest.
    pub async fn load(&self, file: impl AsRef<Path>) -> Result<Arc<Plugin>, LoadError> {
        self.load_under(file.as_ref(), None).await
    }

    /// Loads a plugin as [`Runtime::load`] does, but only if it is the one that the lock file
    /// of its folder names, where there is one ([`lock`]). Another file is not compiled.
    ///
    /// # Errors
    /// The reason why the file is not a plugin, or not the locked one.
    pub async fn load_locked(&self, file: impl AsRef<Path>) -> Result<Arc<Plugin>, LoadError> {
        let file = file.as_ref();
        let refused = |reason| LoadError {
            file: file.to_owned(),
            reason,
        };
        let lock = lock::lock_of(file).map_err(|error| refused(Reason::Lock(error)))?;
        let plugin = self.load_under(file, lock.clone()).await?;
        match lock.map(|active| active.lock.check(&plugin)) {
            None | Some(Ok(())) => Ok(plugin),
            Some(Err(mismatch)) => Err(refused(Reason::Locked(mismatch))),
        }
    }

    async fn load_under(
        &self,
        file: &Path,
        lock: Option<lock::ActiveLock>,
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

    /// Loads a plugin from its bytes. Errors name it by `file`.
    ///
    /// # Errors
    /// As for [`Runtime::load`].
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
            Err(error) => Err(Reason::Compile(error.into())),
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
        let types = |error: wasmtime::Error| Reason::Types(error.into());
        let pre = self
            .shared
            .linker
            .instantiate_pre(&compiled.component)
            .map_err(types)?;
        let pre = PluginPre::new(pre, compiled.version).map_err(types)?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        // No other call can use the plugin yet.
        let permits = Arc::new(Semaphore::new(1));
        let target = CallTarget {
            pre: &pre,
            permits: &permits,
            plugin: name.as_ref().into(),
            function: "describe".into(),
            key: "load",
            effect: Effect::Reads,
            // Without an outlet every request is refused.
            outlet: None,
            language: "en",
            turn: None,
            redaction: Redaction::default(),
        };
        let report = self.call_export(target, Describe, Ok).await;
        let declared = report.result.map_err(|failure| {
            if failure.class == FailureClass::Misconfigured {
                Reason::Types(failure.detail.into())
            } else {
                Reason::Describe(failure)
            }
        })?;
        let short = |text: &str| text.chars().take(100).collect::<String>();
        let (name, version) = (short(&declared.name), short(&declared.version));
        let files = declared
            .functions
            .iter()
            .flat_map(|function| &function.parameters);
        let takes_file = files.map(|it| it.kind).any(|kind| kind == Kind::File);
        let checked = if takes_file && !compiled.version.takes_files() {
            Err(vec![ManifestProblem::new(
                "functions",
                "have a parameter of the kind file, which version 0.1 of the contract does not have",
            )])
        } else {
            check_manifest(declared, self.sizes())
        };
        let manifest = checked.map_err(|problems| {
            let known = Known {
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

    /// Calls a function of a plugin. `outlet` is that of the plugin and one of its
    /// connections; a plugin without a connection and without hosts needs none.
    ///
    /// The call ends within [`Limits::call_timeout`], whatever the plugin does. Dropping the
    /// future ends it at once.
    pub async fn call(
        &self,
        plugin: &Plugin,
        function: &str,
        outlet: Option<&Arc<Outlet>>,
        input: CallInput,
    ) -> CallReport {
        let started = Instant::now();
        let checked = self
            .function(plugin, function, outlet)
            .and_then(|function| {
                let checked = check::parameters(plugin, function, &input, self.sizes())?;
                Ok((function, checked))
            });
        let (function, (parameters, redaction)) = match checked {
            Ok(checked) => checked,
            Err(failure) => return CallReport::refused(failure, started.elapsed()),
        };
        let target = CallTarget {
            pre: &plugin.pre,
            permits: &plugin.permits,
            plugin: Arc::clone(&plugin.name),
            function: Arc::clone(&function.name),
            key: &input.key,
            effect: function.effect,
            outlet: outlet.cloned(),
            language: &input.context.language,
            turn: function
                .exclusive
                .as_ref()
                .map(|subject| self.shared.turns.of(&plugin.name, outlet, subject, &input)),
            redaction,
        };
        let call = guest_call(function, parameters, outlet, &input);
        self.call_export(target, Run(call), |outcome| {
            check::outcome(plugin, function, outcome, self.sizes())
        })
        .await
    }

    /// Calls `choices` for the live choices of a parameter.
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
                None => Err("is not a parameter"),
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
        let target = CallTarget::of_plugin(plugin, "choices", outlet, &context.language);
        let query = integration::ChoicesQuery {
            function: function.to_owned(),
            parameter: parameter.to_owned(),
            context: guest_context(outlet, context),
        };
        self.call_export(target, Choices(query), |choices| {
            let what = format!("{function}, choices of `{parameter}`");
            let most = self.shared.limits.choices;
            if choices.len() > most {
                let count = choices.len();
                let detail = format!("gave {count} choices, more than {most} (`choices`)");
                return Err(check::contract_broken(plugin, &what, detail));
            }
            check_choices(choices, self.sizes())
                // The first is enough: a list can have thousands of the same.
                .map_err(|problems| check::contract_broken(plugin, &what, problems[0].to_string()))
        })
        .await
    }

    /// Calls `probe` to test a connection. The outcome is one line for the operator, which may
    /// be empty.
    pub async fn probe(
        &self,
        plugin: &Plugin,
        outlet: Option<&Arc<Outlet>>,
        context: &Context,
    ) -> CallReport<String> {
        if let Err(failure) = check_outlet(plugin, outlet) {
            return CallReport::refused(failure, Duration::ZERO);
        }
        let target = CallTarget::of_plugin(plugin, "probe", outlet, &context.language);
        let probe = Probe(guest_context(outlet, context));
        self.call_export(target, probe, |line| {
            Ok(check::clean(&line, &Redaction::default()))
        })
        .await
    }

    fn function<'a>(
        &self,
        plugin: &'a Plugin,
        function: &str,
        outlet: Option<&Arc<Outlet>>,
    ) -> Result<&'a Callable, Failure> {
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

    // --- executing

    /// Calls an export in a fresh instance under all limits, and checks the reply. Every
    /// failure is logged, that of the check too.
    async fn call_export<E: Export, T>(
        &self,
        target: CallTarget<'_>,
        export: E,
        check: impl FnOnce(E::Given) -> Result<T, Failure>,
    ) -> CallReport<T> {
        let caller = tracing::Span::current();
        let span = tracing::debug_span!(
            "call",
            plugin = %target.plugin,
            function = %target.function,
            call = target.key,
        );
        let report = self
            .call_with_permits(target, export, caller)
            .instrument(span.clone())
            .await;
        let _entered = span.entered();
        let mut report = report.and_then(check);
        if report.unanswered_write {
            report.result = report.result.map_err(call_failure::outcome_unknown);
        }
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

    async fn call_with_permits<E: Export>(
        &self,
        target: CallTarget<'_>,
        export: E,
        caller: tracing::Span,
    ) -> CallReport<E::Given> {
        let started = Instant::now();
        let deadline = started + self.shared.limits.call_timeout;
        // The turn first, so that a call that waits for another one takes no permit.
        let turn = match &target.turn {
            None => None,
            Some(turn) => match timeout_at(deadline, Arc::clone(turn).lock_owned()).await {
                Ok(turn) => Some(turn),
                Err(_elapsed) => {
                    let detail = "another call about the same thing did not end in time";
                    let failure = Failure::new(FailureClass::Overloaded, detail);
                    return CallReport::refused(failure, started.elapsed());
                }
            },
        };
        let permits = match self.permits(target.permits, deadline).await {
            Ok(permits) => permits,
            Err(failure) => return CallReport::refused(failure, started.elapsed()),
        };
        let waited = started.elapsed();
        let guard = CallGuard::prepare(&self.shared, target, deadline, caller);
        let stopwatch = Arc::clone(&guard.stopwatch);
        // The call may move to another thread, so it owns everything that belongs to it: the
        // permits until its instance is dropped, the span, the subscriber of its log.
        let work = async move {
            let ended = guard.invoke(export, deadline).await;
            drop((permits, turn));
            ended
        };
        let work = work.in_current_span().with_current_subscriber();
        let ended = self.shared.low_priority.execute(stopwatch, work).await;
        CallReport {
            result: ended.result,
            exchanges: ended.exchanges,
            elapsed: started.elapsed(),
            waited,
            computed: ended.computed,
            memory_bytes: ended.memory,
            abandoned_requests: ended.abandoned,
            unanswered_write: ended.unanswered_write,
            log_lines: ended.log.lines,
            log_dropped_bytes: ended.log.dropped_bytes,
        }
    }

    /// Waits for a permit among the calls of the plugin, then for one among all calls. In this
    /// order, so that a plugin whose permits are all in use takes none of the common ones while
    /// it waits.
    async fn permits(
        &self,
        of_plugin: &Arc<Semaphore>,
        deadline: Instant,
    ) -> Result<[OwnedSemaphorePermit; 2], Failure> {
        let Shared {
            permits, limits, ..
        } = &*self.shared;
        if let Ok(of_plugin) = Arc::clone(of_plugin).try_acquire_owned()
            && let Ok(of_all) = Arc::clone(permits).try_acquire_owned()
        {
            return Ok([of_plugin, of_all]);
        }
        let until = deadline.min(Instant::now() + limits.queue_wait);
        let wait = async |permits: &Arc<Semaphore>, calls: String| match timeout_at(
            until,
            Arc::clone(permits).acquire_owned(),
        )
        .await
        {
            Ok(permit) => Ok(permit.expect("this semaphore is never closed")),
            Err(_) => Err(Failure::new(
                FailureClass::Overloaded,
                format!(
                    "{calls} and none ended within {:?} (`queue-wait`)",
                    limits.queue_wait
                ),
            )),
        };
        let calls = limits.calls_per_plugin;
        let own = format!("{calls} calls of this plugin are under way (`calls-per-plugin`)");
        let all = format!(
            "{} calls are under way (`concurrent-calls`)",
            limits.concurrent_calls
        );
        Ok([wait(of_plugin, own).await?, wait(permits, all).await?])
    }
}

impl<'a> CallTarget<'a> {
    /// A call of an export that belongs to no function.
    fn of_plugin(
        plugin: &'a Plugin,
        export: &'static str,
        outlet: Option<&Arc<Outlet>>,
        language: &'a str,
    ) -> CallTarget<'a> {
        CallTarget {
            pre: &plugin.pre,
            permits: &plugin.permits,
            plugin: Arc::clone(&plugin.name),
            function: export.into(),
            key: export,
            effect: Effect::Reads,
            outlet: outlet.cloned(),
            language,
            turn: None,
            redaction: Redaction::default(),
        }
    }
}

/// The store of one call, and everything that limits it.
struct CallGuard {
    limits: Limits,
    pre: PluginPre,
    store: Store<CallState>,
    stopwatch: Arc<Stopwatch>,
    log: PluginLog,
    redaction: Arc<Redaction>,
}

/// The result of a call whose store is dropped.
struct EndedCall<T> {
    result: Result<T, Failure>,
    exchanges: Vec<Exchange>,
    abandoned: u32,
    unanswered_write: bool,
    computed: Duration,
    memory: usize,
    log: LogSummary,
}

impl CallGuard {
    /// Makes the store of a call under all limits.
    fn prepare(
        shared: &Shared,
        target: CallTarget<'_>,
        deadline: Instant,
        caller: tracing::Span,
    ) -> CallGuard {
        let limits = &shared.limits;
        let redaction = Arc::new(target.redaction);
        let log = PluginLog::new(
            Arc::clone(&target.plugin),
            Arc::clone(&target.function),
            target.key.to_owned(),
            Arc::clone(&redaction),
            limits.log_bytes,
        );
        // Requests end a little earlier than the call, so that a plugin can still report that
        // its back end was too slow.
        let requests_end = deadline - ANSWER_TIME.min(limits.call_timeout / 10);
        let scope = CallScope::new(
            target.plugin,
            target.function,
            target.effect,
            requests_end,
            limits.requests,
        )
        .with_body_bytes(limits.body_bytes);
        let outbound_http = OutboundHttp::new(target.outlet, scope, caller);
        let meter = ResourceMeter::new(limits, Arc::clone(&shared.memory));
        let stopwatch = Stopwatch::new();
        let state = CallState::new(
            limits,
            outbound_http,
            meter,
            target.language.to_owned(),
            &log,
        );
        let mut store = Store::new(&shared.engine, state);
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
        CallGuard {
            limits: limits.clone(),
            pre: target.pre.clone(),
            store,
            stopwatch,
            log,
            redaction,
        }
    }

    /// Makes the instance. This can run code of the plugin.
    #[cfg(feature = "bench")]
    fn instantiate(&mut self) -> impl Future<Output = wasmtime::Result<Instance>> {
        self.pre.instantiate(&mut self.store)
    }

    /// Makes the instance, calls the export and classifies the end, at the deadline at the
    /// latest.
    async fn invoke<E: Export>(mut self, export: E, deadline: Instant) -> EndedCall<E::Given> {
        let answered = {
            // Making the instance can run code of the plugin, too.
            let work = export.call(&self.pre, &mut self.store);
            match timeout_at(deadline, AssertUnwindSafe(work).catch_unwind()).await {
                Ok(Ok(Ok(reply))) => Ok(reply),
                Ok(Ok(Err(error))) => Err(CallFailure::Stopped(error)),
                Ok(Err(_panic)) => Err(CallFailure::Panicked),
                Err(_elapsed) => Err(CallFailure::Late),
            }
        };
        self.classify(answered)
    }

    /// Classifies the end of the call and drops the instance.
    fn classify<T>(
        self,
        answered: Result<Result<T, values::Failure>, CallFailure>,
    ) -> EndedCall<T> {
        let log = self.log.finish();
        let state = self.store.data();
        let http = &state.outbound_http;
        // A call with a refusal is forbidden, whatever came afterwards.
        let result = match (http.scope().refusal(), answered) {
            (Some(refusal), _) => Err(Failure::new(
                FailureClass::Forbidden,
                format!("{refusal} (`{}`)", refusal.rule.code()),
            )),
            (None, Ok(Ok(reply))) => Ok(reply),
            (None, Ok(Err(failure))) => {
                let failure = check::failure(failure, &self.redaction);
                Err(outbound_http::explained(failure, http.take_last_error()))
            }
            (None, Err(failure)) => Err(call_failure::classify(
                failure,
                state.meter.denied(),
                &log.last_lines,
                &self.limits,
            )),
        };
        EndedCall {
            result,
            exchanges: redacted(http.scope().exchanges(), &self.redaction),
            abandoned: http.under_way(),
            unanswered_write: http.scope().has_unanswered_write(),
            computed: self.stopwatch.total(),
            memory: state.meter.memory(),
            log,
        }
    }
}

/// The exchanges without the hidden and personal values that a plugin put into a path.
fn redacted(mut exchanges: Vec<Exchange>, redaction: &Redaction) -> Vec<Exchange> {
    let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    for exchange in &mut exchanges {
        exchange.path = redaction.mask_path(&exchange.path, decoded);
    }
    exchanges
}

/// Checks that a plugin with settings has an outlet, and that it is the plugin's own.
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
        Some(_) | None => Ok(()),
    }
}

fn guest_context(outlet: Option<&Arc<Outlet>>, context: &Context) -> integration::Context {
    let settings = outlet.map(|outlet| outlet.public_settings());
    let settings = settings.into_iter().flatten();
    let zone = &context.time_zone;
    integration::Context {
        settings: contract::named_values(
            settings.map(|(name, value)| (name.clone(), raw::Value::of_setting(value))),
        ),
        language: context.language.clone(),
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        now: moment(context.now, zone),
    }
}

fn guest_call(
    function: &Callable,
    parameters: Vec<raw::NamedValue>,
    outlet: Option<&Arc<Outlet>>,
    input: &CallInput,
) -> integration::Call {
    integration::Call {
        function: function.name.as_ref().to_owned(),
        parameters: contract::named_values(parameters),
        key: input.key.clone(),
        context: guest_context(outlet, &input.context),
    }
}
