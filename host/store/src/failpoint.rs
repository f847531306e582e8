//! Fail points: named places where a test lets the process die as `kill -9` would, with nothing
//! flushed and nothing dropped. They compile to nothing without the feature `fail-points`.

/// The variable with a fail point and the number of the pass at which to die: `after-intent:2`.
#[cfg(feature = "fail-points")]
const VARIABLE: &str = "KRABICE_FAIL_POINT";

/// Ends the process if it is the pass of the fail point that the environment names.
#[cfg(feature = "fail-points")]
pub fn pass(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSES: AtomicU64 = AtomicU64::new(0);
    let wanted = WANTED.get_or_init(|| {
        let wanted = std::env::var(VARIABLE).ok()?;
        let (name, number) = wanted.split_once(':')?;
        Some((name.to_owned(), number.parse().ok()?))
    });
    if let Some((wanted_name, number)) = wanted
        && wanted_name == name
        && PASSES.fetch_add(1, Ordering::SeqCst) + 1 == *number
    {
        std::process::abort();
    }
}

/// Does nothing.
#[cfg(not(feature = "fail-points"))]
pub fn pass(_: &str) {}
