//! Where sessions live between turns.
//!
//! A session is one row with a version, its events, and the messages that were answered. Whoever
//! goes on with a session commits a [`Step`] against the version that they read; of two, one wins
//! and the other hears [`StoreError::Conflict`]. A step is all or nothing and on disk before
//! anybody is told of it.
//!
//! A call is preceded by a step too: the session as it waits for the call. That is the journal of
//! effects: after a crash the row says which call was under way, and whether it may be repeated
//! is its function's effect to say.
//!
//! Whoever works on a turn holds a lease of it and renews it. When the lease is over, whoever asks
//! first takes the turn over. Whether it is over the store says by its own clock, for several
//! servers may share it and their clocks need not agree.

mod postgres;
mod sqlite;
mod url;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use self::postgres::PostgresStore;
use self::sqlite::SqliteStore;
use self::url::Place;
pub use self::url::{StoreUrl, UrlError};

use crate::token::{NoRandomness, TokenDigest};
use crate::view::{Attachment, Event, Waits};

/// What a store cannot do.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else has gone on with the session.
    #[error("the session is of another version")]
    Conflict,
    /// The store is away, full or busy. It may be back soon.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// What is stored cannot be read.
    #[error("the store holds what cannot be read: {0}")]
    Unreadable(String),
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it.
    #[error("`{}` is in use by another server", .0.display())]
    InUse(PathBuf),
    /// A file cannot be made or read.
    #[error("`{}` cannot be opened", file.display())]
    Unopenable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// SQLite does not take it.
    #[error("`{}` is no store", file.display())]
    NoStore {
        /// The file.
        file: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// It was written by a newer server.
    #[error("`{store}` is of version {found}; this server knows version {known}")]
    Newer {
        /// The file, or the database's host.
        store: String,
        /// Its version.
        found: i64,
        /// The newest version that this server knows.
        known: i64,
    },
    /// The database cannot be reached, or refuses.
    #[error("the database at `{host}` cannot be used")]
    Database {
        /// Where it is.
        host: String,
        /// What it says.
        #[source]
        source: StoreError,
    },
    /// The certificates that a database is to be trusted by cannot be read.
    #[error("the certificates of authorities cannot be read")]
    Certificates(#[source] rustls::Error),
    /// The system has no randomness to give.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Where sessions live, opened. It closes when it is dropped.
pub struct Storage(pub(crate) Arc<dyn Store>);

impl Storage {
    /// Opens what a URL names, and makes it where there is none.
    ///
    /// # Errors
    /// See [`OpenError`]. None carries the URL's password.
    pub async fn open(url: &StoreUrl) -> Result<Storage, OpenError> {
        let store: Arc<dyn Store> = match url.place() {
            Place::Sqlite(file) => Arc::new(SqliteStore::open(file)?),
            Place::Postgres(database) => Arc::new(PostgresStore::open(database).await?),
        };
        Ok(Storage(store))
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Storage")
    }
}

/// A session as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) token: TokenDigest,
    pub(crate) scenario: String,
    /// The digest of the edition that it began with.
    pub(crate) edition: String,
    pub(crate) language: String,
    pub(crate) version: u64,
    pub(crate) last_event: u64,
    /// The engine's session as JSON; none when its hidden values were erased.
    pub(crate) state: Option<String>,
    pub(crate) waits: Waits,
    pub(crate) turn: Option<TurnUnderWay>,
    /// Whether the turn's lease was over when this was read: whoever held it may be no more.
    pub(crate) given_up: bool,
    /// The visible variables as JSON, of a finished session.
    pub(crate) variables: Option<String>,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Option<Timestamp>,
}

/// A turn that has begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TurnUnderWay {
    /// The message that it answers; none of the first turn.
    pub(crate) message: Option<String>,
    /// The number of the turn's first event.
    pub(crate) first_event: u64,
}

/// A new session, before its first step.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) token: TokenDigest,
    pub(crate) scenario: String,
    pub(crate) edition: String,
    pub(crate) language: String,
}

/// What is committed at once.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) state: String,
    pub(crate) waits: Waits,
    pub(crate) events: Vec<Event>,
    pub(crate) files: Vec<Attachment>,
    pub(crate) last_event: u64,
    /// The message that the turn answers, on the first step of a turn.
    pub(crate) message: Option<NewMessage>,
    /// The turn, where it has not ended.
    pub(crate) turn: Option<TurnUnderWay>,
    /// For how long a turn that has not ended is left alone, unless its lease is renewed.
    pub(crate) lease: Duration,
    /// The turn's message and its first event, where it has ended.
    pub(crate) answered: Option<(String, u64)>,
    /// The visible variables as JSON, where the session is finished.
    pub(crate) variables: Option<String>,
}

/// A message that is to be answered.
#[derive(Debug, Clone)]
pub(crate) struct NewMessage {
    pub(crate) id: String,
    /// Tells a repetition from another message of the same id.
    pub(crate) digest: [u8; 32],
}

/// A message that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) digest: [u8; 32],
    /// Its events, from and to, and what the session waited for then; none while its turn is under way.
    pub(crate) answer: Option<(u64, u64, Waits)>,
}

/// Something that attempts are counted by, and how many may fail within the window.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) most: u32,
}

/// How long other servers believe that one gives an edition to new sessions, at the least,
/// and keep it for its sake. Too long costs only room.
pub(crate) const OFFER: Duration = Duration::from_secs(24 * 3_600);

/// Moments before which things are swept away.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    pub(crate) now: Timestamp,
    /// Unfinished sessions untouched since then are finished.
    pub(crate) idle: Timestamp,
    /// Hidden values of sessions finished before.
    pub(crate) hidden: Timestamp,
    /// Whole sessions untouched since then.
    pub(crate) transcripts: Timestamp,
    /// Failed attempts before.
    pub(crate) attempts: Timestamp,
    /// The digests of the editions that this server gives to new sessions.
    pub(crate) editions: Vec<String>,
    /// For how long other servers are to believe so.
    pub(crate) offer: Duration,
}

/// What was swept away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) finished: usize,
    pub(crate) hidden: usize,
    pub(crate) sessions: usize,
    pub(crate) editions: usize,
}

/// An edition as it is stored, for sessions that outlive a restart.
#[derive(Debug, Clone)]
pub(crate) struct EditionRecord {
    pub(crate) digest: String,
    /// The name of the scenario that sessions start with.
    pub(crate) scenario: String,
    /// The texts of the scenarios, the first one's first.
    pub(crate) documents: Vec<String>,
    /// The digests of the plugins' components.
    pub(crate) components: Vec<String>,
}

/// How a session stands, as far as its listeners care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) session: String,
    pub(crate) version: u64,
    /// Whether a call is under way.
    pub(crate) working: bool,
}

impl Standing {
    /// Of a session that is no more.
    pub(crate) fn erased(session: String) -> Standing {
        Standing {
            session,
            version: u64::MAX,
            working: false,
        }
    }
}

/// What a server hears of the others that share its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// One of them has gone on with a session.
    News(Standing),
    /// Something may have been missed: it is time to look.
    Look,
}

/// A place for sessions. Every write is durable when it is answered.
#[async_trait]
pub(crate) trait Store: Send + Sync + 'static {
    /// The store's own random bytes, which key the digests in it.
    fn key(&self) -> &[u8; 32];

    /// Whether it answers.
    async fn ready(&self) -> Result<(), StoreError>;

    /// A write whose answer was lost may have been done all the same: [`StoreError::Unavailable`].
    async fn create(&self, session: NewSession, step: Step) -> Result<(), StoreError>;
    async fn session(&self, id: &str) -> Result<Option<Record>, StoreError>;
    /// Commits a step against the version that was read.
    async fn commit(&self, id: &str, version: u64, step: Step) -> Result<(), StoreError>;
    /// Takes over a turn whose lease is over: the session is then of the next version.
    async fn take_over(&self, id: &str, version: u64, lease: Duration) -> Result<(), StoreError>;
    /// Renews the leases that this server holds of the turns of sessions.
    async fn renew(&self, sessions: Vec<String>, lease: Duration) -> Result<(), StoreError>;
    /// The sessions whose turn's lease is over.
    async fn interrupted(&self) -> Result<Vec<String>, StoreError>;

    /// Tells the other servers that a session has gone on. It may get lost.
    fn tell(&self, _: Standing) {}
    /// Waits for what the others tell; where there are none, forever.
    async fn hear(&self) -> Heard {
        std::future::pending().await
    }
    /// How sessions stand; those that there are. Asked when something may have been missed.
    async fn standings(&self, _: Vec<String>) -> Result<Vec<Standing>, StoreError> {
        Ok(Vec::new())
    }
    /// Says that this server gives no edition to new sessions any more.
    async fn leave(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn message(&self, session: &str, id: &str) -> Result<Option<Message>, StoreError>;
    /// The events after one, up to another.
    async fn events(&self, session: &str, after: u64, to: u64) -> Result<Vec<Event>, StoreError>;
    async fn file(&self, session: &str, n: u64) -> Result<Option<Attachment>, StoreError>;
    /// Erases everything of a session; whether there was one.
    async fn erase(&self, session: &str) -> Result<bool, StoreError>;

    /// Counts an attempt as failed, unless one of its subjects has as many as it may since a moment.
    async fn reserve(
        &self,
        attempt: &str,
        subjects: Vec<Subject>,
        since: Timestamp,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Counts an attempt no longer: it did not fail.
    async fn release(&self, attempt: &str) -> Result<(), StoreError>;

    /// Keeps an edition and the components that are new.
    async fn keep_edition(
        &self,
        edition: EditionRecord,
        components: Vec<(String, Arc<[u8]>)>,
    ) -> Result<(), StoreError>;
    async fn edition(&self, digest: &str) -> Result<Option<EditionRecord>, StoreError>;
    async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError>;

    async fn sweep(&self, sweep: Sweep) -> Result<Swept, StoreError>;
}
