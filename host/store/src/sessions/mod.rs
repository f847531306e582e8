//! What the crate `krabice-sessions` keeps: sessions, failed attempts, revisions.
//!
//! A session is one row with a version, its events, and the messages that were answered. A turn
//! commits a [`TurnStep`] against the version that it read. Of two that do so, one succeeds and the
//! other gets [`StoreError::Conflict`]. A step is committed as a whole or not at all, and it is on
//! disk before anybody is told of it.
//!
//! A call that writes or takes long is preceded by a step, too: the session as it waits for the call.
//! These steps are the journal of calls. After a crash the row says which call was under way; the
//! effect of the called function says whether it may be repeated.
//!
//! The server that runs a turn holds a lease of it, and renews it. When the lease has ended, any
//! server may take the turn over. Whether it has ended is decided by the store's clock: several
//! servers may share the store, and their clocks may differ.
//!
//! A session is found by the addresses that its customer named: a row with a keyed digest of each is
//! committed with the step. The address itself is in no row.
//!
//! States, events and what a session waits for are texts here; what they mean is their owner's.

#[cfg(feature = "contract")]
pub mod contract;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::StoreError;

/// A stored session.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// The session's public name.
    pub id: String,
    /// The digest of the token that opens the session.
    pub token: [u8; 32],
    /// The name of the scenario that the session began with.
    pub scenario: String,
    /// The digest of the revision that the session is on.
    pub revision: String,
    /// The language of the session.
    pub language: String,
    /// The channel that the session began by.
    pub channel: String,
    /// Counts the steps that were committed, from 1.
    pub version: u64,
    /// The number of the last event.
    pub last_event: u64,
    /// The bytes of all events.
    pub event_bytes: u64,
    /// The engine's session as JSON. `None` after it was erased with its hidden values.
    pub state: Option<String>,
    /// What the session waits for.
    pub waits: String,
    /// The turn under way, if any.
    pub turn: Option<TurnUnderWay>,
    /// Whether the turn's lease had ended. The server that held it may have stopped.
    pub lease_ended: bool,
    /// The visible variables of a finished session, as JSON.
    pub variables: Option<String>,
    /// When the session was started.
    pub started_at: Timestamp,
    /// When the session was finished, if it is.
    pub finished_at: Option<Timestamp>,
    /// The message that was asked for, if the session has it.
    pub message: Option<MessageRecord>,
}

/// A turn that has begun and not ended yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnUnderWay {
    /// The id of the message that the turn answers. The first turn answers none.
    pub message: Option<String>,
    /// The number of the turn's first event.
    pub first_event: u64,
}

/// A session that is not stored yet.
#[derive(Debug)]
pub struct NewSession {
    /// The session's public name.
    pub id: String,
    /// The digest of the token that opens the session.
    pub token: [u8; 32],
    /// The name of the scenario that the session begins with.
    pub scenario: String,
    /// The digest of the revision that the session is on.
    pub revision: String,
    /// The language of the session.
    pub language: String,
    /// The channel that the session begins by.
    pub channel: String,
}

/// A part of a turn that is committed at once: up to a call, or up to the end of the turn. With the
/// first one the turn is in the store; one that was cut off before it never happened.
#[derive(Debug, Clone)]
pub struct TurnStep {
    /// The time of the step.
    pub at: Timestamp,
    /// The session's state after the step.
    pub state: String,
    /// What the session waits for after the step.
    pub waits: String,
    /// Whether the session is finished.
    pub finished: bool,
    /// The events of the step.
    pub events: Vec<StoredEvent>,
    /// The files of the step's events.
    pub files: Vec<Attachment>,
    /// The number of the session's last event after the step.
    pub last_event: u64,
    /// The message that the turn answers. Only the first step of a turn has it.
    pub message: Option<NewMessage>,
    /// The turn, if it continues after this step.
    pub turn: Option<TurnUnderWay>,
    /// The duration of the lease of a turn that continues.
    pub lease: Duration,
    /// The id of the turn's message and the number of the turn's first event, if the turn has ended.
    pub answered: Option<(String, u64)>,
    /// The visible variables as JSON, if the session is finished.
    pub variables: Option<String>,
    /// The guesses of the step that failed.
    pub failed: Vec<FailedAttempt>,
    /// The keyed digests of the addresses that the customer named since the step before. Repetitions mean
    /// nothing.
    pub addresses: Vec<[u8; 32]>,
    /// What was proven in the step. [`AttemptStore::failed`] finds it as one guess.
    pub proven: Vec<String>,
    /// Subjects whose failed guesses are taken back: of each the newest five, by all subjects. A guess
    /// that failed in this step is not looked for.
    pub taken_back: Vec<String>,
}

/// A session as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The session's public name.
    pub id: String,
    /// The name of the scenario that the session began with.
    pub scenario: String,
    /// The language of the session.
    pub language: String,
    /// The channel that the session began by.
    pub channel: String,
    /// What the session waits for.
    pub waits: String,
    /// When the session was started.
    pub started_at: Timestamp,
    /// When its last step was committed.
    pub touched_at: Timestamp,
    /// When the session was finished, if it is.
    pub finished_at: Option<Timestamp>,
}

/// Which sessions a list has. It begins with the one whose last step is the latest.
#[derive(Debug, Clone)]
pub struct SessionQuery {
    /// Only the sessions that began with this scenario.
    pub scenario: Option<String>,
    /// Only these sessions.
    pub only: Option<Vec<String>>,
    /// Only the sessions that a list has after this one, so that it goes on where another has ended. Nothing
    /// comes after a session that does not exist.
    pub after: Option<String>,
    /// The most sessions of the list.
    pub most: u32,
}

/// A message that is not stored yet.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The id that the client chose.
    pub id: String,
    /// Tells a repeated message from another message with the same id.
    pub digest: [u8; 32],
}

/// A stored message.
#[derive(Debug, Clone)]
pub struct MessageRecord {
    /// Tells a repeated message from another message with the same id.
    pub digest: [u8; 32],
    /// The saved answer; `None` during the turn.
    pub answer: Option<SavedAnswer>,
}

/// The saved answer to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAnswer {
    /// The events of the turn.
    pub events: Vec<StoredEvent>,
    /// What the session waited for after the turn.
    pub waits: String,
}

/// An event of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event's number, from 1.
    pub n: u64,
    /// The event as JSON.
    pub event: String,
}

/// The file of an event, with its bytes.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// The event's number.
    pub n: u64,
    /// The file's name.
    pub name: String,
    /// The declared media type.
    pub media_type: String,
    /// The file's bytes.
    pub content: Arc<[u8]>,
}

/// A failed guess.
#[derive(Debug, Clone)]
pub struct FailedAttempt {
    /// What guesses are counted by, such as one session or one order number. The order and repetitions
    /// mean nothing.
    pub subjects: Vec<String>,
    /// Tells the guess from others: the same guess counts once for a subject.
    pub guess: String,
    /// When it was made. Made again, it counts from the later moment.
    pub at: Timestamp,
}

/// The failed guesses of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureCount {
    /// How many there are; no more than was asked for.
    pub count: u64,
    /// When the oldest of them was made, of the newest that were counted.
    pub oldest: Option<Timestamp>,
}

/// The rows of a step's failed guesses and proofs: subject and guess, with the moment.
pub(crate) fn failures(step: &TurnStep) -> BTreeMap<(&str, &str), i64> {
    let failed = step.failed.iter().flat_map(|failed| {
        let row = |subject| ((subject, &*failed.guess), failed.at.as_millisecond());
        failed.subjects.iter().map(String::as_str).map(row)
    });
    let proven = step.proven.iter();
    let proven = proven.map(|subject| ((&**subject, ""), step.at.as_millisecond()));
    failed.chain(proven).collect()
}

/// How long the other servers do not sweep a revision that one offers to new sessions, after the offer
/// was last renewed. A long time costs only disk space.
pub const OFFER: Duration = Duration::from_secs(24 * 3_600);

/// The most bytes of events that are read at once, so that however long a transcript is, only a page of
/// it is in memory.
pub const PAGE_BYTES: usize = 64 * 1024;

/// The size of the row that a probe of the store writes: more than a usual turn, so that it finds no
/// room where a turn finds none.
pub const PROBE_BYTES: usize = 32 * 1024;

/// What a sweep deletes: data older than these moments.
#[derive(Debug, Clone)]
pub struct SweepCutoffs {
    /// The current time.
    pub now: Timestamp,
    /// What a session waits for that was ended because nobody answered.
    pub ended: String,
    /// Unfinished sessions whose last turn was before this moment are ended.
    pub idle: Timestamp,
    /// Hidden values of sessions that were finished before this moment are deleted.
    pub hidden: Timestamp,
    /// Sessions whose last turn was before this moment are deleted.
    pub transcripts: Timestamp,
    /// Failed attempts before this moment are deleted.
    pub attempts: Timestamp,
    /// The digests of the revisions that this server offers to new sessions. They are kept.
    pub revisions: Vec<String>,
    /// How long the offer is valid for other servers; see [`OFFER`].
    pub offer: Duration,
}

/// The number of rows that a sweep changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions ended because nobody answered.
    pub finished: usize,
    /// Sessions whose hidden values were deleted.
    pub hidden: usize,
    /// Sessions deleted.
    pub sessions: usize,
    /// Revisions deleted.
    pub revisions: usize,
}

/// A stored revision, for sessions that outlive a restart.
#[derive(Debug, Clone)]
pub struct RevisionRecord {
    /// The revision's digest.
    pub digest: String,
    /// The name of the scenario that sessions start with.
    pub scenario: String,
    /// The texts of the scenarios, first that of the scenario that sessions start with.
    pub documents: Vec<String>,
    /// The digests of the plugins' components.
    pub components: Vec<String>,
}

/// How large a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The bytes of what is stored. Of a database: of its files.
    pub used: u64,
    /// By how many bytes it can grow on its disk: what is free there, and in its file. `None` where that
    /// cannot be known.
    pub free: Option<u64>,
}

/// A version of a session, as its listeners are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionVersion {
    /// The session's public name.
    pub session: String,
    /// The session's version.
    pub version: u64,
    /// Whether a call is under way.
    pub working: bool,
}

impl SessionVersion {
    /// The version that tells listeners that a session was erased: newer than all others.
    #[must_use]
    pub fn erased(session: String) -> SessionVersion {
        SessionVersion {
            session,
            version: u64::MAX,
            working: false,
        }
    }
}

/// What a server learns from the other servers that share its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Another server has changed a session.
    Updated(SessionVersion),
    /// Updates may have been lost: [`Notifications::versions`] has to be queried.
    Resync,
}

/// The sessions of a store.
#[async_trait]
pub trait SessionStore: Sync {
    /// Stores a new session with its first step.
    ///
    /// # Errors
    /// [`StoreError::UnknownRevision`], or [`StoreError::Unavailable`]: then the session may have been
    /// stored all the same, which holds for all writes.
    async fn create(&self, session: NewSession, step: TurnStep) -> Result<(), StoreError>;

    /// A session with a message that it may have been sent, as they are at one moment; `None` if there
    /// is no session of this name.
    async fn session(
        &self,
        id: &str,
        message: Option<&str>,
    ) -> Result<Option<SessionRecord>, StoreError>;

    /// Commits a step against the version that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the session has another version, or was erased.
    async fn commit(&self, id: &str, version: u64, step: TurnStep) -> Result<(), StoreError>;

    /// Takes over a turn whose lease has ended. The session then has the next version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the session has another version or the lease has not ended.
    async fn take_over(&self, id: &str, version: u64, lease: Duration) -> Result<(), StoreError>;

    /// Renews the leases that this server holds of the sessions' turns.
    async fn renew(&self, sessions: Vec<String>, lease: Duration) -> Result<(), StoreError>;

    /// At most 1,000 sessions that have a turn whose lease has ended.
    async fn interrupted(&self) -> Result<Vec<String>, StoreError>;

    /// The first events with numbers greater than `after`, up to and including `to`, in their order: at
    /// most [`PAGE_BYTES`] of them, or one that is larger. None if there are no such events.
    async fn events(
        &self,
        session: &str,
        after: u64,
        to: u64,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// All events with numbers greater than `after`, up to and including `to`: for a turn, and for the
    /// operator. A customer gets pages.
    async fn all_events(
        &self,
        session: &str,
        after: u64,
        to: u64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let (mut all, mut after) = (Vec::new(), after);
        while after < to {
            let page = self.events(session, after, to).await?;
            let Some(last) = page.last() else { break };
            after = last.n;
            all.extend(page);
        }
        Ok(all)
    }

    /// The file of the event with the number `n`.
    async fn file(&self, session: &str, n: u64) -> Result<Option<Attachment>, StoreError>;

    /// A list of sessions, the one whose last step is the latest first.
    async fn list(&self, query: SessionQuery) -> Result<Vec<SessionSummary>, StoreError>;

    /// The names of the sessions in which one of the addresses was named, sorted.
    async fn with_address(&self, digests: &[[u8; 32]]) -> Result<Vec<String>, StoreError>;

    /// At most 1,000 names of sessions that sort after a text, sorted. Whoever asks for those after the
    /// last one, and so on, gets every session that stays meanwhile.
    async fn names(&self, after: &str) -> Result<Vec<String>, StoreError>;

    /// Erases all data of a session. Returns whether the session existed.
    async fn erase(&self, session: &str) -> Result<bool, StoreError>;
}

/// The failed attempts of a store. They are written with the turns that made them.
#[async_trait]
pub trait AttemptStore {
    /// The guesses that failed after a moment, for each subject. No more than its number are counted,
    /// the newest, so that counting costs the same however many fail.
    async fn failed(
        &self,
        subjects: &[(String, u32)],
        since: Timestamp,
    ) -> Result<Vec<FailureCount>, StoreError>;

    /// Forgets the failed guesses of subjects, by all subjects. Returns how many there were.
    async fn forget(&self, subjects: &[String]) -> Result<u64, StoreError>;
}

/// The revisions of a store.
#[async_trait]
pub trait RevisionStore {
    /// Stores a revision, and those of its components that are not stored yet, by digest.
    async fn keep_revision(
        &self,
        revision: RevisionRecord,
        components: Vec<(String, Arc<[u8]>)>,
    ) -> Result<(), StoreError>;

    /// The revision with a digest.
    async fn revision(&self, digest: &str) -> Result<Option<RevisionRecord>, StoreError>;

    /// The bytes of the component with a digest.
    async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Ends this server's offers of revisions to new sessions, because it stops. A store of one server
    /// needs no offers.
    async fn withdraw_offers(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// What the servers that share a store tell each other. A store of one server needs none of it.
#[async_trait]
pub trait Notifications {
    /// Tells the other servers that a session has changed. The message may get lost.
    fn notify(&self, _: SessionVersion) {}

    /// Waits for the next update from another server; for ever if there is only this one.
    async fn next_update(&self) -> Update {
        std::future::pending().await
    }

    /// The versions of those of the sessions that exist.
    async fn versions(&self, _: Vec<String>) -> Result<Vec<SessionVersion>, StoreError> {
        Ok(Vec::new())
    }
}

/// A store. Every write is durable when its result is known.
#[async_trait]
pub trait Store:
    SessionStore + AttemptStore + RevisionStore + Notifications + Send + Sync + 'static
{
    /// The store's own random bytes, the key of the digests in it.
    fn key(&self) -> &[u8; 32];

    /// Checks that the store accepts writes: writes a row of [`PROBE_BYTES`], and removes it.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Waits until the store is lost for good, because a file of it was deleted or replaced. Nothing is
    /// acknowledged from then on, and the server has to stop. For ever where that cannot happen.
    async fn lost(&self) -> StoreError {
        std::future::pending().await
    }

    /// How large the store is.
    async fn space(&self) -> Result<Space, StoreError>;

    /// Deletes what was kept for long enough.
    async fn sweep(&self, cutoffs: SweepCutoffs) -> Result<Swept, StoreError>;
}
