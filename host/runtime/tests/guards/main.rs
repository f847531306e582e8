//! The limits of calls, against a plugin that misbehaves: whatever it does, the call ends as
//! the right failure within its limit, the next call works, no permit is lost, and the process
//! goes on.

#![expect(clippy::unwrap_used, reason = "tests")]

mod back_end;
mod behaviour;
mod component;
mod contract;
mod crowd;
mod egress;
mod loading;
mod log;
mod marks;
mod resources;
mod stage;
mod unknown;

/// Every function of the guest shows a misbehaviour, so some test must call it.
#[tokio::test]
async fn every_function_of_the_guest_has_a_test() {
    let tests = [
        include_str!("behaviour.rs"),
        include_str!("contract.rs"),
        include_str!("crowd.rs"),
        include_str!("egress.rs"),
        include_str!("log.rs"),
        include_str!("marks.rs"),
        include_str!("resources.rs"),
        include_str!("unknown.rs"),
    ]
    .concat();
    let stage = stage::Stage::new().await;
    let untested = stage
        .plugin
        .manifest()
        .functions
        .keys()
        .filter(|name| !tests.contains(&format!("\"{name}\"")))
        .collect::<Vec<_>>();
    assert!(untested.is_empty(), "without a test: {untested:?}");
}
