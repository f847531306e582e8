//! What is done again and again: sweeping, taking over, forgetting, reading the folders.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::abuse::before;
use crate::desk::Desk;
use crate::store::{Heard, Standing, Sweep, Swept};

/// How long other servers believe that this one gives an edition to new sessions, at the least.
/// They only keep it too long.
const OFFER: Duration = Duration::from_secs(24 * 3_600);

/// Turns that are taken over at once.
const TOGETHER: usize = 16;

/// Sweeps away what was kept long enough.
pub(crate) async fn sweep(desk: &Arc<Desk>) {
    let kept = &desk.settings.retention;
    let now = desk.now();
    let hours = |hours: u64| before(now, Duration::from_secs(hours.saturating_mul(3_600)));
    // An edition that is being published is in the store before it is known here.
    let quiet = desk.catalogue.hold().await;
    let editions = desk.catalogue.current();
    let sweep = Sweep {
        now,
        idle: hours(kept.idle_hours),
        hidden: hours(kept.hidden_hours),
        transcripts: hours(kept.transcript_days.saturating_mul(24)),
        attempts: desk.guard.horizon(now),
        editions: editions
            .values()
            .map(|edition| edition.digest.clone())
            .collect(),
        offer: OFFER.max(3 * Duration::from_secs(kept.sweep_seconds)),
    };
    match desk.store.sweep(sweep).await {
        Ok(swept) if swept != Swept::default() => tracing::info!(
            finished = swept.finished,
            hidden = swept.hidden,
            sessions = swept.sessions,
            editions = swept.editions,
            "swept"
        ),
        Ok(_) => {}
        Err(error) => tracing::error!(error = %error, "the store was not swept"),
    }
    drop(quiet);
    desk.catalogue.forget().await;
    desk.rates.forget();
}

/// Renews the leases of the turns that this process works on.
pub(crate) async fn renew(desk: &Desk) {
    let busy = desk.busy();
    if busy.is_empty() {
        return;
    }
    if let Err(error) = desk.store.renew(busy, desk.lease()).await {
        desk.missed(&error);
        tracing::error!(error = %error, "leases were not renewed");
    }
}

/// Takes over all turns that nobody works on any more.
pub(crate) async fn recover(desk: &Arc<Desk>) {
    let interrupted = match desk.store.interrupted().await {
        Ok(interrupted) => interrupted,
        Err(error) => {
            desk.missed(&error);
            tracing::error!(error = %error, "turns cannot be taken over");
            return;
        }
    };
    let recover = stream::iter(interrupted).for_each_concurrent(TOGETHER, async |session| {
        if !desk.is_stopping() {
            // Else somebody has it, or the store is away and the next time will do.
            let _ = desk.recover(&session).await;
        }
    });
    recover.await;
}

/// Hears what other servers commit, and tells those who listen here.
pub(crate) async fn hear(desk: &Desk) {
    match desk.store.hear().await {
        Heard::News(standing) => desk.hub.tell(&standing),
        Heard::Look => look(desk).await,
    }
}

/// Looks how the sessions stand that somebody listens to: what was told of them may have been
/// missed.
async fn look(desk: &Desk) {
    let sessions = desk.hub.sessions();
    if sessions.is_empty() {
        return;
    }
    match desk.store.standings(sessions.clone()).await {
        Ok(standings) => {
            let mut erased: HashSet<String> = sessions.into_iter().collect();
            for standing in standings {
                erased.remove(&standing.session);
                desk.hub.tell(&standing);
            }
            for session in erased {
                desk.hub.tell(&Standing::erased(session));
            }
        }
        // The next time will do.
        Err(error) => desk.missed(&error),
    }
}

/// Reads the folders again.
pub(crate) async fn read(desk: &Desk) {
    match desk.catalogue.read().await {
        Ok(reading) => desk.metrics.read(
            reading.changed.saturating_sub(reading.refused),
            reading.refused,
        ),
        Err(error) => tracing::error!(error = %error, "the folders were not read"),
    }
}
