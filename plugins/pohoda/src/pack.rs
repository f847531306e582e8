//! Requests: each is one document, a pack of operations.

use krabice_plugin::{Failure, Request};

use crate::Unit;
use crate::answer::{self, Item, Reply};
use crate::xml::{Node, node};

/// The most characters of the ids of packs and their items, and of a call's key.
pub(crate) const ID_MAX: usize = 64;

/// Sends questions. The answers are in their order.
pub(crate) fn ask(unit: &Unit, questions: Vec<Node>) -> Result<Vec<Reply>, Failure> {
    send(unit, questions, Request::reads)
}

/// Sends one question.
pub(crate) fn ask_one(unit: &Unit, question: Node) -> Result<Reply, Failure> {
    only(ask(unit, vec![question])?)
}

/// Prints, which makes a file or sends an e-mail.
pub(crate) fn print(unit: &Unit, printing: Node) -> Result<Reply, Failure> {
    only(send(unit, vec![printing], |request| request)?)
}

/// Sends operations that import nothing.
fn send<'a>(
    unit: &'a Unit,
    operations: Vec<Node>,
    mark: impl FnOnce(Request<'a>) -> Request<'a>,
) -> Result<Vec<Reply>, Failure> {
    let ids: Vec<String> = (1..=operations.len()).map(|id| id.to_string()).collect();
    let pack = pack(unit, pack_id(unit), ids.iter().cloned().zip(operations));
    let response = mark(post(unit, pack)).send()?;
    let items = answer::read(&response, &ids)?;
    let replies = items.into_iter().map(|item| match item {
        Item::Done(reply) => Ok(reply),
        Item::Duplicate(_) => Err(response.unexpected("a question was taken for an import")),
    });
    replies.collect()
}

fn only(replies: Vec<Reply>) -> Result<Reply, Failure> {
    replies
        .into_iter()
        .next()
        .ok_or_else(|| Failure::unexpected_answer("POST xml: no answer to the operation"))
}

/// Imports a document. POHODA compares the two ids with those of earlier imports and takes a pair
/// once, so that a repeated import changes nothing more.
pub(crate) fn import(
    unit: &Unit,
    business: &'static str,
    id: &str,
    document: Node,
) -> Result<Item, Failure> {
    let ids = [id.to_owned()];
    let pack = pack(unit, business.to_owned(), [(id.to_owned(), document)]);
    let request = post(unit, pack).header("STW-Check-Duplicity", "true");
    let response = request.send()?;
    answer::read(&response, &ids)?
        .into_iter()
        .next()
        .ok_or_else(|| response.unexpected("no answer to the import"))
}

/// The id of a pack without an import, which only POHODA's log uses.
fn pack_id(unit: &Unit) -> String {
    match unit.key() {
        "" => "krabice".to_owned(),
        key => key.chars().take(ID_MAX).collect(),
    }
}

fn pack(unit: &Unit, id: String, operations: impl IntoIterator<Item = (String, Node)>) -> Node {
    let items = operations.into_iter().map(|(id, operation)| {
        node("dat:dataPackItem")
            .with("version", "2.0")
            .with("id", id)
            .holding([operation])
    });
    node("dat:dataPack")
        .with("version", "2.0")
        .with("id", id)
        .with("ico", unit.settings().ico.trim())
        .with("application", "Krabice")
        .with("note", "Krabice")
        .holding(items)
}

fn post(unit: &Unit, pack: Node) -> Request<'_> {
    unit.post("xml")
        .header("STW-Application", "Krabice")
        .body("text/xml", pack.document())
}
