//! Lists, and single objects of lists.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::answer::{bad_request, document, refusal};
use super::query::{Columns, Kind, Query};
use super::route::Area;
use super::rules;
use super::shop::Shop;
use crate::refusal::Refusal;

/// The columns of orders by which independent clients filter.
const ORDERS: Columns = &[
    ("order_id", Kind::Number),
    ("user_id", Kind::Number),
    ("date", Kind::Date),
    ("status_date", Kind::Date),
    ("confirm_date", Kind::Date),
    ("status_id", Kind::Number),
    ("payment_id", Kind::Number),
    ("shipping_id", Kind::Number),
    ("sum", Kind::Number),
    ("paid", Kind::Number),
    ("email", Kind::Text),
    ("currency_id", Kind::Number),
    ("confirm", Kind::Number),
];

/// The columns by which recorded requests and independent clients filter each list.
fn columns(area: Area) -> Columns {
    match area {
        Area::Orders => ORDERS,
        Area::OrderProducts => &[("id", Kind::Number), ("order_id", Kind::Number)],
        Area::Parcels => &[("parcel_id", Kind::Number), ("order_id", Kind::Number)],
        Area::Users => &[("user_id", Kind::Number), ("email", Kind::Text)],
        Area::Statuses
        | Area::Shippings
        | Area::Payments
        | Area::Currencies
        | Area::ApplicationConfig => &[],
    }
}

/// A page of a list in its envelope, where the count is a text and pages are numbers.
/// Recorded.
pub(super) fn list(shop: &Shop, area: Area, raw: Option<&str>) -> Result<Response<Bytes>, Refusal> {
    let query = Query::read(raw, columns(area))?;
    let mut rows: Vec<&Value> = shop
        .rows(area)
        .iter()
        .filter(|row| query.passes(row, &shop.settings))
        .collect();
    rows.sort_by(|one, other| query.compare(one, other));
    let (count, pages) = (rows.len(), rows.len().div_ceil(query.limit));
    let on_page: Vec<&Value> = rows
        .into_iter()
        .skip(query.limit.saturating_mul(query.page - 1))
        .take(query.limit)
        .collect();
    // Recorded: after the last page the list is empty and the page is 1.
    let page = if query.page > pages { 1 } else { query.page };
    let body = json!({ "count": count.to_string(), "pages": pages, "page": page, "list": on_page });
    let mut response = document(StatusCode::OK, &body);
    for (name, value) in [
        ("x-shop-result-count", count),
        ("x-shop-result-pages", pages),
        ("x-shop-result-page", page),
    ] {
        let name = HeaderName::from_static(name);
        response
            .headers_mut()
            .insert(name, HeaderValue::from(value));
    }
    Ok(response)
}

/// One object, without an envelope. Recorded.
pub(super) fn one(shop: &Shop, area: Area, id: &str, raw: Option<&str>) -> Result<Value, Refusal> {
    no_query(raw)?;
    shop.row(area, id).cloned().ok_or_else(|| not_found(shop))
}

/// Refuses a query for an endpoint without parameters.
pub(super) fn no_query(raw: Option<&str>) -> Result<(), Refusal> {
    match raw.filter(|raw| !raw.is_empty()) {
        None => Ok(()),
        Some(raw) => {
            let message = format!("unknown query `{raw}`");
            Err(bad_request(&rules::UNKNOWN_PARAMETER, message))
        }
    }
}

pub(super) fn not_found(shop: &Shop) -> Refusal {
    refusal(
        &rules::NOT_FOUND,
        StatusCode::NOT_FOUND,
        shop.settings.not_found_word.code(),
        "Obiekt nie istnieje",
    )
}
