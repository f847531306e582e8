//! The guards, against a plugin that misbehaves: whatever it does, the call ends
//! as the right failure within its bound, the next call works, no place is
//! lost, and the process lives.

#![expect(clippy::unwrap_used, reason = "tests")]

mod back_end;
mod behaviour;
mod component;
mod contract;
mod crowd;
mod egress;
mod loading;
mod log;
mod resources;
mod stage;

/// A function of the guest that no test calls is a promise that nobody checks.
#[tokio::test]
async fn every_function_of_the_guest_has_a_test() {
    let tests = [
        include_str!("behaviour.rs"),
        include_str!("contract.rs"),
        include_str!("crowd.rs"),
        include_str!("egress.rs"),
        include_str!("log.rs"),
        include_str!("resources.rs"),
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
