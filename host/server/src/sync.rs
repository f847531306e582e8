//! Locking.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. The critical sections of this crate do not panic half-way through a change, so a
/// poisoned mutex holds consistent data.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
