//! Returns.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::account::{Account, number, place};
use super::orders::{Content, PAGE, content_of, shown, unknown};
use super::request::Request;
use crate::refusal::Refusal;

/// `getOrderReturns`.
pub(super) fn list(account: &Account, request: &Request) -> Content {
    let fits = |item: &&Value| {
        let source = request
            .text("filter_order_return_source")
            .is_none_or(|wanted| item["order_return_source"] == wanted);
        let source_id = "filter_order_return_source_id";
        request.equals("order_id", item, "order_id")
            && request.equals("return_id", item, "return_id")
            && request.equals("status_id", item, "status_id")
            && request.equals(source_id, item, "order_return_source_id")
            && request.at_least("date_from", item, "date_add")
            && request.at_least("id_from", item, "return_id")
            && source
    };
    let mut returns: Vec<&Value> = account.returns.iter().filter(fits).collect();
    returns.sort_by_key(|item| number(&item["return_id"]));
    let returns = returns.into_iter().take(PAGE);
    content_of(
        "returns",
        returns.map(|item| shown(item, request)).collect(),
    )
}

/// `setOrderReturnStatus`. The status is a text, as the page of `getOrderReturns`
/// shows it.
pub(super) fn set_status(
    account: &mut Account,
    request: &Request,
    now: Timestamp,
) -> Result<Content, Refusal> {
    let id = |name| request.int(name).unwrap_or_default();
    let status = id("status_id");
    if place(&account.return_statuses, "id", status).is_none() {
        return unknown(account, "ERROR_STATUS_NOT_FOUND", "Unknown status");
    }
    let Some(at) = place(&account.returns, "return_id", id("return_id")) else {
        return unknown(account, "ERROR_RETURN_NOT_FOUND", "Unknown return");
    };
    if !account.settings.changes_get_lost {
        account.returns[at]["status_id"] = status.to_string().into();
        account.returns[at]["date_in_status"] = now.as_second().into();
    }
    Ok(Map::new())
}
