//! Offering files to the customer.

use krabice_contract::Value;
use krabice_scenario::scenario::{Operand, Scenario};

use super::Machine;
use crate::fault::Fault;
use crate::trace::Event;
use crate::view::{self, OfferedFile, Show, VisibleText};

impl<'a> Machine<'a, '_> {
    /// Offers a file. A hidden file, and a value that is not a file, are left out; the check
    /// lets neither through.
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
