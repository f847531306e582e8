//! Turns of calls that must not run side by side: a function that its manifest calls
//! `exclusive` reads what it then writes, and two at once would lose what one wrote.
//!
//! The turns are those of one process. Calls of several servers do not wait for each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use krabice_contract::manifest::Subject;
use krabice_contract::{Value, compare};
use krabice_egress::Outlet;

use crate::call::CallInput;
use crate::locked::locked;

/// The turn of one connection and one subject. Who holds its lock is calling.
pub(crate) type Turn = Arc<tokio::sync::Mutex<()>>;

/// The turns that somebody holds or waits for.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// The turn of a call about a subject.
    pub(crate) fn of(
        &self,
        plugin: &str,
        outlet: Option<&Arc<Outlet>>,
        subject: &Subject,
        input: &CallInput,
    ) -> Turn {
        let connection = outlet.and_then(|outlet| outlet.connection());
        let value = input.parameters.get(&subject.parameter);
        let key = [
            plugin,
            connection.unwrap_or_default(),
            subject.kind.word(),
            &value.map(name_of).unwrap_or_default(),
        ]
        .join("\0");
        let mut turns = locked(&self.0);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let known = turns.get(&key).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let turn = Turn::default();
            turns.insert(key, Arc::downgrade(&turn));
            turn
        })
    }
}

/// The canonical name of a subject, so that two spellings of one order wait for each other.
fn name_of(value: &Value) -> String {
    let mut text = String::new();
    value.each_text(&mut |part| text.push_str(part));
    compare::canonical_email(&text)
        .or_else(|| compare::canonical_number(&text))
        .unwrap_or(text)
}
