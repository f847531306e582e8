//! What happens where too many guesses have failed.

use jiff::{RoundMode, Timestamp, Unit, ZonedRound};
use krabice_contract::Value;
use krabice_scenario::document::{Call, Node, Scenario, Text};
use krabice_scenario::{Variable, compare, understand};

use super::{CustomerInput, Machine, Step};
use crate::fault::Fault;
use crate::session::{Reason, Waits};
use crate::texts;
use crate::turn::Then;
use crate::view::{Offer, Show, VisibleText};

/// The ids of the buttons.
const AGAIN: &str = "again";
const PERSON: &str = "person";

impl<'a> Machine<'a, '_> {
    /// Leaves a `call` box whose call the host does not make, or waits there.
    pub(super) fn call_limited(&mut self, until: Timestamp) -> Result<Then, Fault> {
        let scenario = self.scenario()?;
        let (id, here) = self.here(scenario)?;
        let Node::Call(Call {
            save,
            on_limited: Some(exit),
            ..
        }) = here
        else {
            return Ok(self.limited(scenario, until));
        };
        let value = Variable::visible(Value::Boolean(false));
        self.frame_mut()?.variables.set(&**save, value);
        self.follow(id, Step::by(exit))
    }

    /// Waits at a box until the customer tries again or asks for a person.
    pub(super) fn limited(&mut self, scenario: &'a Scenario, until: Timestamp) -> Then {
        let language = &self.state.language;
        let text = texts::too_many_tries(language);
        let text = VisibleText::of_ours_with(text, &self.minute(scenario, until));
        let offer = |id: &str, label| Offer {
            id: id.to_owned(),
            label: VisibleText::of_ours(label),
        };
        let mut buttons = vec![offer(AGAIN, texts::try_again(language))];
        if handover(scenario).is_some() {
            buttons.push(offer(PERSON, texts::person(language)));
        }
        self.show(Show::Buttons {
            text,
            buttons,
            again: false,
        });
        self.state.waits = Waits::Customer;
        Then::AwaitCustomer
    }

    /// The minute after a moment in the scenario's time zone, with the date if it is not today's.
    fn minute(&self, scenario: &Scenario, moment: Timestamp) -> String {
        let zoned = |moment: Timestamp| moment.to_zoned(scenario.time_zone.value.clone());
        let round = ZonedRound::new()
            .smallest(Unit::Minute)
            .mode(RoundMode::Ceil);
        let moment = zoned(moment);
        let moment = moment.round(round).unwrap_or(moment);
        let format = if moment.date() == zoned(self.now).date() {
            "%H:%M"
        } else {
            "%Y-%m-%d %H:%M"
        };
        moment.strftime(format).to_string()
    }

    /// Goes on where a box waited because too many guesses had failed: enters it again, unless the
    /// customer asks for a person.
    pub(super) fn after_limit(
        &mut self,
        scenario: &'a Scenario,
        input: CustomerInput<'_>,
    ) -> Result<Then, Fault> {
        let language = &self.state.language;
        let label = texts::person(language);
        let (said, person) = match input {
            CustomerInput::Press(PERSON) => (VisibleText::of_ours(label), true),
            CustomerInput::Press(_) => (VisibleText::of_ours(texts::try_again(language)), false),
            CustomerInput::Text(words) => {
                let words = understand::clean(words, None).unwrap_or_default();
                let person = compare::equal_folded(&words, label);
                (VisibleText::of_customer(words), person)
            }
        };
        self.said = Some(said);
        let Some((id, text)) = handover(scenario).filter(|_| person) else {
            return self.run();
        };
        let text = match text {
            Some(text) => self.text(scenario, id, text)?,
            None => VisibleText::of_ours(texts::handover(&self.state.language)),
        };
        self.show(Show::Handover { text: Some(text) });
        Ok(self.finish(Reason::Handover, None))
    }
}

/// The first `handover` box of a scenario, with its text. A text with variables is left out: it may
/// show what only its own way there has proven to be the customer's.
fn handover(scenario: &Scenario) -> Option<(&str, Option<&Text>)> {
    scenario.boxes.iter().find_map(|(id, each)| {
        let Node::Handover(handover) = &each.value else {
            return None;
        };
        let text = handover.text.as_ref();
        Some((id.as_str(), text.filter(|text| !text.has_variables())))
    })
}
