//! Answers: refusals by status, packs, their items, and the details in them.

use http::StatusCode;

use super::records::Import;
use super::xml::{Tag, leaf, tag};
use crate::refusal::{Refusal, response};
use crate::rule::Rule;

/// A release of POHODA, as it names itself.
const PROGRAM: &str = "13901.5 SQL (1.3.2026)";

/// A refusal by status, without XML.
pub(super) fn refusal(
    rule: &'static Rule,
    status: StatusCode,
    message: impl Into<String>,
) -> Refusal {
    let message = message.into();
    let response = response(status, "text/plain; charset=utf-8", message.clone());
    Refusal::new(rule, message, response)
}

/// Status 400.
pub(super) fn bad_request(rule: &'static Rule, message: impl Into<String>) -> Refusal {
    refusal(rule, StatusCode::BAD_REQUEST, message)
}

/// A pack that is refused as a whole, with status 200.
#[derive(Debug)]
pub(super) struct RefusedPack {
    pub(super) rule: &'static Rule,
    /// The pack's id; empty if POHODA processed nothing of it.
    pub(super) id: String,
    pub(super) note: String,
    pub(super) message: String,
}

/// The outcome of an item.
pub(super) enum Outcome {
    /// Processed; the answer is this element.
    Done(Tag),
    /// Imported before. The flag says whether the record was deleted since.
    Duplicate(Import, bool),
    /// Refused with a note, or with an element that says more.
    Refused {
        rule: &'static Rule,
        message: String,
        content: Option<Tag>,
    },
}

/// A refused item without an element.
pub(super) fn refused(rule: &'static Rule, message: impl Into<String>) -> Outcome {
    Outcome::Refused {
        rule,
        message: message.into(),
        content: None,
    }
}

/// `response.xsd`, `responsePackType`.
pub(super) fn pack(id: &str, state: &str, ico: &str) -> Tag {
    tag("rsp:responsePack")
        .with("version", "2.0")
        .with("id", id)
        .with("state", state)
        .with("programVersion", PROGRAM)
        .with("ico", ico)
}

/// `response.xsd`, `responsePackItemType`.
pub(super) fn item(id: &str, state: &str) -> Tag {
    tag("rsp:responsePackItem")
        .with("version", "2.0")
        .with("id", id)
        .with("state", state)
}

/// `response.xsd`, `recordDuplicityType`; without an id if the record was deleted.
pub(super) fn duplicity(import: &Import, deleted: bool) -> Tag {
    let mut parts = vec![
        leaf("rsp:agendaType", &import.agenda),
        leaf("rsp:dateCreate", &import.date),
    ];
    if !deleted {
        parts.push(leaf("rsp:id", import.id));
        parts.push(leaf("rsp:number", &import.number));
    }
    tag("rsp:errorDetail").holding([tag("rsp:recordDuplicity").holding(parts)])
}

/// `documentresponse.xsd`, `documentResponseType`, of a record that was created or
/// deleted.
pub(super) fn produced(name: &str, id: i64, number: &str, action: &str, details: Vec<Tag>) -> Tag {
    let details = tag("rdc:importDetails").holding(details).filled();
    tag(name)
        .with("version", "2.0")
        .with("state", "ok")
        .holding(details)
        .holding([tag("rdc:producedDetails").holding([
            leaf("rdc:id", id),
            leaf("rdc:number", number),
            leaf("rdc:actionType", action),
        ])])
}

/// `documentresponse.xsd`, `documentResponseType`, of an import that failed.
pub(super) fn failed(name: &str, detail: Tag) -> Tag {
    tag(name)
        .with("version", "2.0")
        .with("state", "error")
        .holding([tag("rdc:importDetails").holding([detail])])
}

/// `documentresponse.xsd`, `detailType`.
pub(super) fn detail(state: &str, errno: i64, note: &str, path: &str) -> Tag {
    tag("rdc:detail").holding([
        leaf("rdc:state", state),
        leaf("rdc:errno", errno),
        leaf("rdc:note", note),
        leaf("rdc:XPath", path),
    ])
}
