//! The engine: how plugins are compiled and where their instances live.

use std::path::Path;
use std::thread;
use std::time::Duration;

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy,
    PoolingAllocationConfig, WasmFeatures,
};

use crate::bindings::Plugin as World;
use crate::meter::{CORE_INSTANCES, MEMORIES, TABLES};
use crate::state::CallState;
use crate::{BuildError, Limits};

/// How often running plugins are asked to make room for others. 5 ms is short
/// beside a customer's patience and long beside a call, so most calls are over
/// before the first tick.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// Where instances live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pool {
    /// In places made ahead, cleaned page by page as they were used: the
    /// fastest, on Linux 6.7 or later.
    Scanned,
    /// In places made ahead, given back to the system after each call.
    Plain,
    /// Made for each call: where the address space for a pool cannot be had.
    OnDemand,
}

/// How much of a memory stays in place after a call, where only the pages that
/// were used have to be cleaned. A Rust plugin touches some 100 KiB of its 1 to
/// 2 MiB; BENCHMARKS.md has the measurements.
const KEPT_MEMORY: usize = 1024 * 1024;
/// The same of a stack.
const KEPT_STACK: usize = 128 * 1024;
/// The same of a table.
const KEPT_TABLE: usize = 64 * 1024;

/// Makes the engine, with the best pool that this system has and that is no better than
/// asked for.
pub(crate) fn engine(
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
        // Making the engine reserves the pool's address space, so this is the
        // probe at the same time.
        match Engine::new(&config) {
            Ok(engine) => {
                tracing::debug!(?pool, "instances have their place");
                start_ticker(&engine)?;
                return Ok((engine, *pool));
            }
            Err(error) => {
                tracing::debug!(
                    ?pool,
                    error = format!("{error:#}"),
                    "a kind of pool cannot be had"
                );
                last = Some(error);
            }
        }
    }
    Err(BuildError::Engine(last.map_or_else(
        || "no pool was tried".to_owned(),
        |e| format!("{e:#}"),
    )))
}

/// What all kinds of pool have in common.
fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        // What the host's own functions need on top of the plugin's stack.
        .async_stack_size(limits.stack_bytes + 512 * 1024)
        // No plugin is told its own backtrace; its log says why it panicked.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        // Neither is in WASI 0.2.
        .concurrency_support(false);
    // Only what compilers of plugins need. Each of these has had a hole of its
    // own in some runtime; all would be on otherwise, or could be. Several memories
    // stay allowed: Wasmtime's own adapter between two components that are one
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

/// The sizes of a pool, all from the number of calls at once.
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
        // So that no plugin, however many modules it has, empties the pool for
        // the others: core instances are only counted, tables and memories are
        // address space.
        .total_core_instances(calls.saturating_mul(CORE_INSTANCES as u32))
        .total_tables(calls.saturating_mul(TABLES as u32))
        .total_memories(calls.saturating_mul(MEMORIES as u32))
        .total_stacks(calls)
        .max_core_instances_per_component(CORE_INSTANCES as u32)
        .max_memories_per_component(MEMORIES as u32)
        .max_tables_per_component(TABLES as u32)
        // Larger than what the meter grants, as memories are by themselves: who
        // wants too much is then refused by the meter, in its own words.
        .table_elements(limits.table_elements.max(1 << 20))
        // Interpreters bring a lot of code, and its description with it.
        .max_component_instance_size(16 << 20)
        .max_core_instance_size(16 << 20)
        .max_unused_warm_slots(calls);
    Some(allocation)
}

/// The cache of compiled plugins. It speeds up a second start, so a start must
/// not fail for want of it.
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
                "compiled plugins are not kept; every start compiles them again",
            );
            None
        }
    }
}

/// Compiled plugins are native code, run as they are found: nobody else may
/// write there.
fn private_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        builder.mode(0o700).create(directory)?;
        let found = std::fs::metadata(directory)?;
        if found.mode() & 0o022 != 0 {
            return Err(std::io::Error::other("others may write to the directory"));
        }
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(std::io::Error::other(
                "the directory belongs to another user",
            ));
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(directory)
}

/// A thread of its own, for a timer on the runtime's threads could starve with
/// the calls that it should interrupt. It ends with the engine.
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
        .map_err(|error| BuildError::Engine(format!("the ticker has no thread: {error}")))
}

/// What plugins may import: WASI 0.2 with a closed context, `wasi:http` and our
/// own interfaces. Rust's standard library and others import much of WASI that
/// they never use, so all of it is there, and nothing is behind it.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    World::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    Ok(linker)
}
