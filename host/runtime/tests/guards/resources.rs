//! Plugins that use too much time, memory, stack, handles or bytes.

use std::time::{Duration, Instant};

use krabice_contract::{FailureClass, Outcome};
use krabice_runtime::Limits;

use crate::component::{Body, component};
use crate::stage::{BOUND, Stage, guest, impatient, input, runtime};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_ends_with_its_computing_time() {
    let stage = Stage::with(impatient()).await;
    let detail = stage
        .fails_as(FailureClass::Timeout, "loop-forever", [])
        .await;
    assert_eq!(detail, "the call computed longer than 50ms (`cpu-time`)");
}

#[tokio::test]
async fn an_endless_loop_leaves_the_thread_to_others() {
    // There is one thread: if the loop kept it, the timer would not run before its end.
    let stage = Stage::with(Limits {
        cpu_time: Duration::from_secs(5),
        ..Limits::default()
    })
    .await;
    let ticks = async {
        let mut ticks = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            ticks += 1;
            if ticks == 5 {
                return Instant::now();
            }
        }
    };
    let began = Instant::now();
    let (report, ticked) = tokio::join!(stage.call("loop-forever", []), ticks);
    assert_eq!(report.result.unwrap_err().class, FailureClass::Timeout);
    assert!(
        ticked - began < report.elapsed / 2,
        "{:?} of {:?}",
        ticked - began,
        report.elapsed
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_bomb_gets_no_more_than_its_limit() {
    let stage = Stage::with(Limits {
        cpu_time: Duration::from_secs(5),
        ..impatient()
    })
    .await;
    let report = stage.call("grow-memory", []).await;
    assert!(report.memory_bytes <= 8 << 20, "{}", report.memory_bytes);
    let failure = report.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::ResourceLimit);
    assert_eq!(
        failure.detail,
        "the call wanted more than 8388608 bytes of memory (`memory-bytes`)"
    );
    stage.still_works().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_calls_together_get_no_more_than_their_limit() {
    let limits = Limits {
        total_memory_bytes: 6 << 20,
        cpu_time: Duration::from_secs(5),
        ..Limits::default()
    };
    let stage = Stage::with(limits).await;
    let detail = stage
        .fails_as(FailureClass::Overloaded, "grow-memory", [])
        .await;
    assert!(detail.contains("`total-memory-bytes`"), "{detail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_recursion_ends_at_the_end_of_the_stack() {
    let stage = Stage::new().await;
    let detail = stage.fails_as(FailureClass::Trap, "recurse", []).await;
    assert!(
        detail.starts_with("wasm trap: call stack exhausted"),
        "{detail}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_failure_of_a_panic_has_its_last_log_lines() {
    let stage = Stage::new().await;
    let detail = stage.fails_as(FailureClass::Trap, "panic", []).await;
    assert!(
        detail.starts_with("wasm trap: wasm `unreachable` instruction executed"),
        "{detail}"
    );
    assert!(detail.contains("the guest gave up"), "{detail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trap_is_a_trap() {
    let stage = Stage::new().await;
    let detail = stage.fails_as(FailureClass::Trap, "trap", []).await;
    assert_eq!(detail, "wasm trap: wasm `unreachable` instruction executed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exit_of_the_plugin_does_not_end_the_process() {
    let stage = Stage::new().await;
    let detail = stage.fails_as(FailureClass::Trap, "exit", []).await;
    assert_eq!(detail, "the plugin exited with the code 0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sleeping_in_a_host_call_ends_at_the_deadline() {
    let stage = Stage::with(Limits {
        call_timeout: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let report = stage.call("sleep", []).await;
    assert_eq!(report.result.unwrap_err().class, FailureClass::Timeout);
    // A wait is not computing time.
    assert!(
        report.computed < Duration::from_millis(100),
        "{:?}",
        report.computed
    );
    stage.still_works().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_leaves_nothing_behind() {
    let stage = Stage::new().await;
    let call = stage.call("sleep", []);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), call)
            .await
            .is_err()
    );
    stage.still_works().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_are_counted() {
    let stage = Stage::new().await;
    let detail = stage
        .fails_as(FailureClass::ResourceLimit, "hoard-handles", [])
        .await;
    assert_eq!(
        detail,
        "the call wanted more than 1000 handles at once (`handles`)"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_handed_over_at_once_is_limited() {
    let stage = Stage::new().await;
    let detail = stage
        .fails_as(FailureClass::ResourceLimit, "push-bytes", [])
        .await;
    assert_eq!(
        detail,
        "the plugin passed more than 8388608 bytes to the host at once (`hostcall-bytes`)"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_permit_is_overloaded_after_a_wait() {
    let limits = Limits {
        concurrent_calls: 1,
        queue_wait: Duration::from_millis(50),
        call_timeout: Duration::from_millis(500),
        ..Limits::default()
    };
    let stage = Stage::with(limits).await;
    let (sleeper, waiter) = tokio::join!(stage.call("sleep", []), stage.call("confirm", []));
    assert_eq!(sleeper.result.unwrap_err().class, FailureClass::Timeout);
    let failure = waiter.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Overloaded);
    assert_eq!(
        failure.detail,
        "1 calls are under way (`concurrent-calls`) and none ended within 50ms (`queue-wait`)"
    );
    assert_eq!(waiter.waited, waiter.elapsed);
    stage.still_works().await;
}

/// The calls of other plugins run while those of one plugin hang.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_uses_no_more_than_its_share_of_the_permits() {
    let stage = Stage::with(Limits {
        concurrent_calls: 2,
        calls_per_plugin: 1,
        queue_wait: Duration::from_millis(50),
        call_timeout: Duration::from_millis(500),
        ..Limits::default()
    })
    .await;
    // For the runtime, the same component loaded again is another plugin.
    let other = stage.runtime.load(guest()).await.unwrap();
    let (hangs, own, of_other) =
        tokio::join!(stage.call("sleep", []), stage.call("confirm", []), async {
            tokio::task::yield_now().await;
            stage
                .runtime
                .call(&other, "confirm", Some(&stage.outlet), input([]))
                .await
        });
    assert_eq!(hangs.result.unwrap_err().class, FailureClass::Timeout);
    assert_eq!(
        own.result.unwrap_err().detail,
        "1 calls of this plugin are under way (`calls-per-plugin`) and none ended within 50ms \
         (`queue-wait`)"
    );
    assert_eq!(of_other.result, Ok(Outcome::True));
    stage.still_works().await;
}

#[tokio::test]
async fn a_call_that_gets_a_permit_in_time_only_waits() {
    let stage = Stage::with(Limits {
        concurrent_calls: 1,
        queue_wait: BOUND,
        ..Limits::default()
    })
    .await;
    let mut sleeper = Box::pin(stage.call("sleep", []));
    let mut waiter = Box::pin(stage.call("confirm", []));
    let first = poll_once(&mut sleeper).await;
    assert!(first.is_none(), "it sleeps and has the only permit");
    let second = poll_once(&mut waiter).await;
    assert!(second.is_none(), "it waits for the permit");
    drop(sleeper);
    let report = waiter.await;
    assert_eq!(report.result, Ok(Outcome::True));
    assert!(!report.waited.is_zero());
}

/// The output of a future that is ready at once.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}

/// Components that misbehave before an export is called.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_start_of_an_instance_is_guarded_like_a_call() {
    let runtime = runtime(impatient());
    for (name, body, class) in [
        (
            "loops",
            Body::Start("(loop $again (br $again))"),
            FailureClass::Timeout,
        ),
        ("traps", Body::Start("unreachable"), FailureClass::Trap),
        ("recurses", Body::Start("(call $evil)"), FailureClass::Trap),
        (
            "brings-memory",
            Body::Memory("200"),
            FailureClass::ResourceLimit,
        ),
        (
            "grows",
            Body::Start(
                "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable",
            ),
            FailureClass::ResourceLimit,
        ),
        (
            "brings-tables",
            Body::Field("(table 200000 funcref)"),
            FailureClass::ResourceLimit,
        ),
        ("describes-nothing", Body::Field(""), FailureClass::Trap),
    ] {
        let began = Instant::now();
        let error = runtime
            .load_bytes(name, component(&body))
            .await
            .unwrap_err();
        let krabice_runtime::Reason::Describe(failure) = &error.reason else {
            panic!("{error}")
        };
        assert_eq!(failure.class, class, "{name}: {}", failure.detail);
        assert!(began.elapsed() < crate::stage::BOUND);
        assert_eq!(runtime.memory_bytes(), 0);
        assert_eq!(runtime.free_permits(), 256);
    }
}
