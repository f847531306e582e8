//! Writing tickets: `PATCH /tickets/{id}` and `POST /tickets/{id}/close`.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::account::{Account, Sent};
use super::answer::{bad_field, not_found, refusal};
use super::query::Query;
use super::{rules, tickets};
use crate::back_end::Call;
use crate::refusal::Refusal;

/// The index of the ticket of a path.
pub(super) fn place(account: &Account, id: &str) -> Result<usize, Refusal> {
    account
        .place_of(id)
        .ok_or_else(|| not_found(&rules::NOT_FOUND, format!("there is no ticket `{id}`")))
}

/// Sets the state.
pub(super) fn change(account: &mut Account, id: &str, call: &Call) -> Result<Value, Refusal> {
    Query::none(call.query.as_deref())?;
    let place = place(account, id)?;
    let body = body(call)?;
    if let Some(key) = body.keys().find(|key| *key != "state") {
        let text = "This field cannot be changed here.";
        return Err(bad_field(&rules::UNKNOWN_KEY, key, text));
    }
    let state = body.get("state").and_then(Value::as_str);
    let Some(state) = state.filter(|state| is_uuid(state)) else {
        let text = "Must be a valid UUID.";
        return Err(bad_field(&rules::STATE_FORM, "state", text));
    };
    if account.states.iter().all(|known| known["id"] != state) {
        let text = format!("Invalid pk \"{state}\" - object does not exist.");
        return Err(bad_field(&rules::UNKNOWN_STATE, "state", text));
    }
    let kind = account.tickets[place]["type"].as_str().unwrap_or_default();
    let process = account.processes.get(kind);
    let own = process.is_none_or(|states| states.iter().any(|own| own == state));
    if !own && !account.settings.foreign_states {
        let text = "The state belongs to another process.";
        return Err(bad_field(&rules::FOREIGN_STATE, "state", text));
    }
    let at = written(call.at);
    if let Some(text) = account.automations.get(state) {
        let ticket = &account.tickets[place];
        let to = ticket["customer"]["email"].as_str().unwrap_or_default();
        account.emails.push(Sent {
            ticket: id.to_owned(),
            to: to.to_owned(),
            text: text.clone(),
            at: at.clone(),
        });
    }
    let ticket = &mut account.tickets[place];
    ticket["state"] = state.into();
    ticket["updated_at"] = at.into();
    Ok(tickets::shown(account, &account.tickets[place], true))
}

/// Closes a ticket. Its state does not change, and a closed ticket stays as it is.
/// Public client: it sets a final state first and then closes.
pub(super) fn close(account: &mut Account, id: &str, call: &Call) -> Result<Value, Refusal> {
    Query::none(call.query.as_deref())?;
    let place = place(account, id)?;
    let at = written(call.at);
    let ticket = &mut account.tickets[place];
    if ticket["closed_at"].is_null() {
        ticket["closed_at"] = at.as_str().into();
        ticket["updated_at"] = at.into();
    }
    Ok(tickets::shown(account, &account.tickets[place], true))
}

/// Reads the body, which is one JSON object.
fn body(call: &Call) -> Result<Map<String, Value>, Refusal> {
    let announced = call.header("content-type").unwrap_or_default();
    let kind = announced.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let detail = format!("Unsupported media type \"{announced}\" in request.");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(refusal(
            &rules::CONTENT_TYPE,
            status,
            &detail,
            detail.as_str(),
        ));
    }
    let refused = |message: String| {
        refusal(
            &rules::JSON_BODY,
            StatusCode::BAD_REQUEST,
            "JSON parse error.",
            message,
        )
    };
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(refused("the body is not a JSON object".to_owned())),
        Err(error) => Err(refused(format!("the body is not JSON: {error}"))),
    }
}

/// A moment as `2026-04-02T07:15:30.120Z`: in UTC, with milliseconds.
/// Webhooks: the samples.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// RFC 9562, section 4: groups of 8, 4, 4, 4 and 12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let hexadecimal = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::{is_uuid, written};

    #[test]
    fn moments_have_milliseconds_and_are_in_utc() {
        let at = "2026-04-02T09:15:30+02:00".parse().unwrap();
        assert_eq!(written(at), "2026-04-02T07:15:30.000Z");
    }

    #[test]
    fn a_uuid_has_its_groups() {
        assert!(is_uuid("0B6f7f55-8d1e-4f0a-9c39-5c1a6f0a0001"));
        for text in [
            "",
            "7",
            "0b6f7f558d1e4f0a9c395c1a6f0a0001",
            "0b6f7f55-8d1e-4f0a-9c39-5c1a6f0a000g",
        ] {
            assert!(!is_uuid(text), "{text}");
        }
    }
}
