//! The staff's comments on an order: `append-note`.

use krabice_plugin::{Answer, Failure, Outcome, Params, function};
use serde_json::json;

use crate::order::OrderId;
use crate::{Shop, api};

#[derive(Params)]
pub(crate) struct OrderAndText {
    #[param(flatten)]
    order: OrderId,
    /// Text
    ///
    /// What the staff is to read. The customer does not see it.
    #[param(personal)]
    text: String,
}

/// Staff's comments
///
/// All of them, with the text at the end. They are not meant for the customer.
#[derive(Answer)]
#[answer(personal)]
pub(crate) struct StaffComments(String);

/// The most characters of the comments (api.base.com, getOrders and setOrderFields). Whether Base cuts
/// or refuses more is not documented.
const LONGEST: usize = 200;

/// Add to the staff's comments
///
/// True when a second read shows the text at the end of the order's comments, on a line of its own;
/// false when there is no such order. Comments have at most 200 characters: a text that does not fit
/// is a failure, and nothing is written. What somebody writes in Base at the same moment may be lost: the API can
/// only replace all comments.
#[function(writes, purposes(append_note), subject(order = order), exclusive)]
pub(crate) fn append_note(
    shop: &Shop,
    asked: OrderAndText,
) -> Result<Outcome<StaffComments>, Failure> {
    if asked.text.trim().is_empty() {
        return Err(Failure::invalid_parameter("text", "is empty"));
    }
    let Some(order) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    // Comments that the answer does not contain would be lost.
    let comments = match order.admin_comments.known("admin_comments")? {
        Some(comments) => format!("{comments}\n{}", asked.text),
        None => asked.text,
    };
    if comments.chars().count() > LONGEST {
        return Err(Failure::invalid_parameter(
            "text",
            "does not fit into the order's comments, which have at most 200 characters",
        ));
    }
    let change = json!({ "order_id": asked.order.read()?, "admin_comments": comments });
    api::write(shop, "setOrderFields", &change)?;
    let written = asked.order.find(shop)?;
    let written = written.map(|order| order.admin_comments.text());
    // White space may be written in another way.
    let words = |text: &str| text.split_whitespace().collect::<String>();
    if written.is_none_or(|written| words(&written) != words(&comments)) {
        return Err(Failure::unexpected_answer(
            "setOrderFields: a second read does not show the comments",
        ));
    }
    Ok(Outcome::True(StaffComments(comments)))
}
