//! One turn: the engine's walk, with the store between what is intended and what is done.

use std::time::{Duration, Instant};

use krabice_engine::{
    CallRequest, Event, Input, Session, StoredSession, Then, Turn, Watcher, advance,
};
use krabice_runtime::{CallInput, Context};
use krabice_scenario::manifest::Effect;
use krabice_scenario::{Failure, FailureClass, Outcome};
use tracing::Instrument;

use crate::client::Prefix;
use crate::desk::Desk;
use crate::edition::Edition;
use crate::point;
use crate::store::{NewMessage, NewSession, Standing, Step, StoreError, TurnUnderWay};
use crate::view::{self, Answered, Recorder, Waits};

/// A turn under way.
pub(crate) struct Walk {
    /// The session, where it is new.
    pub(crate) new: Option<NewSession>,
    /// The version that the next step is committed against.
    pub(crate) version: u64,
    /// The number of the last event before the turn.
    pub(crate) last_event: u64,
    /// The message that is answered, until it is in the store.
    pub(crate) message: Option<NewMessage>,
    pub(crate) turn: TurnUnderWay,
    /// Whether the turn was begun by somebody who is no more. The call that it waits for may have
    /// been made.
    pub(crate) taken_over: bool,
    /// Who answers, where that is known.
    pub(crate) prefix: Option<Prefix>,
}

impl Walk {
    /// Walks until the customer is awaited or the session is finished. What was committed stays
    /// when a later step fails; the turn is then taken over when its lease is over.
    pub(crate) async fn through(
        mut self,
        desk: &Desk,
        edition: &Edition,
        id: &str,
        session: Session,
        input: Input,
    ) -> Result<Answered, StoreError> {
        let began = Instant::now();
        let mut recorder = self.recorder(id);
        let mut events = match self.taken_over {
            // What the turn showed before.
            true => {
                desk.store
                    .events(id, self.turn.first_event.saturating_sub(1), self.last_event)
                    .await?
            }
            false => Vec::new(),
        };
        let mut turn = walk(desk, edition, session, input);
        let waits = loop {
            note(desk, &mut recorder, &turn);
            let request = match turn.then {
                Then::Call(request) => *request,
                Then::AwaitCustomer => {
                    // The engine always asks before it waits.
                    break view::waits_after(&turn.show).unwrap_or(Waits::Answer {
                        expect: view::Expect::Text,
                        choices: Vec::new(),
                    });
                }
                Then::Finished(reason) => {
                    break Waits::Nothing {
                        reason: reason.into(),
                    };
                }
            };
            let key = request.key.clone();
            let input = if std::mem::take(&mut self.taken_over) {
                let result = repeat(desk, edition, &request).await;
                Input::CallEnded { key, result }
            } else if allowed(desk, edition, id, self.prefix, &request).await? {
                point::pass("before-intent");
                let step =
                    self.step(desk, &mut recorder, &turn.session, Waits::Call, &mut events)?;
                let since = Instant::now();
                self.commit(desk, id, step).await?;
                desk.tell(self.standing(id, true));
                point::pass("after-intent");
                held(desk.lease(), since)?;
                let result = call(desk, edition, request.clone()).await;
                point::pass("after-call");
                Input::CallEnded { key, result }
            } else {
                tracing::warn!(call = key, "too many attempts; the call is not made");
                Input::TooManyTries { key }
            };
            if let Input::CallEnded { result, .. } = &input
                && !matches!(result, Ok(Outcome::False))
                && edition.chosen(&request).next().is_some()
            {
                desk.guard.release(&request.key).await?;
            }
            turn = walk(desk, edition, turn.session, input);
        };
        let result = match &waits {
            Waits::Nothing {
                reason: view::Finish::End,
            } => "end",
            Waits::Nothing {
                reason: view::Finish::Handover,
            } => "handover",
            Waits::Nothing {
                reason: view::Finish::Fault,
            } => "fault",
            _ => "waits",
        };
        let step = self.step(
            desk,
            &mut recorder,
            &turn.session,
            waits.clone(),
            &mut events,
        )?;
        point::pass("before-commit");
        self.commit(desk, id, step).await?;
        point::pass("after-commit");
        desk.tell(self.standing(id, false));
        tracing::Span::current().record("result", result);
        desk.metrics
            .turn(&edition.scenario, result, began.elapsed());
        Ok(Answered { events, waits })
    }

    /// What is committed next: all that was noted since the last step.
    fn step(
        &mut self,
        desk: &Desk,
        recorder: &mut Recorder<'_>,
        session: &Session,
        waits: Waits,
        events: &mut Vec<view::Event>,
    ) -> Result<Step, StoreError> {
        let new = std::mem::take(&mut recorder.events);
        events.extend(new.iter().cloned());
        let under_way = waits == Waits::Call;
        let finished = matches!(waits, Waits::Nothing { .. });
        let variables = finished.then(|| view::variables(&session.visible_variables()).to_string());
        let answered = self
            .turn
            .message
            .clone()
            .map(|message| (message, self.turn.first_event));
        Ok(Step {
            at: desk.now(),
            state: serde_json::to_string(&StoredSession::from(session.clone()))?,
            waits,
            events: new,
            files: std::mem::take(&mut recorder.files),
            last_event: recorder.last,
            message: self.message.take(),
            turn: under_way.then(|| self.turn.clone()),
            lease: desk.lease(),
            answered: answered.filter(|_| !under_way),
            variables,
        })
    }

    async fn commit(&mut self, desk: &Desk, id: &str, step: Step) -> Result<(), StoreError> {
        match self.new.take() {
            Some(new) => desk.store.create(new, step).await?,
            None => desk.store.commit(id, self.version, step).await?,
        }
        self.version += 1;
        Ok(())
    }

    fn standing(&self, id: &str, working: bool) -> Standing {
        Standing {
            session: id.to_owned(),
            version: self.version,
            working,
        }
    }
}

/// Whether a lease from a moment on is still held: a process that slept for longer must not begin a
/// call that another server may have given up.
fn held(lease: Duration, since: Instant) -> Result<(), StoreError> {
    if since.elapsed() < lease {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

fn note(desk: &Desk, recorder: &mut Recorder<'_>, turn: &Turn) {
    let now = desk.now();
    if let Some(said) = &turn.said {
        recorder.said(said, now);
    }
    for show in &turn.show {
        recorder.shown(show, now);
    }
}

fn walk(desk: &Desk, edition: &Edition, session: Session, input: Input) -> Turn {
    advance(&edition.library, session, input, desk.now(), &mut Log)
}

/// Whether a call may be made: not if too many of its kind failed.
async fn allowed(
    desk: &Desk,
    edition: &Edition,
    id: &str,
    prefix: Option<Prefix>,
    request: &CallRequest,
) -> Result<bool, StoreError> {
    let mut chosen = edition.chosen(request).peekable();
    if chosen.peek().is_none() {
        return Ok(true);
    }
    let (key, scenario) = (&request.key, &edition.scenario);
    desk.guard
        .reserve(key, id, prefix, scenario, chosen, desk.now())
        .await
}

/// A call that may have been made before, by a process that is no more: only what changes nothing
/// when it is done twice is done again.
async fn repeat(desk: &Desk, edition: &Edition, request: &CallRequest) -> Result<Outcome, Failure> {
    match edition.effect(request) {
        Effect::Reads | Effect::WritesIdempotently => call(desk, edition, request.clone()).await,
        Effect::Writes => Err(Failure::new(
            FailureClass::OutcomeUnknown,
            "the server stopped during the call; look into the back end whether it was done",
        )),
    }
}

async fn call(desk: &Desk, edition: &Edition, request: CallRequest) -> Result<Outcome, Failure> {
    let misconfigured = |detail: String| Failure::new(FailureClass::Misconfigured, detail);
    let plugin = edition
        .plugin(&request.plugin)
        .ok_or_else(|| misconfigured(format!("there is no plugin `{}`", request.plugin)))?;
    let outlet = desk
        .catalogue
        .accounts
        .outlet(plugin, request.connection.as_deref())
        .map_err(|error| misconfigured(error.to_string()))?;
    let hidden = request
        .parameters
        .iter()
        .filter(|(_, variable)| variable.hidden);
    let hidden = hidden.map(|(name, _)| name.clone()).collect();
    let input = CallInput {
        parameters: request
            .parameters
            .into_iter()
            .map(|(name, variable)| (name, variable.value))
            .collect(),
        hidden,
        context: Context {
            language: request.language,
            time_zone: request.time_zone,
            now: desk.now(),
        },
        key: request.key,
    };
    let span = tracing::info_span!(
        "call",
        box_id = request.box_id,
        plugin = plugin.name(),
        function = request.function,
        result = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
    );
    let runtime = &desk.catalogue.runtime;
    let report = runtime
        .call(plugin, &request.function, outlet.as_ref(), input)
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
    desk.metrics
        .call(plugin.name(), &request.function, result, report.elapsed);
    tracing::info!(
        box_id = request.box_id,
        plugin = plugin.name(),
        function = request.function,
        result,
        milliseconds = u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
        requests = report.exchanges.len(),
        "called"
    );
    report.result
}

/// Tells the operator what went wrong inside; what is hidden or personal is not in these events.
struct Log;

impl Watcher for Log {
    fn wants_events(&self) -> bool {
        true
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Failure {
                id,
                function,
                class,
                detail,
                ..
            } => tracing::warn!(box_id = id, function, class, detail, "a function failed"),
            Event::Withheld { id, variables } => {
                tracing::error!(
                    box_id = id,
                    ?variables,
                    "a text would have shown what is hidden"
                );
            }
            Event::Masked { id, variables } => {
                tracing::error!(
                    box_id = id,
                    ?variables,
                    "a hidden value came by another way, and was masked"
                );
            }
            Event::Finished {
                fault: Some(fault), ..
            } => tracing::error!(fault, "the session could not go on"),
            _ => {}
        }
    }
}
