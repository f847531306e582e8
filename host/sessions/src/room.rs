//! Whether the store has room for new sessions. Those under way go on without it, so that their customers
//! come to an end.

use std::sync::Mutex;

use krabice_store::locked;
use krabice_store::sessions::Space;

use crate::settings::TurnLimits;

/// Why no new sessions are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The store holds as much as it may.
    #[error(
        "the store holds as much as `limits.store-bytes` lets it; raise it, or keep less by `[retention]`"
    )]
    Store,
    /// Too little is free on the store's disk.
    #[error(
        "less is free on the disk of the store than `limits.free-disk-bytes` asks for; make room on it"
    )]
    Disk,
}

/// The bounds of the store, and whether one is reached.
pub(crate) struct Room {
    store_bytes: u64,
    free_disk_bytes: u64,
    lacks: Mutex<Option<NoRoom>>,
}

impl Room {
    pub(crate) fn new(limits: &TurnLimits) -> Room {
        Room {
            store_bytes: limits.store_bytes,
            free_disk_bytes: limits.free_disk_bytes,
            lacks: Mutex::default(),
        }
    }

    /// Why there was no room when it was last measured.
    pub(crate) fn lacks(&self) -> Option<NoRoom> {
        *locked(&self.lacks)
    }

    /// Takes a measurement, and says in the log when new sessions are refused and when they are no more.
    pub(crate) fn measured(&self, space: Space) -> Option<NoRoom> {
        let mut lacks = locked(&self.lacks);
        // A twentieth more is asked for before sessions are started again, so that they are not started
        // and refused by turns.
        let margin = |bound: u64, what| {
            if *lacks == Some(what) { bound / 20 } else { 0 }
        };
        let most = self.store_bytes - margin(self.store_bytes, NoRoom::Store);
        let margin = margin(self.free_disk_bytes, NoRoom::Disk);
        let least = self.free_disk_bytes.saturating_add(margin);
        let found = if space.used >= most {
            Some(NoRoom::Store)
        } else if space.free.is_some_and(|free| free < least) {
            Some(NoRoom::Disk)
        } else {
            None
        };
        match found {
            Some(why) if found != *lacks => tracing::error!(
                store_bytes = space.used,
                free_bytes = space.free,
                "no new sessions are started: {why}"
            ),
            None if lacks.is_some() => tracing::warn!(
                store_bytes = space.used,
                free_bytes = space.free,
                "new sessions are started again"
            ),
            Some(_) | None => {}
        }
        *lacks = found;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_refused_at_a_bound_and_started_again_a_twentieth_from_it() {
        let room = Room::new(&TurnLimits {
            store_bytes: 1_000,
            free_disk_bytes: 100,
            ..TurnLimits::default()
        });
        for (used, free, expected) in [
            (999, Some(100), None),
            (999, None, None),
            (1_000, Some(100), Some(NoRoom::Store)),
            (950, Some(100), Some(NoRoom::Store)),
            (949, Some(99), Some(NoRoom::Disk)),
            (999, Some(104), Some(NoRoom::Disk)),
            (999, Some(105), None),
            (999, Some(100), None),
        ] {
            assert_eq!(room.measured(Space { used, free }), expected, "{used}");
            assert_eq!(room.lacks(), expected);
        }
    }
}
