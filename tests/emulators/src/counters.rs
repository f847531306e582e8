//! Counters of connections and requests, for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// The counters of an emulator since its start or its last reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// TCP connections accepted on the back end's port. Connections to the
    /// control endpoint are not counted.
    pub connections: u64,
    /// TCP connections open now.
    pub open: u64,
    /// Requests whose head has arrived.
    pub requests: u64,
    /// The most requests in progress at one moment. A request is in progress from the
    /// arrival of its head until the last byte of the answer was handed to the socket.
    pub most_at_once: u64,
}

/// The counters while they are counted.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    connections: AtomicU64,
    open: AtomicU64,
    requests: AtomicU64,
    now: AtomicU64,
    most: AtomicU64,
}

/// Decrements a counter when it is dropped.
pub(crate) struct Counted(Arc<Counting>, fn(&Counting) -> &AtomicU64);

impl Drop for Counted {
    fn drop(&mut self) {
        (self.1)(&self.0).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counting {
    pub(crate) fn connection(self: &Arc<Self>) -> Counted {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(self), |counting| &counting.open)
    }

    pub(crate) fn request(self: &Arc<Self>) -> Counted {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Counted(Arc::clone(self), |counting| &counting.now)
    }

    pub(crate) fn read(&self) -> Counters {
        Counters {
            connections: self.connections.load(Ordering::Relaxed),
            open: self.open.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
            most_at_once: self.most.load(Ordering::Relaxed),
        }
    }

    /// Sets the counters to zero. Open connections stay counted as open.
    pub(crate) fn reset(&self) {
        self.connections.store(0, Ordering::Relaxed);
        self.requests.store(0, Ordering::Relaxed);
        self.most
            .store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}
