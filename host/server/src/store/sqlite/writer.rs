//! The thread that writes: many writes, one commit.

use std::thread;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// The most writes in one commit: then a commit takes milliseconds and nobody waits long.
const TOGETHER: usize = 128;

/// The most writes that wait. Past it the store says that it is busy at once.
const WAITING: usize = 4_096;

/// Takes writes to the thread.
pub(super) struct Writer(mpsc::Sender<Work>);

enum Work {
    Write(Box<dyn Write>),
    Checkpoint(oneshot::Sender<Result<(), StoreError>>),
}

/// A write that somebody waits for.
trait Write: Send {
    /// Does it, in a savepoint. Whether the savepoint is to be kept.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Tells what came of it, once it is on disk, or why it is not.
    fn tell(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<T, F> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    tell: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Write for Pending<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let result = self.work.take().map(|work| work(connection));
        let keep = matches!(result, Some(Ok(_)));
        self.result = result;
        keep
    }

    fn tell(self: Box<Self>, committed: Result<(), StoreError>) {
        let never = || StoreError::Unavailable("it was not tried".to_owned());
        let result = match (self.result, committed) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Ok(_)) | None, Err(error)) => Err(error),
            (Some(Err(error)), _) => Err(error),
            (None, Ok(())) => Err(never()),
        };
        // Whoever asked may have gone.
        let _ = self.tell.send(result);
    }
}

impl Writer {
    /// Starts the thread. It ends when the writer is dropped.
    pub(super) fn start(connection: Connection) -> Writer {
        let (sender, receiver) = mpsc::channel(WAITING);
        let run = move || write_all(connection, receiver);
        // Without a thread every write says that the store is closed.
        if let Err(error) = thread::Builder::new().name("store".to_owned()).spawn(run) {
            tracing::error!(error = %error, "no thread for the store");
        }
        Writer(sender)
    }

    /// Does a write; when this returns, it is on disk.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let pending = Pending {
            work: Some(work),
            result: None,
            tell,
        };
        self.send(Work::Write(Box::new(pending)))?;
        told.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Moves everything from the log of writes into the file, and empties the log.
    pub(super) async fn checkpoint(&self) -> Result<(), StoreError> {
        let (tell, told) = oneshot::channel();
        self.send(Work::Checkpoint(tell))?;
        told.await.unwrap_or_else(|_| Err(closed()))
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        self.0.try_send(work).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Unavailable("too many writes wait".to_owned())
            }
            mpsc::error::TrySendError::Closed(_) => closed(),
        })
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("it is closed".to_owned())
}

fn write_all(mut connection: Connection, mut receiver: mpsc::Receiver<Work>) {
    while let Some(first) = receiver.blocking_recv() {
        let mut writes = Vec::new();
        let mut checkpoint = None;
        let mut next = Some(first);
        while let Some(work) = next.take() {
            match work {
                Work::Write(write) => writes.push(write),
                // Whatever came before it is committed first.
                Work::Checkpoint(tell) => {
                    checkpoint = Some(tell);
                    break;
                }
            }
            if writes.len() < TOGETHER {
                next = receiver.try_recv().ok();
            }
        }
        if !writes.is_empty() {
            let committed = together(&mut connection, &mut writes);
            for write in writes {
                write.tell(committed.clone());
            }
        }
        if let Some(tell) = checkpoint {
            let _ = tell.send(empty_log(&connection).map_err(StoreError::from));
        }
    }
}

fn together(connection: &mut Connection, writes: &mut [Box<dyn Write>]) -> Result<(), StoreError> {
    let mut transaction = connection.transaction()?;
    for write in writes {
        let savepoint = transaction.savepoint()?;
        if write.run(&savepoint) {
            savepoint.commit()?;
        }
        // Otherwise dropped, and with it what the write had done so far.
    }
    transaction.commit()?;
    Ok(())
}

/// A reader may still need a part of the log; then it is emptied the next time.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    match connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == ErrorCode::DatabaseBusy => {
            Ok(())
        }
        other => other,
    }
}
