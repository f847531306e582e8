//! Exchanges updates with the other servers, for the event streams that they hold open.
//!
//! One connection does all `LISTEN` and `NOTIFY`, outside the transactions of turns: a `NOTIFY` in a
//! transaction makes all commits of the database wait for each other. An update may get lost with a
//! server or a connection. Therefore each server also queries the sessions that it has listeners of:
//! whenever it has a new connection, and every few seconds.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::MissedTickBehavior;
use tokio_postgres::{AsyncMessage, Client};

use super::pool::{ConnectionPool, DatabaseError, in_time};
use crate::chain::Chain;
use crate::error::StoreError;
use crate::sessions::{SessionVersion, Update};

/// The interval of resyncs. Each is one small query.
const RESYNC_INTERVAL: Duration = Duration::from_secs(5);

/// The pause before a lost connection is opened again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

/// The most updates that are sent at once.
const UPDATES_PER_STATEMENT: usize = 500;

/// Prepares a session. It does not wait for the disk, because updates need not survive a crash.
const LISTEN: &str = "SET synchronous_commit = off; SET statement_timeout = '5s'; LISTEN krabice;";

const NOTIFY: &str = "SELECT pg_notify('krabice', line) FROM unnest($1::text[]) AS line";

/// Exchanges updates until the store is dropped.
pub(super) async fn run(
    pool: ConnectionPool,
    mut outgoing: Receiver<SessionVersion>,
    incoming: Sender<Update>,
) {
    loop {
        if let Err(error) = exchange(&pool, &mut outgoing, &incoming).await {
            let error = StoreError::from(error);
            tracing::warn!(error = %Chain(&error), "cannot exchange updates with other servers");
        }
        if incoming.send(Update::Resync).await.is_err() {
            return;
        }
        tokio::time::sleep(RECONNECT_PAUSE).await;
    }
}

/// Exchanges updates over one connection, until it ends.
async fn exchange(
    pool: &ConnectionPool,
    outgoing: &mut Receiver<SessionVersion>,
    incoming: &Sender<Update>,
) -> Result<(), DatabaseError> {
    let (client, messages) = pool.open_extra().await?;
    let mut messages = std::pin::pin!(stream::poll_fn(messages));
    let mut send = std::pin::pin!(send_all(&client, outgoing, incoming));
    loop {
        tokio::select! {
            // Updates come before resyncs.
            biased;
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(notification))) => {
                    if let Some(changed) = parse_line(notification.payload()) {
                        // If the queue is full, the next resync finds the change.
                        let _ = incoming.try_send(Update::Updated(changed));
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(DatabaseError::lost("the connection has ended")),
            },
            ended = &mut send => return ended,
        }
    }
}

/// Sends the updates of this server. Regularly checks the connection, and requests a resync.
async fn send_all(
    client: &Client,
    outgoing: &mut Receiver<SessionVersion>,
    incoming: &Sender<Update>,
) -> Result<(), DatabaseError> {
    in_time(client.batch_execute(LISTEN)).await?;
    let notify = in_time(client.prepare(NOTIFY)).await?;
    let mut resync = tokio::time::interval(RESYNC_INTERVAL);
    resync.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut updates = Vec::new();
    loop {
        tokio::select! {
            count = outgoing.recv_many(&mut updates, UPDATES_PER_STATEMENT) => {
                if count == 0 {
                    return Ok(());
                }
                let lines: Vec<String> = updates.drain(..).map(|update| line(&update)).collect();
                in_time(client.execute(&notify, &[&lines])).await?;
            }
            // The first tick comes at once, when the connection is new.
            _ = resync.tick() => {
                in_time(client.batch_execute("")).await?;
                let _ = incoming.try_send(Update::Resync);
            }
        }
    }
}

/// The payload of a notification.
fn line(update: &SessionVersion) -> String {
    let working = u8::from(update.working);
    format!("{} {} {working}", update.session, update.version)
}

fn parse_line(line: &str) -> Option<SessionVersion> {
    let mut parts = line.split(' ');
    Some(SessionVersion {
        session: parts.next()?.to_owned(),
        version: parts.next()?.parse().ok()?,
        working: parts.next()? == "1",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_parsed_as_it_was_written_and_other_texts_are_ignored() {
        for (version, working) in [(1, true), (u64::MAX, false)] {
            let update = SessionVersion {
                session: "s_x-Y".to_owned(),
                version,
                working,
            };
            assert_eq!(parse_line(&line(&update)), Some(update));
        }
        for other in ["", "s", "s x 1", "s 1"] {
            assert_eq!(parse_line(other), None, "{other}");
        }
    }
}
