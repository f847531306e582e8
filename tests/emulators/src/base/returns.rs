//! Returns.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::account::{Account, number, place};
use super::orders::{Carried, PAGE, carrying, shown, unknown};
use super::refusal::Refusal;
use super::request::Request;

/// `getOrderReturns`.
pub(super) fn list(account: &Account, request: &Request) -> Carried {
    let is = |name: &str, item: &Value, key: &str| {
        request
            .int(name)
            .is_none_or(|wanted| number(&item[key]) == Some(wanted))
    };
    let from = |name: &str, item: &Value, key: &str| {
        request
            .int(name)
            .is_none_or(|from| number(&item[key]).unwrap_or_default() >= from)
    };
    let fits = |item: &&Value| {
        let source = request
            .text("filter_order_return_source")
            .is_none_or(|wanted| item["order_return_source"] == wanted);
        is("order_id", item, "order_id")
            && is("return_id", item, "return_id")
            && is("status_id", item, "status_id")
            && is(
                "filter_order_return_source_id",
                item,
                "order_return_source_id",
            )
            && from("date_from", item, "date_add")
            && from("id_from", item, "return_id")
            && source
    };
    let mut returns: Vec<&Value> = account.returns.iter().filter(fits).collect();
    returns.sort_by_key(|item| number(&item["return_id"]));
    let returns = returns.into_iter().take(PAGE);
    carrying(
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
) -> Result<Carried, Refusal> {
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
