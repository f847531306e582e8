//! Files that a customer is offered.

use krabice_scenario::Value;
use krabice_scenario::scenario::{Operand, Scenario};

use super::Machine;
use crate::Fault;
use crate::trace::Event;
use crate::view::{self, OfferedFile, Show, VisibleText};

impl<'a> Machine<'a, '_> {
    /// Offers a file. What is hidden or no file is withheld, as in a text; the check has
    /// made sure that it does not come to that.
    pub(super) fn offer_file(
        &mut self,
        scenario: &'a Scenario,
        id: &str,
        file: &Operand,
    ) -> Result<(), Fault> {
        let Some(given) = file.evaluate(&self.scope(scenario)?) else {
            return Ok(());
        };
        let Value::File(file) = given.value else {
            return Ok(());
        };
        if given.hidden {
            self.event(|_| Event::Withheld {
                id: id.to_owned(),
                variables: vec![file.name],
            });
            return Ok(());
        }
        view::note_revealed(&mut self.state, given.revealed);
        let (name, masked) = VisibleText::masked(file.name, "", &self.state);
        if !masked.is_empty() {
            self.event(|_| Event::Masked {
                id: id.to_owned(),
                variables: masked,
            });
        }
        self.show(Show::File(OfferedFile {
            name,
            media_type: file.media_type,
            size: file.content.len(),
            content: file.content,
        }));
        Ok(())
    }
}
