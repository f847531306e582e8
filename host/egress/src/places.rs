//! Places for requests under way: how many may run at once.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::EgressError;

/// Places for requests under way.
pub(crate) struct Places {
    free: Semaphore,
    most: usize,
    whose: &'static str,
    taken: AtomicBool,
}

impl Places {
    pub(crate) fn new(most: usize, whose: &'static str) -> Self {
        Places {
            free: Semaphore::new(most),
            most,
            whose,
            taken: AtomicBool::new(false),
        }
    }

    /// Places that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.most - self.free.available_permits()
    }

    /// Waits for a place, at most until `due`.
    pub(crate) async fn take(&self, due: Instant) -> Result<SemaphorePermit<'_>, EgressError> {
        if let Ok(permit) = self.free.try_acquire() {
            self.taken.store(false, Ordering::Relaxed);
            return Ok(permit);
        }
        // Said once for each time that it fills up, not for each request.
        if !self.taken.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                whose = self.whose,
                most = self.most,
                "requests wait for a place"
            );
        }
        match timeout_at(due, self.free.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(EgressError::Unavailable {
                detail: format!(
                    "no place became free among the {} requests at once of {}",
                    self.most, self.whose
                ),
                source: None,
            }),
        }
    }
}
