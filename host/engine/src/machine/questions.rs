//! Boxes that wait for the customer: `answer` and `buttons`.

use krabice_contract::Value;
use krabice_scenario::scenario::{AnswerChoice, Attempts, Button, Expect, LocalText, Scenario};
use krabice_scenario::variable::is_hidden_name;
use krabice_scenario::{Variable, compare, expect};

use super::{CustomerInput, Machine, Step};
use crate::fault::Fault;
use crate::trace::{Event, answer_shape};
use crate::view::{Expected, Offer, Show, VisibleText};

/// The parts of an `answer` box that decide about an answer.
pub(super) struct Question<'a> {
    pub(super) expect: &'a Expect,
    pub(super) save: &'a str,
    pub(super) reask: Option<&'a LocalText>,
    pub(super) attempts: Option<&'a Attempts>,
    pub(super) next: &'a str,
}

impl<'a> Machine<'a, '_> {
    pub(super) fn ask(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        text: &LocalText,
        expect: &Expect,
    ) -> Result<(), Fault> {
        let text = self.text(scenario, id, text)?;
        let choices = self.choices(scenario, id, expect)?;
        self.show(Show::Ask {
            text,
            expect: Expected::from(expect),
            choices,
            again: false,
        });
        Ok(())
    }

    fn choices(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        expect: &Expect,
    ) -> Result<Vec<Offer>, Fault> {
        let Expect::Choice(choices) = expect else {
            return Ok(Vec::new());
        };
        choices
            .iter()
            .map(|AnswerChoice { value, label }| {
                Ok(Offer {
                    id: value.clone(),
                    label: self.text(scenario, id, label)?,
                })
            })
            .collect()
    }

    pub(super) fn offer(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        text: &LocalText,
        buttons: &[Button],
    ) -> Result<(), Fault> {
        let text = self.text(scenario, id, text)?;
        let buttons = self.offers(scenario, id, buttons)?;
        self.show(Show::Buttons {
            text,
            buttons,
            again: false,
        });
        Ok(())
    }

    fn offers(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        buttons: &[Button],
    ) -> Result<Vec<Offer>, Fault> {
        buttons
            .iter()
            .map(|button| {
                Ok(Offer {
                    id: button.id.clone(),
                    label: self.text(scenario, id, &button.label)?,
                })
            })
            .collect()
    }

    pub(super) fn answer(
        &mut self,
        scenario: &'a Scenario,
        id: &'a str,
        words: &str,
        question: Question<'a>,
    ) -> Result<Step<'a>, Fault> {
        let Question {
            expect,
            save,
            reask,
            attempts,
            next,
        } = question;
        let value = expect.read(words, &self.scope(scenario)?, self.now);
        // `set` of the variables hides it by its name; the trace must know it before.
        let variable = value.map(|value| Variable {
            hidden: is_hidden_name(save),
            ..Variable::visible(value).said()
        });
        self.event(|redaction| Event::Answer {
            id: id.to_owned(),
            fits: variable.is_some(),
            value: variable
                .as_ref()
                .map(|variable| redaction.variable(variable, answer_shape(expect.into()).as_ref())),
        });
        if let Some(variable) = variable {
            self.frame_mut()?.variables.set(save, variable);
            return Ok(Step::Go { exit: "next", next });
        }
        self.state.misfits += 1;
        if let Some(Attempts { count, exhausted }) = attempts
            && self.state.misfits >= *count
        {
            return Ok(Step::Go {
                exit: "exhausted",
                next: exhausted,
            });
        }
        let text = match reask {
            Some(reask) => self.text(scenario, id, reask)?,
            None => VisibleText::of_ours(expect.usual_reask(&self.state.language)),
        };
        let choices = self.choices(scenario, id, expect)?;
        self.show(Show::Ask {
            text,
            expect: Expected::from(expect),
            choices,
            again: true,
        });
        Ok(self.await_customer())
    }

    pub(super) fn pressed(
        &mut self,
        scenario: &'a Scenario,
        id: &'a str,
        input: CustomerInput<'_>,
        save: &str,
        buttons: &'a [Button],
    ) -> Result<Step<'a>, Fault> {
        let named = buttons.iter().find(|button| button.id == input.as_str());
        let pressed = match (named, input) {
            (None, CustomerInput::Text(words)) => self.written_button(scenario, words, buttons)?,
            (named, _) => named,
        };
        let hidden = is_hidden_name(save);
        self.event(|redaction| Event::Button {
            id: id.to_owned(),
            button: pressed.map(|button| {
                if hidden {
                    redaction.hidden(&Value::Text(button.id.clone()))
                } else {
                    button.id.clone()
                }
            }),
        });
        let Some(button) = pressed else {
            let text =
                VisibleText::of_ours(Expect::Choice(Vec::new()).usual_reask(&self.state.language));
            let buttons = self.offers(scenario, id, buttons)?;
            self.show(Show::Buttons {
                text,
                buttons,
                again: true,
            });
            return Ok(self.await_customer());
        };
        let value = Variable {
            value: Value::Text(button.id.clone()),
            hidden,
            said: Vec::new(),
        };
        self.frame_mut()?.variables.set(save, value);
        Ok(Step::Go {
            exit: "button",
            next: &button.next,
        })
    }

    /// The button whose id or label, in any case, or whose number from 1 was written.
    fn written_button(
        &self,
        scenario: &'a Scenario,
        words: &str,
        buttons: &'a [Button],
    ) -> Result<Option<&'a Button>, Fault> {
        let Some(words) = expect::clean(words) else {
            return Ok(None);
        };
        let scope = self.scope(scenario)?;
        let named = buttons.iter().find(|button| {
            let label = button.label.in_language(&self.state.language);
            compare::equal_folded(&button.id, &words)
                || label.is_some_and(|label| {
                    compare::equal_folded(label.show(&scope).text.trim(), &words)
                })
        });
        Ok(named.or_else(|| buttons.get(expect::position(&words)?)))
    }
}
