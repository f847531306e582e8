//! Locking.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. No critical section of this crate panics half-way, so poisoning does no harm.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
