//! Answers: packs, items, and the details inside.

use http::StatusCode;

use super::records::Import;
use super::xml::{Tag, leaf, tag};
use crate::rule::Rule;

/// A release of POHODA, as it names itself.
const PROGRAM: &str = "13901.5 SQL (1.3.2026)";

/// A request that is answered by a status alone.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) rule: &'static Rule,
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(rule: &'static Rule, status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            rule,
            status,
            message: message.into(),
        }
    }

    pub(super) fn bad(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self::new(rule, StatusCode::BAD_REQUEST, message)
    }
}

/// A pack that is refused as a whole, with status 200.
#[derive(Debug)]
pub(super) struct RefusedPack {
    pub(super) rule: &'static Rule,
    /// The pack's id; empty where POHODA took nothing of it.
    pub(super) id: String,
    pub(super) note: String,
    pub(super) message: String,
}

/// What became of an item.
pub(super) enum Outcome {
    /// It is answered with this element.
    Done(Tag),
    /// It was imported before.
    Duplicate(Import, bool),
    /// It is refused, with a note; the element says more where there is one.
    Refused {
        rule: &'static Rule,
        message: String,
        content: Option<Tag>,
    },
}

/// A refused item.
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

/// `response.xsd`, `recordDuplicityType`; without an id where the record is gone.
pub(super) fn duplicity(import: &Import, gone: bool) -> Tag {
    let mut parts = vec![
        leaf("rsp:agendaType", &import.agenda),
        leaf("rsp:dateCreate", &import.date),
    ];
    if !gone {
        parts.push(leaf("rsp:id", import.id));
        parts.push(leaf("rsp:number", &import.number));
    }
    tag("rsp:errorDetail").holding([tag("rsp:recordDuplicity").holding(parts)])
}

/// `documentresponse.xsd`, `documentResponseType`, of a record that was made or
/// removed.
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

/// The same of an import that failed.
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
