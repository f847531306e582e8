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

/// Add to the staff's comments
///
/// True when the text stands at the end of the order's comments, on a line of its own; false when
/// there is no such order. What somebody writes in Base at the same moment may be lost: the API can
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
    let change = json!({ "order_id": asked.order.read()?, "admin_comments": comments });
    api::write(shop, "setOrderFields", &change)?;
    Ok(Outcome::True(StaffComments(comments)))
}
