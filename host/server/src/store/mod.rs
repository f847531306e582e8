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

mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

pub use sqlite::{OpenError, SqliteStore};

use crate::token::TokenDigest;
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
    /// Until when whoever works on it may be trusted to live.
    pub(crate) lease_until: Timestamp,
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
    /// The digests of the editions that new sessions get.
    pub(crate) editions: Vec<String>,
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

/// A place for sessions. Every write is durable when it is answered.
#[async_trait]
pub(crate) trait Store: Send + Sync + 'static {
    /// The store's own random bytes, which key the digests in it.
    fn key(&self) -> &[u8; 32];

    /// Whether it answers.
    async fn ready(&self) -> Result<(), StoreError>;

    async fn create(&self, session: NewSession, step: Step) -> Result<(), StoreError>;
    async fn session(&self, id: &str) -> Result<Option<Record>, StoreError>;
    /// Commits a step against the version that was read.
    async fn commit(&self, id: &str, version: u64, step: Step) -> Result<(), StoreError>;
    /// Takes over a turn whose lease is over: the session is then of the next version.
    async fn take_over(&self, id: &str, version: u64, lease: Timestamp) -> Result<(), StoreError>;
    /// The sessions whose turn's lease was over at a moment.
    async fn interrupted(&self, at: Timestamp) -> Result<Vec<String>, StoreError>;

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
