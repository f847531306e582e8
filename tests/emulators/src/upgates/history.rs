//! `GET` and `POST /orders/{order_number}/history`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{bad_request, message, not_found};
use super::body::{self, Kind, Shape};
use super::query::Query;
use super::settings::NotFound;
use super::shop::Shop;
use super::{rules, time};
use crate::back_end::Call;
use crate::refusal::Refusal;

/// Upgates API v2, blueprint: Objednávky, Přidání záznamu do historie
/// objednávky: longer texts are cut.
const NAME_MAX: usize = 50;
const VALUE_MAX: usize = 500;

const BODY: Shape = &[(
    "data",
    Kind::Many(&[("name", Kind::Text), ("value", Kind::Text)]),
)];

/// The events of an order.
pub(super) fn list(shop: &Shop, number: &str, raw: Option<&str>) -> Result<Value, Refusal> {
    Query::read(raw, &[], &[])?;
    if shop.order(number).is_none() && shop.settings.not_found == NotFound::Status404 {
        return Err(not_found(
            &rules::NOT_FOUND,
            format!("Objednávka {number} neexistuje."),
        ));
    }
    let history = shop.history.get(number).cloned().unwrap_or_default();
    Ok(json!({ "number_of_items": history.len(), "history": history }))
}

/// Adds one event.
pub(super) fn add(shop: &mut Shop, number: &str, call: &Call) -> Result<Value, Refusal> {
    Query::read(call.query.as_deref(), &[], &[])?;
    let request = body::read(call)?;
    body::check(&request, BODY, "")?;
    let Some(Value::Array(data)) = request.get("data") else {
        return Err(bad_request(&rules::BODY_VALUE, "`data` is required"));
    };
    let kept = |item: &Value, key: &str, most: usize| {
        let text = item[key].as_str().ok_or_else(|| {
            bad_request(&rules::BODY_VALUE, format!("`data[].{key}` is required"))
        })?;
        Ok::<_, Refusal>(without_tags(text).chars().take(most).collect::<String>())
    };
    let kept = |item: &Value| {
        Ok(
            json!({ "name": kept(item, "name", NAME_MAX)?, "value": kept(item, "value", VALUE_MAX)? }),
        )
    };
    let data = data.iter().map(kept).collect::<Result<Vec<_>, Refusal>>()?;
    if shop.order(number).is_none() {
        if shop.settings.not_found == NotFound::Status404 {
            return Err(not_found(
                &rules::NOT_FOUND,
                format!("Objednávka {number} neexistuje."),
            ));
        }
        let text = format!("Objednávka {number} neexistuje.");
        return Ok(
            json!({ "updated": false, "messages": [message(Some("order"), Some("order_number"), &text)] }),
        );
    }
    let login = shop.settings.login.clone();
    record(
        shop,
        number,
        event("Záznam z API", &login, Vec::new(), data, call.at),
    );
    Ok(json!({ "updated": true, "messages": [] }))
}

/// An event that came through the API.
pub(super) fn event(
    name: &str,
    user: &str,
    changes: Vec<Value>,
    data: Vec<Value>,
    at: Timestamp,
) -> Value {
    json!({
        "event": name, "user_name": user, "changes": changes, "admin_yn": true, "origin": "api", "data": data,
        "creation_time": time::written(at),
    })
}

pub(super) fn record(shop: &mut Shop, number: &str, event: Value) {
    shop.history
        .entry(number.to_owned())
        .or_default()
        .push(event);
}

/// The text without tags: without `<`, `>` and the text between them.
fn without_tags(text: &str) -> String {
    let mut inside = false;
    let outside = |character: &char| {
        match character {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                return false;
            }
            _ => {}
        }
        !inside
    };
    text.chars().filter(outside).collect()
}
