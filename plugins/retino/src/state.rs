//! States of cases: `change-case-state` and its choices.

use krabice_plugin::{Choice, Failure, LiveChoice, Outcome, Params, function, language};
use serde_json::Value;

use crate::{Desk, api, mapping, names};

#[derive(Params)]
pub(crate) struct CaseAndState {
    /// Case ID
    ///
    /// The field `id` of a case, not the number that people see.
    case: String,
    /// New state
    ///
    /// A state of the account. Each type of case has its own.
    state: LiveChoice,
}

/// Change the state of a case
///
/// True when the state was changed; false when there is no such case, or it cannot take this state.
/// What the account automates for the state happens, e-mails to the customer among it. The case is
/// neither closed nor opened.
#[function(
    // Not idempotent: whether setting the same state again starts the account's
    // automations again, e-mails to the customer among them, is not documented.
    writes,
    choices(state = states),
    purposes(change_status),
    subject(claim = case),
)]
pub(crate) fn change_case_state(desk: &Desk, asked: CaseAndState) -> Result<Outcome, Failure> {
    let case = id(&asked.case, "case")?;
    let state = id(asked.state.as_str(), "state")?;
    let response = desk
        .patch("tickets/{case}")
        .segment("case", case)
        .json(&mapping::change_of_state(state))
        .allow(400)
        .allow(404)
        .send()?;
    match response.status() {
        // The case, if it exists, cannot have this state. A page of a proxy does not say that.
        400 if response.json::<Value>().is_ok_and(|it| it.is_object()) => {
            return Ok(Outcome::False);
        }
        400 => return Err(response.unexpected("answered 400, but the answer is not from the API")),
        // There is no such case, or the address is wrong. Another answer of the API proves that the
        // address is right.
        404 => return api::count_of_states(desk).map(|_| Outcome::False),
        204 => return Ok(Outcome::True(())),
        _ => {}
    }
    let answer: Value = response.json()?;
    if !answer.is_object() {
        return Err(response.unexpected("the answer is not an object"));
    }
    if mapping::is_in_another_state(&answer, state) {
        return Err(response.unexpected("the case is in another state than the one asked for"));
    }
    Ok(Outcome::True(()))
}

/// Checks an ID from a scenario, before it becomes part of a path or of a request.
fn id<'a>(given: &'a str, name: &'static str) -> Result<&'a str, Failure> {
    let id = given.trim();
    if id.is_empty() {
        return Err(Failure::invalid_parameter(name, "is empty"));
    }
    let not_allowed =
        |letter: char| letter.is_whitespace() || letter.is_control() || "/?#%\\".contains(letter);
    if id.contains(not_allowed) {
        return Err(Failure::invalid_parameter(name, "is not an id"));
    }
    Ok(id)
}

/// The choices of `state`: IDs as values, names in all languages of the account.
fn states(desk: &Desk) -> Result<Vec<Choice>, Failure> {
    let choice = |state: names::Named| {
        let mut label = language::labels(state.names.iter().map(|(of, name)| (of, name.as_str())));
        if label.is_empty() {
            // A name without a language, or no name.
            let mut names = state.names.into_iter().map(|(_, name)| name);
            let name = names.find(|name| !name.trim().is_empty());
            label.push(("en".to_owned(), name.unwrap_or_else(|| state.id.clone())));
        }
        Choice::new(state.id, label)
    };
    Ok(names::states(desk)?.into_iter().map(choice).collect())
}
