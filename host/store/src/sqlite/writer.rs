//! The thread that writes: it commits many writes together.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::files::OpenedFiles;
use crate::error::StoreError;

/// The most writes in one commit, so that a commit takes only milliseconds.
const WRITES_PER_COMMIT: usize = 128;

/// The most writes that wait. Further ones are refused at once.
const MAX_WAITING: usize = 4_096;

/// How often the log is tried to be emptied while a reader, such as a backup, needs it.
const EMPTY_AGAIN: Duration = Duration::from_secs(1);

/// How long the log waits for a reader: longer than a read of a session takes, and no longer than a
/// customer whose turn waits behind it would notice.
const READER: Duration = Duration::from_millis(50);

/// Sends writes to the thread.
pub(super) struct Writer(mpsc::SyncSender<Work>);

enum Work {
    Write(Box<dyn Write>),
    Checkpoint(oneshot::Sender<Result<(), StoreError>>),
}

/// A write whose caller waits for the result.
trait Write: Send {
    /// Executes the write in a savepoint. Returns whether to keep the savepoint.
    fn execute(&mut self, connection: &Connection) -> bool;
    /// Sends the result to the caller, after the commit that decides about it.
    fn reply(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<T, F> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Write for Pending<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn execute(&mut self, connection: &Connection) -> bool {
        let result = self.work.take().map(|work| work(connection));
        let keep = matches!(result, Some(Ok(_)));
        self.result = result;
        keep
    }

    fn reply(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (self.result, committed) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Ok(_)) | None, Err(error)) => Err(error),
            (Some(Err(error)), _) => Err(error),
            (None, Ok(())) => {
                unreachable!("a commit succeeds only after all its writes were executed")
            }
        };
        // The caller may not wait any more.
        let _ = self.reply.send(result);
    }
}

impl Writer {
    /// Starts the thread, which ends with the writer. Without it, every write fails.
    pub(super) fn start(connection: Connection, files: Arc<OpenedFiles>) -> Writer {
        let (sender, receiver) = mpsc::sync_channel(MAX_WAITING);
        let run = move || write_all(connection, &files, receiver);
        if let Err(error) = thread::Builder::new().name("store".to_owned()).spawn(run) {
            tracing::error!(error = %error, "cannot start the thread that writes to the store");
        }
        Writer(sender)
    }

    /// Executes a write. When this returns a value, the write is on disk.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, result) = oneshot::channel();
        let pending = Pending {
            work: Some(work),
            result: None,
            reply,
        };
        self.send(Work::Write(Box::new(pending)))?;
        result.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Moves the content of the write-ahead log into the file, and empties the log. If a reader still
    /// needs it, it is emptied when the reader has ended; nobody waits for that.
    pub(super) async fn checkpoint(&self) -> Result<(), StoreError> {
        let (reply, result) = oneshot::channel();
        self.send(Work::Checkpoint(reply))?;
        result.await.unwrap_or_else(|_| Err(closed()))
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        self.0.try_send(work).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => StoreError::unavailable("too many writes are waiting"),
            mpsc::TrySendError::Disconnected(_) => closed(),
        })
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}

fn write_all(mut connection: Connection, files: &OpenedFiles, receiver: mpsc::Receiver<Work>) {
    // The log may hold what was erased: by the last server, too.
    let mut is_to_empty = true;
    loop {
        let first = if is_to_empty {
            receiver.recv_timeout(EMPTY_AGAIN)
        } else {
            let closed = mpsc::RecvTimeoutError::Disconnected;
            receiver.recv().map_err(|_| closed)
        };
        let first = match first {
            Ok(first) => first,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                is_to_empty = files.check().is_ok() && !empty_log(&connection).unwrap_or(false);
                continue;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        };
        let mut writes = Vec::new();
        let mut checkpoint = None;
        let mut next = Some(first);
        while let Some(work) = next.take() {
            match work {
                Work::Write(write) => writes.push(write),
                // The writes before it are committed first.
                Work::Checkpoint(reply) => {
                    checkpoint = Some(reply);
                    break;
                }
            }
            if writes.len() < WRITES_PER_COMMIT {
                next = receiver.try_recv().ok();
            }
        }
        if !writes.is_empty() {
            let committed = commit_together(&mut connection, &mut writes);
            // What was written into a file that has no name any more is not on disk.
            let committed = committed.and_then(|()| files.check());
            for write in writes {
                write.reply(committed.clone());
            }
        }
        if let Some(reply) = checkpoint {
            let emptied = empty_log(&connection);
            is_to_empty = !matches!(emptied, Ok(true));
            // The caller may not wait any more.
            let _ = reply.send(emptied.map(drop).map_err(StoreError::from));
        }
    }
    // Connections that only read, and may be closed last, cannot do it.
    if files.check().is_ok()
        && let Err(error) = empty_log(&connection)
    {
        tracing::warn!(error = %error, "cannot empty the log of writes");
    }
}

fn commit_together(
    connection: &mut Connection,
    writes: &mut [Box<dyn Write>],
) -> Result<(), StoreError> {
    let mut transaction = connection.transaction()?;
    if let [write] = writes {
        // One that is alone needs no savepoint: the transaction is its own.
        return if write.execute(&transaction) {
            Ok(transaction.commit()?)
        } else {
            Ok(transaction.rollback()?)
        };
    }
    for write in writes {
        let savepoint = transaction.savepoint()?;
        if write.execute(&savepoint) {
            savepoint.commit()?;
        }
        // Otherwise the savepoint is dropped, which undoes what the failed write did.
    }
    transaction.commit()?;
    Ok(())
}

/// Empties the write-ahead log, without waiting for a reader that takes long. Returns whether it is empty: it is not while a reader
/// still needs a part of it.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(READER)?;
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get(0).map(|busy: i64| busy == 0)
    });
    connection.busy_timeout(super::LOCK_TIMEOUT)?;
    match emptied {
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == ErrorCode::DatabaseBusy => {
            Ok(false)
        }
        other => other,
    }
}
