//! Many calls at once, most of them misbehaving.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use krabice_contract::{FailureClass, Outcome};
use krabice_runtime::Limits;

use crate::stage::{BOUND, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_bad_calls_at_once_end_as_they_should() {
    let limits = Limits {
        call_timeout: Duration::from_secs(10),
        cpu_time: Duration::from_millis(50),
        memory_bytes: 8 << 20,
        ..Limits::default()
    };
    let stage = Stage::with(limits).await;
    let kinds = [
        ("loop-forever", &[FailureClass::Timeout][..]),
        // On a busy machine the growing call may end because of its computing time.
        (
            "grow-memory",
            &[FailureClass::ResourceLimit, FailureClass::Timeout],
        ),
        ("panic", &[FailureClass::Trap]),
        ("recurse", &[FailureClass::Trap]),
        ("wrong-kind", &[FailureClass::ContractBroken]),
        ("exit", &[FailureClass::Trap]),
    ];
    let began = Instant::now();
    let calls = (0..100).map(|index| {
        let (function, classes) = kinds[index % kinds.len()];
        let stage = &stage;
        async move {
            let class = stage.call(function, []).await.result.unwrap_err().class;
            assert!(classes.contains(&class), "`{function}` failed as {class}");
        }
    });
    // Good calls among the bad ones.
    let good = async {
        for _ in 0..50 {
            assert_eq!(stage.call("confirm", []).await.result, Ok(Outcome::True));
        }
    };
    tokio::join!(join_all(calls), good);
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    stage.still_works().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_traps_leave_nothing_behind() {
    let stage = Stage::new().await;
    for _ in 0..1000 {
        let failure = stage.call("trap", []).await.result.unwrap_err();
        assert_eq!(failure.class, FailureClass::Trap);
    }
    stage.still_works().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_calls_than_permits_take_turns() {
    let stage = Stage::with(Limits {
        concurrent_calls: 4,
        ..Limits::default()
    })
    .await;
    let calls = (0..200).map(|_| stage.call("confirm", []));
    for report in join_all(calls).await {
        assert_eq!(report.result, Ok(Outcome::True));
    }
    stage.still_works().await;
}
