//! Offering files to the customer.

use krabice_contract::Value;
use krabice_scenario::document::{Operand, Scenario};

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
        operand: &Operand,
    ) -> Result<(), Fault> {
        let Some(given) = operand.evaluate(&self.scope(scenario)?) else {
            return Ok(());
        };
        let Value::File(file) = given.value else {
            return Ok(());
        };
        if given.hidden {
            let variables = match operand {
                Operand::Template(template) => template.show(&self.scope(scenario)?).withheld,
                Operand::Constant(_) => Vec::new(),
            };
            self.event(|_| Event::Withheld {
                id: id.to_owned(),
                variables,
            });
            return Ok(());
        }
        view::note_revealed(&mut self.state, given.revealed);
        let (name, masked) = VisibleText::masked(file.name, &[], "", &self.state);
        if !masked.is_empty() {
            self.event(|_| Event::Masked {
                id: id.to_owned(),
                variables: masked,
            });
        }
        let (media_type, masked) = view::mask(file.media_type, "", &self.state);
        self.show(Show::File(OfferedFile {
            name,
            // A plugin may have put anything there.
            media_type: if masked.is_empty() {
                media_type
            } else {
                "application/octet-stream".to_owned()
            },
            size: file.content.len(),
            content: file.content,
        }));
        Ok(())
    }
}
