//! Permits for requests at once.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::error::EgressError;

/// The permits of one connection, or of all connections together.
pub(crate) struct ConnectionPermits {
    free: Semaphore,
    most: usize,
    /// The owner, for messages: `this connection` or `all connections`.
    owner: &'static str,
    /// Whether the warning that all permits are taken has been logged.
    warned: AtomicBool,
}

impl ConnectionPermits {
    pub(crate) fn new(most: usize, owner: &'static str) -> Self {
        ConnectionPermits {
            free: Semaphore::new(most),
            most,
            owner,
            warned: AtomicBool::new(false),
        }
    }

    /// The number of permits in use.
    pub(crate) fn in_use(&self) -> usize {
        self.most - self.free.available_permits()
    }

    /// Waits for a permit, at most until `due`.
    pub(crate) async fn acquire(&self, due: Instant) -> Result<SemaphorePermit<'_>, EgressError> {
        if let Ok(permit) = self.free.try_acquire() {
            self.warned.store(false, Ordering::Relaxed);
            return Ok(permit);
        }
        // One warning each time that the permits run out, not one for each request.
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                owner = self.owner,
                most = self.most,
                "the limit of requests at once is reached; further requests wait"
            );
        }
        match timeout_at(due, self.free.acquire()).await {
            Ok(permit) => Ok(permit.expect("this semaphore is never closed")),
            Err(_) => Err(EgressError::Unavailable {
                detail: format!(
                    "the limit of requests at once of {} ({}) was reached, and no request ended in time",
                    self.owner, self.most
                ),
                source: None,
            }),
        }
    }
}
