//! The store that several servers share: PostgreSQL.
//!
//! A write is one statement, so it happens as a whole or not at all, and a server that stops in the
//! middle holds no locks. When the response to a commit is lost, the commit is repeated. It cannot
//! succeed twice, because it names the session's version; and it names its step, so that a server
//! finds out when the first attempt succeeded. Leases are measured by the database's clock.
//!
//! Servers tell each other of their commits with `NOTIFY`; see [`notify`].

mod notify;
mod pool;
mod rows;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::pool::{ConnectionPool, DatabaseError};
use crate::error::{OpenError, StoreError};
use crate::random::random;
use crate::sessions::{
    Attachment, AttemptStore, FailureCount, NewSession, Notifications, OFFER, PAGE_BYTES,
    PROBE_BYTES, RevisionRecord, RevisionStore, SessionQuery, SessionRecord, SessionStore,
    SessionSummary, SessionVersion, Space, Store, StoredEvent, SweepCutoffs, Swept, TurnStep,
    Update,
};
use crate::url::Database;
use krabice_contract::hex;

/// The version of the tables.
const VERSION: i64 = 3;
const SCHEMA: &str = include_str!("schema.sql");
/// What makes each version of the tables, from the second on, out of the one before.
const MIGRATIONS: [&str; 2] = [
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
];

/// How long a write is repeated: longer than a restart takes, and no longer than customers wait.
const RETRY_TIME: Duration = Duration::from_secs(8);

/// The pause before a write is repeated. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The most updates that wait. Further ones are dropped, and found by the next resync.
const QUEUED_UPDATES: usize = 10_000;

/// A store in a PostgreSQL database.
pub(crate) struct PostgresStore {
    pool: ConnectionPool,
    key: [u8; 32],
    /// This server's random name, different from those of the other servers.
    server: String,
    outgoing: mpsc::Sender<SessionVersion>,
    incoming: Mutex<mpsc::Receiver<Update>>,
    /// The task that exchanges updates with the other servers. It ends with the store.
    _tasks: JoinSet<()>,
}

impl PostgresStore {
    /// Connects to a database, and creates missing tables.
    ///
    /// # Errors
    /// The database cannot be reached, refuses the connection, or was written by a newer server.
    pub(crate) async fn open(database: &Database) -> Result<PostgresStore, OpenError> {
        let failed = |error: DatabaseError| OpenError::Database {
            host: database.host.clone(),
            source: error.into(),
        };
        let pool = ConnectionPool::new(database)?;
        let fresh: [u8; 32] = random()?;
        let mut connection = pool.take().await.map_err(failed)?;
        let answer = rows::initialise(&mut connection.0, SCHEMA, &MIGRATIONS, VERSION, &fresh);
        let answer = tokio::time::timeout(pool::LONG_TIMEOUT, answer).await;
        let (version, key) = connection.settle(answer).map_err(failed)?;
        if version > VERSION {
            return Err(OpenError::Newer {
                store: database.host.clone(),
                found: version,
                known: VERSION,
            });
        }
        let (outgoing, to_send) = mpsc::channel(QUEUED_UPDATES);
        let (received, incoming) = mpsc::channel(QUEUED_UPDATES);
        let mut tasks = JoinSet::new();
        tasks.spawn(notify::run(pool.clone(), to_send, received));
        Ok(PostgresStore {
            pool,
            key,
            server: hex(random::<16>()?),
            outgoing,
            incoming: Mutex::new(incoming),
            _tasks: tasks,
        })
    }

    /// Repeats a write until its result is known, or until [`RETRY_TIME`] is over.
    async fn retry<T, F>(&self, write: impl Fn() -> F + Send) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, DatabaseError>> + Send,
    {
        let end = Instant::now() + RETRY_TIME;
        let mut pause = FIRST_PAUSE;
        loop {
            match write().await {
                Err(DatabaseError::Lost(_)) if Instant::now() + pause < end => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                other => return Ok(other?),
            }
        }
    }
}

/// Runs a function of [`rows`] on a connection; a macro, because the awaited future borrows it.
macro_rules! on {
    ($store:expr, $function:ident($($argument:expr),*)) => {{
        let connection = $store.pool.take().await?;
        let work = rows::$function(&connection.0, $($argument),*);
        let answer = tokio::time::timeout(pool::TIMEOUT, work).await;
        connection.settle(answer)
    }};
}

/// The same for work that takes long and needs a transaction.
macro_rules! on_for_long {
    ($store:expr, $function:ident($($argument:expr),*)) => {{
        let mut connection = $store.pool.take().await?;
        let work = rows::$function(&mut connection.0, $($argument),*);
        let answer = tokio::time::timeout(pool::LONG_TIMEOUT, work).await;
        connection.settle(answer)
    }};
}

#[async_trait]
impl SessionStore for PostgresStore {
    async fn create(&self, session: NewSession, step: TurnStep) -> Result<(), StoreError> {
        let name = step_name()?;
        let step = rows::StepParameters::new(&session.id, &step, &name, &self.server);
        let (session, step) = (&session, &step);
        self.retry(|| async move { on!(self, create(session, step)) })
            .await
    }

    async fn session(
        &self,
        id: &str,
        message: Option<&str>,
    ) -> Result<Option<SessionRecord>, StoreError> {
        Ok(on!(self, session(id, message))?)
    }

    async fn commit(&self, id: &str, version: u64, step: TurnStep) -> Result<(), StoreError> {
        let name = step_name()?;
        let step = rows::StepParameters::new(id, &step, &name, &self.server);
        let step = &step;
        self.retry(|| async move { on!(self, commit(version, step)) })
            .await
    }

    async fn take_over(&self, id: &str, version: u64, lease: Duration) -> Result<(), StoreError> {
        let name = step_name()?;
        let (name, server) = (&name, self.server.as_str());
        self.retry(|| async move { on!(self, take_over(id, version, lease, server, name)) })
            .await
    }

    async fn renew(&self, sessions: Vec<String>, lease: Duration) -> Result<(), StoreError> {
        Ok(on!(self, renew(&sessions, lease, &self.server))?)
    }

    async fn interrupted(&self) -> Result<Vec<String>, StoreError> {
        Ok(on!(self, interrupted())?)
    }

    async fn events(
        &self,
        session: &str,
        after: u64,
        to: u64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(on!(self, events(session, after, to, PAGE_BYTES))?)
    }

    async fn file(&self, session: &str, n: u64) -> Result<Option<Attachment>, StoreError> {
        Ok(on!(self, file(session, n))?)
    }

    async fn list(&self, query: SessionQuery) -> Result<Vec<SessionSummary>, StoreError> {
        Ok(on!(self, list(&query))?)
    }

    async fn with_address(&self, digests: &[[u8; 32]]) -> Result<Vec<String>, StoreError> {
        Ok(on!(self, with_address(digests))?)
    }

    async fn names(&self, after: &str) -> Result<Vec<String>, StoreError> {
        Ok(on!(self, names(after))?)
    }

    async fn erase(&self, session: &str) -> Result<bool, StoreError> {
        Ok(on!(self, erase(session))?)
    }
}

#[async_trait]
impl AttemptStore for PostgresStore {
    async fn failed(
        &self,
        subjects: &[(String, u32)],
        since: Timestamp,
    ) -> Result<Vec<FailureCount>, StoreError> {
        Ok(on!(self, failed(subjects, since))?)
    }

    async fn forget(&self, subjects: &[String]) -> Result<u64, StoreError> {
        Ok(on!(self, forget(subjects))?)
    }
}

#[async_trait]
impl RevisionStore for PostgresStore {
    async fn keep_revision(
        &self,
        revision: RevisionRecord,
        components: Vec<(String, Arc<[u8]>)>,
    ) -> Result<(), StoreError> {
        let server = &self.server;
        Ok(on_for_long!(
            self,
            keep_revision(&revision, &components, server, OFFER)
        )?)
    }

    async fn revision(&self, digest: &str) -> Result<Option<RevisionRecord>, StoreError> {
        Ok(on!(self, revision(digest))?)
    }

    async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(on!(self, component(digest))?)
    }

    async fn withdraw_offers(&self) -> Result<(), StoreError> {
        Ok(on!(self, withdraw_offers(&self.server))?)
    }
}

#[async_trait]
impl Notifications for PostgresStore {
    fn notify(&self, changed: SessionVersion) {
        // If the queue is full, the other servers find the change by their next resync.
        let _ = self.outgoing.try_send(changed);
    }

    async fn next_update(&self) -> Update {
        match self.incoming.lock().await.recv().await {
            Some(update) => update,
            // The task that receives updates ends only with the store.
            None => std::future::pending().await,
        }
    }

    async fn versions(&self, sessions: Vec<String>) -> Result<Vec<SessionVersion>, StoreError> {
        Ok(on!(self, versions(&sessions))?)
    }
}

#[async_trait]
impl Store for PostgresStore {
    fn key(&self) -> &[u8; 32] {
        &self.key
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // Random, because the database would compress anything else.
        let content = random::<PROBE_BYTES>().map_err(StoreError::unavailable)?;
        Ok(on!(self, probe(&self.server, &content))?)
    }

    async fn space(&self) -> Result<Space, StoreError> {
        Ok(Space {
            used: on!(self, size())?,
            free: None,
        })
    }

    async fn sweep(&self, cutoffs: SweepCutoffs) -> Result<Swept, StoreError> {
        on!(self, offer(&self.server, &cutoffs.revisions, cutoffs.offer))?;
        Ok(on_for_long!(self, sweep(&cutoffs))?)
    }
}

/// A new, unique name for a step.
fn step_name() -> Result<[u8; 16], StoreError> {
    random().map_err(StoreError::unavailable)
}
