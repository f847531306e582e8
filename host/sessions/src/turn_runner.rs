//! Runs turns: advances the engine, makes the calls that it asks for, and commits each step.
//!
//! A turn is committed before a call that writes, before a call that has not answered after [`QUICK`],
//! and at its end. After a crash the store therefore says which call was under way, and a call that
//! writes is not made a second time. A turn that was cut off before its first commit never happened: it
//! has only read, and is played again when the message is sent again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use jiff::Timestamp;
use krabice_contract::compare::address_keys;
use krabice_contract::manifest::Effect;
use krabice_contract::{Failure, FailureClass, Outcome};
use krabice_engine::{
    CallRequest, Compared, Event as TraceEvent, Input, Refusal, Session, StoredSession, Then, Turn,
    Watcher, advance_unless,
};
use krabice_store::sessions::{
    NewMessage, NewSession, SessionVersion, Store, TurnStep, TurnUnderWay,
};
use krabice_store::{StoreError, failpoint, to_json};
use tracing::Instrument;

use crate::address::AddressPrefix;
use crate::attempts::{AttemptCounter, Guess, GuessedValue, Permission, Proof, Reservation};
use crate::integration;
use crate::notifier::Notifier;
use crate::observer::Observer;
use crate::rate_limit::RateLimits;
use crate::revisions::catalogue::Catalogue;
use crate::revisions::revision::Revision;
use crate::token;
use crate::view::{self, Answered, Event, TranscriptRecorder, Waits};

/// How long a call that only reads may take without being committed first. Beyond it the customer sees
/// what was said before the call, and that it is under way.
const QUICK: Duration = Duration::from_millis(300);

/// The source of the current time. Tests have their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The parts of the service that turns use.
pub(crate) struct TurnRunner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rates: Arc<RateLimits>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) attempts: Arc<AttemptCounter>,
    pub(crate) clock: Clock,
    /// How long other servers leave a turn alone after its lease was last renewed.
    pub(crate) lease: Duration,
}

/// A turn to run, and what of it is in the store.
pub(crate) struct TurnState {
    pub(crate) session: String,
    pub(crate) revision: Arc<Revision>,
    /// A session that is not in the store yet.
    pub(crate) new_session: Option<NewSession>,
    /// The version that the next step is committed against.
    pub(crate) version: u64,
    /// The number of the last event in the store.
    pub(crate) last_event: u64,
    /// The bytes of the session's state in the store.
    pub(crate) state_bytes: usize,
    /// The message that the turn answers, if it is not in the store yet.
    pub(crate) message: Option<NewMessage>,
    pub(crate) under_way: TurnUnderWay,
    /// Whether the turn was taken over. The earlier server may have made the call already.
    pub(crate) taken_over: bool,
    /// The client that answers; `None` for a turn that was taken over.
    pub(crate) prefix: Option<AddressPrefix>,
    /// What the customer gave, as long as it is not in the store: the answer, or the inputs. The addresses in
    /// it are stored as keyed digests.
    pub(crate) given: Vec<String>,
}

/// A turn while it runs.
struct RunningTurn<'a> {
    runner: &'a TurnRunner,
    state: TurnState,
    recorder: TranscriptRecorder,
    /// All events of the turn so far.
    events: Vec<Event>,
    /// The guesses that failed since the last commit.
    failed: Vec<Reservation>,
    /// What was proven in the turn.
    proven: HashSet<String>,
    /// Whose failed guesses are taken back by the next commit.
    taken_back: Vec<String>,
    /// Whether a call that writes has ended since the last commit.
    has_written: bool,
}

impl TurnRunner {
    /// Runs a turn to its end. If a step fails, those before it stay committed, and the turn is
    /// taken over when its lease has ended.
    pub(crate) async fn run(
        &self,
        state: TurnState,
        session: Session,
        input: Input,
    ) -> Result<Answered, StoreError> {
        let events = if state.taken_over {
            let before = state.under_way.first_event.saturating_sub(1);
            let last = state.last_event;
            let events = self.store.all_events(&state.session, before, last).await?;
            view::read_events(&events)?
        } else {
            Vec::new()
        };
        let turn = RunningTurn {
            runner: self,
            recorder: TranscriptRecorder::after(&state.session, state.last_event),
            state,
            events,
            failed: Vec::new(),
            proven: HashSet::new(),
            taken_back: Vec::new(),
            has_written: false,
        };
        turn.run(session, input).await
    }

    /// Tells the listeners of a session, at this server and at others, that it has changed.
    pub(crate) fn notify(&self, changed: SessionVersion) {
        self.notifier.notify(&changed);
        self.store.notify(changed);
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    async fn call(&self, revision: &Revision, request: &CallRequest) -> Result<Outcome, Failure> {
        let plugin = revision.plugin(&request.plugin);
        let integration = integration::find(plugin, request, |plugin, connection| {
            self.catalogue.outlets.outlet(plugin, connection)
        })?;
        let plugin = integration.plugin;
        let span = tracing::info_span!(
            "call",
            box_id = request.box_id,
            plugin = plugin.name(),
            function = request.function,
            result = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
        );
        let report = integration
            .call(&self.catalogue.runtime, request)
            .instrument(span.clone())
            .await;
        let result = match &report.result {
            Ok(outcome) if outcome.is_true() => "true",
            Ok(_) => "false",
            Err(failure) => failure.class.word(),
        };
        span.record("result", result);
        if report.result.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        self.observer
            .call_ended(plugin.name(), &request.function, result, report.elapsed);
        tracing::info!(
            box_id = request.box_id,
            plugin = plugin.name(),
            function = request.function,
            result,
            milliseconds = u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
            requests = report.exchanges.len(),
            "called a function"
        );
        report.result
    }
}

impl RunningTurn<'_> {
    async fn run(mut self, session: Session, input: Input) -> Result<Answered, StoreError> {
        let began = Instant::now();
        let mut turn = self.advance(session, input).await?;
        let waits = loop {
            match turn.then {
                Then::Call(request) => {
                    let input = self.end_call(&turn.session, *request).await?;
                    turn = self.advance(turn.session, input).await?;
                }
                Then::AwaitCustomer => {
                    break view::waits_after(&turn.show)
                        .expect("the engine asks before it waits for the customer");
                }
                Then::Finished(reason) => {
                    break Waits::Nothing {
                        reason: reason.into(),
                    };
                }
            }
        };
        failpoint::pass("before-commit");
        self.commit(&turn.session, waits.clone()).await?;
        failpoint::pass("after-commit");
        self.notify(false);
        let result = match &waits {
            Waits::Nothing { reason } => reason.word(),
            Waits::Answer { .. } | Waits::Button { .. } | Waits::Call => "waits",
        };
        tracing::Span::current().record("result", result);
        let scenario = &self.state.revision.scenario;
        let observer = &self.runner.observer;
        observer.turn_ended(scenario, result, began.elapsed());
        Ok(Answered {
            events: self.events,
            waits,
        })
    }

    /// Advances the engine, and records what it shows.
    async fn advance(&mut self, session: Session, input: Input) -> Result<Turn, StoreError> {
        let now = self.runner.now();
        let revision = Arc::clone(&self.state.revision);
        let advance = |session, input, refusal| {
            advance_unless(&revision.library, session, input, now, refusal, &mut Log)
        };
        let turn = if revision.compares() {
            let turn = advance(session.clone(), input.clone(), None);
            match self.compared(&turn.guesses).await? {
                None => turn,
                Some(refusal) => advance(session, input, Some(&refusal)),
            }
        } else {
            advance(session, input, None)
        };
        if let Some(said) = &turn.said {
            self.recorder.said(said, now);
        }
        for show in &turn.show {
            self.recorder.shown(show, now);
        }
        Ok(turn)
    }

    /// Counts the guesses of the conditions that were passed. Returns the first one that is refused.
    async fn compared(&mut self, compared: &[Compared]) -> Result<Option<Refusal>, StoreError> {
        let revision = Arc::clone(&self.state.revision);
        let (mut failed, mut right) = (Vec::new(), Vec::new());
        for each in compared {
            if !revision.guesses_at(&each.scenario, &each.box_id) {
                continue;
            }
            let value = |value| GuessedValue::of(value, None, "");
            let values = vec![value(&each.guess.said), value(&each.guess.hidden)];
            let guess = self.guess(values, true);
            let permission = self.reserve(Arc::clone(&guess), false).await?;
            match permission {
                Permission::Proven => {}
                Permission::Reserved(_) if each.guess.right => right.push(guess),
                Permission::Reserved(reservation) => failed.push(reservation),
                Permission::Refused { until } => {
                    tracing::warn!(
                        box_id = each.box_id,
                        "too many failed guesses: the comparison is not made"
                    );
                    return Ok(Some(Refusal {
                        scenario: each.scenario.clone(),
                        box_id: each.box_id.clone(),
                        until,
                    }));
                }
            }
        }
        self.failed.append(&mut failed);
        for guess in right {
            self.was_right(&guess, Proof::Identity);
        }
        Ok(None)
    }

    fn guess(&self, values: Vec<GuessedValue>, is_about_addresses: bool) -> Arc<Guess> {
        let (session, prefix) = (&self.state.session, self.state.prefix);
        let attempts = &self.runner.attempts;
        Arc::new(attempts.guess(session, prefix, values, is_about_addresses))
    }

    async fn reserve(&self, guess: Arc<Guess>, waits: bool) -> Result<Permission, StoreError> {
        let (attempts, now) = (&self.runner.attempts, self.runner.now());
        attempts.reserve(guess, &self.proven, waits, now).await
    }

    /// Takes back the failed guesses that led to a right one.
    fn was_right(&mut self, guess: &Guess, proof: Proof) {
        let by = guess.taken_back(proof);
        self.failed.retain(|failed| !failed.is_taken_back(by));
        self.taken_back.extend_from_slice(by);
        self.proven.extend(guess.proven(proof).cloned());
    }

    /// Makes the call that the session waits for, if it may. Returns the engine's next input.
    async fn end_call(
        &mut self,
        session: &Session,
        request: CallRequest,
    ) -> Result<Input, StoreError> {
        // The call of a turn that was taken over is in the store, and may have been made.
        let taken_over = std::mem::take(&mut self.state.taken_over);
        let writes = match self.state.revision.effect(&request) {
            Effect::Reads => false,
            Effect::WritesIdempotently => true,
            Effect::Writes if taken_over => {
                let result = Err(Failure::new(
                    FailureClass::OutcomeUnknown,
                    "the server stopped during the call; check in the back end whether it was done",
                ));
                let key = request.key;
                return Ok(Input::CallEnded { key, result });
            }
            Effect::Writes => true,
        };
        let guess = self.state.revision.guess(&request);
        let proof = guess.as_ref().and_then(|guess| guess.proof);
        let mut reservation = None;
        if let Some(guess) = guess {
            // A turn that waits for reservations to end holds none itself.
            if !self.failed.is_empty() {
                self.commit(session, Waits::Call).await?;
            }
            let guess = self.guess(guess.values, guess.is_about_addresses);
            match self.reserve(guess, true).await? {
                Permission::Proven => {}
                Permission::Reserved(reserved) => reservation = Some(reserved),
                Permission::Refused { until } => {
                    tracing::warn!(
                        call = request.key,
                        "too many failed guesses: the call is not made"
                    );
                    let key = request.key;
                    return Ok(Input::Limited { key, until });
                }
            }
        }
        let result = if taken_over {
            self.runner.call(&self.state.revision, &request).await
        } else if writes || self.has_written {
            self.call_after_intent(session, &request).await?
        } else {
            self.read(session, &request).await?
        };
        failpoint::pass("after-call");
        self.has_written |= writes;
        match (reservation, &result, proof) {
            (Some(reservation), Ok(Outcome::False), _) => self.failed.push(reservation),
            (Some(reservation), Ok(_), Some(proof)) => self.was_right(reservation.guess(), proof),
            (_, Ok(_) | Err(_), _) => {}
        }
        Ok(Input::CallEnded {
            key: request.key,
            result,
        })
    }

    /// Commits the session as it waits for the call, and then makes the call.
    async fn call_after_intent(
        &mut self,
        session: &Session,
        request: &CallRequest,
    ) -> Result<Result<Outcome, Failure>, StoreError> {
        failpoint::pass("before-intent");
        let lease_began = self.commit(session, Waits::Call).await?;
        self.notify(true);
        failpoint::pass("after-intent");
        // A process that slept for longer may have lost the turn to another server.
        if lease_began.elapsed() >= self.runner.lease {
            return Err(StoreError::Conflict);
        }
        Ok(self.runner.call(&self.state.revision, request).await)
    }

    /// Makes a call that only reads. The session is committed only if the call takes long.
    async fn read(
        &mut self,
        session: &Session,
        request: &CallRequest,
    ) -> Result<Result<Outcome, Failure>, StoreError> {
        let (runner, revision) = (self.runner, Arc::clone(&self.state.revision));
        let mut call = std::pin::pin!(runner.call(&revision, request));
        if let Ok(result) = tokio::time::timeout(QUICK, call.as_mut()).await {
            return Ok(result);
        }
        failpoint::pass("before-late-intent");
        let announced = std::pin::pin!(async {
            self.commit(session, Waits::Call).await?;
            self.notify(true);
            failpoint::pass("after-late-intent");
            Ok::<(), StoreError>(())
        });
        match select(announced, call).await {
            Either::Left((announced, call)) => {
                announced?;
                Ok(call.await)
            }
            Either::Right((result, announced)) => {
                announced.await?;
                Ok(result)
            }
        }
    }

    /// Commits all that was recorded since the last step. Returns when the lease began at the earliest.
    async fn commit(&mut self, session: &Session, waits: Waits) -> Result<Instant, StoreError> {
        let new_events = std::mem::take(&mut self.recorder.events);
        self.events.extend(new_events.iter().cloned());
        let state = &mut self.state;
        let (turn, answered) = if waits == Waits::Call {
            (Some(state.under_way.clone()), None)
        } else {
            let message = state.under_way.message.clone();
            (
                None,
                message.map(|message| (message, state.under_way.first_event)),
            )
        };
        let finished = matches!(waits, Waits::Nothing { .. });
        let variables = finished.then(|| to_json(&session.visible_variables()));
        let at = self.runner.now();
        let given = std::mem::take(&mut state.given);
        let keys = given.iter();
        let keys = keys.flat_map(|text| address_keys(text, session.language()));
        let key = self.runner.store.key();
        let step = TurnStep {
            at,
            state: to_json(&StoredSession::from(session.clone())),
            waits: to_json(&waits),
            finished,
            events: new_events.iter().map(view::stored_event).collect(),
            files: std::mem::take(&mut self.recorder.files),
            last_event: self.recorder.last,
            message: state.message.take(),
            turn,
            lease: self.runner.lease,
            answered,
            variables,
            failed: self
                .failed
                .iter()
                .map(|attempt| attempt.failed(at))
                .collect(),
            addresses: keys.map(|text| token::address_digest(key, &text)).collect(),
            proven: self.proven.iter().cloned().collect(),
            taken_back: std::mem::take(&mut self.taken_back),
        };
        let (added, state_bytes) = (added_bytes(&step, state.state_bytes), step.state.len());
        let store = &self.runner.store;
        let began = Instant::now();
        match state.new_session.take() {
            Some(new) => store.create(new, step).await?,
            None => store.commit(&state.session, state.version, step).await?,
        }
        if let Some(prefix) = state.prefix {
            self.runner.rates.stored(prefix, added as u64);
        }
        state.state_bytes = state_bytes;
        state.version += 1;
        self.failed.clear();
        self.has_written = false;
        Ok(began)
    }

    fn notify(&self, working: bool) {
        self.runner.notify(SessionVersion {
            session: self.state.session.clone(),
            version: self.state.version,
            working,
        });
    }
}

/// The bytes that a step adds to the store, without keys and indexes. A state replaces the one before.
fn added_bytes(step: &TurnStep, state_before: usize) -> usize {
    let events = step.events.iter().map(|event| event.event.len());
    let files = step.files.iter().map(|file| file.content.len());
    let added: usize = events.chain(files).sum();
    added + step.waits.len() + step.state.len().saturating_sub(state_before)
}

/// Logs what went wrong during a turn. The engine's events hold no hidden or personal values.
struct Log;

impl Watcher for Log {
    fn wants_events(&self) -> bool {
        true
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the enum is non-exhaustive, and most events are for traces"
    )]
    fn event(&mut self, event: TraceEvent) {
        match event {
            TraceEvent::Failure {
                id,
                function,
                class,
                detail,
                ..
            } => tracing::warn!(box_id = id, function, class, detail, "a function failed"),
            TraceEvent::Withheld { id, variables } => {
                tracing::error!(
                    box_id = id,
                    ?variables,
                    "a text would have shown hidden variables; it shows dots instead"
                );
            }
            TraceEvent::Masked { id, variables } => {
                tracing::error!(
                    box_id = id,
                    ?variables,
                    "a value to be shown contained a hidden variable's value; it was masked"
                );
            }
            TraceEvent::Finished {
                fault: Some(fault), ..
            } => tracing::error!(fault, "the session ended with a fault"),
            _ => {}
        }
    }
}
