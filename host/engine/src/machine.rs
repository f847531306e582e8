//! The state machine that advances a session by one turn.

mod calls;
mod files;
mod limited;
mod questions;

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_contract::shape::Shape;
use krabice_scenario::document::{
    Exit, ExitName, Expect, Jump, Node, Operand, Placed, Scenario, Set, Test, Text,
};
use krabice_scenario::template::Scope;
use krabice_scenario::variable::is_hidden_name;
use krabice_scenario::{Variable, understand};

use self::calls::called;
use crate::fault::Fault;
use crate::library::Library;
use crate::limits::{BOXES_PER_SESSION, BOXES_PER_TURN, JUMPS, SHOWN_BYTES};
use crate::session::{Frame, PendingCall, Reason, Session, State, Waits, set_defaults};
use crate::texts;
use crate::trace::{Event, Redaction, Watcher};
use crate::turn::{Compared, Input, Refusal, Then, Turn};
use crate::view::{self, Show, VisibleText};

/// Advances a session until it waits for the customer or for a call, or is finished.
///
/// `now` is the time of a turn's first input. The session keeps it until it waits for the
/// customer or is finished, so that each step of a turn sees the same time. An input that
/// the session does not wait for changes nothing; the turn says what the session waits for.
/// Does not panic: a session that cannot continue ends with [`Reason::Fault`].
pub fn advance(
    library: &Library,
    session: Session,
    input: Input,
    now: Timestamp,
    watcher: &mut dyn Watcher,
) -> Turn {
    advance_unless(library, session, input, now, None, watcher)
}

/// Advances a session as [`advance`] does, but not past a `condition` box that the host refuses: the
/// customer is told until when, and the session waits there. A host that counts guesses advances a
/// session, and looks at [`Turn::guesses`]; if it refuses one, it drops the turn and advances the session
/// as it was before, by the same input.
pub fn advance_unless(
    library: &Library,
    session: Session,
    input: Input,
    now: Timestamp,
    refusal: Option<&Refusal>,
    watcher: &mut dyn Watcher,
) -> Turn {
    let mut state = session.state;
    let now = *state.now.get_or_insert(now);
    let mut machine = Machine {
        library,
        state,
        now,
        watcher,
        refusal,
        show: Vec::new(),
        shown_bytes: 0,
        said: None,
        guesses: Vec::new(),
    };
    let then = match machine.take(input) {
        Ok(then) => then,
        Err(fault) => machine.fail(&fault),
    };
    match then {
        Then::Call(_) => {}
        Then::AwaitCustomer | Then::Finished(_) => machine.state.now = None,
    }
    Turn {
        session: Session {
            state: machine.state,
        },
        said: machine.said,
        show: machine.show,
        guesses: machine.guesses,
        then,
    }
}

struct Machine<'a, 'w> {
    library: &'a Library,
    state: State,
    now: Timestamp,
    watcher: &'w mut dyn Watcher,
    refusal: Option<&'a Refusal>,
    show: Vec<Show>,
    shown_bytes: usize,
    said: Option<VisibleText>,
    guesses: Vec<Compared>,
}

/// The step after a box.
enum Step<'a> {
    /// Go to a box of the same scenario.
    Go { exit: &'static str, next: &'a str },
    /// Continue at the box of the last frame, in another scenario.
    Elsewhere,
    /// End the turn.
    Stop(Then),
}

impl<'a> Step<'a> {
    /// Leaves a box by an exit.
    fn by(exit: &'a Exit) -> Self {
        let name = match exit.name {
            // The target of a jump is the next box.
            ExitName::Box => ExitName::Next,
            name @ (ExitName::Next
            | ExitName::True
            | ExitName::False
            | ExitName::Failure
            | ExitName::Unknown
            | ExitName::Limited
            | ExitName::Exhausted) => name,
        };
        Step::Go {
            exit: name.word(),
            next: exit,
        }
    }
}

/// The customer's input at a box that waits.
#[derive(Clone, Copy)]
enum CustomerInput<'w> {
    /// A text that the customer wrote.
    Text(&'w str),
    /// The id of the button, or the value of the choice, that the customer pressed.
    Press(&'w str),
}

impl<'w> CustomerInput<'w> {
    fn as_str(self) -> &'w str {
        let (CustomerInput::Text(words) | CustomerInput::Press(words)) = self;
        words
    }
}

impl<'a> Machine<'a, '_> {
    // --- the place of the session

    fn frame(&self) -> Result<&Frame, Fault> {
        self.state.frames.last().ok_or(Fault::NoFrame)
    }

    fn frame_mut(&mut self) -> Result<&mut Frame, Fault> {
        self.state.frames.last_mut().ok_or(Fault::NoFrame)
    }

    fn scenario(&self) -> Result<&'a Scenario, Fault> {
        let name = &self.frame()?.scenario;
        self.library
            .get(name)
            .ok_or_else(|| Fault::NoScenario(name.clone()))
    }

    /// The current box, with its id.
    fn here(&self, scenario: &'a Scenario) -> Result<(&'a str, &'a Node), Fault> {
        let id = &self.frame()?.at;
        match scenario.boxes.get_key_value(id) {
            Some((id, here)) => Ok((id, here)),
            None => Err(no_box(scenario, id)),
        }
    }

    // --- inputs

    fn take(&mut self, input: Input) -> Result<Then, Fault> {
        match (self.state.waits.clone(), input) {
            (Waits::Begin, Input::Begin | Input::Resume) => {
                self.state.turn_boxes = 0;
                self.run()
            }
            (Waits::Customer, Input::Answer(text)) => self.customer(CustomerInput::Text(&text)),
            (Waits::Customer, Input::Press(id)) => self.customer(CustomerInput::Press(&id)),
            (Waits::Call(call), Input::CallEnded { key, result }) if call.key == key => {
                self.call_ended(result)
            }
            (Waits::Call(call), Input::Limited { key, until }) if call.key == key => {
                self.call_limited(until)
            }
            (Waits::Begin | Waits::Customer, Input::Leave) => {
                self.show(Show::End { text: None });
                Ok(self.finish(Reason::End, None))
            }
            (_, Input::Resume) => self.resume(),
            (_, input) => {
                let input = input.word();
                self.event(|_| Event::Ignored { input });
                self.then()
            }
        }
    }

    /// The step that the session waits for.
    fn then(&mut self) -> Result<Then, Fault> {
        match self.state.waits.clone() {
            Waits::Begin | Waits::Customer => Ok(Then::AwaitCustomer),
            Waits::Finished(reason) => Ok(Then::Finished(reason)),
            Waits::Call(call) => {
                let scenario = self.scenario()?;
                let (id, here) = self.here(scenario)?;
                let Node::Call(of) = here else {
                    return Err(no_box(scenario, id));
                };
                let request = self.call_request(scenario, id, of, call)?;
                Ok(Then::Call(Box::new(request)))
            }
        }
    }

    /// Repeats the question or the buttons that the session waits at.
    fn resume(&mut self) -> Result<Then, Fault> {
        if self.state.waits == Waits::Customer {
            let scenario = self.scenario()?;
            let (id, here) = self.here(scenario)?;
            match here {
                Node::Answer(answer) => {
                    self.ask(scenario, id, answer)?;
                    self.ask_about();
                }
                Node::Buttons(buttons) => self.offer(scenario, id, buttons)?,
                Node::Message(_)
                | Node::Set(_)
                | Node::Jump(_)
                | Node::Handover(_)
                | Node::End(_)
                | Node::Broken(_) => {}
                // It waited because too many guesses had failed.
                Node::Condition(_) | Node::Call(_) => return self.run(),
            }
        }
        self.then()
    }

    fn customer(&mut self, input: CustomerInput<'_>) -> Result<Then, Fault> {
        let scenario = self.scenario()?;
        let (id, here) = self.here(scenario)?;
        self.state.turn_boxes = 0;
        self.state.boxes += 1;
        if self.state.boxes > BOXES_PER_SESSION {
            return Err(Fault::SessionTooLong);
        }
        let step = match here {
            Node::Answer(answer) => {
                let label = match input {
                    CustomerInput::Text(_) => None,
                    CustomerInput::Press(value) => answer
                        .choices
                        .iter()
                        .find(|choice| *choice.value == value)
                        .map(|choice| &choice.label),
                };
                self.say(scenario, input, label, Some(*answer.expect), &answer.save)?;
                self.answer(scenario, id, input, answer)?
            }
            Node::Buttons(buttons) => {
                let label = match input {
                    CustomerInput::Text(_) => None,
                    CustomerInput::Press(id) => buttons
                        .buttons
                        .iter()
                        .find(|button| *button.id == id)
                        .map(|button| &button.label),
                };
                self.say(scenario, input, label, None, &buttons.save)?;
                self.pressed(scenario, id, input, buttons)?
            }
            // It waited because too many guesses had failed.
            Node::Condition(_) | Node::Call(_) => return self.after_limit(scenario, input),
            // The scenario was replaced while its customer was away: the box that now has
            // this id is entered.
            Node::Message(_)
            | Node::Set(_)
            | Node::Jump(_)
            | Node::Handover(_)
            | Node::End(_)
            | Node::Broken(_) => return self.run(),
        };
        self.follow(id, step)
    }

    /// Keeps the customer's words for the transcript, or the label of what they pressed.
    fn say(
        &mut self,
        scenario: &'a Scenario,
        input: CustomerInput<'_>,
        label: Option<&Text>,
        expect: Option<Expect>,
        save: &str,
    ) -> Result<(), Fault> {
        let label = label.and_then(|label| label.in_language(&self.state.language));
        self.said = Some(if let Some(pressed) = self.pressed_about(input) {
            pressed
        } else if is_hidden_name(save) {
            VisibleText::dots()
        } else if let Some(label) = label {
            let shown = label.show(&self.scope(scenario)?);
            VisibleText::masked(shown.text, &shown.said, label.source(), &self.state).0
        } else {
            // They are the customer's and not the host's: masking them would tell which of
            // the typed texts is a hidden value.
            VisibleText::of_customer(understand::transcript(input.as_str(), expect))
        });
        Ok(())
    }

    // --- the walk

    fn run(&mut self) -> Result<Then, Fault> {
        loop {
            let scenario = self.scenario()?;
            let (id, here) = self.here(scenario)?;
            self.state.turn_boxes += 1;
            self.state.boxes += 1;
            if self.state.turn_boxes > BOXES_PER_TURN {
                return Err(Fault::TurnTooLong);
            }
            if self.state.boxes > BOXES_PER_SESSION {
                return Err(Fault::SessionTooLong);
            }
            self.event(|_| Event::Box {
                scenario: scenario.name.to_string(),
                id: id.to_owned(),
                r#type: here.word(),
            });
            match self.enter(scenario, id, here)? {
                Step::Stop(then) => return Ok(then),
                Step::Go { exit, next } => self.go(id, exit, next)?,
                Step::Elsewhere => {}
            }
        }
    }

    /// Takes the step after a box that waited.
    fn follow(&mut self, id: &str, step: Step<'a>) -> Result<Then, Fault> {
        match step {
            Step::Stop(then) => Ok(then),
            Step::Go { exit, next } => {
                self.go(id, exit, next)?;
                self.run()
            }
            Step::Elsewhere => self.run(),
        }
    }

    fn go(&mut self, id: &str, exit: &'static str, next: &str) -> Result<(), Fault> {
        self.event(|_| Event::Exit {
            id: id.to_owned(),
            exit,
            next: next.to_owned(),
        });
        let frame = self.frame_mut()?;
        frame.at.clear();
        frame.at.push_str(next);
        Ok(())
    }

    fn enter(
        &mut self,
        scenario: &'a Scenario,
        id: &'a str,
        here: &'a Node,
    ) -> Result<Step<'a>, Fault> {
        match here {
            Node::Message(message) => {
                let text = self.text(scenario, id, &message.text)?;
                self.show(Show::Message { text });
                for file in &message.files {
                    self.offer_file(scenario, id, file)?;
                }
                Ok(Step::by(&message.next))
            }
            Node::Answer(answer) => {
                self.state.misfits = 0;
                self.state.asked = None;
                self.state.corrected = false;
                self.ask(scenario, id, answer)?;
                Ok(self.await_customer())
            }
            Node::Buttons(buttons) => {
                self.offer(scenario, id, buttons)?;
                Ok(self.await_customer())
            }
            Node::Condition(condition) => match self.decide(scenario, id, &condition.test)? {
                Ok(true) => Ok(Step::by(&condition.on_true)),
                Ok(false) => Ok(Step::by(&condition.on_false)),
                Err(limited) => Ok(Step::Stop(limited)),
            },
            Node::Set(set) => {
                self.set(scenario, id, set)?;
                Ok(Step::by(&set.next))
            }
            Node::Jump(jump) => match &jump.to_box {
                Some(next) => Ok(Step::by(next)),
                None => {
                    self.jump(scenario, jump)?;
                    Ok(Step::Elsewhere)
                }
            },
            Node::Handover(handover) => {
                let text = handover
                    .text
                    .as_ref()
                    .map(|text| self.text(scenario, id, text))
                    .transpose()?;
                self.show(Show::Handover { text });
                Ok(Step::Stop(self.finish(Reason::Handover, None)))
            }
            Node::End(end) => {
                let text = end
                    .text
                    .as_ref()
                    .map(|text| self.text(scenario, id, text))
                    .transpose()?;
                let Some(returns_to) = self.frame_mut()?.returns_to.take() else {
                    self.show(Show::End { text });
                    return Ok(Step::Stop(self.finish(Reason::End, None)));
                };
                if let Some(text) = text {
                    self.show(Show::Message { text });
                }
                self.state.frames.pop();
                self.frame_mut()?.at = returns_to;
                let (scenario, depth) =
                    (self.frame()?.scenario.clone(), self.state.frames.len() - 1);
                self.event(|_| Event::Jump { scenario, depth });
                Ok(Step::Elsewhere)
            }
            Node::Call(call) => {
                self.state.calls += 1;
                let pending = PendingCall {
                    key: self.call_key(scenario, id),
                    parameters: None,
                };
                let request = self.call_request(scenario, id, call, pending)?;
                self.event(|redaction| called(&request, scenario, redaction, self.library));
                Ok(Step::Stop(Then::Call(Box::new(request))))
            }
            Node::Broken(_) => Err(no_box(scenario, id)),
        }
    }

    /// Whether a condition holds, or how the session goes on if it may not be tried now: a comparison
    /// with a hidden value is a guess.
    fn decide(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        test: &Test,
    ) -> Result<Result<bool, Then>, Fault> {
        let scope = self.scope(scenario)?;
        let (guesses, holds) = (test.guesses(&scope), test.holds(&scope));
        if let Some(refusal) = self.refusal
            && (&*refusal.scenario, &*refusal.box_id) == (&*scenario.name, id)
            && !guesses.is_empty()
        {
            return Ok(Err(self.limited(scenario, refusal.until)));
        }
        self.guesses
            .extend(guesses.into_iter().map(|guess| Compared {
                scenario: scenario.name.to_string(),
                box_id: id.to_owned(),
                guess,
            }));
        Ok(Ok(holds))
    }

    fn await_customer(&mut self) -> Step<'a> {
        self.state.waits = Waits::Customer;
        Step::Stop(Then::AwaitCustomer)
    }

    fn finish(&mut self, reason: Reason, fault: Option<&Fault>) -> Then {
        self.state.waits = Waits::Finished(reason);
        self.event(|_| Event::Finished {
            reason: reason.word(),
            fault: fault.map(Fault::to_string),
        });
        Then::Finished(reason)
    }

    fn fail(&mut self, fault: &Fault) -> Then {
        let text = VisibleText::of_ours(texts::fault(&self.state.language));
        self.show(Show::End { text: Some(text) });
        self.finish(Reason::Fault, Some(fault))
    }

    // --- boxes

    fn set(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        Set { save, value, .. }: &'a Set,
    ) -> Result<(), Fault> {
        let set = value.evaluate(&self.scope(scenario)?);
        let variable = set.map(|set| {
            view::note_revealed(&mut self.state, set.revealed);
            Variable {
                value: set.value,
                hidden: set.hidden || is_hidden_name(save),
                said: set.said,
            }
        });
        self.event(|redaction| {
            // The author wrote a constant, but a computed value may be personal.
            let known =
                |variable: &Variable| is_constant(value).then(|| Shape::any(variable.value.kind()));
            Event::Set {
                id: id.to_owned(),
                variable: save.to_string(),
                value: variable
                    .as_ref()
                    .map(|variable| redaction.variable(variable, known(variable).as_ref())),
            }
        });
        let frame = self.frame_mut()?;
        match variable {
            Some(variable) => frame.variables.set(&**save, variable),
            None => frame.variables.unset(save),
        }
        Ok(())
    }

    fn jump(&mut self, scenario: &'a Scenario, jump: &'a Jump) -> Result<(), Fault> {
        let name = jump.scenario.as_deref().map_or("", String::as_str);
        let next = jump.next.as_deref();
        let target = self
            .library
            .get(name)
            .ok_or_else(|| Fault::NoScenario(name.to_owned()))?;
        let inputs = self.evaluated(scenario, &jump.inputs)?;
        let mut variables = inputs.into_iter().collect();
        set_defaults(target, &mut variables);
        let mut frame = Frame {
            scenario: target.name.to_string(),
            at: target.start.to_string(),
            variables,
            returns_to: next.map(str::to_owned),
        };
        if next.is_none() {
            // The other scenario does not return, so this one is dropped; the end of the
            // other returns to where the end of this one would have returned.
            frame.returns_to = self.frame_mut()?.returns_to.take();
            self.state.frames.pop();
        } else if self.state.frames.len() > JUMPS {
            return Err(Fault::JumpsTooDeep);
        }
        self.state.frames.push(frame);
        let depth = self.state.frames.len() - 1;
        self.event(|_| Event::Jump {
            scenario: target.name.to_string(),
            depth,
        });
        Ok(())
    }

    /// The values of parameters or inputs, without those that are absent.
    fn evaluated(
        &mut self,
        scenario: &'a Scenario,
        values: &IndexMap<String, Placed<Operand>>,
    ) -> Result<IndexMap<String, Variable>, Fault> {
        let scope = self.scope(scenario)?;
        let mut revealed = Vec::new();
        let mut variables = IndexMap::with_capacity(values.len());
        for (name, value) in values {
            if let Some(given) = value.evaluate(&scope) {
                revealed.extend(given.revealed);
                let variable = Variable {
                    value: given.value,
                    hidden: given.hidden,
                    said: given.said,
                };
                variables.insert(name.clone(), variable);
            }
        }
        view::note_revealed(&mut self.state, revealed);
        Ok(variables)
    }

    // --- texts

    fn scope<'s>(&'s self, scenario: &'s Scenario) -> Result<Scope<'s>, Fault> {
        Ok(Scope {
            variables: &self.frame()?.variables,
            language: &self.state.language,
            time_zone: &scenario.time_zone,
        })
    }

    /// The visible form of a scenario's text. Every text for the customer is made here.
    fn text(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        text: &Text,
    ) -> Result<VisibleText, Fault> {
        let Some(template) = text.in_language(&self.state.language) else {
            return Ok(VisibleText::of_ours(""));
        };
        let shown = template.show(&self.scope(scenario)?);
        if !shown.withheld.is_empty() {
            self.event(|_| Event::Withheld {
                id: id.to_owned(),
                variables: shown.withheld,
            });
        }
        view::note_revealed(&mut self.state, shown.revealed);
        let (text, masked) =
            VisibleText::masked(shown.text, &shown.said, template.source(), &self.state);
        if !masked.is_empty() {
            self.event(|_| Event::Masked {
                id: id.to_owned(),
                variables: masked,
            });
        }
        self.shown_bytes += text.len();
        if self.shown_bytes > SHOWN_BYTES {
            return Err(Fault::ShownTooMuch);
        }
        Ok(text)
    }

    fn show(&mut self, show: Show) {
        self.watcher.shown(&show);
        self.show.push(show);
    }

    fn event(&mut self, event: impl FnOnce(&Redaction<'_>) -> Event) {
        if self.watcher.wants_events() {
            let event = event(&Redaction { state: &self.state });
            self.watcher.event(event);
        }
    }
}

/// Whether a value is written in the scenario itself.
fn is_constant(value: &Operand) -> bool {
    match value {
        Operand::Constant(_) => true,
        Operand::Template(template) => template.as_text().is_some(),
    }
}

fn no_box(scenario: &Scenario, id: &str) -> Fault {
    Fault::NoBox {
        scenario: scenario.name.to_string(),
        id: id.to_owned(),
    }
}
