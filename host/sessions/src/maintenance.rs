//! What the service does again and again by itself: sweeping, measuring the store, renewing leases,
//! taking over interrupted turns, listening to other servers, and reloading changed files.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use krabice_store::sessions::{OFFER, SessionVersion, SweepCutoffs, Swept, Update};
use krabice_store::{Chain, to_json};
use tokio::time::{Interval, MissedTickBehavior, interval, interval_at};

use crate::attempts::before;
use crate::service::SessionService;
use crate::view::{Finish, Waits};

/// How often the store is measured: a client that fills its disk as fast as it can does not get far in
/// that time.
const MEASURE: Duration = Duration::from_secs(5);

/// The most turns that are taken over at once.
const CONCURRENT_RECOVERIES: usize = 16;

/// Deletes what has been kept for long enough.
pub(crate) async fn sweep(service: &Arc<SessionService>) {
    let retention = &service.settings.retention;
    let now = service.turns.now();
    // A revision that is being published is in the store before it is in the catalogue.
    let paused = service.catalogue.pause_publishing().await;
    let revisions = service.catalogue.current();
    let cutoffs = SweepCutoffs {
        now,
        ended: to_json(&Waits::Nothing {
            reason: Finish::End,
        }),
        idle: before(now, retention.idle),
        hidden: before(now, retention.hidden),
        transcripts: before(now, retention.transcript),
        attempts: service.turns.attempts.window_start(now),
        revisions: revisions
            .values()
            .map(|revision| revision.digest.clone())
            .collect(),
        offer: OFFER.max(3 * retention.sweep_interval),
    };
    match service.store.sweep(cutoffs).await {
        Ok(swept) if swept != Swept::default() => tracing::info!(
            finished = swept.finished,
            hidden = swept.hidden,
            sessions = swept.sessions,
            revisions = swept.revisions,
            "swept the store"
        ),
        Ok(_) => {}
        Err(error) => tracing::error!(error = %Chain(&error), "cannot sweep the store"),
    }
    drop(paused);
    service.catalogue.forget_unused().await;
    service.rates.forget();
}

/// Renews the leases of the turns that this process runs.
pub(crate) async fn renew_leases(service: &SessionService) {
    let busy = service.busy_sessions();
    if busy.is_empty() {
        return;
    }
    if let Err(error) = service.store.renew(busy, service.turns.lease).await {
        service.store_failed(&error, "cannot renew leases");
    }
}

/// Takes over all turns whose lease has ended.
pub(crate) async fn recover_turns(service: &Arc<SessionService>) {
    let interrupted = match service.store.interrupted().await {
        Ok(interrupted) => interrupted,
        Err(error) => {
            service.store_failed(&error, "cannot find interrupted turns");
            return;
        }
    };
    let recover =
        stream::iter(interrupted).for_each_concurrent(CONCURRENT_RECOVERIES, async |session| {
            if !service.is_stopping() {
                // A failure is logged, and the turn is found again the next time.
                let _ = service.recover(&session).await;
            }
        });
    recover.await;
}

/// Waits for the next update from another server, and passes it to the listeners at this one.
pub(crate) async fn forward_update(service: &SessionService) {
    match service.store.next_update().await {
        Update::Updated(version) => service.notifier.notify(&version),
        Update::Resync => resync(service).await,
    }
}

/// Queries the versions of all sessions that have listeners, because updates may have been lost.
async fn resync(service: &SessionService) {
    let sessions = service.notifier.sessions();
    if sessions.is_empty() {
        return;
    }
    match service.store.versions(sessions.clone()).await {
        Ok(versions) => {
            let mut erased: HashSet<String> = sessions.into_iter().collect();
            for version in versions {
                erased.remove(&version.session);
                service.notifier.notify(&version);
            }
            for session in erased {
                service.notifier.notify(&SessionVersion::erased(session));
            }
        }
        Err(error) => service.store_failed(&error, "cannot query the versions of sessions"),
    }
}

/// Reads the folders of scenarios and plugins again.
pub(crate) async fn reload(service: &SessionService) {
    match service.catalogue.reload().await {
        Ok(report) => {
            service.observer.files_reloaded(
                report.changed.saturating_sub(report.refused),
                report.refused,
            );
            if report.changed > 0 {
                service.report_nothing_starts();
            }
        }
        Err(error) => tracing::error!(error = %Chain(&error), "cannot reload the folders"),
    }
}

// --- the loops

/// Ticks three times within a lease, so that one delayed renewal does not end it.
fn lease_ticks(service: &SessionService) -> Interval {
    let mut ticks = interval(service.turns.lease / 3);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Takes over interrupted turns, at once and then at every tick.
pub(crate) async fn keep_recovering_turns(service: Arc<SessionService>) {
    let mut ticks = lease_ticks(&service);
    loop {
        ticks.tick().await;
        recover_turns(&service).await;
    }
}

/// Measures the store again and again. It was measured when the service started.
pub(crate) async fn keep_measuring(service: Arc<SessionService>) {
    let mut ticks = interval_at(tokio::time::Instant::now() + MEASURE, MEASURE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        service.measure().await;
    }
}

pub(crate) async fn renew_leases_and_forward_updates(service: Arc<SessionService>) {
    let mut ticks = lease_ticks(&service);
    let renew = async {
        loop {
            ticks.tick().await;
            renew_leases(&service).await;
        }
    };
    let forward = async {
        loop {
            forward_update(&service).await;
        }
    };
    tokio::join!(renew, forward);
}

pub(crate) async fn sweep_and_reload(service: Arc<SessionService>) {
    let mut sweeps = interval(service.settings.retention.sweep_interval);
    let never = Duration::from_secs(u64::from(u32::MAX));
    let period = service.settings.reload.unwrap_or(never);
    // The folders were read when the server started.
    let mut reloads = interval_at(tokio::time::Instant::now() + period, period);
    // After the machine was suspended, one run is enough.
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reloads.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sweeps.tick() => sweep(&service).await,
            _ = reloads.tick() => reload(&service).await,
        }
    }
}
