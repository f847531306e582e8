//! Answers. HTTP status 200 means that POHODA answered, not that it did anything. An answer has four
//! levels of `state`, and all of them are read here.
//!
//! | level | place | values |
//! |---|---|---|
//! | the pack | `rsp:responsePack/@state` | `ok`, `error` |
//! | each operation | `rsp:responsePackItem/@state` | `ok`, `error` |
//! | the content of its answer | `@state` of the element inside, such as `lst:listOrder` | `ok`, `error` |
//! | each detail | `rdc:importDetails/rdc:detail/rdc:state` | `ok`, `warning`, `error` |
//!
//! Notes are Czech or Slovak sentences. Nothing is decided by them. They may repeat what was sent,
//! so that they are left out of failures, except the note of a pack that POHODA refused as a whole,
//! which holds nothing of a customer.

use krabice_plugin::{Failure, Response};

use crate::xml::Element;

/// The error number of insufficient rights (STORMWARE, "Podrobnosti zpracování").
const NO_RIGHTS: &str = "101";
/// The most characters of a note in a failure. Arbitrary: a few sentences.
const NOTE_MAX: usize = 300;

/// The result of an operation.
pub(crate) enum Item {
    /// It was carried out.
    Done(Reply),
    /// It was not carried out, because an import with the same ids was carried out before.
    Duplicate(Duplicate),
}

/// The answer to an operation that was carried out.
pub(crate) struct Reply {
    /// The element inside, such as `lst:listOrder` or `ord:orderResponse`.
    pub(crate) content: Element,
    /// POHODA's notes on what it changed on its own.
    pub(crate) warnings: Vec<String>,
}

/// The record that an earlier import with the same ids made.
pub(crate) struct Duplicate {
    /// `None` for a record that was deleted since.
    pub(crate) id: Option<i64>,
    pub(crate) number: Option<String>,
}

/// A record that an import made.
pub(crate) struct Produced {
    pub(crate) id: i64,
    pub(crate) number: Option<String>,
}

/// Reads the answer to the operations with these ids.
///
/// # Errors
/// One of them was not answered, or was not carried out: the function cannot go on with a part.
pub(crate) fn read(response: &Response, ids: &[String]) -> Result<Vec<Item>, Failure> {
    let mut pack = document(response)?;
    if pack.name() != "rsp:responsePack" {
        return Err(response.unexpected("the answer is not a response pack"));
    }
    match pack.attribute("state") {
        Some("ok") => {}
        Some("error") => return Err(refused_pack(response, &pack)),
        _ => return Err(response.unexpected("the pack's state is neither `ok` nor `error`")),
    }
    let mut items = pack.take_children();
    let read_one = |id: &String| {
        let place = items.iter().position(|item| {
            item.name() == "rsp:responsePackItem" && item.attribute("id") == Some(id)
        });
        match place {
            Some(place) => read_item(response, items.swap_remove(place)),
            None => Err(response.unexpected("an operation was not answered")),
        }
    };
    ids.iter().map(read_one).collect()
}

/// Reads the XML of an answer.
pub(crate) fn document(response: &Response) -> Result<Element, Failure> {
    Element::read(response.bytes())
        .map_err(|what| response.unexpected(&format!("the answer {}", what.0)))
}

/// The failure for a refused pack. An empty id means that POHODA took nothing of the pack: in the
/// recorded answer the user had no right to import XML, and the other reasons that STORMWARE lists
/// are faults of the unit or of the login, too.
fn refused_pack(response: &Response, pack: &Element) -> Failure {
    if !pack.attribute("id").unwrap_or_default().is_empty() {
        return response.unexpected("POHODA refused the whole pack");
    }
    let note: String = pack
        .attribute("note")
        .unwrap_or_default()
        .chars()
        .take(NOTE_MAX)
        .collect();
    Failure::unauthorised(format!("POHODA took nothing of the pack: {note}"))
}

fn read_item(response: &Response, mut item: Element) -> Result<Item, Failure> {
    let state = item.attribute("state").map(str::to_owned);
    if let Some(record) = item.at(&["rsp:errorDetail", "rsp:recordDuplicity"]) {
        return Ok(Item::Duplicate(Duplicate {
            id: record.text_at(&["rsp:id"]).and_then(|id| id.parse().ok()),
            number: record.text_at(&["rsp:number"]).map(str::to_owned),
        }));
    }
    let mut contents = item.take_children();
    let content = contents.pop();
    if state.as_deref() != Some("ok") {
        return Err(refused(response, content.as_ref()));
    }
    let Some(content) = content.filter(|_| contents.is_empty()) else {
        return Err(response.unexpected("an operation was answered with nothing"));
    };
    let details = || {
        content
            .at(&["rdc:importDetails"])
            .into_iter()
            .flat_map(Element::children)
    };
    let wrong = details().any(|detail| state_of(detail) == Some("error"));
    if content.attribute("state") != Some("ok") || wrong {
        return Err(refused(response, Some(&content)));
    }
    let warnings = details()
        .filter(|detail| state_of(detail) == Some("warning"))
        .map(|detail| detail.text_at(&["rdc:note"]).unwrap_or_default().to_owned())
        .collect();
    Ok(Item::Done(Reply { content, warnings }))
}

fn state_of(detail: &Element) -> Option<&str> {
    detail.text_at(&["rdc:state"])
}

/// The failure for an operation that was not carried out, with its error number and place, but
/// without POHODA's note.
fn refused(response: &Response, content: Option<&Element>) -> Failure {
    let details = content.and_then(|content| content.at(&["rdc:importDetails"]));
    let detail = details
        .into_iter()
        .flat_map(Element::children)
        .find(|detail| state_of(detail) == Some("error"));
    let errno = detail.and_then(|detail| detail.text_at(&["rdc:errno"]));
    // Only a number and a path of element names go into the failure.
    let number = errno.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let place = detail
        .and_then(|detail| detail.text_at(&["rdc:XPath"]))
        .filter(|path| {
            path.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/:_".contains(&byte))
        });
    let mut what = "POHODA did not carry the operation out".to_owned();
    if let Some(number) = number {
        what += &format!(", error {number}");
    }
    if let Some(place) = place {
        what += &format!(" at {place}");
    }
    if number == Some(NO_RIGHTS) {
        Failure::unauthorised(what)
    } else {
        response.unexpected(&what)
    }
}

impl Reply {
    /// The items of the list that answers a question.
    pub(crate) fn list(mut self, name: &str, item: &str) -> Result<Vec<Element>, Failure> {
        if self.content.name() != name {
            return Err(Failure::unexpected_answer(format!(
                "POST xml: the answer is not `{name}`"
            )));
        }
        let items = self.content.take_children();
        Ok(items.into_iter().filter(|it| it.name() == item).collect())
    }

    /// The record that an import made. Only its id proves that it was made.
    pub(crate) fn produced(&self) -> Result<Produced, Failure> {
        let details = ["rdc:producedDetails", "rdc:id"];
        let id = self
            .content
            .text_at(&details)
            .and_then(|id| id.parse().ok());
        let number = self.content.text_at(&["rdc:producedDetails", "rdc:number"]);
        match id {
            Some(id) => Ok(Produced {
                id,
                number: number.map(str::to_owned),
            }),
            None => Err(Failure::unexpected_answer(
                "POST xml: the answer does not name the record that was made",
            )),
        }
    }
}
