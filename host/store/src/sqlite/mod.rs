//! The store of a single server: SQLite, in one file.
//!
//! One thread writes. It takes all writes that have queued up since its last commit, puts each into a
//! savepoint of its own, and commits them together, so that they wait for the disk only once. Reads
//! run at the same time on connections of their own.

mod copy;
mod files;
mod rows;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

pub(crate) use self::copy::{backup, restore};
use self::files::OpenedFiles;
use self::writer::Writer;
use crate::error::{OpenError, StoreError};
use crate::failpoint;
use crate::locked::locked;
use crate::random::random;
use crate::sessions::{
    Attachment, AttemptStore, FailureCount, NewSession, Notifications, PAGE_BYTES, RevisionRecord,
    RevisionStore, SessionQuery, SessionRecord, SessionStore, SessionSummary, Space, Store,
    StoredEvent, SweepCutoffs, Swept, TurnStep,
};

/// The version of the tables, in SQLite's `user_version`.
const VERSION: i64 = 3;
const SCHEMA: &str = include_str!("schema.sql");
/// What makes each version of the tables, from the second on, out of the one before.
const MIGRATIONS: [&str; 2] = [
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
];

/// How long to wait for a lock that another process holds. A backup holds one for a moment.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The most reads at once. Reads are short, and machines have few cores.
const READERS: usize = 4;

/// A store in an SQLite file.
pub(crate) struct SqliteStore {
    writer: Writer,
    file: PathBuf,
    files: Arc<OpenedFiles>,
    idle_readers: Arc<Mutex<Vec<Connection>>>,
    read_permits: Arc<Semaphore>,
    key: [u8; 32],
    /// Locks the file: of two servers on one file, each would take over the other's turns.
    _lock: File,
}

impl SqliteStore {
    /// Opens or creates a store, and ends all leases: the server that held them has stopped.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub(crate) fn open(file: &Path) -> Result<SqliteStore, OpenError> {
        let lock = lock(file)?;
        make_private(file).map_err(|source| OpenError::Unopenable {
            file: file.to_owned(),
            source,
        })?;
        let not_a_store = |source: rusqlite::Error| OpenError::NotAStore {
            file: file.to_owned(),
            source: source.into(),
        };
        let mut connection = Connection::open(file).map_err(not_a_store)?;
        prepare(&connection).map_err(not_a_store)?;
        let found: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(not_a_store)?;
        if found > VERSION {
            return Err(OpenError::Newer {
                store: file.display().to_string(),
                found,
                known: VERSION,
            });
        }
        let fresh: [u8; 32] = random()?;
        let key = initialise(&mut connection, found, fresh).map_err(not_a_store)?;
        let files = Arc::new(OpenedFiles::of(file));
        Ok(SqliteStore {
            writer: Writer::start(connection, Arc::clone(&files)),
            file: file.to_owned(),
            files,
            idle_readers: Arc::default(),
            read_permits: Arc::new(Semaphore::new(READERS)),
            key,
            _lock: lock,
        })
    }

    /// Reads on a thread that may wait for the disk.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permits = Arc::clone(&self.read_permits);
        let permit = permits.acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let (idle, file) = (Arc::clone(&self.idle_readers), self.file.clone());
        let files = Arc::clone(&self.files);
        let read = tokio::task::spawn_blocking(move || {
            let answer = with_reader(&idle, &files, &file, read);
            drop(permit);
            answer
        });
        read.await.map_err(StoreError::unavailable)?
    }

    /// Reads a few rows by their keys on the caller's thread: that takes less time than the way to
    /// another thread and back.
    async fn look_up<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        let permit = self.read_permits.acquire().await;
        let _permit = permit.expect("the semaphore is never closed");
        with_reader(&self.idle_readers, &self.files, &self.file, read)
    }
}

/// Reads on an idle connection, or on a new one.
fn with_reader<T>(
    idle: &Mutex<Vec<Connection>>,
    files: &OpenedFiles,
    file: &Path,
    read: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let idle_connection = locked(idle).pop();
    let connection = match idle_connection {
        Some(connection) => connection,
        None => {
            files.check()?;
            open_reader(file)?
        }
    };
    let answer = read(&connection);
    if !matches!(answer, Err(StoreError::Unavailable(_))) {
        locked(idle).push(connection);
    }
    answer
}

/// Locks a store for this process, until the returned file is closed.
fn lock(file: &Path) -> Result<File, OpenError> {
    let unopenable = |source| OpenError::Unopenable {
        file: file.to_owned(),
        source,
    };
    let mut lock_file = file.as_os_str().to_owned();
    lock_file.push(".lock");
    let lock = File::create(PathBuf::from(lock_file)).map_err(unopenable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse(file.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(unopenable(source)),
    }
}

/// Creates the file so that only its owner can read it, because it contains hidden values.
fn make_private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

/// Makes every commit durable, and overwrites what is erased.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(LOCK_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(())
}

fn open_reader(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(LOCK_TIMEOUT)?;
    Ok(connection)
}

/// Creates the tables, or brings those of an earlier version up to date, and ends all leases. Returns the store's key.
fn initialise(
    connection: &mut Connection,
    found: i64,
    fresh: [u8; 32],
) -> rusqlite::Result<[u8; 32]> {
    let transaction = connection.transaction()?;
    if found == 0 {
        transaction.execute_batch(SCHEMA)?;
        failpoint::pass("within-schema");
        transaction.execute("INSERT INTO meta VALUES ('key', ?1)", [&fresh])?;
    } else {
        let made = usize::try_from(found).map_or(0, |found| found.saturating_sub(1));
        for migration in &MIGRATIONS[made.min(MIGRATIONS.len())..] {
            transaction.execute_batch(migration)?;
        }
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute(
        "UPDATE sessions SET turn_lease = 0 WHERE turn_lease IS NOT NULL",
        [],
    )?;
    let key = transaction.query_row("SELECT value FROM meta WHERE name = 'key'", [], |row| {
        row.get(0)
    })?;
    transaction.commit()?;
    // The last server may have stopped after it erased data and before it emptied the write-ahead log.
    writer::empty_log(connection)?;
    Ok(key)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::unavailable(error)
    }
}

#[async_trait]
impl SessionStore for SqliteStore {
    async fn create(&self, session: NewSession, step: TurnStep) -> Result<(), StoreError> {
        self.writer
            .write(move |db| rows::create(db, &session, &step))
            .await
    }

    async fn session(
        &self,
        id: &str,
        message: Option<&str>,
    ) -> Result<Option<SessionRecord>, StoreError> {
        self.look_up(|db| rows::session(db, id, message)).await
    }

    async fn commit(&self, id: &str, version: u64, step: TurnStep) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.writer
            .write(move |db| rows::commit(db, &id, version, &step))
            .await
    }

    async fn take_over(&self, id: &str, version: u64, lease: Duration) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.writer
            .write(move |db| rows::take_over(db, &id, version, lease))
            .await
    }

    async fn renew(&self, sessions: Vec<String>, lease: Duration) -> Result<(), StoreError> {
        self.writer
            .write(move |db| rows::renew(db, &sessions, lease))
            .await
    }

    async fn interrupted(&self) -> Result<Vec<String>, StoreError> {
        self.read(rows::interrupted).await
    }

    async fn events(
        &self,
        session: &str,
        after: u64,
        to: u64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let session = session.to_owned();
        self.read(move |db| rows::events(db, &session, after, to, PAGE_BYTES))
            .await
    }

    async fn file(&self, session: &str, n: u64) -> Result<Option<Attachment>, StoreError> {
        let session = session.to_owned();
        self.read(move |db| rows::file(db, &session, n)).await
    }

    async fn list(&self, query: SessionQuery) -> Result<Vec<SessionSummary>, StoreError> {
        self.read(move |db| rows::list(db, &query)).await
    }

    async fn with_address(&self, digests: &[[u8; 32]]) -> Result<Vec<String>, StoreError> {
        let digests = digests.to_vec();
        self.read(move |db| rows::with_address(db, &digests)).await
    }

    async fn names(&self, after: &str) -> Result<Vec<String>, StoreError> {
        let after = after.to_owned();
        self.read(move |db| rows::names(db, &after)).await
    }

    async fn erase(&self, session: &str) -> Result<bool, StoreError> {
        let session = session.to_owned();
        let erased = self
            .writer
            .write(move |db| rows::erase(db, &session))
            .await?;
        failpoint::pass("after-erase");
        // The write-ahead log must not contain the erased data either.
        self.writer.checkpoint().await?;
        Ok(erased)
    }
}

#[async_trait]
impl AttemptStore for SqliteStore {
    async fn failed(
        &self,
        subjects: &[(String, u32)],
        since: Timestamp,
    ) -> Result<Vec<FailureCount>, StoreError> {
        let subjects = subjects.to_vec();
        self.read(move |db| rows::failed(db, &subjects, since))
            .await
    }

    async fn forget(&self, subjects: &[String]) -> Result<u64, StoreError> {
        let subjects = subjects.to_vec();
        self.writer
            .write(move |db| rows::forget(db, &subjects))
            .await
    }
}

#[async_trait]
impl RevisionStore for SqliteStore {
    async fn keep_revision(
        &self,
        revision: RevisionRecord,
        components: Vec<(String, Arc<[u8]>)>,
    ) -> Result<(), StoreError> {
        self.writer
            .write(move |db| rows::keep_revision(db, &revision, &components))
            .await
    }

    async fn revision(&self, digest: &str) -> Result<Option<RevisionRecord>, StoreError> {
        let digest = digest.to_owned();
        self.read(move |db| rows::revision(db, &digest)).await
    }

    async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let digest = digest.to_owned();
        self.read(move |db| rows::component(db, &digest)).await
    }
}

impl Notifications for SqliteStore {}

#[async_trait]
impl Store for SqliteStore {
    fn key(&self) -> &[u8; 32] {
        &self.key
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.writer.write(rows::write_probe).await?;
        self.writer.write(rows::remove_probe).await
    }

    async fn lost(&self) -> StoreError {
        self.files.lost().await
    }

    async fn space(&self) -> Result<Space, StoreError> {
        let file = self.file.clone();
        self.read(move |db| {
            let (used, reusable) = rows::space(db)?;
            let log = files::beside(&file, "-wal").metadata();
            Ok(Space {
                used: used + log.map_or(0, |log| log.len()),
                free: files::free_on_disk(&file).map(|free| free.saturating_add(reusable)),
            })
        })
        .await
    }

    async fn sweep(&self, cutoffs: SweepCutoffs) -> Result<Swept, StoreError> {
        let swept = self
            .writer
            .write(move |db| rows::sweep(db, &cutoffs))
            .await?;
        failpoint::pass("after-sweep");
        if swept != Swept::default() {
            self.writer.checkpoint().await?;
        }
        Ok(swept)
    }
}
