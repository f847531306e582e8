//! What is done again and again: sweeping, taking over, forgetting, reading the folders.

use std::sync::Arc;
use std::time::Duration;

use crate::abuse::before;
use crate::desk::Desk;
use crate::store::{Sweep, Swept};

/// Sweeps away what was kept long enough, and takes over turns that nobody works on.
pub(crate) async fn sweep(desk: &Arc<Desk>) {
    let kept = &desk.settings.retention;
    let now = desk.now();
    let hours = |hours: u64| before(now, Duration::from_secs(hours.saturating_mul(3_600)));
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
    desk.catalogue.forget().await;
    desk.rates.forget();
    recover(desk).await;
}

/// Takes over all turns that nobody works on any more.
pub(crate) async fn recover(desk: &Arc<Desk>) {
    let interrupted = match desk.store.interrupted(desk.now()).await {
        Ok(interrupted) => interrupted,
        Err(error) => {
            tracing::error!(error = %error, "turns cannot be taken over");
            return;
        }
    };
    for session in interrupted {
        if desk.is_stopping() {
            return;
        }
        // Else somebody has it, or the store is away and the next time will do.
        let _ = desk.recover(&session).await;
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
