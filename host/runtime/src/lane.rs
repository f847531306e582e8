//! The slow lane: calls that compute for long take turns there, so that they
//! never hold all threads at once and nobody else has to wait for one.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::ready;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

use crate::engine::TICK;
use crate::meter::Stopwatch;

/// From when on a call computes for long: it was interrupted at least once.
const LONG: Duration = TICK.saturating_mul(2);

/// See the module.
pub(crate) struct Lane(Arc<Semaphore>);

impl Lane {
    /// A lane of half of the processors, and of one at least.
    pub(crate) fn new() -> Lane {
        let processors = available_parallelism().map_or(1, usize::from);
        Lane::of((processors / 2).max(1))
    }

    fn of(turns: usize) -> Lane {
        Lane(Arc::new(Semaphore::new(turns)))
    }

    /// Runs a call. Once it has computed for long, each of its steps waits for a
    /// turn; that time is not the call's computing.
    pub(crate) async fn run<F: Future>(&self, stopwatch: &Arc<Stopwatch>, call: F) -> F::Output {
        let mut call = pin!(Arc::clone(stopwatch).time(call));
        let mut turns = PollSemaphore::new(Arc::clone(&self.0));
        poll_fn(|context| {
            let _turn = if stopwatch.total() < LONG {
                None
            } else {
                // It is never closed.
                ready!(turns.poll_acquire(context))
            };
            call.as_mut().poll(context)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// How many compute at once, and how many did at the most.
    #[derive(Default)]
    struct Count {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    /// Computes in steps of a tick.
    async fn compute(steps: usize, count: &Count) {
        for _ in 0..steps {
            let now = count.now.fetch_add(1, Ordering::SeqCst) + 1;
            count.most.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(TICK);
            count.now.fetch_sub(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_calls_that_compute_for_long_one_runs_at_a_time_and_all_end() {
        let lane = Arc::new(Lane::of(1));
        let count = Arc::new(Count::default());
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let (lane, count) = (Arc::clone(&lane), Arc::clone(&count));
                tokio::spawn(async move {
                    let stopwatch = Stopwatch::new();
                    lane.run(&stopwatch, compute(3, &Count::default())).await;
                    assert!(stopwatch.total() >= LONG);
                    lane.run(&stopwatch, compute(6, &count)).await;
                })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        assert_eq!(count.most.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_quick_call_waits_for_no_turn() {
        let lane = Lane::of(1);
        let _taken = lane.0.acquire().await.unwrap();
        let stopwatch = Stopwatch::new();
        assert_eq!(lane.run(&stopwatch, async { 1 }).await, 1);
    }
}
