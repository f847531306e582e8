//! Answers. HTTP status 200 says that POHODA answered, not that it did anything:
//! below it are four levels of `state`, and all of them are read here.
//!
//! | level | where | values |
//! |---|---|---|
//! | the pack | `rsp:responsePack/@state` | `ok`, `error` |
//! | each operation | `rsp:responsePackItem/@state` | `ok`, `error` |
//! | what it is answered with | `@state` of the element inside, such as `lst:listOrder` | `ok`, `error` |
//! | each detail | `rdc:importDetails/rdc:detail/rdc:state` | `ok`, `warning`, `error` |
//!
//! Notes are Czech or Slovak sentences. Nothing is decided by them, and they may
//! repeat what was sent, so that they go into no failure but one: a pack of which
//! POHODA took nothing holds nothing of a customer.

use krabice_plugin::{Failure, Response};

use crate::xml::Element;

/// The error number of insufficient rights (STORMWARE, "Podrobnosti zpracování").
const NO_RIGHTS: &str = "101";
/// How much of a note goes into a failure. Arbitrary: a few sentences.
const NOTE_MAX: usize = 300;

/// What became of an operation.
pub(crate) enum Item {
    /// It was carried out.
    Done(Reply),
    /// It was not: an import with the same ids was carried out before.
    Duplicate(Duplicate),
}

/// The answer to an operation that was carried out.
pub(crate) struct Reply {
    /// What it is answered with: `lst:listOrder`, `ord:orderResponse`, ….
    pub(crate) content: Element,
    /// What POHODA changed on its own, in its words.
    pub(crate) warnings: Vec<String>,
}

/// The record that an earlier import with the same ids made.
pub(crate) struct Duplicate {
    /// `None`: it was deleted since.
    pub(crate) id: Option<i64>,
    pub(crate) number: Option<String>,
}

/// A record that an import made.
pub(crate) struct Produced {
    pub(crate) id: i64,
    pub(crate) number: Option<String>,
}

/// Reads an answer whose operations had these ids.
///
/// # Errors
/// Whatever is no answer to all of them: the function cannot go on with a part.
pub(crate) fn read(response: &Response, ids: &[String]) -> Result<Vec<Item>, Failure> {
    let mut pack = document(response)?;
    if pack.name() != "rsp:responsePack" {
        return Err(response.unexpected("the answer is no response pack"));
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

/// Reads a document.
pub(crate) fn document(response: &Response) -> Result<Element, Failure> {
    Element::read(response.bytes())
        .map_err(|what| response.unexpected(&format!("the answer {}", what.0)))
}

/// A pack with an empty id is one of which POHODA took nothing. The recorded one
/// says that its user may not import XML, and the others that STORMWARE lists are
/// faults of the unit or of the login, too.
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

/// An operation that was not carried out: by its error number and place, without
/// POHODA's words.
fn refused(response: &Response, content: Option<&Element>) -> Failure {
    let details = content.and_then(|content| content.at(&["rdc:importDetails"]));
    let detail = details
        .into_iter()
        .flat_map(Element::children)
        .find(|detail| state_of(detail) == Some("error"));
    let errno = detail.and_then(|detail| detail.text_at(&["rdc:errno"]));
    // A number and a path of element names, unless it is something else.
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
    /// The list that a question is answered with.
    pub(crate) fn list(mut self, name: &str, item: &str) -> Result<Vec<Element>, Failure> {
        if self.content.name() != name {
            return Err(Failure::unexpected_answer(format!(
                "POST xml: the answer is no `{name}`"
            )));
        }
        let items = self.content.take_children();
        Ok(items.into_iter().filter(|it| it.name() == item).collect())
    }

    /// The record that an import made. Only the id proves that there is one.
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
                "POST xml: the answer names no record that was made",
            )),
        }
    }
}
