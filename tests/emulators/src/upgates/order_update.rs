//! `PUT /orders`: up to 100 orders, each answered separately.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::{bad_request, message, refusal};
use super::body::{self, Kind, Shape};
use super::shop::{Sent, Shop};
use super::{history, order_items, rules, time};
use crate::back_end::Call;
use crate::refusal::Refusal;

/// Upgates API v2, blueprint: Rate Limiting, Omezení velikosti požadavku.
const ITEMS_MAX: usize = 100;
/// Upgates API v2, blueprint: Objednávky, Aktualizace objednávek.
const VARIABLE_SYMBOL_MAX: usize = 10;

/// Upgates API v2, blueprint: Objednávky, Aktualizace objednávek.
const BODY: Shape = &[
    ("send_emails_yn", Kind::Bool),
    ("send_sms_yn", Kind::Bool),
    ("delete_missing_products_yn", Kind::Bool),
    ("orders", Kind::Many(ORDER)),
];

const ORDER: Shape = &[
    ("order_number", Kind::Text),
    ("external_order_number", Kind::Text),
    ("status", Kind::Text),
    ("status_id", Kind::Int),
    ("paid_date", Kind::Date),
    ("tracking_code", Kind::Text),
    ("resolved_yn", Kind::Bool),
    ("internal_note", Kind::Text),
    ("statistics_yn", Kind::Bool),
    ("variable_symbol", Kind::Int),
    (
        "dimensions",
        Kind::Object(&[
            ("width", Kind::Int),
            ("length", Kind::Int),
            ("height", Kind::Int),
        ]),
    ),
    ("customer", Kind::Object(CUSTOMER)),
    ("products", Kind::Many(order_items::PRODUCT)),
    ("quantity_discount", Kind::NotEmulated),
    ("shipment", Kind::Object(order_items::SERVICE)),
    ("payment", Kind::Object(order_items::SERVICE)),
    ("metas", Kind::NotEmulated),
    ("invoice", Kind::NotEmulated),
    ("receipt", Kind::NotEmulated),
    ("credit_note", Kind::NotEmulated),
];

const CUSTOMER: Shape = &[
    ("email", Kind::Text),
    ("phone", Kind::Text),
    ("firstname_invoice", Kind::Text),
    ("surname_invoice", Kind::Text),
    ("street_invoice", Kind::Text),
    ("city_invoice", Kind::Text),
    ("state_invoice", Kind::Text),
    ("zip_invoice", Kind::Text),
    ("country_id_invoice", Kind::Text),
    ("postal_yn", Kind::Bool),
    ("company_postal", Kind::Text),
    ("firstname_postal", Kind::Text),
    ("surname_postal", Kind::Text),
    ("street_postal", Kind::Text),
    ("city_postal", Kind::Text),
    ("state_postal", Kind::Text),
    ("zip_postal", Kind::Text),
    ("country_id_postal", Kind::Text),
    ("company_yn", Kind::Bool),
    ("company", Kind::Text),
    ("ico", Kind::Text),
    ("dic", Kind::Text),
    ("vat_payer_yn", Kind::Bool),
    ("pricelist_name", Kind::Text),
    ("pricelist_percent", Kind::Int),
    ("customer_note", Kind::Text),
];

/// Which messages a change of status sends, and whether products that the request
/// leaves out are deleted.
#[derive(Clone, Copy)]
struct Flags {
    emails: bool,
    sms: bool,
    delete_missing: bool,
}

/// Updates orders and returns a flag for each.
pub(super) fn update(shop: &mut Shop, call: &Call) -> Result<Value, Refusal> {
    let request = body::read(call)?;
    let items = match request.get("orders") {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    };
    if items.len() > ITEMS_MAX {
        let message = format!("{} items: at most {ITEMS_MAX}", items.len());
        return Err(refusal(
            &rules::TOO_MANY_ITEMS,
            StatusCode::PAYLOAD_TOO_LARGE,
            message,
        ));
    }
    body::check(&request, BODY, "")?;
    for (index, item) in items.iter().enumerate() {
        check_item(item, index)?;
    }
    // By default messages are sent and products stay.
    let given = |name: &str, default| request.get(name).and_then(body::flag).unwrap_or(default);
    let send = Flags {
        emails: given("send_emails_yn", true),
        sms: given("send_sms_yn", true),
        delete_missing: given("delete_missing_products_yn", false),
    };
    let answers = items
        .iter()
        .filter_map(Value::as_object)
        .map(|item| update_one(shop, item, send, call.at));
    Ok(json!({ "orders": answers.collect::<Vec<_>>() }))
}

/// Checks what [`BODY`] cannot express.
fn check_item(item: &Value, index: usize) -> Result<(), Refusal> {
    let refuse = |text: &str| {
        Err(bad_request(
            &rules::BODY_VALUE,
            format!("`orders[{index}].{text}"),
        ))
    };
    if item["order_number"].as_str().is_none_or(str::is_empty) {
        return refuse("order_number` is required");
    }
    if let Some(path) = order_items::missing(item) {
        return refuse(&format!("{path}` is required"));
    }
    let symbol = item.get("variable_symbol").and_then(body::int);
    if symbol.is_some_and(|symbol| symbol < 0 || symbol.to_string().len() > VARIABLE_SYMBOL_MAX) {
        return refuse("variable_symbol` has at most 10 digits");
    }
    Ok(())
}

/// Updates one order as a whole, or not at all. That an item that cannot be
/// processed gets status 200, `updated_yn` false and a message is an inference
/// from the documented answer.
fn update_one(shop: &mut Shop, item: &Map<String, Value>, send: Flags, now: Timestamp) -> Value {
    let number = item["order_number"].as_str().unwrap_or_default();
    let answer = |url: Value, messages: Vec<Value>| json!({ "order_number": number, "order_url": url, "updated_yn": messages.is_empty(), "messages": messages });
    let Some(place) = shop
        .orders
        .iter()
        .position(|order| order["order_number"] == number)
    else {
        let text = format!("Objednávka {number} neexistuje.");
        return answer(
            Value::Null,
            vec![message(Some("order"), Some("order_number"), &text)],
        );
    };
    let url = shop.orders[place]["admin_url"].clone();
    let status = match wanted_status(shop, item) {
        Ok(status) => status.cloned(),
        Err(refused) => return answer(url, vec![refused]),
    };

    let mut order = shop.orders[place].clone();
    if let Err(refused) = order_items::apply(shop, &mut order, item, send.delete_missing) {
        return answer(url, vec![refused]);
    }
    let mut changes = Vec::new();
    for (key, value) in item {
        let value = match key.as_str() {
            "order_number" | "status" | "status_id" | "products" | "shipment" | "payment" => {
                continue;
            }
            // Older help page "Dokumentace API - Objednávky": an empty date
            // marks the order unpaid.
            "paid_date" => moment(value),
            "resolved_yn" | "statistics_yn" => body::flag(value).into(),
            // A number in requests, a text in answers.
            "variable_symbol" => body::int(value).map(|symbol| symbol.to_string()).into(),
            "customer" => {
                merge_customer(&mut order["customer"], value);
                continue;
            }
            "dimensions" => {
                for (side, length) in value.as_object().into_iter().flatten() {
                    order["dimensions"][side] = body::int(length).into();
                }
                continue;
            }
            // `internal_note` replaces the whole note.
            _ => value.clone(),
        };
        if order[key] != value {
            changes.push(json!({ "name": key, "before": order[key], "after": value }));
            order[key] = value;
        }
    }
    if let Some(status) = status.filter(|status| status["id"] != order["status_id"]) {
        let name = status_name(&status, order["language_id"].as_str().unwrap_or_default());
        changes.push(json!({ "name": "status", "before": order["status"], "after": name }));
        order["status_id"] = status["id"].clone();
        order["status"] = name;
        // Upgates API v2, blueprint: Stavy objednávky, mark_paid_yn and
        // mark_resolved_yn.
        if status["mark_paid_yn"] == true && order["paid_date"].is_null() {
            order["paid_date"] = time::written(now).into();
        }
        if status["mark_resolved_yn"] == true {
            order["resolved_yn"] = true.into();
        }
        // A change of status sends a message. What happens if the order has that
        // status already is not documented; here it is no change.
        notify(shop, &order, &status, send, now);
    }
    order["last_update_time"] = time::written(now).into();
    shop.orders[place] = order;
    let login = shop.settings.login.clone();
    history::record(
        shop,
        number,
        history::event("Aktualizace objednávky", &login, changes, Vec::new(), now),
    );
    answer(url, Vec::new())
}

/// The status that an item names, by its id or by its name in any language of
/// the shop. It must exist in the shop.
/// Upgates API v2, blueprint: Objednávky, Aktualizace objednávek.
fn wanted_status<'a>(
    shop: &'a Shop,
    item: &Map<String, Value>,
) -> Result<Option<&'a Value>, Value> {
    let by_id = item.get("status_id").and_then(body::int).map(|id| {
        let found = shop
            .order_statuses
            .iter()
            .find(|status| status["id"].as_i64() == Some(id));
        found.ok_or_else(|| {
            message(
                Some("order"),
                Some("status_id"),
                &format!("Stav s ID {id} neexistuje."),
            )
        })
    });
    let by_name = item.get("status").and_then(Value::as_str).map(|name| {
        let called = |status: &&Value| {
            let names = status["descriptions"].as_array();
            names.is_some_and(|names| names.iter().any(|description| description["name"] == name))
        };
        let found = shop.order_statuses.iter().find(called);
        found.ok_or_else(|| {
            message(
                Some("order"),
                Some("status"),
                &format!("Stav „{name}“ neexistuje."),
            )
        })
    });
    match (by_id.transpose()?, by_name.transpose()?) {
        (Some(by_id), Some(by_name)) if by_id["id"] != by_name["id"] => Err(message(
            Some("order"),
            Some("status"),
            "Název a ID patří různým stavům.",
        )),
        (by_id, by_name) => Ok(by_id.or(by_name)),
    }
}

/// The status's name in the order's language, else in its first language.
/// Upgates API v2, blueprint: Objednávky, `status`.
fn status_name(status: &Value, language: &str) -> Value {
    let names = status["descriptions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let own = names
        .iter()
        .find(|description| description["language_id"] == language);
    own.or(names.first())
        .map_or(Value::Null, |description| description["name"].clone())
}

fn moment(value: &Value) -> Value {
    let read = value.as_str().and_then(time::read);
    read.map(|(first, _)| time::written(first)).into()
}

fn merge_customer(customer: &mut Value, changes: &Value) {
    for (key, value) in changes.as_object().into_iter().flatten() {
        customer[key] = match key.as_str() {
            "postal_yn" | "company_yn" | "vat_payer_yn" => body::flag(value).into(),
            "pricelist_percent" => body::int(value).into(),
            _ => value.clone(),
        };
    }
}

/// Records the messages that the shop would send.
fn notify(shop: &mut Shop, order: &Value, status: &Value, send: Flags, now: Timestamp) {
    let Some(messages) = shop.status_messages.get(&status["id"].to_string()) else {
        return;
    };
    let sent = |to: &Value, text: &Option<String>| {
        let to = to.as_str().filter(|to| !to.is_empty())?;
        Some(Sent {
            order_number: order["order_number"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            status_id: status["id"].as_i64().unwrap_or_default(),
            to: to.to_owned(),
            text: text.clone()?,
            at: time::written(now),
        })
    };
    let email = send
        .emails
        .then(|| sent(&order["customer"]["email"], &messages.email))
        .flatten();
    let sms = send
        .sms
        .then(|| sent(&order["customer"]["phone"], &messages.sms))
        .flatten();
    shop.emails.extend(email);
    shop.sms.extend(sms);
}
