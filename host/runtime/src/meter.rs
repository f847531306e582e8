//! Measurement of the resources of a call: memory, tables, and time on a thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;

use crate::limits::{CORE_INSTANCES, Limits, MEMORIES, TABLES, TICK};

/// A resource that a call was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeniedResource {
    /// More memory than one call may have.
    Memory,
    /// More memory than all calls together may have.
    TotalMemory,
    /// More table elements than one call may have.
    Tables,
}

/// Adds up the memory and the tables of one call and denies what exceeds a limit.
/// Wasmtime's own limiter applies the whole limit to each memory again.
pub(crate) struct ResourceMeter {
    memory: usize,
    memory_limit: usize,
    table: usize,
    table_limit: usize,
    total: Arc<AtomicUsize>,
    total_limit: usize,
    denied: Option<DeniedResource>,
}

impl ResourceMeter {
    /// `total` counts the memory of all calls.
    pub(crate) fn new(limits: &Limits, total: Arc<AtomicUsize>) -> ResourceMeter {
        ResourceMeter {
            memory: 0,
            memory_limit: limits.memory_bytes,
            table: 0,
            table_limit: limits.table_elements,
            total,
            total_limit: limits.total_memory_bytes,
            denied: None,
        }
    }

    /// The memory of the call, in bytes. It never shrinks.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// The resource that was denied last.
    pub(crate) fn denied(&self) -> Option<DeniedResource> {
        self.denied
    }
}

impl ResourceLimiter for ResourceMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // A memory does not grow beyond its own maximum, so nothing is used.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = desired.saturating_sub(current);
        if self.memory.saturating_add(more) > self.memory_limit {
            self.denied = Some(DeniedResource::Memory);
            return Ok(false);
        }
        let before = self.total.fetch_add(more, Ordering::Relaxed);
        if before.saturating_add(more) > self.total_limit {
            self.total.fetch_sub(more, Ordering::Relaxed);
            self.denied = Some(DeniedResource::TotalMemory);
            return Ok(false);
        }
        self.memory += more;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = desired.saturating_sub(current);
        if self.table.saturating_add(more) > self.table_limit {
            self.denied = Some(DeniedResource::Tables);
            return Ok(false);
        }
        self.table += more;
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }

    fn tables(&self) -> usize {
        TABLES
    }
}

impl Drop for ResourceMeter {
    fn drop(&mut self) {
        self.total.fetch_sub(self.memory, Ordering::Relaxed);
    }
}

/// The most of one poll that counts as computing, in nanoseconds.
const LONGEST_STEP: u64 = TICK.as_nanos() as u64;

/// Measures the computing time of a call. The future of the call runs through
/// [`Stopwatch::time`]; the epoch callback reads [`Stopwatch::spent`] meanwhile.
///
/// A plugin that computes is interrupted at each tick, so the part of a poll beyond one
/// tick was not its own: the thread waited for a processor. It is not counted, or a busy
/// machine would end calls that hardly ran.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    origin: Instant,
    /// Nanoseconds of the polls that have ended.
    spent: AtomicU64,
    /// The start of the current poll, in nanoseconds from the origin.
    since: AtomicU64,
}

impl Stopwatch {
    pub(crate) fn new() -> Arc<Stopwatch> {
        Arc::new(Stopwatch {
            origin: Instant::now(),
            spent: AtomicU64::new(0),
            since: AtomicU64::new(0),
        })
    }

    fn now(&self) -> u64 {
        self.origin.elapsed().as_nanos() as u64
    }

    /// The computing time until now, for callers within the call.
    pub(crate) fn spent(&self) -> Duration {
        let current = self
            .now()
            .saturating_sub(self.since.load(Ordering::Relaxed))
            .min(LONGEST_STEP);
        Duration::from_nanos(self.spent.load(Ordering::Relaxed) + current)
    }

    /// The computing time of the polls that have ended.
    pub(crate) fn total(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// Runs a future and measures it.
    pub(crate) async fn time<F: Future>(self: Arc<Self>, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| {
            let began = self.now();
            self.since.store(began, Ordering::Relaxed);
            let polled = future.as_mut().poll(context);
            let step = self.now().saturating_sub(began).min(LONGEST_STEP);
            self.spent.fetch_add(step, Ordering::Relaxed);
            polled
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_of_a_thread_is_not_computing_time() {
        let stopwatch = Stopwatch::new();
        let waits = Arc::clone(&stopwatch).time(async {
            std::thread::sleep(5 * TICK);
            stopwatch.spent()
        });
        let meanwhile = futures_util::FutureExt::now_or_never(waits).unwrap();
        assert_eq!((meanwhile, stopwatch.total()), (TICK, TICK));
    }

    fn meter(total: &Arc<AtomicUsize>) -> ResourceMeter {
        let limits = Limits {
            memory_bytes: 1000,
            total_memory_bytes: 1500,
            table_elements: 10,
            ..Limits::default()
        };
        ResourceMeter::new(&limits, Arc::clone(total))
    }

    #[test]
    fn memories_are_added_up() {
        let total = Arc::new(AtomicUsize::new(0));
        let mut meter = meter(&total);
        assert!(meter.memory_growing(0, 600, None).unwrap());
        assert!(
            !meter.memory_growing(0, 600, None).unwrap(),
            "a second memory has no limit of its own"
        );
        assert_eq!(meter.denied(), Some(DeniedResource::Memory));
        assert!(meter.memory_growing(600, 900, None).unwrap());
        assert_eq!(meter.memory(), 900);
    }

    #[test]
    fn growth_beyond_the_memory_s_own_maximum_is_not_counted() {
        let total = Arc::new(AtomicUsize::new(0));
        let mut meter = meter(&total);
        assert!(!meter.memory_growing(0, 600, Some(500)).unwrap());
        assert_eq!((meter.memory(), meter.denied()), (0, None));
    }

    #[test]
    fn all_calls_together_have_a_limit_and_release_their_memory() {
        let total = Arc::new(AtomicUsize::new(0));
        let mut first = meter(&total);
        assert!(first.memory_growing(0, 1000, None).unwrap());
        let mut second = meter(&total);
        assert!(!second.memory_growing(0, 600, None).unwrap());
        assert_eq!(second.denied(), Some(DeniedResource::TotalMemory));
        drop(first);
        assert!(second.memory_growing(0, 600, None).unwrap());
        drop(second);
        assert_eq!(total.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn tables_are_added_up() {
        let total = Arc::new(AtomicUsize::new(0));
        let mut meter = meter(&total);
        assert!(meter.table_growing(0, 6, None).unwrap());
        assert!(!meter.table_growing(0, 6, None).unwrap());
        assert_eq!(meter.denied(), Some(DeniedResource::Tables));
    }
}
