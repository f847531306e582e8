//! The service of sessions: starts, answers, ends, exports and erases them, and takes over turns
//! that another server left unfinished.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use krabice_contract::Value;
use krabice_engine::{Input, Session, StoredSession};
use krabice_scenario::scenario::{Channel, InputFrom};
use krabice_store::sessions::{
    Attachment, NewMessage, NewSession, SessionRecord, SessionVersion, Store, TurnUnderWay,
};
use krabice_store::{Chain, NoRandomness, StoreError, failpoint, locked, parse_json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::Instrument;

use crate::address::AddressPrefix;
use crate::attempts::AttemptCounter;
use crate::error::SessionError;
use crate::notifier::{Listener, Notifier};
use crate::observer::Observer;
use crate::operator::{OperatorAnswer, OperatorRequest, operate};
use crate::rate_limit::RateLimits;
use crate::revisions::catalogue::Catalogue;
use crate::revisions::revision::{self, Revision};
use crate::room::{NoRoom, Room};
use crate::settings::SessionSettings;
use crate::signed::{SignedToken, Signer, Signers};
use crate::token::{self, SessionToken};
use crate::turn_runner::{Clock, TurnRunner, TurnState};
use crate::view::{self, Answered, Export, Resumed, ScenarioFacts, Started, Waits};

/// Everything that is done with sessions, whatever channel they come by.
pub struct SessionService {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) turns: TurnRunner,
    pub(crate) rates: Arc<RateLimits>,
    room: Room,
    pub(crate) settings: SessionSettings,
    signers: Signers,
    /// The sessions that this process runs a turn of.
    busy: Mutex<HashSet<String>>,
    /// One permit for each turn at once. When all are free, no turn is under way.
    turn_permits: Arc<Semaphore>,
    stopping: AtomicBool,
    /// When the store was last unavailable.
    last_outage: Mutex<Option<Instant>>,
    /// When the store last failed, if it has committed no turn since.
    failed: Mutex<Option<Instant>>,
    /// Dropped after all other fields, and so after the store was closed.
    _open: oneshot::Sender<()>,
}

/// A customer's message.
pub struct CustomerMessage {
    /// The id that the client chose: the same message sent again has the same id.
    pub id: String,
    /// What the customer wrote or pressed.
    pub content: MessageContent,
    /// The number of the last event that the customer had seen, if the client says so.
    pub after: Option<u64>,
}

/// What a customer wrote or pressed.
pub enum MessageContent {
    /// A text.
    Text(String),
    /// The id of a button or choice.
    Press(String),
}

/// A session that its token opened.
pub struct OpenedSession {
    pub(crate) record: SessionRecord,
    pub(crate) waits: Waits,
}

impl OpenedSession {
    /// The session's public name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// The name of the scenario that the session began with.
    #[must_use]
    pub fn scenario(&self) -> &str {
        &self.record.scenario
    }

    /// Counts the committed steps of the session.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.record.version
    }

    /// The number of the last event.
    #[must_use]
    pub fn last_event(&self) -> u64 {
        self.record.last_event
    }

    /// What the session waits for.
    #[must_use]
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Whether a turn is under way.
    #[must_use]
    pub fn has_turn(&self) -> bool {
        self.record.turn.is_some()
    }
}

/// What becomes of a message.
enum Begin {
    /// The turn may run.
    Begun(Box<BegunTurn>),
    /// The message was answered before, like this.
    Repeated(Answered),
    /// The session has another message with the same id.
    Conflict,
    /// The session has newer events than the customer had seen.
    Behind,
    /// Another turn is under way, perhaps of this message.
    UnderWay,
    /// The session is finished.
    NotWaiting,
}

/// A turn that may run.
struct BegunTurn {
    turn: TurnState,
    session: Session,
    input: Input,
}

/// How often a message is decided about again, because another request was faster or a turn was taken over.
const ROUNDS: u32 = 2;

/// What a process holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Listeners of sessions.
    pub listeners: usize,
    /// Revisions of scenarios in memory.
    pub revisions: usize,
    /// Turns under way.
    pub turns_under_way: usize,
}

/// Why a service is not ready.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotReady {
    /// The service stops.
    #[error("stopping")]
    Stopping,
    /// No scenario is published.
    #[error("no scenarios")]
    NoScenarios,
    /// No published scenario is one that visitors may start.
    #[error("no scenario has the channel `chat`")]
    NothingStarts,
    /// The store accepts no writes.
    #[error("no store")]
    NoStore(#[source] StoreError),
    /// The store failed when it was last used for a customer.
    #[error("the store failed, and has stored no turn since")]
    StoreFailed,
}

/// How long a failure of the store counts if no turn is committed. Where nobody is sent to a server that
/// is not ready, nobody would find out that its store works again.
const FAILURE_COUNTS: Duration = Duration::from_secs(10);

/// The permit to run a turn of a session. Dropping it lets other turns of the session run.
struct BusySession {
    service: Arc<SessionService>,
    session: String,
    _permit: OwnedSemaphorePermit,
}

impl Drop for BusySession {
    fn drop(&mut self) {
        locked(&self.service.busy).remove(&self.session);
    }
}

impl SessionService {
    /// Also returns a receiver that ends when the service was dropped and its store is closed.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        catalogue: Catalogue,
        settings: SessionSettings,
        signers: Vec<Signer>,
        clock: Clock,
        observer: Arc<dyn Observer>,
    ) -> (SessionService, oneshot::Receiver<()>) {
        let (open, closed) = oneshot::channel();
        let catalogue = Arc::new(catalogue);
        let notifier = Arc::new(Notifier::default());
        let rates = Arc::new(RateLimits::new(&settings.turns));
        let turns = TurnRunner {
            store: Arc::clone(&store),
            rates: Arc::clone(&rates),
            catalogue: Arc::clone(&catalogue),
            notifier: Arc::clone(&notifier),
            observer: Arc::clone(&observer),
            attempts: Arc::new(AttemptCounter::new(
                Arc::clone(&store),
                settings.attempts.clone(),
            )),
            clock,
            lease: settings.turns.lease,
        };
        let service = SessionService {
            rates,
            room: Room::new(&settings.turns),
            turn_permits: Arc::new(Semaphore::new(settings.turns.at_once.max(1))),
            store,
            catalogue,
            notifier,
            observer,
            turns,
            settings,
            signers: Signers::new(signers),
            busy: Mutex::default(),
            stopping: AtomicBool::new(false),
            last_outage: Mutex::default(),
            failed: Mutex::default(),
            _open: open,
        };
        (service, closed)
    }

    // --- what customers do

    /// Starts a session of a published scenario that the channel starts. `inputs` come from the page,
    /// `signed` from the shop's server.
    ///
    /// # Errors
    /// See [`SessionError`]; this holds for all that customers do.
    pub async fn start(
        self: &Arc<Self>,
        channel: Channel,
        scenario: &str,
        language: &str,
        inputs: serde_json::Map<String, serde_json::Value>,
        signed: Option<SignedToken<'_>>,
        prefix: AddressPrefix,
    ) -> Result<Started, SessionError> {
        self.accepts_turns()?;
        let revision = self.of_channel(channel, scenario);
        let revision = revision.ok_or(SessionError::NotFound)?;
        if self.room.lacks().is_some() {
            return Err(SessionError::NoRoom);
        }
        self.rates.start(prefix, scenario)?;
        let mut inputs = revision::inputs(revision.start(), InputFrom::Page, inputs)?;
        let id = match signed {
            None => token::new_session_name().map_err(no_randomness)?,
            Some(given) => {
                let now = (self.turns.clock)();
                let claims = self.signers.take(given, scenario, now);
                let claims = claims.map_err(|why| {
                    tracing::warn!(scenario, %why, "refused a token with signed inputs");
                    SessionError::TokenRefused
                })?;
                let start = revision.start();
                inputs.extend(revision::inputs(start, InputFrom::Signed, claims.inputs)?);
                let id = token::signed_session_name(self.store.key(), scenario, &claims.jti);
                // Another server, or this one before it was restarted, has taken the token.
                if self.watch(self.store.session(&id, None)).await?.is_some() {
                    return Err(SessionError::TokenRefused);
                }
                id
            }
        };
        let token = SessionToken::fresh().map_err(no_randomness)?;
        let secret = token::fresh_secret().map_err(no_randomness)?;
        let mut given = Vec::new();
        for value in inputs.values() {
            texts(value, &mut given);
        }
        let session = Session::start(&revision.library, scenario, &id, secret, language, inputs)
            .map_err(|_| SessionError::BadInputs)?;
        let language = session.language().to_owned();
        let title = revision.title(&language);
        let turn = TurnState {
            session: id.clone(),
            new_session: Some(NewSession {
                id: id.clone(),
                token: token.digest(),
                scenario: scenario.to_owned(),
                revision: revision.digest.clone(),
                language: language.clone(),
                channel: channel.word().to_owned(),
            }),
            revision,
            version: 0,
            last_event: 0,
            state_bytes: 0,
            message: None,
            under_way: TurnUnderWay {
                message: None,
                first_event: 1,
            },
            taken_over: false,
            prefix: Some(prefix),
            given,
        };
        let answered = self.run(turn, session, Input::Begin).await;
        let answered = answered.map_err(|error| {
            // There is a session of this token.
            if matches!(error, SessionError::TurnUnderWay) && signed.is_some() {
                SessionError::TokenRefused
            } else {
                error
            }
        })?;
        self.observer.session_started(scenario);
        Ok(Started {
            session: id,
            token: token.text(),
            language,
            title,
            events: answered.events,
            waits: answered.waits,
        })
    }

    /// The session that a token opens, with the message of an id if it was sent it. An unknown name and a
    /// wrong token look the same.
    ///
    /// # Errors
    /// [`SessionError::NotFound`], or the store failed.
    pub async fn authenticate(
        &self,
        id: &str,
        token: Option<&SessionToken>,
        message: Option<&str>,
    ) -> Result<OpenedSession, SessionError> {
        let record = self.watch(self.store.session(id, message)).await?;
        match (record, token) {
            (Some(record), Some(token)) if token.has_digest(&record.token) => self.opened(record),
            _ => Err(SessionError::NotFound),
        }
    }

    fn opened(&self, record: SessionRecord) -> Result<OpenedSession, SessionError> {
        let waits = self.watched(parse_json("waits", &record.waits))?;
        Ok(OpenedSession { record, waits })
    }

    /// Answers what a session waits for, or repeats the saved answer to the same message. The session was
    /// opened with the message's id.
    ///
    /// # Errors
    /// See [`SessionError`].
    pub async fn answer(
        self: &Arc<Self>,
        mut opened: OpenedSession,
        message: CustomerMessage,
        prefix: AddressPrefix,
    ) -> Result<Answered, SessionError> {
        let id = opened.id().to_owned();
        let mut rounds = 0;
        loop {
            let begin = self.begin(opened, &message, prefix).await?;
            if !matches!(begin, Begin::Repeated(_)) {
                self.accepts_turns()?;
                if rounds == 0 {
                    self.rates.answer(prefix, &id)?;
                }
            }
            match begin {
                Begin::Begun(begun) => {
                    let BegunTurn {
                        turn,
                        session,
                        input,
                    } = *begun;
                    match self.run(turn, session, input).await {
                        // Another request, perhaps with the same message, was faster.
                        Err(SessionError::TurnUnderWay) if rounds < ROUNDS => {}
                        ended => return ended,
                    }
                }
                Begin::Repeated(answered) => {
                    self.observer.answer_repeated();
                    return Ok(answered);
                }
                // The server that ran the turn may have stopped.
                Begin::UnderWay if rounds < ROUNDS => self.recover(&id).await?,
                Begin::UnderWay => return Err(SessionError::TurnUnderWay),
                Begin::Conflict => return Err(SessionError::IdempotencyConflict),
                Begin::Behind => return Err(SessionError::Behind),
                Begin::NotWaiting => return Err(SessionError::NotWaiting),
            }
            rounds += 1;
            opened = self.reopen(&id, Some(&message.id)).await?;
        }
    }

    /// Decides what becomes of a message, from what was read of the session at one moment. Writes nothing:
    /// the turn is claimed by this process's table of busy sessions, and by its first commit.
    async fn begin(
        &self,
        opened: OpenedSession,
        message: &CustomerMessage,
        prefix: AddressPrefix,
    ) -> Result<Begin, SessionError> {
        let (kind, words) = match &message.content {
            MessageContent::Text(words) => ("text", words),
            MessageContent::Press(words) => ("press", words),
        };
        let digest = token::keyed_digest(self.store.key(), &[kind, words]);
        if let Some(known) = &opened.record.message {
            if known.digest != digest {
                return Ok(Begin::Conflict);
            }
            if let Some(saved) = &known.answer {
                let events = self.watched(view::read_events(&saved.events))?;
                let waits = self.watched(parse_json("waits", &saved.waits))?;
                return Ok(Begin::Repeated(Answered { events, waits }));
            }
        }
        if opened.has_turn() {
            return Ok(Begin::UnderWay);
        }
        match opened.waits {
            Waits::Answer { .. } | Waits::Button { .. } => {}
            Waits::Nothing { .. } | Waits::Call => return Ok(Begin::NotWaiting),
        }
        if message
            .after
            .is_some_and(|after| after != opened.last_event())
        {
            return Ok(Begin::Behind);
        }
        let input = match &message.content {
            MessageContent::Text(words) => Input::Answer(words.clone()),
            MessageContent::Press(id) => Input::Press(id.clone()),
        };
        let new = NewMessage {
            id: message.id.clone(),
            digest,
        };
        let events = opened.record.event_bytes;
        let begun = self.next_turn(opened.record, input, Some(new), Some(prefix));
        let mut begun = begun.await?;
        let held = events + begun.turn.state_bytes as u64;
        let files = begun.session.stored_file_bytes() as u64;
        if held.saturating_sub(files) >= self.settings.turns.session_bytes {
            begun.input = Input::TooLong(Box::new(begun.input));
        }
        Ok(Begin::Begun(Box::new(begun)))
    }

    /// Ends a session. A finished session stays as it is.
    ///
    /// # Errors
    /// See [`SessionError`].
    pub async fn end(self: &Arc<Self>, opened: OpenedSession) -> Result<Answered, SessionError> {
        if let Some(answered) = already_ended(&opened) {
            return Ok(answered);
        }
        self.accepts_turns()?;
        if opened.has_turn() {
            return Err(SessionError::TurnUnderWay);
        }
        let id = opened.record.id.clone();
        let turn = self.next_turn(opened.record, Input::Leave, None, None);
        let BegunTurn {
            turn,
            session,
            input,
        } = turn.await?;
        match self.run(turn, session, input).await {
            // Another request may have ended it.
            Err(SessionError::TurnUnderWay) => {
                already_ended(&self.session(&id).await?).ok_or(SessionError::TurnUnderWay)
            }
            other => other,
        }
    }

    /// A session, as its customer may see it, without its events: they are read in pages, by
    /// [`SessionService::page`].
    pub async fn resume(&self, opened: OpenedSession) -> Resumed {
        let OpenedSession { record, waits } = opened;
        let revision = self
            .catalogue
            .revision(&record.scenario, &record.revision)
            .await;
        let title = revision.map(|revision| revision.title(&record.language));
        Resumed {
            title: title.unwrap_or_else(|| record.scenario.clone()),
            variables: self.variables(&record),
            session: record.id,
            language: record.language,
            events: Vec::new(),
            waits,
        }
    }

    /// All data of a session that its customer may have, without its events: they are read in pages, by
    /// [`SessionService::page`].
    #[must_use]
    pub fn export(&self, opened: OpenedSession) -> Export {
        let record = opened.record;
        Export {
            variables: self.variables(&record),
            session: record.id,
            scenario: record.scenario,
            language: record.language,
            started_at: record.started_at.to_string(),
            finished_at: record.finished_at.map(|at| at.to_string()),
            events: Vec::new(),
        }
    }

    /// Erases all data of a session.
    ///
    /// # Errors
    /// The store failed.
    pub async fn erase(&self, opened: &OpenedSession) -> Result<(), SessionError> {
        let id = opened.id();
        self.watch(self.store.erase(id)).await?;
        self.turns.notify(SessionVersion::erased(id.to_owned()));
        tracing::info!(session = id, "erased a session");
        Ok(())
    }

    /// The next page of a session's events: the first ones with numbers greater than `after`, up to the
    /// number `to`, which is greater. However long a transcript is, only a page of it is in memory.
    ///
    /// # Errors
    /// [`SessionError::NotFound`] if the session was erased, or the store failed.
    pub async fn page(
        &self,
        session: &str,
        after: u64,
        to: u64,
    ) -> Result<Vec<view::Event>, SessionError> {
        let events = self.watch(self.store.events(session, after, to)).await?;
        if events.is_empty() {
            return Err(SessionError::NotFound);
        }
        self.watched(view::read_events(&events))
    }

    /// The file of an event.
    ///
    /// # Errors
    /// [`SessionError::NotFound`], or the store failed.
    pub async fn file(
        &self,
        opened: &OpenedSession,
        event: u64,
    ) -> Result<Attachment, SessionError> {
        let file = self.watch(self.store.file(opened.id(), event)).await?;
        file.ok_or(SessionError::NotFound)
    }

    /// The visible variables, saved or from the state. If they cannot be read, they are left out.
    fn variables(&self, record: &SessionRecord) -> serde_json::Value {
        visible_variables(record).unwrap_or_else(|error| {
            self.store_failed(
                &error,
                "cannot read a session's variables; they are left out",
            );
            serde_json::json!({})
        })
    }

    // --- what the operator asks

    /// Does what an operator asks.
    ///
    /// # Errors
    /// The store failed.
    pub async fn operate(&self, request: OperatorRequest) -> Result<OperatorAnswer, SessionError> {
        let erased = if let OperatorRequest::EraseSession { session } = &request {
            Some(session.clone())
        } else {
            None
        };
        let answer = self.watch(operate(&*self.store, request)).await?;
        if let (Some(id), OperatorAnswer::Erased) = (erased, &answer) {
            tracing::info!(session = id, "erased a session for the operator");
            self.notifier.notify(&SessionVersion::erased(id));
        }
        Ok(answer)
    }

    // --- what the channels ask

    /// The session with a name that was authenticated before.
    ///
    /// # Errors
    /// [`SessionError::NotFound`], or the store failed.
    pub async fn session(&self, id: &str) -> Result<OpenedSession, SessionError> {
        self.reopen(id, None).await
    }

    async fn reopen(&self, id: &str, message: Option<&str>) -> Result<OpenedSession, SessionError> {
        let record = self.watch(self.store.session(id, message)).await?;
        self.opened(record.ok_or(SessionError::NotFound)?)
    }

    /// The revision of a scenario that a channel starts. To the channel there is no other.
    fn of_channel(&self, channel: Channel, scenario: &str) -> Option<Arc<Revision>> {
        let revision = self.catalogue.current().get(scenario).cloned();
        revision.filter(|revision| revision.start().starts_in(channel))
    }

    /// Whether a scenario that visitors may start is published under a name.
    #[must_use]
    pub fn is_published(&self, scenario: &str) -> bool {
        self.of_channel(Channel::Chat, scenario).is_some()
    }

    /// The names of the published scenarios that visitors may start, sorted.
    #[must_use]
    pub fn published(&self) -> Vec<String> {
        self.names(true)
    }

    /// The names of the other published scenarios, sorted: those that other scenarios jump to, and
    /// those that another channel starts.
    #[must_use]
    pub fn not_for_visitors(&self) -> Vec<String> {
        self.names(false)
    }

    /// Logs that no scenario is one that visitors may start.
    pub(crate) fn report_nothing_starts(&self) {
        let others = self.not_for_visitors();
        if let (Some(first), true) = (others.first(), self.published().is_empty()) {
            tracing::error!(
                scenario = first,
                "no published scenario can be started by visitors: add `\"channels\": [\"chat\"]` to those that any visitor may start"
            );
        }
    }

    fn names(&self, of_chat: bool) -> Vec<String> {
        let current = self.catalogue.current();
        let named = current
            .iter()
            .filter(|(_, revision)| revision.start().starts_in(Channel::Chat) == of_chat);
        let mut names: Vec<_> = named.map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }

    /// The public facts of a published scenario that visitors may start, its title in a language if
    /// it has it.
    #[must_use]
    pub fn facts(&self, scenario: &str, language: &str) -> Option<ScenarioFacts> {
        Some(self.of_channel(Channel::Chat, scenario)?.facts(language))
    }

    /// Listens to a session.
    ///
    /// # Errors
    /// The service stops, or the session has too many listeners.
    pub fn listen(&self, opened: &OpenedSession) -> Result<Listener, SessionError> {
        if self.is_stopping() {
            return Err(SessionError::Stopping);
        }
        let most = self.settings.turns.listeners_per_session;
        let listener = self.notifier.listen(opened.id(), opened.version(), most);
        listener.ok_or(SessionError::TooManyListeners)
    }

    /// Checks that sessions can be answered and started. If they can be answered but not started, returns
    /// why: a server that is not ready would be left by the customers whose sessions can go on.
    ///
    /// # Errors
    /// See [`NotReady`].
    pub async fn ready(&self) -> Result<Option<NoRoom>, NotReady> {
        if self.is_stopping() {
            Err(NotReady::Stopping)
        } else if self.catalogue.current().is_empty() {
            Err(NotReady::NoScenarios)
        } else if self.published().is_empty() {
            Err(NotReady::NothingStarts)
        } else {
            self.store.ready().await.map_err(NotReady::NoStore)?;
            // What a probe writes may find room where a turn finds none.
            let failed = *locked(&self.failed);
            if failed.is_some_and(|failed| failed.elapsed() < FAILURE_COUNTS) {
                return Err(NotReady::StoreFailed);
            }
            Ok(self.measure().await)
        }
    }

    /// Measures the store. Returns why it has no room for new sessions, if it has none.
    pub(crate) async fn measure(&self) -> Option<NoRoom> {
        match self.store.space().await {
            Ok(space) => {
                let lacks = self.room.measured(space);
                self.observer.store_measured(space.used, lacks.is_none());
                lacks
            }
            Err(error) => {
                self.store_failed(&error, "cannot measure the store");
                self.room.lacks()
            }
        }
    }

    /// Waits until the store is lost for good; see [`Store::lost`].
    pub async fn store_lost(&self) -> StoreError {
        self.store.lost().await
    }

    /// What this process holds now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            listeners: self.notifier.count(),
            revisions: self.catalogue.revisions_in_memory(),
            turns_under_way: locked(&self.busy).len(),
        }
    }

    // --- turns

    /// The next turn of a stored session that has none under way.
    async fn next_turn(
        &self,
        record: SessionRecord,
        input: Input,
        message: Option<NewMessage>,
        prefix: Option<AddressPrefix>,
    ) -> Result<BegunTurn, SessionError> {
        let session = self.parse_state(&record)?;
        let given = if let Input::Answer(words) = &input {
            vec![words.clone()]
        } else {
            Vec::new()
        };
        let turn = TurnState {
            revision: self.revision(&record).await?,
            session: record.id,
            new_session: None,
            version: record.version,
            last_event: record.last_event,
            state_bytes: record.state.map_or(0, |state| state.len()),
            under_way: TurnUnderWay {
                message: message.as_ref().map(|message| message.id.clone()),
                first_event: record.last_event + 1,
            },
            message,
            taken_over: false,
            prefix,
            given,
        };
        Ok(BegunTurn {
            turn,
            session,
            input,
        })
    }

    /// Takes over a turn whose lease has ended, and runs it to its end.
    pub(crate) async fn recover(self: &Arc<Self>, id: &str) -> Result<(), SessionError> {
        let OpenedSession { record, .. } = self.session(id).await?;
        let Some(under_way) = record.turn.clone() else {
            return Ok(());
        };
        if !record.lease_ended || self.is_busy(id) || !self.may_take_over() {
            return Err(SessionError::TurnUnderWay);
        }
        let session = self.parse_state(&record)?;
        let revision = self.revision(&record).await?;
        let taken = self.store.take_over(id, record.version, self.turns.lease);
        self.watch(taken).await?;
        failpoint::pass("after-take-over");
        tracing::info!(session = id, "took over an interrupted turn");
        self.observer.turn_recovered();
        let turn = TurnState {
            session: record.id,
            revision,
            new_session: None,
            version: record.version + 1,
            last_event: record.last_event,
            state_bytes: record.state.map_or(0, |state| state.len()),
            message: None,
            under_way,
            taken_over: true,
            prefix: None,
            given: Vec::new(),
        };
        self.run(turn, session, Input::Resume).await?;
        Ok(())
    }

    /// Runs a turn in a task of its own, so that it also ends when the client disconnects.
    async fn run(
        self: &Arc<Self>,
        turn: TurnState,
        session: Session,
        input: Input,
    ) -> Result<Answered, SessionError> {
        let busy = self.reserve_turn(&turn.session)?;
        let service = Arc::clone(self);
        // Only the inner span is exported to the collector, and must not have the session's name.
        let span = tracing::info_span!("session", session = turn.session);
        let span = tracing::info_span!(
            parent: &span,
            "turn",
            scenario = turn.revision.scenario,
            result = tracing::field::Empty,
        );
        let work = async move {
            let _busy = busy;
            service.turns.run(turn, session, input).await
        };
        match tokio::spawn(work.instrument(span)).await {
            Ok(answered) => {
                if answered.is_ok() {
                    *locked(&self.failed) = None;
                }
                self.watched(answered)
            }
            Err(_) => {
                // The panic's message is left out: it may contain a customer's data.
                tracing::error!("a turn panicked");
                Err(SessionError::Interrupted)
            }
        }
    }

    fn reserve_turn(self: &Arc<Self>, id: &str) -> Result<BusySession, SessionError> {
        let permit = Arc::clone(&self.turn_permits).try_acquire_owned();
        let permit = permit.map_err(|_| SessionError::Overloaded)?;
        if !locked(&self.busy).insert(id.to_owned()) {
            return Err(SessionError::TurnUnderWay);
        }
        Ok(BusySession {
            service: Arc::clone(self),
            session: id.to_owned(),
            _permit: permit,
        })
    }

    fn is_busy(&self, id: &str) -> bool {
        locked(&self.busy).contains(id)
    }

    /// The sessions that this process runs a turn of.
    pub(crate) fn busy_sessions(&self) -> Vec<String> {
        locked(&self.busy).iter().cloned().collect()
    }

    /// Whether an ended lease means that its server has stopped. After an outage of the store, in
    /// which no lease can be renewed, that takes one lease.
    fn may_take_over(&self) -> bool {
        let last_outage = *locked(&self.last_outage);
        last_outage.is_none_or(|outage| outage.elapsed() >= self.turns.lease)
    }

    fn parse_state(&self, record: &SessionRecord) -> Result<Session, SessionError> {
        // Only finished sessions have no state.
        let state = record.state.as_deref().ok_or(SessionError::NotWaiting)?;
        self.watched(parse_session(state))
    }

    async fn revision(&self, record: &SessionRecord) -> Result<Arc<Revision>, SessionError> {
        let revision = self
            .catalogue
            .revision(&record.scenario, &record.revision)
            .await;
        revision.ok_or(SessionError::NoRevision)
    }

    // --- stopping

    fn accepts_turns(&self) -> Result<(), SessionError> {
        if self.is_stopping() {
            return Err(SessionError::Stopping);
        }
        Ok(())
    }

    /// Whether the service accepts no more turns.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Accepts no more turns, and ends all event streams.
    pub(crate) fn begin_stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.notifier.close();
    }

    /// Waits until no turn is under way.
    pub(crate) async fn turns_finished(&self) {
        let all = u32::try_from(self.settings.turns.at_once.max(1)).unwrap_or(u32::MAX);
        let permits = self.turn_permits.acquire_many(all).await;
        drop(permits.expect("the semaphore is never closed"));
    }

    // --- failures of the store

    /// Waits for a request to the store. Logs and counts its failure.
    async fn watch<T>(
        &self,
        request: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, SessionError> {
        self.watched(request.await)
    }

    fn watched<T>(&self, result: Result<T, StoreError>) -> Result<T, SessionError> {
        if let Err(error) = &result {
            self.store_failed(error, "the store failed");
        }
        Ok(result?)
    }

    /// Logs and counts a failure of the store. A conflict is not a failure.
    pub(crate) fn store_failed(&self, error: &StoreError, what: &str) {
        if matches!(error, StoreError::Conflict) {
            return;
        }
        self.observer.store_failed();
        if let StoreError::Unavailable(_) = error {
            let now = Some(Instant::now());
            *locked(&self.last_outage) = now;
            *locked(&self.failed) = now;
        }
        tracing::error!(error = %Chain(error), "{what}");
    }
}

/// Adds all texts of a value.
fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::Text(text) => all.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| texts(item, all)),
        Value::Record(fields) => fields.values().for_each(|field| texts(field, all)),
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Timestamp(_)
        | Value::File(_) => {}
    }
}

/// The answer to a request to end a finished session.
fn already_ended(opened: &OpenedSession) -> Option<Answered> {
    matches!(opened.waits, Waits::Nothing { .. }).then(|| Answered {
        events: Vec::new(),
        waits: opened.waits.clone(),
    })
}

fn no_randomness(error: NoRandomness) -> SessionError {
    tracing::error!(error = %Chain(&error), "cannot start a session");
    SessionError::NoRandomness(error)
}

/// The visible variables of a session, saved or from its state.
pub(crate) fn visible_variables(record: &SessionRecord) -> Result<serde_json::Value, StoreError> {
    match (&record.variables, &record.state) {
        (Some(saved), _) => parse_json("variables", saved),
        (None, Some(state)) => {
            parse_session(state).map(|session| serde_json::json!(session.visible_variables()))
        }
        // The session was ended because nobody answered, and its state was erased.
        (None, None) => Ok(serde_json::json!({})),
    }
}

fn parse_session(state: &str) -> Result<Session, StoreError> {
    let stored: StoredSession = parse_json("state", state)?;
    Session::try_from(stored).map_err(|error| StoreError::unreadable("state", error))
}
