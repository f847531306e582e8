//! Runs turns: advances the engine, makes the calls that it asks for, and commits each step.
//!
//! The session is committed as it waits for a call before the call is made. After a crash the store
//! therefore says which call was under way, and a call that writes is not made a second time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use krabice_contract::manifest::Effect;
use krabice_contract::{Failure, FailureClass, Outcome};
use krabice_engine::{
    CallRequest, Event as TraceEvent, Input, Session, StoredSession, Then, Turn, Watcher, advance,
};
use krabice_store::sessions::{
    NewMessage, NewSession, SessionVersion, Store, TurnStep, TurnUnderWay,
};
use krabice_store::{StoreError, failpoint, to_json};
use tracing::Instrument;

use crate::address::AddressPrefix;
use crate::attempts::AttemptCounter;
use crate::integration;
use crate::notifier::Notifier;
use crate::observer::Observer;
use crate::revisions::catalogue::Catalogue;
use crate::revisions::revision::Revision;
use crate::view::{self, Answered, Event, TranscriptRecorder, Waits};

/// The source of the current time. Tests have their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The parts of the service that turns use.
pub(crate) struct TurnRunner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) attempts: AttemptCounter,
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
    /// The message that the turn answers, if it is not in the store yet.
    pub(crate) message: Option<NewMessage>,
    pub(crate) under_way: TurnUnderWay,
    /// Whether the turn was taken over. The earlier server may have made the call already.
    pub(crate) taken_over: bool,
    /// The client that answers; `None` for a turn that was taken over.
    pub(crate) prefix: Option<AddressPrefix>,
}

/// A turn while it runs.
struct RunningTurn<'a> {
    runner: &'a TurnRunner,
    state: TurnState,
    recorder: TranscriptRecorder,
    /// All events of the turn so far.
    events: Vec<Event>,
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
            let events = self.store.events(&state.session, before, last).await?;
            view::read_events(&events)?
        } else {
            Vec::new()
        };
        let turn = RunningTurn {
            runner: self,
            recorder: TranscriptRecorder::after(&state.session, state.last_event),
            state,
            events,
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

    /// Repeats a call that an earlier server may have made, unless making it twice does harm.
    async fn repeat_call(
        &self,
        revision: &Revision,
        request: &CallRequest,
    ) -> Result<Outcome, Failure> {
        match revision.effect(request) {
            Effect::Reads | Effect::WritesIdempotently => self.call(revision, request).await,
            Effect::Writes => Err(Failure::new(
                FailureClass::OutcomeUnknown,
                "the server stopped during the call; check in the back end whether it was done",
            )),
        }
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
            .call(&self.catalogue.runtime, request, self.now())
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
        let mut turn = self.advance(session, input);
        let waits = loop {
            match turn.then {
                Then::Call(request) => {
                    let input = self.end_call(&turn.session, *request).await?;
                    turn = self.advance(turn.session, input);
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
    fn advance(&mut self, session: Session, input: Input) -> Turn {
        let now = self.runner.now();
        let library = &self.state.revision.library;
        let turn = advance(library, session, input, now, &mut Log);
        if let Some(said) = &turn.said {
            self.recorder.said(said, now);
        }
        for show in &turn.show {
            self.recorder.shown(show, now);
        }
        turn
    }

    /// Makes the call that the session waits for, if it may. Returns the engine's next input.
    async fn end_call(
        &mut self,
        session: &Session,
        request: CallRequest,
    ) -> Result<Input, StoreError> {
        let runner = self.runner;
        let result = if std::mem::take(&mut self.state.taken_over) {
            runner.repeat_call(&self.state.revision, &request).await
        } else if self.is_allowed(&request).await? {
            failpoint::pass("before-intent");
            let lease_began = self.commit(session, Waits::Call).await?;
            self.notify(true);
            failpoint::pass("after-intent");
            // A process that slept for longer may have lost the turn to another server.
            if lease_began.elapsed() >= runner.lease {
                return Err(StoreError::Conflict);
            }
            let result = runner.call(&self.state.revision, &request).await;
            failpoint::pass("after-call");
            result
        } else {
            tracing::warn!(
                call = request.key,
                "too many failed attempts: the call is not made"
            );
            return Ok(Input::TooManyTries { key: request.key });
        };
        let is_attempt = self.state.revision.chosen(&request).next().is_some();
        if is_attempt && !matches!(result, Ok(Outcome::False)) {
            runner.attempts.release(&request.key).await?;
        }
        Ok(Input::CallEnded {
            key: request.key,
            result,
        })
    }

    /// Whether a call may be made. One that looks something up counts as an attempt.
    async fn is_allowed(&self, request: &CallRequest) -> Result<bool, StoreError> {
        let TurnState {
            session, revision, ..
        } = &self.state;
        let mut chosen = revision.chosen(request).peekable();
        if chosen.peek().is_none() {
            return Ok(true);
        }
        let (prefix, scenario) = (self.state.prefix, &revision.scenario);
        let now = self.runner.now();
        self.runner
            .attempts
            .reserve(&request.key, session, prefix, scenario, chosen, now)
            .await
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
        let step = TurnStep {
            at: self.runner.now(),
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
        };
        let store = &self.runner.store;
        let began = Instant::now();
        match state.new_session.take() {
            Some(new) => store.create(new, step).await?,
            None => store.commit(&state.session, state.version, step).await?,
        }
        state.version += 1;
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
