//! Wasmtime's engine: the compilation of plugins and the memory of their instances.

use std::error::Error;
use std::path::Path;
use std::thread;

use wasmtime::component::Linker;
use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy,
    PoolingAllocationConfig, WasmFeatures,
};

use crate::contract;
use crate::limits::{CORE_INSTANCES, Limits, MEMORIES, TABLES, TICK};
use crate::state::CallState;

/// The reason why a runtime cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A limit has a value with which no call could run.
    #[error("the limit `{setting}` {what}")]
    Limit {
        /// The setting.
        setting: &'static str,
        /// What is wrong with the value.
        what: &'static str,
    },
    /// The system does not give the engine what it needs.
    #[error("the WebAssembly engine cannot be started")]
    Engine(#[source] Box<dyn Error + Send + Sync>),
    /// The thread that interrupts plugins cannot be started.
    #[error("the thread that interrupts plugins cannot be started")]
    Ticker(#[source] std::io::Error),
}

/// The source of the memory of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Slots that are reserved ahead, with only the used pages cleaned after a call: the
    /// fastest, on Linux 6.7 or later.
    Scanned,
    /// Slots that are reserved ahead, with the memory given back to the system after a call.
    Plain,
    /// Memory that is reserved for each call, for a system without address space for a pool.
    OnDemand,
}

/// The bytes of a memory that a slot keeps after a call, where only the used pages must be
/// cleaned. A Rust plugin uses some 100 KiB of its 1 to 2 MiB; BENCHMARKS.md has the
/// measurements.
const KEPT_MEMORY: usize = 1024 * 1024;
/// The bytes of a stack that a slot keeps.
const KEPT_STACK: usize = 128 * 1024;
/// The bytes of a table that a slot keeps.
const KEPT_TABLE: usize = 64 * 1024;

/// Makes the engine with the fastest pool that this system has, but no faster one than
/// `best`.
pub(crate) fn build(
    limits: &Limits,
    cache: Option<&Path>,
    best: Pool,
) -> Result<(Engine, Pool), BuildError> {
    let cache = cache.and_then(compile_cache);
    let pools: &[Pool] = match best {
        Pool::Scanned => &[Pool::Scanned, Pool::Plain, Pool::OnDemand],
        Pool::Plain => &[Pool::Plain, Pool::OnDemand],
        Pool::OnDemand => &[Pool::OnDemand],
    };
    let mut last = None;
    for pool in pools {
        let mut config = config(limits);
        config.cache(cache.clone());
        if let Some(allocation) = allocation(limits, *pool) {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(allocation));
        }
        // The engine reserves the address space of the pool, so this is also the test
        // whether the system has the pool.
        match Engine::new(&config) {
            Ok(engine) => {
                tracing::debug!(?pool, "engine started");
                start_ticker(&engine)?;
                return Ok((engine, *pool));
            }
            Err(error) => {
                tracing::debug!(
                    ?pool,
                    error = format!("{error:#}"),
                    "this system does not have this kind of pool"
                );
                last = Some(error);
            }
        }
    }
    let error = last.expect("each list has at least one pool");
    Err(BuildError::Engine(error.into()))
}

/// The configuration that all kinds of pool have in common.
fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        // The plugin's stack and that of the host's own functions.
        .async_stack_size(limits.stack_bytes + 512 * 1024)
        // Backtraces have no reader: the log of a plugin shows why it panicked.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        // WASI 0.2 has no concurrency within a component.
        .concurrency_support(false);
    // Only the features that compilers of plugins need are on. Each of these has had
    // vulnerabilities in some runtime, and Wasmtime has it on by default or may have it.
    // Several memories stay allowed: Wasmtime's own adapter between the components of one
    // plugin needs them, and QuickJS makes such plugins.
    for feature in [
        WasmFeatures::MEMORY64,
        WasmFeatures::THREADS,
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        WasmFeatures::GC,
        WasmFeatures::FUNCTION_REFERENCES,
        WasmFeatures::EXCEPTIONS,
        WasmFeatures::TAIL_CALL,
        WasmFeatures::RELAXED_SIMD,
        WasmFeatures::STACK_SWITCHING,
        WasmFeatures::WIDE_ARITHMETIC,
        WasmFeatures::CUSTOM_PAGE_SIZES,
    ] {
        config.wasm_features(feature, false);
    }
    config
}

/// The sizes of a pool, from the number of calls at once; `None` for no pool.
fn allocation(limits: &Limits, pool: Pool) -> Option<PoolingAllocationConfig> {
    let calls = limits.concurrent_calls;
    let mut allocation = PoolingAllocationConfig::new();
    match pool {
        Pool::OnDemand => return None,
        Pool::Plain => {}
        Pool::Scanned => {
            allocation
                .pagemap_scan(Enabled::Yes)
                .linear_memory_keep_resident(KEPT_MEMORY)
                .table_keep_resident(KEPT_TABLE)
                .async_stack_keep_resident(KEPT_STACK);
        }
    }
    allocation
        .total_component_instances(calls)
        // Enough for calls of plugins with the most modules, so that such a plugin does not
        // use up the pool for others: core instances cost only a counter, tables and
        // memories only address space.
        .total_core_instances(calls.saturating_mul(CORE_INSTANCES as u32))
        .total_tables(calls.saturating_mul(TABLES as u32))
        .total_memories(calls.saturating_mul(MEMORIES as u32))
        .total_stacks(calls)
        .max_core_instances_per_component(CORE_INSTANCES as u32)
        .max_memories_per_component(MEMORIES as u32)
        .max_tables_per_component(TABLES as u32)
        // Larger than the limit of the meter, as memories are by default, so that the meter
        // denies what is too much and the failure names the limit.
        .table_elements(limits.table_elements.max(1 << 20))
        // Interpreters have much code, whose metadata is part of an instance.
        .max_component_instance_size(16 << 20)
        .max_core_instance_size(16 << 20)
        .max_unused_warm_slots(calls);
    Some(allocation)
}

/// The cache of compiled plugins. It only makes a second start faster, so a start does
/// not fail without it.
fn compile_cache(directory: &Path) -> Option<Cache> {
    let made = private_directory(directory).and_then(|()| {
        let mut config = CacheConfig::new();
        config.with_directory(std::path::absolute(directory)?);
        Cache::new(config).map_err(std::io::Error::other)
    });
    match made {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!(
                directory = %directory.display(),
                %error,
                "compiled plugins are not cached; every start compiles them again",
            );
            None
        }
    }
}

/// Makes the directory of the cache and checks that only its owner can write there:
/// compiled plugins are native code, which is executed without a check.
fn private_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        builder.mode(0o700).create(directory)?;
        let metadata = std::fs::metadata(directory)?;
        if metadata.mode() & 0o022 != 0 {
            return Err(std::io::Error::other(
                "other users can write to the directory",
            ));
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(std::io::Error::other(
                "the directory belongs to another user",
            ));
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(directory)
}

/// Starts the thread that interrupts plugins at each tick. It is a thread of its own,
/// because the calls to interrupt could block a timer on Tokio's threads. It ends with the
/// engine.
fn start_ticker(engine: &Engine) -> Result<(), BuildError> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("krabice-ticker".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })
        .map(drop)
        .map_err(BuildError::Ticker)
}

/// Makes the linker with everything that plugins may import: WASI 0.2 with a closed
/// context, `wasi:http`, and the interfaces of the contract. Rust's standard library and
/// others import many interfaces of WASI that they never use, so all of them exist, with
/// nothing behind them.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<CallState>, BuildError> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)
        .and_then(|()| wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker))
        .and_then(|()| contract::add_to_linker(&mut linker))
        .map_err(|error| BuildError::Engine(error.into()))?;
    Ok(linker)
}
