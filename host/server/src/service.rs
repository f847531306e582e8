//! The service of sessions: starts, answers, ends, exports and erases them, and takes over turns
//! that another server left unfinished.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use krabice_engine::{Input, Session, StoredSession};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::Instrument;

use crate::attempts::AttemptCounter;
use crate::catalogue::Catalogue;
use crate::client::AddressPrefix;
use crate::error_chain::Chain;
use crate::failpoint;
use crate::metrics::Metrics;
use crate::notifier::Notifier;
use crate::problem::{Problem, ProblemCode, RETRY_LATER};
use crate::rate_limit::RateLimits;
use crate::revision::{self, Revision};
use crate::settings::Settings;
use crate::store::{
    NewMessage, NewSession, SessionRecord, SessionVersion, Store, StoreError, TurnUnderWay,
    parse_json,
};
use crate::sync::locked;
use crate::token::{self, NoRandomness, SessionToken};
use crate::turn_runner::{Clock, TurnRunner, TurnState};
use crate::view::{self, Answered, Attachment, Export, Resumed, Started, Waits};

/// Everything that the server does with sessions.
pub(crate) struct SessionService {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) turns: TurnRunner,
    pub(crate) rates: RateLimits,
    pub(crate) settings: Settings,
    /// The sessions that this process runs a turn of.
    busy: Mutex<HashSet<String>>,
    /// One permit for each turn at once. When all are free, no turn is under way.
    turn_permits: Arc<Semaphore>,
    stopping: AtomicBool,
    /// When the store was last unavailable.
    last_outage: Mutex<Option<Instant>>,
    /// Dropped after all other fields, and so after the store was closed.
    _open: oneshot::Sender<()>,
}

/// A customer's message.
pub(crate) struct CustomerMessage {
    pub(crate) id: String,
    pub(crate) content: MessageContent,
    /// The number of the last event that the customer had seen, if the client says so.
    pub(crate) after: Option<u64>,
}

pub(crate) enum MessageContent {
    Text(String),
    /// The id of a button or choice.
    Press(String),
}

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
        settings: Settings,
        clock: Clock,
    ) -> (SessionService, oneshot::Receiver<()>) {
        let (open, closed) = oneshot::channel();
        let catalogue = Arc::new(catalogue);
        let notifier = Arc::new(Notifier::default());
        let metrics = Arc::new(Metrics::new());
        let turns = TurnRunner {
            store: Arc::clone(&store),
            catalogue: Arc::clone(&catalogue),
            notifier: Arc::clone(&notifier),
            metrics: Arc::clone(&metrics),
            attempts: AttemptCounter::new(Arc::clone(&store), settings.attempts.clone()),
            clock,
            lease: settings.limits.lease,
        };
        let service = SessionService {
            rates: RateLimits::new(&settings.limits),
            turn_permits: Arc::new(Semaphore::new(settings.limits.turns.max(1))),
            store,
            catalogue,
            notifier,
            metrics,
            turns,
            settings,
            busy: Mutex::default(),
            stopping: AtomicBool::new(false),
            last_outage: Mutex::default(),
            _open: open,
        };
        (service, closed)
    }

    // --- what customers do

    pub(crate) async fn start(
        self: &Arc<Self>,
        scenario: &str,
        language: &str,
        inputs: serde_json::Map<String, serde_json::Value>,
        prefix: AddressPrefix,
    ) -> Result<Started, Problem> {
        self.accepts_turns()?;
        let revision = self.catalogue.current().get(scenario).cloned();
        let revision = revision.ok_or(ProblemCode::NotFound)?;
        self.rates.start(prefix, scenario)?;
        let inputs = revision::inputs(revision.start(), inputs)?;
        let id = token::new_session_name().map_err(no_randomness)?;
        let token = SessionToken::fresh().map_err(no_randomness)?;
        let secret = token::fresh_secret().map_err(no_randomness)?;
        let session = Session::start(&revision.library, scenario, &id, secret, language, inputs)
            .map_err(|_| ProblemCode::BadRequest)?;
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
            }),
            revision,
            version: 0,
            last_event: 0,
            message: None,
            under_way: TurnUnderWay {
                message: None,
                first_event: 1,
            },
            taken_over: false,
            prefix: Some(prefix),
        };
        let answered = self.run(turn, session, Input::Begin).await?;
        self.metrics.session_started(scenario);
        Ok(Started {
            session: id,
            token: token.text(),
            language,
            title,
            events: answered.events,
            waits: answered.waits,
        })
    }

    /// The session that a token opens. An unknown name and a wrong token look the same.
    pub(crate) async fn authenticate(
        &self,
        id: &str,
        token: Option<&SessionToken>,
    ) -> Result<SessionRecord, Problem> {
        let record = self.watch(self.store.session(id)).await?;
        match (record, token) {
            (Some(record), Some(token)) if record.token.matches(token) => Ok(record),
            _ => Err(ProblemCode::NotFound.into()),
        }
    }

    pub(crate) async fn answer(
        self: &Arc<Self>,
        record: SessionRecord,
        message: CustomerMessage,
        prefix: AddressPrefix,
    ) -> Result<Answered, Problem> {
        let (kind, words) = match &message.content {
            MessageContent::Text(words) => ("text", words),
            MessageContent::Press(words) => ("press", words),
        };
        let digest = token::keyed_digest(self.store.key(), &[kind, words]);
        if let Some(answered) = self.saved_answer(&record.id, &message.id, &digest).await? {
            return Ok(answered);
        }
        self.accepts_turns()?;
        self.rates.answer(&record.id)?;
        let record = if record.turn.is_some() {
            // The server that ran the turn may have stopped.
            self.recover(&record.id).await?;
            let recovered = self.record(&record.id).await?;
            if let Some(answered) = self.saved_answer(&record.id, &message.id, &digest).await? {
                return Ok(answered);
            }
            recovered
        } else {
            record
        };
        check_waits_for_answer(&record, message.after)?;
        let (session, after) = (record.id.clone(), message.after);
        let input = match message.content {
            MessageContent::Text(words) => Input::Answer(words),
            MessageContent::Press(id) => Input::Press(id),
        };
        let message = NewMessage {
            id: message.id,
            digest,
        };
        let answered = self.continue_with(record, input, Some(message.clone()), Some(prefix));
        match answered.await {
            // Another request, perhaps with the same message, was faster.
            Err(problem) if problem.code == ProblemCode::TurnUnderWay => {
                let record = self.record(&session).await?;
                match self.saved_answer(&session, &message.id, &digest).await? {
                    Some(answered) => Ok(answered),
                    None => Err(check_waits_for_answer(&record, after)
                        .err()
                        .unwrap_or(problem)),
                }
            }
            other => other,
        }
    }

    /// Ends a session. A finished session stays as it is.
    pub(crate) async fn end(self: &Arc<Self>, record: SessionRecord) -> Result<Answered, Problem> {
        if let Some(answered) = already_ended(&record) {
            return Ok(answered);
        }
        self.accepts_turns()?;
        if record.turn.is_some() {
            return Err(Problem::turn_under_way());
        }
        let id = record.id.clone();
        match self.continue_with(record, Input::Leave, None, None).await {
            // Another request may have ended it.
            Err(problem) if problem.code == ProblemCode::TurnUnderWay => {
                already_ended(&self.record(&id).await?).ok_or(problem)
            }
            other => other,
        }
    }

    pub(crate) async fn resume(&self, record: SessionRecord) -> Result<Resumed, Problem> {
        let events = self.events(&record, 0).await?;
        let revision = self
            .catalogue
            .revision(&record.scenario, &record.revision)
            .await;
        let title = revision.map(|revision| revision.title(&record.language));
        Ok(Resumed {
            title: title.unwrap_or_else(|| record.scenario.clone()),
            variables: self.variables(&record),
            session: record.id,
            language: record.language,
            events,
            waits: record.waits,
        })
    }

    pub(crate) async fn export(&self, record: SessionRecord) -> Result<Export, Problem> {
        let events = self.events(&record, 0).await?;
        Ok(Export {
            variables: self.variables(&record),
            session: record.id,
            scenario: record.scenario,
            language: record.language,
            started_at: record.started_at.to_string(),
            finished_at: record.finished_at.map(|at| at.to_string()),
            events,
        })
    }

    pub(crate) async fn erase(&self, record: &SessionRecord) -> Result<(), Problem> {
        self.watch(self.store.erase(&record.id)).await?;
        self.turns.notify(SessionVersion::erased(record.id.clone()));
        tracing::info!(session = record.id, "erased a session");
        Ok(())
    }

    /// The events with numbers greater than `after`, up to the last one of the record.
    pub(crate) async fn events(
        &self,
        record: &SessionRecord,
        after: u64,
    ) -> Result<Vec<view::Event>, Problem> {
        let events = self.store.events(&record.id, after, record.last_event);
        self.watch(events).await
    }

    /// The file of an event.
    pub(crate) async fn file(
        &self,
        record: &SessionRecord,
        event: u64,
    ) -> Result<Attachment, Problem> {
        let file = self.watch(self.store.file(&record.id, event)).await?;
        file.ok_or(ProblemCode::NotFound.into())
    }

    /// The visible variables, saved or from the state. If they cannot be read, they are left out.
    fn variables(&self, record: &SessionRecord) -> serde_json::Value {
        let none = || serde_json::Value::Object(serde_json::Map::new());
        let variables = match (&record.variables, &record.state) {
            (Some(saved), _) => parse_json("variables", saved),
            (None, Some(state)) => {
                parse_session(state).map(|session| serde_json::json!(session.visible_variables()))
            }
            // The session was ended because nobody answered, and its state was erased.
            (None, None) => Ok(none()),
        };
        variables.unwrap_or_else(|error| {
            self.store_failed(
                &error,
                "cannot read a session's variables; they are left out",
            );
            none()
        })
    }

    // --- turns

    /// The session with a name that was authenticated before.
    pub(crate) async fn record(&self, id: &str) -> Result<SessionRecord, Problem> {
        let record = self.watch(self.store.session(id)).await?;
        record.ok_or(ProblemCode::NotFound.into())
    }

    /// The saved answer to a message, if the message was answered before.
    async fn saved_answer(
        &self,
        session: &str,
        message: &str,
        digest: &[u8; 32],
    ) -> Result<Option<Answered>, Problem> {
        let Some(known) = self.watch(self.store.message(session, message)).await? else {
            return Ok(None);
        };
        if known.digest != *digest {
            return Err(ProblemCode::IdempotencyConflict.into());
        }
        let Some((first, last, waits)) = known.answer else {
            return Ok(None);
        };
        let events = self.store.events(session, first.saturating_sub(1), last);
        let events = self.watch(events).await?;
        self.metrics.repeated_answers.inc();
        Ok(Some(Answered { events, waits }))
    }

    /// Runs the next turn of a stored session.
    async fn continue_with(
        self: &Arc<Self>,
        record: SessionRecord,
        input: Input,
        message: Option<NewMessage>,
        prefix: Option<AddressPrefix>,
    ) -> Result<Answered, Problem> {
        if record.turn.is_some() {
            return Err(Problem::turn_under_way());
        }
        let session = self.parse_state(&record)?;
        let turn = TurnState {
            revision: self.revision(&record).await?,
            session: record.id,
            new_session: None,
            version: record.version,
            last_event: record.last_event,
            under_way: TurnUnderWay {
                message: message.as_ref().map(|message| message.id.clone()),
                first_event: record.last_event + 1,
            },
            message,
            taken_over: false,
            prefix,
        };
        self.run(turn, session, input).await
    }

    /// Takes over a turn whose lease has ended, and runs it to its end.
    pub(crate) async fn recover(self: &Arc<Self>, id: &str) -> Result<(), Problem> {
        let record = self.record(id).await?;
        let Some(under_way) = record.turn.clone() else {
            return Ok(());
        };
        if !record.lease_ended || self.is_busy(id) || !self.may_take_over() {
            return Err(Problem::turn_under_way());
        }
        let session = self.parse_state(&record)?;
        let revision = self.revision(&record).await?;
        let taken = self.store.take_over(id, record.version, self.turns.lease);
        self.watch(taken).await?;
        failpoint::pass("after-take-over");
        tracing::info!(session = id, "took over an interrupted turn");
        self.metrics.recovered_turns.inc();
        let turn = TurnState {
            session: record.id,
            revision,
            new_session: None,
            version: record.version + 1,
            last_event: record.last_event,
            message: None,
            under_way,
            taken_over: true,
            prefix: None,
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
    ) -> Result<Answered, Problem> {
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
            Ok(answered) => self.watched(answered),
            Err(_) => {
                // The panic's message is left out: it may contain a customer's data.
                tracing::error!("a turn panicked");
                Err(Problem::unavailable())
            }
        }
    }

    fn reserve_turn(self: &Arc<Self>, id: &str) -> Result<BusySession, Problem> {
        let permit = Arc::clone(&self.turn_permits).try_acquire_owned();
        let permit = permit.map_err(|_| Problem::unavailable())?;
        if !locked(&self.busy).insert(id.to_owned()) {
            return Err(Problem::turn_under_way());
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

    fn parse_state(&self, record: &SessionRecord) -> Result<Session, Problem> {
        // Only finished sessions have no state.
        let state = record.state.as_deref().ok_or(ProblemCode::NotWaiting)?;
        self.watched(parse_session(state))
    }

    async fn revision(&self, record: &SessionRecord) -> Result<Arc<Revision>, Problem> {
        let revision = self
            .catalogue
            .revision(&record.scenario, &record.revision)
            .await;
        revision.ok_or_else(Problem::unavailable)
    }

    // --- stopping

    fn accepts_turns(&self) -> Result<(), Problem> {
        if self.is_stopping() {
            return Err(Problem::later(ProblemCode::Unavailable, RETRY_LATER));
        }
        Ok(())
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Accepts no more turns, and ends all event streams.
    pub(crate) fn begin_stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.notifier.close();
    }

    /// Waits until no turn is under way.
    pub(crate) async fn turns_finished(&self) {
        let all = u32::try_from(self.settings.limits.turns.max(1)).unwrap_or(u32::MAX);
        let permits = self.turn_permits.acquire_many(all).await;
        drop(permits.expect("the semaphore is never closed"));
    }

    // --- failures of the store

    /// Waits for a request to the store. Logs and counts its failure.
    async fn watch<T>(
        &self,
        request: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Problem> {
        self.watched(request.await)
    }

    fn watched<T>(&self, result: Result<T, StoreError>) -> Result<T, Problem> {
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
        self.metrics.store_errors.inc();
        if let StoreError::Unavailable(_) = error {
            *locked(&self.last_outage) = Some(Instant::now());
        }
        tracing::error!(error = %Chain(error), "{what}");
    }
}

/// Refuses a message to a session that does not wait for it, or has events newer than `after`.
fn check_waits_for_answer(record: &SessionRecord, after: Option<u64>) -> Result<(), Problem> {
    if record.turn.is_some() {
        return Err(Problem::turn_under_way());
    }
    if let Waits::Nothing { .. } | Waits::Call = record.waits {
        return Err(ProblemCode::NotWaiting.into());
    }
    if after.is_some_and(|after| after != record.last_event) {
        return Err(ProblemCode::Behind.into());
    }
    Ok(())
}

/// The answer to a request to end a finished session.
fn already_ended(record: &SessionRecord) -> Option<Answered> {
    matches!(record.waits, Waits::Nothing { .. }).then(|| Answered {
        events: Vec::new(),
        waits: record.waits.clone(),
    })
}

fn no_randomness(error: NoRandomness) -> Problem {
    tracing::error!(error = %Chain(&error), "cannot start a session");
    Problem::unavailable()
}

fn parse_session(state: &str) -> Result<Session, StoreError> {
    let stored: StoredSession = parse_json("state", state)?;
    Session::try_from(stored).map_err(|error| StoreError::unreadable("state", error))
}
