//! Boxes that wait for the customer: `answer` and `buttons`, and the host's own questions
//! about an answer.

use krabice_contract::Value;
use krabice_scenario::document::{Answer, Button, Buttons, Expect, Scenario};
use krabice_scenario::understand::{Offered, Reading, Understood, chosen, clean, yes_no};
use krabice_scenario::variable::is_hidden_name;
use krabice_scenario::{Variable, compare};

use super::{CustomerInput, Machine, Step};
use crate::fault::Fault;
use crate::session::Asked;
use crate::texts;
use crate::trace::{Event, answer_shape};
use crate::view::{Offer, Show, VisibleText};

impl<'a> Machine<'a, '_> {
    pub(super) fn ask(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        answer: &Answer,
    ) -> Result<(), Fault> {
        let text = self.text(scenario, id, &answer.text)?;
        self.show_question(scenario, id, answer, text, false)
    }

    fn show_question(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        answer: &Answer,
        text: VisibleText,
        again: bool,
    ) -> Result<(), Fault> {
        let choices = answer.choices.iter().map(|choice| {
            Ok(Offer {
                id: choice.value.to_string(),
                label: self.text(scenario, id, &choice.label)?,
            })
        });
        let choices = choices.collect::<Result<_, Fault>>()?;
        self.show(Show::Ask {
            text,
            expect: *answer.expect,
            choices,
            again,
        });
        Ok(())
    }

    pub(super) fn offer(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        buttons: &Buttons,
    ) -> Result<(), Fault> {
        let text = self.text(scenario, id, &buttons.text)?;
        self.show_buttons(scenario, id, buttons, text, false)
    }

    fn show_buttons(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        buttons: &Buttons,
        text: VisibleText,
        again: bool,
    ) -> Result<(), Fault> {
        let buttons = buttons.buttons.iter().map(|button| {
            Ok(Offer {
                id: button.id.to_string(),
                label: self.text(scenario, id, &button.label)?,
            })
        });
        let buttons = buttons.collect::<Result<_, Fault>>()?;
        self.show(Show::Buttons {
            text,
            buttons,
            again,
        });
        Ok(())
    }

    pub(super) fn answer(
        &mut self,
        scenario: &'a Scenario,
        id: &'a str,
        input: CustomerInput<'_>,
        answer: &'a Answer,
    ) -> Result<Step<'a>, Fault> {
        let (save, expect) = (&*answer.save, *answer.expect);
        let understood = match self.answer_about(input) {
            Some(answered) => answered,
            None => self.understood(scenario, answer, input)?,
        };
        let value = match self.to_ask_about(understood, save) {
            Ok(value) => value,
            Err(asked) => {
                self.event(|_| Event::Answer {
                    id: id.to_owned(),
                    fits: false,
                    value: None,
                });
                self.state.asked = Some(*asked);
                self.ask_about();
                return Ok(self.await_customer());
            }
        };
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
                .map(|variable| redaction.variable(variable, answer_shape(expect).as_ref())),
        });
        if let Some(variable) = variable {
            self.frame_mut()?.variables.set(save, variable);
            return Ok(Step::by(&answer.next));
        }
        self.state.misfits += 1;
        if let (Some(attempts), Some(exhausted)) = (answer.attempts, &answer.exhausted)
            && self.state.misfits >= attempts
        {
            return Ok(Step::by(exhausted));
        }
        let text = match &answer.reask {
            Some(reask) => self.text(scenario, id, reask)?,
            None => VisibleText::of_ours(expect.usual_reask(&self.state.language)),
        };
        self.show_question(scenario, id, answer, text, true)?;
        Ok(self.await_customer())
    }

    /// What is understood of an answer to the box itself. A pressed choice is that choice,
    /// whatever else its value may mean.
    fn understood(
        &self,
        scenario: &Scenario,
        answer: &Answer,
        input: CustomerInput<'_>,
    ) -> Result<Understood, Fault> {
        if let CustomerInput::Press(value) = input
            && answer.choices.iter().any(|choice| *choice.value == value)
        {
            return Ok(Understood::Value(Value::Text(value.to_owned())));
        }
        Ok(answer.understand(input.as_str(), &self.scope(scenario)?, self.now))
    }

    /// The value to save, if there is one, or what to ask about it. The host asks once in a box
    /// whether another spelling was meant. It shows no value of a hidden variable.
    fn to_ask_about(
        &self,
        understood: Understood,
        save: &str,
    ) -> Result<Option<Value>, Box<Asked>> {
        let may_show = |reading: &Reading| !is_hidden_name(save) || !reading.tells_all();
        match understood {
            Understood::Value(value) => Ok(Some(value)),
            Understood::Nothing => Ok(None),
            Understood::Meant { reading, otherwise } => {
                let is_new = !self.state.corrected || otherwise.is_none();
                if is_new && may_show(&reading) {
                    Err(Box::new(Asked::Meant { reading, otherwise }))
                } else {
                    Ok(otherwise)
                }
            }
            Understood::OneOf(readings) => {
                if readings.iter().all(may_show) {
                    Err(Box::new(Asked::Which { readings }))
                } else {
                    Ok(None)
                }
            }
        }
    }

    /// What an answer to the host's own question says; `None` if there is no such question, or
    /// if the answer is none to it but a new one to the box.
    fn answer_about(&mut self, input: CustomerInput<'_>) -> Option<Understood> {
        match self.state.asked.take()? {
            Asked::Meant { reading, otherwise } => {
                self.state.corrected = true;
                let said = match input {
                    CustomerInput::Press(YES) => Some(true),
                    CustomerInput::Press(NO) => Some(false),
                    CustomerInput::Press(_) => None,
                    CustomerInput::Text(words) => yes_no(words, &self.state.language),
                };
                Some(match said? {
                    true => Understood::Value(reading.value),
                    false => otherwise.map_or(Understood::Nothing, Understood::Value),
                })
            }
            Asked::Which { readings } => {
                let place = match input {
                    CustomerInput::Press(id) => place_of(id),
                    CustomerInput::Text(words) => {
                        let words = clean(words, None)?;
                        let label =
                            |reading: &Reading| compare::equal_folded(&reading.label, &words);
                        readings.iter().position(label).or_else(|| place_of(&words))
                    }
                };
                let reading = readings.into_iter().nth(place?)?;
                Some(Understood::Value(reading.value))
            }
        }
    }

    /// Shows the host's question about the last answer, if there is one.
    pub(super) fn ask_about(&mut self) {
        let language = &self.state.language;
        let offer = |id: &str, label: VisibleText| Offer {
            id: id.to_owned(),
            label,
        };
        let (text, buttons) = match &self.state.asked {
            None => return,
            Some(Asked::Meant { reading, .. }) => (
                VisibleText::of_customer(texts::did_you_mean(language, &reading.label)),
                vec![
                    offer(YES, VisibleText::of_ours(texts::yes(language))),
                    offer(NO, VisibleText::of_ours(texts::no(language))),
                ],
            ),
            Some(Asked::Which { readings }) => (
                VisibleText::of_ours(texts::which_one(language)),
                (1..)
                    .zip(readings)
                    .map(|(place, reading): (usize, _)| {
                        let label = VisibleText::of_customer(reading.label.clone());
                        offer(&place.to_string(), label)
                    })
                    .collect(),
            ),
        };
        self.show(Show::Buttons {
            text,
            buttons,
            again: true,
        });
    }

    /// The label of what was pressed of the host's own question.
    pub(super) fn pressed_about(&self, input: CustomerInput<'_>) -> Option<VisibleText> {
        let CustomerInput::Press(id) = input else {
            return None;
        };
        match (self.state.asked.as_ref()?, id) {
            (Asked::Meant { .. }, YES) => {
                Some(VisibleText::of_ours(texts::yes(&self.state.language)))
            }
            (Asked::Meant { .. }, NO) => {
                Some(VisibleText::of_ours(texts::no(&self.state.language)))
            }
            (Asked::Meant { .. }, _) => None,
            (Asked::Which { readings }, id) => {
                let reading = readings.get(place_of(id)?)?;
                Some(VisibleText::of_customer(reading.label.clone()))
            }
        }
    }

    pub(super) fn pressed(
        &mut self,
        scenario: &'a Scenario,
        id: &'a str,
        input: CustomerInput<'_>,
        of: &'a Buttons,
    ) -> Result<Step<'a>, Fault> {
        let (save, buttons) = (&*of.save, &of.buttons);
        let named = buttons.iter().find(|button| *button.id == input.as_str());
        let pressed = match (named, input) {
            (None, CustomerInput::Text(words)) => self.written_button(scenario, words, buttons)?,
            (named, _) => named,
        };
        let hidden = is_hidden_name(save);
        self.event(|redaction| Event::Button {
            id: id.to_owned(),
            button: pressed.map(|button| {
                if hidden {
                    redaction.hidden(&Value::Text(button.id.to_string()))
                } else {
                    button.id.to_string()
                }
            }),
        });
        let Some(button) = pressed else {
            let text = VisibleText::of_ours(Expect::Choice.usual_reask(&self.state.language));
            self.show_buttons(scenario, id, of, text, true)?;
            return Ok(self.await_customer());
        };
        let value = Variable {
            value: Value::Text(button.id.to_string()),
            hidden,
            said: Vec::new(),
        };
        self.frame_mut()?.variables.set(save, value);
        Ok(Step::Go {
            exit: "button",
            next: &button.next,
        })
    }

    /// The button that was chosen in words.
    fn written_button(
        &self,
        scenario: &'a Scenario,
        words: &str,
        buttons: &'a [Button],
    ) -> Result<Option<&'a Button>, Fault> {
        let Some(words) = clean(words, None) else {
            return Ok(None);
        };
        let scope = self.scope(scenario)?;
        let offered: Vec<Offered<'_>> = buttons
            .iter()
            .map(|button| Offered::of(&button.id, &button.label, button.keywords.as_ref(), &scope))
            .collect();
        let index = chosen(&words, &offered, scope.language);
        Ok(index.and_then(|index| buttons.get(index)))
    }
}

/// The id of the button that says that another spelling was meant.
const YES: &str = "yes";

/// The id of the button that says that the answer was meant as it was typed.
const NO: &str = "no";

/// The place, from 0, of a reading by its number from 1.
fn place_of(id: &str) -> Option<usize> {
    id.trim_end_matches(['.', ')'])
        .parse::<usize>()
        .ok()?
        .checked_sub(1)
}
