//! The slow lane: where calls go on that compute for long, on threads of their
//! own and of low priority, so that nobody else waits for a processor.

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

use crate::engine::TICK;
use crate::meter::Stopwatch;

/// From when on a call computes for long: it was interrupted at least once.
const LONG: Duration = TICK;

/// How much the threads give way, of 19: enough that whatever else wakes soon has
/// the processor, and not so much that a call stands still on a busy machine.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// See the module.
pub(crate) struct Lane {
    threads: usize,
    /// Made when the first call needs it; none where the system gives no threads.
    runtime: OnceLock<Option<Runtime>>,
}

impl Lane {
    /// A lane of half of the processors, and of one at least: where a system has no
    /// priorities of threads, the other half is left to everybody else.
    pub(crate) fn new() -> Lane {
        let processors = available_parallelism().map_or(1, usize::from);
        Lane {
            threads: (processors / 2).max(1),
            runtime: OnceLock::new(),
        }
    }

    /// Runs a call where it is asked for, and in the lane once it has computed for
    /// long. The time that it waits there is not its computing.
    pub(crate) async fn run<F>(&self, stopwatch: Arc<Stopwatch>, call: F) -> F::Output
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
            Some(lane) => in_lane(lane, call).await,
            None => call.await,
        }
    }

    fn runtime(&self) -> Option<&Runtime> {
        let make = || match threads(self.threads) {
            Ok(runtime) => Some(runtime),
            Err(error) => {
                tracing::warn!(%error, "calls that compute for long get no threads of their own");
                None
            }
        };
        self.runtime.get_or_init(make).as_ref()
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Waiting for the threads is forbidden where the last owner is itself a task.
        if let Some(Some(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn threads(threads: usize) -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("krabice-slow")
        .on_thread_start(give_way)
        .build()
}

/// Lowers the priority of the thread.
fn give_way() {
    // Linux alone means the thread by it; elsewhere it would be the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "calls that compute for long keep their priority");
    }
}

/// Goes on with a call in the lane. Its timers, its connections and what it spawns
/// stay where it came from: others use those connections, too.
async fn in_lane<F>(lane: &Runtime, call: Pin<Box<F>>) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let call = TokioContext::new(call, Handle::current());
    match AbortOnDropHandle::new(lane.spawn(call)).await {
        Ok(output) => output,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The lane ends only with its owner, who asked for this.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{self, ThreadId};

    use tokio::time::{Instant, sleep};

    use super::*;

    /// Computes in steps of a tick, and says on which threads.
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

    fn lane() -> Lane {
        Lane {
            threads: 1,
            runtime: OnceLock::new(),
        }
    }

    #[tokio::test]
    async fn a_call_that_computes_for_long_goes_on_on_another_thread() {
        let threads = lane().run(Stopwatch::new(), compute(6)).await;
        let here = thread::current().id();
        assert_eq!(threads[0], here);
        assert!(threads[2..].iter().all(|thread| *thread != here));
    }

    #[tokio::test]
    async fn a_quick_call_stays_where_it_was_and_the_lane_is_not_even_made() {
        let lane = lane();
        let call = async {
            sleep(5 * TICK).await;
            thread::current().id()
        };
        let thread = lane.run(Stopwatch::new(), call).await;
        assert_eq!(thread, thread::current().id());
        assert!(lane.runtime.get().is_none());
    }

    /// The test's own thread computes nothing meanwhile, so it wakes in time.
    #[tokio::test]
    async fn whoever_waits_beside_calls_that_compute_is_woken_between_their_steps() {
        let lane = Arc::new(lane());
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let lane = Arc::clone(&lane);
                tokio::spawn(async move { lane.run(Stopwatch::new(), compute(40)).await })
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
    async fn timers_and_panics_of_a_call_in_the_lane_are_those_of_its_caller() {
        let call = async {
            compute(4).await;
            sleep(TICK).await;
            tokio::spawn(async { thread::current().id() }).await.ok()
        };
        let spawned = lane().run(Stopwatch::new(), call).await;
        assert_eq!(spawned, Some(thread::current().id()));
        let panics = tokio::spawn(async {
            let call = async {
                compute(4).await;
                panic!("expected");
            };
            lane().run(Stopwatch::new(), call).await;
        });
        assert!(panics.await.unwrap_err().is_panic());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_lane_gives_way() {
        let priority = async {
            compute(4).await;
            rustix::process::getpriority_process(None).unwrap()
        };
        let before = rustix::process::getpriority_process(None).unwrap();
        let there = lane().run(Stopwatch::new(), priority).await;
        assert!(there > before || before >= NICE, "{before} and {there}");
        assert_eq!(rustix::process::getpriority_process(None).unwrap(), before);
    }
}
