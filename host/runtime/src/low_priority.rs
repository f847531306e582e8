//! Execution of calls that compute for long, on threads of their own with low priority.
//!
//! A plugin that loops computes until its limit (`cpu-time`) and delays every other
//! session. Taking turns on half of the processors, as with a semaphore or
//! `spawn_blocking`, is not enough: beside 16 sessions with such a plugin, the 99th
//! percentile of a turn was 18 times the normal one. On threads of low priority it is 1.0
//! to 1.3 times; the benchmark `chat` measures it (BENCHMARKS.md). A call moves to them
//! after it has begun, because a loop shows only then.

use std::future::poll_fn;
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::context::TokioContext;
use tokio_util::task::AbortOnDropHandle;

use crate::limits::TICK;
use crate::meter::Stopwatch;

/// The computing time after which a call moves: it was interrupted at least once.
const LONG: Duration = TICK;

/// The nice value of the threads, of at most 19: high enough that every other thread soon
/// gets the processor, and not so high that a call never runs on a busy machine.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// An executor of calls that moves those that compute for long to threads of low priority.
pub(crate) struct LowPriorityExecutor {
    threads: usize,
    /// Made when the first call needs it; `None` when the system gives no threads.
    runtime: OnceLock<Option<Runtime>>,
}

impl LowPriorityExecutor {
    /// Makes an executor with a thread for half of the processors, at least one: on a
    /// system without priorities of threads, the other half is left to everything else.
    pub(crate) fn new() -> LowPriorityExecutor {
        let processors = available_parallelism().map_or(1, usize::from);
        LowPriorityExecutor {
            threads: (processors / 2).max(1),
            runtime: OnceLock::new(),
        }
    }

    /// Executes a call on the caller's thread, and on a thread of low priority once it has
    /// computed for long. The time that it waits there does not count as computing.
    pub(crate) async fn execute<F>(&self, stopwatch: Arc<Stopwatch>, call: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let mut call = Box::pin(Arc::clone(&stopwatch).time(call));
        let quick = poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if stopwatch.total() >= LONG => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        if let Some(output) = quick.await {
            return output;
        }
        match self.runtime() {
            Some(runtime) => continue_on(runtime, call).await,
            None => call.await,
        }
    }

    fn runtime(&self) -> Option<&Runtime> {
        let make = || match threads(self.threads) {
            Ok(runtime) => Some(runtime),
            Err(error) => {
                tracing::warn!(%error, "cannot start threads of low priority; long computations will delay other calls");
                None
            }
        };
        self.runtime.get_or_init(make).as_ref()
    }
}

impl Drop for LowPriorityExecutor {
    fn drop(&mut self) {
        // Tokio forbids waiting for the threads where the last owner is itself a task.
        if let Some(Some(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn threads(threads: usize) -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("krabice-slow")
        .on_thread_start(lower_priority)
        .build()
}

/// Lowers the priority of the thread.
fn lower_priority() {
    // Only on Linux this call changes the thread; elsewhere it changes the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "calls that compute for long keep their priority");
    }
}

/// Continues a call on another runtime. Its timers, its connections and its spawned tasks
/// stay on the runtime that it came from, because other calls use those connections.
async fn continue_on<F>(runtime: &Runtime, call: Pin<Box<F>>) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let call = TokioContext::new(call, Handle::current());
    match AbortOnDropHandle::new(runtime.spawn(call)).await {
        Ok(output) => output,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ends only with the executor, which the caller has dropped then.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{self, ThreadId};

    use tokio::time::{Instant, sleep};

    use super::*;

    /// Computes in steps of a tick, and returns the threads of the steps.
    async fn compute(steps: usize) -> Vec<ThreadId> {
        let mut threads = Vec::new();
        for _ in 0..steps {
            let until = Instant::now() + TICK;
            while Instant::now() < until {}
            threads.push(thread::current().id());
            tokio::task::yield_now().await;
        }
        threads
    }

    fn executor() -> LowPriorityExecutor {
        LowPriorityExecutor {
            threads: 1,
            runtime: OnceLock::new(),
        }
    }

    #[tokio::test]
    async fn a_call_that_computes_for_long_continues_on_another_thread() {
        let threads = executor().execute(Stopwatch::new(), compute(6)).await;
        let here = thread::current().id();
        assert_eq!(threads[0], here);
        assert!(threads[2..].iter().all(|thread| *thread != here));
    }

    #[tokio::test]
    async fn a_quick_call_stays_on_its_thread_and_starts_no_other() {
        let executor = executor();
        let call = async {
            sleep(5 * TICK).await;
            thread::current().id()
        };
        let thread = executor.execute(Stopwatch::new(), call).await;
        assert_eq!(thread, thread::current().id());
        assert!(executor.runtime.get().is_none());
    }

    /// The test's own thread computes nothing meanwhile, so it wakes in time.
    #[tokio::test]
    async fn a_task_beside_calls_that_compute_is_woken_between_their_steps() {
        let executor = Arc::new(executor());
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let executor = Arc::clone(&executor);
                tokio::spawn(async move { executor.execute(Stopwatch::new(), compute(40)).await })
            })
            .collect();
        let mut woken = 0;
        while !calls.iter().all(tokio::task::JoinHandle::is_finished) {
            sleep(TICK / 10).await;
            woken += 1;
        }
        // Four calls of forty ticks; on their thread it would be woken once in four ticks.
        assert!(woken > 80, "woken {woken} times");
    }

    #[tokio::test]
    async fn timers_and_panics_of_a_moved_call_are_those_of_its_caller() {
        let call = async {
            compute(4).await;
            sleep(TICK).await;
            tokio::spawn(async { thread::current().id() }).await.ok()
        };
        let spawned = executor().execute(Stopwatch::new(), call).await;
        assert_eq!(spawned, Some(thread::current().id()));
        let panics = tokio::spawn(async {
            let call = async {
                compute(4).await;
                panic!("expected");
            };
            executor().execute(Stopwatch::new(), call).await;
        });
        assert!(panics.await.unwrap_err().is_panic());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn moved_calls_have_a_lower_priority() {
        let priority = async {
            compute(4).await;
            rustix::process::getpriority_process(None).unwrap()
        };
        let before = rustix::process::getpriority_process(None).unwrap();
        let there = executor().execute(Stopwatch::new(), priority).await;
        assert!(there > before || before >= NICE, "{before} and {there}");
        assert_eq!(rustix::process::getpriority_process(None).unwrap(), before);
    }
}
