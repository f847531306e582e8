//! Notifies event streams that a session has changed.
//!
//! The same change may be reported more than once: by the turn itself, by another server, and by a
//! query of the store. Listeners therefore compare versions, and read the events from the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use krabice_store::locked;
use krabice_store::sessions::SessionVersion;
use tokio::sync::watch;

/// What a listener is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signal {
    /// The session's version.
    version: u64,
    /// Whether a call is under way.
    pub working: bool,
}

/// The listeners of all sessions, by the session's name.
#[derive(Default)]
pub(crate) struct Notifier(Mutex<HashMap<String, watch::Sender<Signal>>>);

/// One listener. Dropping it unsubscribes.
pub struct Listener {
    notifier: Arc<Notifier>,
    session: String,
    signal: Option<watch::Receiver<Signal>>,
}

impl Notifier {
    /// Subscribes to a session of a version. `None` if it has `most` listeners already.
    pub(crate) fn listen(
        self: &Arc<Self>,
        session: &str,
        version: u64,
        most: usize,
    ) -> Option<Listener> {
        let mut senders = self.senders();
        let first = || {
            watch::Sender::new(Signal {
                version,
                working: false,
            })
        };
        let sender = senders.entry(session.to_owned()).or_insert_with(first);
        if sender.receiver_count() >= most {
            return None;
        }
        let mut signal = sender.subscribe();
        // A new listener reads all events first.
        signal.mark_changed();
        Some(Listener {
            notifier: Arc::clone(self),
            session: session.to_owned(),
            signal: Some(signal),
        })
    }

    /// Notifies the listeners of a session, unless they know this version or a newer one.
    pub(crate) fn notify(&self, changed: &SessionVersion) {
        if let Some(sender) = self.senders().get(&changed.session) {
            sender.send_if_modified(|signal| {
                let is_new = signal.version < changed.version;
                if is_new {
                    signal.version = changed.version;
                    signal.working = changed.working;
                }
                is_new
            });
        }
    }

    /// The sessions that have a listener.
    pub(crate) fn sessions(&self) -> Vec<String> {
        self.senders().keys().cloned().collect()
    }

    /// Ends all listeners.
    pub(crate) fn close(&self) {
        self.senders().clear();
    }

    /// The number of listeners.
    pub(crate) fn count(&self) -> usize {
        self.senders()
            .values()
            .map(watch::Sender::receiver_count)
            .sum()
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Signal>>> {
        locked(&self.0)
    }
}

impl Listener {
    /// Waits for the next signal. Returns `None` when the service stops.
    pub async fn next(&mut self) -> Option<Signal> {
        let signal = self.signal.as_mut()?;
        signal.changed().await.ok()?;
        Some(*signal.borrow_and_update())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut senders = self.notifier.senders();
        self.signal = None;
        if senders
            .get(&self.session)
            .is_some_and(|sender| sender.receiver_count() == 0)
        {
            senders.remove(&self.session);
        }
    }
}
