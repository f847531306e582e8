//! Places where a test can let the process die, as `kill -9` would: nothing is
//! flushed, nothing is dropped. Without the feature `fail-points` they are nothing.

/// The name of the place and the number of the pass at which to die: `after-intent:2`.
#[cfg(feature = "fail-points")]
const VARIABLE: &str = "KRABICE_FAIL_POINT";

#[cfg(feature = "fail-points")]
pub(crate) fn pass(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let wanted = WANTED.get_or_init(|| {
        let wanted = std::env::var(VARIABLE).ok()?;
        let (name, number) = wanted.split_once(':')?;
        Some((name.to_owned(), number.parse().ok()?))
    });
    if let Some((place, number)) = wanted
        && place == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *number
    {
        std::process::abort();
    }
}

#[cfg(not(feature = "fail-points"))]
pub(crate) fn pass(_: &str) {}
