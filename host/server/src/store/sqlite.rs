//! The embedded store: SQLite, one file, one server.
//!
//! One thread writes. It takes every write that has queued up since the last commit, puts each in
//! a savepoint of its own and commits them together, so that the disk is waited for once for all.
//! Reads go beside it, on connections of their own.

mod rows;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use tokio::sync::Semaphore;

use self::writer::Writer;
use super::{
    EditionRecord, Message, NewSession, OpenError, Record, Step, Store, StoreError, Subject, Sweep,
    Swept,
};
use crate::point;
use crate::token;
use crate::view::{Attachment, Event};

/// The version of the tables, in SQLite's `user_version`.
const VERSION: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");

/// How long a lock of another process is waited for; a backup takes one for moments.
const BUSY: Duration = Duration::from_secs(5);

/// Reads at once. They are short and the machine has few cores.
const READERS: usize = 4;

/// See the module.
pub(super) struct SqliteStore {
    writer: Writer,
    readers: Readers,
    key: [u8; 32],
    /// Held for as long as the store is open: two servers on one file would each
    /// think that the other's turns were given up.
    _lock: File,
}

struct Readers {
    file: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
}

impl SqliteStore {
    /// Opens a store, and makes it where there is none. Turns that were under way when the last
    /// server stopped are given up: whoever asks first takes them over.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub(super) fn open(file: &Path) -> Result<SqliteStore, OpenError> {
        let unopenable = |source| OpenError::Unopenable {
            file: file.to_owned(),
            source,
        };
        let mut beside = file.as_os_str().to_owned();
        beside.push(".lock");
        let lock = File::create(PathBuf::from(beside)).map_err(unopenable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(OpenError::InUse(file.to_owned()));
            }
            Err(std::fs::TryLockError::Error(source)) => return Err(unopenable(source)),
        }
        make_private(file).map_err(unopenable)?;
        let no_store = |source| OpenError::NoStore {
            file: file.to_owned(),
            source,
        };
        let mut connection = Connection::open(file).map_err(no_store)?;
        prepare(&connection).map_err(no_store)?;
        let found: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(no_store)?;
        if found > VERSION {
            return Err(OpenError::Newer {
                store: file.display().to_string(),
                found,
                known: VERSION,
            });
        }
        let fresh: [u8; 32] = token::random()?;
        let key = initialise(&mut connection, found, fresh).map_err(no_store)?;
        Ok(SqliteStore {
            writer: Writer::start(connection),
            readers: Readers {
                file: file.to_owned(),
                idle: Arc::default(),
                places: Arc::new(Semaphore::new(READERS)),
            },
            key,
            _lock: lock,
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let away = |_| StoreError::Unavailable("it is closed".to_owned());
        let places = Arc::clone(&self.readers.places);
        let place = places.acquire_owned().await.map_err(|_| away(()))?;
        let (idle, file) = (Arc::clone(&self.readers.idle), self.readers.file.clone());
        let read = tokio::task::spawn_blocking(move || {
            let ready = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match ready {
                Some(connection) => connection,
                None => reader(&file)?,
            };
            let answer = read(&connection);
            if !matches!(answer, Err(StoreError::Unavailable(_))) {
                idle.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(connection);
            }
            drop(place);
            answer
        });
        read.await
            .map_err(|error| StoreError::Unavailable(error.to_string()))?
    }
}

/// The file holds hidden values: it is its owner's alone.
fn make_private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

/// Durable at every commit, and what is erased is overwritten.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(())
}

fn reader(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// Makes the tables where there are none, gives up the turns of the last server, and gives the key.
fn initialise(
    connection: &mut Connection,
    found: i64,
    fresh: [u8; 32],
) -> rusqlite::Result<[u8; 32]> {
    let transaction = connection.transaction()?;
    if found == 0 {
        transaction.execute_batch(SCHEMA)?;
        point::pass("within-schema");
        transaction.execute("INSERT INTO meta VALUES ('key', ?1)", [&fresh])?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.execute(
        "UPDATE sessions SET turn_lease = 0 WHERE turn_lease IS NOT NULL",
        [],
    )?;
    let key = transaction.query_row("SELECT value FROM meta WHERE name = 'key'", [], |row| {
        row.get(0)
    })?;
    transaction.commit()?;
    // The last server may have died between erasing something and emptying the log of writes.
    writer::empty_log(connection)?;
    Ok(key)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Unavailable(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> StoreError {
        // Where, and not what: it may be hidden.
        let (line, column) = (error.line(), error.column());
        StoreError::Unreadable(format!("no JSON as expected at {line}:{column}"))
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn key(&self) -> &[u8; 32] {
        &self.key
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // A write, for a full disk can still be read.
        self.writer
            .write(|connection| {
                connection.execute("UPDATE meta SET value = value WHERE name = 'key'", [])?;
                Ok(())
            })
            .await
    }

    async fn create(&self, session: NewSession, step: Step) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| rows::create(connection, &session, &step))
            .await
    }

    async fn session(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| rows::session(connection, &id))
            .await
    }

    async fn commit(&self, id: &str, version: u64, step: Step) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.writer
            .write(move |connection| rows::commit(connection, &id, version, &step))
            .await
    }

    async fn take_over(&self, id: &str, version: u64, lease: Duration) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.writer
            .write(move |connection| rows::take_over(connection, &id, version, lease))
            .await
    }

    async fn renew(&self, sessions: Vec<String>, lease: Duration) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| rows::renew(connection, &sessions, lease))
            .await
    }

    async fn interrupted(&self) -> Result<Vec<String>, StoreError> {
        self.read(rows::interrupted).await
    }

    async fn message(&self, session: &str, id: &str) -> Result<Option<Message>, StoreError> {
        let (session, id) = (session.to_owned(), id.to_owned());
        self.read(move |connection| rows::message(connection, &session, &id))
            .await
    }

    async fn events(&self, session: &str, after: u64, to: u64) -> Result<Vec<Event>, StoreError> {
        let session = session.to_owned();
        self.read(move |connection| rows::events(connection, &session, after, to))
            .await
    }

    async fn file(&self, session: &str, n: u64) -> Result<Option<Attachment>, StoreError> {
        let session = session.to_owned();
        self.read(move |connection| rows::file(connection, &session, n))
            .await
    }

    async fn erase(&self, session: &str) -> Result<bool, StoreError> {
        let session = session.to_owned();
        let erased = self
            .writer
            .write(move |connection| rows::erase(connection, &session))
            .await?;
        point::pass("after-erase");
        // What was erased must not stand in the log of writes either.
        self.writer.checkpoint().await?;
        Ok(erased)
    }

    async fn reserve(
        &self,
        attempt: &str,
        subjects: Vec<Subject>,
        since: Timestamp,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let attempt = attempt.to_owned();
        self.writer
            .write(move |connection| rows::reserve(connection, &attempt, &subjects, since, at))
            .await
    }

    async fn release(&self, attempt: &str) -> Result<(), StoreError> {
        let attempt = attempt.to_owned();
        self.writer
            .write(move |connection| {
                connection.execute("DELETE FROM attempts WHERE attempt = ?1", [attempt])?;
                Ok(())
            })
            .await
    }

    async fn keep_edition(
        &self,
        edition: EditionRecord,
        components: Vec<(String, Arc<[u8]>)>,
    ) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| rows::keep_edition(connection, &edition, &components))
            .await
    }

    async fn edition(&self, digest: &str) -> Result<Option<EditionRecord>, StoreError> {
        let digest = digest.to_owned();
        self.read(move |connection| rows::edition(connection, &digest))
            .await
    }

    async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let digest = digest.to_owned();
        self.read(move |connection| {
            Ok(connection
                .query_row(
                    "SELECT content FROM components WHERE digest = ?1",
                    [digest],
                    |row| row.get(0),
                )
                .optional()?)
        })
        .await
    }

    async fn sweep(&self, sweep: Sweep) -> Result<Swept, StoreError> {
        let swept = self
            .writer
            .write(move |connection| rows::sweep(connection, &sweep))
            .await?;
        point::pass("after-sweep");
        if swept != Swept::default() {
            self.writer.checkpoint().await?;
        }
        Ok(swept)
    }
}
