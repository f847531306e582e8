//! Who listens to a session: event streams, told that there is something new.
//!
//! What is told has the session's version, for it may come twice: from the turn itself, from
//! another server, and from a look into the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::store::Standing;

/// What listeners hear. The events themselves they read from the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Signal {
    /// The session's version.
    version: u64,
    /// Whether a call is under way.
    pub(crate) working: bool,
}

/// The listeners of all sessions.
#[derive(Default)]
pub(crate) struct Hub(Mutex<HashMap<String, watch::Sender<Signal>>>);

/// One listener. Dropping it leaves.
pub(crate) struct Listener {
    hub: Arc<Hub>,
    session: String,
    signal: Option<watch::Receiver<Signal>>,
}

impl Hub {
    /// Listens to a session of a version; none where it has as many listeners as it may.
    pub(crate) fn listen(
        self: &Arc<Self>,
        session: &str,
        version: u64,
        most: usize,
    ) -> Option<Listener> {
        let mut listeners = self.lock();
        let first = || {
            watch::Sender::new(Signal {
                version,
                working: false,
            })
        };
        let sender = listeners.entry(session.to_owned()).or_insert_with(first);
        if sender.receiver_count() >= most {
            return None;
        }
        let mut signal = sender.subscribe();
        // Whoever comes reads everything first.
        signal.mark_changed();
        Some(Listener {
            hub: Arc::clone(self),
            session: session.to_owned(),
            signal: Some(signal),
        })
    }

    /// Tells the listeners of a session how it stands, unless they know.
    pub(crate) fn tell(&self, standing: &Standing) {
        if let Some(sender) = self.lock().get(&standing.session) {
            sender.send_if_modified(|signal| {
                let is_new = signal.version < standing.version;
                if is_new {
                    signal.version = standing.version;
                    signal.working = standing.working;
                }
                is_new
            });
        }
    }

    /// The sessions that anybody listens to.
    pub(crate) fn sessions(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Ends all listening.
    pub(crate) fn close(&self) {
        self.lock().clear();
    }

    /// How many listen.
    pub(crate) fn count(&self) -> usize {
        self.lock()
            .values()
            .map(watch::Sender::receiver_count)
            .sum()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, watch::Sender<Signal>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// The next signal; none when all listening has ended.
    pub(crate) async fn next(&mut self) -> Option<Signal> {
        let signal = self.signal.as_mut()?;
        signal.changed().await.ok()?;
        Some(*signal.borrow_and_update())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listeners = self.hub.lock();
        self.signal = None;
        if listeners
            .get(&self.session)
            .is_some_and(|sender| sender.receiver_count() == 0)
        {
            listeners.remove(&self.session);
        }
    }
}
