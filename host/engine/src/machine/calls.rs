//! Boxes that call a function of a plugin.

use indexmap::IndexMap;
use krabice_contract::compare::same_number;
use krabice_contract::shape::Shape;
use krabice_contract::{Failure, FailureClass, Outcome, Value, hex};
use krabice_scenario::Variable;
use krabice_scenario::document::{Call, FunctionName, Node, Scenario};
use krabice_scenario::variable::is_hidden_name;
use sha2::{Digest, Sha256};

use super::{Machine, Step, is_constant};
use crate::fault::Fault;
use crate::library::Library;
use crate::session::{PendingCall, Waits};
use crate::texts;
use crate::trace::{Event, Redaction};
use crate::turn::{CallRequest, Then};
use crate::view::{Show, VisibleText};

impl<'a> Machine<'a, '_> {
    /// The key of a call. It depends only on the session, the box and the number of calls
    /// before.
    pub(super) fn call_key(&self, scenario: &Scenario, id: &str) -> String {
        let mut hash = Sha256::new();
        for part in [self.state.id.as_str(), scenario.name.as_str(), id] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(self.state.calls.to_be_bytes());
        hex(&hash.finalize()[..16])
    }

    /// The request of a `call` box, which the session waits for from now on. Parameters that
    /// were not evaluated before are kept for a repetition.
    pub(super) fn call_request(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        of: &Call,
        call: PendingCall,
    ) -> Result<CallRequest, Fault> {
        let parameters = match call.parameters {
            Some(parameters) => parameters,
            None => self.evaluated(scenario, &of.params)?,
        };
        self.state.waits = Waits::Call(PendingCall {
            key: call.key.clone(),
            parameters: Some(parameters.clone()),
        });
        Ok(CallRequest {
            plugin: of.function.plugin.clone(),
            function: of.function.function.clone(),
            connection: of.connection.as_ref().map(|name| name.to_string()),
            parameters,
            key: call.key,
            language: self.state.language.clone(),
            time_zone: scenario.time_zone.value.clone(),
            now: self.now,
            scenario: scenario.name.to_string(),
            box_id: id.to_owned(),
        })
    }

    pub(super) fn call_ended(&mut self, result: Result<Outcome, Failure>) -> Result<Then, Fault> {
        let scenario = self.scenario()?;
        let (id, here) = self.here(scenario)?;
        let Node::Call(call) = here else {
            return self.run();
        };
        let FunctionName { plugin, function } = &*call.function;
        let exit = match &result {
            Ok(outcome) if outcome.is_true() => &call.on_true,
            Ok(_) => &call.on_false,
            Err(failure) => match (&call.on_unknown, &call.on_failure) {
                (Some(exit), _) if is_unknown(failure) => exit,
                (_, Some(exit)) => exit,
                (_, None) => &call.on_false,
            },
        };
        let save = &*call.save;
        let hidden = is_hidden_name(save);
        let library = self.library;
        self.event(|redaction| {
            let name = format!("{plugin}/{function}");
            match &result {
                Err(failure) => redaction.failure(id, name, failure),
                Ok(outcome) => {
                    let shape = library
                        .shapes(plugin, function)
                        .and_then(|shapes| shapes.answer.shape());
                    let value = match outcome {
                        Outcome::False | Outcome::True => None,
                        Outcome::TrueWithValue(value) => {
                            Some(redaction.value(value, hidden, shape))
                        }
                        Outcome::TrueWithFields(fields) => {
                            Some(redaction.value(&Value::Record(fields.clone()), hidden, shape))
                        }
                    };
                    Event::Outcome {
                        id: id.to_owned(),
                        function: name,
                        outcome: outcome.is_true(),
                        value,
                    }
                }
            }
        });
        if let Err(failure) = &result
            && is_unknown(failure)
            && call.on_unknown.is_none()
        {
            let text = VisibleText::of_ours(texts::outcome_unknown(&self.state.language));
            self.show(Show::Message { text });
        }
        if let Ok(Outcome::TrueWithFields(fields)) = &result {
            self.spell_subject(call, fields)?;
        }
        let value = result.map_or(Value::Boolean(false), Outcome::into_value);
        self.frame_mut()?.variables.set(
            save,
            if hidden {
                Variable::hidden(value)
            } else {
                Variable::visible(value)
            },
        );
        self.follow(id, Step::by(exit))
    }
}

impl Machine<'_, '_> {
    /// Gives the variable that named the subject of a call the back end's own spelling, which
    /// the answer has: `o260147` becomes `O260147`. It stays as hidden as it was. Another
    /// number of the same thing, such as the back end's internal one, is no spelling: other
    /// systems of the shop do not know it.
    fn spell_subject(
        &mut self,
        call: &Call,
        fields: &IndexMap<String, Value>,
    ) -> Result<(), Fault> {
        let library = self.library;
        let FunctionName { plugin, function } = &*call.function;
        let Some(subject) = library.subject(plugin, function) else {
            return Ok(());
        };
        let spelling = subject.field.as_ref().and_then(|field| fields.get(field));
        let given = call.params.get(&subject.parameter);
        let variable = given.and_then(|given| given.variable());
        let (Some(Value::Text(spelling)), Some(name)) = (spelling, variable) else {
            return Ok(());
        };
        let variables = &mut self.frame_mut()?.variables;
        let known = variables.get(name).cloned();
        if let Some(known) = known
            && let Value::Text(typed) = &known.value
            && typed != spelling
            && same_number(typed, spelling)
        {
            let value = Value::Text(spelling.clone());
            let hidden = known.hidden;
            variables.set(
                name,
                Variable {
                    hidden,
                    ..Variable::visible(value)
                },
            );
        }
        Ok(())
    }
}

/// Whether a failure leaves open what the back end did.
fn is_unknown(failure: &Failure) -> bool {
    failure.class == FailureClass::OutcomeUnknown
}

/// The event of a call.
pub(super) fn called(
    request: &CallRequest,
    scenario: &Scenario,
    redaction: &Redaction<'_>,
    library: &Library,
) -> Event {
    let shapes = library.shapes(&request.plugin, &request.function);
    let here = scenario.boxes.get(&request.box_id);
    let constant = |name: &str| match here.map(|here| &here.value) {
        Some(Node::Call(call)) => call.params.get(name).is_some_and(|of| is_constant(of)),
        _ => false,
    };
    let parameters = request.parameters.iter().map(|(name, variable)| {
        let any = Shape::any(variable.value.kind());
        let shape = match shapes {
            Some(shapes) => Some(shapes.parameters.get(name).map_or(&any, |slot| &slot.shape)),
            None if constant(name) => Some(&any),
            None => None,
        };
        (name.clone(), redaction.variable(variable, shape))
    });
    Event::Call {
        id: request.box_id.clone(),
        function: format!("{}/{}", request.plugin, request.function),
        connection: request.connection.clone(),
        key: request.key.clone(),
        parameters: parameters.collect(),
    }
}
