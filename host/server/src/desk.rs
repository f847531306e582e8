//! The desk: where sessions are started, answered, ended and erased.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use krabice_engine::{Input, Session, StoredSession};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::Instrument;

use crate::abuse::{Guard, Rates};
use crate::catalogue::Catalogue;
use crate::client::Prefix;
use crate::edition::{Edition, inputs};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::point;
use crate::problem::{Code, Problem};
use crate::settings::Settings;
use crate::store::{NewMessage, NewSession, Record, Standing, Store, StoreError, TurnUnderWay};
use crate::token::{self, NoRandomness, Token};
use crate::turn::Walk;
use crate::view::{self, Answered, Export, Recorder, Resumed, Started, Waits};

/// What the time is. A test has its own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// See the module.
pub(crate) struct Desk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalogue: Catalogue,
    pub(crate) hub: Arc<Hub>,
    pub(crate) guard: Guard,
    pub(crate) rates: Rates,
    pub(crate) metrics: Metrics,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    /// The sessions that this process works on.
    busy: Mutex<HashSet<String>>,
    /// Places for turns; when all are free, none is under way.
    places: Arc<Semaphore>,
    stopping: AtomicBool,
    /// When the store was last away.
    away: Mutex<Option<Instant>>,
    /// Dropped after everything above, the store among it.
    _open: oneshot::Sender<()>,
}

/// Tells when nobody holds the desk any more, and its store is closed.
pub(crate) struct Closed(oneshot::Receiver<()>);

impl Closed {
    pub(crate) async fn wait(self) {
        // It is never sent to, only dropped.
        let _ = self.0.await;
    }
}

/// What a session is started with.
pub(crate) struct Start {
    pub(crate) scenario: String,
    pub(crate) language: String,
    pub(crate) inputs: serde_json::Map<String, serde_json::Value>,
}

/// A customer's message.
pub(crate) struct Reply {
    pub(crate) id: String,
    pub(crate) content: Content,
    /// The last event that its sender had seen.
    pub(crate) after: Option<u64>,
}

/// What a message says.
pub(crate) enum Content {
    Text(String),
    Press(String),
}

/// A session that is being worked on. Dropping it lets others.
struct Busy {
    desk: Arc<Desk>,
    session: String,
    _place: OwnedSemaphorePermit,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = self
            .desk
            .busy
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.session);
        self.desk.metrics.turns_under_way.dec();
    }
}

impl Desk {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        catalogue: Catalogue,
        settings: Settings,
        clock: Clock,
    ) -> (Desk, Closed) {
        let (open, closed) = oneshot::channel();
        let desk = Desk {
            guard: Guard::new(Arc::clone(&store), settings.attempts.clone()),
            rates: Rates::new(&settings.limits),
            places: Arc::new(Semaphore::new(settings.limits.turns.max(1))),
            store,
            catalogue,
            hub: Arc::default(),
            metrics: Metrics::new(),
            settings,
            clock,
            busy: Mutex::default(),
            stopping: AtomicBool::new(false),
            away: Mutex::default(),
            _open: open,
        };
        (desk, Closed(closed))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// For how long a turn is left alone whose lease is not renewed.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.settings.limits.lease_seconds.max(1))
    }

    /// Tells everybody who listens to a session, here and at other servers.
    pub(crate) fn tell(&self, standing: Standing) {
        self.hub.tell(&standing);
        self.store.tell(standing);
    }

    // --- the customer's side

    pub(crate) async fn start(
        self: &Arc<Self>,
        start: Start,
        prefix: Prefix,
    ) -> Result<Started, Problem> {
        self.open()?;
        let edition = self.catalogue.current().get(&start.scenario).cloned();
        let edition = edition.ok_or(Code::NotFound)?;
        self.rates.start(prefix, &start.scenario)?;
        let inputs = inputs(edition.start().ok_or(Code::NotFound)?, start.inputs)?;
        let id = token::fresh_name().map_err(no_randomness)?;
        let token = Token::fresh().map_err(no_randomness)?;
        let secret = token::fresh_secret().map_err(no_randomness)?;
        let session = Session::start(
            &edition.library,
            &start.scenario,
            &id,
            secret,
            &start.language,
            inputs,
        )
        .map_err(|_| Code::BadRequest)?;
        let language = session.language().to_owned();
        let title = edition.title(&language);
        let walk = Walk {
            new: Some(NewSession {
                id: id.clone(),
                token: token.digest(),
                scenario: start.scenario.clone(),
                edition: edition.digest.clone(),
                language: language.clone(),
            }),
            version: 0,
            last_event: 0,
            message: None,
            turn: TurnUnderWay {
                message: None,
                first_event: 1,
            },
            taken_over: false,
            prefix: Some(prefix),
        };
        let answered = self
            .work(id.clone(), edition, session, Input::Begin, walk)
            .await?;
        self.metrics.started(&start.scenario);
        Ok(Started {
            session: id,
            token: token.text(),
            language,
            title,
            events: answered.events,
            waits: answered.waits,
        })
    }

    /// The session of a name, if the token opens it. Whatever is wrong looks the same.
    pub(crate) async fn enter(&self, id: &str, token: Option<&Token>) -> Result<Record, Problem> {
        let record = self
            .store
            .session(id)
            .await
            .map_err(|error| self.away(&error))?;
        match (record, token) {
            (Some(record), Some(token)) if record.token.is_of(token) => Ok(record),
            _ => Err(Code::NotFound.into()),
        }
    }

    pub(crate) async fn answer(
        self: &Arc<Self>,
        record: Record,
        reply: Reply,
        prefix: Prefix,
    ) -> Result<Answered, Problem> {
        let (kind, words) = match &reply.content {
            Content::Text(words) => ("text", words),
            Content::Press(words) => ("press", words),
        };
        let digest = token::keyed_digest(self.store.key(), &[kind, words]);
        if let Some(answered) = self.repeated(&record.id, &reply.id, &digest).await? {
            return Ok(answered);
        }
        self.open()?;
        self.rates.answer(&record.id)?;
        let record = if record.turn.is_some() {
            // Perhaps whoever worked on it is no more.
            self.recover(&record.id).await?;
            let again = self.record(&record.id).await?;
            if let Some(answered) = self.repeated(&record.id, &reply.id, &digest).await? {
                return Ok(answered);
            }
            again
        } else {
            record
        };
        awaits(&record, reply.after)?;
        let (session, after) = (record.id.clone(), reply.after);
        let input = match reply.content {
            Content::Text(words) => Input::Answer(words),
            Content::Press(id) => Input::Press(id),
        };
        let message = NewMessage {
            id: reply.id,
            digest,
        };
        let taken = self.go_on(record, input, Some(message.clone()), Some(prefix));
        match taken.await {
            // Perhaps somebody else has gone on with it, and perhaps with the same message.
            Err(problem) if problem.code == Code::TurnUnderWay => {
                let record = self.record(&session).await?;
                match self.repeated(&session, &message.id, &digest).await? {
                    Some(answered) => Ok(answered),
                    None => Err(awaits(&record, after).err().unwrap_or(problem)),
                }
            }
            other => other,
        }
    }

    /// The customer ends the session. A finished one stays as it is.
    pub(crate) async fn end(self: &Arc<Self>, record: Record) -> Result<Answered, Problem> {
        if let Waits::Nothing { .. } = record.waits {
            return Ok(Answered {
                events: Vec::new(),
                waits: record.waits,
            });
        }
        self.open()?;
        if record.turn.is_some() {
            return Err(Problem::turn_under_way());
        }
        let id = record.id.clone();
        match self.go_on(record, Input::Leave, None, None).await {
            // Perhaps somebody else has ended it.
            Err(problem) if problem.code == Code::TurnUnderWay => {
                match self.record(&id).await?.waits {
                    waits @ Waits::Nothing { .. } => Ok(Answered {
                        events: Vec::new(),
                        waits,
                    }),
                    _ => Err(problem),
                }
            }
            other => other,
        }
    }

    pub(crate) async fn resumed(&self, record: Record) -> Result<Resumed, Problem> {
        let events = self.events(&record, 0).await?;
        let edition = self
            .catalogue
            .edition(&record.scenario, &record.edition)
            .await;
        let title = edition.map(|edition| edition.title(&record.language));
        Ok(Resumed {
            title: title.unwrap_or_else(|| record.scenario.clone()),
            variables: variables(&record),
            session: record.id,
            language: record.language,
            events,
            waits: record.waits,
        })
    }

    pub(crate) async fn export(&self, record: Record) -> Result<Export, Problem> {
        let events = self.events(&record, 0).await?;
        Ok(Export {
            variables: variables(&record),
            session: record.id,
            scenario: record.scenario,
            language: record.language,
            started_at: record.started_at.to_string(),
            finished_at: record.finished_at.map(|at| at.to_string()),
            events,
        })
    }

    pub(crate) async fn erase(&self, record: &Record) -> Result<(), Problem> {
        let erased = self.store.erase(&record.id).await;
        erased.map_err(|error| self.away(&error))?;
        self.tell(Standing::erased(record.id.clone()));
        tracing::info!(session = record.id, "erased");
        Ok(())
    }

    /// The events after one, up to the last of the record.
    pub(crate) async fn events(
        &self,
        record: &Record,
        after: u64,
    ) -> Result<Vec<view::Event>, Problem> {
        let events = self
            .store
            .events(&record.id, after, record.last_event)
            .await;
        events.map_err(|error| self.away(&error))
    }

    // --- turns

    /// A session that there was a moment ago.
    async fn record(&self, id: &str) -> Result<Record, Problem> {
        let record = self.store.session(id).await;
        let record = record.map_err(|error| self.away(&error))?;
        record.ok_or(Code::NotFound.into())
    }

    /// The saved answer to a message that was answered before.
    async fn repeated(
        &self,
        session: &str,
        message: &str,
        digest: &[u8; 32],
    ) -> Result<Option<Answered>, Problem> {
        let known = self.store.message(session, message).await;
        let Some(known) = known.map_err(|error| self.away(&error))? else {
            return Ok(None);
        };
        if known.digest != *digest {
            return Err(Code::IdempotencyConflict.into());
        }
        let Some((first, last, waits)) = known.answer else {
            return Ok(None);
        };
        let events = self
            .store
            .events(session, first.saturating_sub(1), last)
            .await;
        let events = events.map_err(|error| self.away(&error))?;
        self.metrics.repeats.inc();
        Ok(Some(Answered { events, waits }))
    }

    async fn go_on(
        self: &Arc<Self>,
        record: Record,
        input: Input,
        message: Option<NewMessage>,
        prefix: Option<Prefix>,
    ) -> Result<Answered, Problem> {
        if record.turn.is_some() {
            return Err(Problem::turn_under_way());
        }
        let session = self.thaw(&record)?;
        let edition = self.edition(&record).await?;
        let first_event = record.last_event + 1;
        let walk = Walk {
            new: None,
            version: record.version,
            last_event: record.last_event,
            turn: TurnUnderWay {
                message: message.as_ref().map(|message| message.id.clone()),
                first_event,
            },
            message,
            taken_over: false,
            prefix,
        };
        self.work(record.id, edition, session, input, walk).await
    }

    /// Takes over a turn that nobody works on any more, and ends it.
    pub(crate) async fn recover(self: &Arc<Self>, id: &str) -> Result<(), Problem> {
        let record = self.record(id).await?;
        let Some(turn) = record.turn.clone() else {
            return Ok(());
        };
        if !record.given_up || self.is_busy(id) || !self.may_take_over() {
            return Err(Problem::turn_under_way());
        }
        let session = self.thaw(&record)?;
        let edition = self.edition(&record).await?;
        let taken = self.store.take_over(id, record.version, self.lease()).await;
        taken.map_err(|error| self.away(&error))?;
        point::pass("after-take-over");
        tracing::info!(session = id, "a turn was taken over");
        self.metrics.recovered.inc();
        let walk = Walk {
            new: None,
            version: record.version + 1,
            last_event: record.last_event,
            message: None,
            turn,
            taken_over: true,
            prefix: None,
        };
        self.work(record.id, edition, session, Input::Resume, walk)
            .await?;
        Ok(())
    }

    /// Works on a session in a task of its own: a customer who goes away does not end a turn
    /// halfway.
    async fn work(
        self: &Arc<Self>,
        id: String,
        edition: Arc<Edition>,
        session: Session,
        input: Input,
        walk: Walk,
    ) -> Result<Answered, Problem> {
        let busy = self.take(&id)?;
        let desk = Arc::clone(self);
        // Two spans, for the collector hears no session's name: its labels are from closed sets.
        let span = tracing::info_span!("session", session = id);
        let span = tracing::info_span!(
            parent: &span,
            "turn",
            scenario = edition.scenario,
            result = tracing::field::Empty,
        );
        let work = async move {
            let _busy = busy;
            walk.through(&desk, &edition, &id, session, input).await
        };
        match tokio::spawn(work.instrument(span)).await {
            Ok(Ok(answered)) => Ok(answered),
            Ok(Err(error)) => Err(self.away(&error)),
            Err(_) => {
                // What it said may hold anything.
                tracing::error!("a turn panicked");
                Err(Problem::unavailable())
            }
        }
    }

    fn take(self: &Arc<Self>, id: &str) -> Result<Busy, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Problem::unavailable())?;
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if !busy.insert(id.to_owned()) {
            return Err(Problem::turn_under_way());
        }
        self.metrics.turns_under_way.inc();
        Ok(Busy {
            desk: Arc::clone(self),
            session: id.to_owned(),
            _place: place,
        })
    }

    fn is_busy(&self, id: &str) -> bool {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.contains(id)
    }

    /// The sessions that this process works on.
    pub(crate) fn busy(&self) -> Vec<String> {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.iter().cloned().collect()
    }

    /// Whether a lease that is over tells anything. While the store is away nobody can renew one,
    /// and for a while after they are given the time to.
    pub(crate) fn may_take_over(&self) -> bool {
        let away = *self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.is_none_or(|away| away.elapsed() >= self.lease())
    }

    fn thaw(&self, record: &Record) -> Result<Session, Problem> {
        // Only a finished session has none.
        let state = record.state.as_deref().ok_or(Code::NotWaiting)?;
        thawed(state).map_err(|error| self.away(&error))
    }

    async fn edition(&self, record: &Record) -> Result<Arc<Edition>, Problem> {
        let edition = self
            .catalogue
            .edition(&record.scenario, &record.edition)
            .await;
        edition.ok_or_else(Problem::unavailable)
    }

    // --- coming and going

    fn open(&self) -> Result<(), Problem> {
        if self.stopping.load(Ordering::SeqCst) {
            return Err(Problem::later(Code::Unavailable, Duration::from_secs(5)));
        }
        Ok(())
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Takes no more turns, and ends all event streams.
    pub(crate) fn stop_taking(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.hub.close();
    }

    /// Waits for the turns under way.
    pub(crate) async fn finished(&self) {
        let all = u32::try_from(self.settings.limits.turns.max(1)).unwrap_or(u32::MAX);
        // It is never closed.
        let _ = self.places.acquire_many(all).await;
    }

    /// What a customer hears when the store does not do as it should.
    pub(crate) fn away(&self, error: &StoreError) -> Problem {
        match error {
            StoreError::Conflict => Problem::turn_under_way(),
            StoreError::Unavailable(_) | StoreError::Unreadable(_) => {
                self.missed(error);
                tracing::error!(error = %error, "the store");
                Problem::unavailable()
            }
        }
    }

    /// Notes that the store did not do as it should.
    pub(crate) fn missed(&self, error: &StoreError) {
        self.metrics.store_errors.inc();
        if let StoreError::Unavailable(_) = error {
            let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
            *away = Some(Instant::now());
        }
    }
}

/// Whether a session waits for an answer, and for one to what its sender had seen.
fn awaits(record: &Record, after: Option<u64>) -> Result<(), Problem> {
    if record.turn.is_some() {
        return Err(Problem::turn_under_way());
    }
    if let Waits::Nothing { .. } | Waits::Call = record.waits {
        return Err(Code::NotWaiting.into());
    }
    if after.is_some_and(|after| after != record.last_event) {
        return Err(Code::Behind.into());
    }
    Ok(())
}

fn no_randomness(error: NoRandomness) -> Problem {
    tracing::error!(error = %error, "no session can be named");
    Problem::unavailable()
}

pub(crate) fn thawed(state: &str) -> Result<Session, StoreError> {
    let stored: StoredSession = serde_json::from_str(state)?;
    Session::try_from(stored).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// The visible variables, of a session that may have lost its hidden ones.
fn variables(record: &Record) -> serde_json::Value {
    let kept = record.variables.as_deref();
    let kept = kept.and_then(|variables| serde_json::from_str(variables).ok());
    let live = || {
        let session = thawed(record.state.as_deref()?).ok()?;
        Some(view::variables(&session.visible_variables()))
    };
    kept.or_else(live)
        .unwrap_or_else(|| serde_json::Value::Object(serde_json::Map::new()))
}

impl Walk {
    pub(crate) fn recorder<'a>(&self, id: &'a str) -> Recorder<'a> {
        Recorder::after(id, self.last_event)
    }
}
