//! The store: where sessions live between turns.
//!
//! A session is one row with a version, its events, and the messages that were answered. A turn
//! commits a [`TurnStep`] against the version that it read. Of two that do so, one succeeds and the
//! other gets [`StoreError::Conflict`]. A step is committed as a whole or not at all, and it is on
//! disk before anybody is told of it.
//!
//! A call is preceded by a step, too: the session as it waits for the call. These steps are the
//! journal of calls. After a crash the row says which call was under way; the effect of the called
//! function says whether it may be repeated.
//!
//! The server that runs a turn holds a lease of it, and renews it. When the lease has ended, any
//! server may take the turn over. Whether it has ended is decided by the store's clock: several
//! servers may share the store, and their clocks may differ.

mod postgres;
mod sqlite;
mod url;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::postgres::PostgresStore;
use self::sqlite::SqliteStore;
use self::url::StoreLocation;
pub use self::url::{StoreUrl, UrlError};
use crate::token::{NoRandomness, TokenDigest};
use crate::view::{Attachment, Event, Waits};

/// The cause of a failure. Several requests may share it, so it can be cloned.
type Cause = Arc<dyn Error + Send + Sync>;

/// Why a store did not do what it was asked to do.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another request has committed a newer version of the session.
    #[error("the session has a newer version")]
    Conflict,
    /// The store cannot be reached, is full, or is busy. A later attempt may succeed.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// A stored value cannot be read.
    #[error("the stored value in the column `{column}` cannot be read")]
    Unreadable {
        /// The column.
        column: &'static str,
        /// What is wrong with the value. It does not repeat the value, which may be hidden.
        #[source]
        cause: Cause,
    },
    /// A new session's revision is not in the store.
    #[error("the revision of the new session is not in the store")]
    UnknownRevision,
}

impl StoreError {
    fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Unavailable(cause.into().into())
    }

    pub(crate) fn unreadable(
        column: &'static str,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> StoreError {
        let cause = cause.into().into();
        StoreError::Unreadable { column, cause }
    }
}

/// Reads a stored JSON text. The error repeats no part of the text, which may be hidden.
pub(crate) fn parse_json<T: DeserializeOwned>(
    column: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        let (line, character) = (error.line(), error.column());
        let cause = format!("invalid JSON at line {line}, column {character}");
        StoreError::unreadable(column, cause)
    })
}

/// The JSON text to store for a value.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the stored types serialise to JSON")
}

/// Reads a stored moment.
fn parse_moment(column: &'static str, milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|error| StoreError::unreadable(column, error))
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process uses it.
    #[error("`{}` is in use by another server", .0.display())]
    InUse(PathBuf),
    /// A file cannot be created or read.
    #[error("`{}` cannot be opened", file.display())]
    Unopenable {
        /// The file.
        file: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a store.
    #[error("`{}` is not a store of sessions", file.display())]
    NotAStore {
        /// The file.
        file: PathBuf,
        /// The database library's error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store was written by a newer server.
    #[error("`{store}` has version {found}; this server supports versions up to {known}")]
    Newer {
        /// The file, or the database's host.
        store: String,
        /// Its version.
        found: i64,
        /// The newest version that this server supports.
        known: i64,
    },
    /// The database cannot be reached, or refuses the connection.
    #[error("the database at `{host}` cannot be used")]
    Database {
        /// The database's host.
        host: String,
        /// The reason.
        #[source]
        source: StoreError,
    },
    /// The certificates of authorities cannot be read.
    #[error("the certificates of authorities cannot be read")]
    Certificates(#[source] rustls::Error),
    /// The system's random number generator failed.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// An open store. Dropping it closes it.
pub struct Storage(pub(crate) Arc<dyn Store>);

impl Storage {
    /// Opens the store that a URL names. A missing file, or missing tables, are created.
    ///
    /// # Errors
    /// See [`OpenError`]. No error contains the URL's password.
    pub async fn open(url: &StoreUrl) -> Result<Storage, OpenError> {
        let store: Arc<dyn Store> = match url.location() {
            StoreLocation::Sqlite(file) => Arc::new(SqliteStore::open(file)?),
            StoreLocation::Postgres(database) => Arc::new(PostgresStore::open(database).await?),
        };
        Ok(Storage(store))
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Storage")
    }
}

/// A stored session.
#[derive(Debug, Clone)]
pub(crate) struct SessionRecord {
    pub(crate) id: String,
    pub(crate) token: TokenDigest,
    pub(crate) scenario: String,
    /// The digest of the revision that the session is on.
    pub(crate) revision: String,
    pub(crate) language: String,
    pub(crate) version: u64,
    pub(crate) last_event: u64,
    /// The engine's session as JSON. `None` after it was erased with its hidden values.
    pub(crate) state: Option<String>,
    pub(crate) waits: Waits,
    pub(crate) turn: Option<TurnUnderWay>,
    /// Whether the turn's lease had ended. The server that held it may have stopped.
    pub(crate) lease_ended: bool,
    /// The visible variables of a finished session, as JSON.
    pub(crate) variables: Option<String>,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Option<Timestamp>,
}

/// A turn that has begun and not ended yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TurnUnderWay {
    /// The id of the message that the turn answers. The first turn answers none.
    pub(crate) message: Option<String>,
    /// The number of the turn's first event.
    pub(crate) first_event: u64,
}

/// A session that is not stored yet.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) token: TokenDigest,
    pub(crate) scenario: String,
    /// The digest of the revision that the session is on.
    pub(crate) revision: String,
    pub(crate) language: String,
}

/// A part of a turn that is committed at once: up to a call, or up to the end of the turn.
#[derive(Debug)]
pub(crate) struct TurnStep {
    pub(crate) at: Timestamp,
    pub(crate) state: String,
    pub(crate) waits: Waits,
    pub(crate) events: Vec<Event>,
    pub(crate) files: Vec<Attachment>,
    pub(crate) last_event: u64,
    /// The message that the turn answers. Only the first step of a turn has it.
    pub(crate) message: Option<NewMessage>,
    /// The turn, if it continues after this step.
    pub(crate) turn: Option<TurnUnderWay>,
    /// The duration of the lease of a turn that continues.
    pub(crate) lease: Duration,
    /// The id of the turn's message and the number of the turn's first event, if the turn has ended.
    pub(crate) answered: Option<(String, u64)>,
    /// The visible variables as JSON, if the session is finished.
    pub(crate) variables: Option<String>,
}

/// A message that is not stored yet.
#[derive(Debug, Clone)]
pub(crate) struct NewMessage {
    pub(crate) id: String,
    /// Tells a repeated message from another message with the same id.
    pub(crate) digest: [u8; 32],
}

/// A stored message.
#[derive(Debug, Clone)]
pub(crate) struct MessageRecord {
    pub(crate) digest: [u8; 32],
    /// The answer's first and last event, and what the session waited for; `None` during the turn.
    pub(crate) answer: Option<(u64, u64, Waits)>,
}

/// A limit of failed attempts.
#[derive(Debug, Clone)]
pub(crate) struct AttemptLimit {
    /// What attempts are counted by, such as one session or one order number.
    pub(crate) subject: String,
    /// The most attempts that may fail within the window.
    pub(crate) most: u32,
}

/// How long the other servers do not sweep a revision that one offers to new sessions, after the offer
/// was last renewed. A long time costs only disk space.
pub(crate) const OFFER: Duration = Duration::from_secs(24 * 3_600);

/// What a sweep deletes: data older than these moments.
#[derive(Debug, Clone)]
pub(crate) struct SweepCutoffs {
    pub(crate) now: Timestamp,
    /// Unfinished sessions whose last turn was before this moment are ended.
    pub(crate) idle: Timestamp,
    /// Hidden values of sessions that were finished before this moment are deleted.
    pub(crate) hidden: Timestamp,
    /// Sessions whose last turn was before this moment are deleted.
    pub(crate) transcripts: Timestamp,
    /// Failed attempts before this moment are deleted.
    pub(crate) attempts: Timestamp,
    /// The digests of the revisions that this server offers to new sessions. They are kept.
    pub(crate) revisions: Vec<String>,
    /// How long the offer is valid for other servers; see [`OFFER`].
    pub(crate) offer: Duration,
}

/// The number of rows that a sweep changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Sessions ended because nobody answered.
    pub(crate) finished: usize,
    /// Sessions whose hidden values were deleted.
    pub(crate) hidden: usize,
    /// Sessions deleted.
    pub(crate) sessions: usize,
    /// Revisions deleted.
    pub(crate) revisions: usize,
}

/// A stored revision, for sessions that outlive a restart.
#[derive(Debug, Clone)]
pub(crate) struct RevisionRecord {
    pub(crate) digest: String,
    /// The name of the scenario that sessions start with.
    pub(crate) scenario: String,
    /// The texts of the scenarios, first that of the scenario that sessions start with.
    pub(crate) documents: Vec<String>,
    /// The digests of the plugins' components.
    pub(crate) components: Vec<String>,
}

/// A version of a session, as its listeners are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionVersion {
    pub(crate) session: String,
    pub(crate) version: u64,
    /// Whether a call is under way.
    pub(crate) working: bool,
}

impl SessionVersion {
    /// The version that tells listeners that a session was erased: newer than all others.
    pub(crate) fn erased(session: String) -> SessionVersion {
        SessionVersion {
            session,
            version: u64::MAX,
            working: false,
        }
    }
}

/// What a server learns from the other servers that share its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Update {
    /// Another server has changed a session.
    Updated(SessionVersion),
    /// Updates may have been lost: [`Store::versions`] has to be queried.
    Resync,
}

/// A store of sessions. Every write is durable when its result is known.
#[async_trait]
pub(crate) trait Store: Send + Sync + 'static {
    /// The store's own random bytes, the key of the digests in it.
    fn key(&self) -> &[u8; 32];

    /// Checks that the store accepts writes.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Stores a new session with its first step. After [`StoreError::Unavailable`] the session may
    /// have been stored all the same; this holds for all writes.
    async fn create(&self, session: NewSession, step: TurnStep) -> Result<(), StoreError>;
    async fn session(&self, id: &str) -> Result<Option<SessionRecord>, StoreError>;
    /// Commits a step against the version that was read.
    async fn commit(&self, id: &str, version: u64, step: TurnStep) -> Result<(), StoreError>;
    /// Takes over a turn whose lease has ended. The session then has the next version.
    async fn take_over(&self, id: &str, version: u64, lease: Duration) -> Result<(), StoreError>;
    /// Renews the leases that this server holds of the sessions' turns.
    async fn renew(&self, sessions: Vec<String>, lease: Duration) -> Result<(), StoreError>;
    /// The sessions that have a turn whose lease has ended.
    async fn interrupted(&self) -> Result<Vec<String>, StoreError>;

    /// Tells the other servers that a session has changed. The message may get lost.
    fn notify(&self, _: SessionVersion) {}
    /// Waits for the next update from another server. Waits for ever if there is only this one.
    async fn next_update(&self) -> Update {
        std::future::pending().await
    }
    /// The versions of those of the sessions that exist.
    async fn versions(&self, _: Vec<String>) -> Result<Vec<SessionVersion>, StoreError> {
        Ok(Vec::new())
    }
    /// Ends this server's offers of revisions to new sessions, because it stops.
    async fn withdraw_offers(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn message(&self, session: &str, id: &str) -> Result<Option<MessageRecord>, StoreError>;
    /// The events with numbers greater than `after`, up to and including `to`.
    async fn events(&self, session: &str, after: u64, to: u64) -> Result<Vec<Event>, StoreError>;
    /// The file of the event with the number `n`.
    async fn file(&self, session: &str, n: u64) -> Result<Option<Attachment>, StoreError>;
    /// Erases all data of a session. Returns whether the session existed.
    async fn erase(&self, session: &str) -> Result<bool, StoreError>;

    /// Counts an attempt as failed, unless a limit is reached. Returns whether it was counted.
    async fn reserve(
        &self,
        attempt: &str,
        limits: Vec<AttemptLimit>,
        since: Timestamp,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Removes an attempt from the count, because it did not fail.
    async fn release(&self, attempt: &str) -> Result<(), StoreError>;

    /// Stores a revision, and those of its components that are not stored yet, by digest.
    async fn keep_revision(
        &self,
        revision: RevisionRecord,
        components: Vec<(String, Arc<[u8]>)>,
    ) -> Result<(), StoreError>;
    async fn revision(&self, digest: &str) -> Result<Option<RevisionRecord>, StoreError>;
    async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Deletes what was kept for long enough.
    async fn sweep(&self, cutoffs: SweepCutoffs) -> Result<Swept, StoreError>;
}
