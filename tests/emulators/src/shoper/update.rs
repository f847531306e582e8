//! `PUT /orders/{order_id}`.

use http::StatusCode;
use serde_json::{Map, Value};

use super::answer::{bad_request, refusal};
use super::lists::{no_query, not_found};
use super::route::Area;
use super::settings::UpdateAnswer;
use super::shop::Shop;
use super::{rules, time};
use crate::back_end::Call;
use crate::refusal::Refusal;

/// Writable keys that are not emulated. shoper-sdk-php, the order's writable fields.
const NOT_EMULATED: &[&str] = &[
    "status_date",
    "paid",
    "email",
    "payment_id",
    "shipping_id",
    "shipping_cost",
    "delivery_address",
    "billing_address",
    "additional_fields",
    "pickup_point",
    "pickup_point_data",
    "confirm",
    "confirm_date",
    "date",
    "currency_id",
    "currency_rate",
    "lang_id",
    "origin",
    "user_id",
    "user_order",
    "code_id",
    "shipping_tax_id",
    "different_address",
    "use_shipping_address",
];

/// Changes one order.
pub(super) fn order(shop: &mut Shop, id: &str, call: &Call) -> Result<Value, Refusal> {
    no_query(call.query.as_deref())?;
    let changes = changes(call)?;
    if shop.row(Area::Orders, id).is_none() {
        return Err(not_found(shop));
    }
    if shop.settings.held_orders.iter().any(|held| held == id) {
        return Err(refusal(
            &rules::HELD,
            StatusCode::CONFLICT,
            "server_error",
            "Obiekt jest edytowany przez innego administratora",
        ));
    }
    if let Some(status) = changes.get("status_id").and_then(Value::as_str)
        && shop.row(Area::Statuses, status).is_none()
    {
        let message = format!("Pole status_id: nieprawidłowa wartość {status};");
        return Err(bad_request(&rules::UNKNOWN_STATUS, message));
    }
    let ignored = shop.settings.ignores_updates;
    let answer = shop.settings.update_answer;
    let order = shop.order_mut(id);
    if let Some(order) = order.filter(|_| !ignored) {
        for (key, value) in changes {
            if key == "status_id" && order[key.as_str()] != value {
                order["status_date"] = time::written(call.at).into();
            }
            order[key] = value;
        }
    }
    Ok(match answer {
        UpdateAnswer::One => 1.into(),
        UpdateAnswer::Object => shop.row(Area::Orders, id).cloned().unwrap_or_default(),
    })
}

/// The changes, with values as the order will have them.
fn changes(call: &Call) -> Result<Map<String, Value>, Refusal> {
    let announced = call.header("content-type").unwrap_or_default();
    let kind = announced.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let message = format!("the body is announced as `{announced}`");
        return Err(bad_request(&rules::CONTENT_TYPE, message));
    }
    let body: Map<String, Value> = serde_json::from_slice(&call.body).map_err(|error| {
        bad_request(
            &rules::JSON_BODY,
            format!("the body is no JSON object: {error}"),
        )
    })?;
    body.into_iter()
        .map(|(key, value)| {
            let value = written(&key, &value)?;
            Ok((key, value))
        })
        .collect()
}

/// A value as the API will show it: numbers as texts.
fn written(key: &str, value: &Value) -> Result<Value, Refusal> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let wrong = |expected: &str| {
        let message = format!("`{key}` cannot be `{value}`: expected {expected}");
        Err(bad_request(&rules::BODY_VALUE, message))
    };
    match (key, value) {
        ("status_id", Value::Number(number)) if number.is_u64() => Ok(number.to_string().into()),
        ("status_id", Value::String(text)) if digits(text) => Ok(value.clone()),
        ("status_id", _) => wrong("a whole number"),
        ("notes" | "notes_priv" | "notes_pub", Value::String(_)) => Ok(value.clone()),
        ("notes" | "notes_priv" | "notes_pub", _) => wrong("a text"),
        _ if NOT_EMULATED.contains(&key) => Err(refusal(
            &rules::NOT_EMULATED,
            StatusCode::NOT_IMPLEMENTED,
            "server_error",
            format!("changing `{key}` is not emulated"),
        )),
        _ => Err(bad_request(
            &rules::UNKNOWN_KEY,
            format!("an order has no writable `{key}`"),
        )),
    }
}
